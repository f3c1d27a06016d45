// Uploads and downloads of 1 GiB pass through the server without being collected in it: as a form, as a put, and back.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { writeFormFrame } from '@postern/protocol';
import { type Answer, readAnswer, send } from '../http.ts';
import { signV1 } from '../post-form.ts';
import { pseudoRandomBytes, pseudoRandomPieces } from './pseudo-random.ts';
import { makeDataDir, ServerProcess } from './server-process.ts';

const mebibyte = 1024 ** 2;

/** How much the server may grow over what it has when it does nothing. */
const growthBytesMax = 150 * mebibyte;

/** The digests were made with md5sum and Go's hash/crc64, of what openssl wrote. */
const content = {
  name: 'one gibibyte',
  size: 1024 * mebibyte,
  md5: '35612B4B4AD5DA606F6EC64818C55FAE',
  crc64: '9551338519772230730',
};

/** Of what the client sends at once. */
const pieceBytes = 256 * 1024;

test('1 GiB in and out within bounded memory', {
  skip: process.platform !== 'linux' && 'memory is measured by /proc',
}, async (t) => {
  const served = { dataDir: makeDataDir(), bucket: 'large' };
  await using server = await ServerProcess.start({ ...served, bucket: `${served.bucket}:public-read-write` });
  // What a first request loads and compiles is no growth.
  await send(server, { method: 'PUT', path: '/large/first', body: 'x' });
  await send(server, { method: 'GET', path: '/large/first' });
  const idleBytes = server.residentBytes();
  t.diagnostic(`idle: ${inMebibytes(idleBytes)}`);

  const bounded = async (what: string, act: () => Promise<void>) => {
    server.resetPeak();
    await act();
    const growthBytes = server.peakBytes() - idleBytes;
    t.diagnostic(`${what}: at most ${inMebibytes(growthBytes)} more`);
    assert.ok(growthBytes < growthBytesMax, `${what} took ${inMebibytes(growthBytes)}`);
  };
  const steps: readonly [what: string, act: (server: ServerProcess) => Promise<void>][] = [
    ['posting a form', postForm],
    ['putting', putObject],
    ['getting', (at) => getWhole(at, 'form')],
  ];
  for (const [what, act] of steps) await t.test(what, () => bounded(what, () => act(server)));
  for (const key of ['form', 'put'])
    await t.test(`what is stored of the ${key}`, () => checkStored(server, key));
});

async function postForm(server: ServerProcess): Promise<void> {
  const fields = { key: 'form', ...signV1(server, 'large'), success_action_status: '200' };
  const frame = writeFormFrame('the-boundary', Object.entries(fields), { fileName: 'large.bin' });
  const answer = await upload(server, 'POST', '/large/', frame.contentType, [frame.head, frame.tail]);
  checkAnswer(answer);
}

async function putObject(server: ServerProcess): Promise<void> {
  checkAnswer(await upload(server, 'PUT', '/large/put', 'application/octet-stream', []));
}

function checkAnswer({ status, headers, text }: Answer): void {
  assert.equal(status, 200, text);
  assert.equal(headers.etag, `"${content.md5}"`);
  assert.equal(headers['x-oss-hash-crc64ecma'], content.crc64);
}

/** Makes the content while it is being sent. */
async function upload(
  server: ServerProcess,
  method: string,
  path: string,
  contentType: string,
  [head = new Uint8Array(), tail = new Uint8Array()]: readonly Uint8Array[],
): Promise<Answer> {
  const length = head.length + content.size + tail.length;
  const headers = { 'content-type': contentType, 'content-length': length };
  const request = httpRequest(server.endpoint, { method, path, headers, agent: false });
  const answered = once(request, 'response').then(([response]) => readAnswer(response));
  await Promise.all([pipeline(Readable.from(frame()), request), answered]);
  return answered;

  function* frame(): Generator<Uint8Array> {
    yield head;
    yield* pseudoRandomPieces(content.name, content.size, pieceBytes);
    yield tail;
  }
}

async function getWhole(server: ServerProcess, key: string): Promise<void> {
  const request = httpRequest(`${server.endpoint}/large/${key}`, { agent: false }).end();
  const [response]: IncomingMessage[] = await once(request, 'response');
  assert.equal(response?.statusCode, 200);
  const md5 = createHash('md5');
  for await (const piece of response) md5.update(piece);
  assert.equal(md5.digest('hex').toUpperCase(), content.md5);
}

async function checkStored(server: ServerProcess, key: string): Promise<void> {
  const { headers } = await send(server, { method: 'HEAD', path: `/large/${key}` });
  assert.equal(headers['content-length'], `${content.size}`);
  assert.equal(headers.etag, `"${content.md5}"`);
  assert.equal(headers['x-oss-hash-crc64ecma'], content.crc64);
  for (const [from, to] of [
    [0, 100],
    [700 * mebibyte - 50_001, 700 * mebibyte + 50_000],
    [content.size - 100, content.size],
  ] as const) {
    const range = `bytes=${from}-${to - 1}`;
    const part = await send(server, { method: 'GET', path: `/large/${key}`, headers: { range } });
    assert.equal(part.status, 206);
    assert.ok(part.body.equals(pseudoRandomBytes(content.name, from, to)), range);
  }
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MiB`;
}
