// The write protocol: a put is whole or it leaves nothing, whatever fails and wherever.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseBucketName, parseObjectName } from '@postern/protocol';
import { BlobMissing, type BlobStore } from '../src/blob-store.ts';
import { createObjectStore } from '../src/engine-object-store.ts';
import { MemoryBlobStore } from '../src/engines/memory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { inlineBytesMax } from '../src/incoming-body.ts';
import { CommitUnknown, type MetadataStore } from '../src/metadata-store.ts';
import type { ObjectStore, PutRequest } from '../src/object-store.ts';

const bucket = parseBucketName('the-bucket');
const key = parseObjectName('a');

interface Bench {
  readonly store: ObjectStore;
  readonly metadata: MemoryMetadataStore;
  readonly blobs: MemoryBlobStore;
  readonly problems: unknown[];
  put(chunks: readonly (number | Error)[], more?: Partial<PutRequest>): ReturnType<ObjectStore['put']>;
  blobCount(): Promise<number>;
}

/** A store over memory engines, of which single methods can be replaced; its bucket is there. */
async function openBench(
  faults: { metadata?: Partial<MetadataStore>; blobs?: Partial<BlobStore> } = {},
): Promise<Bench> {
  const metadata = new MemoryMetadataStore();
  const blobs = new MemoryBlobStore();
  const problems: unknown[] = [];
  let drawn = 0;
  const store = createObjectStore({
    metadata: withFaults(metadata, faults.metadata),
    blobs: withFaults(blobs, faults.blobs),
    clock: () => 1_700_000_000_000,
    randomBytes: (count) => new Uint8Array(count).fill(++drawn),
    reportProblem: (problem) => problems.push(problem),
  });
  await store.createBucket({ name: bucket, owner: 'account', acl: 'private', storageClass: 'Standard' });
  return {
    store,
    metadata,
    blobs,
    problems,
    put: (chunks, more) => store.put({ ...request(chunks), ...more }),
    blobCount: async () => {
      let count = 0;
      for await (const _ of blobs.list()) count++;
      return count;
    },
  };
}

function withFaults<Engine extends object>(engine: Engine, faults: Partial<Engine> = {}): Engine {
  return new Proxy(engine, {
    get(target, name) {
      const method = faults[name as keyof Engine] ?? target[name as keyof Engine];
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}

/** A body of chunks of so many bytes; an error is thrown in its place. */
function request(chunks: readonly (number | Error)[]): PutRequest {
  async function* body() {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield Buffer.alloc(chunk, 'x');
    }
  }
  return {
    ...{ bucket, key, condition: 'any', body: body() },
    ...{ acl: 'default', storageClass: 'Standard', headers: {}, tags: [] },
  };
}

const small = [10];
const large = [inlineBytesMax, 1];

async function readAll(store: ObjectStore, from = 0, to?: number): Promise<string> {
  const record = await store.findObject(bucket, key);
  assert.ok(record);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.openBody(record).read(from, to ?? record.size)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a put', () => {
  for (const [chunks, blobCount] of [
    [[], 0],
    [[0, 0], 0],
    [[10], 0],
    [[inlineBytesMax], 0],
    [[inlineBytesMax - 1, 0, 1], 0],
    [[inlineBytesMax + 1], 1],
    [[inlineBytesMax, 1], 1],
    [[1, 1, 100_000, 1, 70_000], 1],
  ] as const) {
    test(`of chunks of ${chunks} bytes: ${blobCount} blobs`, async () => {
      const bench = await openBench();
      const size = chunks.reduce((sum: number, chunk) => sum + chunk, 0);
      const result = await bench.put(chunks);
      assert.equal(result.outcome === 'stored' && result.record.size, size);
      assert.equal(await readAll(bench.store), 'x'.repeat(size));
      assert.equal(await readAll(bench.store, size >> 1, size), 'x'.repeat(size - (size >> 1)));
      assert.equal(await bench.blobCount(), blobCount);
    });
  }

  test('has the digests of its body', async () => {
    const bench = await openBench();
    const body = (async function* () {
      yield Buffer.from('Hello');
      yield Buffer.from(' OSS');
    })();
    const result = await bench.put([], { body });
    assert.ok(result.outcome === 'stored');
    assert.equal(result.record.etag, 'F0F18C2C66AE1DD512BDCD4366F76DA3');
    assert.equal(result.record.crc64, '5213097489099810948');
    assert.equal(result.record.modifiedAtMs, 1_700_000_000_000);
  });

  test('keeps its bytes when the sender uses the memory of a chunk again', async () => {
    const bench = await openBench();
    const body = (async function* () {
      const chunk = Buffer.from('one ');
      yield chunk;
      chunk.write('two ');
      yield chunk;
      chunk.fill(0);
    })();
    await bench.put([], { body });
    assert.equal(await readAll(bench.store), 'one two ');
  });

  test('gets a version id of 64 URL-safe characters', async () => {
    const bench = await openBench();
    await bench.store.changeBucket(bucket, { versioning: 'enabled' });
    const result = await bench.put(small);
    assert.ok(result.outcome === 'stored');
    assert.match(result.record.versionId, /^CAEQ[\w.-]{60}$/);
  });
});

describe('a put that fails leaves nothing, and gives its very error', () => {
  const error = new Error('the reason');

  for (const [size, chunks] of [
    ['small', small],
    ['large', large],
  ] as const) {
    test(`in its body, ${size}`, async () => {
      const bench = await openBench();
      await assert.rejects(bench.put([...chunks, error]), (thrown) => thrown === error);
      assert.equal(await bench.store.findObject(bucket, key), undefined);
      assert.equal(await bench.blobCount(), 0);
    });

    test(`by its digests, ${size}`, async () => {
      const bench = await openBench();
      const checkDigests = () => {
        throw error;
      };
      await assert.rejects(bench.put(chunks, { checkDigests }), (thrown) => thrown === error);
      assert.equal(await bench.store.findObject(bucket, key), undefined);
      assert.equal(await bench.blobCount(), 0);
    });

    test(`in its commit, ${size}`, async () => {
      const bench = await openBench({ metadata: { commitPut: () => Promise.reject(error) } });
      await assert.rejects(bench.put(chunks), (thrown) => thrown === error);
      assert.equal(await bench.blobCount(), 0);
    });

    test(`because the object exists, ${size}`, async () => {
      const bench = await openBench();
      await bench.put(small);
      assert.equal((await bench.put(chunks, { condition: 'absent' })).outcome, 'exists');
      assert.equal(await bench.blobCount(), 0);
      assert.equal(await readAll(bench.store), 'x'.repeat(10));
    });

    test(`because the bucket is gone, ${size}`, async () => {
      const bench = await openBench();
      await bench.store.removeBucket(bucket);
      assert.equal((await bench.put(chunks)).outcome, 'no-bucket');
      assert.equal(await bench.blobCount(), 0);
    });
  }

  for (const step of ['write', 'finish'] as const) {
    test(`when the blob fails to ${step}`, async () => {
      const blobs = new MemoryBlobStore();
      const create: BlobStore['create'] = async (owner) => {
        const writer = await blobs.create(owner);
        return { ...writer, [step]: () => Promise.reject(error) };
      };
      const bench = await openBench({ blobs: { create } });
      await assert.rejects(bench.put(large), (thrown) => thrown === error);
      for await (const blob of blobs.list()) assert.fail(`${blob.blobId} is left`);
      assert.equal(await bench.store.findObject(bucket, key), undefined);
    });
  }

  test('also when taking it back fails, which is reported', async () => {
    const problem = new Error('no way back');
    const blobs = new MemoryBlobStore();
    const create: BlobStore['create'] = async (owner) => ({
      ...(await blobs.create(owner)),
      abort: () => Promise.reject(problem),
    });
    const bench = await openBench({ blobs: { create } });
    await assert.rejects(bench.put([...large, error]), (thrown) => thrown === error);
    assert.deepEqual(bench.problems, [problem]);
  });

  test('the sender is told to stop', async () => {
    const bench = await openBench({ blobs: { create: () => Promise.reject(error) } });
    let isStopped = false;
    const body = (async function* () {
      try {
        for (;;) yield Buffer.alloc(inlineBytesMax);
      } finally {
        isStopped = true;
      }
    })();
    await assert.rejects(bench.put([], { body }), (thrown) => thrown === error);
    assert.equal(isStopped, true);
  });
});

describe('a commit of unknown outcome', () => {
  test('is asked for again with the same put id until it is known', async () => {
    const answers = ['lost', 'lost', 'told'];
    const putIds = new Set<string>();
    const index = new MemoryMetadataStore();
    const commitPut: MetadataStore['commitPut'] = async (put) => {
      putIds.add(put.putId);
      const result = await index.commitPut(put);
      if (answers.shift() === 'lost') throw new CommitUnknown('connection lost');
      return result;
    };
    const bench = await openBench({ metadata: { commitPut } });
    await index.createBucket((await bench.metadata.findBucket(bucket)) as never);
    assert.equal((await bench.put(large, { condition: 'absent' })).outcome, 'stored');
    assert.equal(putIds.size, 1);
    assert.equal(await bench.blobCount(), 1);
  });

  test('that stays unknown fails, and keeps the blob, which may be an object', async () => {
    const errors = [new CommitUnknown('lost'), new Error('not even connected'), new Error('still not')];
    const commitPut = () => Promise.reject(errors.shift());
    const bench = await openBench({ metadata: { commitPut } });
    await assert.rejects(bench.put(large), CommitUnknown);
    assert.equal(errors.length, 0);
    assert.equal(await bench.blobCount(), 1);
  });
});

describe('bodies', () => {
  test('stay readable while the object is replaced', async () => {
    const bench = await openBench();
    await bench.put(large);
    const record = await bench.store.findObject(bucket, key);
    assert.ok(record);
    await bench.put([5]);
    let size = 0;
    for await (const chunk of bench.store.openBody(record).read(0, record.size)) size += chunk.length;
    assert.equal(size, record.size);
  });

  test('are found where they have been moved to', async () => {
    const bench = await openBench();
    await bench.put(large);
    const record = await bench.store.findObject(bucket, key);
    assert.ok(record && 'blobId' in record.body);
    const from = record.body.blobId;
    const copy = await bench.blobs.create({ bucket, key });
    for await (const chunk of bench.blobs.read(record.body, 0, record.size)) await copy.write(chunk);
    const { blobId: to } = await copy.finish();
    await bench.metadata.moveBlob({ from, to, nowMs: 1 });
    await bench.blobs.remove(from);
    let size = 0;
    for await (const chunk of bench.store.openBody(record).read(0, record.size)) size += chunk.length;
    assert.equal(size, record.size);

    // Another body under the same name is not that one.
    await bench.put([...large, 1]);
    await bench.blobs.remove(to);
    const chunks = bench.store.openBody(record).read(0, record.size)[Symbol.asyncIterator]();
    await assert.rejects(chunks.next(), BlobMissing);
  });

  test('given out do not change what is stored', async () => {
    const bench = await openBench();
    await bench.put(small);
    const record = await bench.store.findObject(bucket, key);
    assert.ok(record);
    for await (const chunk of bench.store.openBody(record).read(0, 10)) chunk.fill(0);
    assert.equal(await readAll(bench.store), 'x'.repeat(10));
  });
});

describe('writability', () => {
  test('is tried in both engines, and leaves nothing', async () => {
    const bench = await openBench();
    await bench.store.checkWritable();
    assert.equal(await bench.blobCount(), 0);
  });

  test('tells what is wrong', async () => {
    const error = new Error('disk full');
    const fails = () => Promise.reject(error);
    const index = await openBench({ metadata: { checkWritable: fails } });
    await assert.rejects(index.store.checkWritable(), error);
    const blobs = await openBench({ blobs: { create: fails } });
    await assert.rejects(blobs.store.checkWritable(), error);
  });
});
