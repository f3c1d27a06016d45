// An export and what is made of it are the same store; a stream that is not an export to its last byte makes none.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseObjectName } from '@postern/protocol';
import { checkStore } from '../src/check-store.ts';
import { DumpError, DumpWriter } from '../src/dump-format.ts';
import { ExportError, exportStore } from '../src/export-store.ts';
import { importStore } from '../src/import-store.ts';
import { openStorage } from '../src/open-storage.ts';
import type { BucketRecord } from '../src/records.ts';
import { fillStore, plainBucket, putObject, versionedBucket } from './filled-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

async function dump(dataDir: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportStore(dataDir)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** In pieces of this many bytes. */
async function* pieces(bytes: Uint8Array, size = 10_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All that a client can find out. */
async function describeStore(dataDir: string): Promise<unknown> {
  const store = await openStorage({ dataDir });
  const all: unknown[] = [];
  const { buckets } = await store.listBuckets({ prefix: '', after: '', limit: 100 });
  for (const bucket of buckets) {
    all.push(bucket);
    const query = { bucket: bucket.name, prefix: '', delimiter: '', after: '', limit: 1000 };
    all.push(await store.list(query));
    for (const version of (await store.listVersions(query)).versions) {
      const record = await store.findObject(bucket.name, version.key, version.versionId);
      assert.ok(record);
      const hash = createHash('sha256');
      for await (const chunk of store.openBody(record).read(0, record.size)) hash.update(chunk);
      all.push(version, hash.digest('hex'));
    }
  }
  await store.close();
  return all;
}

async function checkEmpty(dataDir: string): Promise<void> {
  assert.deepEqual(globSync('{blobs,import,metadata.sqlite*}', { cwd: dataDir }), []);
  assert.deepEqual(await describeStore(dataDir), []);
}

for (const pieceBytes of [7, 65_536]) {
  test(`there and back again, ${pieceBytes} bytes at a time`, async () => {
    const dataDir = await fillStore();
    const bytes = await dump(dataDir);
    const target = path.join(temporaryDirectory(), 'made', 'new');
    const totals = await importStore(target, pieces(bytes, pieceBytes));
    assert.deepEqual(totals, { buckets: 2, versions: 14, bytes: 5_000_104 });
    assert.deepEqual(await describeStore(target), await describeStore(dataDir));
    assert.equal(existsSync(path.join(target, 'import')), false);
    await checkStore({ dataDir: target, report: ({ detail }) => assert.fail(detail) });
    // A copy of the copy says the same again. The first may cut bodies in parts into other frames.
    const copied = await dump(target);
    const second = temporaryDirectory();
    await importStore(second, pieces(copied));
    assert.ok((await dump(second)).equals(copied));
  });
}

test('what is written afterwards is newer than what was imported', async () => {
  const target = temporaryDirectory();
  await importStore(target, pieces(await dump(await fillStore())));
  const store = await openStorage({ dataDir: target });
  for (const bucket of [plainBucket, versionedBucket])
    await putObject(store, bucket, 'key', Buffer.from('newer'));
  const query = { bucket: versionedBucket, prefix: 'key', delimiter: '', after: '', limit: 10 };
  const sizes = (await store.listVersions(query)).versions.map(({ size, isLatest }) => `${size} ${isLatest}`);
  assert.equal(sizes[0], '5 true');
  assert.equal(sizes.filter((text) => text.endsWith('true')).length, 1);
  await store.close();
  await checkStore({ dataDir: target, report: ({ detail }) => assert.fail(detail) });
});

test('an export of format 1 is imported: its objects are normal and have no tags', async () => {
  const frame = (kind: string, payload: unknown) => {
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
    const head = Buffer.from([...Buffer.from(kind), 0, 0, 0, 0]);
    head.writeUInt32LE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  };
  const version = {
    ...{ bucket: plainBucket, key: 'a', versionId: 'null', isDeleteMarker: false, modifiedAtMs: 1, size: 9 },
    ...{ etag: '25F9E794323B453885F5181F1B624D0B', crc64: '11051210869376104954' },
    ...{ acl: 'default', storageClass: 'Standard', headers: {} },
  };
  const bucket = {
    ...{ name: plainBucket, owner: 'a', createdAtMs: 1, acl: 'private', storageClass: 'Standard' },
    ...{ versioning: 'never', documents: {} },
  };
  const frames = [
    Buffer.from('PSTNDUMP\x01\0', 'latin1'),
    ...[frame('B', bucket), frame('V', version), frame('D', Buffer.from('123456789'))],
  ];
  const sha256 = createHash('sha256').update(Buffer.concat(frames)).digest('hex');
  const end = frame('E', { buckets: 1, versions: 1, bytes: 9, sha256 });
  const target = temporaryDirectory();
  await importStore(target, pieces(Buffer.concat([...frames, end])));
  const store = await openStorage({ dataDir: target });
  const found = await store.findObject(plainBucket, parseObjectName('a'));
  assert.deepEqual([found?.objectType, found?.tags, found?.size], ['Normal', [], 9]);
  await store.close();
});

test('an empty store', async () => {
  const dataDir = temporaryDirectory();
  await (await openStorage({ dataDir })).close();
  const target = temporaryDirectory();
  assert.deepEqual(await importStore(target, pieces(await dump(dataDir))), {
    buckets: 0,
    versions: 0,
    bytes: 0,
  });
  assert.deepEqual(await describeStore(target), []);
});

test('a store in use without buckets is taken, one with buckets is not', async () => {
  const bytes = await dump(await fillStore());
  const target = temporaryDirectory();
  await (await openStorage({ dataDir: target })).close();
  await importStore(target, pieces(bytes));
  const before = await describeStore(target);
  await assert.rejects(importStore(target, pieces(bytes)), { name: 'StorageError', fault: 'not-empty' });
  assert.deepEqual(await describeStore(target), before);

  const open = await openStorage({ dataDir: target });
  await assert.rejects(importStore(target, pieces(bytes)), { fault: 'in-use' });
  await open.close();
});

describe('nothing is imported of', () => {
  const refuses = (what: string, change: (bytes: Buffer) => Uint8Array) => {
    test(what, async () => {
      const bytes = await dump(await fillStore());
      const target = temporaryDirectory();
      await assert.rejects(importStore(target, pieces(change(bytes))), DumpError);
      await checkEmpty(target);
    });
  };
  const flip = (bytes: Buffer, at: number) => {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    return changed;
  };
  refuses('an empty file', () => Buffer.alloc(0));
  refuses('another file', () => Buffer.from('PK\x03\x04 something else that is long enough'));
  refuses('a format of the future', (bytes) => flip(bytes, 9));
  refuses('one without its last byte', (bytes) => bytes.subarray(0, -1));
  refuses('one without its end', (bytes) => bytes.subarray(0, bytes.lastIndexOf('E\x82')));
  refuses('one with something behind it', (bytes) => Buffer.concat([bytes, Buffer.from('x')]));
  refuses('a changed body', (bytes) => flip(bytes, bytes.indexOf('a large body ') + 1000));
  refuses('a changed name', (bytes) => flip(bytes, bytes.indexOf('"key":"small"') + 8));
  refuses('a changed time', (bytes) => flip(bytes, bytes.indexOf('"modifiedAtMs":') + 20));
  refuses('a changed length', (bytes) => flip(bytes, 12));
  for (const part of [0.1, 0.5, 0.9]) {
    refuses(`its first ${part * 100} %`, (bytes) => bytes.subarray(0, Math.floor(bytes.length * part)));
  }

  const bucket: BucketRecord = {
    ...{ name: plainBucket, owner: 'a', createdAtMs: 1, acl: 'private', storageClass: 'Standard' },
    ...{ versioning: 'never', documents: {} },
  };
  const forged = (write: (writer: DumpWriter) => Buffer[]) => () => {
    const writer = new DumpWriter();
    return Buffer.concat([writer.begin(), ...write(writer), writer.end()]);
  };
  refuses(
    'one with a bucket twice',
    forged((writer) => [writer.write({ kind: 'B', bucket }), writer.write({ kind: 'B', bucket })]),
  );
  refuses(
    'one with a bucket that cannot be named so',
    forged((writer) => [writer.write({ kind: 'B', bucket: { ...bucket, name: '../x' as never } })]),
  );
  refuses(
    'one with bytes of no object',
    forged((writer) => [writer.write({ kind: 'D', bytes: Buffer.from('x') })]),
  );
});

test('a store with a damaged body is not exported to its end', async () => {
  const dataDir = await fillStore();
  const [file = ''] = globSync(path.join(dataDir, 'blobs/*/*'));
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(100_000) ^ 1, 100_000);
  writeFileSync(file, bytes);
  await assert.rejects(dump(dataDir), ExportError);
});
