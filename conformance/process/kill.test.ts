// The server is killed with SIGKILL in the middle of 200 uploads and started again over the same data. Every upload that was answered is
// there and whole; what was not answered is there as a whole or not at all; and nothing else stays on the disk.

import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sendSigned } from '../http.ts';
import { signV1, writeForm } from '../post-form.ts';
import { countBlobs } from './count-blobs.ts';
import { pseudoRandomBytes, seededNumbers } from './pseudo-random.ts';
import { makeDataDir, ServerProcess } from './server-process.ts';

const bucket = 'killed';
const uploadsPerRound = 200;
const readersAtOnce = 8;

/** How long the sweep may take on a machine that is busy with other tests. */
const sweepMsMax = 30_000;

const kibibyte = 1024;

/** From, to: what is kept within the index, in one block, and in many. */
const sizeClasses = {
  inline: [64, 8 * kibibyte],
  block: [16 * kibibyte, 64 * kibibyte],
  large: [kibibyte ** 2, 4 * kibibyte ** 2],
} as const;

/** How often each occurs. */
const sizeMix = [
  'inline',
  'inline',
  'inline',
  'inline',
  'block',
  'block',
  'block',
  'block',
  'block',
  'large',
] as const;

/**
 * When the server is killed: after so many answers, or after so many requests have been handed to the system whole. `keys`: whether every
 * upload has its own, or half of them share a few.
 */
const rounds = [
  { keys: 'own', killAfter: 'answers' },
  { keys: 'own', killAfter: 'requests' },
  { keys: 'shared', killAfter: 'answers' },
  { keys: 'shared', killAfter: 'requests' },
  { keys: 'shared', killAfter: 'answers' },
] as const;

interface Upload {
  readonly number: number;
  readonly key: string;
  readonly size: number;
  readonly isForm: boolean;
  /** As the answer told it; undefined without an answer. */
  crc64: string | undefined;
}

/** What may be found under a key; undefined: nothing. */
type Possible = readonly (Upload | undefined)[];

test('uploads that were answered survive SIGKILL', async (t) => {
  const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));
  t.diagnostic(`TEST_SEED=${seed}`);
  const choose = seededNumbers(seed);
  const dataDir = makeDataDir();
  const possible = new Map<string, Possible>();
  let server = await start(dataDir);
  try {
    for (const [round, { keys, killAfter }] of rounds.entries()) {
      const numbers = Array.from({ length: uploadsPerRound }, (_, i) => round * uploadsPerRound + i);
      const uploads = numbers.map((number) => chooseUpload(number, keys, choose));
      const count = 1 + choose(uploadsPerRound - 20);
      await uploadAndKill(server, uploads, killAfter, count);
      const answered = uploads.filter(({ crc64 }) => crc64 !== undefined).length;
      t.diagnostic(`killed after ${count} ${killAfter}: ${answered} of ${uploadsPerRound} were answered`);
      expectUploads(possible, uploads);

      server = await start(dataDir);
      await checkObjects(server, possible);
      if (keys === 'own') await checkNothingElse(dataDir, possible);
    }
  } finally {
    await server.signal('SIGKILL');
  }
});

function start(dataDir: string): Promise<ServerProcess> {
  return ServerProcess.start({ dataDir, bucket: `${bucket}:public-read-write` });
}

function chooseUpload(number: number, keys: 'own' | 'shared', choose: (bound: number) => number): Upload {
  const [from, to] = sizeClasses[sizeMix[choose(sizeMix.length)] as keyof typeof sizeClasses];
  const isShared = keys === 'shared' && number % 2 === 0;
  return {
    number,
    key: isShared ? `shared/${choose(20)}` : `own/${number}`,
    size: from + choose(to - from),
    isForm: choose(2) === 0,
    crc64: undefined,
  };
}

/** A body that begins with the number of its upload, so that what is found can be told from what was sent. */
function bodyOf({ number, size }: Upload): Buffer {
  const body = pseudoRandomBytes(`upload ${number}`, 0, size);
  body.write(`${number}\n`);
  return body;
}

/** Adds what an interrupted round may have left: once an upload was answered, what was there before it is gone for good. */
function expectUploads(possible: Map<string, Possible>, uploads: readonly Upload[]): void {
  for (const [key, sent] of Map.groupBy(uploads, ({ key }) => key)) {
    const isAnswered = sent.some(({ crc64 }) => crc64 !== undefined);
    possible.set(key, isAnswered ? sent : [...(possible.get(key) ?? [undefined]), ...sent]);
  }
}

// --- Uploading ---

/** Starts all at once. Resolves when the server is gone and no upload is under way. */
async function uploadAndKill(
  server: ServerProcess,
  uploads: readonly Upload[],
  killAfter: 'answers' | 'requests',
  count: number,
): Promise<void> {
  let seen = 0;
  const see = (what: 'answers' | 'requests') => {
    if (what === killAfter && ++seen === count) void server.signal('SIGKILL');
  };
  await Promise.all(uploads.map((upload) => carryOut(server, upload, see)));
  await server.signal('SIGKILL');
}

/** An upload whose connection breaks is one without an answer. */
function carryOut(
  server: ServerProcess,
  upload: Upload,
  see: (what: 'answers' | 'requests') => void,
): Promise<void> {
  const { path: target, method, contentType, body } = requestOf(server, upload);
  const headers = { 'content-type': contentType, 'content-length': body.length };
  const request = httpRequest(server.endpoint, { path: target, method, headers, agent: false });
  return new Promise((resolve, reject) => {
    request.on('finish', () => see('requests'));
    request.on('response', (response: IncomingMessage) => {
      if (response.statusCode !== 200) reject(new Error(`${upload.key} was answered ${response.statusCode}`));
      upload.crc64 = response.headers['x-oss-hash-crc64ecma'] as string;
      see('answers');
      response.on('error', () => {}).resume();
    });
    request.on('error', () => {}).on('close', resolve);
    request.end(body);
  });
}

function requestOf(server: ServerProcess, upload: Upload) {
  const content = bodyOf(upload);
  if (!upload.isForm) {
    const contentType = 'application/octet-stream';
    return { method: 'PUT', path: `/${bucket}/${upload.key}`, contentType, body: content };
  }
  const fields = { key: upload.key, ...signV1(server, bucket), success_action_status: '200' };
  return { method: 'POST', path: `/${bucket}/`, ...writeForm(fields, { content }) };
}

// --- Checking ---

/** Everything that is listed reads back as one of the possible bodies, and what is not listed may be missing. Narrows the possible. */
async function checkObjects(server: ServerProcess, possible: Map<string, Possible>): Promise<void> {
  const listed = await listKeys(server);
  for (const key of listed) assert.ok(possible.has(key), `${key} was never sent`);
  const waiting = [...possible.keys()];
  const check = async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      const uploads = possible.get(key) as Possible;
      const found = listed.has(key) ? await readUpload(server, key, uploads) : undefined;
      assert.ok(uploads.includes(found), `${key} is lost`);
      possible.set(key, [found]);
    }
  };
  await Promise.all(Array.from({ length: readersAtOnce }, check));
}

async function listKeys(server: ServerProcess): Promise<Set<string>> {
  const list = await sendSigned(server, { method: 'GET', path: `/${bucket}/?max-keys=1000` });
  assert.equal(list.element('IsTruncated'), 'false', list.text);
  return new Set(Array.from(list.text.matchAll(/<Key>(.*?)<\/Key>/g), ([, key]) => key as string));
}

/** Which upload a key holds, the whole of it. */
async function readUpload(server: ServerProcess, key: string, uploads: Possible): Promise<Upload> {
  const { status, headers, body } = await sendSigned(server, { method: 'GET', path: `/${bucket}/${key}` });
  assert.equal(status, 200);
  const number = Number.parseInt(body.subarray(0, 20).toString('latin1'), 10);
  const upload = uploads.find((sent) => sent?.number === number);
  assert.ok(upload, `${key} holds upload ${number}, which it cannot`);
  assert.ok(body.equals(bodyOf(upload)), `${key} does not hold the whole of upload ${number}`);
  assert.equal(headers.etag, `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`);
  if (upload.crc64 !== undefined) assert.equal(headers['x-oss-hash-crc64ecma'], upload.crc64);
  return upload;
}

/** Waits until there are as many blobs as objects that need one: what the kill left is swept while the server already serves. */
async function checkNothingElse(dataDir: string, possible: ReadonlyMap<string, Possible>): Promise<void> {
  const needed = [...possible.values()].filter(
    ([found]) => (found?.size ?? 0) > sizeClasses.inline[1],
  ).length;
  const deadlineMs = Date.now() + sweepMsMax;
  for (;;) {
    const blobs = countBlobs(dataDir);
    if (blobs === needed) return;
    assert.ok(Date.now() < deadlineMs, `there are ${blobs} blobs for ${needed} objects`);
    await delay(20);
  }
}
