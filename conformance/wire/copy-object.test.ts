// CopyObject: where the source may be and what it must be like, what comes along and what does not, and each refusal that the reference
// names. Tags are in object-tagging.test.ts, links in symlink.test.ts, archived sources in restore.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, checkHeaders, objectTrials, succeed } from '../object-requests.ts';
import { checkRefusal, newKey, openTrials } from '../trial-bucket.ts';

const { bucket, target } = await openTrials();
const { bucket: other } = await openTrials({ on: target });
const { bucket: writable } = await openTrials({ on: target, acl: 'public-read-write' });
const { refuses } = objectTrials(bucket);

const helloEtag = '"5D41402ABC4B2A76B9719D911017C592"';
const name = '源/a b+c.txt';
const from = (key = name, of = bucket) => `/${of.name}/${encodeURIComponent(key)}`;
const copying = (headers: Record<string, string> = {}, source = from()) => ({
  headers: { 'x-oss-copy-source': source, ...headers },
});
await succeed(bucket, `PUT ${name}`, {
  body: 'hello',
  headers: {
    'content-type': 'text/css',
    'cache-control': 'no-cache',
    'x-oss-meta-a': '1',
    'x-oss-object-acl': 'public-read',
    'x-oss-storage-class': 'IA',
    'x-oss-server-side-encryption': 'AES256',
  },
});

// --- What comes along ---

test('the body and the headers, but not access, class and encryption', async () => {
  const key = newKey();
  const copy = await succeed(other, `PUT ${key}`, copying());
  assert.equal(copy.element('ETag'), helloEtag);
  assert.match(String(copy.element('LastModified')), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  checkHeaders(copy, {
    etag: helloEtag,
    'x-oss-hash-crc64ecma': '11177612005948864433',
    'x-oss-version-id': undefined,
  });
  const read = await succeed(other, `GET ${key}`);
  assert.equal(read.text, 'hello');
  checkHeaders(read, {
    'content-type': 'text/css',
    'cache-control': 'no-cache',
    'x-oss-meta-a': '1',
    'x-oss-storage-class': 'Standard',
    'x-oss-server-side-encryption': undefined,
  });
  checkRefusal(await ask(other, `GET ${key}`, { signed: false }), '403 AccessDenied');
});

test('access, class and encryption as the request says', async () => {
  const key = newKey();
  const headers = {
    'x-oss-object-acl': 'public-read',
    'x-oss-storage-class': 'IA',
    'x-oss-server-side-encryption': 'SM4',
  };
  checkHeaders(await succeed(bucket, `PUT ${key}`, copying(headers)), {
    'x-oss-server-side-encryption': 'SM4',
  });
  checkHeaders(await succeed(bucket, `GET ${key}`, { signed: false }), {
    'x-oss-storage-class': 'IA',
    'x-oss-server-side-encryption': 'SM4',
    'x-oss-meta-a': '1',
  });
});

const own = { 'content-type': 'text/html', 'x-oss-meta-b': '2' };
for (const [directive, type, a, b] of [
  ['COPY', 'text/css', '1', undefined],
  ['copy', 'text/css', '1', undefined],
  ['REPLACE', 'text/html', undefined, '2'],
  ['Replace', 'text/html', undefined, '2'],
] as const) {
  test(`x-oss-metadata-directive: ${directive}`, async () => {
    const key = newKey();
    await succeed(bucket, `PUT ${key}`, copying({ ...own, 'x-oss-metadata-directive': directive }));
    checkHeaders(await succeed(bucket, `HEAD ${key}`), {
      'content-type': type,
      'x-oss-meta-a': a,
      'x-oss-meta-b': b,
    });
  });
}
test('REPLACE by nothing', async () => {
  const key = newKey();
  await succeed(bucket, `PUT ${key}`, copying({ 'x-oss-metadata-directive': 'REPLACE' }));
  checkHeaders(await succeed(bucket, `HEAD ${key}`), {
    'content-type': 'application/octet-stream',
    'x-oss-meta-a': undefined,
  });
});
test('onto itself: the headers of the request, whatever the directive', async () => {
  const key = newKey();
  await succeed(bucket, `PUT ${key}`, copying());
  await succeed(bucket, `PUT ${key}`, copying(own, from(key)));
  const read = await succeed(bucket, `GET ${key}`);
  assert.equal(read.text, 'hello');
  checkHeaders(read, { 'content-type': 'text/html', 'x-oss-meta-a': undefined, 'x-oss-meta-b': '2' });
});
test('an object that came in parts becomes one in one piece', async () => {
  const key = newKey();
  const begun = await succeed(bucket, `POST ${key}?uploads`);
  const upload = `uploadId=${begun.element('UploadId')}`;
  await succeed(bucket, `PUT ${key}?${upload}&partNumber=1`, { body: 'hello' });
  await succeed(bucket, `POST ${key}?${upload}`, { body: '', headers: { 'x-oss-complete-all': 'yes' } });
  await succeed(bucket, 'PUT whole', copying({}, from(key)));
  checkHeaders(await succeed(bucket, 'HEAD whole'), {
    etag: helloEtag,
    'x-oss-object-type': 'Normal',
    'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==',
  });
});
test('an empty object', async () => {
  await succeed(bucket, 'PUT empty', { body: '' });
  await succeed(bucket, 'PUT empty-too', copying({}, from('empty')));
  checkHeaders(await succeed(bucket, 'HEAD empty-too'), { 'content-length': '0' });
});

// --- Conditions ---

const past = 'Fri, 24 Feb 2012 07:18:48 GMT';
const future = 'Fri, 24 Feb 2112 07:18:48 GMT';
const conditions: readonly (readonly [condition: string, value: string, status: 200 | 304 | 412])[] = [
  ['if-match', helloEtag, 200],
  ['if-match', helloEtag.replaceAll('"', ''), 200],
  ['if-match', '"X"', 412],
  ['if-none-match', '"X"', 200],
  ['if-none-match', helloEtag, 304],
  ['if-modified-since', past, 200],
  ['if-modified-since', future, 304],
  ['if-modified-since', 'yesterday', 200],
  ['if-unmodified-since', future, 200],
  ['if-unmodified-since', past, 412],
  ['if-unmodified-since', 'yesterday', 200],
];
for (const [condition, value, status] of conditions) {
  test(`x-oss-copy-source-${condition}: ${value}`, async () => {
    const key = newKey();
    const answer = await ask(bucket, `PUT ${key}`, copying({ [`x-oss-copy-source-${condition}`]: value }));
    if (status === 412) checkRefusal(answer, '412 PreconditionFailed 0017-00001001');
    assert.equal(answer.status, status, answer.text);
    assert.equal((await ask(bucket, `HEAD ${key}`)).status, status === 200 ? 200 : 404);
  });
}

// --- Refusals ---

const badSource = { Message: 'Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.' };
for (const source of [
  '',
  'a',
  `/${bucket.name}`,
  `/${bucket.name}/`,
  `${bucket.name}/a`,
  `/${bucket.name}/%zz`,
]) {
  refuses(
    `the source ${source.replace(bucket.name, 'bucket')}`,
    'PUT refused',
    copying({}, source),
    '400 InvalidArgument',
    badSource,
  );
}
refuses(
  'an unknown directive',
  'PUT refused',
  copying({ 'x-oss-metadata-directive': 'MOVE' }),
  '400 InvalidArgument',
  { ArgumentName: 'x-oss-metadata-directive', ArgumentValue: 'MOVE' },
);
refuses('an unknown class', 'PUT refused', copying({ 'x-oss-storage-class': 'Cold' }), '400 InvalidArgument');
refuses(
  'an unknown encryption',
  'PUT refused',
  copying({ 'x-oss-server-side-encryption': 'DES' }),
  '400 InvalidEncryptionAlgorithmError',
);
refuses(
  'a source that is not there',
  'PUT refused',
  copying({}, from('nothing')),
  '404 NoSuchKey 0026-00000001',
  { Key: 'nothing' },
);
refuses(
  'a version that is not there',
  'PUT refused',
  copying({}, `${from()}?versionId=CAEQ`),
  '404 NoSuchVersion 0012-00000203',
  { VersionId: 'CAEQ' },
);
refuses(
  'a version that none can be',
  'PUT refused',
  copying({}, `${from()}?versionId=a/b`),
  '400 InvalidArgument 0012-00000202',
);
refuses(
  'an empty version',
  'PUT refused',
  copying({}, `${from()}?versionId=`),
  '400 InvalidArgument 0012-00000201',
);
refuses(
  'a bucket that is not there',
  'PUT refused',
  copying({}, `/${bucket.name}-2/a`),
  '404 NoSuchBucket 0015-00000101',
);
refuses('a stranger', 'PUT refused', { ...copying(), signed: false }, '403 AccessDenied');
await succeed(bucket, 'PUT taken', { body: 'old' });
refuses(
  'a name that is taken',
  'PUT taken',
  copying({ 'x-oss-forbid-overwrite': 'true' }),
  '409 FileAlreadyExists 0026-00000002',
);
test('who may write here but not read there copies nothing, and what may be read by all is copied', async () => {
  await succeed(bucket, 'PUT secret', { body: 'hello' });
  const secret = { ...copying({}, from('secret')), signed: false };
  checkRefusal(await ask(writable, 'PUT copy', secret), '403 AccessDenied');
  checkRefusal(
    await ask(writable, 'PUT copy', { ...copying({}, from('nothing')), signed: false }),
    '403 AccessDenied',
  );
  await succeed(writable, 'PUT copy', { ...copying(), signed: false });
});
test('a bucket to copy into that is not there', async () => {
  checkRefusal(await ask(bucket.elsewhere(`${bucket.name}-2`), 'PUT a', copying()), '404 NoSuchBucket');
});

// --- Versions ---

test('any version can be copied, and a copy is a version', async () => {
  const { bucket: versioned } = await openTrials({ on: target });
  await succeed(versioned, 'PUT a', { body: 'before' });
  await succeed(versioned, 'PUT ?versioning', {
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  const old = await succeed(versioned, 'PUT a', { body: 'old' });
  const latest = await succeed(versioned, 'PUT a', { body: 'latest' });
  const copy = async (query: string) => {
    const answer = await succeed(versioned, 'PUT b', copying({}, `${from('a', versioned)}${query}`));
    assert.match(String(answer.headers['x-oss-version-id']), /^CAEQ/);
    return [answer.headers['x-oss-copy-source-version-id'], (await succeed(versioned, 'GET b')).text];
  };
  const id = old.headers['x-oss-version-id'] as string;
  assert.deepEqual(await copy(''), [latest.headers['x-oss-version-id'], 'latest']);
  assert.deepEqual(await copy(`?versionId=${id}`), [id, 'old']);
  assert.deepEqual(await copy('?versionId=null'), ['null', 'before']);

  // An old version is made the newest again.
  await succeed(versioned, 'PUT a', copying({}, `${from('a', versioned)}?versionId=${id}`));
  assert.equal((await succeed(versioned, 'GET a')).text, 'old');

  const removed = await succeed(versioned, 'DELETE a', {}, 204);
  const marker = removed.headers['x-oss-version-id'] as string;
  for (const query of ['', `?versionId=${marker}`]) {
    const answer = await ask(versioned, 'PUT b', copying({}, `${from('a', versioned)}${query}`));
    checkRefusal(answer, '404 NoSuchKey 0026-00000001');
  }
});
