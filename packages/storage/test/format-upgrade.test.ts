// A data directory of format 1 opens: its tables become those of today, in one transaction, and every object in it is as it was.

import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { checkStore } from '../src/check-store.ts';
import { indexFileName } from '../src/engines/offline-store.ts';
import { openForWriting } from '../src/engines/sqlite-schema.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openStorage } from '../src/open-storage.ts';
import type { ObjectRecord } from '../src/records.ts';
import { fillStore, plainBucket, putObject, small, versionedBucket } from './filled-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const format1 = readFileSync(path.join(import.meta.dirname, 'format-1.sql'), 'utf8');
const buckets = [plainBucket, versionedBucket];

/** A store whose index was written in format 1, with all that format 1 could hold. */
async function fillFormat1(): Promise<string> {
  const dataDir = await fillStore();
  const file = path.join(dataDir, indexFileName);
  const db = new DatabaseSync(`${file}.old`);
  db.exec(format1);
  db.exec(`ATTACH '${file.replaceAll("'", "''")}' AS today; DELETE FROM counter;
    DELETE FROM today.version WHERE object_type IS NOT NULL;
    DELETE FROM today.inline_body WHERE sequence NOT IN (SELECT sequence FROM today.version)`);
  const tables = db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").all();
  for (const { name } of tables) {
    const columns = db.prepare('SELECT name FROM pragma_table_info(?)').all(name as string);
    const list = columns.map((column) => column.name).join(', ');
    db.exec(`INSERT INTO main.${name} (${list}) SELECT ${list} FROM today.${name}`);
  }
  db.exec('DETACH today');
  db.close();
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
  renameSync(`${file}.old`, file);
  return dataDir;
}

test('every object of a store of format 1 is there after the upgrade, and is as it was', async () => {
  const dataDir = await fillFormat1();
  const format1Rows = rowsOf(dataDir);
  const store = await openStorage({ dataDir });
  const records = await recordsOf(store);
  assert.equal(records.length, format1Rows.length);
  assert.ok(records.every(({ objectType, tags }) => objectType === 'Normal' && tags.length === 0));
  await putObject(store, plainBucket, 'new', small, { tags: [{ key: 'a', value: '1' }] });
  await store.close();
  for (const row of format1Rows) {
    const now = rowsOf(dataDir).find(({ sequence }) => sequence === row.sequence);
    assert.deepEqual(now, { ...row, object_type: null, tags: null, body_id: null });
  }
  const findings: unknown[] = [];
  const { problems } = await checkStore({ dataDir, report: (finding) => findings.push(finding) });
  assert.equal(problems, 0, JSON.stringify(findings));
  await (await openStorage({ dataDir })).close();
});

test('an upgraded index has the very tables and indexes of a new one', async () => {
  const old = path.join(temporaryDirectory(), indexFileName);
  const db = new DatabaseSync(old);
  db.exec(format1);
  db.close();
  assert.deepEqual(
    schemaOf(openForWriting(old)),
    schemaOf(openForWriting(path.join(temporaryDirectory(), 'new'))),
  );
});

test('an upgrade that fails leaves the old format', () => {
  const file = path.join(temporaryDirectory(), indexFileName);
  const db = new DatabaseSync(file);
  db.exec(`${format1}; ALTER TABLE version ADD COLUMN tags TEXT`);
  assert.throws(() => openForWriting(file), /duplicate column/);
  const columns = db.prepare("SELECT name FROM pragma_table_info('version')").all();
  assert.ok(!columns.some(({ name }) => name === 'object_type'));
  assert.equal(db.prepare('PRAGMA user_version').get()?.user_version, 1);
  db.close();
});

function rowsOf(dataDir: string) {
  const db = new DatabaseSync(path.join(dataDir, indexFileName), { readOnly: true });
  const rows = db
    .prepare('SELECT * FROM version')
    .all()
    .map((row) => ({ ...row }));
  db.close();
  return rows;
}

/** Every version, its body read to the end. */
async function recordsOf(store: ObjectStore): Promise<ObjectRecord[]> {
  const records: ObjectRecord[] = [];
  for (const bucket of buckets) {
    const query = { bucket, prefix: '', delimiter: '', after: '', limit: 1000 };
    for (const { key, versionId } of (await store.listVersions(query)).versions) {
      const record = await store.findObject(bucket, key, versionId);
      assert.ok(record);
      for await (const chunk of store.openBody(record).read(0, record.size)) assert.ok(chunk.length > 0);
      records.push(record);
    }
  }
  return records;
}

/** Tables with their columns, keys and options, and indexes with their text; whatever words made them. */
function schemaOf(db: DatabaseSync): unknown {
  const tables = db
    .prepare("SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name")
    .all();
  const columns = tables.map(({ name }) =>
    db.prepare('SELECT * FROM pragma_table_xinfo(?)').all(name as string),
  );
  const indexes = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name").all();
  const format = db.prepare('PRAGMA user_version').get();
  db.close();
  return { tables, columns, indexes, format };
}
