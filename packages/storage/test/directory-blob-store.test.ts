// The directory of blobs: its format on disk, what damage it notices, and what it leaves after a crash.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { BlobCorrupt, BlobMissing } from '../src/blob-store.ts';
import { DirectoryBlobStore } from '../src/engines/directory-blob-store.ts';
import { type FileOperations, nodeFiles } from '../src/engines/file-operations.ts';
import { SharedFlush } from '../src/engines/shared-flush.ts';
import type { BlobRef } from '../src/records.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const block = 65_536;
const owner = { bucket: 'bucket', key: 'reports/a.pdf' };

const open = (directory: string) => DirectoryBlobStore.open(directory, randomBytes);

async function writeBlob(store: DirectoryBlobStore, body: Uint8Array, of = owner): Promise<BlobRef> {
  const writer = await store.create(of);
  await writer.write(body);
  return writer.finish();
}

async function readBlob(store: DirectoryBlobStore, ref: BlobRef, from: number, to: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(ref, from, to)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function fileOf(directory: string, { blobId }: BlobRef): string {
  const [file, ...others] = globSync(path.join(directory, '*', blobId));
  assert.ok(file !== undefined && others.length === 0);
  return file;
}

test('the file is what the format says', async () => {
  const directory = temporaryDirectory();
  const store = await open(directory);
  const body = randomBytes(block + 3);
  const file = readFileSync(fileOf(directory, await writeBlob(store, body)));

  const ownerJson = Buffer.from('{"bucket":"bucket","key":"reports/a.pdf"}');
  const uint = (value: number, bytes: number) => Buffer.from(Uint32Array.of(value).buffer).subarray(0, bytes);
  const start = Buffer.concat([Buffer.from('PSTNBLOB'), uint(1, 2), uint(ownerJson.length, 2)]);
  const header = Buffer.concat([start, uint(crc32(Buffer.concat([start, ownerJson])), 4), ownerJson]);
  const blocks = [body.subarray(0, block), body.subarray(block)].flatMap((part) => [
    part,
    uint(crc32(part), 4),
  ]);
  assert.ok(file.equals(Buffer.concat([header, ...blocks])));
});

test('no part of a name is part of a path, and only the user may read', async () => {
  const directory = path.join(temporaryDirectory(), 'blobs');
  const store = await open(directory);
  const file = fileOf(directory, await writeBlob(store, randomBytes(10)));
  assert.match(path.relative(directory, file), /^[0-9a-f]{2}\/[0-9a-f]{40}$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('an owner as long and as strange as names can be', async () => {
  const store = await open(temporaryDirectory());
  const ref = await writeBlob(store, Buffer.from('x'), {
    bucket: 'b'.repeat(63),
    key: '\u0001'.repeat(1023),
  });
  assert.equal(String(await readBlob(store, ref, 0, 1)), 'x');
});

describe('damage is noticed', () => {
  const size = 6 * block + 10;
  const headerBytes = 16 + JSON.stringify(owner).length;
  const blockAt = (number: number) => headerBytes + number * (block + 4);

  const cases: readonly (readonly [
    what: string,
    damage: (file: string) => void,
    from: number,
    to: number,
  ])[] = [
    ['a bit of the first block', (file) => flipBit(file, blockAt(0) + 5), 0, 1],
    ['a bit of a block in the middle', (file) => flipBit(file, blockAt(5)), 5 * block + 7, 5 * block + 8],
    ['a bit of a checksum', (file) => flipBit(file, blockAt(1) - 1), 0, size],
    ['the end cut off', (file) => truncateSync(file, blockAt(6) + 13), 6 * block, size],
    ['a whole block cut off', (file) => truncateSync(file, blockAt(6)), 6 * block, size],
    ['cut within a checksum', (file) => truncateSync(file, blockAt(6) + 3), 6 * block, size],
    ['a bit of the magic', (file) => flipBit(file, 0), 0, 1],
    ['a bit of the owner', (file) => flipBit(file, 20), 0, 1],
    ['a bit of the length of the owner', (file) => flipBit(file, 11), 0, 1],
    ['a format of the future', (file) => flipBit(file, 9), 0, 1],
    ['an empty file', (file) => truncateSync(file, 0), 0, 1],
    ['a header without its end', (file) => truncateSync(file, 20), 0, 1],
  ];
  for (const [what, damage, from, to] of cases) {
    test(what, async () => {
      const directory = temporaryDirectory();
      const store = await open(directory);
      const ref = await writeBlob(store, randomBytes(size));
      damage(fileOf(directory, ref));
      await assert.rejects(readBlob(store, ref, from, to), BlobCorrupt);
    });
  }

  test('fewer bytes than the index says', async () => {
    const store = await open(temporaryDirectory());
    const ref = await writeBlob(store, randomBytes(block + 5));
    await assert.rejects(readBlob(store, ref, 0, block + 6), BlobCorrupt);
    await assert.rejects(readBlob(store, ref, 0, 3 * block), BlobCorrupt);
  });

  test('only at its own block: what lies before and behind it is given out', async () => {
    const directory = temporaryDirectory();
    const store = await open(directory);
    const body = randomBytes(size);
    const ref = await writeBlob(store, body);
    flipBit(fileOf(directory, ref), blockAt(3));
    assert.ok(body.subarray(0, 3 * block).equals(await readBlob(store, ref, 0, 3 * block)));
    assert.ok(body.subarray(4 * block).equals(await readBlob(store, ref, 4 * block, size)));
    const given: Uint8Array[] = [];
    await assert.rejects(async () => {
      for await (const chunk of store.read(ref, 0, size)) given.push(chunk);
    }, BlobCorrupt);
    assert.ok(body.subarray(0, 3 * block).equals(Buffer.concat(given)));
  });
});

test('another opening finds the blobs, and knows that they are not its own', async () => {
  const directory = temporaryDirectory();
  const before = await open(directory);
  const ref = await writeBlob(before, Buffer.from('hello'));
  await (await before.create(owner)).write(Buffer.from('cut off by a crash'));

  const store = await open(directory);
  assert.equal(String(await readBlob(store, ref, 0, 5)), 'hello');
  const own = await writeBlob(store, Buffer.from('x'));
  const found = new Map<string, boolean>();
  for await (const { blobId, isFromThisOpening } of store.list()) found.set(blobId, isFromThisOpening);
  assert.equal(found.size, 3);
  assert.equal(found.get(own.blobId), true);
  assert.equal(found.get(ref.blobId), false);
});

test('a folder is made for its first blob, and flushed by the one that names it', async () => {
  const directory = temporaryDirectory();
  const flushed: string[] = [];
  const files: FileOperations = {
    ...nodeFiles,
    async open(file, ...options) {
      if (file === directory) flushed.push(String(file));
      return nodeFiles.open(file, ...options);
    },
  };
  // The last byte of the id says which folder.
  const drawBytes = (count: number) => randomBytes(count).fill(0xab, count - 1);
  const store = await DirectoryBlobStore.open(directory, drawBytes, { files });
  assert.deepEqual(readdirSync(directory), []);
  for (const body of ['first', 'second']) await writeBlob(store, Buffer.from(body));
  assert.deepEqual(readdirSync(directory), ['ab']);
  assert.equal(flushed.length, 1);
});

test('a foreign file is neither listed nor removed', async () => {
  const directory = temporaryDirectory();
  const store = await open(directory);
  mkdirSync(path.join(directory, '00'));
  const foreign = path.join(directory, '00', 'lost+found');
  writeFileSync(foreign, '');
  for await (const { blobId } of store.list()) assert.fail(`${blobId} is listed`);
  await store.remove('lost+found');
  await store.remove('../00/lost+found');
  assert.ok(existsSync(foreign));
  await assert.rejects(readBlob(store, { blobId: '../00/lost+found' }, 0, 0), BlobMissing);
});

test('a flush is shared by all who ask while another is under way', async () => {
  const flushes: (() => void)[] = [];
  const shared = new SharedFlush(() => new Promise((resolve) => flushes.push(resolve)));
  const first = shared.run(0);
  const waiting = [shared.run(0), shared.run(0), shared.run(0)];
  assert.equal(flushes.length, 1);
  flushes[0]?.();
  await first;
  assert.equal(flushes.length, 2);
  flushes[1]?.();
  await Promise.all(waiting);
  assert.equal(flushes.length, 2);
  const later = shared.run(0);
  flushes[2]?.();
  await later;
});

test('a flush that fails fails all whose change was made before, and none who come afterwards', async () => {
  const flushes: PromiseWithResolvers<void>[] = [];
  const shared = new SharedFlush(() => {
    const flush = Promise.withResolvers<void>();
    flushes.push(flush);
    return flush.promise;
  });
  const waiting = [shared.run(0), shared.run(0), shared.run(0)];
  flushes[0]?.reject(new Error('no room'));
  for (const { status } of await Promise.allSettled(waiting)) assert.equal(status, 'rejected');
  // What was changed before it may have been lost, whoever asks when.
  await assert.rejects(shared.run(0), /no room/);
  const later = shared.run(shared.failures);
  assert.equal(flushes.length, 2);
  flushes[1]?.resolve();
  await later;
});

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 2, at);
  writeFileSync(file, bytes);
}
