// Each scenario is run with a fault at the first call to an engine, at the second, and so on, until it passes untouched. Whatever fails:
// what an operation says is true, what is visible is whole, the same operation succeeds afterwards, and nothing stays on the disk.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type BucketName, parseBucketName, parseObjectName } from '@postern/protocol';
import type { BlobStore } from '../src/blob-store.ts';
import { collectGarbage, type Engines, sweepUnnamedBlobs } from '../src/collect-garbage.ts';
import { RunningDigests } from '../src/digests.ts';
import { createObjectStore } from '../src/engine-object-store.ts';
import { MemoryBlobStore } from '../src/engines/memory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import { TieredBlobStore } from '../src/engines/tiered-blob-store.ts';
import { inlineBytesMax } from '../src/incoming-body.ts';
import { CommitUnknown } from '../src/metadata-store.ts';
import { findDigestFault } from '../src/object-digests.ts';
import type {
  CompleteUploadRequest,
  CreateUploadRequest,
  ObjectStore,
  PutRequest,
} from '../src/object-store.ts';
import type { ListEntry, UploadRecord } from '../src/records.ts';
import { type Fault, FaultAt, faultyBlobStore, faultyMetadataStore } from './faulty-engines.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** More calls than any scenario makes: one that never passes untouched is a mistake of the test. */
const callsMax = 100;

interface Place {
  readonly store: ObjectStore;
  readonly engines: Engines;
  readonly bucket: BucketName;
}
type Step = (place: Place) => Promise<unknown>;

interface Scenario {
  readonly versioning?: 'enabled' | 'suspended';
  readonly before: readonly Step[];
  readonly act: Step;
}

const small = 100;
const large = inlineBytesMax + 1;
const inPieces = 200_000;
const inOwnFile = 1_100_000;

const scenarios: Readonly<Record<string, Scenario>> = {
  'put small': { before: [], act: put('a', small) },
  'put large': { before: [], act: put('a', large) },
  'put in pieces': { before: [], act: put('a', inPieces) },
  'put into a file of its own': { before: [], act: put('a', inOwnFile) },
  'overwrite small with large': { before: [put('a', small)], act: put('a', large) },
  'overwrite large with small': { before: [put('a', large)], act: put('a', small) },
  'overwrite large with large': { before: [put('a', large)], act: put('a', inPieces) },
  'put if absent': { before: [], act: put('a', large, { condition: 'absent' }) },
  'put if absent, in vain': { before: [put('a', small)], act: put('a', large, { condition: 'absent' }) },
  copy: { before: [put('a', inPieces)], act: copy('a', 'b') },
  'copy onto itself': { before: [put('a', inPieces)], act: copy('a', 'a') },
  delete: { before: [put('a', large)], act: remove('a') },
  'delete what is not there': { before: [], act: remove('a') },
  'versioned put': { versioning: 'enabled', before: [put('a', large)], act: put('a', large) },
  'versioned delete': { versioning: 'enabled', before: [put('a', large)], act: remove('a') },
  'delete of a version': {
    versioning: 'enabled',
    before: [put('a', large), put('a', small)],
    act: removeOldest('a'),
  },
  'put while suspended': { versioning: 'suspended', before: [put('a', large)], act: put('a', large) },
  'delete while suspended': { versioning: 'suspended', before: [put('a', large)], act: remove('a') },
  'change of an ACL': {
    before: [put('a', small)],
    act: ({ store, bucket }) => store.setObjectAcl(bucket, parseObjectName('a'), 'null', 'public-read'),
  },
  'start of an upload': { before: [], act: createUpload('a') },
  'small part': { before: [createUpload('a')], act: putPart('a', 1, small) },
  'large part': { before: [createUpload('a')], act: putPart('a', 1, inPieces) },
  'part again': { before: [createUpload('a'), putPart('a', 1, large)], act: putPart('a', 1, large) },
  'part out of sequence': {
    before: [createUpload('a', { isSequential: true })],
    act: putPart('a', 2, large),
  },
  completion: { before: [...upload('a')], act: complete('a') },
  'completion over an object': { before: [put('a', large), ...upload('a')], act: complete('a') },
  'completion over an object in parts': {
    before: [...upload('a'), complete('a'), ...upload('a')],
    act: complete('a'),
  },
  'completion of a version': {
    versioning: 'enabled',
    before: [put('a', large), ...upload('a')],
    act: complete('a'),
  },
  'completion if absent, in vain': {
    before: [put('a', small), ...upload('a')],
    act: complete('a', { condition: 'absent' }),
  },
  'completion without a part': { before: [...upload('a')], act: complete('a', { parts: 'first' }) },
  abortion: { before: [...upload('a')], act: abort('a') },
  'overwrite of parts': { before: [...upload('a'), complete('a')], act: put('a', small) },
  'delete of parts': { before: [...upload('a'), complete('a')], act: remove('a') },
  'copy of parts': { before: [...upload('a'), complete('a')], act: copy('a', 'b') },
  'first append': { before: [], act: append('a', large) },
  'small append': { before: [append('a', small)], act: append('a', small) },
  'large append': { before: [append('a', large)], act: append('a', inPieces) },
  'append that merges': { before: [append('a', large), append('a', large)], act: append('a', large) },
  'append at a wrong place': { before: [append('a', large)], act: append('a', large, 7) },
  'append to what is not appendable': { before: [put('a', large)], act: append('a', large) },
  'append to a version': {
    versioning: 'enabled',
    before: [put('a', small), remove('a'), append('a', small)],
    act: append('a', large),
  },
  'delete of what was appended': { before: [append('a', large), append('a', small)], act: remove('a') },
  'collecting garbage': {
    before: [put('a', large), put('a', large), remove('a')],
    act: ({ engines }) => collectGarbage(engines, Number.MAX_SAFE_INTEGER),
  },
  'checking for writability': { before: [], act: ({ store }) => store.checkWritable() },
};

interface EnginePair {
  readonly open: () => Promise<Engines>;
  readonly faults: readonly Fault[];
}

const memory: EnginePair = {
  open: async () => ({ metadata: new MemoryMetadataStore(), blobs: new MemoryBlobStore() }),
  faults: ['EIO', 'ENOSPC', 'lost before', 'lost after'],
};
/** Flushes to disk all the time, so it gets the faults that can differ from those in memory. */
const durable: EnginePair = {
  open: async () => {
    const directory = temporaryDirectory();
    return {
      metadata: await SqliteMetadataStore.open(path.join(directory, 'metadata.sqlite')),
      blobs: await TieredBlobStore.open(path.join(directory, 'blobs'), randomBytes),
    };
  },
  faults: ['EIO', 'lost after'],
};

for (const [name, { open, faults }] of Object.entries({
  memory,
  'SQLite, segments and directory': durable,
})) {
  describe(`a fault at every call: ${name}`, () => {
    let engines: Engines;
    before(async () => {
      engines = await open();
    });
    after(async () => {
      await engines.blobs.close();
      await engines.metadata.close();
    });

    for (const [scenarioName, scenario] of Object.entries(scenarios)) {
      test(scenarioName, async (context) => {
        const hits = new Set<string>();
        for (const fault of faults) {
          for (let call = 1; ; call++) {
            assert.ok(call < callsMax);
            const hit = await runWithFault(engines, scenario, new FaultAt(fault, call));
            if (hit === undefined) break;
            hits.add(hit);
          }
        }
        context.diagnostic([...hits].join(', '));
        await checkNothingLeft(engines);
      });
    }
  });
}

let buckets = 0;

/** @returns at which call it was */
async function runWithFault(
  engines: Engines,
  scenario: Scenario,
  fault: FaultAt,
): Promise<string | undefined> {
  const bucket = parseBucketName(`faults-${++buckets}`);
  const sound = openPlace(engines, bucket);
  await sound.store.createBucket({ name: bucket, owner: 'o', acl: 'private', storageClass: 'Standard' });
  if (scenario.versioning) await sound.store.changeBucket(bucket, { versioning: scenario.versioning });
  for (const step of scenario.before) await step(sound);

  const old = await stateOf(sound);
  const faulty = openPlace(
    { metadata: faultyMetadataStore(engines.metadata, fault), blobs: faultyBlobStore(engines.blobs, fault) },
    bucket,
  );
  const error: unknown = await scenario.act(faulty).then(
    () => undefined,
    (thrown) => thrown,
  );
  const found = await stateOf(sound);
  // A failure that is certain has changed nothing.
  if (error !== undefined && !(error instanceof CommitUnknown)) assert.deepEqual(found, old, String(error));

  // It recovers by itself; and what was there for certain is what doing it without faults gives.
  if (error !== undefined) await scenario.act(sound);
  const again = await stateOf(sound);
  const isNew = error === undefined || error instanceof CommitUnknown;
  if (isNew && JSON.stringify(found) !== JSON.stringify(old)) {
    const expected = await expectedState(engines, scenario);
    assert.deepEqual(found, expected, 'it was done, exactly once');
  } else if (error !== undefined) assert.deepEqual(again, await expectedState(engines, scenario));

  await faulty.store.close();
  await emptyBucket(sound);
  await sound.store.close();
  return fault.hit;
}

/** What there is after the scenario when nothing fails. */
async function expectedState(engines: Engines, scenario: Scenario): Promise<unknown> {
  const bucket = parseBucketName(`faults-${++buckets}`);
  const place = openPlace(engines, bucket);
  await place.store.createBucket({ name: bucket, owner: 'o', acl: 'private', storageClass: 'Standard' });
  if (scenario.versioning) await place.store.changeBucket(bucket, { versioning: scenario.versioning });
  for (const step of [...scenario.before, scenario.act]) await step(place);
  const state = await stateOf(place);
  await emptyBucket(place);
  await place.store.close();
  return state;
}

/** The sweep of a store that is opened finds nothing to do: its calls would be counted with those of the scenario. */
async function* noBlobs(): AsyncGenerator<never> {}

/** A store whose closing leaves the engines open. */
function openPlace(engines: Engines, bucket: BucketName): Place {
  const never = new FaultAt('EIO', Number.POSITIVE_INFINITY);
  const kept = {
    metadata: faultyMetadataStore(engines.metadata, never),
    blobs: { ...faultyBlobStore(engines.blobs, never), list: noBlobs },
  };
  const store = createObjectStore({
    ...kept,
    clock: Date.now,
    randomBytes,
    reportProblem: () => {},
  });
  return { store, engines: kept, bucket };
}

/** Every version, newest first, without what differs from run to run. Each is read to its end. */
async function stateOf({ store, bucket }: Place): Promise<unknown[]> {
  const state: unknown[] = [];
  for (const version of await versionsOf({ store, bucket })) {
    const { key, versionId, isDeleteMarker, isLatest, size, etag } = version;
    if (!isDeleteMarker) await checkWhole(store, version);
    const acl = (await store.findObject(bucket, key, versionId))?.acl;
    state.push({ key, isDeleteMarker, isLatest, size, etag, acl });
  }
  for (const { key, uploadId } of await uploadsOf({ store, bucket })) {
    const page = await store.listParts({ bucket, key, uploadId, after: 0, limit: 1000 });
    state.push({ key, parts: page?.parts.map(({ partNumber, size, etag }) => [partNumber, size, etag]) });
  }
  return state;
}

async function uploadsOf({
  store,
  bucket,
}: Pick<Place, 'store' | 'bucket'>): Promise<readonly UploadRecord[]> {
  const page = await store.listUploads({ bucket, prefix: '', delimiter: '', after: '', limit: 1000 });
  return page.uploads;
}

async function versionsOf({ store, bucket }: Pick<Place, 'store' | 'bucket'>): Promise<readonly ListEntry[]> {
  const page = await store.listVersions({ bucket, prefix: '', delimiter: '', after: '', limit: 1000 });
  return page.versions;
}

async function checkWhole(store: ObjectStore, { bucket, key, versionId }: ListEntry): Promise<void> {
  const record = await store.findObject(bucket, key, versionId);
  assert.ok(record);
  const digests = new RunningDigests();
  for await (const chunk of store.openBody(record).read(0, record.size)) digests.update(chunk);
  assert.equal(findDigestFault(record, digests.finish()), undefined, key);
}

async function emptyBucket(place: Place): Promise<void> {
  for (const { key, versionId } of await versionsOf(place))
    await place.store.remove(place.bucket, key, versionId);
  for (const { key, uploadId } of await uploadsOf(place))
    await place.store.abortUpload(place.bucket, key, uploadId);
  assert.equal(await place.store.removeBucket(place.bucket), 'removed');
}

/** As after a restart: every bucket is empty, so no blob has a reason to be there. */
async function checkNothingLeft({ metadata, blobs }: Engines): Promise<void> {
  const reopened: BlobStore = {
    create: (owner) => blobs.create(owner),
    read: (ref, from, to) => blobs.read(ref, from, to),
    remove: (blobId) => blobs.remove(blobId),
    close: () => blobs.close(),
    async *list() {
      for await (const { blobId } of blobs.list()) yield { blobId, isFromThisOpening: false };
    },
  };
  await sweepUnnamedBlobs({ metadata, blobs: reopened });
  await collectGarbage({ metadata, blobs }, Number.MAX_SAFE_INTEGER);
  for await (const { blobId } of blobs.list()) assert.fail(`blob ${blobId} is left`);
  assert.deepEqual(await metadata.listGarbage({ untilMs: Number.MAX_SAFE_INTEGER, limit: 1 }), []);
}

// --- Steps ---

function put(key: string, size: number, more: Partial<PutRequest> = {}): Step {
  return async ({ store, bucket }) => {
    const given = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
    return store.put({
      ...given,
      bucket,
      key: parseObjectName(key),
      condition: 'any',
      body: pieces(size),
      ...more,
    });
  };
}

async function* pieces(size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; left -= 64 * 1024)
    yield Buffer.alloc(Math.min(left, 64 * 1024), `${size} `);
}

function copy(from: string, to: string): Step {
  return async (place) => {
    const source = await place.store.findObject(place.bucket, parseObjectName(from));
    assert.ok(source);
    return put(to, 0, { body: place.store.openBody(source).read(0, source.size) })(place);
  };
}

/** Behind what is there, unless a position is given. It is done once only: at its end it is done. */
function append(key: string, size: number, position?: number): Step {
  return async ({ store, bucket }) => {
    const name = { bucket, key: parseObjectName(key) };
    const found = await store.findObject(bucket, name.key);
    const end = found?.isDeleteMarker ? 0 : (found?.size ?? 0);
    const given = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
    await store.append({ ...given, ...name, position: position ?? end, body: pieces(size) });
  };
}

function createUpload(key: string, more: Partial<CreateUploadRequest> = {}): Step {
  return ({ store, bucket }) => {
    const given = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
    return store.createUpload({ ...given, bucket, key: parseObjectName(key), ...more });
  };
}

function putPart(key: string, partNumber: number, size: number): Step {
  return async (place) => {
    const [upload] = await uploadsOf(place);
    if (!upload) return;
    const { bucket, uploadId } = upload;
    const body = pieces(size);
    await place.store.putPart({ bucket, key: parseObjectName(key), uploadId, partNumber, body });
  };
}

/** An upload with parts of every kind. */
function upload(key: string): Step[] {
  return [createUpload(key), ...[inPieces, large, small].map((size, at) => putPart(key, at + 1, size))];
}

type Completion = Partial<Pick<CompleteUploadRequest, 'condition'>> & { readonly parts?: 'all' | 'first' };

/** Does nothing when it has been done. */
function complete(key: string, { parts: which = 'all', condition = 'any' }: Completion = {}): Step {
  return async (place) => {
    const [upload] = await uploadsOf(place);
    if (!upload) return;
    const { bucket, uploadId } = upload;
    const name = { bucket, key: parseObjectName(key), uploadId };
    const first = which === 'first' && (await place.store.listParts({ ...name, after: 0, limit: 1 }));
    const parts = first ? first.parts : 'all';
    await place.store.completeUpload({ ...name, parts, condition, partBytesMin: 0 });
  };
}

function abort(key: string): Step {
  return async (place) => {
    const [upload] = await uploadsOf(place);
    if (upload) await place.store.abortUpload(place.bucket, parseObjectName(key), upload.uploadId);
  };
}

function remove(key: string): Step {
  return ({ store, bucket }) => store.remove(bucket, parseObjectName(key));
}

function removeOldest(key: string): Step {
  return async ({ store, bucket }) => {
    const versionId = (await versionsOf({ store, bucket })).at(-1)?.versionId;
    return store.remove(bucket, parseObjectName(key), versionId);
  };
}
