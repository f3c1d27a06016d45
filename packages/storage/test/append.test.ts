// Appendable objects through the store: where an append may go, what the object is afterwards, and how its parts are kept few.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import fc from 'fast-check';
import { countToMerge } from '../src/append-rules.ts';
import { collectGarbage } from '../src/collect-garbage.ts';
import { type Digests, digestsOf } from '../src/digests.ts';
import { createObjectStore } from '../src/engine-object-store.ts';
import { MemoryBlobStore } from '../src/engines/memory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { inlineBytesMax } from '../src/incoming-body.ts';
import type { AppendRequest, ObjectStore } from '../src/object-store.ts';
import { openStorage } from '../src/open-storage.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bucket = parseBucketName('the-bucket');
const key = parseObjectName('a');
const properties = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;

async function openBench() {
  const engines = { metadata: new MemoryMetadataStore(), blobs: new MemoryBlobStore() };
  const reportProblem = (problem: unknown) => assert.fail(String(problem));
  const store = createObjectStore({ ...engines, clock: Date.now, randomBytes, reportProblem });
  await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
  return { store, ...engines, append: appender(store) };
}

const appender =
  (store: ObjectStore) =>
  (position: number, body: Uint8Array, more: Partial<AppendRequest> = {}) =>
    store.append({ bucket, key, ...properties, position, body: oneChunk(body), ...more });

async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

async function readAll(store: ObjectStore, from = 0, to?: number): Promise<Buffer> {
  const record = await store.findObject(bucket, key);
  assert.ok(record);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.openBody(record).read(from, to ?? record.size)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function blobCount(blobs: MemoryBlobStore): Promise<number> {
  let count = 0;
  for await (const _ of blobs.list()) count++;
  return count;
}

describe('an append', () => {
  test('makes the object at position 0, and is refused at any other', async () => {
    const { append, store } = await openBench();
    assert.deepEqual(await append(1, Buffer.from('x')), { outcome: 'wrong-position', length: 0 });
    const made = await append(0, Buffer.from('foo'), { headers: { 'content-type': 'text/plain' } });
    assert.equal(made.outcome === 'stored' && made.record.objectType, 'Appendable');
    assert.deepEqual(await append(0, Buffer.from('x')), { outcome: 'wrong-position', length: 3 });
    assert.deepEqual(await append(4, Buffer.from('x')), { outcome: 'wrong-position', length: 3 });
    const grown = await append(3, Buffer.from('bar'), { headers: { 'content-type': 'image/png' } });
    assert.equal((await readAll(store)).toString(), 'foobar');
    const found = await store.findObject(bucket, key);
    assert.deepEqual(found?.headers, { 'content-type': 'text/plain' });
    const { crc64 } = digestsOf(Buffer.from('foobar'));
    for (const record of [found, grown.outcome === 'stored' ? grown.record : undefined]) {
      assert.deepEqual([record?.size, record?.crc64], [6, crc64]);
      assert.equal(
        record?.etag,
        `${BigInt(crc64).toString(16).padStart(16, '0').toUpperCase()}0000000000000006`,
      );
    }
  });

  test('is for appendable objects in buckets that are there', async () => {
    const { append, store } = await openBench();
    await store.put({ bucket, key, ...properties, condition: 'any', body: oneChunk(Buffer.from('foo')) });
    assert.deepEqual(await append(0, Buffer.from('x')), { outcome: 'not-appendable' });
    assert.deepEqual(await append(3, Buffer.from('x')), { outcome: 'not-appendable' });
    const other = parseBucketName('no-such-bucket');
    assert.deepEqual(await append(0, Buffer.from('x'), { bucket: other }), { outcome: 'no-bucket' });
    await store.remove(bucket, key);
    assert.equal((await append(0, Buffer.from('x'))).outcome, 'stored');
  });

  test('whose digests are wrong changes nothing; they are those of what is appended', async () => {
    const { append, store, blobs } = await openBench();
    const told: Digests[] = [];
    for (const position of [0, 3, 6, 9]) {
      await append(position, Buffer.from('foo'), { checkDigests: (digests) => told.push(digests) });
    }
    assert.deepEqual(told, Array(4).fill(digestsOf(Buffer.from('foo'))));
    const checkDigests = () => {
      throw new Error('wrong digest');
    };
    await assert.rejects(append(12, Buffer.alloc(100_000), { checkDigests }), /wrong digest/);
    assert.equal((await readAll(store)).toString(), 'foo'.repeat(4));
    assert.equal(await blobCount(blobs), 0);
  });

  test('that breaks off changes nothing', async () => {
    const { append, store, blobs } = await openBench();
    await append(0, Buffer.from('foo'));
    async function* broken() {
      yield Buffer.alloc(100_000);
      throw new Error('broken off');
    }
    await assert.rejects(append(3, Buffer.alloc(0), { body: broken() }), /broken off/);
    assert.equal((await readAll(store)).toString(), 'foo');
    assert.equal(await blobCount(blobs), 0);
  });

  test('that another has overtaken is refused, and keeps nothing', async () => {
    const { append, metadata, blobs, store } = await openBench();
    await append(0, Buffer.from('foo'));
    const { commitAppend } = metadata;
    metadata.commitAppend = async (intent) => {
      metadata.commitAppend = commitAppend;
      assert.equal((await append(3, Buffer.from('first'))).outcome, 'stored');
      return commitAppend.call(metadata, intent);
    };
    assert.deepEqual(await append(3, Buffer.alloc(100_000)), { outcome: 'wrong-position', length: 8 });
    assert.equal((await readAll(store)).toString(), 'foofirst');
    assert.equal(await blobCount(blobs), 0);
  });

  test('goes to an object of the same length that took the place of the first, unless bytes of that are in it', async () => {
    for (const parts of [1, 2]) {
      const { append, metadata, store, blobs } = await openBench();
      const write = async (text: string) => {
        for (let part = 0; part < parts; part++) await append(3 * part, Buffer.from(text));
      };
      await write('old');
      const { commitAppend } = metadata;
      metadata.commitAppend = async (intent) => {
        metadata.commitAppend = commitAppend;
        await store.remove(bucket, key);
        await write('new');
        return commitAppend.call(metadata, intent);
      };
      const result = await append(3 * parts, Buffer.alloc(inlineBytesMax, 'x'));
      assert.equal(result.outcome, parts === 1 ? 'stored' : 'wrong-position');
      assert.equal((await readAll(store, 0, 3)).toString(), 'new');
      assert.equal(await blobCount(blobs), 0);
    }
  });
});

test('of clients that append at once, each goes on where the object ends, and all of it is there once', async () => {
  const stores = [(await openBench()).store, await openStorage({ dataDir: temporaryDirectory() })];
  for (const store of stores) {
    await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
    const append = appender(store);
    const appendAnywhere = async (line: string) => {
      for (let position = 0; ; ) {
        const result = await append(position, Buffer.from(line));
        if (result.outcome === 'stored') return;
        assert.equal(result.outcome, 'wrong-position');
        position = (result as { length: number }).length;
      }
    };
    const client = async (name: number) => {
      for (let line = 0; line < 15; line++) await appendAnywhere(`${name}-${line}\n`);
    };
    await Promise.all([1, 2, 3, 4].map(client));
    const lines = (await readAll(store)).toString().trimEnd().split('\n');
    for (const name of [1, 2, 3, 4]) {
      const own = lines.filter((line) => line.startsWith(`${name}-`));
      assert.deepEqual(
        own,
        Array.from({ length: 15 }, (_, line) => `${name}-${line}`),
      );
    }
    assert.equal(lines.length, 60);
    await store.close();
  }
});

test('a thousand small appends are kept in few parts, and leave no other blobs', async () => {
  const { append, store, metadata, blobs } = await openBench();
  const line = Buffer.from('a line of a log, as they are written one by one\n');
  const lines = 1000;
  for (let count = 0; count < lines; count++) await append(count * line.length, line);
  assert.ok((await readAll(store)).equals(Buffer.alloc(lines * line.length, line)));
  const record = await store.findObject(bucket, key);
  const parts = record && 'parts' in record.body ? record.body.parts : [];
  assert.ok(parts.length < 20, `${parts.length} parts`);
  await collectGarbage({ metadata, blobs }, Number.MAX_SAFE_INTEGER);
  assert.equal(await blobCount(blobs), parts.filter(({ body }) => 'blobId' in body).length);
});

describe('what is written anew', () => {
  const mebibyte = 1024 * 1024;
  /** The sizes of the parts after these appends, and how many bytes were written in all. */
  const partsAfter = (appends: readonly number[]) => {
    let sizes: number[] = [];
    let written = 0;
    for (const size of appends) {
      const kept = sizes.slice(0, sizes.length - countToMerge(sizes));
      const merged = sizes.slice(kept.length).reduce((sum, part) => sum + part, size);
      sizes = [...kept, merged];
      written += merged;
    }
    return { sizes, written, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  };
  const cases: readonly (readonly [sizes: readonly number[], count: number])[] = [
    [[], 0],
    [[10], 0],
    [[10, 10], 2],
    [[0, 0], 2],
    [[21, 10], 0],
    [[20, 10], 2],
    [[60, 20, 10], 3],
    [[61, 20, 10], 2],
    [[3 * mebibyte, mebibyte], 0],
    [[2 * mebibyte, 2 * mebibyte], 2],
    [[2 * mebibyte + 1, 2 * mebibyte], 0],
    [[1, 2 * mebibyte, 2 * mebibyte], 2],
  ];
  for (const [sizes, count] of cases) {
    test(`of [${sizes}]: ${count}`, () => assert.equal(countToMerge(sizes), count));
  }

  test('leaves few parts, whatever is appended', () => {
    const size = fc.oneof(fc.nat(100), fc.nat(100_000), fc.nat(6 * mebibyte));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 400 }), (appends) => {
        const { sizes, bytes } = partsAfter(appends);
        assert.ok(sizes.length <= bytes / mebibyte + 30, `${sizes.length} parts of ${bytes} bytes`);
      }),
    );
  });

  test('is little, when many appends are of one size', () => {
    for (const size of [1, 100, 10_000, mebibyte]) {
      const { written, bytes, sizes } = partsAfter(Array(10_000).fill(size));
      assert.ok(written <= bytes * 12, `${size}: ${written / bytes} times`);
      assert.ok(sizes.length <= bytes / mebibyte + 30, `${size}: ${sizes.length} parts`);
    }
  });
});
