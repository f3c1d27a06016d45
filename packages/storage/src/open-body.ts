// Reading the body of an object, however it is kept: in the index, in a blob, or in parts of both kinds. Every byte has been checked
// before it is given out.

import { BlobCorrupt, BlobMissing, type BlobStore } from './blob-store.ts';
import { Crc64 } from './crc64.ts';
import type { HeldBlobs } from './held-blobs.ts';
import type { BlobRef, BodyPart, ObjectRecord } from './records.ts';

export interface OpenBody {
  readonly record: ObjectRecord;
  /**
   * Bytes from `from` up to, not including, `to`.
   * @throws BlobMissing before the first chunk of a blob, BlobCorrupt before the first byte that is not as it was written
   */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** Where bodies are read from. */
export interface BodySource {
  readonly blobs: BlobStore;
  /** What is held here is not removed. */
  readonly held: HeldBlobs;
  /** The record as it is by now; undefined when it is gone. */
  readonly findAgain: (record: ObjectRecord) => Promise<ObjectRecord | undefined>;
}

export function openBody(source: BodySource, record: ObjectRecord): OpenBody {
  const { body } = record;
  if ('blobId' in body) return { record, read: (from, to) => readWhole(source, record, body, from, to) };
  if ('parts' in body) return { record, read: (from, to) => readParts(source, record, body.parts, from, to) };
  const { size, crc64 } = record;
  return { record, read: (from, to) => readInline(record, { size, crc64, body }, from, to) };
}

function readWhole(source: BodySource, record: ObjectRecord, body: BlobRef, from: number, to: number) {
  const findNow = (now: ObjectRecord) => {
    const isSame = now.size === record.size && now.etag === record.etag && now.crc64 === record.crc64;
    return isSame ? now.body : undefined;
  };
  return readBlob(source, record, body, findNow, from, to);
}

/** @param findNow what the body, or the part, is in the record as it is by now */
async function* readBlob(
  { blobs, findAgain }: BodySource,
  record: ObjectRecord,
  body: BlobRef,
  findNow: (now: ObjectRecord) => ObjectRecord['body'] | undefined,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  let hasBegun = false;
  try {
    for await (const chunk of blobs.read(body, from, to)) {
      hasBegun = true;
      yield chunk;
    }
  } catch (error) {
    if (hasBegun || !(error instanceof BlobMissing)) throw error;
    // It may have been written anew since the record was found, and its old place given up.
    const now = await findAgain(record);
    const moved = now && findNow(now);
    if (moved === undefined || !('blobId' in moved) || moved.blobId === body.blobId) throw error;
    yield* blobs.read(moved, from, to);
  }
}

/** A piece of the range: bytes of one part, counted from its own start. */
interface Stretch {
  readonly part: BodyPart;
  readonly from: number;
  readonly to: number;
}

async function* readParts(
  source: BodySource,
  record: ObjectRecord,
  parts: readonly BodyPart[],
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  const stretches = findStretches(parts, from, to);
  const blobIds = stretches.flatMap(({ part: { body } }) => ('blobId' in body ? [body.blobId] : []));
  source.held.hold(blobIds);
  try {
    for (const { part, from, to } of stretches) {
      const { partId, size, crc64, body } = part;
      const findNow = (now: ObjectRecord) =>
        'parts' in now.body ? now.body.parts.find((other) => other.partId === partId)?.body : undefined;
      if ('blobId' in body) yield* readBlob(source, record, body, findNow, from, to);
      else yield* readInline(record, { size, crc64, body }, from, to);
    }
  } finally {
    source.held.release(blobIds);
  }
}

function findStretches(parts: readonly BodyPart[], from: number, to: number): Stretch[] {
  const stretches: Stretch[] = [];
  let start = 0;
  for (const part of parts) {
    const end = start + part.size;
    const stretch = { part, from: Math.max(from, start) - start, to: Math.min(to, end) - start };
    if (stretch.from < stretch.to) stretches.push(stretch);
    start = end;
  }
  return stretches;
}

/** SQLite has no checksums of its own, so the whole piece is checked, which takes microseconds at this size. */
async function* readInline(
  { bucket, key, versionId }: ObjectRecord,
  { size, crc64, body }: Pick<BodyPart, 'size' | 'crc64'> & { readonly body: Uint8Array },
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  const checksum = new Crc64();
  checksum.update(body);
  if (body.length !== size || checksum.digest() !== crc64) {
    throw new BlobCorrupt(`The body of ${bucket}/${key}, version ${versionId}, is damaged in the index.`);
  }
  if (from < to) yield new Uint8Array(body.subarray(from, to));
}
