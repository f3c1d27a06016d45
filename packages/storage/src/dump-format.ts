// A whole store as one stream of bytes, format version 2: what `export` writes and `import` reads. All numbers are little-endian.
//
//   8 bytes  "PSTNDUMP", 2 bytes format version, then frames to the end:
//   frame    1 byte kind, 4 bytes length of the payload, the payload
//     B      a bucket with its settings, JSON in UTF-8
//     V      an object version or a delete marker of a bucket before it, JSON; those of a key from the oldest to the newest
//     D      bytes of the body of the version before it; as many frames as it takes, none for an empty body
//     E      the end, JSON: how many buckets, versions and bytes of bodies there were, and the SHA-256 of all that came before
//            this frame, in hex. Nothing follows.

import { createHash } from 'node:crypto';
import { OssError, parseBucketName, parseObjectName } from '@postern/protocol';
import { type BucketRecord, type ObjectSummary, objectTypes, type Tag } from './records.ts';

export type DumpedVersion = Omit<ObjectSummary, 'isLatest'>;

export type DumpFrame =
  | { readonly kind: 'B'; readonly bucket: BucketRecord }
  | { readonly kind: 'V'; readonly version: DumpedVersion }
  | { readonly kind: 'D'; readonly bytes: Uint8Array };

export interface DumpTotals {
  readonly buckets: number;
  readonly versions: number;
  readonly bytes: number;
}

/** Enough for the settings of a bucket and the headers of an object many times over, and for a piece of a body. */
export const framePayloadBytesMax = 4 * 1024 * 1024;

const magic = Buffer.from('PSTNDUMP', 'latin1');
const formatVersion = 2;
/** The same without what was added since. */
const oldestFormatVersion = 1;
const prologueBytes = 10;
const frameHeadBytes = 5;

/** Why a stream cannot be imported. */
export class DumpError extends Error {
  override readonly name = 'DumpError';
}

/** Counts and hashes as it goes; `end` once, at the end. */
export class DumpWriter {
  readonly #hash = createHash('sha256');
  #totals = { buckets: 0, versions: 0, bytes: 0 };

  begin(): Buffer {
    const prologue = Buffer.alloc(prologueBytes);
    magic.copy(prologue);
    prologue.writeUInt16LE(formatVersion, magic.length);
    this.#hash.update(prologue);
    return prologue;
  }

  write(frame: DumpFrame): Buffer {
    const bytes = writeFrame(frame.kind, payloadOf(frame));
    this.#hash.update(bytes);
    this.#totals = addFrame(this.#totals, frame);
    return bytes;
  }

  end(): Buffer {
    return writeFrame('E', asJson({ ...this.#totals, sha256: this.#hash.digest('hex') }));
  }
}

function payloadOf(frame: DumpFrame): Uint8Array {
  switch (frame.kind) {
    case 'B':
      return asJson(frame.bucket);
    case 'V':
      return asJson(frame.version);
    case 'D':
      return frame.bytes;
  }
}

function asJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function writeFrame(kind: string, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(frameHeadBytes);
  head.write(kind, 'latin1');
  head.writeUInt32LE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

function addFrame(totals: DumpTotals, frame: DumpFrame): DumpTotals {
  switch (frame.kind) {
    case 'B':
      return { ...totals, buckets: totals.buckets + 1 };
    case 'V':
      return { ...totals, versions: totals.versions + 1 };
    case 'D':
      return { ...totals, bytes: totals.bytes + frame.bytes.length };
  }
}

/**
 * The frames before the end. Only when it has run out is it certain that the stream is whole and as it was written.
 * @throws DumpError
 */
export async function* readDump(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<DumpFrame, DumpTotals, void> {
  const bytes = new ByteQueue(input);
  const hash = createHash('sha256');
  const prologue = await bytes.take(prologueBytes);
  if (!prologue.subarray(0, magic.length).equals(magic)) throw new DumpError('This is no export of a store.');
  const version = prologue.readUInt16LE(magic.length);
  if (version < oldestFormatVersion || version > formatVersion)
    throw new DumpError(`This export has the unknown format ${version}.`);
  hash.update(prologue);
  let totals: DumpTotals = { buckets: 0, versions: 0, bytes: 0 };
  for (;;) {
    const head = await bytes.take(frameHeadBytes);
    const length = head.readUInt32LE(1);
    if (length > framePayloadBytesMax) throw new DumpError('A frame is longer than any can be.');
    const payload = await bytes.take(length);
    const kind = head.toString('latin1', 0, 1);
    if (kind === 'E') {
      checkEnd(parseJson(payload), totals, hash.digest('hex'));
      if (!(await bytes.isAtEnd())) throw new DumpError('There is something behind the end of the export.');
      return totals;
    }
    hash.update(head).update(payload);
    const frame = parseFrame(kind, payload);
    totals = addFrame(totals, frame);
    yield frame;
  }
}

function checkEnd(end: Record<string, unknown>, totals: DumpTotals, sha256: string): void {
  const expected = { ...totals, sha256 };
  const isSame = Object.entries(expected).every(([name, value]) => end[name] === value);
  if (!isSame) throw new DumpError('The export is not as it was written: its totals or its SHA-256 differ.');
}

function parseFrame(kind: string, payload: Buffer): DumpFrame {
  switch (kind) {
    case 'B':
      return { kind, bucket: parseBucket(parseJson(payload)) };
    case 'V':
      return { kind, version: parseVersion(parseJson(payload)) };
    case 'D':
      return { kind, bytes: payload };
    default:
      throw new DumpError('There is a frame of a kind that does not exist.');
  }
}

// --- Records ---

const bucketAcls = ['private', 'public-read', 'public-read-write'] as const;
const objectAcls = ['default', ...bucketAcls] as const;
const versionings = ['never', 'enabled', 'suspended'] as const;

function parseBucket(json: Record<string, unknown>): BucketRecord {
  return {
    name: named(json, 'name', parseBucketName),
    owner: text(json, 'owner'),
    createdAtMs: count(json, 'createdAtMs'),
    acl: oneOf(json, 'acl', bucketAcls),
    storageClass: text(json, 'storageClass'),
    versioning: oneOf(json, 'versioning', versionings),
    documents: texts(json, 'documents'),
  };
}

function parseVersion(json: Record<string, unknown>): DumpedVersion {
  return {
    bucket: named(json, 'bucket', parseBucketName),
    key: named(json, 'key', parseObjectName),
    versionId: text(json, 'versionId'),
    isDeleteMarker: oneOf(json, 'isDeleteMarker', [true, false]),
    // Format 1 had neither types nor tags.
    objectType: json.objectType === undefined ? 'Normal' : oneOf(json, 'objectType', objectTypes),
    modifiedAtMs: count(json, 'modifiedAtMs'),
    size: count(json, 'size'),
    etag: text(json, 'etag'),
    crc64: text(json, 'crc64'),
    acl: oneOf(json, 'acl', objectAcls),
    storageClass: text(json, 'storageClass'),
    headers: texts(json, 'headers'),
    tags: json.tags === undefined ? [] : tags(json, 'tags'),
  };
}

function parseJson(payload: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(payload.toString());
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch (cause) {
    throw new DumpError('A record of the export is not JSON.', { cause });
  }
  throw new DumpError('A record of the export is no object.');
}

function wrong(name: string): DumpError {
  return new DumpError(`A record of the export has no right ${name}.`);
}

function text(json: Record<string, unknown>, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw wrong(name);
  return value;
}

function named<Name>(json: Record<string, unknown>, name: string, parse: (text: string) => Name): Name {
  try {
    return parse(text(json, name));
  } catch (cause) {
    throw cause instanceof OssError ? new DumpError(wrong(name).message, { cause }) : cause;
  }
}

function count(json: Record<string, unknown>, name: string): number {
  const value = json[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(name);
  return value;
}

function oneOf<const Value>(json: Record<string, unknown>, name: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === json[name]);
  if (found === undefined) throw wrong(name);
  return found;
}

function texts(json: Record<string, unknown>, name: string): Record<string, string> {
  const value = json[name];
  if (typeof value !== 'object' || value === null) throw wrong(name);
  if (Object.values(value).some((item) => typeof item !== 'string')) throw wrong(name);
  return value as Record<string, string>;
}

function tags(json: Record<string, unknown>, name: string): Tag[] {
  const value = json[name];
  if (!Array.isArray(value)) throw wrong(name);
  return value.map((tag: unknown) => {
    if (typeof tag !== 'object' || tag === null) throw wrong(name);
    const given = tag as Record<string, unknown>;
    return { key: text(given, 'key'), value: text(given, 'value') };
  });
}

// --- Bytes ---

class ByteQueue {
  readonly #input: AsyncIterator<Uint8Array>;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  /** @throws DumpError when there are fewer */
  async take(length: number): Promise<Buffer> {
    const parts = [this.#bytes];
    let available = this.#bytes.length;
    while (available < length) {
      const next = await this.#input.next();
      if (next.done) throw new DumpError('The export ends in the middle: it was cut off.');
      parts.push(Buffer.from(next.value));
      available += next.value.length;
    }
    const all = parts.length === 1 ? this.#bytes : Buffer.concat(parts, available);
    this.#bytes = all.subarray(length);
    return all.subarray(0, length);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#bytes.length === 0) {
      const next = await this.#input.next();
      if (next.done) return true;
      this.#bytes = Buffer.from(next.value);
    }
    return false;
  }
}
