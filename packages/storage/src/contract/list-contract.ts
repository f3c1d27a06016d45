// What every index must do when it is asked for names: pages in the order of UTF-8 bytes, groups told once and jumped over, and a place to go on
// from, of objects and of versions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListQuery } from '../metadata-store.ts';
import { type Bench, describeVersion, nextNumber, type WithBucket } from './metadata-bench.ts';

export function listingTests(withBucket: WithBucket): void {
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
    'each is listed with its own properties, whatever its neighbours and the listing before had',
    withBucket(async (bench) => {
      const pdf = { headers: { 'content-type': 'application/pdf' } };
      const plain = { headers: { 'content-type': 'text/plain' }, tags: [], storageClass: 'Standard' };
      const tagged = { tags: [{ key: 'k', value: 'v' }] };
      const properties = [
        pdf,
        pdf,
        plain,
        { ...pdf, ...tagged },
        { ...pdf, storageClass: 'IA' },
        pdf,
        tagged,
      ];
      for (const [at, its] of properties.entries()) await bench.put(`k${at}`, its);
      const query = { bucket: bench.bucket, prefix: '', delimiter: '', limit: 100 };
      for (const after of ['', '', 'k1', 'k2', '']) {
        const { objects } = await bench.store.list({ ...query, after });
        const { versions } = await bench.store.listVersions({ ...query, after, afterVersionId: undefined });
        assert.deepEqual(versions, objects);
        const told = objects.map(({ headers, tags, storageClass }) => ({ headers, tags, storageClass }));
        assert.deepEqual(
          told,
          properties.slice(-objects.length).map((its) => ({ ...plain, ...its })),
        );
      }
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

export function versionListingTests(withBucket: WithBucket): void {
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
