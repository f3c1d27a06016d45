// One store in several threads: what one has done the others see, and what one needs the others leave alone. All of them are in this thread
// here, since nothing but messages and shared memory is between them; the server's tests have real ones.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import type { ObjectStore, PutRequest } from '../src/object-store.ts';
import { openStorage } from '../src/open-storage.ts';
import type { ObjectRecord } from '../src/records.ts';
import { SharedState } from '../src/shared-state.ts';
import { joinStorage, type SharableStore } from '../src/shared-storage.ts';
import { VolumeFailed } from '../src/write-fault.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bucket = parseBucketName('bucket');
const segmentBytes = 256 * 1024;
const middlingBytes = 64 * 1024;

interface Threads extends AsyncDisposable {
  readonly dataDir: string;
  readonly host: SharableStore;
  readonly joined: readonly [ObjectStore, ObjectStore];
}

async function openThreads(garbage = { graceMs: 0, everyMs: 5 }): Promise<Threads> {
  const dataDir = temporaryDirectory();
  const host = await openStorage({ dataDir, threads: 3, segmentBytes, garbage });
  const join = () => joinStorage(host.share(), {});
  const joined = [await join(), await join()] as const;
  await host.createBucket({ name: bucket, owner: 'o', acl: 'private', storageClass: 'Standard' });
  return {
    ...{ dataDir, host, joined },
    async [Symbol.asyncDispose]() {
      await Promise.all([...joined, host].map((store) => store.close()));
    },
  };
}

async function put(
  store: ObjectStore,
  name: string,
  bytes: Uint8Array,
  condition: PutRequest['condition'] = 'any',
): Promise<string> {
  const body = (async function* () {
    yield bytes;
  })();
  const given = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
  return (await store.put({ ...given, bucket, key: parseObjectName(name), condition, body })).outcome;
}

async function find(store: ObjectStore, name: string): Promise<ObjectRecord> {
  const record = await store.findObject(bucket, parseObjectName(name));
  assert.ok(record, `there is no ${name}`);
  return record;
}

async function get(store: ObjectStore, name: string): Promise<Buffer> {
  const record = await find(store, name);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.openBody(record).read(0, record.size)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const segmentsOf = (dataDir: string) => globSync(path.join(dataDir, 'blobs/segments/*-*'));
const filesOf = (dataDir: string) => globSync(path.join(dataDir, 'blobs/??/*'));

/** Files that are gone and keep their room, because this process has them open. */
function countOpenDeleted(dataDir: string): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // Closed meanwhile.
      return '';
    }
  });
  return links.filter((target) => target.startsWith(dataDir) && target.endsWith(' (deleted)')).length;
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !isSo(); waited += 5) {
    assert.ok(waited < 20_000, `never: ${what}`);
    await sleep(5);
  }
}

describe('what one thread has put', () => {
  for (const bytes of [100, middlingBytes, 1_500_000])
    test(`another one reads: ${bytes} bytes`, async () => {
      await using threads = await openThreads();
      const { host, joined } = threads;
      const body = randomBytes(bytes);
      assert.equal(await put(joined[0], 'a', body), 'stored');
      for (const store of [host, ...joined]) assert.ok(body.equals(await get(store, 'a')));
      await joined[1].remove(bucket, parseObjectName('a'));
      for (const store of [host, ...joined])
        assert.equal(await store.findObject(bucket, parseObjectName('a')), undefined);
    });

  test('is there when the store is opened again', async () => {
    const threads = await openThreads();
    const bodies = [100, middlingBytes, 1_500_000].map((bytes) => randomBytes(bytes));
    for (const [i, body] of bodies.entries()) await put(threads.joined[0], `${i}`, body);
    await threads[Symbol.asyncDispose]();
    const again = await openStorage({ dataDir: threads.dataDir });
    for (const [i, body] of bodies.entries()) assert.ok(body.equals(await get(again, `${i}`)));
    await again.close();
  });
});

test('a bucket that one thread changes is changed for all when it has been told', async () => {
  await using threads = await openThreads();
  const stores = [threads.host, ...threads.joined];
  for (let round = 0; round < 30; round++) {
    // Every thread remembers it.
    for (const store of stores) await store.findBucket(bucket);
    const acl = round % 2 === 0 ? 'public-read' : 'private';
    await (stores[round % stores.length] as ObjectStore).changeBucket(bucket, { acl });
    for (const store of stores) assert.equal((await store.findBucket(bucket))?.acl, acl);
  }
  await (stores[1] as ObjectStore).removeBucket(bucket);
  for (const store of stores) assert.equal(await store.findBucket(bucket), undefined);
});

test('threads never write the same segment', async () => {
  await using threads = await openThreads();
  const { host, joined, dataDir } = threads;
  const bodies = Array.from({ length: 48 }, () => randomBytes(middlingBytes));
  const stores = [host, ...joined];
  await Promise.all(bodies.map((body, i) => put(stores[i % 3] as ObjectStore, `${i}`, body)));
  // One of each at least.
  assert.ok(segmentsOf(dataDir).length >= 3);
  for (const [i, body] of bodies.entries()) assert.ok(body.equals(await get(host, `${i}`)));
});

describe('the garbage of a thread', () => {
  test('is collected by the one that has opened the store, segments and all', async () => {
    await using threads = await openThreads();
    const { joined, dataDir } = threads;
    const [writer, reader] = joined;
    for (let i = 0; i < 12; i++) await put(writer, `${i}`, randomBytes(middlingBytes));
    const first = segmentsOf(dataDir);
    assert.ok(first.length >= 3);
    // The file is open there from now on.
    for (let i = 0; i < 12; i++) await get(reader, `${i}`);
    for (let i = 0; i < 12; i++) await reader.remove(bucket, parseObjectName(`${i}`));
    // The last one is still being written.
    await until(() => segmentsOf(dataDir).length <= 1, 'the segments are gone');
    if (process.platform === 'linux') await until(() => countOpenDeleted(dataDir) === 0, 'none is open');
    await put(writer, 'later', randomBytes(middlingBytes));
    assert.equal((await get(reader, 'later')).length, middlingBytes);
  });

  test('is what remains of a segment, too', async () => {
    await using threads = await openThreads();
    const { host, joined, dataDir } = threads;
    const bodies = Array.from({ length: 16 }, () => randomBytes(middlingBytes));
    for (const [i, body] of bodies.entries()) await put(joined[0], `${i}`, body);
    const before = segmentsOf(dataDir);
    // One of five in each segment stays.
    for (let i = 0; i < 16; i++) if (i % 5 !== 0) await joined[1].remove(bucket, parseObjectName(`${i}`));
    await until(() => before.filter((file) => segmentsOf(dataDir).includes(file)).length <= 1, 'moved');
    for (let i = 0; i < 16; i += 5)
      for (const store of [host, ...joined]) assert.ok(bodies[i]?.equals(await get(store, `${i}`)));
  });

  test('is a blob whose put was refused', async () => {
    await using threads = await openThreads();
    const { joined, dataDir } = threads;
    await put(joined[0], 'a', randomBytes(100));
    for (const bytes of [1_500_000, 3_000_000])
      assert.equal(await put(joined[1], 'a', randomBytes(bytes), 'absent'), 'exists');
    for (let i = 0; i < 8; i++)
      assert.equal(await put(joined[1], 'a', randomBytes(middlingBytes), 'absent'), 'exists');
    await until(() => filesOf(dataDir).length === 0, 'the files are gone');
    await until(() => segmentsOf(dataDir).length <= 1, 'the segments are gone');
  });
});

test('what a thread reads in parts is kept for it', async () => {
  await using threads = await openThreads();
  const { joined } = threads;
  const [reader, writer] = joined;
  const given = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
  const key = parseObjectName('a');
  const created = await writer.createUpload({ ...given, bucket, key });
  assert.ok(created.outcome === 'created');
  const { uploadId } = created.upload;
  const parts = [randomBytes(1_200_000), randomBytes(1_300_000)];
  for (const [i, bytes] of parts.entries()) {
    const body = (async function* () {
      yield bytes;
    })();
    await writer.putPart({ bucket, key, uploadId, partNumber: i + 1, body });
  }
  await writer.completeUpload({ bucket, key, uploadId, parts: 'all', condition: 'any', partBytesMin: 0 });
  const record = await find(reader, 'a');
  const read = reader.openBody(record).read(0, record.size)[Symbol.asyncIterator]();
  const chunks = [(await read.next()).value as Uint8Array];
  await writer.remove(bucket, key);
  await sleep(100);
  for (let next = await read.next(); !next.done; next = await read.next()) chunks.push(next.value);
  assert.ok(Buffer.concat(parts).equals(Buffer.concat(chunks)));
  await until(() => filesOf(threads.dataDir).length === 0, 'then it goes');
});

test('the ids of uploads are in their order, whichever thread makes them', async () => {
  await using threads = await openThreads();
  const stores = [threads.host, ...threads.joined];
  const given = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
  const ids: string[] = [];
  for (let i = 0; i < 60; i++) {
    const created = await (stores[i % 3] as ObjectStore).createUpload({
      ...{ ...given, bucket },
      key: parseObjectName('a'),
    });
    assert.ok(created.outcome === 'created');
    ids.push(created.upload.uploadId);
  }
  assert.deepEqual(ids, ids.toSorted());
});

test('a disk that has failed under one thread is written by none', async () => {
  await using threads = await openThreads();
  const { host, joined } = threads;
  const share = host.share();
  // As a thread says it, which is all that the others can know.
  share.port.postMessage({ kind: 'volume-failed', reason: 'EIO' });
  await sleep(50);
  assert.equal(new SharedState(share.state).isFailed, true);
  for (const store of [host, ...joined])
    await assert.rejects(put(store, 'a', randomBytes(10)), (error) => error instanceof VolumeFailed);
  share.index.writer.close();
  share.port.close();
});

test('a disk that has failed is written by none, though nobody has been told yet', async () => {
  await using threads = await openThreads();
  const { host, joined } = threads;
  const share = host.share();
  new SharedState(share.state).fail();
  for (const store of [host, ...joined])
    await assert.rejects(put(store, 'a', randomBytes(10)), (error) => error instanceof VolumeFailed);
  share.index.writer.close();
  share.port.close();
});

test('changes of several threads that come together are all made', async () => {
  await using threads = await openThreads();
  const stores = [threads.host, ...threads.joined];
  const names = Array.from({ length: 300 }, (_, i) => `${i}`);
  const outcomes = await Promise.all(
    names.map((name, i) => put(stores[i % 3] as ObjectStore, name, randomBytes(100))),
  );
  assert.deepEqual(new Set(outcomes), new Set(['stored']));
  const page = await threads.host.list({ bucket, prefix: '', delimiter: '', after: '', limit: 1000 });
  assert.equal(page.objects.length, names.length);
});
