// What every index must do, as a suite for node:test: an engine is right when it passes. It says nothing of speed, except that a
// listing may not look at the keys it jumps over.

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type ObjectName, parseBucketName } from '@postern/protocol';
import type { MetadataStore } from '../metadata-store.ts';
import type { Versioning } from '../records.ts';
import { appendTests } from './append-contract.ts';
import { listingTests, versionListingTests } from './list-contract.ts';
import { Bench, bucketRecord, type OpenedMetadataStore, type WithBucket } from './metadata-bench.ts';
import { putTests } from './put-contract.ts';
import { uploadTests } from './upload-contract.ts';
import { versionTests } from './version-contract.ts';

/** @param open gives an empty store; it is closed at the end */
export function metadataStoreContract(name: string, open: () => Promise<OpenedMetadataStore>): void {
  describe(`metadata store: ${name}`, () => {
    let opened: OpenedMetadataStore;
    before(async () => {
      opened = await open();
    });
    after(() => opened.store.close());

    const withBucket =
      (run: (bench: Bench, context: TestContext) => Promise<void>, versioning: Versioning = 'never') =>
      async (context: TestContext) =>
        run(await Bench.open(opened, versioning), context);

    describe('buckets', () => bucketTests(() => opened.store));
    describe('listing', () => listingTests(withBucket));
    describe('puts', () => putTests(withBucket));
    describe('versions', () => versionTests(withBucket));
    describe('listing versions', () => versionListingTests(withBucket));
    describe('garbage', () => garbageTests(withBucket));
    describe('uploads', () => uploadTests(withBucket));
    describe('appends', () => appendTests(withBucket));
  });
}

function bucketTests(store: () => MetadataStore): void {
  const name = parseBucketName('the-bucket');

  test('one is made once, changed in parts, and removed', async () => {
    assert.deepEqual(await store().createBucket(bucketRecord(name)), {
      created: true,
      bucket: bucketRecord(name),
    });
    const again = await store().createBucket({ ...bucketRecord(name), owner: 'another' });
    assert.deepEqual(again, { created: false, bucket: bucketRecord(name) });

    await store().changeBucket(name, { acl: 'public-read', documents: { cors: '<a/>', website: '<b/>' } });
    await store().changeBucket(name, { versioning: 'enabled', documents: { cors: undefined } });
    assert.deepEqual(await store().findBucket(name), {
      ...bucketRecord(name),
      acl: 'public-read',
      versioning: 'enabled',
      documents: { website: '<b/>' },
    });

    assert.equal(await store().removeBucket(name), 'removed');
    assert.equal(await store().removeBucket(name), 'absent');
    assert.equal(await store().findBucket(name), undefined);
    assert.equal(await store().changeBucket(name, { acl: 'private' }), undefined);
    const replacement = { document: 'cors', seen: undefined, text: '<a/>' };
    assert.equal(await store().replaceDocument(name, replacement), 'no-bucket');
  });

  test('a document is replaced by one of those who have seen it', async () => {
    await store().createBucket(bucketRecord(name));
    await store().changeBucket(name, { documents: { other: '<b/>' } });
    for (const seen of [undefined, 'last']) {
      const replace = (text: string | undefined) =>
        store().replaceDocument(name, { document: 'cors', seen, text });
      const outcomes = await Promise.all(['a', 'b', 'c'].map(replace));
      assert.deepEqual(outcomes.toSorted(), ['no-longer-as-seen', 'no-longer-as-seen', 'replaced']);
      const text = ['a', 'b', 'c'][outcomes.indexOf('replaced')];
      assert.deepEqual((await store().findBucket(name))?.documents, { other: '<b/>', cors: text });
      const last = { document: 'cors', seen: text, text: seen === undefined ? 'last' : undefined };
      assert.equal(await store().replaceDocument(name, last), 'replaced');
    }
    assert.deepEqual((await store().findBucket(name))?.documents, { other: '<b/>' });
    assert.equal(await store().removeBucket(name), 'removed');
  });

  test('one that holds a version or only a delete marker is not removed', async () => {
    const bench = new Bench({ store: store() });
    await store().createBucket(bucketRecord(bench.bucket));
    await bench.setVersioning('enabled');
    await bench.put('a', { versionId: 'a-1' });
    assert.equal(await store().removeBucket(bench.bucket), 'not-empty');
    await bench.remove('a');
    await bench.remove('a', 'a-1');
    const [marker] = (await bench.listVersions()).versions;
    assert.equal(marker?.isDeleteMarker, true);
    assert.equal(await store().removeBucket(bench.bucket), 'not-empty');
    await bench.remove('a', marker?.versionId);
    assert.equal(await store().removeBucket(bench.bucket), 'removed');
  });

  test('one made again under the same name is empty', async () => {
    const bench = new Bench({ store: store() });
    for (const round of [1, 2]) {
      await store().createBucket(bucketRecord(bench.bucket));
      assert.deepEqual((await bench.list()).keys, [], `round ${round}`);
      await bench.put('a');
      await bench.remove('a');
      assert.equal(await store().removeBucket(bench.bucket), 'removed');
    }
  });

  test('they are listed by name, page by page', async () => {
    const names = ['list-a', 'list-b', 'list-c', 'lisu'].map(parseBucketName);
    for (const each of names) await store().createBucket(bucketRecord(each));
    const page = async (after: string, limit: number, prefix = 'list-') => {
      const { buckets, next } = await store().listBuckets({ prefix, after, limit });
      return { names: buckets.map((bucket) => bucket.name as string), next };
    };
    assert.deepEqual(await page('', 2), { names: ['list-a', 'list-b'], next: 'list-b' });
    assert.deepEqual(await page('list-b', 2), { names: ['list-c'], next: undefined });
    assert.deepEqual(await page('', 3), { names: ['list-a', 'list-b', 'list-c'], next: undefined });
    assert.deepEqual(await page('list-a', 10, 'lis'), {
      names: ['list-b', 'list-c', 'lisu'],
      next: undefined,
    });
    assert.deepEqual(await page('', 0), { names: [], next: undefined });
  });

  test('without one, nothing is found, listed, put or removed', async () => {
    const bench = new Bench({ store: store() });
    assert.equal((await bench.put('a')).outcome, 'no-bucket');
    assert.equal(await bench.remove('a'), 'no-bucket');
    assert.equal(await bench.find('a'), undefined);
    assert.deepEqual(await bench.list(), { keys: [], prefixes: [], next: undefined });
    assert.deepEqual((await bench.listVersions()).versions, []);
    assert.equal(
      await bench.store.setObjectAcl(bench.bucket, 'a' as ObjectName, 'null', 'private'),
      undefined,
    );
  });
}

function garbageTests(withBucket: WithBucket): void {
  test(
    'a blob is garbage once its version is replaced or removed, and known until it is forgotten',
    withBucket(async (bench) => {
      await bench.put('a', { body: { blobId: 'garbage-1' } });
      await bench.put('b', { body: { blobId: 'garbage-2' } });
      assert.equal(await bench.store.isBlobKnown('garbage-1'), true);
      assert.equal(await bench.store.isBlobKnown('garbage-3'), false);
      await bench.put('a', { body: { blobId: 'garbage-3' } });
      await bench.remove('b');
      const freed = (await bench.garbage()).filter((blobId) => blobId.startsWith('garbage-'));
      assert.deepEqual(freed, ['garbage-1', 'garbage-2']);
      assert.equal(await bench.store.isBlobKnown('garbage-1'), true);
      await bench.store.forgetGarbage(['garbage-1', 'garbage-unknown']);
      assert.equal(await bench.store.isBlobKnown('garbage-1'), false);
      assert.equal(await bench.store.isBlobKnown('garbage-2'), true);
      assert.equal(await bench.store.isBlobKnown('garbage-3'), true);
    }),
  );

  test(
    'a blob moved elsewhere is garbage, and the version is otherwise as it was',
    withBucket(async (bench) => {
      await bench.setVersioning('enabled');
      await bench.put('a', { body: { blobId: 'moved-old' } });
      await bench.put('a', { body: { blobId: 'moved-newest' } });
      const { versions: before } = await bench.listVersions();
      const move = { from: 'moved-old', to: 'moved-new', nowMs: bench.nowMs };
      assert.equal(await bench.store.moveBlob(move), true);
      assert.deepEqual((await bench.listVersions()).versions, before);
      const bodies = await Promise.all(before.map(({ key, versionId }) => bench.find(key, versionId)));
      assert.deepEqual(
        bodies.map((record) => record?.body),
        [{ blobId: 'moved-newest' }, { blobId: 'moved-new' }],
      );
      assert.ok((await bench.garbage()).includes('moved-old'));
      assert.equal(await bench.store.isBlobKnown('moved-new'), true);

      // Not of a version any more, or never.
      for (const from of ['moved-old', 'moved-never']) {
        assert.equal(await bench.store.moveBlob({ ...move, from, to: 'moved-else' }), false);
      }
      assert.equal(await bench.store.isBlobKnown('moved-else'), false);
      await bench.remove('a', before[1]?.versionId);
      assert.ok((await bench.garbage()).includes('moved-new'));
    }),
  );

  test(
    'a delete marker frees nothing under enabled versioning, and the null version under suspended',
    withBucket(async (bench) => {
      await bench.put('a', { body: { blobId: 'marker-1' } });
      await bench.setVersioning('enabled');
      await bench.remove('a');
      assert.ok(!(await bench.garbage()).includes('marker-1'));
      await bench.setVersioning('suspended');
      await bench.remove('a');
      assert.ok((await bench.garbage()).includes('marker-1'));
    }),
  );

  test(
    'the oldest comes first, up to a time and a limit',
    withBucket(async (bench) => {
      const long = 4_000_000_000_000;
      for (const [blobId, sinceMs] of [
        ['age-2', long + 2],
        ['age-1', long + 1],
        ['age-3', long + 3],
      ] as const) {
        await bench.put(blobId, { body: { blobId } });
        await bench.put(blobId, { modifiedAtMs: sinceMs });
      }
      const old = async (untilMs: number, limit: number) => {
        const items = await bench.store.listGarbage({ untilMs, limit: 1000 });
        return items.filter((item) => item.sinceMs > long).slice(0, limit);
      };
      assert.deepEqual(await old(long + 2, 9), [
        { blobId: 'age-1', sinceMs: long + 1 },
        { blobId: 'age-2', sinceMs: long + 2 },
      ]);
      assert.equal((await bench.store.listGarbage({ untilMs: long + 3, limit: 1 })).length, 1);
      assert.deepEqual(
        (await old(long + 3, 9)).map(({ blobId }) => blobId),
        ['age-1', 'age-2', 'age-3'],
      );
    }),
  );
}
