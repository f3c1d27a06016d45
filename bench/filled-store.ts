// Stores with millions of objects, in seconds: one object goes in through the storage package, and its row is then copied inside the
// database under other names. What the rows hold besides a name is whatever this version of the package writes. Kept from run to run.

import { hash, randomBytes } from 'node:crypto';
import { constants, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { type ObjectStore, openStorage } from '@postern/storage';
import type { Bench } from './bench-run.ts';
import { bucket } from './peers/postern.ts';

/** What a store is filled with: rows by number `i`, from 0. */
export interface Filling {
  readonly name: string;
  readonly rows: number;
  /** An SQL expression of `i`. */
  readonly keySql: string;
  /** The bucket keeps versions, and every key gets so many: `keySql` must give each key so often, in a row. */
  readonly versionsEach?: number;
}

/** The server's own account: see `startServer`. */
const owner = 'postern';
const indexFile = 'metadata.sqlite';
const rowsPerStep = 100_000;
const msBetween = 1000;
const templateKey = 'template';
const fillCacheKiB = 2 * 1024 * 1024;

/** The folder of the filled store. It is shared: who changes it takes {@link copyFilledStore}. */
export async function findFilledStore(filling: Filling, bench: Bench): Promise<string> {
  const folder = path.join(bench.cacheFolder, `${filling.name}-${await fillingMark(filling, bench)}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await putTemplate(unfinished, filling);
  fillIndex(path.join(unfinished, indexFile), filling, bench.tell);
  renameSync(unfinished, folder);
  return folder;
}

export async function copyFilledStore(filling: Filling, bench: Bench, target: string): Promise<string> {
  const source = await findFilledStore(filling, bench);
  bench.tell(`copies ${filling.name}`);
  cpSync(source, target, { recursive: true, mode: constants.COPYFILE_FICLONE });
  return target;
}

/** Changes with the format of the index and with what it is filled with, so that an older store is not used. */
async function fillingMark(filling: Filling, { folders }: Bench): Promise<string> {
  const folder = folders.make('schema');
  await (await openStorage({ dataDir: folder })).close();
  const db = new DatabaseSync(path.join(folder, indexFile), { readOnly: true });
  try {
    const query = `SELECT group_concat(sql, ';') AS schema FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)`;
    const { schema } = db.prepare(query).get() as { schema: string };
    return hash('sha256', `${schema};${copySql(db, filling)}`, 'hex').slice(0, 8);
  } finally {
    db.close();
  }
}

async function putTemplate(dataDir: string, { versionsEach }: Filling): Promise<void> {
  const store = await openStorage({ dataDir });
  const name = parseBucketName(bucket);
  try {
    await store.createBucket({ name, owner, acl: 'private', storageClass: 'Standard' });
    if (versionsEach !== undefined) await store.changeBucket(name, { versioning: 'enabled' });
    await putEmpty(store);
  } finally {
    await store.close();
  }
}

async function putEmpty(store: ObjectStore): Promise<void> {
  const { outcome } = await store.put({
    bucket: parseBucketName(bucket),
    key: parseObjectName(templateKey),
    condition: 'any',
    acl: 'default',
    storageClass: 'Standard',
    headers: { 'content-type': 'application/pdf' },
    tags: [],
    body: noBytes(),
  });
  if (outcome !== 'stored') throw new Error(`the template was not stored: ${outcome}`);
}

async function* noBytes(): AsyncGenerator<Uint8Array, void, void> {}

function fillIndex(file: string, filling: Filling, tell: Bench['tell']): void {
  const { rows, name } = filling;
  const db = new DatabaseSync(file);
  try {
    // Whoever loses power while filling fills again.
    db.exec(`PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -${fillCacheKiB}`);
    const insert = db.prepare(copySql(db, filling));
    for (let from = 0; from < rows; from += rowsPerStep) {
      tell(`fills ${name}: ${(from / 1e6).toFixed(1)} of ${(rows / 1e6).toFixed(1)} million rows`);
      insert.run(from, Math.min(from + rowsPerStep, rows), randomBytes(6).toString('hex'));
    }
    db.prepare('DELETE FROM version WHERE key = ?').run(templateKey);
    db.prepare('UPDATE counter SET next_sequence = next_sequence + ?').run(rows);
    db.exec('PRAGMA journal_mode = WAL');
  } finally {
    db.close();
  }
}

/** Takes the first number, the one after the last, and some digits of its own. */
function copySql(db: DatabaseSync, { rows, keySql, versionsEach }: Filling): string {
  const different: Readonly<Record<string, string>> = {
    key: keySql,
    sequence: 'template.sequence + 1 + i',
    put_id: `printf('%s%020x', ?3, i)`,
    // One after the other, as if they had been uploaded until now.
    modified_at_ms: `template.modified_at_ms - (${rows} - i) * ${msBetween}`,
    ...(versionsEach !== undefined && {
      version_id: `printf('%s%020x', ?3, i)`,
      is_latest: `i % ${versionsEach} = ${versionsEach - 1}`,
    }),
  };
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').all('version') as { name: string }[];
  const names = columns.map(({ name }) => name);
  const missing = Object.keys(different).filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`the index has no column ${missing.join(', ')} any more`);
  return `
    WITH RECURSIVE numbers (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ?2)
    INSERT INTO version (${names.join(', ')})
    SELECT ${names.map((name) => different[name] ?? `template.${name}`).join(', ')}
    FROM numbers, (SELECT * FROM version WHERE key = '${templateKey}') AS template`;
}
