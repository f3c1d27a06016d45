// What every index must do with the versions of a key: which there are, which is the newest, and what removing one leaves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WithBucket } from './metadata-bench.ts';

export function versionTests(withBucket: WithBucket): void {
  test(
    'never enabled: one null version, removed for good',
    withBucket(async (bench) => {
      await bench.put('a');
      await bench.put('a');
      assert.deepEqual(await bench.versions(), ['a null*']);
      assert.equal(await bench.remove('a', 'other'), 'absent');
      assert.equal(await bench.remove('a'), 'removed');
      assert.equal(await bench.remove('a'), 'absent');
      await bench.put('a');
      assert.equal(await bench.remove('a', 'null'), 'removed');
      assert.deepEqual(await bench.versions(), []);
    }),
  );

  test(
    'enabled: each put is a version; the null version from before stays',
    withBucket(async (bench) => {
      await bench.put('a');
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'enabled-1', size: 1 });
      await bench.put('a', { versionId: 'enabled-2', size: 2 });
      assert.deepEqual(await bench.versions(), ['a enabled-2*', 'a enabled-1', 'a null']);
      assert.deepEqual(
        await Promise.all(
          ['enabled-2', 'enabled-1', 'null'].map(async (id) => (await bench.find('a', id))?.size),
        ),
        [2, 1, 3],
      );
      assert.equal((await bench.find('a'))?.versionId, 'enabled-2');
      assert.equal(await bench.find('a', 'enabled-3'), undefined);
      assert.equal(await bench.find('b', 'enabled-2'), undefined);
    }),
  );

  test(
    'a change of the bucket holds for what comes after it, however close',
    withBucket(async (bench) => {
      const changes = [
        bench.put('a'),
        bench.put('a'),
        bench.setVersioning('enabled'),
        bench.put('a', { versionId: 'close-1' }),
        bench.setVersioning('suspended'),
        bench.put('a'),
      ];
      await Promise.all(changes);
      assert.deepEqual(await bench.versions(), ['a null*', 'a close-1']);
    }),
  );

  test(
    'enabled: a delete adds a marker, and removing the marker reveals what was there',
    withBucket(async (bench) => {
      await bench.put('a', { versionId: 'marked-1' });
      assert.equal(await bench.remove('a'), 'marked');
      const marker = await bench.find('a');
      assert.equal(marker?.isDeleteMarker, true);
      assert.equal(marker?.size, 0);
      assert.deepEqual(await bench.versions(), [`a ${marker?.versionId}*†`, 'a marked-1']);
      assert.deepEqual((await bench.list()).keys, []);

      assert.equal(await bench.remove('a', marker?.versionId), 'removed');
      assert.deepEqual(await bench.versions(), ['a marked-1*']);
      assert.deepEqual((await bench.list()).keys, ['a']);
      assert.equal((await bench.find('a'))?.isLatest, true);
    }, 'enabled'),
  );

  test(
    'enabled: a delete of what is not there adds a marker as well',
    withBucket(async (bench) => {
      assert.equal(await bench.remove('a'), 'marked');
      assert.equal((await bench.versions()).length, 1);
    }, 'enabled'),
  );

  test(
    'removing the newest version reveals the one before, removing an older one changes nothing else',
    withBucket(async (bench) => {
      for (const versionId of ['reveal-1', 'reveal-2', 'reveal-3']) await bench.put('a', { versionId });
      await bench.remove('a', 'reveal-2');
      assert.deepEqual(await bench.versions(), ['a reveal-3*', 'a reveal-1']);
      await bench.remove('a', 'reveal-3');
      assert.deepEqual(await bench.versions(), ['a reveal-1*']);
      await bench.remove('a', 'reveal-1');
      assert.deepEqual(await bench.versions(), []);
    }, 'enabled'),
  );

  test(
    'suspended: puts replace the null version alone, which becomes the newest',
    withBucket(async (bench) => {
      await bench.put('a', { size: 1 });
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'suspended-1' });
      await bench.setVersioning('suspended');
      assert.deepEqual(await bench.versions(), ['a suspended-1*', 'a null']);
      await bench.put('a', { size: 2 });
      assert.deepEqual(await bench.versions(), ['a null*', 'a suspended-1']);
      await bench.put('a', { size: 3 });
      assert.deepEqual(await bench.versions(), ['a null*', 'a suspended-1']);
      assert.equal((await bench.find('a', 'null'))?.size, 3);
      await bench.remove('a', 'null');
      assert.deepEqual(await bench.versions(), ['a suspended-1*']);
    }),
  );

  test(
    'suspended: a delete leaves a null marker in the place of the null version',
    withBucket(async (bench) => {
      await bench.put('a', { versionId: 'null-marker-1' });
      await bench.setVersioning('suspended');
      await bench.put('a');
      assert.equal(await bench.remove('a'), 'marked');
      assert.deepEqual(await bench.versions(), ['a null*†', 'a null-marker-1']);
      assert.equal(await bench.remove('a'), 'marked');
      assert.deepEqual(await bench.versions(), ['a null*†', 'a null-marker-1']);
      await bench.put('a');
      assert.deepEqual(await bench.versions(), ['a null*', 'a null-marker-1']);
    }, 'enabled'),
  );

  test(
    'enabled again: the null version goes down among the others',
    withBucket(async (bench) => {
      await bench.put('a');
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'again-1' });
      await bench.setVersioning('suspended');
      await bench.put('a');
      await bench.setVersioning('enabled');
      await bench.put('a', { versionId: 'again-2' });
      assert.deepEqual(await bench.versions(), ['a again-2*', 'a null', 'a again-1']);
    }),
  );
}
