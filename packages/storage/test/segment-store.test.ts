// Segments: what they look like, that flushes are shared, what is left of a crash, and how the room of removed blobs is had again.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { BlobCorrupt, BlobMissing } from '../src/blob-store.ts';
import { collectGarbage, type Engines, reclaimRoom } from '../src/collect-garbage.ts';
import { DirectoryBlobStore } from '../src/engines/directory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { PageMemory, slabBytes } from '../src/engines/page-memory.ts';
import { TieredBlobStore, type TieredOptions } from '../src/engines/tiered-blob-store.ts';
import type { BlobRef } from '../src/records.ts';
import { failingFiles } from './failing-files.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const page = 4096;
const owner = { bucket: 'bucket', key: 'a' };
/** What comes before the first block. */
const headBytes = 36 + 16 + JSON.stringify(owner).length;

const open = (directory: string, options: TieredOptions = {}) =>
  TieredBlobStore.open(directory, randomBytes, options);

async function write(store: TieredBlobStore, body: Uint8Array): Promise<string> {
  const writer = await store.create(owner);
  await writer.write(body);
  return (await writer.finish()).blobId;
}

async function read(store: TieredBlobStore, blobId: string, to: number, from = 0): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read({ blobId }, from, to)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function idsOf(store: TieredBlobStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { blobId } of store.list()) ids.push(blobId);
  return ids.sort();
}

const segmentsOf = (directory: string) => globSync(path.join(directory, 'segments/*-*'));

function onlySegment(directory: string): string {
  const [file, ...others] = segmentsOf(directory);
  assert.ok(file !== undefined && others.length === 0);
  return file;
}

function reclaimIn(engines: Engines, reportProblem: (problem: unknown) => void): Promise<number> {
  return reclaimRoom({ ...engines, nowMs: 1, reportProblem, discard: (removal) => removal() });
}

function unexpected(problem: unknown): void {
  assert.ifError(problem);
}

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 2, at);
  writeFileSync(file, bytes);
}

test('entries lie one behind the other, in whole pages, and only the user may read them', async () => {
  const directory = path.join(temporaryDirectory(), 'blobs');
  const store = await open(directory);
  for (const bytes of [10, page - headBytes - 4, page - headBytes - 3, 100_000])
    await write(store, randomBytes(bytes));
  const file = onlySegment(directory);
  const ids = await idsOf(store);
  const [opening = '', number] = path.basename(file).split('-');
  assert.match(opening, /^[0-9a-f]{8}$/);
  assert.equal(number, '000000');
  assert.deepEqual(
    ids.map((id) => id.replace(/-[0-9a-f]{8}$/, '').replace(`${opening}-000000-`, '')),
    ['0000-001', '0001-001', '0002-002', '0004-019'],
  );
  assert.equal(statSync(file).size, (4 + 0x19) * page);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
  await store.close();
});

test('blobs of any size that are in files, from before there were segments, are read and removed', async () => {
  const directory = temporaryDirectory();
  const before = await DirectoryBlobStore.open(directory, randomBytes);
  const writer = await before.create(owner);
  const body = randomBytes(70_000);
  await writer.write(body);
  const { blobId } = await writer.finish();
  await before.close();
  const store = await open(directory);
  assert.ok(body.equals(await read(store, blobId, body.length)));
  assert.deepEqual(await idsOf(store), [blobId]);
  await store.remove(blobId);
  assert.deepEqual(await idsOf(store), []);
  await store.close();
});

test('what collects during a write is in the next one, whoever it is from', async () => {
  const files = failingFiles();
  const store = await open(temporaryDirectory(), { files });
  await write(store, randomBytes(10));
  const before = files.calls.get('writev') ?? 0;
  const bodies = Array.from({ length: 50 }, (_, i) => randomBytes(20_000 + i));
  const ids = await Promise.all(bodies.map((body) => write(store, body)));
  assert.ok((files.calls.get('writev') ?? 0) - before <= 3);
  assert.equal(files.calls.get('datasync') ?? 0, 0);
  for (const [i, id] of ids.entries()) {
    const body = bodies[i] as Buffer;
    assert.ok(body.equals(await read(store, id, body.length)));
  }
  await store.close();
});

test('a body larger than a segment takes, and one that finds no memory, is in a file of its own', async () => {
  const directory = temporaryDirectory();
  const memory = new PageMemory(2 * slabBytes);
  const store = await open(directory, { memory, segmentBodyBytes: 200_000 });
  const large = randomBytes(200_001);
  assert.match(await write(store, large), /^[0-9a-f]{40}$/);
  const small = await write(store, randomBytes(100));
  assert.match(small, /-/);
  const [first, second] = [await store.create(owner), await store.create(owner)];
  assert.match(await write(store, randomBytes(100)), /^[0-9a-f]{40}$/);
  // Each has one slab, and gets no second.
  const body = randomBytes(150_000);
  await first.write(body);
  const { blobId } = await first.finish();
  assert.match(blobId, /^[0-9a-f]{40}$/);
  assert.ok(body.equals(await read(store, blobId, body.length)));
  await second.abort();
  // All of it is free again.
  assert.ok(memory.take() && memory.take());
  assert.equal(memory.take(), undefined);
  await store.close();
});

describe('damage is noticed', () => {
  const cases: readonly (readonly [
    what: string,
    damage: (file: string, at: number, size: number) => void,
  ])[] = [
    ['the mark', (file, at) => flipBit(file, at)],
    ['the place', (file, at) => flipBit(file, at + 16)],
    ['the length', (file, at) => flipBit(file, at + 28)],
    ["the entry's checksum", (file, at) => flipBit(file, at + 33)],
    ["the blob's header", (file, at) => flipBit(file, at + 40)],
    ['the first block', (file, at) => flipBit(file, at + headBytes + 3)],
    ['the last block', (file, at, size) => flipBit(file, at + headBytes + size - 1)],
    ['the end cut off', (file, at, size) => truncateSync(file, at + size)],
  ];
  // Read in one go, and in several.
  for (const size of [30_000, 500_000]) {
    for (const [what, damage] of cases) {
      test(`${what}, of ${size} bytes`, async () => {
        const directory = temporaryDirectory();
        const store = await open(directory);
        const good = await write(store, Buffer.from('before it'));
        const bad = await write(store, randomBytes(size));
        damage(onlySegment(directory), page, size);
        await assert.rejects(read(store, bad, size), BlobCorrupt);
        assert.equal(String(await read(store, good, 9)), 'before it');
        await store.close();
      });
    }
  }
});

test('another opening finds the blobs, and knows that they are not its own', async () => {
  const directory = temporaryDirectory();
  const before = await open(directory);
  const body = randomBytes(70_000);
  const kept = await write(before, body);
  await before.remove(await write(before, randomBytes(9000)));
  // As after a crash: it is never closed.
  const store = await open(directory);
  const own = await write(store, randomBytes(10));
  const found = new Map<string, boolean>();
  for await (const { blobId, isFromThisOpening } of store.list()) found.set(blobId, isFromThisOpening);
  assert.deepEqual(
    [...found].sort(),
    [
      [kept, false],
      [own, true],
    ].sort(),
  );
  assert.ok(body.equals(await read(store, kept, body.length)));
  await store.close();
  await before.close();
});

test('what a crash has torn is passed over: the entries before it and behind it are found', async () => {
  const directory = temporaryDirectory();
  const before = await open(directory);
  const ids = [];
  for (const bytes of [5000, 6000, 7000]) ids.push(await write(before, randomBytes(bytes)));
  await before.close();
  const file = onlySegment(directory);
  const bytes = readFileSync(file);
  // The second was never written, nor the end of the third.
  bytes.fill(0, 2 * page, 4 * page);
  writeFileSync(file, bytes.subarray(0, 5 * page + 100));
  writeFileSync(path.join(directory, 'segments/00000000-000007'), '');
  writeFileSync(path.join(directory, 'segments/lost+found'), 'foreign');
  const store = await open(directory);
  assert.deepEqual(await idsOf(store), [ids[0], ids[2]].sort());
  await store.close();
});

test('bytes of a body that look like an entry are none', async () => {
  const directory = temporaryDirectory();
  const before = await open(directory);
  const id = await write(before, randomBytes(100));
  const forged = readFileSync(onlySegment(directory));
  await write(before, Buffer.concat([Buffer.alloc(page - headBytes), forged, forged]));
  await before.close();
  // Its entry is damaged, so that whoever looks comes by the bytes of its body.
  flipBit(onlySegment(directory), page + 8);
  const store = await open(directory);
  assert.deepEqual(await idsOf(store), [id]);
  await store.close();
});

describe('room', () => {
  const bytes = 50_000;

  test('of a segment without blobs is given back at once, when it is full, and at the end', async () => {
    const directory = temporaryDirectory();
    const store = await open(directory, { segmentBytes: 4 * bytes });
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await write(store, randomBytes(bytes)));
    assert.equal(segmentsOf(directory).length, 2);
    for (const id of ids.slice(0, 4)) await store.remove(id);
    assert.equal(segmentsOf(directory).length, 1);
    await store.remove(ids[4] as string);
    await store.close();
    assert.deepEqual(segmentsOf(directory), []);
  });

  test('twice removed counts once', async () => {
    const directory = temporaryDirectory();
    const store = await open(directory, { segmentBytes: 2 * bytes });
    const [first, second] = [await write(store, randomBytes(bytes)), await write(store, randomBytes(bytes))];
    await Promise.all([store.remove(first), store.remove(first)]);
    await assert.rejects(read(store, first, 1), BlobMissing);
    assert.equal((await read(store, second, bytes)).length, bytes);
    await store.close();
  });

  test('whoever reads a blob reads it to its end, though its segment goes', async () => {
    const directory = temporaryDirectory();
    const store = await open(directory, { segmentBytes: 1 });
    const body = randomBytes(900_000);
    const id = await write(store, body);
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.read({ blobId: id }, 0, body.length)) {
      if (chunks.length === 0) await store.remove(id);
      chunks.push(chunk);
    }
    assert.deepEqual(segmentsOf(directory), []);
    assert.ok(body.equals(Buffer.concat(chunks)));
    await store.close();
  });

  test('after a restart is known when all blobs have been looked at', async () => {
    const directory = temporaryDirectory();
    const before = await open(directory);
    const ids = [await write(before, randomBytes(bytes)), await write(before, randomBytes(bytes))];
    await before.close();
    const store = await open(directory);
    for (const id of await idsOf(store)) await store.remove(id);
    assert.equal(segmentsOf(directory).length, 0, ids.join());
    await store.close();
  });

  test('of removed blobs is had again by writing the others anew', async () => {
    const directory = temporaryDirectory();
    const { metadata, blobs, put, bodies } = await openFilled(directory);
    // Ten in each of three segments; one of each survives, and all of the fourth.
    for (let i = 0; i < 30; i++) if (i % 10 !== 3) await put(i, Buffer.from('small'));
    const now = Number.MAX_SAFE_INTEGER;
    await collectGarbage({ metadata, blobs }, now);
    const unchanged = segmentsOf(directory);
    const moved = await reclaimIn({ metadata, blobs }, unexpected);
    assert.equal(moved, 3);
    assert.ok(
      unchanged.every((file) => existsSync(file)),
      'a grace for those who are about to read',
    );
    assert.equal(await reclaimIn({ metadata, blobs }, unexpected), 0, 'once is enough');
    await collectGarbage({ metadata, blobs }, now);
    assert.equal(unchanged.filter((file) => existsSync(file)).length, unchanged.length - 3);
    for (const [key, body] of bodies) assert.ok(body.equals(await metadata.bodyOf(key, blobs)), `${key}`);
    await blobs.close();
  });

  test('is not had of a damaged blob, which is told of once and stays', async () => {
    const directory = temporaryDirectory();
    const { metadata, blobs, put } = await openFilled(directory);
    for (let i = 0; i < 10; i++) if (i !== 3) await put(i, Buffer.from('small'));
    await collectGarbage({ metadata, blobs }, Number.MAX_SAFE_INTEGER);
    const id = await metadata.blobOf(3);
    const [segment = '', at = ''] = [id.slice(0, 15), id.slice(16, 20)];
    flipBit(path.join(directory, 'segments', segment), Number(`0x${at}`) * page + 1000);
    const problems: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      assert.equal(await reclaimIn({ metadata, blobs }, (problem) => problems.push(problem)), 0);
    }
    assert.equal(problems.length, 1);
    assert.ok(problems[0] instanceof BlobCorrupt);
    assert.equal(await metadata.blobOf(3), id);
    assert.ok(existsSync(path.join(directory, 'segments', segment)));
    await blobs.close();
  });

  test('is left where a blob is that no object has yet', async () => {
    const directory = temporaryDirectory();
    const blobs = await open(directory, { segmentBytes: 10 * bytes });
    const metadata = new MemoryMetadataStore();
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) ids.push(await write(blobs, randomBytes(bytes)));
    for (const id of ids.slice(1)) await blobs.remove(id);
    assert.equal(await reclaimIn({ metadata, blobs }, unexpected), 0);
    assert.deepEqual(await idsOf(blobs), ids.slice(0, 1));
    await blobs.close();
  });

  /** Forty objects in segments of ten. */
  async function openFilled(directory: string) {
    const blobs = await open(directory, { segmentBytes: 10 * bytes });
    const metadata = new FilledIndex();
    const bodies = new Map<number, Buffer>();
    const put = async (key: number, body: Buffer) => {
      bodies.set(key, body);
      await metadata.put(key, body.length > 100 ? { blobId: await write(blobs, body) } : body);
    };
    await metadata.makeBucket();
    for (let i = 0; i < 40; i++) await put(i, randomBytes(bytes));
    return { metadata, blobs, put, bodies };
  }
});

test('opening and closing leaves nothing behind', async () => {
  const directory = temporaryDirectory();
  const store = await open(directory);
  await store.close();
  assert.deepEqual(readdirSync(path.join(directory, 'segments')), []);
});

const bucket = parseBucketName('the-bucket');

/** An index, and the small notation of these tests. */
class FilledIndex extends MemoryMetadataStore {
  #puts = 0;

  async makeBucket(): Promise<void> {
    await this.createBucket({
      ...{ name: bucket, owner: 'account', createdAtMs: 0, acl: 'private', storageClass: 'Standard' },
      ...{ versioning: 'never', documents: {} },
    });
  }

  async put(key: number, body: Uint8Array | BlobRef): Promise<void> {
    const id = `${++this.#puts}`;
    await this.commitPut({
      ...{ putId: id, versionId: id, bucket, key: parseObjectName(`${key}`), body, modifiedAtMs: 0, size: 0 },
      ...{ etag: '', crc64: '0', condition: 'any', acl: 'default', storageClass: 'Standard', headers: {} },
      ...{ tags: [], objectType: 'Normal' },
    });
  }

  async blobOf(key: number): Promise<string> {
    const record = await this.findObject(bucket, parseObjectName(`${key}`));
    assert.ok(record && 'blobId' in record.body);
    return record.body.blobId;
  }

  async bodyOf(key: number, blobs: TieredBlobStore): Promise<Uint8Array> {
    const record = await this.findObject(bucket, parseObjectName(`${key}`));
    assert.ok(record && !('parts' in record.body));
    return 'blobId' in record.body ? read(blobs, record.body.blobId, 50_000) : record.body;
  }
}
