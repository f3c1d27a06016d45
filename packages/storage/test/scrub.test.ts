// The scrubber: reads everything, says what is damaged and only that, goes on where it was, and keeps to its rate.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parseBucketName } from '@postern/protocol';
import type { ObjectStore } from '../src/object-store.ts';
import { openMemoryStorage, openStorage } from '../src/open-storage.ts';
import type { ObjectRecord } from '../src/records.ts';
import { Scrubber, type ScrubberParts, type ScrubFault, type ScrubRound } from '../src/scrub.ts';
import { scrubFile, scrubFileName, scrubNote } from '../src/scrub-file.ts';
import { fillStore, large, plainBucket, putObject, small, versionedBucket } from './filled-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const unhurried = { roundMs: 60 * 60 * 1000, bytesPerSecond: 1024 ** 4 };

interface Scrubbed {
  readonly round: ScrubRound;
  readonly faults: readonly ScrubFault[];
}

/** One round to its end. */
async function scrub(
  store: ScrubberParts['store'],
  parts: Partial<ScrubberParts> = {},
): Promise<Scrubbed & { memory: ScrubberParts['memory'] }> {
  const memory = parts.memory ?? scrubNote();
  const faults: ScrubFault[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<ScrubRound>();
  const scrubber = new Scrubber({
    ...{ store, memory, timing: unhurried, clock: Date.now },
    ...{ reportFault: (fault) => faults.push(fault), reportRound: resolve, reportProblem: reject },
    ...parts,
  });
  const round = await promise;
  await scrubber.stop();
  return { round, faults, memory };
}

test('a round reads every version of every bucket, and finds nothing wrong with a sound store', async () => {
  const store = await openStorage({ dataDir: await fillStore() });
  const { round, faults } = await scrub(store);
  await store.close();
  assert.deepEqual(faults, []);
  // Eight in one bucket; in the other three of `key`, the one under `gone`, and `suspended`, whose null version a marker has replaced.
  assert.deepEqual([round.versions, round.faults, round.isOver], [12, 0, true]);
});

/** What the disk did to a body, and what is said of it. */
const damages: readonly {
  what: string;
  damage: (store: ObjectStore, record: ObjectRecord) => ObjectRecord;
  kind: string;
}[] = [
  {
    what: 'shorter than it was',
    damage: (_, record) => ({ ...record, size: record.size + 1 }),
    kind: 'body-damaged',
  },
  { what: 'of another checksum', damage: (_, record) => ({ ...record, crc64: '1' }), kind: 'body-damaged' },
  {
    what: 'gone',
    // Nor has it been moved: whoever looks for the version again finds none.
    damage: (_, record) => ({ ...record, versionId: 'gone', body: { blobId: 'f'.repeat(40) } }),
    kind: 'body-missing',
  },
];

for (const { what, damage, kind } of damages) {
  test(`a body that is ${what} is told, and the others are read`, async () => {
    const store = openMemoryStorage();
    const bucket = await makeBucket(store);
    for (const key of ['a', 'b', 'c']) await putObject(store, bucket, key, large);
    const damaged = {
      ...pick(store),
      findObject: async (...given: Parameters<ObjectStore['findObject']>) => {
        const record = await store.findObject(...given);
        return record?.key === 'b' ? damage(store, record) : record;
      },
    };
    const { round, faults } = await scrub(damaged);
    assert.deepEqual(
      faults.map((fault) => [fault.kind, fault.key]),
      [[kind, 'b']],
    );
    assert.deepEqual([round.versions, round.faults], [3, 1]);
  });
}

test('a blob with a byte changed on the disk is told', async () => {
  const dataDir = await fillStore();
  const store = await openStorage({ dataDir });
  await putObject(store, plainBucket, 'changed', Buffer.alloc(3 * 1024 ** 2, 'a very large body '));
  for (const file of await blobFiles(dataDir)) {
    const bytes = readFileSync(file);
    const at = bytes.lastIndexOf('a very large body ');
    if (at < 0) continue;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(file, bytes);
  }
  const { faults } = await scrub(store);
  await store.close();
  assert.deepEqual(
    faults.map(({ kind, key }) => [kind, key]),
    [['body-damaged', 'changed']],
  );
});

for (const [what, body] of Object.entries({ large, small })) {
  test(`a body that is overwritten with a ${what} one while it is read is no fault`, async () => {
    const store = openMemoryStorage();
    const bucket = await makeBucket(store);
    await putObject(store, bucket, 'a', large);
    let isOverwritten = false;
    const racing = {
      ...pick(store),
      findObject: async (...given: Parameters<ObjectStore['findObject']>) => {
        const record = await store.findObject(...given);
        if (isOverwritten || record === undefined) return record;
        isOverwritten = true;
        await putObject(store, bucket, 'a', body);
        return { ...record, body: { blobId: 'f'.repeat(40) } };
      },
    };
    const { faults, round } = await scrub(racing);
    assert.deepEqual([faults, round.versions], [[], 1]);
  });
}

test('stopped in the middle, it goes on behind the body it read last', async () => {
  const store = openMemoryStorage();
  const bucket = await makeBucket(store);
  for (let n = 0; n < 10; n++) await putObject(store, bucket, `key-${n}`, large);
  const read: string[] = [];
  const memory = scrubNote();
  let isStopping = Promise.resolve();
  const watched = {
    ...pick(store),
    openBody: (record: ObjectRecord) => {
      if (record.key === 'key-4' && !read.includes('key-4')) isStopping = scrubber.stop();
      read.push(record.key);
      return store.openBody(record);
    },
  };
  const scrubber = new Scrubber({
    ...{ store: watched, memory, timing: unhurried, clock: Date.now },
    ...{
      reportFault: assert.ifError,
      reportRound: () => assert.fail('the round is over'),
      reportProblem: assert.ifError,
    },
  });
  while (!read.includes('key-4')) await new Promise(setImmediate);
  await isStopping;
  const { round } = await scrub(watched, { memory });
  assert.equal(round.versions, 10);
  const keys = Array.from({ length: 10 }, (_, n) => `key-${n}`);
  assert.deepEqual(
    read,
    [...keys.slice(0, 5), ...keys.slice(4)],
    'only the body that was interrupted is read twice',
  );
});

test('the next round begins when it is time, not before', async () => {
  const store = openMemoryStorage();
  await putObject(store, await makeBucket(store), 'a', large);
  let nowMs = 1_000_000;
  const { round, memory } = await scrub(store, { clock: () => nowMs });
  assert.equal(round.startedAtMs, 1_000_000);
  let isEarly = true;
  const scrubber = new Scrubber({
    ...{ store, memory, timing: unhurried, clock: () => nowMs, reportFault: assert.ifError },
    ...{ reportRound: () => assert.ok(!isEarly), reportProblem: assert.ifError },
  });
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  await scrubber.stop();
  isEarly = false;
  nowMs += unhurried.roundMs;
  const again = await scrub(store, { memory, clock: () => nowMs });
  assert.equal(again.round.startedAtMs, nowMs);
});

test('its place survives in a file; one that was torn, or is something else, begins a new round', async () => {
  const dataDir = temporaryDirectory();
  const memory = scrubFile(dataDir);
  assert.equal(await memory.load(), undefined);
  const round: ScrubRound = {
    ...{ startedAtMs: 5, isOver: false, versions: 1, bytes: 2, faults: 0 },
    position: { bucket: versionedBucket, key: '表\u0000"', versionId: 'null' },
  };
  await memory.save(round);
  assert.deepEqual(await memory.load(), round);
  const file = path.join(dataDir, scrubFileName);
  const text = readFileSync(file, 'utf8');
  for (const broken of [
    '',
    text.slice(0, 20),
    'null',
    '[]',
    '{}',
    text.replace('5', '"5"'),
    text.replace('"null"', '7'),
  ]) {
    writeFileSync(file, broken);
    assert.equal(await memory.load(), undefined, broken);
  }
});

test('a problem with its file is reported, and no reason to end', async () => {
  const dataDir = temporaryDirectory();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  await rm(dataDir, { recursive: true });
  const scrubber = new Scrubber({
    ...{ store: openMemoryStorage(), memory: scrubFile(dataDir), timing: unhurried, clock: Date.now },
    ...{ reportFault: assert.ifError, reportRound: () => {}, reportProblem: resolve },
  });
  assert.equal(((await promise) as NodeJS.ErrnoException).code, 'ENOENT');
  await assert.rejects(
    scrubber.stop().then(() => Promise.reject(new Error('stopped'))),
    /stopped/,
  );
});

async function makeBucket(store: ObjectStore): Promise<typeof plainBucket> {
  const name = parseBucketName('the-bucket');
  await store.createBucket({ name, owner: 'account', acl: 'private', storageClass: 'Standard' });
  return name;
}

function pick(store: ObjectStore): ScrubberParts['store'] {
  const { listBuckets, listVersions, findObject } = store;
  return { listBuckets, listVersions, findObject, openBody: (record) => store.openBody(record) };
}

async function blobFiles(dataDir: string): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, 'blobs'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
