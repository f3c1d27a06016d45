// What every index must do with multipart uploads: parts that nobody sees, and then all at once an object, or nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BucketName, type ObjectName, parseBucketName } from '@postern/protocol';
import type { BodyPart, ObjectRecord, PartedBody } from '../records.ts';
import { type Bench, bucketRecord, type WithBucket } from './metadata-bench.ts';

export function uploadTests(withBucket: WithBucket): void {
  test(
    'one is found with all it was given, under its bucket, key and id, until it is aborted',
    withBucket(async (bench) => {
      const tags = [{ key: 'a', value: '1' }];
      const headers = { 'content-type': 'text/plain' };
      const uploadId = await bench.createUpload('a', { isSequential: true, acl: 'private', headers, tags });
      const find = (key: string, id = uploadId, bucket = bench.bucket) =>
        bench.store.findUpload(bucket, key as ObjectName, id);
      assert.deepEqual(await find('a'), {
        ...{ bucket: bench.bucket, key: 'a', uploadId, initiatedAtMs: bench.nowMs, isSequential: true },
        ...{ acl: 'private', storageClass: 'IA', headers, tags },
      });
      assert.equal(await find('b'), undefined);
      assert.equal(await find('a', '0'.repeat(32)), undefined);
      assert.equal(await find('a', uploadId, 'no-such-bucket' as BucketName), undefined);
      assert.equal(await abort(bench, 'a', uploadId), 'aborted');
      assert.equal(await find('a'), undefined);
      assert.equal(await abort(bench, 'a', uploadId), 'no-upload');
    }),
  );

  test(
    'without a bucket there is none',
    withBucket(async (bench) => {
      const bucket = parseBucketName('no-such-bucket');
      const upload = await bench.store.findUpload(
        bench.bucket,
        'a' as ObjectName,
        await bench.createUpload('a'),
      );
      assert.ok(upload);
      assert.equal(await bench.store.createUpload({ ...upload, bucket }), 'no-bucket');
      const query = { bucket, prefix: '', delimiter: '', after: '', limit: 1 };
      assert.deepEqual(await bench.store.listUploads(query), {
        ...{ uploads: [], commonPrefixes: [], next: undefined },
      });
    }),
  );

  test(
    'a bucket with one is not removed',
    withBucket(async (bench) => {
      const uploadId = await bench.createUpload('a');
      assert.equal(await bench.store.removeBucket(bench.bucket), 'not-empty');
      await abort(bench, 'a', uploadId);
      assert.equal(await bench.store.removeBucket(bench.bucket), 'removed');
      await bench.store.createBucket(bucketRecord(bench.bucket));
      assert.deepEqual((await bench.uploads()).uploads, []);
    }),
  );

  test(
    'parts are listed by number, page by page, with what they are',
    withBucket(async (bench) => {
      const uploadId = await bench.createUpload('a');
      for (const number of [10_000, 2, 10, 1]) await bench.putPart('a', uploadId, number);
      assert.deepEqual(await bench.parts('a', uploadId), { numbers: [1, 2, 10, 10_000], next: undefined });
      assert.deepEqual(await bench.parts('a', uploadId, 0, 2), { numbers: [1, 2], next: 2 });
      assert.deepEqual(await bench.parts('a', uploadId, 2, 2), { numbers: [10, 10_000], next: undefined });
      assert.deepEqual(await bench.parts('a', uploadId, 3, 1), { numbers: [10], next: 10 });
      assert.deepEqual(await bench.parts('a', uploadId, 10_000), { numbers: [], next: undefined });
      assert.deepEqual(await bench.parts('a', uploadId, 0, 0), { numbers: [], next: undefined });
      assert.equal(await bench.parts('b', uploadId), undefined);

      const partId = await bench.putPart('a', uploadId, 3, { size: 7, etag: 'ABC', crc64: '9' });
      const query = { bucket: bench.bucket, key: 'a' as ObjectName, uploadId, after: 2, limit: 1 };
      assert.deepEqual((await bench.store.listParts(query))?.parts, [
        { partNumber: 3, partId, size: 7, etag: 'ABC', crc64: '9', modifiedAtMs: bench.nowMs },
      ]);
    }),
  );

  test(
    'a part put again takes the place of the first, which becomes garbage',
    withBucket(async (bench) => {
      const uploadId = await bench.createUpload('a');
      const first = await bench.putPart('a', uploadId, 1, { body: { blobId: 'again-1' } });
      assert.equal(await bench.store.isBlobKnown('again-1'), true);
      const second = await bench.putPart('a', uploadId, 1, { body: { blobId: 'again-2' }, size: 9 });
      assert.notEqual(second, first);
      assert.deepEqual(await freed(bench, 'again'), ['again-1']);
      assert.deepEqual((await bench.parts('a', uploadId))?.numbers, [1]);
      assert.equal(await bench.putPart('a', 'no-such-upload', 1), 'no-upload');
      assert.equal(await bench.putPart('b', uploadId, 1), 'no-upload');
    }),
  );

  test(
    'parts of a sequential upload come one after the other; the last may come again',
    withBucket(async (bench) => {
      const uploadId = await bench.createUpload('a', { isSequential: true });
      const stored = async (number: number) =>
        typeof (await bench.putPart('a', uploadId, number)) === 'number';
      for (const [number, isStored] of [
        [2, false],
        [1, true],
        [3, false],
        [2, true],
        [2, true],
        [1, false],
        [3, true],
      ] as const) {
        assert.equal(await stored(number), isStored, String(number));
      }
      assert.equal(await bench.putPart('a', uploadId, 1), 'not-sequential');
    }),
  );

  test(
    'completed, its parts are the body of an object, in their order, and the upload is gone',
    withBucket(async (bench) => {
      const uploadId = await bench.createUpload('a');
      const last = await bench.putPart('a', uploadId, 30, { body: { blobId: 'complete-30' }, size: 90_000 });
      const first = await bench.putPart('a', uploadId, 4, {
        body: Buffer.from('inline'),
        size: 6,
        crc64: '6',
      });
      const empty = await bench.putPart('a', uploadId, 5, { body: new Uint8Array(), size: 0, crc64: '0' });
      assert.deepEqual(await bench.versions(), []);

      const intent = bench.completion('a', uploadId, [first, empty, last], { size: 90_006, etag: 'X-3' });
      const result = await bench.store.completeUpload(intent);
      assert.equal(result.outcome, 'stored');
      const found = (await bench.find('a')) as ObjectRecord & { body: PartedBody };
      const { body, ...summary } = found;
      assert.deepEqual(result.outcome === 'stored' && result.record, summary);
      assert.deepEqual([found.objectType, found.size, found.etag], ['Multipart', 90_006, 'X-3']);
      assert.deepEqual(body.parts.map(describePart), [
        { partId: first, size: 6, crc64: '6', body: 'inline' },
        { partId: empty, size: 0, crc64: '0', body: '' },
        { partId: last, size: 90_000, crc64: '3', body: { blobId: 'complete-30' } },
      ]);
      assert.equal(await bench.parts('a', uploadId), undefined);
      assert.deepEqual((await bench.uploads()).uploads, []);
      assert.equal((await bench.complete('a', uploadId, [first])).outcome, 'no-upload');
      assert.deepEqual(await freed(bench, 'complete'), []);
    }),
  );

  test(
    'parts that the completion does not take become garbage',
    withBucket(async (bench) => {
      const uploadId = await bench.createUpload('a');
      const taken = await bench.putPart('a', uploadId, 2, { body: { blobId: 'taken-2' } });
      await bench.putPart('a', uploadId, 1, { body: { blobId: 'taken-not-1' } });
      await bench.putPart('a', uploadId, 3);
      await bench.complete('a', uploadId, [taken]);
      assert.deepEqual(await freed(bench, 'taken'), ['taken-not-1']);
      assert.equal(await bench.store.isBlobKnown('taken-2'), true);
      const record = (await bench.find('a')) as ObjectRecord & { body: PartedBody };
      assert.equal(record.body.parts.length, 1);
    }),
  );

  test(
    'a completion that a new part has overtaken is refused, and changes nothing',
    withBucket(async (bench) => {
      const uploadId = await bench.createUpload('a');
      const old = await bench.putPart('a', uploadId, 1);
      const next = await bench.putPart('a', uploadId, 1);
      assert.equal((await bench.complete('a', uploadId, [old])).outcome, 'parts-changed');
      assert.equal((await bench.complete('a', uploadId, [old, next])).outcome, 'parts-changed');
      assert.deepEqual(await bench.versions(), []);
      assert.equal((await bench.complete('a', uploadId, [next])).outcome, 'stored');
    }),
  );

  test(
    'a completion is a put: it replaces, is refused when something is in the way, makes a version',
    withBucket(async (bench) => {
      await bench.put('a', { body: { blobId: 'put-1' } });
      const uploadId = await bench.createUpload('a');
      const part = await bench.putPart('a', uploadId, 1, { body: { blobId: 'put-2' } });
      const refused = await bench.complete('a', uploadId, [part], { condition: 'absent' });
      assert.equal(refused.outcome, 'exists');
      assert.deepEqual((await bench.parts('a', uploadId))?.numbers, [1]);
      await bench.complete('a', uploadId, [part]);
      assert.deepEqual(await freed(bench, 'put-'), ['put-1']);
      assert.deepEqual(await bench.versions(), ['a null*']);

      await bench.setVersioning('enabled');
      const again = await bench.createUpload('a');
      await bench.complete('a', again, [await bench.putPart('a', again, 1)], { versionId: 'completed-2' });
      assert.deepEqual(await bench.versions(), ['a completed-2*', 'a null']);
    }),
  );

  for (const versioning of ['never', 'enabled', 'suspended'] as const) {
    test(
      `the same completion again changes nothing, also when its object is gone (versioning ${versioning})`,
      withBucket(async (bench) => {
        const uploadId = await bench.createUpload('a');
        const part = await bench.putPart('a', uploadId, 1, { body: { blobId: `same-${versioning}` } });
        const intent = bench.completion('a', uploadId, [part]);
        const first = await bench.store.completeUpload(intent);
        assert.equal(first.outcome, 'stored');
        const versions = await bench.versions();
        assert.deepEqual(await bench.store.completeUpload(intent), first);
        assert.deepEqual(await bench.versions(), versions);
        for (const { key, versionId } of (await bench.listVersions()).versions)
          await bench.remove(key, versionId);
        assert.deepEqual(await bench.store.completeUpload(intent), first);
        assert.deepEqual(await bench.versions(), []);
        assert.deepEqual(await freed(bench, 'same'), [`same-${versioning}`]);
        await bench.store.forgetGarbage([`same-${versioning}`]);
      }, versioning),
    );
  }

  test(
    'aborted, removed or replaced, all of its parts become garbage',
    withBucket(async (bench) => {
      const upload = async (name: string) => {
        const uploadId = await bench.createUpload('a');
        const parts: (number | string)[] = [];
        for (const number of [1, 2]) {
          parts.push(await bench.putPart('a', uploadId, number, { body: { blobId: `${name}-${number}` } }));
        }
        parts.push(await bench.putPart('a', uploadId, 3));
        return { uploadId, parts };
      };
      await abort(bench, 'a', (await upload('aborted')).uploadId);
      assert.deepEqual(await freed(bench, 'aborted'), ['aborted-1', 'aborted-2']);

      const removed = await upload('removed');
      await bench.complete('a', removed.uploadId, removed.parts);
      await bench.remove('a');
      assert.deepEqual(await freed(bench, 'removed'), ['removed-1', 'removed-2']);
      assert.equal(await bench.store.isBlobKnown('removed-1'), true);

      const replaced = await upload('replaced');
      await bench.complete('a', replaced.uploadId, replaced.parts);
      await bench.put('a');
      assert.deepEqual(await freed(bench, 'replaced'), ['replaced-1', 'replaced-2']);
      assert.equal(((await bench.find('a')) as ObjectRecord).objectType, 'Normal');
    }),
  );

  test(
    'the blob of a part is moved as that of a version is, in an upload and in an object',
    withBucket(async (bench) => {
      const move = (from: string, to: string) => bench.store.moveBlob({ from, to, nowMs: ++bench.nowMs });
      const uploadId = await bench.createUpload('a');
      const part = await bench.putPart('a', uploadId, 1, { body: { blobId: 'shifted-1' } });
      assert.equal(await move('shifted-1', 'shifted-2'), true);
      await bench.complete('a', uploadId, [part]);
      assert.equal(await move('shifted-2', 'shifted-3'), true);
      assert.equal(await move('shifted-1', 'shifted-4'), false);
      assert.deepEqual(await freed(bench, 'shifted'), ['shifted-1', 'shifted-2']);
      const { body } = (await bench.find('a')) as ObjectRecord & { body: PartedBody };
      assert.deepEqual(body.parts.map(describePart), [
        { partId: part, size: 3, crc64: '3', body: { blobId: 'shifted-3' } },
      ]);
      assert.equal(await bench.store.isBlobKnown('shifted-3'), true);
      await bench.remove('a');
      assert.deepEqual(await freed(bench, 'shifted'), ['shifted-1', 'shifted-2', 'shifted-3']);
    }),
  );

  test(
    'they are listed by key, those of a key in the order they were made, page by page',
    withBucket(async (bench) => {
      const ids: Record<string, string> = {};
      for (const [name, key] of [
        ['c', 'c'],
        ['a1', 'a'],
        ['b1', 'b/1'],
        ['a2', 'a'],
        ['b2', 'b/2'],
        ['a3', 'a'],
      ] as const) {
        ids[name] = await bench.createUpload(key);
      }
      const listed = async (query: Parameters<Bench['uploads']>[0]) => {
        const { uploads, prefixes, next } = await bench.uploads(query);
        const names = uploads.map(([, id]) => Object.keys(ids).find((name) => ids[name] === id));
        return { names: [...names, ...prefixes], next };
      };
      const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'c'];
      assert.deepEqual(await listed({}), { names: all, next: undefined });
      assert.deepEqual(await listed({ prefix: 'b' }), { names: ['b1', 'b2'], next: undefined });
      assert.deepEqual(await listed({ delimiter: '/' }), {
        names: ['a1', 'a2', 'a3', 'c', 'b/'],
        next: undefined,
      });
      assert.deepEqual(await listed({ after: 'a' }), { names: ['b1', 'b2', 'c'], next: undefined });
      assert.deepEqual(await listed({ limit: 2 }), {
        names: ['a1', 'a2'],
        next: { key: 'a', uploadId: ids.a2 },
      });
      assert.deepEqual(await listed({ after: 'a', afterUploadId: ids.a2, limit: 2 }), {
        names: ['a3', 'b1'],
        next: { key: 'b/1', uploadId: ids.b1 },
      });
      assert.deepEqual(await listed({ delimiter: '/', after: 'a', afterUploadId: ids.a3, limit: 1 }), {
        names: ['b/'],
        next: { key: 'b/', uploadId: undefined },
      });
      assert.deepEqual(await listed({ delimiter: '/', after: 'b/' }), { names: ['c'], next: undefined });
      assert.deepEqual(await listed({ limit: 0 }), { names: [], next: undefined });
      await abort(bench, 'a', ids.a2 as string);
      assert.deepEqual((await listed({ after: 'a', afterUploadId: ids.a2, limit: 1 })).names, ['a3']);
    }),
  );
}

function abort(bench: Bench, key: string, uploadId: string): Promise<string> {
  return bench.store.abortUpload({ bucket: bench.bucket, key: key as ObjectName, uploadId }, ++bench.nowMs);
}

/** The blobs in the garbage queue whose ids begin like this, in their order. */
async function freed(bench: Bench, prefix: string): Promise<string[]> {
  return (await bench.garbage()).filter((blobId) => blobId.startsWith(prefix)).sort();
}

function describePart({ body, ...part }: BodyPart) {
  return { ...part, body: 'blobId' in body ? body : Buffer.from(body).toString() };
}
