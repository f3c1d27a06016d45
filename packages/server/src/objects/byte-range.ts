// The Range header of GetObject. OSS differs from RFC 9110: a range that is not wholly inside the object is ignored and the whole
// object sent with 200, unless `x-oss-range-behavior: standard` asks for what the RFC says (guide, "HTTP Range requests").

/** Bytes `from` up to, not including, `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

export type RangeBehavior = 'oss' | 'standard';

/**
 * Which part of an object of `size` bytes a Range header asks for.
 *
 * @returns `whole` when there is no range or it has no effect, `unsatisfiable` (416) only under standard behaviour
 */
export function selectByteRange(
  header: string | undefined,
  size: number,
  behavior: RangeBehavior,
): ByteRange | 'whole' | 'unsatisfiable' {
  const asked = header === undefined ? undefined : parseRange(header);
  if (!asked) return 'whole';
  return behavior === 'standard' ? clipRange(asked, size) : takeRangeInside(asked, size);
}

/** Inclusive positions, as the header has them; a suffix is the last `suffix` bytes. */
type AskedRange = { readonly first: number; readonly last: number | undefined } | { readonly suffix: number };

/** Of several ranges the first counts; `multipart/byteranges` does not exist here. */
function parseRange(header: string): AskedRange | undefined {
  const match = /^bytes=\s*(\d*)-(\d*)\s*(?:,|$)/.exec(header);
  if (!match) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === '' && last === '') return undefined;
  if (first === '') return { suffix: Number(last) };
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return { first: Number(first), last: last === '' ? undefined : Number(last) };
}

function takeRangeInside(asked: AskedRange, size: number): ByteRange | 'whole' {
  if ('suffix' in asked) {
    const inside = asked.suffix > 0 && asked.suffix <= size;
    return inside ? { from: size - asked.suffix, to: size } : 'whole';
  }
  const last = asked.last ?? size - 1;
  return asked.first < size && last < size ? { from: asked.first, to: last + 1 } : 'whole';
}

function clipRange(asked: AskedRange, size: number): ByteRange | 'unsatisfiable' {
  if ('suffix' in asked) {
    if (asked.suffix === 0 || size === 0) return 'unsatisfiable';
    return { from: Math.max(0, size - asked.suffix), to: size };
  }
  if (asked.first >= size) return 'unsatisfiable';
  return { from: asked.first, to: Math.min(asked.last ?? size - 1, size - 1) + 1 };
}
