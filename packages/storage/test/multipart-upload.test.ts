// Multipart uploads through the store: what completes, what does not, the digests of the whole, and that nothing of them is left behind.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { collectGarbage } from '../src/collect-garbage.ts';
import { digestsOf } from '../src/digests.ts';
import { createObjectStore } from '../src/engine-object-store.ts';
import { MemoryBlobStore } from '../src/engines/memory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { HeldBlobs } from '../src/held-blobs.ts';
import { inlineBytesMax } from '../src/incoming-body.ts';
import type { CompleteUploadRequest, ObjectStore } from '../src/object-store.ts';
import { openBody } from '../src/open-body.ts';
import { makeUploadId } from '../src/upload-id.ts';
import { planCompletion } from '../src/upload-rules.ts';

const bucket = parseBucketName('the-bucket');
const key = parseObjectName('a');
const properties = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;

interface Bench {
  readonly store: ObjectStore;
  readonly metadata: MemoryMetadataStore;
  readonly blobs: MemoryBlobStore;
  readonly uploadId: string;
  putPart(partNumber: number, body: Uint8Array): ReturnType<ObjectStore['putPart']>;
  complete(more?: Partial<CompleteUploadRequest>): Promise<string>;
}

async function openBench(isSequential = false): Promise<Bench> {
  const metadata = new MemoryMetadataStore();
  const blobs = new MemoryBlobStore();
  const reportProblem = (problem: unknown) => assert.fail(String(problem));
  const store = createObjectStore({ metadata, blobs, clock: Date.now, randomBytes, reportProblem });
  await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
  const created = await store.createUpload({ bucket, key, ...properties, isSequential });
  assert.equal(created.outcome, 'created');
  const { uploadId } = (created as { upload: { uploadId: string } }).upload;
  const upload = { bucket, key, uploadId };
  return {
    ...{ store, metadata, blobs, uploadId },
    putPart: (partNumber, body) => store.putPart({ ...upload, partNumber, body: oneChunk(body) }),
    complete: async (more) => {
      const request = { ...upload, parts: 'all', condition: 'any', partBytesMin: 0, ...more } as const;
      return (await store.completeUpload(request)).outcome;
    },
  };
}

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

/** Empty, in the index, and in blobs. */
const bodies = [0, 1, inlineBytesMax, inlineBytesMax + 1, 100_000].map((size) =>
  Buffer.alloc(size, `${size} `),
);

async function blobCount(blobs: MemoryBlobStore): Promise<number> {
  let count = 0;
  for await (const _ of blobs.list()) count++;
  return count;
}

describe('an upload', () => {
  test('completed is the object of its parts, from any byte to any other, with the digests of the whole', async () => {
    const { store, putPart, complete } = await openBench();
    for (const [at, body] of bodies.entries()) await putPart(at + 1, body);
    assert.equal(await complete(), 'stored');
    const whole = Buffer.concat(bodies);
    const record = await store.findObject(bucket, key);
    assert.deepEqual(
      [record?.size, record?.crc64, record?.objectType],
      [whole.length, digestsOf(whole).crc64, 'Multipart'],
    );
    const etags = bodies.map((body) => digestsOf(body).md5).join('');
    assert.equal(record?.etag, `${digestsOf(Buffer.from(etags)).md5}-${bodies.length}`);
    const edges = [0, 1, 2, inlineBytesMax, inlineBytesMax + 1, inlineBytesMax + 2, 17_000, whole.length];
    for (const from of edges) {
      for (const to of edges.filter((edge) => edge >= from)) {
        assert.ok((await readAll(store, from, to)).equals(whole.subarray(from, to)), `${from} to ${to}`);
      }
    }
  });

  test('is told of with its parts until then', async () => {
    const { store, uploadId, putPart, complete } = await openBench();
    const put = await putPart(7, Buffer.from('foo'));
    assert.equal(put.outcome === 'stored' && put.part.etag, 'ACBD18DB4CC2F85CEDEF654FCCC4A4D8');
    const listed = await store.listParts({ bucket, key, uploadId, after: 0, limit: 10 });
    assert.deepEqual(listed?.parts, put.outcome === 'stored' && [put.part]);
    assert.match(uploadId, /^[0-9A-F]{32}$/);
    assert.equal((await store.findUpload(bucket, key, uploadId))?.uploadId, uploadId);
    await complete();
    assert.equal(await store.findUpload(bucket, key, uploadId), undefined);
  });

  test('that is not there takes no part, and keeps nothing of it', async () => {
    const { store, blobs } = await openBench();
    const upload = { bucket, key, uploadId: '0'.repeat(32) };
    const body = oneChunk(Buffer.alloc(100_000));
    assert.deepEqual(await store.putPart({ ...upload, partNumber: 1, body }), { outcome: 'no-upload' });
    assert.equal(await blobCount(blobs), 0);
    const request = { ...upload, parts: 'all', condition: 'any', partBytesMin: 0 } as const;
    assert.deepEqual(await store.completeUpload(request), { outcome: 'no-upload' });
    assert.equal(await store.abortUpload(bucket, key, upload.uploadId), 'no-upload');
    const other = parseBucketName('no-such-bucket');
    assert.deepEqual(await store.createUpload({ bucket: other, key, ...properties }), {
      outcome: 'no-bucket',
    });
  });

  test('in sequence refuses a part out of order, and keeps nothing of it', async () => {
    const { putPart, blobs } = await openBench(true);
    assert.deepEqual(await putPart(2, Buffer.alloc(100_000)), { outcome: 'not-sequential' });
    assert.equal(await blobCount(blobs), 0);
  });

  test('a part whose digests are wrong is not kept', async () => {
    const { store, uploadId, blobs } = await openBench();
    const checkDigests = () => {
      throw new Error('wrong digest');
    };
    const body = oneChunk(Buffer.alloc(100_000));
    await assert.rejects(
      store.putPart({ bucket, key, uploadId, partNumber: 1, body, checkDigests }),
      /wrong digest/,
    );
    assert.equal(await blobCount(blobs), 0);
    assert.deepEqual((await store.listParts({ bucket, key, uploadId, after: 0, limit: 10 }))?.parts, []);
  });

  test('ended either way, leaves the blobs of its object and no others', async () => {
    for (const end of ['complete', 'abort'] as const) {
      const { store, metadata, blobs, uploadId, putPart, complete } = await openBench();
      for (const number of [1, 1, 2, 3]) await putPart(number, Buffer.alloc(100_000, `${number}`));
      const { parts = [] } = (await store.listParts({ bucket, key, uploadId, after: 1, limit: 10 })) ?? {};
      if (end === 'complete') assert.equal(await complete({ parts }), 'stored');
      else assert.equal(await store.abortUpload(bucket, key, uploadId), 'aborted');
      await collectGarbage({ metadata, blobs }, Number.MAX_SAFE_INTEGER);
      assert.equal(await blobCount(blobs), end === 'complete' ? 2 : 0);
    }
  });

  test('a part put while it is completed makes the completion think again', async () => {
    const { store, metadata, putPart, complete } = await openBench();
    await putPart(1, Buffer.from('old'));
    const { completeUpload } = metadata;
    metadata.completeUpload = async (completion) => {
      metadata.completeUpload = completeUpload;
      await putPart(1, Buffer.from('new'));
      return completeUpload.call(metadata, completion);
    };
    assert.equal(await complete(), 'stored');
    assert.equal((await readAll(store)).toString(), 'new');
  });

  test('many clients that complete it at once make one object', async () => {
    const { putPart, complete } = await openBench();
    await putPart(1, Buffer.from('foo'));
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => complete()));
    assert.deepEqual(outcomes.sort(), [...Array.from({ length: 7 }, () => 'no-upload'), 'stored']);
  });
});

test('a body in parts is read to its end although the object is overwritten and its blobs are collected', async () => {
  const { store, metadata, blobs, putPart, complete } = await openBench();
  const part = Buffer.alloc(100_000, 'a part ');
  for (const number of [1, 2, 3]) await putPart(number, part);
  await complete();
  const record = await store.findObject(bucket, key);
  assert.ok(record);
  const held = new HeldBlobs();
  const chunks: Uint8Array[] = [];
  for await (const chunk of openBody({ blobs, held, findAgain: async () => undefined }, record).read(
    0,
    record.size,
  )) {
    if (chunks.length === 0) {
      await store.put({ bucket, key, ...properties, condition: 'any', body: oneChunk(part) });
      await collectGarbage({ metadata, blobs }, Number.MAX_SAFE_INTEGER, undefined, held);
    }
    chunks.push(chunk);
  }
  assert.equal(Buffer.concat(chunks).length, 3 * part.length);
  assert.equal(held.size, 0);
  await collectGarbage({ metadata, blobs }, Number.MAX_SAFE_INTEGER, undefined, held);
  assert.equal(await blobCount(blobs), 1);
});

describe('a completion', () => {
  const stored = [
    [1, 'A', 100],
    [2, 'B', 10],
    [5, 'C', 100],
  ].map(([partNumber, etag, size], at) => ({
    ...{ partNumber, etag, size, partId: at, crc64: '0', modifiedAtMs: 0 },
  })) as Parameters<typeof planCompletion>[0];
  const named = (...texts: readonly string[]) =>
    texts.map((text) => ({ partNumber: Number(text.slice(0, -1)), etag: text.slice(-1) }));
  const cases: readonly (readonly [
    what: string,
    parts: Parameters<typeof planCompletion>[1],
    partBytesMin: number,
    expected: unknown,
  ])[] = [
    ['takes all parts', 'all', 0, [1, 2, 5]],
    ['takes those that are named, with gaps', named('1A', '5C'), 0, [1, 5]],
    [
      'refuses one that is not there',
      named('1A', '3X'),
      0,
      { outcome: 'invalid-part', partNumber: 3, etag: 'X' },
    ],
    ['refuses another ETag', named('1A', '2A'), 0, { outcome: 'invalid-part', partNumber: 2, etag: 'A' }],
    ['refuses a small part', 'all', 11, { outcome: 'too-small' }],
    ['lets the last one be small', named('1A', '2B'), 11, [1, 2]],
    ['does not ask for the size of what it drops', named('1A', '5C'), 100, [1, 5]],
    ['refuses nothing at all', [], 0, { outcome: 'invalid-part', partNumber: 1, etag: '' }],
  ];
  for (const [what, parts, partBytesMin, expected] of cases) {
    test(what, () => {
      const plan = planCompletion(stored, parts, partBytesMin);
      const told = plan.outcome === 'planned' ? plan.parts.map(({ partNumber }) => partNumber) : plan;
      assert.deepEqual(told, expected);
    });
  }

  test('has the ETag that OSS answered for these parts', () => {
    const etags = ['4DE8075FB607DF4D13FBC480EA488EFA', 'AF947EC157726CEA88ED83B3C989063B'];
    const parts = etags.map((etag, at) => ({
      ...{ partNumber: at + 1, partId: at, etag, size: 1, crc64: '0', modifiedAtMs: 0 },
    }));
    const plan = planCompletion(parts, 'all', 0);
    assert.equal(plan.outcome === 'planned' && plan.whole.etag, '1C787C506EABFB9B45EAAA8DB039F4B2-2');
  });
});

test('upload ids are in the order of their times, and have the shape of those of OSS', () => {
  const ids = [0, 1000, 1_795_364_113_778_000].map((time) =>
    makeUploadId(time, 'abcdef0123456789'.repeat(2)),
  );
  assert.deepEqual(ids, [
    '0000000000000000ABCDEF0123456789',
    '00000000000003E8ABCDEF0123456789',
    `${1_795_364_113_778_000n.toString(16).toUpperCase().padStart(16, '0')}ABCDEF0123456789`,
  ]);
});

test('uploads of one key made at once are listed in the order they were made', async () => {
  const reportProblem = (problem: unknown) => assert.fail(String(problem));
  const engines = { metadata: new MemoryMetadataStore(), blobs: new MemoryBlobStore() };
  const store = createObjectStore({ ...engines, clock: () => 1_700_000_000_000, randomBytes, reportProblem });
  await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
  const made: string[] = [];
  for (let number = 0; number < 20; number++) {
    const created = await store.createUpload({ bucket, key, ...properties });
    if (created.outcome === 'created') made.push(created.upload.uploadId);
  }
  const { uploads } = await store.listUploads({ bucket, prefix: '', delimiter: '', after: '', limit: 100 });
  assert.deepEqual(
    uploads.map(({ uploadId }) => uploadId),
    made,
  );
});
