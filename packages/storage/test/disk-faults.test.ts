// A disk that is full, and a disk that fails: what a put leaves, what the store does afterwards, and that reading goes on.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { BlobCorrupt, type BlobStore } from '../src/blob-store.ts';
import type { GarbageTiming } from '../src/collect-garbage.ts';
import { createObjectStore } from '../src/engine-object-store.ts';
import { DirectoryBlobStore } from '../src/engines/directory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import { type IndexWriter, startIndexWriter } from '../src/engines/sqlite-write-queue.ts';
import type { FromWriter, ToWriter, WriterFaultKind } from '../src/engines/sqlite-writer.ts';
import { TieredBlobStore } from '../src/engines/tiered-blob-store.ts';
import { inlineBytesMax } from '../src/incoming-body.ts';
import { CommitUnknown, type MetadataStore, type PutIntent } from '../src/metadata-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { DiskFull, VolumeFailed } from '../src/write-fault.ts';
import { type DiskCall, type FailingFiles, failingFiles, withoutDirectIo } from './failing-files.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bucket = parseBucketName('the-bucket');
const large = Buffer.alloc(inlineBytesMax + 1, 'x');

interface Bench {
  readonly store: ObjectStore;
  readonly files: FailingFiles;
  readonly problems: unknown[];
  put(key: string, body?: Uint8Array): Promise<unknown>;
  read(key: string): Promise<string>;
  blobCount(): Promise<number>;
  /** Lets the collector do its work until there are so many. */
  untilBlobsAre(count: number): Promise<void>;
}

/** How bodies lie on the disk. */
const LAYOUTS = {
  files: (files) => DirectoryBlobStore.open(temporaryDirectory(), randomBytes, { files }),
  segments: (files) => TieredBlobStore.open(temporaryDirectory(), randomBytes, { files }),
  'segments of one blob': (files) =>
    TieredBlobStore.open(temporaryDirectory(), randomBytes, { files, segmentBytes: 1 }),
  'segments without direct I/O': (files) =>
    TieredBlobStore.open(temporaryDirectory(), randomBytes, { files: withoutDirectIo(files) }),
} satisfies Record<string, (files: FailingFiles) => Promise<BlobStore>>;
type Layout = keyof typeof LAYOUTS;

async function openBench(
  context: TestContext,
  metadata: MetadataStore = new MemoryMetadataStore(),
  layout: Layout = 'files',
  garbage?: GarbageTiming,
): Promise<Bench> {
  const files = failingFiles();
  const blobs = await LAYOUTS[layout](files);
  const problems: unknown[] = [];
  const store = createObjectStore({
    ...{ metadata, blobs, clock: () => 1_700_000_000_000, randomBytes },
    reportProblem: (problem) => problems.push(problem),
    garbage,
  });
  context.after(() => store.close());
  await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
  const put = (key: string, body: Uint8Array = large) =>
    store.put({
      ...{ bucket, key: parseObjectName(key), condition: 'any', acl: 'default', storageClass: 'Standard' },
      ...{ headers: {}, tags: [], body: oneChunk(body) },
    });
  const blobCount = async () => {
    let count = 0;
    for await (const _ of blobs.list()) count++;
    return count;
  };
  return {
    ...{ store, files, problems, put, blobCount },
    async untilBlobsAre(count) {
      while ((await blobCount()) !== count) await nextTurn();
    },
    async read(key) {
      const record = await store.findObject(bucket, parseObjectName(key));
      assert.ok(record, `${key} is not there`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.openBody(record).read(0, record.size)) chunks.push(chunk);
      return String(Buffer.concat(chunks));
    },
  };
}

async function* oneChunk(body: Uint8Array) {
  yield body;
}

describe('a full disk', () => {
  for (const [layout, call, code] of [
    ['files', 'open', 'ENOSPC'],
    ['files', 'writev', 'ENOSPC'],
    ['files', 'writev', 'EDQUOT'],
    ['files', 'datasync', 'ENOSPC'],
    ['files', 'sync', 'ENOSPC'],
    ['segments', 'writev', 'ENOSPC'],
    ['segments', 'writev', 'EDQUOT'],
    ['segments of one blob', 'open', 'ENOSPC'],
    ['segments of one blob', 'sync', 'ENOSPC'],
    ['segments without direct I/O', 'writev', 'ENOSPC'],
    ['segments without direct I/O', 'datasync', 'ENOSPC'],
  ] as const) {
    test(`met in ${call} (${code}, ${layout}): nothing is left, and it is over when there is room`, async (context) => {
      const bench = await openBench(context, new MemoryMetadataStore(), layout);
      await bench.put('before');
      bench.files.failing.set(call, code);
      await assert.rejects(bench.put('a'), DiskFull);
      await assert.rejects(bench.store.checkWritable(), DiskFull);
      assert.equal(await bench.store.findObject(bucket, parseObjectName('a')), undefined);
      assert.equal(await bench.blobCount(), 1);
      assert.equal(await bench.read('before'), String(large));

      bench.files.failing.clear();
      await bench.put('a');
      await bench.store.checkWritable();
      assert.deepEqual(bench.problems, []);
    });
  }
});

describe('no file descriptor left', () => {
  for (const [layout, call] of [
    ['files', 'open'],
    ['files', 'openFolder'],
    ['segments of one blob', 'open'],
    ['segments of one blob', 'openFolder'],
  ] as const) {
    test(`for ${call} (${layout}): nothing is left, and nothing is wrong with the disk`, async (context) => {
      const bench = await openBench(context, new MemoryMetadataStore(), layout);
      bench.files.failing.set(call, 'EMFILE');
      await assert.rejects(bench.put('a'), { code: 'EMFILE' });
      assert.equal(await bench.blobCount(), 0);
      bench.files.failing.clear();
      await bench.put('a');
      assert.equal(await bench.read('a'), String(large));
      assert.deepEqual(bench.problems, []);
    });
  }
});

describe('what a full disk does not let go', () => {
  const atOnce = { graceMs: 0, everyMs: 1 };

  for (const [layout, faults] of [
    ['files', { writev: 'ENOSPC', rm: 'EIO' }],
    ['files', { writev: 'ENOSPC', close: 'EDQUOT' }],
    ['files', { sync: 'ENOSPC', rm: 'EIO' }],
    ['segments of one blob', { open: 'ENOSPC' }],
  ] as const satisfies [Layout, Partial<Record<DiskCall, string>>][]) {
    test(`(${JSON.stringify(faults)}, ${layout}) goes in the background when there is room`, {
      timeout: 30_000,
    }, async (context) => {
      const bench = await openBench(context, new MemoryMetadataStore(), layout, atOnce);
      await bench.put('before');
      for (const [call, code] of Object.entries(faults)) bench.files.failing.set(call as DiskCall, code);
      await assert.rejects(bench.put('a'), DiskFull);
      await assert.rejects(bench.store.checkWritable(), DiskFull);
      bench.files.failing.clear();
      await bench.untilBlobsAre(1);
      await bench.put('a');
      assert.equal(await bench.read('before'), String(large));
    });
  }

  test('goes when it was refused for another reason', { timeout: 30_000 }, async (context) => {
    const full = Object.assign(new MemoryMetadataStore(), {
      commitPut: () => Promise.reject(new DiskFull('full')),
    });
    for (const layout of ['files', 'segments'] as const) {
      const bench = await openBench(context, full, layout, atOnce);
      const call = layout === 'files' ? 'rm' : 'write';
      bench.files.failing.set(call, 'ENOSPC');
      await assert.rejects(bench.put('a'), DiskFull);
      assert.equal(await bench.blobCount(), 1);
      assert.notEqual(bench.problems.length, 0);
      bench.files.failing.clear();
      await bench.untilBlobsAre(0);
    }
  });
});

describe('a disk that fails', () => {
  for (const [layout, call] of [
    ['files', 'datasync'],
    ['files', 'sync'],
    ['segments', 'writev'],
    ['segments of one blob', 'sync'],
    ['segments without direct I/O', 'datasync'],
  ] as const satisfies [Layout, DiskCall][]) {
    test(`in ${call} (${layout}): nothing more is written, and it is not tried again`, async (context) => {
      const bench = await openBench(context, new MemoryMetadataStore(), layout);
      await bench.put('before');
      bench.files.failing.set(call, 'EIO');
      await assert.rejects(bench.put('a'), VolumeFailed);
      // The kernel would say that all is well now.
      bench.files.failing.clear();
      const flushes = bench.files.calls.get(call);
      const changes = [
        () => bench.put('b'),
        () => bench.put('small', Buffer.from('x')),
        () => bench.store.remove(bucket, parseObjectName('before')),
        () => bench.store.changeBucket(bucket, { acl: 'public-read' }),
        () => bench.store.setObjectAcl(bucket, parseObjectName('before'), 'null', 'private'),
        () => bench.store.checkWritable(),
      ];
      for (const change of changes) await assert.rejects(change, VolumeFailed);
      assert.equal(bench.files.calls.get(call), flushes);
      assert.equal(bench.problems.length, 1);
      assert.match(String(bench.problems[0]), /EIO.*Nothing more is written/);

      assert.equal(await bench.read('before'), String(large));
      const query = { bucket, prefix: '', delimiter: '', after: '', limit: 10 };
      assert.deepEqual(
        (await bench.store.list(query)).objects.map(({ key }) => key as string),
        ['before'],
      );
      assert.equal(await bench.blobCount(), 1);
    });
  }

  for (const [layout, call] of [
    ['files', 'sync'],
    ['segments', 'writev'],
  ] as const satisfies [Layout, DiskCall][]) {
    test(`while a flush is under way (${layout}): who waits for the next one fails with it`, async (context) => {
      const bench = await openBench(context, new MemoryMetadataStore(), layout);
      bench.files.failing.set(call, 'EIO');
      const puts = await Promise.allSettled(Array.from({ length: 600 }, (_, i) => bench.put(`${i}`)));
      assert.ok(puts.every((put) => put.status === 'rejected' && put.reason instanceof VolumeFailed));
      assert.equal(await bench.blobCount(), 0);
    });
  }
});

/** The thread that writes the index; what it answers from `fails` on is that its commit failed, whatever it did. */
async function startFailingWriter(
  file: string,
): Promise<IndexWriter & { fails(kind: WriterFaultKind): void }> {
  const writer = await startIndexWriter(file);
  const seen = new EventEmitter();
  let failing: WriterFaultKind | undefined;
  writer.on('message', (message: FromWriter) => {
    const fault = { message: 'disk I/O error', stack: undefined, storageFault: undefined };
    seen.emit('message', failing ? { kind: 'not-committed', fault: { ...fault, kind: failing } } : message);
  });
  for (const name of ['error', 'exit']) writer.on(name, (...given) => seen.emit(name, ...given));
  return Object.assign(seen, {
    postMessage: (message: ToWriter) => writer.postMessage(message),
    fails: (kind: WriterFaultKind) => {
      failing = kind;
    },
  }) as unknown as IndexWriter & { fails(kind: WriterFaultKind): void };
}

describe('an index whose commit fails', () => {
  async function openIndex(context: TestContext) {
    let writer: Awaited<ReturnType<typeof startFailingWriter>> | undefined;
    const file = path.join(temporaryDirectory(), 'metadata.sqlite');
    const metadata = await SqliteMetadataStore.open(file, async (name) => {
      writer = await startFailingWriter(name);
      return writer;
    });
    const bench = await openBench(context, metadata);
    await bench.put('before');
    assert.ok(writer);
    return { bench, metadata, writer };
  }

  test('is not written to again; the blob stays, for a crash may bring the commit back', async (context) => {
    const { bench, writer } = await openIndex(context);
    writer.fails('other');
    await assert.rejects(bench.put('a'), (error) => {
      return error instanceof CommitUnknown && error.cause instanceof VolumeFailed;
    });
    assert.equal(await bench.blobCount(), 2);
    await assert.rejects(bench.put('b'), VolumeFailed);
    await assert.rejects(bench.store.checkWritable(), VolumeFailed);
    assert.equal(bench.problems.length, 1);
    assert.equal(await bench.blobCount(), 2);
    assert.equal(await bench.read('before'), String(large));
  });

  test('fails what waited behind it without trying', async (context) => {
    const { metadata, writer } = await openIndex(context);
    writer.fails('other');
    const commit = (key: string) => metadata.commitPut(intent(key));
    const together = ['first', 'with it'].map(commit);
    // They leave together at the end of this tick; what comes then waits.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const settled = await Promise.allSettled([...together, ...['behind', 'and last'].map(commit)]);
    const reasons = settled.map((put) => (put.status === 'rejected' ? put.reason.name : 'stored'));
    assert.deepEqual(reasons, ['CommitUnknown', 'CommitUnknown', 'VolumeFailed', 'VolumeFailed']);
  });

  test('because the disk is full, or the database locked, may be tried again', async (context) => {
    const { bench, writer } = await openIndex(context);
    for (const kind of ['disk-full', 'busy'] as const) {
      writer.fails(kind);
      await assert.rejects(bench.put('a'), kind === 'disk-full' ? DiskFull : /not written/);
      assert.equal(await bench.blobCount(), 1);
    }
    assert.deepEqual(bench.problems, []);
  });
});

test('a small body that the index does not have as it was written is not given out', async (context) => {
  const metadata = new MemoryMetadataStore();
  const bench = await openBench(context, metadata);
  await bench.put('small', Buffer.from('hello'));
  const record = await bench.store.findObject(bucket, parseObjectName('small'));
  assert.ok(record);
  for (const body of ['hellO', 'hell', 'hello!', '']) {
    const damaged = { ...record, body: Buffer.from(body) };
    const chunks = bench.store.openBody(damaged).read(0, 5)[Symbol.asyncIterator]();
    await assert.rejects(chunks.next(), BlobCorrupt, body);
  }
});

function intent(key: string): PutIntent {
  const id = randomBytes(16).toString('hex');
  return {
    ...{ putId: id, versionId: id, bucket, key: parseObjectName(key), modifiedAtMs: 1, size: 1, etag: '' },
    ...{ crc64: '0', condition: 'any', acl: 'default', storageClass: 'Standard', headers: {} },
    ...{ tags: [], objectType: 'Normal' },
    body: Buffer.from('x'),
  };
}
