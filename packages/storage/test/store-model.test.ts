// Random sequences of operations, on SQLite with a directory of blobs and on the engines in memory at once. Memory is the model: both
// answer the same, hold the same afterwards, and still do when the durable one has been closed and opened again.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type BucketName, parseBucketName, parseObjectName } from '@postern/protocol';
import fc from 'fast-check';
import { inlineBytesMax } from '../src/incoming-body.ts';
import type { PutCondition } from '../src/metadata-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openMemoryStorage, openStorage } from '../src/open-storage.ts';
import {
  type ListEntry,
  nullVersionId,
  type ObjectSummary,
  type PartRecord,
  type Tag,
} from '../src/records.ts';
import { givenSeed } from './given-seed.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const keys = ['a', 'a/b', 'a/c', 'é'].map(parseObjectName);
const sizes = [0, 1, inlineBytesMax, inlineBytesMax + 1, 70_000] as const;

type Operation =
  | {
      readonly kind: 'put';
      readonly key: number;
      readonly size: number;
      readonly condition: PutCondition;
      readonly objectType: 'Normal' | 'Symlink';
      readonly tags: readonly Tag[];
    }
  | { readonly kind: 'remove'; readonly key: number }
  | { readonly kind: 'remove-version'; readonly key: number; readonly at: number }
  | { readonly kind: 'versioning'; readonly versioning: 'enabled' | 'suspended' }
  | { readonly kind: 'acl'; readonly key: number; readonly at: number }
  | { readonly kind: 'tags'; readonly key: number; readonly at: number; readonly tags: readonly Tag[] }
  | { readonly kind: 'storage-class'; readonly key: number }
  | { readonly kind: 'header'; readonly key: number }
  | { readonly kind: 'remove-seen'; readonly key: number }
  | { readonly kind: 'append'; readonly key: number; readonly size: number; readonly isBehind: boolean }
  | { readonly kind: 'create-upload'; readonly key: number; readonly isSequential: boolean }
  | { readonly kind: 'part'; readonly upload: number; readonly partNumber: number; readonly size: number }
  | {
      readonly kind: 'complete';
      readonly upload: number;
      readonly after: number;
      readonly condition: PutCondition;
    }
  | { readonly kind: 'abort'; readonly upload: number }
  | { readonly kind: 'reopen' };

const key = fc.nat(keys.length - 1);
const at = fc.nat(4);
const tag = fc.record(
  { key: fc.constantFrom('a', 'é'), value: fc.constantFrom('', '1') },
  { noNullPrototype: true },
);
const tags = fc.array(tag, { maxLength: 2 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put'),
      key,
      size: fc.constantFrom(...sizes),
      condition: fc.constantFrom('any', 'absent'),
      objectType: fc.constantFrom('Normal', 'Symlink'),
      tags: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, tags),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove'), key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove-version'), key, at }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('versioning'),
      versioning: fc.constantFrom('enabled', 'suspended'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('acl'), key, at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tags'), key, at, tags }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('storage-class', 'header', 'remove-seen'), key }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      key,
      size: fc.constantFrom(...sizes),
      isBehind: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('create-upload'), key, isSequential: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('part'),
      upload: fc.nat(2),
      partNumber: fc.integer({ min: 1, max: 3 }),
      size: fc.constantFrom(...sizes),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('complete'),
      upload: fc.nat(2),
      after: fc.nat(2),
      condition: fc.constantFrom('any', 'absent'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort'), upload: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
);

let buckets = 0;

test('SQLite with a directory does what memory does', async (context) => {
  const dataDir = temporaryDirectory();
  let durable = await openStorage({ dataDir });
  // Also when the test fails: a thread left running would keep the process alive.
  context.after(() => durable.close());
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 25 }), async (operations) => {
      const bucket = parseBucketName(`model-${++buckets}`);
      const model = openMemoryStorage();
      for (const store of [model, durable]) {
        await store.createBucket({ name: bucket, owner: 'o', acl: 'private', storageClass: 'Standard' });
      }
      for (const operation of operations) {
        if (operation.kind === 'reopen') {
          await durable.close();
          durable = await openStorage({ dataDir });
        } else {
          const expected = await carryOut(model, bucket, operation);
          assert.deepEqual(await carryOut(durable, bucket, operation), expected, JSON.stringify(operation));
        }
        assert.deepEqual(await stateOf(durable, bucket), await stateOf(model, bucket));
      }
      await model.close();
    }),
    { numRuns: 40, ...givenSeed },
  );
});

/** @returns what was answered, as far as it does not depend on chance */
async function carryOut(
  store: ObjectStore,
  bucket: BucketName,
  operation: Exclude<Operation, { kind: 'reopen' }>,
): Promise<unknown> {
  if (operation.kind === 'versioning') {
    const changed = await store.changeBucket(bucket, { versioning: operation.versioning });
    return changed?.versioning;
  }
  if ('upload' in operation) return carryOutOnUpload(store, bucket, operation);
  const name = keys[operation.key] as (typeof keys)[number];
  switch (operation.kind) {
    case 'put': {
      const { size, condition, objectType, tags } = operation;
      const body = oneChunk(Buffer.alloc(size, `${name} ${size}`));
      const given = {
        acl: 'default',
        storageClass: 'Standard',
        headers: { name, size: `${size}` },
        tags,
      } as const;
      const result = await store.put({ ...given, bucket, key: name, condition, objectType, body });
      return result.outcome === 'stored' ? describe(result.record) : result.outcome;
    }
    case 'append': {
      const { size, isBehind } = operation;
      const found = await store.findObject(bucket, name);
      const position = (found?.size ?? 0) + (isBehind ? 0 : 1);
      const body = oneChunk(Buffer.alloc(size, `${name} ${position} ${size}`));
      const given = { acl: 'private', storageClass: 'Standard', headers: { name }, tags: [] } as const;
      const result = await store.append({ ...given, bucket, key: name, position, body });
      return result.outcome === 'stored' ? describe(result.record) : result;
    }
    case 'create-upload': {
      const { isSequential } = operation;
      const given = { acl: 'default', storageClass: 'Standard', headers: { name }, tags: [] } as const;
      return (await store.createUpload({ ...given, bucket, key: name, isSequential })).outcome;
    }
    case 'remove':
      return describeRemoval(await store.remove(bucket, name));
    case 'remove-version': {
      const versionId = await versionAt(store, bucket, name, operation.at);
      return describeRemoval(await store.remove(bucket, name, versionId));
    }
    case 'storage-class':
    case 'header':
    case 'remove-seen': {
      const seen = await store.findObject(bucket, name);
      if (!seen) return undefined;
      if (operation.kind === 'remove-seen')
        return describeRemoval(await store.remove(bucket, name, undefined, seen));
      const changed =
        operation.kind === 'header'
          ? await store.setHeader(bucket, name, seen, 'state', seen.etag)
          : await store.setStorageClass(bucket, name, seen, 'IA');
      return changed && describe(changed);
    }
    case 'acl': {
      const versionId = await versionAt(store, bucket, name, operation.at);
      const changed = await store.setObjectAcl(bucket, name, versionId, 'public-read');
      return changed && describe(changed);
    }
    case 'tags': {
      const versionId = await versionAt(store, bucket, name, operation.at);
      const changed = await store.setTags(bucket, name, versionId, operation.tags);
      return changed && describe(changed);
    }
  }
}

async function carryOutOnUpload(
  store: ObjectStore,
  bucket: BucketName,
  operation: Extract<Operation, { upload: number }>,
): Promise<unknown> {
  const upload = (await uploadsOf(store, bucket))[operation.upload];
  if (!upload) return undefined;
  const { key, uploadId } = upload;
  switch (operation.kind) {
    case 'part': {
      const { partNumber, size } = operation;
      const body = oneChunk(Buffer.alloc(size, `${key} ${partNumber} ${size}`));
      const result = await store.putPart({ bucket, key, uploadId, partNumber, body });
      return result.outcome === 'stored' ? describePart(result.part) : result.outcome;
    }
    case 'complete': {
      const { after, condition } = operation;
      const page = await store.listParts({ bucket, key, uploadId, after, limit: 1000 });
      const parts = after === 0 ? 'all' : (page?.parts ?? []);
      const name = { bucket, key, uploadId };
      const result = await store.completeUpload({ ...name, parts, condition, partBytesMin: 1 });
      return result.outcome === 'stored' ? describe(result.record) : result;
    }
    case 'abort':
      return store.abortUpload(bucket, key, uploadId);
  }
}

function describePart({ partNumber, size, etag, crc64 }: PartRecord) {
  return { partNumber, size, etag, crc64 };
}

async function uploadsOf(store: ObjectStore, bucket: BucketName) {
  return (await store.listUploads({ bucket, prefix: '', delimiter: '', after: '', limit: 1000 })).uploads;
}

function describeRemoval(result: Awaited<ReturnType<ObjectStore['remove']>>): unknown {
  if (result.outcome === 'removed') return ['removed', describe(result.record)];
  return result.outcome === 'marked' ? ['marked', describe(result.marker)] : result.outcome;
}

function describe(summary: ObjectSummary) {
  const { crc64, acl } = summary;
  return { ...describeEntry(summary), crc64, acl };
}

function describeEntry({
  key,
  versionId,
  isLatest,
  isDeleteMarker,
  size,
  etag,
  storageClass,
  headers,
  tags,
  objectType,
}: ListEntry) {
  return {
    ...{ key, isLatest, isDeleteMarker, size, etag, storageClass, headers, tags, objectType },
    isNull: versionId === nullVersionId,
  };
}

async function versionsOf(store: ObjectStore, bucket: BucketName) {
  return (await store.listVersions({ bucket, prefix: '', delimiter: '', after: '', limit: 1000 })).versions;
}

/** One that does not exist, when there are not so many. */
async function versionAt(store: ObjectStore, bucket: BucketName, key: string, at: number): Promise<string> {
  const versions = (await versionsOf(store, bucket)).filter((version) => version.key === key);
  return versions[at]?.versionId ?? 'no-such-version';
}

/** Every version with what its body hashes to, and what a plain list shows. */
async function stateOf(store: ObjectStore, bucket: BucketName): Promise<unknown> {
  const versions: unknown[] = [];
  for (const version of await versionsOf(store, bucket)) {
    const record = await store.findObject(bucket, version.key, version.versionId);
    assert.ok(record);
    const md5 = createHash('md5');
    for await (const chunk of store.openBody(record).read(0, record.size)) md5.update(chunk);
    versions.push({ ...describe(record), ...describeEntry(version), md5: md5.digest('hex') });
  }
  const list = await store.list({ bucket, prefix: '', delimiter: '/', after: '', limit: 1000 });
  const uploads: unknown[] = [];
  for (const { key, uploadId, isSequential, headers } of await uploadsOf(store, bucket)) {
    const page = await store.listParts({ bucket, key, uploadId, after: 0, limit: 1000 });
    uploads.push({ key, isSequential, headers, parts: page?.parts.map(describePart) });
  }
  return { versions, uploads, objects: list.objects.map(describeEntry), commonPrefixes: list.commonPrefixes };
}

async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
