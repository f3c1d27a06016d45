// IP addresses and the ranges that access policies name: `10.0.0.0/8`, `192.168.1.7`, `2001:db8::/32`. Both families are compared as 128
// bits, IPv4 as its mapped form, so that `::ffff:10.0.0.1`, which a dual-stack socket reports, is the 10.0.0.1 that was meant.

/** 128 bits. */
export type IpAddress = bigint;

export interface IpRange {
  /** Its lowest address. */
  readonly first: IpAddress;
  readonly last: IpAddress;
}

const mappedPrefix = 0xffffn << 32n;
const mappedLast = mappedPrefix | 0xffff_ffffn;
const allBits = (1n << 128n) - 1n;

/** Undefined for what is no address. Zones (`%eth0`) and leading zeros, which some read as octal, are refused. */
export function parseIpAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : mapIpv4(text);
}

/** An address, or an address and the length of its prefix; bits behind the prefix do not count. Undefined for anything else. */
export function parseIpRange(text: string): IpRange | undefined {
  const [, addressText = '', , lengthText] = /^([^/]+)(\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const address = parseIpAddress(addressText);
  if (address === undefined) return undefined;
  const bits = addressText.includes(':') ? 128 : 32;
  const length = lengthText === undefined ? bits : Number(lengthText);
  if (length > bits) return undefined;
  const rest = (1n << BigInt(bits - length)) - 1n;
  return { first: address & (allBits ^ rest), last: address | rest };
}

export function isInRange(address: IpAddress, { first, last }: IpRange): boolean {
  return first <= address && address <= last;
}

/** Whether it has no more addresses than an IPv4 range with a prefix of 8 bits, or an IPv6 range with one of 32. */
export function isNarrowRange({ first, last }: IpRange): boolean {
  const hasIpv4 = first <= mappedLast && last >= mappedPrefix;
  return last - first < 1n << (hasIpv4 ? 24n : 96n);
}

function mapIpv4(text: string): IpAddress | undefined {
  const value = parseIpv4(text);
  return value === undefined ? undefined : mappedPrefix | value;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

/** RFC 4291: eight groups, `::` once for the groups that are zero, the last two perhaps as an IPv4 address. */
function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 2 ? given > 7 : given !== 8) return undefined;
  const groups = [...head, ...Array<bigint>(8 - given).fill(0n), ...(tail ?? [])];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** Undefined for what is no group. An IPv4 address can stand at the end of the whole. */
function parseGroups(text: string, isEnd: boolean): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = isEnd && part.includes('.') && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
