// The everyday operations on buckets and objects, as the API reference documents them: what each answers, and each refusal that it names.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { type Answer, type Sending, send, sendRaw, sendSigned, signHeaders } from '../http.ts';
import { newBucketName, openTarget } from '../target.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());

/** With `B` for the bucket. */
type Case = readonly [what: string, request: Sending, expected: string | ((answer: Answer) => void)];

const bucket = newBucketName();
const absent = newBucketName();
const content = 'Hello OSS';
const etag = '"F0F18C2C66AE1DD512BDCD4366F76DA3"';

await ask({ method: 'PUT', path: '/B/' });
for (const key of ['a/1', 'a/2', 'b', 'c d+é']) await ask(put(key));

function put(key: string, headers: Record<string, string> = {}, body = content): Sending {
  return { method: 'PUT', path: `/B/${encodeURIComponent(key).replaceAll('%2F', '/')}`, headers, body };
}
const get = (path: string, headers: Record<string, string> = {}): Sending => ({
  method: 'GET',
  path,
  headers,
});
const xml = (path: string, body: string, method = 'PUT'): Sending => ({ method, path, body });

function ask(sending: Sending): Promise<Answer> {
  return sendSigned(target, { ...sending, path: sending.path.replace('/B/', `/${bucket}/`) });
}

/** `200`, or `404 NoSuchKey 0026-00000001`; what is not named may be anything. */
function summary(answer: Answer, expected: string): string {
  const error = answer.headers['x-oss-err'];
  const text = typeof error === 'string' ? Buffer.from(error, 'base64').toString() : answer.text;
  const find = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(text)?.[1] ?? '';
  return [String(answer.status), find('Code'), find('EC')].slice(0, expected.split(' ').length).join(' ');
}

function holds(...parts: readonly (string | RegExp)[]): (answer: Answer) => void {
  return ({ status, text }) => {
    assert.equal(status, 200, text);
    for (const part of parts)
      assert.ok(typeof part === 'string' ? text.includes(part) : part.test(text), `${part} in ${text}`);
  };
}

function has(
  status: number,
  expected: Readonly<Record<string, string | undefined>>,
): (answer: Answer) => void {
  return ({ status: found, headers, text }) => {
    assert.equal(found, status, text);
    const names = Object.keys(expected);
    assert.deepEqual(Object.fromEntries(names.map((name) => [name, headers[name]])), expected);
  };
}

/** Operations that want a bucket and, as far as this goes, nothing else. */
const onNoBucket: readonly Sending[] = [
  get(`/${absent}/?stat`),
  xml(`/${absent}/?policy`, '{}'),
  get(`/${absent}/?policy`),
  { method: 'DELETE', path: `/${absent}/?policy` },
  get(`/${absent}/?policyStatus`),
  xml(`/${absent}/?worm`, '', 'POST'),
  xml(`/${absent}/?inventory&inventoryId=a`, ''),
  get(`/${absent}/?inventory`),
  { method: 'DELETE', path: `/${absent}/?inventory&inventoryId=a` },
  { method: 'PUT', path: `/${absent}/link?symlink`, headers: { 'x-oss-symlink-target': 'key' } },
];

const noBucket = '404 NoSuchBucket 0015-00000101';
const noKey = '404 NoSuchKey 0026-00000001';

const cases: readonly Case[] = [
  [
    'ListBuckets',
    get(`/?prefix=${bucket}`),
    holds(
      '<ListAllMyBucketsResult>',
      `<Name>${bucket}</Name>`,
      '<Owner>',
      '<ExtranetEndpoint>',
      '<IntranetEndpoint>',
      '<Location>oss-cn-hangzhou</Location>',
      '<StorageClass>Standard</StorageClass>',
    ),
  ],
  ['ListBuckets, a page', get('/?max-keys=1001'), '400 InvalidArgument'],

  [
    'PutBucket, one that is there already',
    { method: 'PUT', path: '/B/' },
    has(200, { location: `/${bucket}` }),
  ],
  [
    'PutBucket, a name that is none',
    { method: 'PUT', path: '/Upper_Case/' },
    '400 InvalidBucketName 0015-00000001',
  ],
  [
    'PutBucket, an ACL that is none',
    { method: 'PUT', path: '/B/', headers: { 'x-oss-acl': 'open' } },
    '400 InvalidArgument 0015-00000204',
  ],
  ['PutBucket, a document that is none', xml('/B/', '<CreateBucketConfiguration>'), '400 MalformedXML'],
  [
    'PutBucket, another storage class',
    xml('/B/', '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>'),
    '409 BucketAlreadyExists',
  ],
  ['HeadBucket', { method: 'HEAD', path: '/B/' }, '200'],
  ['HeadBucket, none', { method: 'HEAD', path: `/${absent}/` }, noBucket],
  [
    'GetBucketInfo',
    get('/B/?bucketInfo'),
    holds(
      '<BucketInfo>',
      `<Name>${bucket}</Name>`,
      '<Grant>private</Grant>',
      '<ExtranetEndpoint>',
      '<DataRedundancyType>',
      '<ResourceGroupId>',
    ),
  ],
  ['GetBucketInfo, none', get(`/${absent}/?bucketInfo`), noBucket],
  [
    'GetBucketLocation',
    get('/B/?location'),
    holds('<LocationConstraint>oss-cn-hangzhou</LocationConstraint>'),
  ],
  ['GetBucketLocation, none', get(`/${absent}/?location`), noBucket],
  ['DeleteBucket, not empty', { method: 'DELETE', path: '/B/' }, '409 BucketNotEmpty 0015-00000301'],
  ['DeleteBucket, none', { method: 'DELETE', path: `/${absent}/` }, noBucket],

  ['PutBucketAcl', { method: 'PUT', path: '/B/?acl', headers: { 'x-oss-acl': 'public-read' } }, '200'],
  ['PutBucketAcl, back', { method: 'PUT', path: '/B/?acl', headers: { 'x-oss-acl': 'private' } }, '200'],
  [
    'PutBucketAcl, none that is known',
    { method: 'PUT', path: '/B/?acl', headers: { 'x-oss-acl': 'open' } },
    '400 InvalidArgument 0015-00000204',
  ],
  ['GetBucketAcl', get('/B/?acl'), holds('<AccessControlPolicy>', '<Grant>private</Grant>')],
  ['GetBucketAcl, none', get(`/${absent}/?acl`), noBucket],

  [
    'GetBucketVersioning, never',
    get('/B/?versioning'),
    holds(/<VersioningConfiguration\s*\/>|<VersioningConfiguration><\/VersioningConfiguration>/),
  ],
  ['PutBucketVersioning, no status', xml('/B/?versioning', '<VersioningConfiguration/>'), '400 MalformedXML'],
  [
    'PutBucketVersioning, a status that is none',
    xml('/B/?versioning', '<VersioningConfiguration><Status>On</Status></VersioningConfiguration>'),
    '400 MalformedXML',
  ],
  ['PutBucketVersioning, no bucket', xml(`/${absent}/?versioning`, '<VersioningConfiguration/>'), noBucket],
  ['GetBucketVersioning, no bucket', get(`/${absent}/?versioning`), noBucket],

  ['GetBucketCors, none', get('/B/?cors'), '404 NoSuchCORSConfiguration 0034-00000001'],
  [
    'PutBucketCors, a method that is none',
    xml(
      '/B/?cors',
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod></CORSRule></CORSConfiguration>',
    ),
    '400 InvalidArgument 0034-00000011',
  ],
  [
    'PutBucketCors, too many rules',
    xml(
      '/B/?cors',
      `<CORSConfiguration>${'<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>'.repeat(21)}</CORSConfiguration>`,
    ),
    '400 CORSRuleBeyondLimit',
  ],
  ['PutBucketCors, a document that is none', xml('/B/?cors', '<CORSConfiguration>'), '400 MalformedXML'],
  [
    'PutBucketCors',
    xml(
      '/B/?cors',
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    ),
    '200',
  ],
  ['GetBucketCors', get('/B/?cors'), holds('<AllowedMethod>GET</AllowedMethod>')],
  ['DeleteBucketCors', { method: 'DELETE', path: '/B/?cors' }, '204'],
  ['PutBucketCors, no bucket', xml(`/${absent}/?cors`, '<CORSConfiguration/>'), noBucket],
  ['GetBucketCors, no bucket', get(`/${absent}/?cors`), noBucket],
  ['DeleteBucketCors, no bucket', { method: 'DELETE', path: `/${absent}/?cors` }, noBucket],

  [
    'ListObjects',
    get('/B/?delimiter=%2F&encoding-type=url'),
    holds(
      '<ListBucketResult>',
      '<EncodingType>url</EncodingType>',
      '<Prefix>a%2F</Prefix>',
      '<Key>c%20d%2B%C3%A9</Key>',
      '<Owner>',
      '<Type>Normal</Type>',
    ),
  ],
  [
    'ListObjects, a page',
    get('/B/?max-keys=1'),
    holds('<IsTruncated>true</IsTruncated>', '<NextMarker>a/1</NextMarker>'),
  ],
  ['ListObjects, a page that is none', get('/B/?max-keys=1001'), '400 InvalidArgument'],
  [
    'ListObjects, an encoding that is none',
    get('/B/?encoding-type=base62'),
    '400 InvalidArgument 0017-00000235',
  ],
  ['ListObjects, no bucket', get(`/${absent}/`), noBucket],
  [
    'ListObjectsV2',
    get('/B/?list-type=2&prefix=a%2F&fetch-owner=true'),
    holds('<KeyCount>2</KeyCount>', '<Key>a/1</Key>', '<Owner>'),
  ],
  [
    'ListObjectsV2, a token that is none',
    get('/B/?list-type=2&continuation-token=%20'),
    '400 InvalidArgument 0015-00000404',
  ],
  ['ListObjectsV2, no bucket', get(`/${absent}/?list-type=2`), noBucket],
  [
    'ListObjectVersions, of a bucket without versions',
    get('/B/?versions&prefix=b'),
    holds('<ListVersionsResult>', '<Key>b</Key>', '<VersionId>null</VersionId>', '<IsLatest>true</IsLatest>'),
  ],
  [
    'ListObjectVersions, a marker without its key',
    get('/B/?versions&version-id-marker=null'),
    '400 InvalidArgument',
  ],
  ['ListObjectVersions, no bucket', get(`/${absent}/?versions`), noBucket],

  [
    'PutObject',
    put('put'),
    has(200, {
      etag,
      'content-md5': '8PGMLGauHdUSvc1DZvdtow==',
      'x-oss-hash-crc64ecma': '5213097489099810948',
      'x-oss-version-id': undefined,
    }),
  ],
  [
    'PutObject, not over what is there',
    put('put', { 'x-oss-forbid-overwrite': 'true' }),
    '409 FileAlreadyExists',
  ],
  [
    'PutObject, an MD5 of something else',
    put('put', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }),
    '400 InvalidDigest 0017-00000503',
  ],
  [
    'PutObject, an MD5 that is none',
    put('put', { 'content-md5': 'AAAA' }),
    '400 InvalidDigest 0017-00000502',
  ],
  ['PutObject, a CRC-64 of something else', put('put', { 'x-oss-hash-crc64ecma': '1' }), '400 InvalidCRC64'],
  [
    'PutObject, a name that is none',
    { method: 'PUT', path: `/B/${'x'.repeat(1024)}`, body: '' },
    '400 InvalidObjectName',
  ],
  ['PutObject, an ACL that is none', put('put', { 'x-oss-object-acl': 'open' }), '400 InvalidArgument'],
  [
    'PutObject, a storage class that is none',
    put('put', { 'x-oss-storage-class': 'Cold' }),
    '400 InvalidArgument',
  ],
  [
    'PutObject, an encryption that is none',
    put('put', { 'x-oss-server-side-encryption': 'ROT13' }),
    '400 InvalidEncryptionAlgorithmError',
  ],
  [
    'PutObject, too many tags',
    put('put', { 'x-oss-tagging': Array.from({ length: 11 }, (_, n) => `k${n}=v`).join('&') }),
    '400 InvalidTag 0010-00000218',
  ],
  ['PutObject, no bucket', { method: 'PUT', path: `/${absent}/key`, body: '' }, noBucket],

  [
    'GetObject',
    get('/B/put'),
    has(200, {
      etag,
      'content-length': '9',
      'x-oss-object-type': 'Normal',
      'x-oss-storage-class': 'Standard',
      'accept-ranges': 'bytes',
    }),
  ],
  ['GetObject, a range', get('/B/put', { range: 'bytes=6-' }), has(206, { 'content-range': 'bytes 6-8/9' })],
  [
    'GetObject, a range beyond its end',
    get('/B/put', { range: 'bytes=9-' }),
    has(200, { 'content-length': '9' }),
  ],
  [
    'GetObject, the same as the standard has it',
    get('/B/put', { range: 'bytes=9-', 'x-oss-range-behavior': 'standard' }),
    '416 InvalidRange',
  ],
  ['GetObject, only if it is another', get('/B/put', { 'if-none-match': etag }), '304'],
  [
    'GetObject, only if it is the same',
    get('/B/put', { 'if-match': '"X"' }),
    '412 PreconditionFailed 0017-00001001',
  ],
  [
    'GetObject, only if it changed',
    get('/B/put', { 'if-modified-since': new Date(Date.now() + 3600_000).toUTCString() }),
    '304',
  ],
  [
    'GetObject, only if it did not',
    get('/B/put', { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
    '412 PreconditionFailed',
  ],
  [
    'GetObject, with other headers',
    get('/B/put?response-content-type=text%2Fx-note'),
    has(200, { 'content-type': 'text/x-note' }),
  ],
  ['GetObject, none', get('/B/absent'), noKey],
  ['GetObject, a version id that is none', get('/B/put?versionId=%2B'), '400 InvalidArgument 0012-00000202'],
  ['GetObject, an empty version id', get('/B/put?versionId='), '400 InvalidArgument 0012-00000201'],
  [
    'GetObject, a version that is not',
    get('/B/put?versionId=CAEQNRiBgICv8uaA0BYiIDliZDc3MTc1NjE5MjRkMDI4ZGU4MTZkYjY1ZDgy'),
    '404 NoSuchVersion',
  ],
  ['GetObject, no bucket', get(`/${absent}/key`), noBucket],
  [
    'HeadObject',
    { method: 'HEAD', path: '/B/put' },
    has(200, { etag, 'content-length': '9', 'x-oss-object-type': 'Normal' }),
  ],
  ['HeadObject, none', { method: 'HEAD', path: '/B/absent' }, noKey],
  [
    'HeadObject, only if it is another',
    { method: 'HEAD', path: '/B/put', headers: { 'if-none-match': etag } },
    '304',
  ],
  [
    'HeadObject, only if it is the same',
    { method: 'HEAD', path: '/B/put', headers: { 'if-match': '"X"' } },
    '412 PreconditionFailed',
  ],
  ['HeadObject, no bucket', { method: 'HEAD', path: `/${absent}/key` }, noBucket],
  ['GetObjectMeta', { method: 'HEAD', path: '/B/put?objectMeta' }, has(200, { etag, 'content-length': '9' })],
  ['GetObjectMeta, none', { method: 'HEAD', path: '/B/absent?objectMeta' }, noKey],

  [
    'CopyObject',
    { method: 'PUT', path: '/B/copy', headers: { 'x-oss-copy-source': `/${bucket}/put` } },
    holds('<CopyObjectResult>', '<ETag>', '<LastModified>'),
  ],
  [
    'CopyObject, a source that is none',
    { method: 'PUT', path: '/B/copy', headers: { 'x-oss-copy-source': 'put' } },
    '400 InvalidArgument',
  ],
  [
    'CopyObject, a source that is not',
    { method: 'PUT', path: '/B/copy', headers: { 'x-oss-copy-source': `/${bucket}/absent` } },
    noKey,
  ],
  [
    'CopyObject, only if it is the same',
    {
      method: 'PUT',
      path: '/B/copy',
      headers: { 'x-oss-copy-source': `/${bucket}/put`, 'x-oss-copy-source-if-match': '"X"' },
    },
    '412 PreconditionFailed',
  ],
  [
    'CopyObject, only if it is another',
    {
      method: 'PUT',
      path: '/B/copy',
      headers: { 'x-oss-copy-source': `/${bucket}/put`, 'x-oss-copy-source-if-none-match': etag },
    },
    '304',
  ],
  [
    'CopyObject, not over what is there',
    {
      method: 'PUT',
      path: '/B/copy',
      headers: { 'x-oss-copy-source': `/${bucket}/put`, 'x-oss-forbid-overwrite': 'true' },
    },
    '409 FileAlreadyExists',
  ],
  [
    'CopyObject, a directive that is none',
    {
      method: 'PUT',
      path: '/B/copy',
      headers: { 'x-oss-copy-source': `/${bucket}/put`, 'x-oss-metadata-directive': 'MOVE' },
    },
    '400 InvalidArgument',
  ],
  [
    'CopyObject, no bucket',
    { method: 'PUT', path: `/${absent}/copy`, headers: { 'x-oss-copy-source': `/${bucket}/put` } },
    noBucket,
  ],

  [
    'PutObjectACL',
    { method: 'PUT', path: '/B/put?acl', headers: { 'x-oss-object-acl': 'public-read' } },
    '200',
  ],
  ['PutObjectACL, no ACL', { method: 'PUT', path: '/B/put?acl' }, '400 InvalidArgument 0017-00000105'],
  [
    'PutObjectACL, no object',
    { method: 'PUT', path: '/B/absent?acl', headers: { 'x-oss-object-acl': 'private' } },
    noKey,
  ],
  ['GetObjectACL', get('/B/put?acl'), holds('<Grant>public-read</Grant>')],
  ['GetObjectACL, of one that has none of its own', get('/B/b?acl'), holds('<Grant>default</Grant>')],
  ['GetObjectACL, no object', get('/B/absent?acl'), noKey],

  [
    'DeleteMultipleObjects',
    deleteMany('<Delete><Object><Key>a/1</Key></Object><Object><Key>absent</Key></Object></Delete>'),
    holds('<DeleteResult>', '<Key>a/1</Key>', '<Key>absent</Key>'),
  ],
  [
    'DeleteMultipleObjects, quietly',
    deleteMany('<Delete><Quiet>true</Quiet><Object><Key>a/2</Key></Object></Delete>'),
    '200',
  ],
  ['DeleteMultipleObjects, without its MD5', xml('/B/?delete', '<Delete/>', 'POST'), '400 MissingArgument'],
  [
    'DeleteMultipleObjects, more than a thousand',
    deleteMany(`<Delete>${'<Object><Key>x</Key></Object>'.repeat(1001)}</Delete>`),
    '400 MalformedXML',
  ],
  ['DeleteMultipleObjects, a document that is none', deleteMany('<Delete>'), '400 MalformedXML'],
  ['DeleteMultipleObjects, no bucket', { ...deleteMany('<Delete/>'), path: `/${absent}/?delete` }, noBucket],
  ['DeleteObject', { method: 'DELETE', path: '/B/put' }, '204'],
  ['DeleteObject, none', { method: 'DELETE', path: '/B/absent' }, '204'],
  ['DeleteObject, no bucket', { method: 'DELETE', path: `/${absent}/key` }, noBucket],
];

for (const [what, request, expected] of cases) {
  test(what, async () => {
    const answer = await ask(request);
    if (typeof expected === 'string') assert.equal(summary(answer, expected), expected, answer.text);
    else expected(answer);
  });
}

function deleteMany(body: string): Sending {
  const md5 = createHash('md5').update(body).digest('base64');
  return { method: 'POST', path: '/B/?delete', headers: { 'content-md5': md5 }, body };
}

for (const request of onNoBucket) {
  test(`${request.method} ${request.path.replace(absent, 'absent')}: no bucket`, async () => {
    assert.equal(summary(await ask(request), noBucket), noBucket);
  });
}

test('PutObject, of no length', async () => {
  const answer = await sendRaw(
    target,
    `PUT /${bucket}/key HTTP/1.1\r\nHost: x\r\n${await authorization('PUT', 'key')}\r\n`,
  );
  assert.match(answer, /^HTTP\/1.1 411 /);
  assert.match(answer, /<Code>MissingContentLength<\/Code>/);
});

/** Headers that sign a request without a body. */
async function authorization(method: string, key: string): Promise<string> {
  const headers = signHeaders(target, { method, path: `/${bucket}/${key}` }, Date.now());
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

test('GetObject, with other headers for nobody in particular', async () => {
  await ask(put('open', { 'x-oss-object-acl': 'public-read' }));
  const answer = await send(target, {
    method: 'GET',
    path: `/${bucket}/open?response-content-type=text%2Fhtml`,
  });
  assert.equal(summary(answer, '400 InvalidRequest'), '400 InvalidRequest');
});

test('GetObject, of a delete marker', async () => {
  const versioned = newBucketName();
  const on = (method: string, path: string, body?: string) =>
    sendSigned(target, { method, path: `/${versioned}/${path}`, ...(body !== undefined && { body }) });
  await on('PUT', '');
  await on(
    'PUT',
    '?versioning',
    '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  );
  await on('PUT', 'key', 'content');
  const { headers } = await on('DELETE', 'key');
  const answer = await on('GET', `key?versionId=${headers['x-oss-version-id']}`);
  assert.equal(summary(answer, '405 MethodNotAllowed 0003-00000016'), '405 MethodNotAllowed 0003-00000016');
  assert.equal(answer.headers.allow, 'DELETE');
});
