// docs/disk-format.md is true: a blob is read by its rules alone, and the tables are those that it lists.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { fillStore } from './filled-store.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../../docs/disk-format.md'), 'utf8');

const openIndex = (dataDir: string) =>
  new DatabaseSync(path.join(dataDir, 'metadata.sqlite'), { readOnly: true });

test('the tables and their columns', async () => {
  const db = openIndex(await fillStore());
  const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const tables = names.map(({ name }) => {
    const columns = db.prepare('SELECT name, type FROM pragma_table_info(?)').all(name as string);
    return [name, columns.map((column) => `${column.name} ${column.type}`)];
  });
  db.close();
  const told = Array.from(page.matchAll(/^### `(\w+)`\n\n((?:\|.*\n)+)/gm), ([, name, rows = '']) => [
    name,
    Array.from(rows.matchAll(/^\| `(\w+)` \| (\w+) \|/gm), ([, column, type]) => `${column} ${type}`),
  ]);
  assert.deepEqual(told, tables);
});

test('the numbers of the index', async () => {
  const db = openIndex(await fillStore());
  const id = db.prepare('PRAGMA application_id').get()?.application_id as number;
  const format = db.prepare('PRAGMA user_version').get()?.user_version;
  db.close();
  assert.ok(page.includes(`application id \`0x${id.toString(16)}\` (\`PSTN\`), \`user_version\` ${format} `));
});

test('a blob, by the rules of the page', async () => {
  const dataDir = await fillStore();
  const db = openIndex(dataDir);
  const versions = db
    .prepare('SELECT key, size, etag, blob_id AS id FROM version WHERE blob_id IS NOT NULL')
    .all();
  db.close();
  assert.equal(versions.length, 3);
  assert.equal(versions.filter(({ id }) => String(id).includes('-')).length, 1);
  for (const { key, size, etag, id } of versions as {
    key: string;
    size: number;
    etag: string;
    id: string;
  }[]) {
    const file = id.includes('-')
      ? readEntry(dataDir, id)
      : readFileSync(path.join(dataDir, 'blobs', id.slice(-2), id));
    assert.equal(`${file.subarray(0, 8)} ${file.readUInt16LE(8)}`, 'PSTNBLOB 1');
    const start = 16 + file.readUInt16LE(10);
    assert.equal(JSON.parse(String(file.subarray(16, start))).key, key);
    assert.equal(file.readUInt32LE(12), crc32(file.subarray(16, start), crc32(file.subarray(0, 12))));
    assert.equal(file.length, start + size + 4 * Math.ceil(size / 65_536));

    const md5 = createHash('md5');
    for (let at = start; at < file.length; at += 65_540) {
      const block = file.subarray(at, at + 65_540);
      assert.equal(block.readUInt32LE(block.length - 4), crc32(block.subarray(0, -4)));
      md5.update(block.subarray(0, -4));
    }
    assert.equal(md5.digest('hex').toUpperCase(), etag);
  }
});

/** The blob's file within its segment. */
function readEntry(dataDir: string, id: string): Buffer {
  const [opening = '', number = '', page = '', pages = '', random = ''] = id.split('-');
  const segment = readFileSync(path.join(dataDir, 'blobs/segments', `${opening}-${number}`));
  const entry = segment.subarray(Number(`0x${page}`) * 4096).subarray(0, Number(`0x${pages}`) * 4096);
  assert.equal(entry.toString('latin1', 0, 8), 'PSTNBODY');
  assert.equal(entry.toString('hex', 8, 12), opening);
  const told = [12, 16, 20, 24].map((at) => entry.readUInt32LE(at));
  assert.deepEqual(
    told,
    [number, page, pages, random].map((digits) => Number(`0x${digits}`)),
  );
  assert.equal(entry.readUInt32LE(32), crc32(entry.subarray(8, 32)));
  const length = entry.readUInt32LE(28);
  assert.ok(entry.subarray(36 + length).every((byte) => byte === 0));
  assert.equal(entry.length, 4096 * Math.ceil((36 + length) / 4096));
  return entry.subarray(36, 36 + length);
}

test('everything in the data directory is on the page', async () => {
  const dataDir = await fillStore();
  for (const name of readdirSync(dataDir)) assert.ok(page.includes(`\`${name}`), name);
  for (const name of readdirSync(path.join(dataDir, 'blobs'))) assert.match(name, /^([0-9a-f]{2}|segments)$/);
});
