// PutObject, GetObject, HeadObject, GetObjectMeta and DeleteObject without versioning. Digests of "Hello OSS" are those of the OSS
// documentation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer, type TestServer } from './call-notation.ts';

const hello = {
  etag: '"F0F18C2C66AE1DD512BDCD4366F76DA3"',
  'content-md5': '8PGMLGauHdUSvc1DZvdtow==',
  'x-oss-hash-crc64ecma': '5213097489099810948',
};

async function withBucket(settings = {}): Promise<TestServer> {
  const server = startTestServer(settings);
  await server.ask('PUT photos');
  return server;
}

test('what is put comes back with its properties', async () => {
  const { ask } = await withBucket();
  const headers = {
    'content-type': 'text/plain',
    'content-disposition': 'attachment; filename="简历.pdf"',
    'x-oss-meta-candidate': '张三',
    'x-oss-server-side-encryption': 'AES256',
    'x-oss-storage-class': 'IA',
  };
  const put = await ask('PUT photos/a/b.txt', { body: 'Hello OSS', headers });
  assert.deepEqual(put, {
    status: 200,
    headers: { ...hello, 'x-oss-server-side-encryption': 'AES256' },
    text: '',
  });
  const expected = {
    ...hello,
    ...headers,
    'last-modified': 'Wed, 01 May 2024 00:00:00 GMT',
    'accept-ranges': 'bytes',
    'x-oss-object-type': 'Normal',
    'x-content-type-options': 'nosniff',
    'content-length': '9',
  };
  assert.deepEqual(await ask('GET photos/a/b.txt'), { status: 200, headers: expected, text: 'Hello OSS' });
  assert.deepEqual(await ask('HEAD photos/a/b.txt'), { status: 200, headers: expected, text: '' });
  assert.deepEqual(await ask('HEAD photos/a/b.txt?objectMeta'), {
    status: 200,
    headers: { ...hello, 'last-modified': expected['last-modified'], 'content-length': '9' },
    text: '',
  });
});

test('a chunked body needs no length, any other does', async () => {
  const { ask, refusal } = await withBucket();
  await ask('PUT photos/a', { body: ['Hello', ' OSS'] });
  assert.equal((await ask('GET photos/a')).text, 'Hello OSS');
  await ask('PUT photos/empty', { body: '' });
  assert.deepEqual((await ask('GET photos/empty')).headers['content-length'], '0');
  assert.equal(await refusal('PUT photos/a', { body: null }), 'MissingContentLength');
});

test('a body that is not what its sender meant leaves nothing', async () => {
  const { refusal } = await withBucket();
  const wrong: readonly (readonly [Record<string, string>, string])[] = [
    [{ 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }, 'InvalidDigest'],
    [{ 'x-oss-hash-crc64ecma': '1' }, 'InvalidCRC64'],
    [
      { 'x-oss-object-acl': 'open' },
      'InvalidArgument.objectAcl ArgumentName=x-oss-object-acl ArgumentValue=open',
    ],
    [
      { 'x-oss-forbid-overwrite': 'yes' },
      'InvalidArgument.forbidOverwrite ArgumentName=x-oss-forbid-overwrite ArgumentValue=yes',
    ],
  ];
  for (const [headers, row] of wrong) {
    assert.equal(await refusal('PUT photos/a', { body: 'Hello OSS', headers }), row);
    assert.equal(await refusal('GET photos/a'), 'NoSuchKey Key=a');
  }
});

test('forbid-overwrite keeps what is there', async () => {
  const { ask, refusal } = await withBucket();
  const once = (body: string) => ({ body, headers: { 'x-oss-forbid-overwrite': 'true' } });
  await ask('PUT photos/a', once('first'));
  assert.equal(await refusal('PUT photos/a', once('second')), 'FileAlreadyExists');
  assert.equal((await ask('GET photos/a')).text, 'first');
  await ask('PUT photos/a', { body: 'third' });
  assert.equal((await ask('GET photos/a')).text, 'third');
});

test('ranges', async () => {
  const { ask, refusal } = await withBucket();
  await ask('PUT photos/a', { body: 'Hello OSS' });
  const ranged = async (headers: Record<string, string>) => {
    const answer = await ask('GET photos/a', { headers });
    return [answer.status, answer.text, answer.headers['content-length'], answer.headers['content-range']];
  };
  const standard = { 'x-oss-range-behavior': 'standard' };
  assert.deepEqual(await ranged({ range: 'bytes=6-8' }), [206, 'OSS', '3', 'bytes 6-8/9']);
  assert.deepEqual(await ranged({ range: 'bytes=6-20' }), [200, 'Hello OSS', '9', undefined]);
  assert.deepEqual(await ranged({ range: 'bytes=6-20', ...standard }), [206, 'OSS', '3', 'bytes 6-8/9']);
  assert.deepEqual(await ranged({ range: 'bytes=6-8', 'if-range': hello.etag }), [
    206,
    'OSS',
    '3',
    'bytes 6-8/9',
  ]);
  assert.deepEqual(await ranged({ range: 'bytes=6-8', 'if-range': '"X"' }), [
    200,
    'Hello OSS',
    '9',
    undefined,
  ]);
  assert.equal(
    await refusal('GET photos/a', { headers: { range: 'bytes=9-', ...standard } }),
    'InvalidRange',
  );
});

test('conditions', async () => {
  const { ask, refusal } = await withBucket();
  await ask('PUT photos/a', { body: 'Hello OSS' });
  assert.equal(
    await refusal('GET photos/a', { headers: { 'if-match': '"X"' } }),
    'PreconditionFailed Condition=If-Match',
  );
  const unmodifiedSince = { 'if-unmodified-since': 'Tue, 30 Apr 2024 00:00:00 GMT' };
  assert.equal(
    await refusal('HEAD photos/a', { headers: unmodifiedSince }),
    'PreconditionFailed Condition=If-Unmodified-Since',
  );
  assert.deepEqual(await ask('GET photos/a', { headers: { 'if-none-match': hello.etag } }), {
    status: 304,
    headers: { etag: hello.etag, 'last-modified': 'Wed, 01 May 2024 00:00:00 GMT' },
    text: '',
  });
});

test('headers of the answer can be chosen by whoever signs', async () => {
  const { ask, refusal } = await withBucket();
  await ask('PUT photos/a', { headers: { 'x-oss-object-acl': 'public-read' } });
  const chosen =
    'response-content-type=text%2Fplain&response-content-disposition=attachment%3B%20filename%3D%22%E7%AE%80.pdf%22';
  const { headers } = await ask(`GET photos/a?${chosen}&response-expires=`);
  assert.equal(headers['content-type'], 'text/plain');
  assert.equal(headers['content-disposition'], 'attachment; filename="简.pdf"');
  assert.equal(headers.expires, undefined);
  assert.equal(
    await refusal(`GET photos/a?${chosen}`, { as: null }),
    'InvalidRequest.anonymousResponseHeaders',
  );
  assert.equal(
    await refusal('GET photos/a?response-content-type=a%0D%0Ab'),
    'InvalidArgument.headerValue ArgumentName=response-content-type',
  );
});

test('a page that somebody uploaded is downloaded, whoever calls it a page', async () => {
  const { ask } = await withBucket();
  await ask('PUT photos/a.html', { headers: { 'content-type': 'text/html' } });
  await ask('PUT photos/a.txt', { headers: { 'content-type': 'text/plain' } });
  for (const request of [
    'GET photos/a.html',
    'HEAD photos/a.html',
    'GET photos/a.txt?response-content-type=text/html',
  ]) {
    const { headers } = await ask(request);
    assert.equal(headers['content-type'], 'text/html', request);
    assert.equal(headers['content-disposition'], 'attachment', request);
    assert.equal(headers['x-oss-force-download'], 'true', request);
    assert.equal(headers['content-security-policy'], 'sandbox', request);
  }
});

test('deleting what is and what is not there', async () => {
  const { ask, refusal } = await withBucket();
  await ask('PUT photos/a');
  const gone = { status: 204, headers: {}, text: '' };
  assert.deepEqual(await ask('DELETE photos/a'), gone);
  assert.deepEqual(await ask('DELETE photos/a'), gone);
  assert.deepEqual(await ask('DELETE photos/a?versionId=null'), gone);
  assert.equal(await refusal('HEAD photos/a'), 'NoSuchKey Key=a');
});

test('names are opaque', async () => {
  const { ask } = await withBucket();
  const names = [
    '../../etc/passwd',
    '.',
    '..',
    'a//b',
    'a/',
    'CON',
    'aux.txt',
    'é',
    'e\u0301',
    'A',
    'a',
    'a b ',
    '\u202etxt.exe',
    '\x01',
  ];
  for (const name of names) await ask(`PUT photos/${name}`, { body: `this is ${name}` });
  for (const name of names) assert.equal((await ask(`GET photos/${name}`)).text, `this is ${name}`);
});
