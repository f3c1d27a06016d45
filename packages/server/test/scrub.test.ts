// What an operator hears of an object that the disk has changed: a line in the log that names it.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { type ObjectName, parseBucketName } from '@postern/protocol';
import { openStorage } from '@postern/storage';
import { damagedObjectMessage, startServer } from '../src/start-server.ts';

const unhurried = { roundMs: 60 * 60 * 1000, bytesPerSecond: 1024 ** 4 };

test('the log names an object that the disk has changed, and says when all were read', async (t) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'postern-scrub-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  await storeDamaged(dataDir);
  const lines: Record<string, unknown>[] = [];
  const { promise: isRead, resolve } = Promise.withResolvers<void>();
  const write = (line: string) => {
    lines.push(JSON.parse(line));
    if (lines.at(-1)?.msg === 'all objects were read again') resolve();
  };
  const log = { pretty: false, level: 'info', destination: { write } } as const;
  await using server = await startServer({ port: 0, dataDir, scrub: unhurried, log });
  await isRead;
  const damaged = lines.filter(({ msg }) => msg === damagedObjectMessage);
  assert.deepEqual(
    damaged.map(({ level, kind, bucket, key }) => [level, kind, bucket, key]),
    [['error', 'body-damaged', 'the-bucket', 'damaged']],
  );
  assert.equal(lines.at(-1)?.versions, 2);
  assert.equal(lines.at(-1)?.faults, 1);
  assert.ok(server.endpoint);
});

async function storeDamaged(dataDir: string): Promise<void> {
  const bucket = parseBucketName('the-bucket');
  const store = await openStorage({ dataDir });
  await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
  for (const key of ['damaged', 'sound'] as ObjectName[]) {
    await store.put({
      ...{ bucket, key, condition: 'any', acl: 'default', storageClass: 'Standard', headers: {}, tags: [] },
      body: (async function* () {
        yield Buffer.alloc(2_000_000, `${key} `);
      })(),
    });
  }
  await store.close();
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    const at = bytes.indexOf('damaged damaged damaged');
    if (at < 0) continue;
    bytes[at] = 0x44;
    await writeFile(file, bytes);
  }
}
