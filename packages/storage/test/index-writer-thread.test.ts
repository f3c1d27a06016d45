// The thread that writes the index, started before there is a store to open.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { prepareIndexWriter, takeIndexWriter } from '../src/engines/index-writer-thread.ts';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

test('the one that was prepared is taken once', async () => {
  prepareIndexWriter();
  prepareIndexWriter();
  const threads = [takeIndexWriter(), takeIndexWriter()];
  assert.notEqual(threads[0], threads[1]);
  for (const thread of threads) await thread.terminate();
});

test('a store is opened by the one that was prepared, and the next store by another', async () => {
  prepareIndexWriter();
  for (const directory of [temporaryDirectory(), temporaryDirectory()]) {
    const store = await SqliteMetadataStore.open(path.join(directory, 'metadata.sqlite'));
    await store.checkWritable();
    await store.close();
  }
});

test('told to close before it has opened anything, it ends', async () => {
  const thread = takeIndexWriter();
  thread.postMessage({ kind: 'close' });
  assert.deepEqual(await once(thread, 'exit'), [0]);
});

test('a process that has prepared one and does nothing else ends by itself', () => {
  const file = new URL('../src/engines/index-writer-thread.ts', import.meta.url).href;
  const script = `import { prepareIndexWriter } from '${file}'; prepareIndexWriter();`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
