// Objects that grow at their end (AppendObject): from nothing, piece by piece, by one writer at a time; and each refusal that the
// reference names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, checkHeaders, objectTrials, succeed, texts } from '../object-requests.ts';
import { checkRefusal, newKey, openTrials } from '../trial-bucket.ts';

const { bucket, target } = await openTrials();
const { refuses } = objectTrials(bucket);

const append = (key: string, position: number | string) => `POST ${key}?append&position=${position}` as const;
const next = (answer: { headers: Record<string, unknown> }) => answer.headers['x-oss-next-append-position'];
const wrongPosition = { Message: 'Position is not equal to file length' };
const notAppendable = { Message: 'The object is not appendable' };

test('from nothing, piece by piece', async () => {
  const key = newKey();
  const headers = {
    'content-type': 'text/css',
    'x-oss-meta-a': '1',
    'x-oss-storage-class': 'IA',
    'x-oss-object-acl': 'public-read',
    'x-oss-tagging': 'a=1',
  };
  const first = await succeed(bucket, append(key, 0), { body: '1234', headers });
  checkHeaders(first, {
    'x-oss-next-append-position': '4',
    etag: /^"[0-9A-F]{32}"$/,
    'content-md5': undefined,
  });
  const second = await succeed(bucket, append(key, 4), {
    body: '56789',
    headers: { 'content-type': 'text/html', 'x-oss-meta-b': '2' },
  });
  // The check value of CRC-64/XZ, of the whole.
  checkHeaders(second, { 'x-oss-next-append-position': '9', 'x-oss-hash-crc64ecma': '11051210869376104954' });
  assert.notEqual(second.headers.etag, first.headers.etag);

  const shown = {
    'content-length': '9',
    'content-type': 'text/css',
    'content-md5': undefined,
    etag: second.headers.etag as string,
    'x-oss-meta-a': '1',
    'x-oss-meta-b': undefined,
    'x-oss-storage-class': 'IA',
    'x-oss-tagging-count': '1',
    'x-oss-object-type': 'Appendable',
    'x-oss-next-append-position': '9',
    'x-oss-hash-crc64ecma': '11051210869376104954',
  };
  const read = await succeed(bucket, `GET ${key}`);
  assert.equal(read.text, '123456789');
  checkHeaders(read, shown);
  checkHeaders(await succeed(bucket, `HEAD ${key}`), shown);
  assert.equal((await succeed(bucket, `GET ${key}`, { signed: false })).text, '123456789');
  const list = await succeed(bucket, `GET ?prefix=${key}`);
  assert.deepEqual([texts(list, 'Type'), texts(list, 'Size')], [['Appendable'], ['9']]);
});

test('ranges over the seams of the pieces', async () => {
  const key = newKey();
  const pieces = ['a'.repeat(70_000), 'b'.repeat(5), 'c'.repeat(70_000)];
  let position = 0;
  for (const body of pieces) position = Number(next(await succeed(bucket, append(key, position), { body })));
  const whole = pieces.join('');
  assert.equal((await succeed(bucket, `GET ${key}`)).text, whole);
  for (const [from, to] of [
    [69_998, 70_006],
    [70_001, 70_003],
    [70_004, whole.length - 1],
  ] as const) {
    const { text } = await succeed(bucket, `GET ${key}`, { headers: { range: `bytes=${from}-${to}` } }, 206);
    assert.equal(text, whole.slice(from, to + 1));
  }
});

test('nothing may be appended, and something to an empty object', async () => {
  const key = newKey();
  assert.equal(next(await succeed(bucket, append(key, 0), { body: '' })), '0');
  assert.equal(next(await succeed(bucket, append(key, 0), { body: 'a' })), '1');
  assert.equal(next(await succeed(bucket, append(key, 1), { body: '' })), '1');
  assert.equal((await succeed(bucket, `GET ${key}`)).text, 'a');
});

test('in chunks, and with digests of the piece', async () => {
  const key = newKey();
  await succeed(bucket, append(key, 0), { body: 'hello', headers: { 'transfer-encoding': 'chunked' } });
  await succeed(bucket, append(key, 5), {
    body: 'hello',
    headers: { 'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==' },
  });
  assert.equal((await succeed(bucket, `GET ${key}`)).text, 'hellohello');
});

test('of writers at one position one comes through', async () => {
  const key = newKey();
  await succeed(bucket, append(key, 0), { body: '-' });
  const letters = ['a', 'b', 'c', 'd'];
  const answers = await Promise.all(letters.map((body) => ask(bucket, append(key, 1), { body })));
  const winners = letters.filter((_, at) => answers[at]?.status === 200);
  assert.equal(winners.length, 1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    checkRefusal(answer, '409 PositionNotEqualToLength 0026-00000016', wrongPosition);
    assert.equal(next(answer), '2');
  }
  assert.equal((await succeed(bucket, `GET ${key}`)).text, `-${winners[0]}`);
});

test('an object that is put over it cannot be appended to', async () => {
  const key = newKey();
  await succeed(bucket, append(key, 0), { body: 'a' });
  await succeed(bucket, `PUT ${key}`, { body: 'b' });
  checkRefusal(await ask(bucket, append(key, 1), { body: 'c' }), '409 ObjectNotAppendable', notAppendable);
  await succeed(bucket, `DELETE ${key}`, {}, 204);
  await succeed(bucket, append(key, 0), { body: 'c' });
});

// --- Refusals ---

await succeed(bucket, 'PUT normal', { body: 'hello' });
await succeed(bucket, 'PUT link?symlink', { headers: { 'x-oss-symlink-target': 'normal' } });
await succeed(bucket, append('appendable', 0), { body: 'hello' });
for (const position of ['', '-1', '1.5', 'x', '99999999999999999999']) {
  refuses(`position ${position}`, append('appendable', position), { body: 'x' }, '400 InvalidArgument', {
    ArgumentName: 'position',
    ArgumentValue: position,
  });
}
refuses('no position', 'POST appendable?append', { body: 'x' }, '400 InvalidArgument', {
  ArgumentName: 'position',
});
refuses('a normal object', append('normal', 5), { body: 'x' }, '409 ObjectNotAppendable', notAppendable);
refuses('a link', append('link', 0), { body: 'x' }, '409 ObjectNotAppendable', notAppendable);
refuses(
  'a wrong MD5',
  append('appendable', 5),
  { body: 'x', headers: { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' } },
  '400 InvalidDigest 0017-00000503',
);
refuses(
  'a wrong CRC-64',
  append('appendable', 5),
  { body: 'x', headers: { 'x-oss-hash-crc64ecma': '1' } },
  '400 InvalidCRC64',
);
refuses(
  'an unknown class',
  append('refused', 0),
  { body: 'x', headers: { 'x-oss-storage-class': 'Cold' } },
  '400 InvalidArgument',
);
refuses(
  'an unknown access list',
  append('refused', 0),
  { body: 'x', headers: { 'x-oss-object-acl': 'everybody' } },
  '400 InvalidArgument',
);
refuses('more than 5 GB', append('appendable', 5 * 1024 ** 3), { body: 'x' }, '400 EntityTooLarge');
refuses('a stranger', append('appendable', 5), { body: 'x', signed: false }, '403 AccessDenied');
for (const [key, position, length] of [
  ['appendable', 4, '5'],
  ['appendable', 6, '5'],
  ['appendable', 0, '5'],
  ['nothing', 1, '0'],
] as const) {
  test(`position ${position} of ${key}: the answer says where to go on`, async () => {
    const answer = await ask(bucket, append(key, position), { body: 'x' });
    checkRefusal(answer, '409 PositionNotEqualToLength 0026-00000016', wrongPosition);
    assert.equal(next(answer), length);
  });
}
test('nothing of what was refused is there', async () => {
  assert.equal((await succeed(bucket, 'GET appendable')).text, 'hello');
  assert.equal((await ask(bucket, 'GET refused')).status, 404);
});
test('a bucket that is not there', async () => {
  checkRefusal(
    await ask(bucket.elsewhere(`${bucket.name}-2`), append('a', 0), { body: 'x' }),
    '404 NoSuchBucket',
  );
});

// --- Versions ---

test('appending makes no version; only the newest is appended to', async () => {
  const { bucket: versioned } = await openTrials({ on: target });
  await succeed(versioned, 'PUT ?versioning', {
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  const first = await succeed(versioned, append('a', 0), { body: '1' });
  const second = await succeed(versioned, append('a', 1), { body: '2' });
  assert.equal(second.headers['x-oss-version-id'], first.headers['x-oss-version-id']);
  assert.deepEqual(texts(await succeed(versioned, 'GET ?versions'), 'Size'), ['2']);
  await succeed(versioned, 'PUT a', { body: 'new' });
  checkRefusal(await ask(versioned, append('a', 2), { body: '3' }), '409 ObjectNotAppendable');
  const old = await succeed(versioned, `GET a?versionId=${first.headers['x-oss-version-id']}`);
  assert.equal(old.text, '12');
  await succeed(versioned, 'DELETE a', {}, 204);
  checkRefusal(await ask(versioned, append('a', 0), { body: '3' }), '409 ObjectNotAppendable');
});
