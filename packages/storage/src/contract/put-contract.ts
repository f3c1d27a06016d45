// What every index must do with puts: all they say comes back, each once, and none where it must not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseObjectName } from '@postern/protocol';
import type { ObjectSummary } from '../records.ts';
import type { WithBucket } from './metadata-bench.ts';

export function putTests(withBucket: WithBucket): void {
  test(
    'what is put is found, with every property',
    withBucket(async (bench) => {
      const intent = bench.intent('a', {
        acl: 'public-read',
        storageClass: 'IA',
        headers: { 'cache-control': 'no' },
        tags: [{ key: 'a', value: '1' }],
      });
      const result = await bench.store.commitPut(intent);
      const found = await bench.find('a');
      assert.deepEqual(found && { ...found, body: Buffer.from(found.body as Uint8Array).toString() }, {
        bucket: bench.bucket,
        key: 'a',
        versionId: 'null',
        isLatest: true,
        isDeleteMarker: false,
        objectType: 'Normal',
        modifiedAtMs: intent.modifiedAtMs,
        size: 3,
        etag: intent.etag,
        crc64: '3',
        acl: 'public-read',
        storageClass: 'IA',
        headers: { 'cache-control': 'no' },
        tags: [{ key: 'a', value: '1' }],
        body: 'foo',
      });
      assert.equal(result.outcome === 'stored' && result.record.versionId, 'null');
      assert.deepEqual(
        result.outcome === 'stored' && result.bucket,
        await bench.store.findBucket(bench.bucket),
      );
    }),
  );

  test(
    'bodies: none, inline, in a blob',
    withBucket(async (bench) => {
      await bench.put('empty', { body: new Uint8Array(), size: 0 });
      await bench.put('inline', { body: Uint8Array.of(0, 255) });
      await bench.put('blob', { body: { blobId: 'bodies-blob' } });
      assert.deepEqual(Array.from((await bench.find('empty'))?.body as Uint8Array), []);
      assert.deepEqual(Array.from((await bench.find('inline'))?.body as Uint8Array), [0, 255]);
      assert.deepEqual((await bench.find('blob'))?.body, { blobId: 'bodies-blob' });
    }),
  );

  test(
    'a put replaces, unless it must not',
    withBucket(async (bench) => {
      await bench.put('a', { size: 1 });
      assert.equal((await bench.put('a', { size: 2 })).outcome, 'stored');
      assert.equal((await bench.put('a', { size: 3, condition: 'absent' })).outcome, 'exists');
      assert.equal((await bench.find('a'))?.size, 2);
      assert.deepEqual(await bench.versions(), ['a null*']);
      await bench.remove('a');
      assert.equal((await bench.put('a', { condition: 'absent' })).outcome, 'stored');
    }),
  );

  test(
    'of 24 puts at once of an absent key, one is stored',
    withBucket(async (bench) => {
      const puts = Array.from({ length: 24 }, () => bench.put('a', { condition: 'absent' }));
      const outcomes = (await Promise.all(puts)).map(({ outcome }) => outcome);
      assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'exists').length, 23);
    }),
  );

  for (const versioning of ['never', 'suspended'] as const) {
    test(
      `a put takes the place of nothing but what was seen (versioning ${versioning})`,
      withBucket(async (bench) => {
        const ifNothing = { condition: { replacing: undefined } };
        const puts = Array.from({ length: 8 }, () => bench.put('a', ifNothing));
        const outcomes = (await Promise.all(puts)).map(({ outcome }) => outcome);
        assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1);
        const seen = await bench.find('a');
        const instead = { condition: { replacing: seen } };
        assert.equal((await bench.put('a', { ...instead, size: 1, etag: 'OTHER' })).outcome, 'stored');
        assert.equal((await bench.put('a', { ...instead, size: 2 })).outcome, 'exists');
        assert.equal((await bench.find('a'))?.size, 1);
        await bench.remove('a', 'null');
        assert.equal((await bench.put('a', instead)).outcome, 'stored', 'there is nothing to replace');
      }, versioning),
    );
  }

  test(
    'where each put makes a version of its own, none is in the way',
    withBucket(async (bench) => {
      await bench.put('a');
      assert.equal((await bench.put('a', { condition: { replacing: undefined } })).outcome, 'stored');
    }, 'enabled'),
  );

  for (const versioning of ['enabled', 'suspended'] as const) {
    test(
      `with versioning ${versioning}, the condition has no effect`,
      withBucket(async (bench) => {
        await bench.put('a');
        assert.equal((await bench.put('a', { condition: 'absent' })).outcome, 'stored');
      }, versioning),
    );
  }

  for (const versioning of ['never', 'enabled', 'suspended'] as const) {
    test(
      `the same put again changes nothing (versioning ${versioning})`,
      withBucket(async (bench) => {
        const intent = bench.intent('a', { condition: 'absent', body: { blobId: `twice-${versioning}` } });
        const first = await bench.store.commitPut(intent);
        assert.equal(first.outcome, 'stored');
        const versions = await bench.versions();
        assert.deepEqual(await bench.store.commitPut(intent), first);
        assert.deepEqual(await bench.versions(), versions);
        assert.ok(!(await bench.garbage()).includes(`twice-${versioning}`));
      }, versioning),
    );

    test(
      `the same put again does not undo what came after it (versioning ${versioning})`,
      withBucket(async (bench) => {
        const intent = bench.intent('a', { body: { blobId: `late-${versioning}` } });
        const first = await bench.store.commitPut(intent);
        await bench.put('a');
        await bench.put('a');
        const versions = await bench.versions();
        assert.deepEqual(await bench.store.commitPut(intent), first);
        assert.deepEqual(await bench.versions(), versions);

        for (const { key, versionId } of (await bench.listVersions()).versions)
          await bench.remove(key, versionId);
        assert.deepEqual(await bench.store.commitPut(intent), first);
        assert.deepEqual(await bench.versions(), []);
      }, versioning),
    );
  }

  test(
    'an ACL is set on one version, and only on what is an object',
    withBucket(async (bench) => {
      await bench.put('a', { versionId: 'acl-1' });
      await bench.put('a', { versionId: 'acl-2' });
      const setAcl = (versionId: string) =>
        bench.store.setObjectAcl(bench.bucket, parseObjectName('a'), versionId, 'private');
      assert.equal((await setAcl('acl-1'))?.acl, 'private');
      assert.equal((await bench.find('a', 'acl-1'))?.acl, 'private');
      assert.equal((await bench.find('a'))?.acl, 'default');
      assert.equal(await setAcl('acl-3'), undefined);
      await bench.remove('a');
      assert.equal(await setAcl((await bench.find('a'))?.versionId ?? ''), undefined);
    }, 'enabled'),
  );

  test(
    'tags are set on one version, in the order given, and only on what is an object; a put brings its own',
    withBucket(async (bench) => {
      const tags = [
        { key: 'z', value: 'é' },
        { key: 'a', value: '' },
      ];
      await bench.put('a', { versionId: 'tags-1' });
      await bench.put('a', { versionId: 'tags-2', tags: [{ key: 'other', value: '1' }] });
      const setTags = (versionId: string, given = tags) =>
        bench.store.setTags(bench.bucket, parseObjectName('a'), versionId, given);
      assert.deepEqual((await setTags('tags-1'))?.tags, tags);
      assert.deepEqual((await bench.find('a', 'tags-1'))?.tags, tags);
      assert.deepEqual((await bench.find('a'))?.tags, [{ key: 'other', value: '1' }]);
      assert.deepEqual((await setTags('tags-1', []))?.tags, []);
      assert.deepEqual((await bench.find('a', 'tags-1'))?.tags, []);
      await bench.put('a', { versionId: 'tags-3' });
      assert.deepEqual((await bench.find('a'))?.tags, []);
      assert.equal(await setTags('tags-4'), undefined);
      await bench.remove('a');
      assert.equal(await setTags((await bench.find('a'))?.versionId ?? ''), undefined);
    }, 'enabled'),
  );

  test(
    'a put says what type of object it makes; a delete marker is of none in particular',
    withBucket(async (bench) => {
      await bench.put('a', { objectType: 'Symlink', body: Buffer.from('target') });
      assert.equal((await bench.find('a'))?.objectType, 'Symlink');
      await bench.put('a');
      assert.equal((await bench.find('a'))?.objectType, 'Normal');
      await bench.remove('a');
      assert.equal((await bench.find('a'))?.objectType, 'Normal');
    }, 'enabled'),
  );

  test(
    'the class of a version changes only while it is what it was when it was seen',
    withBucket(async (bench) => {
      const key = parseObjectName('a');
      const seenOf = async () => (await bench.find('a')) as ObjectSummary;
      await bench.put('a');
      const seen = await seenOf();
      assert.equal((await bench.store.setStorageClass(bench.bucket, key, seen, 'IA'))?.storageClass, 'IA');
      assert.deepEqual(await seenOf(), { ...seen, storageClass: 'IA' });
      await bench.put('a');
      assert.equal(await bench.store.setStorageClass(bench.bucket, key, seen, 'Archive'), undefined);
      assert.equal((await seenOf()).storageClass, 'Standard');
      await bench.remove('a');
      assert.equal(await bench.store.setStorageClass(bench.bucket, key, seen, 'Archive'), undefined);
    }),
  );

  test(
    'a version that is still what it was gets a header, and a put takes it away',
    withBucket(async (bench) => {
      const key = parseObjectName('a');
      const seenOf = async () => (await bench.find('a')) as ObjectSummary;
      const setHeader = (seen: ObjectSummary, value: string) =>
        bench.store.setHeader(bench.bucket, key, seen, 'state', value);
      await bench.put('a', { headers: { 'content-type': 'text/plain' } });
      const seen = await seenOf();
      const headers = { 'content-type': 'text/plain', state: '1' };
      assert.deepEqual((await setHeader(seen, '1'))?.headers, headers);
      assert.deepEqual(await seenOf(), { ...seen, headers });
      assert.deepEqual((await setHeader(seen, '2'))?.headers, { ...headers, state: '2' });
      await bench.put('a');
      assert.equal(await setHeader(seen, '3'), undefined);
      assert.equal((await seenOf()).headers.state, undefined);
    }),
  );

  for (const versioning of ['never', 'enabled', 'suspended'] as const) {
    test(
      `versioning ${versioning}: a version is removed only while it is what it was when it was seen`,
      withBucket(async (bench) => {
        const removeSeen = (seen: ObjectSummary | undefined, versionId?: string) =>
          bench.remove('a', versionId, seen);
        await bench.put('a');
        const first = await bench.find('a');
        await bench.put('a');
        const second = await bench.find('a');
        assert.equal(await removeSeen(first), 'absent');
        assert.equal((await bench.find('a'))?.modifiedAtMs, second?.modifiedAtMs);
        assert.equal(await removeSeen(second), versioning === 'never' ? 'removed' : 'marked');
        assert.equal(await removeSeen(second), 'absent');
        if (versioning !== 'enabled') return;
        // What was the newest when it was seen is not any more.
        assert.equal(await removeSeen(second, second?.versionId), 'absent');
        const older = await bench.find('a', second?.versionId);
        assert.equal(older?.isLatest, false);
        assert.equal(await removeSeen(older, older?.versionId), 'removed');
      }, versioning),
    );
  }

  test(
    'it is writable',
    withBucket(({ store }) => store.checkWritable()),
  );
}
