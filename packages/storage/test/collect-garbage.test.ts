// What nothing refers to is removed, after a while; all else stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import type { BlobStore, StrandedBlob } from '../src/blob-store.ts';
import { collectGarbage, GarbageCollector, reclaimRoom, sweepUnnamedBlobs } from '../src/collect-garbage.ts';
import { MemoryBlobStore } from '../src/engines/memory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { DiskFull } from '../src/write-fault.ts';

const bucket = parseBucketName('the-bucket');

async function openEngines() {
  const metadata = new MemoryMetadataStore();
  const blobs = new MemoryBlobStore();
  await metadata.createBucket({
    ...{ name: bucket, owner: 'account', createdAtMs: 0, acl: 'private', storageClass: 'Standard' },
    ...{ versioning: 'never', documents: {} },
  });
  const put = async (name: string, modifiedAtMs: number): Promise<string> => {
    const writer = await blobs.create({ bucket, key: name });
    const body = await writer.finish();
    await metadata.commitPut({
      ...{
        putId: body.blobId,
        versionId: body.blobId,
        bucket,
        key: parseObjectName(name),
        body,
        modifiedAtMs,
      },
      ...{
        size: 0,
        etag: '',
        crc64: '0',
        condition: 'any',
        acl: 'default',
        storageClass: 'Standard',
        headers: {},
        tags: [],
        objectType: 'Normal',
      },
    });
    return body.blobId;
  };
  return { metadata, blobs, put };
}

function unexpected(problem: unknown): void {
  assert.fail(String(problem));
}

async function idsOf(blobs: BlobStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { blobId } of blobs.list()) ids.push(blobId);
  return ids;
}

test('blobs freed before a time are removed and forgotten, later ones wait', async () => {
  const { metadata, blobs, put } = await openEngines();
  await put('a', 1000);
  const second = await put('a', 2000);
  const third = await put('a', 3000);
  assert.equal(await collectGarbage({ metadata, blobs }, 2000), 1);
  assert.deepEqual(await idsOf(blobs), [second, third]);
  assert.equal(await collectGarbage({ metadata, blobs }, 3000), 1);
  assert.equal(await collectGarbage({ metadata, blobs }, 3000), 0);
  assert.deepEqual(await idsOf(blobs), [third]);
  assert.deepEqual(await metadata.listGarbage({ untilMs: 9999, limit: 10 }), []);
});

test('more than a batch goes in one pass', async () => {
  const { metadata, blobs, put } = await openEngines();
  for (let i = 0; i < 201; i++) await put('a', i);
  assert.equal(await collectGarbage({ metadata, blobs }, 1000), 200);
  assert.equal((await idsOf(blobs)).length, 1);
});

test('a blob that cannot be removed stays in the queue', async () => {
  const { metadata, blobs, put } = await openEngines();
  await put('a', 1);
  await put('a', 2);
  const stuck = Object.assign(new MemoryBlobStore(), { remove: () => Promise.reject(new Error('stuck')) });
  await assert.rejects(collectGarbage({ metadata, blobs: stuck }, 10), /stuck/);
  assert.equal(await collectGarbage({ metadata, blobs }, 10), 1);
});

test('a blob that cannot be removed does not keep the others', async () => {
  const { metadata, blobs, put } = await openEngines();
  const [first] = [await put('a', 1), await put('a', 2), await put('a', 3)];
  const stuck = Object.assign(new MemoryBlobStore(), {
    remove: (blobId: string) =>
      blobId === first ? Promise.reject(new Error('stuck')) : blobs.remove(blobId),
  });
  await assert.rejects(collectGarbage({ metadata, blobs: stuck }, 10), /stuck/);
  const left = await metadata.listGarbage({ untilMs: 10, limit: 10 });
  assert.deepEqual(
    left.map(({ blobId }) => blobId),
    [first],
  );
});

test('a copy that the index has no room for is taken back', async () => {
  const { metadata, blobs, put } = await openEngines();
  const stranded = await put('a', 1);
  const full = Object.assign(metadata, { moveBlob: () => Promise.reject(new DiskFull('full')) });
  const crowded = Object.assign(blobs, {
    reclaiming: {
      describe: async () => ({ owner: { bucket, key: 'a' }, size: 0 }),
      reclaim: async (move: (blob: StrandedBlob) => Promise<unknown>) => {
        await move({ blobId: stranded, bytes: 0 });
      },
    },
  });
  const discard = (removal: () => Promise<void>) => removal();
  const reclamation = { metadata: full, blobs: crowded, nowMs: 1, reportProblem: unexpected, discard };
  await assert.rejects(reclaimRoom(reclamation), DiskFull);
  assert.deepEqual(await idsOf(blobs), [stranded]);
});

test('what cannot be discarded is tried again in the background, until it is gone', async () => {
  const { metadata, blobs } = await openEngines();
  const { promise: isGone, resolve: tellGone } = Promise.withResolvers<void>();
  const problems: unknown[] = [];
  const report = (problem: unknown) => problems.push(problem);
  const timing = { graceMs: 0, everyMs: 1 };
  const collector = new GarbageCollector({ metadata, blobs }, () => 0, report, timing);
  let attempts = 0;
  await collector.discard(async () => {
    if (++attempts < 3) throw new DiskFull('full');
    tellGone();
  });
  assert.equal(attempts, 1);
  await isGone;
  await collector.stop();
  assert.equal(attempts, 3);
  assert.deepEqual(problems.map(String), ['DiskFull: full', 'DiskFull: full']);
});

test('a sweep that fails is made again', async () => {
  const { metadata } = await openEngines();
  const { promise: isGone, resolve: tellGone } = Promise.withResolvers<string>();
  let lists = 0;
  const blobs = Object.assign(new MemoryBlobStore(), {
    async *list() {
      if (++lists === 1) throw new Error('unreadable');
      yield { blobId: 'left-behind', isFromThisOpening: false };
    },
    remove: async (blobId: string) => tellGone(blobId),
  });
  const problems: unknown[] = [];
  const report = (problem: unknown) => problems.push(problem);
  const collector = new GarbageCollector({ metadata, blobs }, () => 0, report, { graceMs: 0, everyMs: 1 });
  assert.equal(await isGone, 'left-behind');
  await collector.stop();
  assert.match(String(problems), /unreadable/);
  assert.equal(lists, 2);
});

test('the sweep removes what an earlier opening left without a name, and nothing else', async () => {
  const { metadata, put } = await openEngines();
  const replaced = await put('a', 1);
  const current = await put('a', 2);
  const removed: string[] = [];
  const old = ['left-behind', replaced, current].map((blobId) => ({ blobId, isFromThisOpening: false }));
  const found = Object.assign(new MemoryBlobStore(), {
    async *list() {
      yield* [...old, { blobId: 'under-way', isFromThisOpening: true }];
    },
    async remove(blobId: string) {
      removed.push(blobId);
    },
  });
  assert.equal(await sweepUnnamedBlobs({ metadata, blobs: found }), 1);
  assert.deepEqual(removed, ['left-behind']);
});

test('stopping waits for the pass under way, and a pass that fails is reported', async () => {
  const { metadata } = await openEngines();
  const problems: unknown[] = [];
  const blobs = Object.assign(new MemoryBlobStore(), {
    // biome-ignore lint/correctness/useYield: it fails before it has anything
    async *list() {
      throw new Error('unreadable');
    },
  });
  const collector = new GarbageCollector(
    { metadata, blobs },
    () => 0,
    (problem) => problems.push(problem),
  );
  await collector.stop();
  assert.match(String(problems), /unreadable/);
});
