// Listings of every engine against a model that looks at every key, on random names: one page, and page by page.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type BucketName, type ObjectName, parseBucketName } from '@postern/protocol';
import fc from 'fast-check';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import type { ListQuery, MetadataStore } from '../src/metadata-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { trickyText } from './tricky-text.ts';

const engines: readonly (readonly [name: string, open: () => Promise<MetadataStore>, runs: number])[] = [
  ['memory', async () => new MemoryMetadataStore(), 500],
  ['SQLite', () => SqliteMetadataStore.open(path.join(temporaryDirectory(), 'metadata.sqlite')), 150],
];

const query = fc.record({
  prefix: fc.oneof(fc.constant(''), trickyText),
  delimiter: fc.oneof(fc.constant(''), fc.constant('/'), fc.constant('--'), trickyText),
  after: fc.oneof(fc.constant(''), trickyText),
});
const keys = fc.uniqueArray(
  trickyText.filter((text) => text !== ''),
  { maxLength: 40 },
);

let buckets = 0;

for (const [name, open, numRuns] of engines) {
  describe(`listings: ${name}`, () => {
    let store: MetadataStore;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    test('are those of the model, in one page and in many', async () => {
      await fc.assert(
        fc.asyncProperty(keys, query, fc.integer({ min: 1, max: 4 }), async (stored, asked, limit) => {
          const bucket = await bucketWith(store, stored);
          const expected = listByModel(stored, asked);
          assert.deepEqual(await namesOf(store, { bucket, ...asked, limit: 1000 }), expected);

          const paged: string[] = [];
          let mark: string | undefined = asked.after;
          while (mark !== undefined) {
            const page: ListQuery = { bucket, ...asked, after: mark, limit };
            paged.push(...(await namesOf(store, page)));
            mark = (await store.list(page)).next;
          }
          assert.deepEqual(paged, expected);
        }),
        { numRuns },
      );
    });
  });
}

/** Keys and common prefixes together, in order. */
function listByModel(
  keys: readonly string[],
  { prefix, delimiter, after }: Omit<ListQuery, 'bucket' | 'limit'>,
): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    names.add(at < 0 ? key : key.slice(0, at + delimiter.length));
  }
  return sortNames([...names]).filter((name) => compareBytes(name, after) > 0);
}

async function namesOf(store: MetadataStore, asked: ListQuery): Promise<string[]> {
  const { objects, commonPrefixes } = await store.list(asked);
  const keys = objects.map(({ key }) => key as string);
  assert.deepEqual(keys, sortNames([...keys]));
  assert.deepEqual(commonPrefixes, sortNames([...commonPrefixes]));
  return sortNames([...keys, ...commonPrefixes]);
}

async function bucketWith(store: MetadataStore, keys: readonly string[]): Promise<BucketName> {
  const name = parseBucketName(`model-${++buckets}`);
  await store.createBucket({
    name,
    owner: 'account',
    createdAtMs: 0,
    acl: 'private',
    storageClass: 'Standard',
    versioning: 'never',
    documents: {},
  });
  await Promise.all(
    keys.map((key) =>
      store.commitPut({
        putId: `${name} ${key}`,
        bucket: name,
        key: key as ObjectName,
        versionId: `${name} ${key}`,
        modifiedAtMs: 0,
        size: 0,
        etag: '',
        crc64: '0',
        body: new Uint8Array(),
        condition: 'any',
        acl: 'default',
        storageClass: 'Standard',
        headers: {},
        tags: [],
        objectType: 'Normal',
      }),
    ),
  );
  return name;
}

function sortNames(names: string[]): string[] {
  return names.sort(compareBytes);
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
