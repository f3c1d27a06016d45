// The process that kill.test.ts kills: it puts objects of all sizes as fast as it can, and tells each one when it is acknowledged.

import { createHash, randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { openStorage } from '../src/open-storage.ts';

const [dataDir = ''] = process.argv.slice(2);
const bucket = parseBucketName('the-bucket');
const sizes = [0, 10, 8192, 8193, 70_000, 400_000, 1_100_000];

const store = await openStorage({ dataDir });
await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
await Promise.all(sizes.map((_, worker) => putForever(worker)));

async function putForever(worker: number): Promise<void> {
  for (let round = 0; ; round++) {
    const body = randomBytes(sizes[(worker + round) % sizes.length] as number);
    // Every other one replaces the one before it, so that there is garbage too.
    const key = parseObjectName(`${worker}/${round >> 1}`);
    const result = await store.put({
      ...{ bucket, key, condition: 'any', body: oneChunk(body), acl: 'default', storageClass: 'Standard' },
      headers: { round: String(round) },
      tags: [],
    });
    if (result.outcome !== 'stored') throw new Error(result.outcome);
    const md5 = createHash('md5').update(body).digest('hex').toUpperCase();
    // Synchronous, so that what was told was told before the kill.
    writeSync(1, `${JSON.stringify({ key, round, md5 })}\n`);
  }
}

async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
