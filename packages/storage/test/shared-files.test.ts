// Files that many read from at once: opened once, closed when nobody needs them, and what cannot be opened told to whoever asked.

import assert from 'node:assert/strict';
import type { FileHandle } from 'node:fs/promises';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BlobMissing } from '../src/blob-store.ts';
import { SharedFiles } from '../src/engines/shared-files.ts';

/** Files whose closing takes a while; those called `gone…` are not there. */
function slowFiles() {
  const closed: string[] = [];
  const open = async (name: string): Promise<FileHandle> => {
    if (name.startsWith('gone')) throw Object.assign(new Error(`no ${name}`), { code: 'ENOENT' });
    const close = async () => {
      for (let i = 0; i < 5; i++) await turn();
      closed.push(name);
    };
    return { close } as FileHandle;
  };
  return { closed, open };
}

test('a file is opened once, and closed when others have come and its last reader is done', async () => {
  const { closed, open } = slowFiles();
  const files = new SharedFiles(open, 1);
  const [first, second] = await Promise.all([files.acquire('a'), files.acquire('a')]);
  assert.equal(first, second);
  await files.release(await files.acquire('b'));
  await files.release(first);
  assert.deepEqual(closed, []);
  await files.release(second);
  assert.deepEqual(closed, ['a']);
  await files.close();
  assert.deepEqual(closed, ['a', 'b']);
});

test('a file that is not there is missing, also while another one is being closed for it', async () => {
  const files = new SharedFiles(slowFiles().open, 1);
  await files.release(await files.acquire('a'));
  await assert.rejects(files.acquire('gone'), BlobMissing);
  await assert.rejects(files.acquire('gone'), BlobMissing);
});
