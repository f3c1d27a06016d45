// Passes over buckets: what is due is done, what changes meanwhile is left alone, and a failure stops nothing but its own bucket.

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { type BucketName, parseBucketName, parseObjectName } from '@postern/protocol';
import type { ObjectStore, UploadRecord } from '@postern/storage';
import { LifecycleRunner } from '../src/buckets/lifecycle-runner.ts';
import { createLog } from '../src/http/access-log.ts';
import { startTestServer, type TestServer } from './call-notation.ts';

const dayMs = 86_400_000;
const docs = parseBucketName('docs');

const rules = (...contents: string[]) => ({
  body: `<LifecycleConfiguration>${contents
    .map((content) => `<Rule><Status>Enabled</Status>${content}</Rule>`)
    .join('')}</LifecycleConfiguration>`,
});
const inDays = (count: number, prefix = '') =>
  `<Prefix>${prefix}</Prefix><Expiration><Days>${count}</Days></Expiration>`;

interface Bench extends TestServer {
  readonly logged: Record<string, unknown>[];
  pass(days?: number): Promise<Omit<Awaited<ReturnType<LifecycleRunner['runNow']>>, 'examined'>>;
  names(bucket?: string): Promise<string[]>;
  readonly runner: LifecycleRunner;
}

/** @param around wraps the store as the runner sees it */
function bench(around: (store: ObjectStore) => ObjectStore = (store) => store): Bench {
  const server = startTestServer();
  const logged: Record<string, unknown>[] = [];
  const destination = new Writable({
    write: (line, _, done) => {
      logged.push(JSON.parse(`${line}`));
      done();
    },
  });
  const log = createLog({ pretty: false, level: 'info', destination });
  const runner = new LifecycleRunner({
    store: around(server.store),
    clock: () => server.clock.nowMs,
    log,
    everyMs: false,
  });
  return {
    ...server,
    logged,
    runner,
    async pass(days = 0) {
      server.clock.nowMs += days * dayMs;
      const { examined: _, ...done } = await runner.runNow();
      return done;
    },
    async names(bucket = 'docs') {
      const query = { bucket: parseBucketName(bucket), prefix: '', delimiter: '', after: '', limit: 1000 };
      return (await server.store.list(query)).objects.map(({ key }) => key);
    },
  };
}

const nothing = { expired: 0, erased: 0, moved: 0, aborted: 0 };

test('objects under the prefix are deleted when their days are over, and the log says so', async () => {
  const { ask, pass, names, logged } = bench();
  await ask('PUT docs');
  await ask('PUT docs/tmp/a');
  await ask('PUT docs/keep');
  await ask('PUT docs?lifecycle', rules(inDays(2, 'tmp/')));
  assert.deepEqual(await pass(1), nothing);
  assert.deepEqual(logged, []);
  await ask('PUT docs/tmp/b');
  assert.deepEqual(await pass(1), { ...nothing, expired: 1 });
  assert.deepEqual(await names(), ['keep', 'tmp/b']);
  assert.deepEqual(
    logged.map(({ msg, bucket, expired }) => ({ msg, bucket, expired })),
    [{ msg: 'lifecycle', bucket: 'docs', expired: 1 }],
  );
  assert.deepEqual(await pass(), nothing);
});

test('more objects than a page holds', async () => {
  const { ask, pass, names, store } = bench();
  await ask('PUT docs');
  await ask('PUT docs?lifecycle', rules(inDays(1, 'n')));
  await fill(store, docs, 1234);
  await ask('PUT docs/other');
  assert.deepEqual(await pass(2), { ...nothing, expired: 1234 });
  assert.deepEqual(await names(), ['other']);
});

test('an object that is overwritten after it was seen stays', async () => {
  const { ask, pass, names } = bench((store) => ({
    ...handedOn(store),
    async remove(bucket, key, versionId, onlyIf) {
      await put(store, bucket, key);
      return store.remove(bucket, key, versionId, onlyIf);
    },
    async setStorageClass(bucket, key, seen, storageClass) {
      await put(store, bucket, key);
      return store.setStorageClass(bucket, key, seen, storageClass);
    },
  }));
  await ask('PUT docs');
  for (const name of ['docs/old/a', 'docs/cool/a']) await ask(`PUT ${name}`, { body: 'old' });
  const cools =
    '<Prefix>cool/</Prefix><Transition><Days>1</Days><StorageClass>IA</StorageClass></Transition>';
  await ask('PUT docs?lifecycle', rules(inDays(1, 'old/'), cools));
  assert.deepEqual(await pass(2), nothing);
  assert.deepEqual(await names(), ['cool/a', 'old/a']);
  assert.equal((await ask('GET docs/cool/a')).headers['x-oss-storage-class'], 'Standard');
});

test('rules that are removed after an object was seen no longer count', async () => {
  const { ask, pass, names, store } = bench((store) => ({
    ...handedOn(store),
    async listVersions(query) {
      const page = await store.listVersions(query);
      await store.changeBucket(query.bucket, { documents: { lifecycle: undefined } });
      return page;
    },
  }));
  await ask('PUT docs');
  await ask('PUT docs/a');
  await ask('PUT docs?lifecycle', rules(inDays(1)));
  assert.deepEqual(await pass(2), nothing);
  assert.deepEqual(await names(), ['a']);
  assert.deepEqual((await store.findBucket(docs))?.documents, {});
});

test('versions: the newest is hidden, older ones are erased, markers that hide nothing go', async () => {
  const { ask, pass, names, store } = bench();
  await ask('PUT docs');
  const enabled = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await ask('PUT docs?versioning', { body: enabled });
  await ask('PUT docs/a', { body: '1' });
  await ask('PUT docs/a', { body: '2' });
  const older =
    '<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays></NoncurrentVersionExpiration>';
  const cools =
    '<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>IA</StorageClass></NoncurrentVersionTransition>';
  const markers = '<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>';
  await ask(
    'PUT docs?lifecycle',
    rules(`<Prefix></Prefix><Expiration><Days>2</Days></Expiration>${older}${cools}`),
  );
  const versions = async () => {
    const bucket = docs;
    const page = await store.listVersions({ bucket, prefix: '', delimiter: '', after: '', limit: 10 });
    return page.versions.map(({ isDeleteMarker, storageClass, size }) =>
      isDeleteMarker ? 'marker' : `${storageClass} ${size}`,
    );
  };
  assert.deepEqual(await pass(1), { ...nothing, moved: 1 });
  assert.deepEqual(await versions(), ['Standard 1', 'IA 1']);
  assert.deepEqual(await pass(1), { ...nothing, expired: 1, erased: 1 });
  assert.deepEqual(await names(), []);
  assert.deepEqual(await versions(), ['marker', 'Standard 1']);
  await ask('PUT docs?lifecycle', rules(`<Prefix></Prefix>${markers}${older}`));
  assert.deepEqual(await pass(1), nothing);
  assert.deepEqual(await pass(1), { ...nothing, erased: 1 });
  assert.deepEqual(await versions(), ['marker']);
  assert.deepEqual(await pass(), { ...nothing, erased: 1 });
  assert.deepEqual(await versions(), []);
});

const endsUploads = (days: number, prefix = '') =>
  `<Prefix>${prefix}</Prefix><AbortMultipartUpload><Days>${days}</Days></AbortMultipartUpload>`;

test('uploads that nobody completed are aborted with their parts; objects and other uploads stay', async () => {
  const { ask, pass, names, store, logged } = bench();
  await ask('PUT docs');
  await ask('PUT docs/tmp/done');
  await ask('PUT docs?lifecycle', rules(endsUploads(2, 'tmp/'), inDays(9, 'other/')));
  const [old, kept] = [await begin(store, 'tmp/a'), await begin(store, 'other/a')];
  await putPart(store, old);
  assert.deepEqual(await pass(1), nothing);
  const young = await begin(store, 'tmp/a');
  assert.deepEqual(await pass(1), { ...nothing, aborted: 1 });
  assert.deepEqual(await uploads(store), [kept.uploadId, young.uploadId]);
  assert.equal(await store.listParts({ ...old, after: 0, limit: 1 }), undefined);
  assert.deepEqual(await names(), ['tmp/done']);
  assert.equal(logged[0]?.aborted, 1);
  assert.deepEqual(await pass(2), { ...nothing, aborted: 1 });
  assert.deepEqual(await uploads(store), [kept.uploadId]);
});

test('more uploads than a page holds, many of one name', async () => {
  const { ask, pass, store } = bench();
  await ask('PUT docs');
  await ask('PUT docs?lifecycle', rules(endsUploads(1)));
  for (let i = 0; i < 1234; i++) await begin(store, i < 700 ? 'one' : `n${i}`);
  assert.deepEqual(await pass(2), { ...nothing, aborted: 1234 });
  assert.deepEqual(await uploads(store), []);
});

test('an upload that is completed, or whose rule is removed, after it was seen', async () => {
  const { ask, pass, names, store } = bench((inner) => ({
    ...handedOn(inner),
    async listUploads(query) {
      const page = await inner.listUploads(query);
      for (const upload of page.uploads) await completeUpload(inner, upload);
      return page;
    },
  }));
  await ask('PUT docs');
  await ask('PUT docs?lifecycle', rules(endsUploads(1)));
  await putPart(store, await begin(store, 'a'));
  assert.deepEqual(await pass(2), nothing);
  assert.deepEqual(await names(), ['a']);

  const late = bench((inner) => ({
    ...handedOn(inner),
    async listUploads(query) {
      const page = await inner.listUploads(query);
      await inner.changeBucket(query.bucket, { documents: { lifecycle: undefined } });
      return page;
    },
  }));
  await late.ask('PUT docs');
  await late.ask('PUT docs?lifecycle', rules(endsUploads(1)));
  const { uploadId } = await begin(late.store, 'a');
  assert.deepEqual(await late.pass(2), nothing);
  assert.deepEqual(await uploads(late.store), [uploadId]);
});

test('a bucket that fails is logged, and the others are not left out', async () => {
  const failure = new Error('no reading today');
  const { ask, pass, names, logged } = bench((store) => ({
    ...handedOn(store),
    async listVersions(query) {
      if (query.bucket === 'bad') throw failure;
      return store.listVersions(query);
    },
  }));
  for (const bucket of ['bad', 'good']) {
    await ask(`PUT ${bucket}`);
    await ask(`PUT ${bucket}/a`);
    await ask(`PUT ${bucket}?lifecycle`, rules(inDays(1)));
  }
  assert.deepEqual(await pass(2), { ...nothing, expired: 1 });
  assert.deepEqual(await names('bad'), ['a']);
  assert.deepEqual(await names('good'), []);
  const [line] = logged;
  assert.equal(line?.level, 'error');
  assert.equal(line?.bucket, 'bad');
});

test('a pass that is told to stop ends soon, and the next one does the rest', async () => {
  const stopping = bench((store) => ({
    ...handedOn(store),
    async remove(...given) {
      void stopping.runner.stop();
      return store.remove(...given);
    },
  }));
  await stopping.ask('PUT docs');
  await stopping.ask('PUT docs?lifecycle', rules(inDays(1)));
  await fill(stopping.store, docs, 100);
  const { expired } = await stopping.pass(2);
  assert.ok(expired > 0 && expired < 100, `${expired}`);
  assert.equal((await stopping.names()).length, 100 - expired);
});

// --- The store ---

type Begun = Pick<UploadRecord, 'bucket' | 'key' | 'uploadId'>;

async function* bytes(text: string): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(text);
}

async function begin(store: ObjectStore, key: string): Promise<Begun> {
  const properties = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
  const result = await store.createUpload({ bucket: docs, key: parseObjectName(key), ...properties });
  if (result.outcome !== 'created') assert.fail(result.outcome);
  const { bucket, key: name, uploadId } = result.upload;
  return { bucket, key: name, uploadId };
}

async function putPart(store: ObjectStore, upload: Begun): Promise<void> {
  const { outcome } = await store.putPart({ ...upload, partNumber: 1, body: bytes('part') });
  assert.equal(outcome, 'stored');
}

async function completeUpload(store: ObjectStore, { bucket, key, uploadId }: Begun): Promise<void> {
  const asked = { bucket, key, uploadId, parts: 'all', condition: 'any', partBytesMin: 0 } as const;
  assert.equal((await store.completeUpload(asked)).outcome, 'stored');
}

/** The ids of those under way. */
async function uploads(store: ObjectStore): Promise<string[]> {
  const page = await store.listUploads({ bucket: docs, prefix: '', delimiter: '', after: '', limit: 1000 });
  return page.uploads.map(({ uploadId }) => uploadId);
}

async function put(store: ObjectStore, bucket: BucketName, key: string): Promise<void> {
  await store.put({
    bucket,
    key: parseObjectName(key),
    condition: 'any',
    acl: 'default',
    storageClass: 'Standard',
    headers: {},
    tags: [],
    body: bytes('new'),
  });
}

async function fill(store: ObjectStore, bucket: BucketName, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await put(store, bucket, `n${i}`);
}

/** What a runner uses of it, as properties to be replaced one by one. */
function handedOn(store: ObjectStore): ObjectStore {
  const used = [
    ...(['findBucket', 'listBuckets', 'listVersions', 'remove', 'setStorageClass'] as const),
    ...(['listUploads', 'abortUpload'] as const),
  ];
  const bound = used.map((name) => [name, (store[name] as () => unknown).bind(store)]);
  return Object.fromEntries(bound) as ObjectStore;
}
