// A writing process is killed with SIGKILL. After reopening, everything it had acknowledged is there and whole, everything listed has
// its whole body, and nothing else is left on the disk.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { collectGarbage, sweepUnnamedBlobs } from '../src/collect-garbage.ts';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import { TieredBlobStore } from '../src/engines/tiered-blob-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openStorage } from '../src/open-storage.ts';
import { StorageError } from '../src/storage-error.ts';
import { temporaryDirectory } from './temporary-directory.ts';

interface Acknowledged {
  readonly key: string;
  readonly round: number;
  readonly md5: string;
}

const bucket = parseBucketName('the-bucket');

/** Lets a process write until it has acknowledged so many puts, then kills it. @returns what it acknowledged */
async function writeAndKill(context: TestContext, dataDir: string, puts: number): Promise<Acknowledged[]> {
  const script = path.join(import.meta.dirname, 'killed-writer.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const acknowledged: Acknowledged[] = [];
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(JSON.parse(line));
    if (acknowledged.length === puts) {
      await assert.rejects(openStorage({ dataDir }), StorageError, 'the directory is in use');
      child.kill('SIGKILL');
    }
  }
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL');
  return acknowledged;
}

test('what was acknowledged is whole after SIGKILL', async (context) => {
  const dataDir = temporaryDirectory();
  for (const puts of [1, 60, 400]) {
    const acknowledged = await writeAndKill(context, dataDir, puts);
    assert.ok(acknowledged.length >= puts);
    const store = await openStorage({ dataDir });
    for (const told of acknowledged) await checkAcknowledged(store, told);
    await checkAllListed(store);
    await store.close();
  }
  await checkNothingLeft(dataDir);
});

async function checkAcknowledged(store: ObjectStore, { key, round, md5 }: Acknowledged): Promise<void> {
  const record = await store.findObject(bucket, parseObjectName(key));
  assert.ok(record, key);
  // It may have been replaced by a later put of the same process, acknowledged or not.
  const storedRound = Number(record.headers.round);
  assert.ok(storedRound >= round);
  if (storedRound === round) assert.equal(record.etag, md5);
}

async function checkAllListed(store: ObjectStore): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Awaited<ReturnType<ObjectStore['list']>> = await store.list({
      ...{ bucket, prefix: '', delimiter: '', after, limit: 1000 },
    });
    for (const { key } of page.objects) {
      const record = await store.findObject(bucket, key);
      assert.ok(record);
      const md5 = createHash('md5');
      for await (const chunk of store.openBody(record).read(0, record.size)) md5.update(chunk);
      assert.equal(md5.digest('hex').toUpperCase(), record.etag, key);
    }
    after = page.next;
  }
}

/** After a sweep and a collection there is one blob for each object whose body is in a blob. */
async function checkNothingLeft(dataDir: string): Promise<void> {
  const metadata = await SqliteMetadataStore.open(path.join(dataDir, 'metadata.sqlite'));
  const blobs = await TieredBlobStore.open(path.join(dataDir, 'blobs'), (count) => new Uint8Array(count));
  await sweepUnnamedBlobs({ metadata, blobs });
  await collectGarbage({ metadata, blobs }, Number.MAX_SAFE_INTEGER);

  const { objects } = await metadata.list({ bucket, prefix: '', delimiter: '', after: '', limit: 100_000 });
  const named = new Set<string>();
  for (const { key } of objects) {
    const body = (await metadata.findObject(bucket, key))?.body;
    if (body && 'blobId' in body) named.add(body.blobId);
  }
  const left: string[] = [];
  for await (const { blobId } of blobs.list()) left.push(blobId);
  assert.deepEqual(left.sort(), [...named].sort());
  assert.ok(named.size > 0);
  await blobs.close();
  await metadata.close();
}
