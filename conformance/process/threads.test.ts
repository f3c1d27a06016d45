// A server of several threads is one server: what a client does on one connection holds on all others, whichever thread has them. A new
// connection goes to any of them, so what is tried often enough has met them all.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServerOptions, startServer } from '@postern/server';
import {
  addAccessKey,
  addRole,
  addUser,
  attachPolicy,
  changeIdentities,
  setAccessKeyStatus,
} from '@postern/server/identities';
import { startApplication } from '../application.ts';
import { openRequest, send, sendSigned } from '../http.ts';
import { assumeRole } from '../sts-request.ts';
import type { Target } from '../target.ts';

const threads = 3;
/** New connections of a test: that one of three threads gets none of them does not happen (less than once in 10^8 times). */
const tries = 48;

const skip = process.platform !== 'linux' && 'several threads share a port only on Linux';

const app = { accessKeyId: 'PKAPP', accessKeySecret: 'secret-of-app' };

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-threads-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Served extends Target {
  readonly lines: string[];
  close(graceMs: number): Promise<void>;
}

async function serve(context: TestContext, options: ServerOptions = {}): Promise<Served> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const server = await startServer({
    port: 0,
    dataDir: makeFolder(context),
    buckets: [{ name: 'uploads' }, { name: 'open', acl: 'public-read-write' }],
    threads,
    log: { pretty: false, level: 'info', destination },
    ...options,
  });
  context.after(() => server.close(0));
  await server.allListening;
  return {
    endpoint: server.endpoint,
    ...server.credentials,
    ...{ isOurs: true, lines, close: (graceMs) => server.close(graceMs) },
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

const numbers = Array.from({ length: tries }, (_, i) => i);

test('what one thread has stored every thread has', { skip }, async (context) => {
  const target = await serve(context);
  for (const bytes of [100, 40_000, 1_500_000]) {
    const body = randomBytes(bytes);
    await Promise.all(
      numbers.map(async (i) => {
        const put = await send(target, { method: 'PUT', path: `/open/${bytes}/${i}`, body });
        assert.equal(put.status, 200);
        const got = await send(target, { method: 'GET', path: `/open/${bytes}/${i}` });
        assert.ok(got.status === 200 && got.body.equals(body));
      }),
    );
    const list = await send(target, { method: 'GET', path: `/open/?prefix=${bytes}/` });
    assert.equal(list.text.match(/<Key>/g)?.length, tries);
  }
});

test('a bucket that is changed is changed for the next request, wherever it goes', {
  skip,
}, async (context) => {
  const target = await serve(context);
  for (let i = 0; i < tries; i++) {
    const acl = i % 2 === 0 ? 'public-read' : 'private';
    const changed = await sendSigned(target, {
      method: 'PUT',
      path: '/uploads/?acl',
      headers: { 'x-oss-acl': acl },
    });
    assert.equal(changed.status, 200);
    const asked = await Promise.all(
      numbers.slice(0, 8).map(() => send(target, { method: 'GET', path: '/uploads/' })),
    );
    for (const { status } of asked) assert.equal(status, acl === 'private' ? 403 : 200);
  }
});

test('of puts that may not overwrite one goes through', { skip }, async (context) => {
  const target = await serve(context);
  const headers = { 'x-oss-forbid-overwrite': 'true' };
  for (let round = 0; round < 5; round++) {
    const sending = { method: 'PUT', path: `/open/${round}`, headers };
    const answers = await Promise.all(numbers.map((i) => send(target, { ...sending, body: `${i}` })));
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 1);
    assert.equal(statuses.filter((status) => status === 409).length, tries - 1);
    const { text } = await send(target, { method: 'GET', path: `/open/${round}` });
    assert.equal(statuses[Number(text)], 200);
  }
});

test('a request for a token is taken once', { skip }, async (context) => {
  const dataDir = makeFolder(context);
  await changeIdentities({ dataDir }, (empty) => {
    let book = addUser(empty, 'app', { id: '21', nowMs: 0 });
    book = addAccessKey(book, 'app', { ...app, createdAtMs: 0 });
    const terms = { trustedUsers: ['app'], maxSessionSeconds: 3600 };
    book = addRole(book, 'uploader', terms, { id: '31', nowMs: 0 });
    return attachPolicy(book, 'AliyunOSSFullAccess', { role: 'uploader' });
  });
  const target = await serve(context, { dataDir });
  const parameters = { SignatureNonce: 'once', Timestamp: new Date().toISOString().replace(/\.\d+/, '') };
  const answers = await Promise.all(numbers.map(() => assumeRole(target, app, 'uploader', { parameters })));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 1, JSON.stringify(statuses));
});

test('all sign callbacks with one key', { skip }, async (context) => {
  const target = await serve(context);
  const answers = await Promise.all(
    numbers.map(() => send(target, { method: 'GET', path: '/-/callback-public-key.pem' })),
  );
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.match(answers[0]?.text ?? '', /BEGIN PUBLIC KEY/);
});

test('callbacks go out of every thread', { skip }, async (context) => {
  const application = await startApplication({ '/told': '{"ok":true}' });
  context.after(() => application.close());
  const target = await serve(context, { callbackAllowPrivate: true });
  const callback = { callbackUrl: `${application.url}/told`, callbackBody: 'key=${object}' };
  const headers = { 'x-oss-callback': Buffer.from(JSON.stringify(callback)).toString('base64') };
  const answers = await Promise.all(
    numbers.map((i) => sendSigned(target, { method: 'PUT', path: `/uploads/${i}`, headers, body: 'x' })),
  );
  for (const { status, text } of answers) assert.deepEqual([status, text], [200, '{"ok":true}']);
  assert.equal(new Set(application.callbacks.map(({ body }) => body)).size, tries);
});

test('a key that is disabled counts nowhere soon', { skip }, async (context) => {
  const dataDir = makeFolder(context);
  await changeIdentities({ dataDir }, (empty) => {
    const book = addUser(empty, 'app', { id: '21', nowMs: 0 });
    return attachPolicy(addAccessKey(book, 'app', { ...app, createdAtMs: 0 }), 'AliyunOSSFullAccess', {
      user: 'app',
    });
  });
  const target = await serve(context, { dataDir });
  const ask = () =>
    Promise.all(
      numbers.map(async () => {
        const { status } = await sendSigned({ ...target, ...app }, { method: 'GET', path: '/uploads/' });
        return status;
      }),
    );
  assert.deepEqual(new Set(await ask()), new Set([200]));
  await changeIdentities({ dataDir }, (book) => setAccessKeyStatus(book, app.accessKeyId, 'disabled'));
  for (let statuses = await ask(); !statuses.every((status) => status === 403); statuses = await ask());
});

test('connections are counted over all threads', { skip }, async (context) => {
  const target = await serve(context, { limits: { connectionsMax: 10 } });
  const { hostname, port } = new URL(target.endpoint);
  const sockets = numbers.map(() => connect(Number(port), hostname));
  context.after(() => sockets.forEach((socket) => void socket.destroy()));
  const open = new Set(sockets);
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  }
  // Who is let in stays: all others are shown out.
  while (open.size > 10) await delay(5);
  const answer = await new Promise((resolve) => {
    const [socket] = open;
    socket?.once('data', (bytes) => resolve(String(bytes).slice(0, 12)));
    socket?.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
  assert.equal(answer, 'HTTP/1.1 403');
});

test('each request has its line in the log, whole', { skip }, async (context) => {
  const target = await serve(context);
  await Promise.all(numbers.map((i) => send(target, { method: 'PUT', path: `/open/line-${i}`, body: 'x' })));
  await target.close(0);
  const entries = target.lines.map((line) => JSON.parse(line));
  const keys = entries.filter(({ operation }) => operation === 'PutObject').map(({ key }) => key);
  assert.deepEqual(new Set(keys), new Set(numbers.map((i) => `line-${i}`)));
  assert.equal(keys.length, tries);
});

test('a request that is cut off has its line, too', { skip }, async (context) => {
  const target = await serve(context);
  const headers = { 'content-length': '10', expect: '100-continue' };
  const uploads = numbers.map((i) => openRequest(target, { method: 'PUT', path: `/open/cut-${i}`, headers }));
  await Promise.all(uploads.map(({ continued }) => continued));
  await target.close(0);
  const keys = target.lines.map((line) => JSON.parse(line).key).filter((key) => key?.startsWith('cut-'));
  assert.equal(new Set(keys).size, tries);
});

test('a limit may be none', { skip }, async (context) => {
  const infinity = Number.POSITIVE_INFINITY;
  const target = await serve(context, { limits: { uploadsMax: infinity, uploadsPerAddressMax: infinity } });
  assert.equal((await send(target, { method: 'PUT', path: '/open/a', body: 'x' })).status, 200);
});

test('what is under way is finished when the server is told to stop', { skip }, async (context) => {
  const dataDir = makeFolder(context);
  const target = await serve(context, { dataDir });
  const headers = { 'content-length': '10', expect: '100-continue' };
  const uploads = numbers.map((i) => openRequest(target, { method: 'PUT', path: `/open/${i}`, headers }));
  await Promise.all(uploads.map(({ continued }) => continued));
  await Promise.all(uploads.map((upload) => upload.write('01234')));
  const closed = target.close(60_000);
  for (const upload of uploads) upload.end('56789');
  for (const upload of uploads) assert.equal((await upload.answer).status, 200);
  await closed;
  const again = await serve(context, { dataDir });
  const list = await send(again, { method: 'GET', path: '/open/' });
  assert.equal(list.text.match(/<Key>/g)?.length, tries);
});

test('a server of several threads does not share its port with another one', { skip }, async (context) => {
  const first = await serve(context);
  const port = Number(new URL(first.endpoint).port);
  await assert.rejects(serve(context, { port }), { code: 'EADDRINUSE' });
  await assert.rejects(serve(context, { port, threads: 1 }), { code: 'EADDRINUSE' });
});

test('several threads are refused where they cannot be', async () => {
  const refused: ServerOptions[] = [
    { memory: true, threads: 2 },
    { dataDir: '/nowhere', threads: 2, clock: Date.now },
    { dataDir: '/nowhere', threads: 2, identities: {} },
    { dataDir: '/nowhere', threads: 0 },
    { dataDir: '/nowhere', threads: 1.5 },
  ];
  for (const options of refused) await assert.rejects(startServer({ port: 0, ...options }), TypeError);
});
