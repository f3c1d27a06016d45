// What every index must do with appendable objects: one version that grows at its end, by whoever saw what that end is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ObjectName, parseBucketName, parseObjectName } from '@postern/protocol';
import type { AppendIntent } from '../metadata-store.ts';
import type { ObjectRecord, PartedBody } from '../records.ts';
import type { Bench, WithBucket } from './metadata-bench.ts';

interface Appending extends Partial<Pick<AppendIntent, 'lastPartId' | 'mergedParts' | 'versionId' | 'size'>> {
  readonly blobId?: string;
}

/** Of three bytes, unless it is told otherwise. */
function intentOf(bench: Bench, { blobId, lastPartId, mergedParts = 0, ...more }: Appending): AppendIntent {
  const { body: _, condition: __, ...put } = bench.intent('a', { objectType: 'Appendable', ...more });
  const body = blobId === undefined ? Buffer.from('foo') : { blobId };
  return { ...put, lastPartId, mergedParts, part: { size: 3, etag: 'E', crc64: '3', body } };
}

async function append(bench: Bench, more: Appending = {}): Promise<string> {
  return (await bench.store.commitAppend(intentOf(bench, more))).outcome;
}

async function partsOf(bench: Bench) {
  return ((await bench.find('a')) as ObjectRecord & { body: PartedBody }).body.parts;
}

async function lastPartOf(bench: Bench): Promise<number | undefined> {
  return (await partsOf(bench)).at(-1)?.partId;
}

async function freed(bench: Bench, prefix: string): Promise<string[]> {
  return (await bench.garbage()).filter((blobId) => blobId.startsWith(prefix)).sort();
}

export function appendTests(withBucket: WithBucket): void {
  test(
    'the first makes the object, with its properties; the others add parts to it, and it keeps them',
    withBucket(async (bench) => {
      const first = {
        ...intentOf(bench, {}),
        acl: 'private',
        headers: { a: '1' },
        storageClass: 'IA',
      } as const;
      const made = await bench.store.commitAppend(first);
      assert.equal(made.outcome, 'stored');
      const created = await bench.find('a');
      assert.deepEqual([created?.objectType, created?.size, created?.acl], ['Appendable', 3, 'private']);

      const lastPartId = await lastPartOf(bench);
      const second = {
        ...intentOf(bench, { lastPartId, size: 6, blobId: 'appended-2' }),
        crc64: '66',
        etag: 'X',
      };
      const result = await bench.store.commitAppend(second);
      assert.equal(result.outcome, 'stored');
      const { body: _, ...found } = (await bench.find('a')) as ObjectRecord;
      const { body: __, ...before } = created as ObjectRecord;
      const { modifiedAtMs } = second;
      assert.deepEqual(found, { ...before, size: 6, crc64: '66', etag: 'X', modifiedAtMs });
      const bodies = (await partsOf(bench)).map(({ body }) =>
        'blobId' in body ? body : Buffer.from(body).toString(),
      );
      assert.deepEqual(bodies, ['foo', { blobId: 'appended-2' }]);
      assert.equal(await bench.store.isBlobKnown('appended-2'), true);
      assert.deepEqual(await bench.versions(), ['a null*']);
    }),
  );

  test(
    'one that saw another end, or none, changes nothing',
    withBucket(async (bench) => {
      assert.equal(await append(bench, { lastPartId: 1 }), 'changed');
      assert.deepEqual(await bench.versions(), []);
      await append(bench);
      const old = await lastPartOf(bench);
      assert.equal(await append(bench), 'changed');
      await append(bench, { lastPartId: old, size: 6 });
      assert.equal(await append(bench, { lastPartId: old, blobId: 'late' }), 'changed');
      assert.equal((await bench.find('a'))?.size, 6);
      assert.equal(await bench.store.isBlobKnown('late'), false);
    }),
  );

  test(
    'of 16 at once that saw the same end, one goes through',
    withBucket(async (bench) => {
      for (const size of [3, 6]) {
        const lastPartId = size === 3 ? undefined : await lastPartOf(bench);
        const outcomes = await Promise.all(
          Array.from({ length: 16 }, () => append(bench, { lastPartId, size })),
        );
        assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1);
        assert.equal((await partsOf(bench)).length, size / 3);
      }
    }),
  );

  test(
    'parts that were written anew with it become garbage, and those before them stay',
    withBucket(async (bench) => {
      await append(bench, { blobId: 'merge-1' });
      for (const number of [2, 3]) {
        await append(bench, {
          lastPartId: await lastPartOf(bench),
          blobId: `merge-${number}`,
          size: 3 * number,
        });
      }
      const [kept] = await partsOf(bench);
      await append(bench, {
        lastPartId: await lastPartOf(bench),
        blobId: 'merge-4',
        mergedParts: 2,
        size: 12,
      });
      assert.deepEqual(await freed(bench, 'merge'), ['merge-2', 'merge-3']);
      const parts = await partsOf(bench);
      assert.deepEqual([parts[0], parts.length], [kept, 2]);
      assert.deepEqual(parts[1]?.body, { blobId: 'merge-4' });
      await bench.remove('a');
      assert.deepEqual(await freed(bench, 'merge'), ['merge-1', 'merge-2', 'merge-3', 'merge-4']);
    }),
  );

  test(
    'what is not appendable is not appended to, whatever was seen',
    withBucket(async (bench) => {
      await bench.put('a');
      assert.equal(await append(bench), 'changed');
      const uploadId = await bench.createUpload('a');
      const part = await bench.putPart('a', uploadId, 1);
      await bench.complete('a', uploadId, [part]);
      assert.equal(await append(bench, { lastPartId: Number(part) }), 'changed');
      assert.equal((await bench.find('a'))?.objectType, 'Multipart');
    }),
  );

  test(
    'there is none without a bucket',
    withBucket(async (bench) => {
      const intent = { ...intentOf(bench, {}), bucket: parseBucketName('no-such-bucket') };
      assert.deepEqual(await bench.store.commitAppend(intent), { outcome: 'no-bucket' });
    }),
  );

  test(
    'with versions it grows where it is; over a delete marker a new version begins',
    withBucket(async (bench) => {
      await append(bench, { versionId: 'append-1' });
      const lastPartId = await lastPartOf(bench);
      await append(bench, { lastPartId, versionId: 'append-2', size: 6 });
      assert.deepEqual(await bench.versions(), ['a append-1*']);
      await bench.remove('a');
      assert.equal(await append(bench, { lastPartId, versionId: 'append-3' }), 'changed');
      assert.equal(await append(bench, { versionId: 'append-4' }), 'stored');
      const [newest, , oldest] = await bench.versions();
      assert.deepEqual([newest, oldest], ['a append-4*', 'a append-1']);
      assert.equal((await bench.find('a'))?.size, 3);
      assert.equal((await bench.find('a', 'append-1'))?.size, 6);
    }, 'enabled'),
  );

  for (const versioning of ['never', 'enabled', 'suspended'] as const) {
    test(
      `the same again changes nothing, also when others came after it (versioning ${versioning})`,
      withBucket(async (bench) => {
        const first = intentOf(bench, { blobId: `append-${versioning}-1` });
        const made = await bench.store.commitAppend(first);
        assert.deepEqual(await bench.store.commitAppend(first), made);
        const lastPartId = await lastPartOf(bench);
        const second = intentOf(bench, { lastPartId, size: 6, blobId: `append-${versioning}-2` });
        const grown = await bench.store.commitAppend(second);
        assert.deepEqual(await bench.store.commitAppend(first), made);
        assert.deepEqual(await bench.store.commitAppend(second), grown);
        assert.equal((await partsOf(bench)).length, 2);
        const { versionId } = (await bench.find('a')) as ObjectRecord;
        await bench.remove('a', versionId);
        assert.deepEqual(await bench.store.commitAppend(second), grown);
        assert.deepEqual(await bench.versions(), []);
      }, versioning),
    );
  }

  test(
    'what was seen of a version does not hold once it was appended to',
    withBucket(async (bench) => {
      await append(bench);
      const seen = (await bench.find('a')) as ObjectRecord;
      await append(bench, { lastPartId: await lastPartOf(bench), size: 6 });
      const key = parseObjectName('a');
      assert.equal(await bench.store.setStorageClass(bench.bucket, key, seen, 'IA'), undefined);
      const tags = [{ key: 'a', value: '1' }];
      assert.deepEqual((await bench.store.setTags(bench.bucket, 'a' as ObjectName, 'null', tags))?.size, 6);
    }),
  );
}
