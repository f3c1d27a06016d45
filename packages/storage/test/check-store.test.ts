// The check of a store: a whole one has nothing to tell of, every kind of damage is found and mended as far as it can be, and whatever
// was wrong is right, or aside, after one repair.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { parseObjectName } from '@postern/protocol';
import { type CheckResult, checkStore, type Finding } from '../src/check-store.ts';
import { TieredBlobStore } from '../src/engines/tiered-blob-store.ts';
import { openStorage } from '../src/open-storage.ts';
import { StorageError } from '../src/storage-error.ts';
import { fillStore, large, middling, plainBucket, small, versionedBucket } from './filled-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

interface Checked extends CheckResult {
  readonly findings: readonly Finding[];
}

async function check(dataDir: string, options: { repair?: boolean; quick?: boolean } = {}): Promise<Checked> {
  const findings: Finding[] = [];
  const result = await checkStore({ dataDir, report: (finding) => findings.push(finding), ...options });
  return { ...result, findings };
}

/** `kind bucket/key`, for those that are of an object. */
const tell = ({ findings }: Checked) =>
  findings.map(({ kind, bucket, key }) => (key === undefined ? kind : `${kind} ${bucket}/${key}`)).sort();

function changeIndex(dataDir: string, ...statements: readonly string[]): void {
  const db = new DatabaseSync(path.join(dataDir, 'metadata.sqlite'));
  for (const statement of statements) assert.ok(Number(db.prepare(statement).run().changes) > 0, statement);
  db.close();
}

function blobFile(dataDir: string, key: string): string {
  const file = globSync(path.join(dataDir, 'blobs/*/*')).find((name) => {
    return readFileSync(name).subarray(0, 500).includes(`"key":"${key}"`);
  });
  assert.ok(file, `no blob of ${key}`);
  return file;
}

/** The one that the store was filled into, and where in it a blob's file begins. */
function segment(dataDir: string): { file: string; blobAt: number } {
  const [file, ...others] = globSync(path.join(dataDir, 'blobs/segments/*'));
  assert.ok(file !== undefined && others.length === 0);
  return { file, blobAt: 36 };
}

function damage(file: string, at: number): void {
  const bytes = readFileSync(file);
  const position = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
  writeFileSync(file, bytes);
}

test('a whole store', async () => {
  const dataDir = await fillStore();
  for (const options of [{}, { quick: true }, { repair: true }]) {
    const checked = await check(dataDir, options);
    assert.deepEqual(checked.findings, []);
    assert.equal(checked.versions, 14);
    assert.deepEqual([checked.problems, checked.leftovers, checked.quarantined], [0, 0, 0]);
  }
});

test('an empty store', async () => {
  const dataDir = temporaryDirectory();
  await (await openStorage({ dataDir })).close();
  assert.deepEqual((await check(dataDir)).findings, []);
});

describe('is found, and mended', () => {
  const partedId = "(SELECT body_id FROM version WHERE key = 'parted')";
  const bucketId = (name: string) => `(SELECT bucket_id FROM bucket WHERE name = '${name}')`;
  const cases: readonly (readonly [
    what: string,
    damage: (dataDir: string) => void,
    found: readonly string[],
    quick?: 'also when quick',
  ])[] = [
    [
      'a flipped bit in a blob',
      (dataDir) => damage(blobFile(dataDir, 'large'), 100_000),
      ['body-damaged plain/large'],
    ],
    [
      'a blob that was cut off',
      (dataDir) => truncateSync(blobFile(dataDir, 'large'), 150_000),
      ['body-damaged plain/large'],
      'also when quick',
    ],
    [
      'bytes behind a blob',
      (dataDir) => writeFileSync(blobFile(dataDir, 'large'), 'more', { flag: 'a' }),
      ['body-damaged plain/large'],
      'also when quick',
    ],
    [
      'a damaged header',
      (dataDir) => damage(blobFile(dataDir, 'large'), 20),
      ['body-damaged plain/large'],
      'also when quick',
    ],
    [
      'a lost blob',
      (dataDir) => rmSync(blobFile(dataDir, 'large')),
      ['body-missing plain/large'],
      'also when quick',
    ],
    [
      'the blob of another object of the same length',
      (dataDir) => {
        const [gone, other] = ['gone', 'large'].map((key) => blobFile(dataDir, key)) as [string, string];
        const bytes = Buffer.from(readFileSync(other));
        writeFileSync(gone, bytes);
        damage(gone, -10);
      },
      ['body-damaged versioned/gone'],
    ],
    [
      'a flipped bit in a segment',
      (dataDir) => damage(segment(dataDir).file, 100_000),
      ['body-damaged versioned/key'],
    ],
    [
      'a segment that was cut off',
      (dataDir) => truncateSync(segment(dataDir).file, 100_000),
      ['body-damaged versioned/key'],
    ],
    [
      'a damaged entry of a segment',
      (dataDir) => damage(segment(dataDir).file, 20),
      ['body-damaged versioned/key'],
      'also when quick',
    ],
    [
      'a damaged header of a blob in a segment',
      (dataDir) => damage(segment(dataDir).file, segment(dataDir).blobAt + 20),
      ['body-damaged versioned/key'],
      'also when quick',
    ],
    [
      'a lost segment',
      (dataDir) => rmSync(segment(dataDir).file),
      ['body-missing versioned/key'],
      'also when quick',
    ],
    [
      'digests that are not those of the body',
      (dataDir) =>
        changeIndex(dataDir, "UPDATE version SET etag = replace(etag, '3', '4') WHERE key = 'large'"),
      ['body-damaged plain/large'],
    ],
    [
      'a small body that was changed',
      (dataDir) =>
        changeIndex(
          dataDir,
          "UPDATE inline_body SET bytes = CAST('A small body' AS BLOB) WHERE sequence IN (SELECT sequence FROM version WHERE key = 'small')",
        ),
      ['body-damaged plain/small'],
      'also when quick',
    ],
    [
      'a small body that is gone',
      (dataDir) =>
        changeIndex(
          dataDir,
          "DELETE FROM inline_body WHERE sequence IN (SELECT sequence FROM version WHERE key = 'small')",
        ),
      ['body-missing plain/small'],
      'also when quick',
    ],
    [
      'a small body of no object',
      (dataDir) => changeIndex(dataDir, "INSERT INTO inline_body VALUES (9999, CAST('x' AS BLOB))"),
      ['inline-body-unnamed'],
      'also when quick',
    ],
    [
      'two newest versions',
      (dataDir) =>
        changeIndex(
          dataDir,
          `UPDATE version SET is_latest = 1 WHERE key = 'key' AND bucket_id = ${bucketId('versioned')}`,
        ),
      ['latest-wrong versioned/key'],
      'also when quick',
    ],
    [
      'no newest version',
      (dataDir) => changeIndex(dataDir, "UPDATE version SET is_latest = 0 WHERE key = 'key'"),
      ['latest-wrong versioned/key'],
      'also when quick',
    ],
    [
      'versions of a bucket that is not there',
      (dataDir) => changeIndex(dataDir, "DELETE FROM bucket WHERE name = 'plain'"),
      [
        'bucket-missing /appended',
        'bucket-missing /empty',
        'bucket-missing /large',
        'bucket-missing /link',
        'bucket-missing /parted',
        'bucket-missing /small',
        'bucket-missing /tagged',
        'bucket-missing /表单/\u{1F600}"\n',
        'upload-bucket-missing /unfinished',
      ],
      'also when quick',
    ],
    [
      'a flipped bit in a part',
      (dataDir) => damage(blobFile(dataDir, 'parted'), 100_000),
      ['body-damaged plain/parted'],
    ],
    [
      'the lost blob of a part',
      (dataDir) => rmSync(blobFile(dataDir, 'parted')),
      ['body-missing plain/parted'],
      'also when quick',
    ],
    [
      'a lost part',
      (dataDir) => changeIndex(dataDir, `DELETE FROM part WHERE part_number = 2 AND body_id = ${partedId}`),
      ['body-missing plain/parted', 'inline-body-unnamed'],
      'also when quick',
    ],
    [
      'parts in the wrong order',
      (dataDir) =>
        changeIndex(
          dataDir,
          `UPDATE part SET part_number = 9 WHERE part_number = 1 AND body_id = ${partedId}`,
        ),
      ['body-damaged plain/parted'],
      'also when quick',
    ],
    [
      'a damaged part of an upload',
      (dataDir) => damage(blobFile(dataDir, 'unfinished'), 100_000),
      ['part-damaged plain/unfinished'],
    ],
    [
      'a lost part of an upload',
      (dataDir) => rmSync(blobFile(dataDir, 'unfinished')),
      ['part-missing plain/unfinished'],
      'also when quick',
    ],
    [
      'parts of nothing',
      (dataDir) => changeIndex(dataDir, 'DELETE FROM upload'),
      ['part-unnamed', 'part-unnamed'],
      'also when quick',
    ],
    [
      'an object one of whose parts is to be removed',
      (dataDir) =>
        changeIndex(
          dataDir,
          `INSERT INTO garbage SELECT blob_id, 0 FROM part WHERE part_number = 1 AND body_id = ${partedId}`,
        ),
      ['garbage-in-use plain/parted'],
      'also when quick',
    ],
    [
      'a counter that would give a number again',
      (dataDir) => changeIndex(dataDir, 'UPDATE counter SET next_sequence = 3'),
      ['counter-behind'],
      'also when quick',
    ],
    [
      'an object whose body is to be removed',
      (dataDir) =>
        changeIndex(dataDir, "INSERT INTO garbage SELECT blob_id, 0 FROM version WHERE key = 'large'"),
      ['garbage-in-use plain/large'],
      'also when quick',
    ],
  ];
  for (const [what, makeDamage, found, quick] of cases) {
    test(what, async () => {
      const dataDir = await fillStore();
      makeDamage(dataDir);
      assert.deepEqual(tell(await check(dataDir)), found);
      assert.deepEqual(tell(await check(dataDir, { quick: true })), quick ? found : []);

      const repaired = await check(dataDir, { repair: true });
      assert.deepEqual(tell(repaired), found);
      assert.equal(repaired.problems, found.length);
      assert.ok(repaired.findings.every((finding) => finding.repaired !== undefined));
      const aside = found.filter((text) => /^(body|bucket)-/.test(text)).length;
      assert.equal(repaired.quarantined, aside);
      assert.deepEqual((await check(dataDir)).findings, []);
    });
  }
});

test('leftovers of a crash are no problems, and are removed by a repair', async () => {
  const dataDir = await fillStore();
  const blobId = 'ab'.repeat(20);
  mkdirSync(path.join(dataDir, 'blobs/ab'), { recursive: true });
  copyFileSync(blobFile(dataDir, 'large'), path.join(dataDir, 'blobs/ab', blobId));
  changeIndex(dataDir, `INSERT INTO garbage VALUES ('${'cd'.repeat(20)}', 0)`);
  for (const repair of [false, true]) {
    const checked = await check(dataDir, { repair });
    assert.deepEqual(tell(checked), ['blob-unnamed', 'garbage-without-blob']);
    assert.deepEqual([checked.problems, checked.leftovers], [0, 2]);
  }
  assert.deepEqual((await check(dataDir)).findings, []);
  assert.equal(existsSync(path.join(dataDir, 'blobs/ab', blobId)), false);
});

test('a leftover in a segment is no problem, and is removed by a repair', async () => {
  const dataDir = await fillStore();
  const blobs = await TieredBlobStore.open(path.join(dataDir, 'blobs'), randomBytes);
  const writer = await blobs.create({ bucket: 'plain', key: 'left over' });
  await writer.write(middling);
  await writer.finish();
  await blobs.close();
  for (const repair of [false, true]) {
    const checked = await check(dataDir, { repair });
    assert.deepEqual(tell(checked), ['blob-unnamed']);
    assert.deepEqual([checked.problems, checked.leftovers], [0, 1]);
  }
  assert.deepEqual((await check(dataDir)).findings, []);
});

test('what is moved aside of a segment is the blob as it is', async () => {
  const dataDir = await fillStore();
  const { file, blobAt } = segment(dataDir);
  damage(file, 100_000);
  const bytes = readFileSync(file);
  await check(dataDir, { repair: true });
  const [saved = ''] = globSync(path.join(dataDir, 'quarantine/*.blob'));
  const savedBytes = readFileSync(saved);
  assert.ok(bytes.subarray(blobAt).subarray(0, savedBytes.length).equals(savedBytes));
  assert.equal(savedBytes.length, 16 + '{"bucket":"versioned","key":"key"}'.length + middling.length + 4 * 4);
  assert.deepEqual((await check(dataDir)).findings, []);
});

test('of a body in parts, each part is kept aside under its own number', async () => {
  const dataDir = await fillStore();
  const file = blobFile(dataDir, 'parted');
  damage(file, 100_000);
  const bytes = readFileSync(file);
  await check(dataDir, { repair: true });
  const folder = path.join(dataDir, 'quarantine');
  const [name = ''] = readdirSync(folder).filter((other) => other.endsWith('.json'));
  const { parts } = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  assert.deepEqual(readFileSync(path.join(folder, `${parts[0].sequence}.blob`)), bytes);
  assert.deepEqual(readFileSync(path.join(folder, `${parts[1].sequence}.body`)), small);
});

test('a version moved aside is listed no more, and loses nothing', async () => {
  const dataDir = await fillStore();
  const file = blobFile(dataDir, 'large');
  damage(file, 100_000);
  changeIndex(dataDir, "UPDATE version SET crc64 = '1' WHERE key = 'key' AND is_latest = 1");
  const bytes = readFileSync(file);
  const { findings } = await check(dataDir, { repair: true });
  assert.equal(findings.length, 2);

  const folder = path.join(dataDir, 'quarantine');
  const told = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const records = told.map((name) => ({
    name,
    ...JSON.parse(readFileSync(path.join(folder, name), 'utf8')),
  }));
  const record = records.find(({ key }) => key === 'large');
  assert.deepEqual(
    [record.bucket, record.size, record.storage_class, JSON.parse(record.headers)['content-type']],
    ['plain', large.length, 'IA', 'text/plain'],
  );
  assert.match(record.reason, /Block 1 of blob [0-9a-f]{40} is damaged/);
  assert.ok(readFileSync(path.join(folder, record.name.replace('json', 'blob'))).equals(bytes));
  assert.equal(existsSync(file), false);
  const inline = records.find(({ key }) => key === 'key');
  assert.deepEqual(readFileSync(path.join(folder, inline.name.replace('json', 'body'))), small);

  const store = await openStorage({ dataDir });
  assert.equal(await store.findObject(plainBucket, parseObjectName('large')), undefined);
  // The version before it is the newest now.
  const newest = await store.findObject(versionedBucket, parseObjectName('key'));
  assert.deepEqual([newest?.isLatest, newest?.size], [true, middling.length]);
  await store.close();
});

describe('a damaged index', () => {
  test('is told of, and nothing is changed', async () => {
    const dataDir = await fillStore();
    const file = path.join(dataDir, 'metadata.sqlite');
    const bytes = readFileSync(file);
    // Every page but the first two.
    for (let at = 8192; at < bytes.length; at += 4096) bytes.fill(0xee, at, at + 100);
    writeFileSync(file, bytes);
    const checked = await check(dataDir, { repair: true });
    assert.ok(checked.problems > 0);
    assert.ok(checked.findings.every(({ kind, repaired }) => kind === 'index-damaged' && !repaired));
    assert.ok(existsSync(blobFile(dataDir, 'large')));
  });

  test('whose indexes differ from their table is mended', async () => {
    const dataDir = await fillStore();
    const file = path.join(dataDir, 'metadata.sqlite');
    // Without the index in its schema SQLite does not keep it up.
    const [row] = editSchema(file, "SELECT * FROM sqlite_schema WHERE name = 'garbage_by_age'");
    editSchema(file, "DELETE FROM sqlite_schema WHERE name = 'garbage_by_age'");
    changeIndex(dataDir, `INSERT INTO garbage VALUES ('${'cd'.repeat(20)}', 0)`);
    const values = Object.values(row ?? {}) as (string | number)[];
    editSchema(file, 'INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)', ...values);

    assert.deepEqual(tell(await check(dataDir)), ['index-damaged', 'index-damaged']);
    await check(dataDir, { repair: true });
    assert.deepEqual((await check(dataDir)).findings, []);
  });
});

function editSchema(file: string, statement: string, ...given: readonly (string | number)[]) {
  const db = new DatabaseSync(file, { defensive: false });
  db.exec('PRAGMA writable_schema = ON');
  const rows = db.prepare(statement).all(...given);
  db.close();
  return rows;
}

test('a server does not start over a lost index: it would remove every blob', async () => {
  for (const lose of [rmSync, truncateSync]) {
    const dataDir = await fillStore();
    const index = path.join(dataDir, 'metadata.sqlite');
    const bytes = readFileSync(index);
    lose(index);
    // Again: the first time has made none.
    await assert.rejects(openStorage({ dataDir }), { fault: 'index-lost' });
    await assert.rejects(openStorage({ dataDir }), { fault: 'index-lost' });
    writeFileSync(index, bytes);
    assert.deepEqual((await check(dataDir)).findings, []);
  }
});

describe('is refused', () => {
  const refuses = (fault: string, prepare: () => Promise<string>) => async () => {
    const dataDir = await prepare();
    await assert.rejects(check(dataDir), (error) => error instanceof StorageError && error.fault === fault);
  };
  test(
    'where there is no store',
    refuses('no-store', async () => temporaryDirectory()),
  );
  test(
    'where the blobs are not mounted',
    refuses('no-store', async () => {
      const dataDir = await fillStore();
      rmSync(path.join(dataDir, 'blobs'), { recursive: true });
      return dataDir;
    }),
  );
  test('where the index is empty: it would make every blob unnamed', async () => {
    const dataDir = await fillStore();
    writeFileSync(path.join(dataDir, 'metadata.sqlite'), '');
    await assert.rejects(check(dataDir, { repair: true }), { fault: 'no-store' });
    assert.ok(blobFile(dataDir, 'large'));
  });
  test('while it is open', async () => {
    const dataDir = await fillStore();
    const store = await openStorage({ dataDir });
    await assert.rejects(check(dataDir), { fault: 'in-use' });
    await store.close();
    assert.deepEqual((await check(dataDir)).findings, []);
  });
});
