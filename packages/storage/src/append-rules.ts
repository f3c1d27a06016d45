// How appendable objects grow (OSS API: AppendObject). Their bodies are kept in parts, one for each append, and small ones are written
// anew together as more comes behind them: whatever is appended, an object of n bytes has no more than n / 1 MiB + 30 parts, and each
// byte is written anew about as often as the logarithm of 4 MiB to the bytes of an append.

import { joinCrc64 } from './crc64.ts';
import { type Digests, RunningDigests } from './digests.ts';
import type { BodyPart, ObjectRecord, ObjectSummary } from './records.ts';
import type { WholeBody } from './upload-rules.ts';

/** Parts that have more than so many bytes together stay as they are. */
const mergedBytesMax = 4 * 1024 * 1024;

/** @param before the object there is. @returns why nothing can be put at this position, if so */
export function refuseAppend(before: ObjectSummary | undefined, position: number) {
  if (before && before.objectType !== 'Appendable') return { outcome: 'not-appendable' } as const;
  const length = before?.size ?? 0;
  return position === length ? undefined : ({ outcome: 'wrong-position', length } as const);
}

/** What an object of no bytes says of its body, as far as an append asks for it. */
export const emptyBody = { size: 0, crc64: '0' };

/**
 * What the object says of its body after the append. Its ETag is no MD5, which would take reading the whole, but follows from the content
 * all the same: the CRC-64, then the length.
 */
export function appendedBody(before: Pick<ObjectSummary, 'size' | 'crc64'>, appended: Digests): WholeBody {
  const size = before.size + appended.size;
  const crc64 = joinCrc64([before, appended]);
  const etag = [BigInt(crc64), size].map((number) => number.toString(16).padStart(16, '0')).join('');
  return { size, etag: etag.toUpperCase(), crc64 };
}

export function bodyParts({ body }: ObjectRecord): readonly BodyPart[] {
  return 'parts' in body ? body.parts : [];
}

/** The parts at the end that are to be written anew together with what is appended. */
export function partsToMerge(record: ObjectRecord): readonly BodyPart[] {
  const parts = bodyParts(record);
  return parts.slice(parts.length - countToMerge(parts.map(({ size }) => size)));
}

/**
 * How many they are: those that are at most twice as long as all behind them.
 *
 * @param sizes of the parts there are, in bytes
 */
export function countToMerge(sizes: readonly number[]): number {
  let bytes = sizes.at(-1) ?? 0;
  let count = 1;
  for (let at = sizes.length - 2; at >= 0; at--) {
    const size = sizes[at] as number;
    if (size > 2 * bytes || size + bytes > mergedBytesMax) break;
    bytes += size;
    count++;
  }
  // The last one alone is left for the next append to look at.
  return count > 1 ? count : 0;
}

/** The bytes of parts that are written anew, then those that are appended, of which it keeps the digests apart. */
export class AppendedBody implements AsyncIterable<Uint8Array> {
  readonly #before: AsyncIterable<Uint8Array> | undefined;
  readonly #appended: AsyncIterable<Uint8Array>;
  readonly #running = new RunningDigests();
  #digests: Digests | undefined;

  constructor(before: AsyncIterable<Uint8Array> | undefined, appended: AsyncIterable<Uint8Array>) {
    this.#before = before;
    this.#appended = appended;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#before ? this.#readBoth(this.#before) : this.#appended[Symbol.asyncIterator]();
  }

  async *#readBoth(before: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    yield* before;
    for await (const chunk of this.#appended) {
      this.#running.update(chunk);
      yield chunk;
    }
  }

  /** @param written the digests of all of it, which has been read to its end */
  digestsOfAppended(written: Digests): Digests {
    this.#digests ??= this.#before ? this.#running.finish() : written;
    return this.#digests;
  }
}
