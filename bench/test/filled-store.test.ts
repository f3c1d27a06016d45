// A store that was filled inside the database is one that the server can use: the rows must change with the format.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { checkStore, type ObjectStore, openStorage } from '@postern/storage';
import { type Bench, BenchFolders } from '../bench-run.ts';
import { type Filling, findFilledStore } from '../filled-store.ts';
import { bucket } from '../peers/postern.ts';

const rows = 2000;
const plain: Filling = { name: 'plain', rows, keySql: `printf('p%03d/%08d', i / 20, i)` };
const versions: Filling = { name: 'versions', rows, keySql: `printf('%08d', i / 5)`, versionsEach: 5 };
const everything = { bucket: parseBucketName(bucket), prefix: '', delimiter: '', after: '', limit: 1000 };

test('a filled store lists what it was filled with', () =>
  withStore(plain, async (store) => {
    const page = await store.list(everything);
    assert.equal(page.objects.length, 1000);
    assert.equal(page.objects[0]?.key, 'p000/00000000');
    assert.equal(page.next, 'p049/00000999');
    const { commonPrefixes } = await store.list({ ...everything, delimiter: '/' });
    assert.equal(commonPrefixes.length, rows / 20);
  }));

test('its objects are found, read and replaced', () =>
  withStore(plain, async (store) => {
    const key = parseObjectName('p000/00000007');
    const record = await store.findObject(everything.bucket, key);
    assert.ok(record);
    assert.equal(record.size, 0);
    for await (const chunk of store.openBody(record).read(0, 0)) assert.equal(chunk.length, 0);
    const { acl, storageClass, headers, tags } = record;
    const given = { bucket: record.bucket, key, acl, storageClass, headers, tags };
    const { outcome } = await store.put({ ...given, condition: 'any', body: oneByte() });
    assert.equal(outcome, 'stored');
    assert.equal((await store.findObject(everything.bucket, key))?.size, 1);
  }));

test('every key has its versions, the last of them the newest', () =>
  withStore(versions, async (store) => {
    const page = await store.listVersions(everything);
    assert.deepEqual(
      page.versions.slice(0, 6).map(({ key, isLatest }) => [key, isLatest]),
      [...Array.from({ length: 5 }, (_, i) => ['00000000', i === 0]), ['00000001', true]],
    );
  }));

async function withStore(filling: Filling, act: (store: ObjectStore) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-fill-test-'));
  try {
    const folders = new BenchFolders(folder);
    const bench = { cacheFolder: path.join(folder, 'cache'), folders, tell: () => {} } as unknown as Bench;
    const dataDir = await findFilledStore(filling, bench);
    const { problems, versions: found } = await checkStore({ dataDir, report: () => {} });
    assert.deepEqual({ problems, found }, { problems: 0, found: rows });
    const store = await openStorage({ dataDir });
    try {
      await act(store);
    } finally {
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function* oneByte(): AsyncGenerator<Uint8Array, void, void> {
  yield Uint8Array.of(0);
}
