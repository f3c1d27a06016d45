// The process that crash-steps.test.ts starts to die at a crash point: uploads in parts, completions, abortions and appends one after the
// other, each told when it is acknowledged.

import { writeSync } from 'node:fs';
import { openStorage } from '../src/open-storage.ts';
import { type Acknowledged, bodyOf, bucket, keyOf, pieceSizes, properties, rounds } from './crash-steps.ts';

const [dataDir = ''] = process.argv.slice(2);

const store = await openStorage({ dataDir });
await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
for (let round = 0; round < rounds; round++) {
  await append(round);
  const uploadId = await upload(round, 'upload');
  tell(await store.completeUpload({ ...uploadId, parts: 'all', condition: 'any', partBytesMin: 0 }));
  acknowledge({ kind: 'completed', round });
  const dropped = await upload(round, 'dropped');
  await store.abortUpload(bucket, dropped.key, dropped.uploadId);
  acknowledge({ kind: 'aborted', round });
}
await store.close();

async function upload(round: number, name: 'upload' | 'dropped') {
  const key = keyOf(name, round);
  const created = await store.createUpload({ bucket, key, ...properties });
  if (created.outcome !== 'created') throw new Error(created.outcome);
  const { uploadId } = created.upload;
  for (const [at, size] of pieceSizes.entries()) {
    const body = oneChunk(bodyOf(key, at, size));
    tell(await store.putPart({ bucket, key, uploadId, partNumber: at + 1, body }));
    if (name === 'upload') acknowledge({ kind: 'part', round, at });
  }
  return { bucket, key, uploadId };
}

async function append(round: number): Promise<void> {
  const key = keyOf('log', round);
  let position = 0;
  for (const [at, size] of pieceSizes.entries()) {
    const body = oneChunk(bodyOf(key, at, size));
    tell(await store.append({ bucket, key, ...properties, position, body }));
    position += size;
    acknowledge({ kind: 'appended', round, at });
  }
}

function tell({ outcome }: { readonly outcome: string }): void {
  if (outcome !== 'stored') throw new Error(outcome);
}

/** Synchronous, so that what was told was told before the crash. */
function acknowledge(what: Acknowledged): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
