// Clients that put, read and remove the same few keys at once see one order of events, on every engine: each key is a register, and the
// history of each is linearizable. First the checker itself, on histories that are known to be right or wrong.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BucketName, type ObjectName, parseBucketName, parseObjectName } from '@postern/protocol';
import fc from 'fast-check';
import { inlineBytesMax } from '../src/incoming-body.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openMemoryStorage, openStorage } from '../src/open-storage.ts';
import { joinStorage } from '../src/shared-storage.ts';
import { givenSeed } from './given-seed.ts';
import { type Call, isLinearizable } from './linearizable.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const never = Number.POSITIVE_INFINITY;
const w = (value: number | undefined, calledAt: number, answeredAt: number): Call => ({
  ...{ kind: 'write', value, calledAt, answeredAt },
});
const r = (value: number | undefined, calledAt: number, answeredAt: number): Call => ({
  ...{ kind: 'read', value, calledAt, answeredAt },
});

describe('a history', () => {
  const right: readonly (readonly Call[])[] = [
    [],
    [r(undefined, 1, 2)],
    [w(1, 1, 2), r(1, 3, 4), w(undefined, 5, 6), r(undefined, 7, 8)],
    [w(1, 1, 4), r(undefined, 2, 3), r(1, 5, 6)],
    [w(1, 1, 4), r(1, 2, 3)],
    [w(1, 1, 10), w(2, 1, 10), r(2, 2, 3), r(1, 4, 5)],
    [w(1, 1, never), r(undefined, 2, 3), r(1, 8, 9)],
    [w(1, 1, never), r(undefined, 2, 3)],
  ];
  const wrong: readonly (readonly Call[])[] = [
    [r(1, 1, 2)],
    [w(1, 1, 2), r(undefined, 3, 4)],
    [w(1, 1, 2), w(2, 3, 4), r(1, 5, 6)],
    [w(1, 1, 10), r(1, 2, 3), r(undefined, 4, 5)],
    [w(1, 1, 10), w(2, 1, 10), r(2, 2, 3), r(1, 4, 5), r(2, 6, 7)],
    [w(1, 1, never), r(1, 2, 3), r(undefined, 4, 5)],
  ];
  for (const history of right)
    test(`${write(history)} is right`, () => assert.ok(isLinearizable(history, undefined)));
  for (const history of wrong)
    test(`${write(history)} is wrong`, () => assert.ok(!isLinearizable(history, undefined)));
});

function write(history: readonly Call[]): string {
  return history
    .map(({ kind, value, calledAt, answeredAt }) => `${kind} ${value} ${calledAt}–${answeredAt}`)
    .join(', ');
}

const keys = ['a', 'b'].map(parseObjectName);
const step = fc.record({
  key: fc.constantFrom(...keys),
  kind: fc.constantFrom('put', 'put', 'upload', 'read', 'read', 'read', 'remove'),
  isLarge: fc.boolean(),
});
const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 3, maxLength: 3 });
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** `open` gives a store for each client, or one for all. */
const stores: Readonly<Record<string, { open: () => Promise<ObjectStore[]>; numRuns: number }>> = {
  memory: { open: async () => [openMemoryStorage()], numRuns: 200 },
  'SQLite and directory': {
    open: async () => [await openStorage({ dataDir: temporaryDirectory() })],
    numRuns: 60,
  },
  'SQLite and directory, a thread for each': {
    open: async () => {
      const host = await openStorage({ dataDir: temporaryDirectory(), threads: 3 });
      return [await joinStorage(host.share(), {}), await joinStorage(host.share(), {}), host];
    },
    numRuns: 60,
  },
};

let buckets = 0;

for (const [name, { open, numRuns }] of Object.entries(stores)) {
  test(`three clients at once: ${name}`, async () => {
    const opened = await open();
    await fc.assert(
      fc.asyncProperty(clients, async (scripts) => {
        const histories = await runClients(opened, scripts);
        for (const [key, history] of histories) {
          assert.ok(isLinearizable(history, undefined), `${key}: ${write(history)}`);
        }
      }),
      { numRuns, ...givenSeed },
    );
    for (const store of opened) await store.close();
  });
}

/** @returns what happened to each key */
async function runClients(
  stores: readonly ObjectStore[],
  scripts: readonly (readonly Step[])[],
): Promise<Map<ObjectName, Call[]>> {
  const bucket = parseBucketName(`history-${++buckets}`);
  await (stores[0] as ObjectStore).createBucket({
    name: bucket,
    owner: 'o',
    acl: 'private',
    storageClass: 'Standard',
  });
  const histories = new Map(keys.map((key) => [key, [] as Call[]]));
  let now = 0;
  let written = 0;

  const act = async (store: ObjectStore, { kind, key, isLarge }: Step): Promise<number | undefined> => {
    if (kind === 'remove') {
      await store.remove(bucket, key);
      return undefined;
    }
    if (kind === 'read') return readNumber(store, bucket, key);
    const number = ++written;
    const body = numberedBody(number, isLarge ? inlineBytesMax + 1 : 8);
    const given = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
    if (kind === 'upload') {
      const created = await store.createUpload({ ...given, bucket, key });
      assert.equal(created.outcome, 'created');
      const { uploadId } = (created as { upload: { uploadId: string } }).upload;
      await store.putPart({ bucket, key, uploadId, partNumber: 1, body });
      const request = { bucket, key, uploadId, parts: 'all', condition: 'any', partBytesMin: 0 } as const;
      assert.equal((await store.completeUpload(request)).outcome, 'stored');
      return number;
    }
    const { outcome } = await store.put({ ...given, bucket, key, condition: 'any', body });
    assert.equal(outcome, 'stored');
    return number;
  };
  const run = async (script: readonly Step[], client: number) => {
    const store = stores[client % stores.length] as ObjectStore;
    for (const step of script) {
      const calledAt = ++now;
      const value = await act(store, step);
      const kind = step.kind === 'read' ? 'read' : 'write';
      histories.get(step.key)?.push({ kind, value, calledAt, answeredAt: ++now });
    }
  };
  await Promise.all(scripts.map(run));
  return histories;
}

async function* numberedBody(number: number, size: number): AsyncGenerator<Uint8Array> {
  const body = Buffer.alloc(size);
  body.writeUInt32BE(number);
  yield body;
}

/** Found and read in two steps, as a download is: what was found is read to its end, whatever is written meanwhile. */
async function readNumber(
  store: ObjectStore,
  bucket: BucketName,
  key: ObjectName,
): Promise<number | undefined> {
  const record = await store.findObject(bucket, key);
  if (record === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.openBody(record).read(0, record.size)) chunks.push(chunk);
  return Buffer.concat(chunks).readUInt32BE();
}
