// What every index must do, as a suite for node:test: an engine is right when it passes. It says nothing of speed, except that a
// listing may not look at the keys it jumps over.

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type ObjectName, parseBucketName, parseObjectName } from '@postern/protocol';
import type { ListQuery, MetadataStore } from '../metadata-store.ts';
import type { ObjectSummary, Versioning } from '../records.ts';
import { appendTests } from './append-contract.ts';
import {
  Bench,
  bucketRecord,
  describeVersion,
  nextNumber,
  type OpenedMetadataStore,
  type WithBucket,
} from './metadata-bench.ts';
import { uploadTests } from './upload-contract.ts';

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

function listingTests(withBucket: WithBucket): void {
  interface Expected {
    readonly keys?: readonly string[];
    readonly prefixes?: readonly string[];
    readonly next?: string;
  }
  const lists = (
    title: string,
    stored: readonly string[],
    query: Partial<ListQuery>,
    { keys = [], prefixes = [], next }: Expected,
  ): void => {
    test(
      title,
      withBucket(async (bench) => {
        await bench.putAll(stored);
        assert.deepEqual(await bench.list(query), { keys, prefixes, next });
      }),
    );
  };

  const tree = ['a', 'b/1', 'b/2', 'b/c/3', 'd', 'e/4'];
  // U+FFFD and U+FF5E come before U+1F600 in UTF-8 and behind it in UTF-16.
  const astral = ['\u{10ffff}', '\u{1f600}', '\ufffd', '\uff5e', 'z', 'é'];
  const inOrder = ['z', 'é', '\uff5e', '\ufffd', '\u{1f600}', '\u{10ffff}'];

  lists('nothing in an empty bucket', [], {}, {});
  lists('UTF-8 byte order, not that of UTF-16', astral, {}, { keys: inOrder });
  lists('after a name, in UTF-8 byte order', astral, { after: '\ufffd' }, { keys: inOrder.slice(4) });
  lists('capitals first, no locale', ['b', 'B', 'a', 'A', '_'], {}, { keys: ['A', 'B', '_', 'a', 'b'] });
  lists('a longer name behind its beginning', ['ab', 'a', 'a\u0001'], {}, { keys: ['a', 'a\u0001', 'ab'] });

  lists('a prefix', tree, { prefix: 'b/' }, { keys: ['b/1', 'b/2', 'b/c/3'] });
  lists('a prefix that is a whole key', tree, { prefix: 'a' }, { keys: ['a'] });
  lists('a prefix that nothing has', tree, { prefix: 'c' }, {});
  lists('a prefix is no pattern', ['a%b', 'axb', 'a_b'], { prefix: 'a%' }, { keys: ['a%b'] });
  lists(
    'a prefix ending in U+10FFFF',
    ['a\u{10ffff}', 'a\u{10ffff}b', 'b'],
    { prefix: 'a\u{10ffff}' },
    {
      keys: ['a\u{10ffff}', 'a\u{10ffff}b'],
    },
  );
  lists(
    'a prefix of U+10FFFF alone',
    ['\u{10ffff}', '\u{10ffff}\u{10ffff}', 'a'],
    { prefix: '\u{10ffff}' },
    {
      keys: ['\u{10ffff}', '\u{10ffff}\u{10ffff}'],
    },
  );
  lists(
    'a prefix ending before the surrogates',
    ['\ud7ff', '\ud7ffx', '\ue000'],
    { prefix: '\ud7ff' },
    {
      keys: ['\ud7ff', '\ud7ffx'],
    },
  );

  lists('a delimiter', tree, { delimiter: '/' }, { keys: ['a', 'd'], prefixes: ['b/', 'e/'] });
  lists(
    'a delimiter behind a prefix',
    tree,
    { prefix: 'b/', delimiter: '/' },
    {
      keys: ['b/1', 'b/2'],
      prefixes: ['b/c/'],
    },
  );
  lists(
    'a prefix that stops short of the delimiter',
    tree,
    { prefix: 'b', delimiter: '/' },
    { prefixes: ['b/'] },
  );
  lists(
    'the object that is the prefix itself',
    ['b/', 'b/1', 'b/c/'],
    { prefix: 'b/', delimiter: '/' },
    {
      keys: ['b/', 'b/1'],
      prefixes: ['b/c/'],
    },
  );
  lists(
    'a delimiter of several characters',
    ['a--b', 'a--c', 'a-d', 'a---e'],
    { delimiter: '--' },
    {
      keys: ['a-d'],
      prefixes: ['a--'],
    },
  );
  lists(
    'a delimiter that overlaps the prefix',
    ['x//y', 'x///z'],
    { prefix: 'x/', delimiter: '//' },
    {
      keys: ['x//y'],
      prefixes: ['x///'],
    },
  );
  lists(
    'a delimiter beyond U+FFFF',
    ['a\u{1f600}b', 'a\u{1f600}c', 'a\u{1f601}'],
    { delimiter: '\u{1f600}' },
    {
      keys: ['a\u{1f601}'],
      prefixes: ['a\u{1f600}'],
    },
  );
  lists(
    'a common prefix ending in U+10FFFF',
    ['a\u{10ffff}1', 'a\u{10ffff}2', 'b'],
    { delimiter: '\u{10ffff}' },
    {
      keys: ['b'],
      prefixes: ['a\u{10ffff}'],
    },
  );
  lists(
    'a common prefix that nothing can follow',
    ['\u{10ffff}1', '\u{10ffff}2'],
    { delimiter: '\u{10ffff}' },
    {
      prefixes: ['\u{10ffff}'],
    },
  );
  lists(
    'names just outside a group',
    ['b.', 'b/1', 'b0'],
    { delimiter: '/' },
    {
      keys: ['b.', 'b0'],
      prefixes: ['b/'],
    },
  );

  lists('after a key', tree, { after: 'b/2' }, { keys: ['b/c/3', 'd', 'e/4'] });
  lists('after a name that is no key', tree, { after: 'c' }, { keys: ['d', 'e/4'] });
  lists(
    'after a common prefix, all of its group is skipped',
    tree,
    { after: 'b/', delimiter: '/' },
    {
      keys: ['d'],
      prefixes: ['e/'],
    },
  );
  lists(
    'after a key inside a group, the group is skipped too',
    tree,
    { after: 'b/1', delimiter: '/' },
    {
      keys: ['d'],
      prefixes: ['e/'],
    },
  );
  lists('after a name before the prefix', tree, { after: 'a', prefix: 'd' }, { keys: ['d'] });
  lists('after a name behind the prefix', tree, { after: 'e', prefix: 'd' }, {});
  lists(
    'after the prefix itself',
    ['b/', 'b/1'],
    { after: 'b/', prefix: 'b/', delimiter: '/' },
    { keys: ['b/1'] },
  );

  lists('no more than the limit', tree, { limit: 2 }, { keys: ['a', 'b/1'], next: 'b/1' });
  lists(
    'keys and common prefixes count alike',
    tree,
    { limit: 2, delimiter: '/' },
    {
      keys: ['a'],
      prefixes: ['b/'],
      next: 'b/',
    },
  );
  lists(
    'no next when the limit is just reached',
    tree,
    { limit: 4, delimiter: '/' },
    {
      keys: ['a', 'd'],
      prefixes: ['b/', 'e/'],
    },
  );
  lists('a limit of 0 gives an empty, final page', tree, { limit: 0 }, {});

  test(
    'objects are listed with all that a listing gives',
    withBucket(async (bench) => {
      await bench.put('a', {
        headers: { 'x-oss-meta-a': 'é', constructor: '1' },
        tags: [
          { key: 'z', value: 'é' },
          { key: 'a', value: '' },
        ],
        objectType: 'Symlink',
        acl: 'private',
        size: 2 ** 40,
      });
      const {
        body: _,
        acl: __,
        crc64: ___,
        ...found
      } = (await bench.find('a')) as NonNullable<Awaited<ReturnType<Bench['find']>>>;
      const query = { bucket: bench.bucket, prefix: '', delimiter: '', after: '', limit: 1 };
      const [listed] = (await bench.store.list(query)).objects;
      assert.deepEqual(listed, found);
      assert.equal(found.size, 2 ** 40);
    }),
  );

  test(
    'delete markers and older versions are not listed',
    withBucket(async (bench) => {
      await bench.putAll(['a', 'b', 'b', 'c/1', 'd/1']);
      await bench.remove('a');
      await bench.remove('c/1');
      assert.deepEqual(await bench.list({ delimiter: '/' }), {
        keys: ['b'],
        prefixes: ['d/'],
        next: undefined,
      });
    }, 'enabled'),
  );

  test(
    'keys behind a common prefix are jumped over',
    withBucket(async (bench, context) => {
      if (!bench.rowsVisited) return context.skip('this engine does not tell the rows it visits');
      const groups = 1000;
      const keysPerGroup = 20;
      for (let group = 0; group < groups; group += 100) {
        const keys = Array.from({ length: 100 * keysPerGroup }, (_, i) => {
          return `${String(group + Math.floor(i / keysPerGroup)).padStart(4, '0')}/${i % keysPerGroup}`;
        });
        await bench.putAll(keys);
      }
      const visitedBefore = bench.rowsVisited();
      const { keys, prefixes, next } = await bench.list({ delimiter: '/' });
      assert.deepEqual([keys.length, prefixes.length, next], [0, groups, undefined]);
      const visited = bench.rowsVisited() - visitedBefore;
      assert.ok(visited <= groups + 1, `${visited} rows for ${groups} common prefixes`);
    }),
  );
}

function putTests(withBucket: WithBucket): void {
  test(
    'what is put is found, with every property',
    withBucket(async (bench) => {
      const intent = bench.intent('a', {
        acl: 'public-read',
        storageClass: 'IA',
        headers: { 'cache-control': 'no' },
        tags: [{ key: 'a', value: '1' }],
      });
      const result = await bench.store.commitPut(intent);
      const found = await bench.find('a');
      assert.deepEqual(found && { ...found, body: Buffer.from(found.body as Uint8Array).toString() }, {
        bucket: bench.bucket,
        key: 'a',
        versionId: 'null',
        isLatest: true,
        isDeleteMarker: false,
        objectType: 'Normal',
        modifiedAtMs: intent.modifiedAtMs,
        size: 3,
        etag: intent.etag,
        crc64: '3',
        acl: 'public-read',
        storageClass: 'IA',
        headers: { 'cache-control': 'no' },
        tags: [{ key: 'a', value: '1' }],
        body: 'foo',
      });
      assert.equal(result.outcome === 'stored' && result.record.versionId, 'null');
      assert.deepEqual(
        result.outcome === 'stored' && result.bucket,
        await bench.store.findBucket(bench.bucket),
      );
    }),
  );

  test(
    'bodies: none, inline, in a blob',
    withBucket(async (bench) => {
      await bench.put('empty', { body: new Uint8Array(), size: 0 });
      await bench.put('inline', { body: Uint8Array.of(0, 255) });
      await bench.put('blob', { body: { blobId: 'bodies-blob' } });
      assert.deepEqual(Array.from((await bench.find('empty'))?.body as Uint8Array), []);
      assert.deepEqual(Array.from((await bench.find('inline'))?.body as Uint8Array), [0, 255]);
      assert.deepEqual((await bench.find('blob'))?.body, { blobId: 'bodies-blob' });
    }),
  );

  test(
    'a put replaces, unless it must not',
    withBucket(async (bench) => {
      await bench.put('a', { size: 1 });
      assert.equal((await bench.put('a', { size: 2 })).outcome, 'stored');
      assert.equal((await bench.put('a', { size: 3, condition: 'absent' })).outcome, 'exists');
      assert.equal((await bench.find('a'))?.size, 2);
      assert.deepEqual(await bench.versions(), ['a null*']);
      await bench.remove('a');
      assert.equal((await bench.put('a', { condition: 'absent' })).outcome, 'stored');
    }),
  );

  test(
    'of 24 puts at once of an absent key, one is stored',
    withBucket(async (bench) => {
      const puts = Array.from({ length: 24 }, () => bench.put('a', { condition: 'absent' }));
      const outcomes = (await Promise.all(puts)).map(({ outcome }) => outcome);
      assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'exists').length, 23);
    }),
  );

  for (const versioning of ['never', 'suspended'] as const) {
    test(
      `a put takes the place of nothing but what was seen (versioning ${versioning})`,
      withBucket(async (bench) => {
        const ifNothing = { condition: { replacing: undefined } };
        const puts = Array.from({ length: 8 }, () => bench.put('a', ifNothing));
        const outcomes = (await Promise.all(puts)).map(({ outcome }) => outcome);
        assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1);
        const seen = await bench.find('a');
        const instead = { condition: { replacing: seen } };
        assert.equal((await bench.put('a', { ...instead, size: 1, etag: 'OTHER' })).outcome, 'stored');
        assert.equal((await bench.put('a', { ...instead, size: 2 })).outcome, 'exists');
        assert.equal((await bench.find('a'))?.size, 1);
        await bench.remove('a', 'null');
        assert.equal((await bench.put('a', instead)).outcome, 'stored', 'there is nothing to replace');
      }, versioning),
    );
  }

  test(
    'where each put makes a version of its own, none is in the way',
    withBucket(async (bench) => {
      await bench.put('a');
      assert.equal((await bench.put('a', { condition: { replacing: undefined } })).outcome, 'stored');
    }, 'enabled'),
  );

  for (const versioning of ['enabled', 'suspended'] as const) {
    test(
      `with versioning ${versioning}, the condition has no effect`,
      withBucket(async (bench) => {
        await bench.put('a');
        assert.equal((await bench.put('a', { condition: 'absent' })).outcome, 'stored');
      }, versioning),
    );
  }

  for (const versioning of ['never', 'enabled', 'suspended'] as const) {
    test(
      `the same put again changes nothing (versioning ${versioning})`,
      withBucket(async (bench) => {
        const intent = bench.intent('a', { condition: 'absent', body: { blobId: `twice-${versioning}` } });
        const first = await bench.store.commitPut(intent);
        assert.equal(first.outcome, 'stored');
        const versions = await bench.versions();
        assert.deepEqual(await bench.store.commitPut(intent), first);
        assert.deepEqual(await bench.versions(), versions);
        assert.ok(!(await bench.garbage()).includes(`twice-${versioning}`));
      }, versioning),
    );

    test(
      `the same put again does not undo what came after it (versioning ${versioning})`,
      withBucket(async (bench) => {
        const intent = bench.intent('a', { body: { blobId: `late-${versioning}` } });
        const first = await bench.store.commitPut(intent);
        await bench.put('a');
        await bench.put('a');
        const versions = await bench.versions();
        assert.deepEqual(await bench.store.commitPut(intent), first);
        assert.deepEqual(await bench.versions(), versions);

        for (const { key, versionId } of (await bench.listVersions()).versions)
          await bench.remove(key, versionId);
        assert.deepEqual(await bench.store.commitPut(intent), first);
        assert.deepEqual(await bench.versions(), []);
      }, versioning),
    );
  }

  test(
    'an ACL is set on one version, and only on what is an object',
    withBucket(async (bench) => {
      await bench.put('a', { versionId: 'acl-1' });
      await bench.put('a', { versionId: 'acl-2' });
      const setAcl = (versionId: string) =>
        bench.store.setObjectAcl(bench.bucket, parseObjectName('a'), versionId, 'private');
      assert.equal((await setAcl('acl-1'))?.acl, 'private');
      assert.equal((await bench.find('a', 'acl-1'))?.acl, 'private');
      assert.equal((await bench.find('a'))?.acl, 'default');
      assert.equal(await setAcl('acl-3'), undefined);
      await bench.remove('a');
      assert.equal(await setAcl((await bench.find('a'))?.versionId ?? ''), undefined);
    }, 'enabled'),
  );

  test(
    'tags are set on one version, in the order given, and only on what is an object; a put brings its own',
    withBucket(async (bench) => {
      const tags = [
        { key: 'z', value: 'é' },
        { key: 'a', value: '' },
      ];
      await bench.put('a', { versionId: 'tags-1' });
      await bench.put('a', { versionId: 'tags-2', tags: [{ key: 'other', value: '1' }] });
      const setTags = (versionId: string, given = tags) =>
        bench.store.setTags(bench.bucket, parseObjectName('a'), versionId, given);
      assert.deepEqual((await setTags('tags-1'))?.tags, tags);
      assert.deepEqual((await bench.find('a', 'tags-1'))?.tags, tags);
      assert.deepEqual((await bench.find('a'))?.tags, [{ key: 'other', value: '1' }]);
      assert.deepEqual((await setTags('tags-1', []))?.tags, []);
      assert.deepEqual((await bench.find('a', 'tags-1'))?.tags, []);
      await bench.put('a', { versionId: 'tags-3' });
      assert.deepEqual((await bench.find('a'))?.tags, []);
      assert.equal(await setTags('tags-4'), undefined);
      await bench.remove('a');
      assert.equal(await setTags((await bench.find('a'))?.versionId ?? ''), undefined);
    }, 'enabled'),
  );

  test(
    'a put says what type of object it makes; a delete marker is of none in particular',
    withBucket(async (bench) => {
      await bench.put('a', { objectType: 'Symlink', body: Buffer.from('target') });
      assert.equal((await bench.find('a'))?.objectType, 'Symlink');
      await bench.put('a');
      assert.equal((await bench.find('a'))?.objectType, 'Normal');
      await bench.remove('a');
      assert.equal((await bench.find('a'))?.objectType, 'Normal');
    }, 'enabled'),
  );

  test(
    'the class of a version changes only while it is what it was when it was seen',
    withBucket(async (bench) => {
      const key = parseObjectName('a');
      const seenOf = async () => (await bench.find('a')) as ObjectSummary;
      await bench.put('a');
      const seen = await seenOf();
      assert.equal((await bench.store.setStorageClass(bench.bucket, key, seen, 'IA'))?.storageClass, 'IA');
      assert.deepEqual(await seenOf(), { ...seen, storageClass: 'IA' });
      await bench.put('a');
      assert.equal(await bench.store.setStorageClass(bench.bucket, key, seen, 'Archive'), undefined);
      assert.equal((await seenOf()).storageClass, 'Standard');
      await bench.remove('a');
      assert.equal(await bench.store.setStorageClass(bench.bucket, key, seen, 'Archive'), undefined);
    }),
  );

  test(
    'a version that is still what it was gets a header, and a put takes it away',
    withBucket(async (bench) => {
      const key = parseObjectName('a');
      const seenOf = async () => (await bench.find('a')) as ObjectSummary;
      const setHeader = (seen: ObjectSummary, value: string) =>
        bench.store.setHeader(bench.bucket, key, seen, 'state', value);
      await bench.put('a', { headers: { 'content-type': 'text/plain' } });
      const seen = await seenOf();
      const headers = { 'content-type': 'text/plain', state: '1' };
      assert.deepEqual((await setHeader(seen, '1'))?.headers, headers);
      assert.deepEqual(await seenOf(), { ...seen, headers });
      assert.deepEqual((await setHeader(seen, '2'))?.headers, { ...headers, state: '2' });
      await bench.put('a');
      assert.equal(await setHeader(seen, '3'), undefined);
      assert.equal((await seenOf()).headers.state, undefined);
    }),
  );

  for (const versioning of ['never', 'enabled', 'suspended'] as const) {
    test(
      `versioning ${versioning}: a version is removed only while it is what it was when it was seen`,
      withBucket(async (bench) => {
        const removeSeen = (seen: ObjectSummary | undefined, versionId?: string) =>
          bench.remove('a', versionId, seen);
        await bench.put('a');
        const first = await bench.find('a');
        await bench.put('a');
        const second = await bench.find('a');
        assert.equal(await removeSeen(first), 'absent');
        assert.equal((await bench.find('a'))?.modifiedAtMs, second?.modifiedAtMs);
        assert.equal(await removeSeen(second), versioning === 'never' ? 'removed' : 'marked');
        assert.equal(await removeSeen(second), 'absent');
        if (versioning !== 'enabled') return;
        // What was the newest when it was seen is not any more.
        assert.equal(await removeSeen(second, second?.versionId), 'absent');
        const older = await bench.find('a', second?.versionId);
        assert.equal(older?.isLatest, false);
        assert.equal(await removeSeen(older, older?.versionId), 'removed');
      }, versioning),
    );
  }

  test(
    'it is writable',
    withBucket(({ store }) => store.checkWritable()),
  );
}

function versionTests(withBucket: WithBucket): void {
  test(
    'never enabled: one null version, removed for good',
    withBucket(async (bench) => {
      await bench.put('a');
      await bench.put('a');
      assert.deepEqual(await bench.versions(), ['a null*']);
      assert.equal(await bench.remove('a', 'other'), 'absent');
      assert.equal(await bench.remove('a'), 'removed');
      assert.equal(await bench.remove('a'), 'absent');
      await bench.put('a');
      assert.equal(await bench.remove('a', 'null'), 'removed');
      assert.deepEqual(await bench.versions(), []);
    }),
  );

  test(
    'enabled: each put is a version; the null version from before stays',
    withBucket(async (bench) => {
      await bench.put('a');
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'enabled-1', size: 1 });
      await bench.put('a', { versionId: 'enabled-2', size: 2 });
      assert.deepEqual(await bench.versions(), ['a enabled-2*', 'a enabled-1', 'a null']);
      assert.deepEqual(
        await Promise.all(
          ['enabled-2', 'enabled-1', 'null'].map(async (id) => (await bench.find('a', id))?.size),
        ),
        [2, 1, 3],
      );
      assert.equal((await bench.find('a'))?.versionId, 'enabled-2');
      assert.equal(await bench.find('a', 'enabled-3'), undefined);
      assert.equal(await bench.find('b', 'enabled-2'), undefined);
    }),
  );

  test(
    'a change of the bucket holds for what comes after it, however close',
    withBucket(async (bench) => {
      const changes = [
        bench.put('a'),
        bench.put('a'),
        bench.setVersioning('enabled'),
        bench.put('a', { versionId: 'close-1' }),
        bench.setVersioning('suspended'),
        bench.put('a'),
      ];
      await Promise.all(changes);
      assert.deepEqual(await bench.versions(), ['a null*', 'a close-1']);
    }),
  );

  test(
    'enabled: a delete adds a marker, and removing the marker reveals what was there',
    withBucket(async (bench) => {
      await bench.put('a', { versionId: 'marked-1' });
      assert.equal(await bench.remove('a'), 'marked');
      const marker = await bench.find('a');
      assert.equal(marker?.isDeleteMarker, true);
      assert.equal(marker?.size, 0);
      assert.deepEqual(await bench.versions(), [`a ${marker?.versionId}*†`, 'a marked-1']);
      assert.deepEqual((await bench.list()).keys, []);

      assert.equal(await bench.remove('a', marker?.versionId), 'removed');
      assert.deepEqual(await bench.versions(), ['a marked-1*']);
      assert.deepEqual((await bench.list()).keys, ['a']);
      assert.equal((await bench.find('a'))?.isLatest, true);
    }, 'enabled'),
  );

  test(
    'enabled: a delete of what is not there adds a marker as well',
    withBucket(async (bench) => {
      assert.equal(await bench.remove('a'), 'marked');
      assert.equal((await bench.versions()).length, 1);
    }, 'enabled'),
  );

  test(
    'removing the newest version reveals the one before, removing an older one changes nothing else',
    withBucket(async (bench) => {
      for (const versionId of ['reveal-1', 'reveal-2', 'reveal-3']) await bench.put('a', { versionId });
      await bench.remove('a', 'reveal-2');
      assert.deepEqual(await bench.versions(), ['a reveal-3*', 'a reveal-1']);
      await bench.remove('a', 'reveal-3');
      assert.deepEqual(await bench.versions(), ['a reveal-1*']);
      await bench.remove('a', 'reveal-1');
      assert.deepEqual(await bench.versions(), []);
    }, 'enabled'),
  );

  test(
    'suspended: puts replace the null version alone, which becomes the newest',
    withBucket(async (bench) => {
      await bench.put('a', { size: 1 });
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'suspended-1' });
      await bench.setVersioning('suspended');
      assert.deepEqual(await bench.versions(), ['a suspended-1*', 'a null']);
      await bench.put('a', { size: 2 });
      assert.deepEqual(await bench.versions(), ['a null*', 'a suspended-1']);
      await bench.put('a', { size: 3 });
      assert.deepEqual(await bench.versions(), ['a null*', 'a suspended-1']);
      assert.equal((await bench.find('a', 'null'))?.size, 3);
      await bench.remove('a', 'null');
      assert.deepEqual(await bench.versions(), ['a suspended-1*']);
    }),
  );

  test(
    'suspended: a delete leaves a null marker in the place of the null version',
    withBucket(async (bench) => {
      await bench.put('a', { versionId: 'null-marker-1' });
      await bench.setVersioning('suspended');
      await bench.put('a');
      assert.equal(await bench.remove('a'), 'marked');
      assert.deepEqual(await bench.versions(), ['a null*†', 'a null-marker-1']);
      assert.equal(await bench.remove('a'), 'marked');
      assert.deepEqual(await bench.versions(), ['a null*†', 'a null-marker-1']);
      await bench.put('a');
      assert.deepEqual(await bench.versions(), ['a null*', 'a null-marker-1']);
    }, 'enabled'),
  );

  test(
    'enabled again: the null version goes down among the others',
    withBucket(async (bench) => {
      await bench.put('a');
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'again-1' });
      await bench.setVersioning('suspended');
      await bench.put('a');
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'again-2' });
      assert.deepEqual(await bench.versions(), ['a again-2*', 'a null', 'a again-1']);
    }),
  );
}

function versionListingTests(withBucket: WithBucket): void {
  const fill = async (bench: Bench): Promise<void> => {
    for (const name of ['a', 'b', 'b', 'b', 'c/1', 'c/2', 'd']) {
      const versionId = `${bench.bucket}-${name}-${nextNumber()}`;
      await bench.put(name, { versionId });
    }
    await bench.remove('d');
  };
  const everyPage = async (bench: Bench, delimiter: string, limit: number) => {
    const names: string[] = [];
    let mark: { key: string; versionId: string | undefined } | undefined = { key: '', versionId: undefined };
    while (mark) {
      const { key, versionId } = mark as { key: string; versionId: string | undefined };
      const after = versionId === undefined ? { after: key } : { after: key, afterVersionId: versionId };
      const page = await bench.listVersions({ ...after, delimiter, limit });
      assert.ok(page.versions.length + page.commonPrefixes.length <= limit);
      names.push(...page.versions.map(describeVersion), ...page.commonPrefixes);
      mark = page.next;
    }
    return names.sort();
  };

  for (const delimiter of ['', '/']) {
    test(
      `page by page gives the whole listing (delimiter '${delimiter}')`,
      withBucket(async (bench) => {
        await fill(bench);
        const whole = await bench.listVersions({ delimiter });
        const names = [...whole.versions.map(describeVersion), ...whole.commonPrefixes].sort();
        assert.equal(names.length, delimiter === '' ? 8 : 7);
        for (const limit of [1, 2, 3, 7, 8])
          assert.deepEqual(await everyPage(bench, delimiter, limit), names);
      }, 'enabled'),
    );
  }

  test(
    'after a key without a version, all of its versions are skipped',
    withBucket(async (bench) => {
      await fill(bench);
      const { versions } = await bench.listVersions({ after: 'b' });
      assert.deepEqual(
        versions.map(({ key }) => key as string),
        ['c/1', 'c/2', 'd', 'd'],
      );
    }, 'enabled'),
  );

  test(
    'a bucket is emptied page by page, each page removed before the next is asked for',
    withBucket(async (bench) => {
      await fill(bench);
      let page = await bench.listVersions({ limit: 2 });
      for (;;) {
        for (const { key, versionId } of page.versions) await bench.remove(key, versionId);
        if (page.next === undefined) break;
        const { key, versionId = '' } = page.next;
        page = await bench.listVersions({ after: key, afterVersionId: versionId, limit: 2 });
      }
      assert.deepEqual(await bench.versions(), []);
    }, 'enabled'),
  );

  test(
    'after a version that is gone, nothing of its key is missed',
    withBucket(async (bench) => {
      for (const versionId of ['gone-1', 'gone-2', 'gone-3']) await bench.put('a', { versionId });
      await bench.remove('a', 'gone-3');
      const { versions } = await bench.listVersions({ after: 'a', afterVersionId: 'gone-3' });
      assert.deepEqual(versions.map(describeVersion), ['a gone-2*', 'a gone-1']);
    }, 'enabled'),
  );

  test(
    'a limit of 0 gives an empty, final page',
    withBucket(async (bench) => {
      await bench.put('a');
      assert.deepEqual(await bench.listVersions({ limit: 0 }), {
        versions: [],
        commonPrefixes: [],
        next: undefined,
      });
    }),
  );
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
