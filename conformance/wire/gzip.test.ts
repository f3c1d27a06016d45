// GetObject in gzip (GetObject reference, "Accept-Encoding"): for which objects and clients, and what such an answer lacks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ask, checkHeaders, objectTrials, succeed } from '../object-requests.ts';
import { newKey, openTrials } from '../trial-bucket.ts';

const { bucket } = await openTrials();
const { expects } = objectTrials(bucket);

const text = 'all work and no play makes jack a dull boy\n'.repeat(50_000);
const gzip = { 'accept-encoding': 'gzip' };

async function put(
  contentType: string,
  content = text,
  headers: Record<string, string> = {},
): Promise<string> {
  const key = newKey();
  assert.equal((await bucket.put(key, content, { 'content-type': contentType, ...headers })).status, 200);
  return key;
}

test('text in gzip: chunked, without an ETag and a length, and whole', async () => {
  const key = await put('text/plain; charset=utf-8');
  const answer = await succeed(bucket, `GET ${key}`, { headers: gzip });
  checkHeaders(answer, {
    'content-encoding': 'gzip',
    'transfer-encoding': 'chunked',
    'content-length': undefined,
    'content-md5': undefined,
    etag: undefined,
    'accept-ranges': undefined,
    vary: /Accept-Encoding/,
    'content-type': 'text/plain; charset=utf-8',
    'last-modified': /GMT$/,
  });
  assert.ok(answer.body.length < text.length / 10);
  assert.equal(gunzipSync(answer.body).toString(), text);
});

const types: readonly (readonly [contentType: string, isCompressed: boolean])[] = [
  ['text/cache-manifest', true],
  ['text/html', true],
  ['text/xml', true],
  ['text/css', true],
  ['TEXT/CSS', true],
  ['text/json', true],
  ['application/javascript', true],
  ['application/x-javascript', true],
  ['application/rss+xml', true],
  ['application/json', true],
  ['text/markdown', false],
  ['application/octet-stream', false],
  ['image/png', false],
];
for (const [contentType, isCompressed] of types) {
  test(`${contentType} is ${isCompressed ? '' : 'not '}compressed`, async () => {
    const answer = await succeed(bucket, `GET ${await put(contentType)}`, { headers: gzip });
    assert.equal(answer.headers['content-encoding'], isCompressed ? 'gzip' : undefined);
    assert.equal(answer.headers.etag === undefined, isCompressed);
  });
}

const wishes: readonly (readonly [acceptEncoding: string, isCompressed: boolean])[] = [
  ['gzip', true],
  ['GZIP', true],
  ['deflate, gzip;q=0.5, br', true],
  ['gzip;q=0', false],
  ['gzip; q=0.0', false],
  ['identity', false],
  ['*', false],
  ['x-gzip', false],
];
for (const [acceptEncoding, isCompressed] of wishes) {
  test(`Accept-Encoding: ${acceptEncoding}`, async () => {
    const key = await put('text/plain');
    const answer = await succeed(bucket, `GET ${key}`, { headers: { 'accept-encoding': acceptEncoding } });
    assert.equal(answer.headers['content-encoding'], isCompressed ? 'gzip' : undefined);
    assert.match(answer.headers.vary ?? '', /Accept-Encoding/);
  });
}

const whole = { 'content-encoding': undefined, etag: /^"[0-9A-F]{32}"$/, 'accept-ranges': 'bytes' };
const long = await put('text/plain', 'a'.repeat(1024));
const short = await put('text/plain', 'a'.repeat(1023));
const stored = await put('text/plain', text, { 'content-encoding': 'br' });
expects('1024 bytes are compressed', `GET ${long}`, { headers: gzip }, 200, { 'content-encoding': 'gzip' });
expects('1023 bytes are not', `GET ${short}`, { headers: gzip }, 200, { ...whole, 'content-length': '1023' });
expects('what is encoded already is not', `GET ${stored}`, { headers: gzip }, 200, {
  'content-encoding': 'br',
  etag: whole.etag,
});
expects('a range is not', `GET ${long}`, { headers: { ...gzip, range: 'bytes=0-1023' } }, 206, {
  ...whole,
  'content-range': 'bytes 0-1023/1024',
});
expects('HEAD tells of the object', `HEAD ${long}`, { headers: gzip }, 200, {
  ...whole,
  'content-length': '1024',
});

test('an object that has not changed is not sent', async () => {
  const { headers } = await succeed(bucket, `GET ${long}`);
  const given = { headers: { ...gzip, 'if-none-match': headers.etag as string } };
  assert.equal((await ask(bucket, `GET ${long}`, given)).status, 304);
});
test('two readers of one page are kept apart by both headers', async () => {
  const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
  const configuration = `<CORSConfiguration>${rule}</CORSConfiguration>`;
  await succeed(bucket, 'PUT ?cors', { body: configuration });
  const answer = await succeed(bucket, `GET ${long}`, { headers: gzip });
  assert.equal(answer.headers.vary, 'Origin, Accept-Encoding');
});
