// Stopping and starting: nothing changes by it, nothing that is under way is cut off, and two servers never share their data.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { readAnswer, sendSigned } from '../http.ts';
import { postForm, signV1, writeForm } from '../post-form.ts';
import { pseudoRandomBytes } from './pseudo-random.ts';
import { makeDataDir, ServerProcess } from './server-process.ts';

const bucket = 'restarted';

/** Everything that a list tells, object by object. */
async function listObjects(server: ServerProcess): Promise<string[]> {
  const list = await sendSigned(server, { method: 'GET', path: `/${bucket}/?max-keys=1000` });
  assert.equal(list.status, 200, list.text);
  return list.text.match(/<Contents>.*?<\/Contents>/gs) ?? [];
}

function put(server: ServerProcess, key: string, body: Uint8Array) {
  return sendSigned(server, { method: 'PUT', path: `/${bucket}/${key}`, body });
}

test('what was stored is there after a restart', async () => {
  const served = { dataDir: makeDataDir(), bucket };
  let before: string[];
  {
    await using server = await ServerProcess.start(served);
    for (const size of [0, 100, 50_000, 3_000_000])
      await put(server, `${size}`, pseudoRandomBytes('x', 0, size));
    const form = await postForm(server, bucket, { key: '表单', ...signV1(server, bucket) });
    assert.equal(form.status, 204, form.text);
    before = await listObjects(server);
    assert.equal(before.length, 5);
    const { exitCode, signal } = await server.signal('SIGTERM');
    assert.deepEqual({ exitCode, signal }, { exitCode: 0, signal: null });
  }
  await using server = await ServerProcess.start(served);
  assert.deepEqual(await listObjects(server), before);
  const large = await sendSigned(server, { method: 'GET', path: `/${bucket}/3000000` });
  assert.ok(large.body.equals(pseudoRandomBytes('x', 0, 3_000_000)));
});

test('a form that is being uploaded when the server is told to stop is finished', async () => {
  const served = { dataDir: makeDataDir(), bucket };
  const content = pseudoRandomBytes('slow', 0, 100_000);
  {
    await using server = await ServerProcess.start(served);
    const { body, contentType } = writeForm({ key: 'slow', ...signV1(server, bucket) }, { content });
    const headers = { 'content-type': contentType, 'content-length': body.length, expect: '100-continue' };
    const request = httpRequest(`${server.endpoint}/${bucket}/`, { method: 'POST', headers, agent: false });
    const answered = once(request, 'response').then(([response]) => readAnswer(response));
    // The server has begun with it.
    request.flushHeaders();
    await once(request, 'continue');
    request.write(body.subarray(0, 60_000));
    const ended = server.signal('SIGTERM');
    await untilRefused(server);
    request.end(body.subarray(60_000));
    const { status, text } = await answered;
    assert.equal(status, 204, text);
    assert.equal((await ended).exitCode, 0);
  }
  await using server = await ServerProcess.start(served);
  const stored = await sendSigned(server, { method: 'GET', path: `/${bucket}/slow` });
  assert.ok(stored.body.equals(content));
});

/** New requests are no longer taken. */
async function untilRefused(server: ServerProcess): Promise<void> {
  for (;;) {
    try {
      await sendSigned(server, { method: 'HEAD', path: `/${bucket}/` });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED') return;
      // One that was waiting to be accepted.
      assert.equal(code, 'ECONNRESET');
    }
  }
}

test('a second server does not touch the data of the first', async () => {
  const served = { dataDir: makeDataDir(), bucket };
  await using server = await ServerProcess.start(served);
  const { exitCode, stderr } = await ServerProcess.startInVain(served);
  assert.equal(exitCode, 1);
  assert.match(stderr, /^postern: .* is in use by another process\./m);
  assert.ok(stderr.includes(served.dataDir), stderr);
  assert.doesNotMatch(stderr, /^\s+at /m);
  assert.equal((await put(server, 'still', Buffer.from('here'))).status, 200);
  assert.equal((await listObjects(server)).length, 1);
});
