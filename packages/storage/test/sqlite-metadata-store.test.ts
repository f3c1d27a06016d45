// What is particular to the SQLite index: shared commits, its file, its lock, and that no query scans.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import { openForWriting, primaryCode, sqliteFull } from '../src/engines/sqlite-schema.ts';
import { startIndexWriter } from '../src/engines/sqlite-write-queue.ts';
import { SqliteWrites, type Write } from '../src/engines/sqlite-writes.ts';
import type { PutIntent } from '../src/metadata-store.ts';
import { openStorage } from '../src/open-storage.ts';
import type { BucketRecord } from '../src/records.ts';
import { StorageError, type StorageFault } from '../src/storage-error.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bucket = parseBucketName('the-bucket');

const fileIn = (directory: string) => path.join(directory, 'metadata.sqlite');

/** Closed at the end of the test, unless the test has done so: a thread left running would keep the process alive. */
async function openWithBucket(
  context: TestContext,
  directory = temporaryDirectory(),
): Promise<SqliteMetadataStore> {
  const store = await SqliteMetadataStore.open(fileIn(directory));
  context.after(() => store.close());
  await store.createBucket({
    ...{ name: bucket, owner: 'account', createdAtMs: 0, acl: 'private', storageClass: 'Standard' },
    ...{ versioning: 'never', documents: {} },
  });
  return store;
}

function intent(key: string, body: PutIntent['body'] = Buffer.from('foo')): PutIntent {
  const id = randomBytes(16).toString('hex');
  return {
    ...{ putId: id, versionId: id, bucket, key: parseObjectName(key), modifiedAtMs: 1, size: 3, etag: '' },
    ...{ crc64: '0', condition: 'any', acl: 'default', storageClass: 'Standard', headers: {}, body },
    ...{ tags: [], objectType: 'Normal' },
  };
}

test('when it cannot be read after all, the thread that writes ends too', async () => {
  const file = fileIn(temporaryDirectory());
  const ended = Promise.withResolvers<void>();
  const start = async () => {
    const writer = await startIndexWriter(file);
    writer.once('exit', () => ended.resolve());
    rmSync(file);
    return writer;
  };
  await assert.rejects(SqliteMetadataStore.open(file, start), /unable to open database file/);
  await ended.promise;
  // Nor is the directory locked any more.
  const again = await SqliteMetadataStore.open(file);
  await again.close();
});

describe('buckets that are remembered', () => {
  const aclOf = async (store: SqliteMetadataStore) => (await store.findBucket(bucket))?.acl;

  test('a bucket found before and while it changes is found changed afterwards', async (context) => {
    const store = await openWithBucket(context);
    for (const acl of ['public-read', 'private', 'public-read-write'] as const) {
      const before = await aclOf(store);
      const change = store.changeBucket(bucket, { acl });
      // Whether the writer has got to it or not, what is found now must not be remembered.
      for (let n = 0; n < 20; n++) assert.ok([before, acl].includes(await aclOf(store)));
      await change;
      assert.equal(await aclOf(store), acl);
    }
  });

  test('a bucket that was made anew has none of the objects of its predecessor', async (context) => {
    const store = await openWithBucket(context);
    const key = parseObjectName('a');
    await store.commitPut(intent('a'));
    assert.ok(await store.findObject(bucket, key));
    await store.remove({ bucket, key, markerVersionId: 'm', modifiedAtMs: 2 });
    const record = await store.findBucket(bucket);
    assert.equal(await store.removeBucket(bucket), 'removed');
    assert.equal(await store.findBucket(bucket), undefined);
    await store.createBucket({ ...(record as BucketRecord), owner: 'another' });
    assert.equal((await store.findBucket(bucket))?.owner, 'another');
    assert.equal(await store.findObject(bucket, key), undefined);
  });

  test('a change that fails leaves what was there', async (context) => {
    const store = await openWithBucket(context);
    await store.commitPut(intent('a'));
    assert.equal(await store.removeBucket(bucket), 'not-empty');
    assert.equal(await aclOf(store), 'private');
    assert.ok(await store.findObject(bucket, parseObjectName('a')));
  });
});

describe('commits', () => {
  test('200 puts at once share far fewer transactions', async (context) => {
    const store = await openWithBucket(context);
    const before = store.transactions;
    const puts = Array.from({ length: 200 }, (_, i) => store.commitPut(intent(`key-${i}`)));
    const results = await Promise.all(puts);
    assert.ok(results.every(({ outcome }) => outcome === 'stored'));
    const transactions = store.transactions - before;
    assert.ok(transactions <= 10, `${transactions} transactions`);
  });

  test('few puts at once share one, many two', async (context) => {
    const store = await openWithBucket(context);
    const transactionsOf = async (puts: number) => {
      const before = store.transactions;
      await Promise.all(Array.from({ length: puts }, (_, i) => store.commitPut(intent(`${puts}-${i}`))));
      return store.transactions - before;
    };
    const transactions: number[] = [];
    for (const puts of [1, 15, 16, 64]) transactions.push(await transactionsOf(puts));
    assert.deepEqual(transactions, [1, 1, 2, 2]);
  });

  test('a put that fails undoes itself alone, and all of itself', async (context) => {
    const store = await openWithBucket(context);
    await store.commitPut(intent('replaced', Buffer.from('as before')));
    const puts = [
      intent('before'),
      intent('first', { blobId: 'one-blob' }),
      // No two versions may share a blob: this one would lose it with the first. What it replaces is gone by then.
      intent('replaced', { blobId: 'one-blob' }),
      intent('after'),
    ];
    const settled = await Promise.allSettled(puts.map((put) => store.commitPut(put)));
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    const query = { bucket, prefix: '', delimiter: '', after: '', limit: 10 };
    const { objects } = await store.list(query);
    assert.deepEqual(
      objects.map(({ key }) => key as string),
      ['after', 'before', 'first', 'replaced'],
    );
    const replaced = await store.findObject(bucket, parseObjectName('replaced'));
    assert.equal(String(Buffer.from(replaced?.body as Uint8Array)), 'as before');
  });

  test('what is under way is done before it closes', async (context) => {
    const directory = temporaryDirectory();
    const store = await openWithBucket(context, directory);
    const puts = Array.from({ length: 1500 }, (_, i) => store.commitPut(intent(`key-${i}`)));
    await store.close();
    assert.equal((await Promise.all(puts)).length, 1500);
    const again = await openWithBucket(context, directory);
    assert.ok(await again.findObject(bucket, parseObjectName('key-1499')));
  });
});

describe('a full disk', () => {
  test('fails what does not fit, undoes all of it, and is over when there is room again', () => {
    const db = openForWriting(fileIn(temporaryDirectory()));
    const writes = new SqliteWrites(db);
    const name = { ...{ name: bucket, owner: 'account', createdAtMs: 0, acl: 'private' as const } };
    const made = { ...name, storageClass: 'Standard', versioning: 'never' as const, documents: {} };
    writes.commit([{ name: 'createBucket', given: [made] }]);
    const { page_count } = db.prepare('PRAGMA page_count').get() as { page_count: number };
    db.exec(`PRAGMA max_page_count = ${page_count + 4}`);

    const small = intent('small');
    const large = intent('large', new Uint8Array(100_000));
    const batch = [small, large].map((put): Write => ({ name: 'commitPut', given: [put] }));
    const attempt = () => writes.commit(batch).map(({ kind }) => kind);
    // SQLite may undo the one write or the whole transaction; either way nothing of the large one is left.
    const outcome = orError(attempt);
    if (outcome instanceof Error) assert.equal(primaryCode(outcome), sqliteFull);
    else assert.deepEqual(outcome, ['done', 'failed']);
    assert.equal(db.isTransaction, false);
    assert.equal(db.prepare("SELECT count(*) AS n FROM version WHERE key = 'large'").get()?.n, 0);

    db.exec('PRAGMA max_page_count = 1000000');
    assert.deepEqual(attempt(), ['done', 'done']);
    assert.equal(db.prepare('SELECT count(*) AS n FROM version').get()?.n, 2);
    db.close();
  });
});

describe('the file', () => {
  test('is reopened with all there was, newest versions still newest', async (context) => {
    const directory = temporaryDirectory();
    const store = await openWithBucket(context, directory);
    await store.changeBucket(bucket, { versioning: 'enabled' });
    const first = intent('a');
    await store.commitPut(first);
    await store.close();

    const again = await openWithBucket(context, directory);
    const second = intent('a', Buffer.from('second'));
    await again.commitPut(second);
    assert.equal((await again.findObject(bucket, first.key))?.versionId, second.versionId);
    assert.equal((await again.findObject(bucket, first.key, first.versionId))?.isLatest, false);
  });

  test('only its user may read', async (context) => {
    const directory = temporaryDirectory();
    await openWithBucket(context, directory);
    for (const file of ['metadata.sqlite', 'metadata.sqlite-wal']) {
      assert.equal(statSync(path.join(directory, file)).mode & 0o777, 0o600, file);
    }
  });

  const refuses = (fault: StorageFault, prepare: (file: string) => void) => async () => {
    const directory = temporaryDirectory();
    prepare(fileIn(directory));
    await assert.rejects(SqliteMetadataStore.open(fileIn(directory)), (error) => {
      return error instanceof StorageError && error.fault === fault && error.message.includes(directory);
    });
    // The lock is free again.
    await assert.rejects(SqliteMetadataStore.open(fileIn(directory)), { fault });
  };
  const sql = (text: string) => (file: string) => {
    const db = new DatabaseSync(file);
    db.exec(text);
    db.close();
  };
  const newer = 'CREATE TABLE t (c); PRAGMA application_id = 0x5053544e; PRAGMA user_version = 99';
  test('of a newer format is refused', refuses('newer-format', sql(newer)));
  test('of another program is refused', refuses('not-an-index', sql('CREATE TABLE t (c)')));
  test(
    'that is no database is refused',
    refuses('not-an-index', (file) => writeFileSync(file, 'x'.repeat(9999))),
  );
});

describe('a data directory', () => {
  test('is used by one at a time; the error names it', async () => {
    const dataDir = temporaryDirectory();
    const store = await openStorage({ dataDir });
    await assert.rejects(openStorage({ dataDir }), (error) => {
      return error instanceof StorageError && error.fault === 'in-use' && error.message.includes(dataDir);
    });
    await store.close();
    await (await openStorage({ dataDir })).close();
  });

  test('is made when it is missing, for its user alone', async () => {
    const dataDir = path.join(temporaryDirectory(), 'deep', 'down');
    const store = await openStorage({ dataDir });
    assert.equal(statSync(dataDir).mode & 0o777, 0o700);
    await store.checkWritable();
    await store.close();
  });

  test('that cannot be made is told', async () => {
    const file = path.join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    await assert.rejects(openStorage({ dataDir: path.join(file, 'data') }), {
      name: 'StorageError',
      fault: 'unusable',
    });
  });
});

describe('no query scans', () => {
  const version = 'SELECT key FROM version WHERE bucket_id = 1 AND';
  const cases: readonly (readonly [query: string, plan: string])[] = [
    [
      `${version} key >= 'a' AND is_latest = 1 AND is_delete_marker = 0 ORDER BY key`,
      'SEARCH version USING COVERING INDEX listed (bucket_id=? AND key>?)',
    ],
    [
      `${version} key >= 'a' ORDER BY key, sequence DESC`,
      'SEARCH version USING PRIMARY KEY (bucket_id=? AND key>?)',
    ],
    [
      `${version} key = 'a' AND version_id = 'null' AND is_latest = 0`,
      'SEARCH version USING COVERING INDEX older_null_version (bucket_id=? AND key=?)',
    ],
    [
      "SELECT size FROM version WHERE version_id = ? AND version_id <> 'null' AND bucket_id = 1 AND key = 'a'",
      'SEARCH version USING INDEX named_version (version_id=? AND bucket_id=? AND key=?)',
    ],
    [
      "SELECT key FROM upload WHERE bucket_id = 1 AND key >= 'a' ORDER BY key, upload_id",
      'SEARCH upload USING COVERING INDEX upload_by_key (bucket_id=? AND key>?)',
    ],
    [
      "SELECT acl FROM upload WHERE bucket_id = 1 AND key = 'a' AND upload_id > 'A' ORDER BY upload_id",
      'SEARCH upload USING INDEX upload_by_key (bucket_id=? AND key=? AND upload_id>?)',
    ],
    [
      'SELECT size FROM part WHERE body_id = 1 AND part_number > 1 ORDER BY part_number LIMIT 9',
      'SEARCH part USING PRIMARY KEY (body_id=? AND part_number>?)',
    ],
    [
      'SELECT size FROM part WHERE body_id = 1 ORDER BY part_number DESC LIMIT 1',
      'SEARCH part USING PRIMARY KEY (body_id=?)',
    ],
    [
      'SELECT 1 FROM part WHERE blob_id = ? AND blob_id IS NOT NULL',
      'SEARCH part USING COVERING INDEX part_blob (blob_id=?)',
    ],
    [
      'SELECT 1 FROM version WHERE blob_id = ? AND blob_id IS NOT NULL',
      'SEARCH version USING COVERING INDEX version_blob (blob_id=?)',
    ],
    [
      'SELECT blob_id FROM garbage WHERE since_ms <= 1 ORDER BY since_ms LIMIT 1',
      'SEARCH garbage USING COVERING INDEX garbage_by_age (since_ms<?)',
    ],
  ];

  test('each is answered by a seek in an index, in its order', async (context) => {
    const directory = temporaryDirectory();
    await openWithBucket(context, directory);
    const db = new DatabaseSync(fileIn(directory), { readOnly: true });
    context.after(() => db.close());
    for (const [query, plan] of cases) {
      const steps = db.prepare(`EXPLAIN QUERY PLAN ${query}`).all();
      assert.deepEqual(
        steps.map(({ detail }) => detail),
        [plan],
      );
    }
  });
});

function orError<Result>(run: () => Result): Result | Error {
  try {
    return run();
  } catch (error) {
    return error as Error;
  }
}
