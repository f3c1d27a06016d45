// Buckets and what is configured of them: PutBucket, DeleteBucket, GetBucketInfo, ListBuckets, ACLs, versioning and CORS documents.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer, type TestServer, texts } from './call-notation.ts';

async function grantOf({ ask }: TestServer, resource: string): Promise<string | undefined> {
  return texts((await ask(`GET ${resource}?acl`)).text, 'Grant')[0];
}

function createBucket(storageClass: string): string {
  return `<CreateBucketConfiguration><StorageClass>${storageClass}</StorageClass></CreateBucketConfiguration>`;
}

test('making a bucket, and making it again', async () => {
  const server = startTestServer();
  const { ask, refusal } = server;
  const made = { status: 200, headers: { location: '/docs' }, text: '' };
  assert.deepEqual(await ask('PUT docs', { body: createBucket('IA') }), made);
  assert.equal(await grantOf(server, 'docs'), 'private');
  assert.deepEqual(await ask('PUT docs', { headers: { 'x-oss-acl': 'public-read' } }), made);
  assert.equal(await grantOf(server, 'docs'), 'public-read');
  assert.deepEqual(await ask('PUT docs', { body: createBucket('IA') }), made);
  assert.equal(await grantOf(server, 'docs'), 'public-read');
  assert.equal(
    await refusal('PUT docs', { body: createBucket('Standard') }),
    'BucketAlreadyExists.storageClass BucketName=docs',
  );
  assert.equal(await refusal('PUT docs', { as: 'bob' }), 'BucketAlreadyExists BucketName=docs');
  assert.equal(await refusal('PUT others', { as: null }), 'AccessDenied.anonymous');
  assert.equal(
    await refusal('PUT others', { headers: { 'x-oss-acl': 'default' } }),
    'InvalidArgument.bucketAcl ArgumentName=x-oss-acl ArgumentValue=default',
  );
  assert.equal(
    await refusal('PUT others', { body: createBucket('Warm') }),
    'InvalidArgument.storageClass ArgumentName=StorageClass ArgumentValue=Warm',
  );
  assert.equal(await refusal('PUT others', { body: '<CreateBucketConfiguration>' }), 'MalformedXML');
});

test('a bucket is removed only when it is empty', async () => {
  const { ask, refusal } = startTestServer();
  await ask('PUT docs');
  await ask('PUT docs/a');
  assert.equal(await refusal('DELETE docs'), 'BucketNotEmpty BucketName=docs');
  await ask('DELETE docs/a');
  assert.equal((await ask('DELETE docs')).status, 204);
  assert.equal(await refusal('DELETE docs'), 'NoSuchBucket BucketName=docs');
});

test('what a bucket says of itself', async () => {
  const { ask, refusal } = startTestServer();
  await ask('PUT docs', { headers: { 'x-oss-acl': 'public-read' } });
  const { text } = await ask('GET docs?bucketInfo');
  const said = [
    'Name',
    'CreationDate',
    'ExtranetEndpoint',
    'Location',
    'StorageClass',
    'ID',
    'Grant',
    'Versioning',
  ];
  assert.deepEqual(
    said.map((name) => texts(text, name)[0]),
    [
      'docs',
      '2024-05-01T00:00:00.000Z',
      '127.0.0.1:9780',
      'oss-cn-hangzhou',
      'Standard',
      'alice',
      'public-read',
      undefined,
    ],
  );
  assert.deepEqual(texts((await ask('GET docs?location')).text, 'LocationConstraint'), ['oss-cn-hangzhou']);
  assert.equal((await ask('HEAD docs', { as: null })).status, 200);
  assert.equal(await refusal('GET docs?bucketInfo', { as: null }), 'AccessDenied.anonymous');
  assert.equal(await refusal('GET docs?bucketInfo', { as: 'bob' }), 'AccessDenied.notYours');
});

test('the endpoint is the public one where there is one', async () => {
  const { ask } = startTestServer({ publicUrl: 'https://oss.example.com' });
  await ask('PUT docs');
  assert.deepEqual(texts((await ask('GET docs?bucketInfo')).text, 'ExtranetEndpoint'), ['oss.example.com']);
});

test('an account lists its own buckets, page by page', async () => {
  const { ask, refusal } = startTestServer();
  for (const name of ['aaa', 'aab', 'abb', 'bbb']) await ask(`PUT ${name}`);
  for (const name of ['aaa0', 'zzz']) await ask(`PUT ${name}`, { as: 'bob' });
  const list = async (query: string, as = 'alice') => {
    const { text } = await ask(`GET /?${query}`, { as });
    return [...texts(text, 'Name'), ...texts(text, 'NextMarker').map((next) => `… ${next}`)].join(' ');
  };
  assert.equal(await list(''), 'aaa aab abb bbb');
  assert.equal(await list('prefix=aa'), 'aaa aab');
  assert.equal(await list('max-keys=2'), 'aaa aab … aab');
  assert.equal(await list('max-keys=2&marker=aab'), 'abb bbb');
  assert.equal(await list('', 'bob'), 'aaa0 zzz');
  assert.equal(await refusal('GET /', { as: null }), 'AccessDenied.anonymous');
});

test('setting the ACL makes the bucket if there is none', async () => {
  const server = startTestServer();
  await server.ask('PUT docs?acl', { headers: { 'x-oss-acl': 'public-read-write' } });
  assert.equal(await grantOf(server, 'docs'), 'public-read-write');
  await server.ask('PUT docs?acl', { headers: { 'x-oss-acl': 'private' } });
  assert.equal(await grantOf(server, 'docs'), 'private');
  assert.match(await server.refusal('PUT docs?acl'), /^InvalidArgument.bucketAcl /);
  const bobs = { as: 'bob', headers: { 'x-oss-acl': 'public-read' } };
  assert.equal(await server.refusal('PUT docs?acl', bobs), 'AccessDenied.notYours');
});

test('the ACL of an object outranks that of its bucket', async () => {
  const server = startTestServer();
  const { ask, refusal } = server;
  await ask('PUT docs');
  await ask('PUT docs/a', { body: 'a' });
  assert.equal(await grantOf(server, 'docs/a'), 'default');
  assert.equal(await refusal('GET docs/a', { as: null }), 'AccessDenied.bucketAcl');
  await ask('PUT docs/a?acl', { headers: { 'x-oss-object-acl': 'public-read' } });
  assert.equal(await grantOf(server, 'docs/a'), 'public-read');
  assert.equal((await ask('GET docs/a', { as: null })).text, 'a');
  assert.equal(await refusal('PUT docs/a', { as: null }), 'AccessDenied.objectAcl');
  await ask('PUT docs/a', { body: 'a' });
  assert.equal(await grantOf(server, 'docs/a'), 'default');
  assert.match(await refusal('PUT docs/a?acl'), /^InvalidArgument.missingObjectAcl /);
  assert.equal(await refusal('GET docs/b?acl'), 'NoSuchKey Key=b');
});

test('who may write into a bucket may not open or close objects', async () => {
  const { ask, refusal } = startTestServer();
  await ask('PUT docs', { headers: { 'x-oss-acl': 'public-read-write' } });
  const opened = { as: null, headers: { 'x-oss-object-acl': 'public-read' } };
  assert.equal(await refusal('PUT docs/a', opened), 'AccessDenied.anonymous');
  assert.equal((await ask('PUT docs/a', { as: null })).status, 200);
});

test('versioning is configured, never unset', async () => {
  const { ask, refusal } = startTestServer();
  await ask('PUT docs');
  const status = async () => texts((await ask('GET docs?versioning')).text, 'Status').join();
  const set = (content: string) => ({
    body: `<VersioningConfiguration>${content}</VersioningConfiguration>`,
  });
  assert.equal(await status(), '');
  await ask('PUT docs?versioning', set('<Status>Enabled</Status>'));
  assert.equal(await status(), 'Enabled');
  assert.deepEqual(texts((await ask('GET docs?bucketInfo')).text, 'Versioning'), ['Enabled']);
  await ask('PUT docs?versioning', set('<Status>Suspended</Status>'));
  assert.equal(await status(), 'Suspended');
  assert.equal(await refusal('PUT docs?versioning', set('<Status>Disabled</Status>')), 'MalformedXML');
  assert.equal(await refusal('PUT docs?versioning', set('')), 'MalformedXML.versioning');
  assert.equal(await refusal('PUT docs?versioning'), 'MalformedXML');
});

test('CORS rules are kept, replaced and removed', async () => {
  const { ask, refusal } = startTestServer();
  await ask('PUT docs');
  const rule = (origin: string) =>
    `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>POST</AllowedMethod></CORSRule>`;
  const put = (rules: string) =>
    ask('PUT docs?cors', {
      body: `<CORSConfiguration>${rules}<ResponseVary>true</ResponseVary></CORSConfiguration>`,
    });
  assert.equal(await refusal('GET docs?cors'), 'NoSuchCORSConfiguration BucketName=docs');
  await put(rule('https://a.com') + rule('*'));
  const { text } = await ask('GET docs?cors');
  assert.deepEqual(texts(text, 'AllowedOrigin'), ['https://a.com', '*']);
  assert.deepEqual(texts(text, 'ResponseVary'), ['true']);
  await put(rule('https://b.com'));
  assert.deepEqual(texts((await ask('GET docs?cors')).text, 'AllowedOrigin'), ['https://b.com']);
  assert.equal((await ask('DELETE docs?cors')).status, 204);
  assert.equal((await ask('DELETE docs?cors')).status, 204);
  assert.equal(await refusal('GET docs?cors'), 'NoSuchCORSConfiguration BucketName=docs');
  await assert.rejects(put(rule('https://*.*.com')), { row: 'InvalidArgument.corsWildcard' });
});

test('where requesters pay, everybody but the owner says that they do', async () => {
  const { ask, refusal } = startTestServer();
  await ask('PUT docs', { headers: { 'x-oss-acl': 'public-read-write' } });
  await ask('PUT docs/a', { body: 'a' });
  const body = '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>';
  await ask('PUT docs?requestPayment', { body });
  const inHeader = { authorization: 'OSS bob-key:…' };
  const pays = { 'x-oss-request-payer': 'requester' };
  assert.equal(await refusal('GET docs/a', { as: 'bob', headers: inHeader }), 'AccessDenied.requester');
  assert.equal(await refusal('GET docs/a', { as: 'bob' }), 'AccessDenied.requesterInUrl');
  assert.equal(await refusal('GET docs/a', { as: null, headers: pays }), 'AccessDenied.requesterAnonymous');
  assert.equal((await ask('GET docs/a', { as: 'bob', headers: { ...inHeader, ...pays } })).text, 'a');
  assert.equal((await ask('GET docs/a?x-oss-request-payer=requester', { as: 'bob' })).text, 'a');
  assert.equal((await ask('GET docs/a')).text, 'a');
  await ask('PUT carols', { as: 'carol' });
  const copy = { as: 'carol', headers: { ...inHeader, 'x-oss-copy-source': '/docs/a' } };
  assert.equal(await refusal('PUT carols/a', copy), 'AccessDenied.requester');
});
