// A disk that loses or changes bodies, is full, or fails: what clients, the readiness probe and the log are told, and that everything else
// is served as before.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type ServerOptions, startServer } from '@postern/server';
import { type ObjectStore, openMemoryStorage, VolumeFailed } from '@postern/storage';
import { send, sendSigned } from '../http.ts';
import { postForm, signV1 } from '../post-form.ts';
import type { Target } from '../target.ts';
import { pseudoRandomBytes } from './pseudo-random.ts';
import { makeDataDir } from './server-process.ts';

const bucket = 'faults';
const blockBytes = 64 * 1024;

interface LogLine {
  readonly level: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly status?: number;
  readonly error?: { readonly type: string; readonly message: string };
}

interface Bench extends Target {
  readonly log: readonly LogLine[];
  put(key: string, size: number): Promise<number>;
  get(key: string, headers?: Record<string, string>): ReturnType<typeof send>;
  ready(): Promise<{ status: number; text: string }>;
  /** The error logged for the last request for this key, as soon as it is. */
  errorOf(key: string): Promise<string>;
}

async function openBench(context: TestContext, options: ServerOptions): Promise<Bench> {
  const log: LogLine[] = [];
  const write = (line: string) => void log.push(JSON.parse(line));
  const server = await startServer({
    ...{
      port: 0,
      adminPort: 0,
      buckets: [bucket],
      log: { pretty: false, level: 'info', destination: { write } },
    },
    ...options,
  });
  context.after(() => server.close(0));
  const target = {
    endpoint: server.endpoint,
    ...server.credentials,
    isOurs: true,
    [Symbol.asyncDispose]: () => server.close(0),
  };
  const of = (key: string) => `/${bucket}/${key}`;
  return {
    ...target,
    log,
    async put(key, size) {
      const body = pseudoRandomBytes(key, 0, size);
      return (await sendSigned(target, { method: 'PUT', path: of(key), body })).status;
    },
    get: (key, headers = {}) => sendSigned(target, { method: 'GET', path: of(key), headers }),
    ready: () => send({ endpoint: server.adminEndpoint as string }, { method: 'GET', path: '/-/ready' }),
    async errorOf(key) {
      for (;;) {
        const line = log.findLast((entry) => entry.key === key && entry.level === 'error');
        if (line) return `${line.bucket}/${line.key} ${line.error?.type}: ${line.error?.message}`;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** The file of the one blob in the store that holds these bytes. */
function findBlobFile(dataDir: string, key: string): string {
  const files = globSync(path.join(dataDir, 'blobs/*/*'));
  const file = files.find((name) => readFileSync(name).includes(`"key":"${key}"`));
  assert.ok(file, `no blob of ${key}`);
  return file;
}

function flipByte(file: string, block: number): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf('}') + 1 + block * (blockBytes + 4) + 10;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  writeFileSync(file, bytes);
}

describe('a body that the disk has changed or lost is never sent', () => {
  const size = 20 * blockBytes + 17;

  test('its first block: 500 before the first byte', async (context) => {
    const dataDir = makeDataDir();
    const bench = await openBench(context, { dataDir });
    for (const key of ['bad', 'good']) assert.equal(await bench.put(key, size), 200);
    const file = findBlobFile(dataDir, 'bad');
    flipByte(file, 0);

    const answer = await bench.get('bad');
    assert.equal(`${answer.status} ${answer.code}`, '500 InternalError', answer.text);
    const blobId = path.basename(file);
    assert.equal(await bench.errorOf('bad'), `faults/bad BlobCorrupt: Block 0 of blob ${blobId} is damaged.`);

    const head = await sendSigned(bench, { method: 'HEAD', path: `/${bucket}/bad` });
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-length'], String(size));
    // A range that does without the damaged block is as good as ever.
    const range = await bench.get('bad', { range: `bytes=${blockBytes}-${size - 1}` });
    assert.equal(range.status, 206);
    assert.ok(range.body.equals(pseudoRandomBytes('bad', blockBytes, size)));
    assert.ok((await bench.get('good')).body.equals(pseudoRandomBytes('good', 0, size)));
    const copy = {
      method: 'PUT',
      path: `/${bucket}/copy`,
      headers: { 'x-oss-copy-source': `/${bucket}/bad` },
    };
    assert.equal((await sendSigned(bench, copy)).status, 500);
    assert.equal((await bench.get('copy')).code, 'NoSuchKey');
  });

  for (const block of [1, 7, 20]) {
    test(`block ${block}: the connection is cut before it`, async (context) => {
      const dataDir = makeDataDir();
      const bench = await openBench(context, { dataDir });
      await bench.put('bad', size);
      flipByte(findBlobFile(dataDir, 'bad'), block);
      await assert.rejects(bench.get('bad'), { code: 'ECONNRESET' });
      assert.match(await bench.errorOf('bad'), new RegExp(`faults/bad BlobCorrupt: Block ${block} of blob `));
    });
  }

  test('its file gone: 500, and not NoSuchKey', async (context) => {
    const dataDir = makeDataDir();
    const bench = await openBench(context, { dataDir });
    await bench.put('lost', size);
    rmSync(findBlobFile(dataDir, 'lost'));
    const answer = await bench.get('lost');
    assert.equal(`${answer.status} ${answer.code}`, '500 InternalError', answer.text);
    assert.match(await bench.errorOf('lost'), /^faults\/lost BlobMissing: There is no blob [0-9a-f]{40}\.$/);
    assert.equal((await sendSigned(bench, { method: 'HEAD', path: `/${bucket}/lost` })).status, 200);
  });
});

test('a disk that fails: 503 at once, for forms too, readiness says why, reading goes on', async (context) => {
  const memory = openMemoryStorage();
  let failure: VolumeFailed | undefined;
  const failing: readonly (string | symbol)[] = ['put', 'remove', 'changeBucket', 'checkWritable'];
  const store = new Proxy(memory, {
    get(target, name) {
      if (failure && failing.includes(name)) return () => Promise.reject(failure);
      const value = target[name as keyof ObjectStore];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
  const bench = await openBench(context, { store });
  await bench.put('before', 100);
  failure = new VolumeFailed('A flush to disk failed: EIO', { cause: new Error('EIO') });

  const put = await sendSigned(bench, { method: 'PUT', path: `/${bucket}/a`, body: 'x' });
  const form = await postForm(bench, bucket, { key: 'b', ...signV1(bench, bucket) });
  const remove = await sendSigned(bench, { method: 'DELETE', path: `/${bucket}/before` });
  for (const answer of [put, form, remove]) {
    assert.equal(`${answer.status} ${answer.code}`, '503 ServiceUnavailable', answer.text);
    assert.doesNotMatch(answer.text, /EIO/);
  }
  assert.match(await bench.errorOf('a'), /faults\/a VolumeFailed: A flush to disk failed: EIO/);
  const ready = await bench.ready();
  assert.equal(ready.status, 503);
  assert.match(ready.text, /EIO.*restart/);
  assert.equal((await bench.get('before')).status, 200);
});

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

const onSmallDisk = { skip: isRoot ? false : 'needs root, to mount a small file system' };

/** To be unmounted when the servers on it are closed. @returns undefined, and the test is skipped, where nothing can be mounted */
function mountSmallDisk(context: TestContext): { folder: string; unmount: () => void } | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-full-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder], { encoding: 'utf8' });
  if (mount.status !== 0) context.skip(`no file system can be mounted: ${mount.stderr}`);
  const unmount = () => {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  };
  return mount.status === 0 ? { folder, unmount } : undefined;
}

test(
  'a full disk: 503, nothing left behind, and all is well once there is room',
  onSmallDisk,
  async (context) => {
    const disk = mountSmallDisk(context);
    if (!disk) return;
    const dataDir = disk.folder;
    // Smaller than what a server keeps free: how full it gets is the very subject.
    const bench = await openBench(context, { dataDir, freeBytesMin: 0 });
    // Behind the hook that closes the server.
    context.after(disk.unmount);
    const before = 2_000_000;
    assert.equal(await bench.put('before', before), 200);
    const freeBefore = freeBytes(dataDir);

    assert.equal(await bench.put('large', 20_000_000), 503);
    assert.match(await bench.errorOf('large'), /DiskFull: There is no space left/);
    assert.equal(freeBytes(dataDir), freeBefore);
    assert.equal((await bench.get('large')).code, 'NoSuchKey');

    // Now without room for the index either.
    const ballast = path.join(dataDir, 'ballast');
    fillUp(ballast, dataDir);
    const form = await postForm(
      bench,
      bucket,
      { key: 'form', ...signV1(bench, bucket) },
      { content: 'x'.repeat(8000) },
    );
    assert.equal(`${form.status} ${form.code}`, '503 ServiceUnavailable', form.text);
    // Nor for the key of callbacks, which is made when it is first needed.
    const key = await send(bench, { method: 'GET', path: '/-/callback-public-key.pem' });
    assert.equal(`${key.status} ${key.code}`, '503 ServiceUnavailable', key.text);
    assert.deepEqual(globSync('secret.key*', { cwd: dataDir }), []);
    const ready = await bench.ready();
    assert.equal(ready.status, 503);
    assert.match(ready.text, /no space left/);
    assert.ok((await bench.get('before')).body.equals(pseudoRandomBytes('before', 0, before)));

    rmSync(ballast);
    assert.equal((await bench.ready()).status, 200);
    assert.equal((await send(bench, { method: 'GET', path: '/-/callback-public-key.pem' })).status, 200);
    assert.equal(await bench.put('large', 3_000_000), 200);
    assert.ok((await bench.get('large')).body.equals(pseudoRandomBytes('large', 0, 3_000_000)));
  },
);

test(
  'a start on a full disk says what it needs, and with that the store is as it was',
  onSmallDisk,
  async (context) => {
    const disk = mountSmallDisk(context);
    if (!disk) return;
    const dataDir = disk.folder;
    const options = { dataDir, freeBytesMin: 0, accessKeys: [{ accessKeyId: 'k', accessKeySecret: 's' }] };
    const before = await openBench(context, options);
    assert.equal(await before.put('kept', 5), 200);
    await before[Symbol.asyncDispose]();

    const ballast = path.join(dataDir, 'ballast');
    fillUp(ballast, dataDir);
    await assert.rejects(openBench(context, options), /metadata\.sqlite cannot be opened: the disk is full/);
    truncateSync(ballast, statSync(ballast).size - 1024 ** 2);
    const bench = await openBench(context, options);
    context.after(disk.unmount);
    assert.ok((await bench.get('kept')).body.equals(pseudoRandomBytes('kept', 0, 5)));
  },
);

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function fillUp(file: string, directory: string): void {
  writeFileSync(file, Buffer.alloc(freeBytes(directory)));
}
