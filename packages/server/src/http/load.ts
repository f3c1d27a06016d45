// What clients share: connections, memory for what is read before it is judged, uploads in flight. Each has an end, and one address gets
// at only a part of it, so that whoever takes too much is refused while the others are served.

import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { OssError } from '@postern/protocol';
import ipaddr from 'ipaddr.js';
import type { FreeSpace } from './free-space.ts';

export interface LoadLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Names and values of form fields, and documents, of all requests under way. Each byte may cost three of memory while it is read. */
  readonly fieldBytesMax: number;
  readonly fieldBytesPerAddressMax: number;
  /** Bodies on their way into the store: forms and puts whose file is being read, and copies. */
  readonly uploadsMax: number;
  readonly uploadsPerAddressMax: number;
}

const MiB = 1024 ** 2;

export const defaultLoadLimits: LoadLimits = {
  connectionsMax: 8192,
  connectionsPerAddressMax: 1024,
  fieldBytesMax: 128 * MiB,
  fieldBytesPerAddressMax: 32 * MiB,
  uploadsMax: 1024,
  uploadsPerAddressMax: 512,
};

/** When a refused client may try again. */
const retryAfterSeconds = 5;

export class Load {
  readonly #connections: AnyQuota;
  readonly #fieldBytes: AnyQuota;
  readonly #uploads: AnyQuota;
  readonly #freeSpace: FreeSpace | undefined;

  /**
   * @param freeSpace undefined where nothing fills up
   * @param memory of {@link makeSharedLoad}, where several threads have the same clients
   */
  constructor(limits: LoadLimits, freeSpace?: FreeSpace, memory?: SharedArrayBuffer) {
    const count = ({ max, perClientMax }: QuotaLimits, place: number) =>
      memory ? new SharedQuota(max, perClientMax, memory, place) : new Quota(max, perClientMax);
    const { connectionsMax, fieldBytesMax, uploadsMax } = limits;
    this.#connections = count({ max: connectionsMax, perClientMax: limits.connectionsPerAddressMax }, 0);
    this.#fieldBytes = count({ max: fieldBytesMax, perClientMax: limits.fieldBytesPerAddressMax }, 1);
    this.#uploads = count({ max: uploadsMax, perClientMax: limits.uploadsPerAddressMax }, 2);
    this.#freeSpace = freeSpace;
  }

  /** @returns what to call when the connection is gone; undefined when it may not be */
  admitConnection(clientAddress: string): (() => void) | undefined {
    const client = networkOf(clientAddress);
    if (!this.#connections.take(client, 1)) return undefined;
    return () => this.#connections.giveBack(client, 1);
  }

  /** What one request will take, nothing yet. */
  enter(clientAddress: string): RequestLoad {
    const client = networkOf(clientAddress);
    return new RequestLoad(client, this.#fieldBytes, this.#uploads, this.#freeSpace);
  }
}

/** What one request takes of what all share. */
export class RequestLoad {
  readonly #client: string;
  readonly #fieldBytes: AnyQuota;
  readonly #uploads: AnyQuota;
  readonly #freeSpace: FreeSpace | undefined;
  #heldBytes = 0;
  #isUploading = false;

  constructor(client: string, fieldBytes: AnyQuota, uploads: AnyQuota, freeSpace: FreeSpace | undefined) {
    this.#client = client;
    this.#fieldBytes = fieldBytes;
    this.#uploads = uploads;
    this.#freeSpace = freeSpace;
  }

  /**
   * To be called before these bytes are kept.
   *
   * @param bytes all that the request keeps in memory from now on, not what is added
   * @throws OssError ServiceUnavailable
   */
  holdFields(bytes: number): void {
    const more = bytes - this.#heldBytes;
    if (more > 0 && !this.#fieldBytes.take(this.#client, more)) throw busy();
    if (more < 0) this.#fieldBytes.giveBack(this.#client, -more);
    this.#heldBytes = bytes;
  }

  /**
   * To be called once all else has been found good, before the first byte of the body is read.
   *
   * @param bytes the size of the body as far as it is known
   * @throws OssError ServiceUnavailable, ServiceUnavailable.space
   */
  async admitUpload(bytes: number): Promise<void> {
    await this.#freeSpace?.checkRoom(bytes);
    if (!this.#uploads.take(this.#client, 1)) throw busy();
    this.#isUploading = true;
  }

  /** To be called once, when the answer is out or nobody is left to hear it. */
  leave(): void {
    this.holdFields(0);
    if (this.#isUploading) this.#uploads.giveBack(this.#client, 1);
    this.#isUploading = false;
  }
}

function busy(): OssError {
  return new OssError('ServiceUnavailable', {}, { headers: { 'retry-after': `${retryAfterSeconds}` } });
}

/** An amount that all share and of which no one client gets more than a part. */
class Quota {
  readonly #max: number;
  readonly #perClientMax: number;
  #taken = 0;
  readonly #takenBy = new Map<string, number>();

  constructor(max: number, perClientMax: number) {
    this.#max = max;
    this.#perClientMax = perClientMax;
  }

  /** All of it or nothing. */
  take(client: string, amount: number): boolean {
    const byClient = (this.#takenBy.get(client) ?? 0) + amount;
    if (byClient > this.#perClientMax || this.#taken + amount > this.#max) return false;
    this.#taken += amount;
    this.#takenBy.set(client, byClient);
    return true;
  }

  giveBack(client: string, amount: number): void {
    const byClient = (this.#takenBy.get(client) ?? 0) - amount;
    this.#taken -= amount;
    if (byClient > 0) this.#takenBy.set(client, byClient);
    else this.#takenBy.delete(client);
  }
}

type AnyQuota = Pick<Quota, 'take' | 'giveBack'>;

interface QuotaLimits {
  readonly max: number;
  readonly perClientMax: number;
}

/** Of each quota: what all have taken, and behind it what the clients of each slot have. */
const slots = 65_536;
const countsPerQuota = 1 + slots;
const quotas = 3;

/** For the threads of one server: what each takes counts for all. */
export function makeSharedLoad(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((1 + quotas * countsPerQuota) * BigInt64Array.BYTES_PER_ELEMENT);
  // A client must not be able to choose with whom it shares a slot.
  new BigInt64Array(memory)[0] = BigInt(randomInt(2 ** 32));
  return memory;
}

/** Of a limit that may be none: infinite. */
function bigintOf(limit: number): bigint {
  return BigInt(Math.floor(Math.min(limit, Number.MAX_SAFE_INTEGER)));
}

/** A quota that threads share. Clients whose names fall on the same slot count as one. */
class SharedQuota implements AnyQuota {
  readonly #max: bigint;
  readonly #perClientMax: bigint;
  readonly #seed: number;
  readonly #counts: BigInt64Array<SharedArrayBuffer>;

  constructor(max: number, perClientMax: number, memory: SharedArrayBuffer, place: number) {
    this.#max = bigintOf(max);
    this.#perClientMax = bigintOf(perClientMax);
    const all = new BigInt64Array(memory);
    this.#seed = Number(all[0]);
    this.#counts = all.subarray(1 + place * countsPerQuota, 1 + (place + 1) * countsPerQuota);
  }

  take(client: string, amount: number): boolean {
    const more = BigInt(amount);
    const slot = this.#slotOf(client);
    const isTooMuch =
      Atomics.add(this.#counts, slot, more) + more > this.#perClientMax ||
      Atomics.load(this.#counts, 0) + more > this.#max;
    if (isTooMuch) {
      Atomics.sub(this.#counts, slot, more);
      return false;
    }
    if (Atomics.add(this.#counts, 0, more) + more <= this.#max) return true;
    // Another thread was faster.
    this.giveBack(client, amount);
    return false;
  }

  giveBack(client: string, amount: number): void {
    const less = BigInt(amount);
    Atomics.sub(this.#counts, this.#slotOf(client), less);
    Atomics.sub(this.#counts, 0, less);
  }

  /** FNV-1a from a secret start, its bits mixed. */
  #slotOf(client: string): number {
    let hash = this.#seed;
    for (let i = 0; i < client.length; i++) hash = Math.imul(hash ^ client.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return 1 + (((hash ^ (hash >>> 13)) >>> 0) % slots);
  }
}

/** A link-local address comes with the name of the interface behind it (`fe80::1%br-lan`), which is no part of who it is. */
export function withoutZone(address: string): string {
  const at = address.indexOf('%');
  return at === -1 ? address : address.slice(0, at);
}

/** Who counts as one client: an IPv4 address, also one in IPv6 clothing, or the /64 of an IPv6 address, since a single host has all of it. */
export function networkOf(clientAddress: string): string {
  // An IPv4 address that isIP knows has one spelling only, that of `toString` below.
  if (isIP(clientAddress) !== 6) return clientAddress;
  const address = ipaddr.process(withoutZone(clientAddress));
  if (address.kind() === 'ipv4') return address.toString();
  return (address as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
