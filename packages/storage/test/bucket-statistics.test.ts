// How much is in a bucket: what counts as what, over more than one step, and how many measure at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { BucketMeasurer, measureBucket } from '../src/bucket-statistics.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { openMemoryStorage, openStorage } from '../src/open-storage.ts';
import {
  appendObject,
  fillStore,
  plainBucket,
  putObject,
  uploadObject,
  versionedBucket,
} from './filled-store.ts';

const none = {
  ...{ objects: 0, bytes: 0, byStorageClass: {}, deleteMarkers: 0 },
  ...{ uploads: 0, parts: 0, partBytes: 0, lastModifiedAtMs: 0 },
};

test('an empty bucket, and one that is not there, have nothing', async () => {
  const store = openMemoryStorage();
  await store.createBucket({ name: plainBucket, owner: 'o', acl: 'private', storageClass: 'Standard' });
  for (const bucket of [plainBucket, versionedBucket])
    assert.deepEqual(await store.measureBucket(bucket), none);
  await store.close();
});

test('every version counts, markers and parts apart, in their storage classes', async () => {
  const store = openMemoryStorage({ clock: () => 1_700_000_000_000 });
  await store.createBucket({ name: plainBucket, owner: 'o', acl: 'private', storageClass: 'Standard' });
  await store.changeBucket(plainBucket, { versioning: 'enabled' });
  const put = (key: string, size: number, storageClass: string) =>
    putObject(store, plainBucket, key, Buffer.alloc(size), { storageClass });
  await put('a', 10, 'IA');
  await put('a', 100_000, 'Standard');
  await put('b', 5, 'Archive');
  await store.remove(plainBucket, parseObjectName('b'));
  await appendObject(store, plainBucket, 'c', [Buffer.alloc(7), Buffer.alloc(8)]);
  await uploadObject(store, plainBucket, 'd', [Buffer.alloc(20_000), Buffer.alloc(1)], 'complete');
  await uploadObject(store, plainBucket, 'e', [Buffer.alloc(30_000), Buffer.alloc(2)], 'leave');
  await uploadObject(store, plainBucket, 'e', [], 'leave');
  assert.deepEqual(await store.measureBucket(plainBucket), {
    ...{ objects: 5, bytes: 120_031, deleteMarkers: 1, uploads: 2, parts: 2, partBytes: 30_002 },
    byStorageClass: {
      IA: { objects: 1, bytes: 10 },
      Standard: { objects: 3, bytes: 120_016 },
      Archive: { objects: 1, bytes: 5 },
    },
    lastModifiedAtMs: 1_700_000_000_000,
  });
  await store.close();
});

test('of more versions, uploads and parts than fit in one step, each is counted once', async () => {
  const store = openMemoryStorage();
  await store.createBucket({ name: plainBucket, owner: 'o', acl: 'private', storageClass: 'Standard' });
  await store.changeBucket(plainBucket, { versioning: 'enabled' });
  for (let number = 0; number < 1200; number++) {
    await putObject(store, plainBucket, number < 600 ? 'same' : `key-${number}`, Buffer.alloc(1));
    await uploadObject(store, plainBucket, number < 600 ? 'same' : `key-${number}`, [], 'leave');
  }
  await uploadObject(store, plainBucket, 'many', Array(1100).fill(Buffer.alloc(3)), 'leave');
  const { objects, bytes, uploads, parts, partBytes } = await store.measureBucket(plainBucket);
  assert.deepEqual([objects, bytes, uploads, parts, partBytes], [1200, 1200, 1201, 1100, 3300]);
  await store.close();
});

test('SQLite says what memory says', async () => {
  const store = await openStorage({ dataDir: await fillStore() });
  const plain = await store.measureBucket(plainBucket);
  assert.deepEqual([plain.objects, plain.uploads, plain.parts], [8, 1, 2]);
  const { objects, deleteMarkers } = await store.measureBucket(versionedBucket);
  assert.deepEqual([objects, deleteMarkers], [4, 2]);
  await store.close();
});

test('however many ask, a bucket is measured once at a time, and nobody gets what was begun before he asked', async () => {
  const metadata = new MemoryMetadataStore();
  let begun = 0;
  let measuring = 0;
  const listings = {
    listVersions: async (...given: Parameters<MemoryMetadataStore['listVersions']>) => {
      begun++;
      assert.equal(++measuring, 1);
      await new Promise(setImmediate);
      measuring--;
      return metadata.listVersions(...given);
    },
    listUploads: metadata.listUploads.bind(metadata),
    listParts: metadata.listParts.bind(metadata),
  };
  const measurer = new BucketMeasurer(listings);
  const bucket = parseBucketName('the-bucket');
  const first = measurer.measure(bucket);
  const others = Array.from({ length: 10 }, () => measurer.measure(bucket));
  assert.equal(new Set(others).size, 1);
  await Promise.all([first, ...others]);
  assert.equal(begun, 2);
  assert.deepEqual(await measurer.measure(bucket), await measureBucket(metadata, bucket));
});
