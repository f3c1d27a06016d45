// A process dies at each step of uploads in parts and of appends. Opened again, the store has all that was acknowledged, nothing that is
// half there, and no blob that belongs to nothing once it was swept; and what was under way can be carried on.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { checkStore, type Finding } from '../src/check-store.ts';
import type { CrashPoint } from '../src/crash-points.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openStorage } from '../src/open-storage.ts';
import { type Acknowledged, bodyOf, bucket, keyOf, pieceSizes, properties, rounds } from './crash-steps.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** At which passings of each. */
const deaths: Partial<Record<CrashPoint, readonly number[]>> = {
  'part-durable': [1, 14],
  'part-committed': [3],
  'upload-completed': [1, 2],
  'append-durable': [1, 4],
  'append-committed': [3, 11],
  'batch-made': [6, 15],
  'batch-committed': [4, 16],
};

const whole = (key: string, pieces: number) =>
  Buffer.concat(pieceSizes.slice(0, pieces).map((size, at) => bodyOf(key, at, size)));

for (const [point, passings] of Object.entries(deaths)) {
  for (const passing of passings) {
    test(`${point}:${passing}`, async () => {
      const dataDir = temporaryDirectory();
      const acknowledged = dieAt(dataDir, `${point}:${passing}`);
      const findings: Finding[] = [];
      await checkStore({ dataDir, report: (finding) => findings.push(finding) });
      assert.deepEqual(
        findings.filter(({ kind }) => kind !== 'blob-unnamed'),
        [],
      );
      const store = await openStorage({ dataDir });
      for (let round = 0; round < rounds; round++) {
        await checkLog(store, round, acknowledged);
        await checkUpload(store, round, acknowledged);
      }
      await store.close();
      await checkStore({ dataDir, repair: true, report: () => {} });
      await checkStore({ dataDir, report: ({ detail }) => assert.fail(detail) });
    });
  }
}

function dieAt(dataDir: string, crashAt: string): Acknowledged[] {
  const script = path.join(import.meta.dirname, 'crashing-writer.ts');
  const { stdout, stderr, signal } = spawnSync(process.execPath, [script, dataDir], {
    env: { ...process.env, TEST_CRASH_AT: crashAt },
    encoding: 'utf8',
  });
  assert.equal(signal, 'SIGKILL', stderr);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function read(store: ObjectStore, key: ReturnType<typeof keyOf>): Promise<Buffer | undefined> {
  const record = await store.findObject(bucket, key);
  if (record === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.openBody(record).read(0, record.size)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** All that was acknowledged, and at most the one append that was not; then it can be appended to where it ends. */
async function checkLog(
  store: ObjectStore,
  round: number,
  acknowledged: readonly Acknowledged[],
): Promise<void> {
  const key = keyOf('log', round);
  const told = acknowledged.filter((what) => what.kind === 'appended' && what.round === round).length;
  const found = (await read(store, key)) ?? Buffer.alloc(0);
  const pieces = [told, told + 1].find((count) => whole(key, count).equals(found));
  assert.ok(pieces !== undefined, `${key} has ${found.length} bytes after ${told} appends`);
  for (const [at, size] of [...pieceSizes.entries()].slice(pieces)) {
    const position = whole(key, at).length;
    const body = oneChunk(bodyOf(key, at, size));
    const { outcome } = await store.append({ bucket, key, ...properties, position, body });
    assert.equal(outcome, 'stored');
  }
  assert.ok((await read(store, key))?.equals(whole(key, pieceSizes.length)));
}

/** The whole object, or an upload with all parts that were acknowledged, which can be completed; never both, never half an object. */
async function checkUpload(
  store: ObjectStore,
  round: number,
  acknowledged: readonly Acknowledged[],
): Promise<void> {
  const key = keyOf('upload', round);
  const ofRound = acknowledged.filter((what) => what.round === round);
  const { uploads } = await store.listUploads({ bucket, prefix: key, delimiter: '', after: '', limit: 10 });
  const object = await read(store, key);
  if (ofRound.some(({ kind }) => kind === 'completed')) assert.ok(object);
  if (object) {
    assert.ok(object.equals(whole(key, pieceSizes.length)));
    assert.deepEqual(uploads, []);
  }
  const dropped = keyOf('dropped', round);
  const left = await store.listUploads({ bucket, prefix: dropped, delimiter: '', after: '', limit: 10 });
  if (ofRound.some(({ kind }) => kind === 'aborted')) assert.deepEqual(left.uploads, []);

  const [upload] = uploads;
  if (upload === undefined) return assert.ok(object || !ofRound.some(({ kind }) => kind === 'part'));
  const { uploadId } = upload;
  const page = await store.listParts({ bucket, key, uploadId, after: 0, limit: 100 });
  const told = ofRound.filter(({ kind }) => kind === 'part').length;
  const parts = page?.parts.length ?? 0;
  assert.ok(parts === told || parts === told + 1, `${parts} parts after ${told}`);
  for (const [at, size] of [...pieceSizes.entries()].slice(parts)) {
    await store.putPart({ bucket, key, uploadId, partNumber: at + 1, body: oneChunk(bodyOf(key, at, size)) });
  }
  const name = { bucket, key, uploadId };
  await store.completeUpload({ ...name, parts: 'all', condition: 'any', partBytesMin: 0 });
  assert.ok((await read(store, key))?.equals(whole(key, pieceSizes.length)));
}

async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
