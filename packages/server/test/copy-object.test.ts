// CopyObject: where the source is, who may read it, and what comes along.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCopySource } from '../src/objects/copy-source.ts';
import { startTestServer, type TestServer, texts } from './call-notation.ts';

test('the source is a bucket and an escaped key', () => {
  const place = (header: string) => Object.values(parseCopySource(header));
  assert.deepEqual(place('/from/a'), ['from', 'a', undefined]);
  assert.deepEqual(place('/from/a%2Fb/%E7%AE%80+1?versionId=CAEQ'), ['from', 'a/b/简+1', 'CAEQ']);
  assert.deepEqual(place('/from/a%3Fb'), ['from', 'a?b', undefined]);
  for (const header of ['', 'from/a', '/from', '/from/', '/From/a', '/from/%', '/from/%ff', '/from/简']) {
    assert.throws(() => parseCopySource(header), { row: 'InvalidArgument.copySource' }, header);
  }
  assert.throws(() => parseCopySource('/from/a?versionId='), { row: 'InvalidArgument.versionIdEmpty' });
});

/** Alice's buckets `from` and `dest`, and the object `from/a`. */
async function withSource(): Promise<TestServer> {
  const server = startTestServer();
  await server.ask('PUT from');
  await server.ask('PUT dest');
  const headers = {
    'content-type': 'text/plain',
    'x-oss-meta-a': '1',
    'x-oss-server-side-encryption': 'AES256',
    'x-oss-object-acl': 'public-read',
  };
  await server.ask('PUT from/a', { body: 'Hello OSS', headers });
  return server;
}

const fromA = { 'x-oss-copy-source': '/from/a' };

test('a copy has the body and the headers of its source, but not its access or encryption', async () => {
  const { ask, clock } = await withSource();
  clock.nowMs += 60_000;
  const copy = await ask('PUT dest/b', { headers: fromA });
  assert.equal(copy.status, 200);
  assert.deepEqual(texts(copy.text, 'ETag'), ['"F0F18C2C66AE1DD512BDCD4366F76DA3"']);
  assert.deepEqual(texts(copy.text, 'LastModified'), ['2024-05-01T00:01:00.000Z']);
  const { text, headers } = await ask('GET dest/b');
  assert.equal(text, 'Hello OSS');
  assert.equal(headers['content-type'], 'text/plain');
  assert.equal(headers['x-oss-meta-a'], '1');
  assert.equal(headers['x-oss-server-side-encryption'], undefined);
  assert.deepEqual(texts((await ask('GET dest/b?acl')).text, 'Grant'), ['default']);
});

test('REPLACE takes the headers of the request, also for a copy onto itself', async () => {
  const { ask, refusal } = await withSource();
  const headers = {
    ...fromA,
    'x-oss-metadata-directive': 'replace',
    'x-oss-meta-b': '2',
    'x-oss-server-side-encryption': 'SM4',
  };
  const copy = await ask('PUT from/a', { headers });
  assert.equal(copy.headers['x-oss-server-side-encryption'], 'SM4');
  const stored = await ask('GET from/a');
  assert.equal(stored.text, 'Hello OSS');
  assert.equal(stored.headers['content-type'], 'application/octet-stream');
  assert.equal(stored.headers['x-oss-meta-a'], undefined);
  assert.equal(stored.headers['x-oss-meta-b'], '2');
  assert.equal(
    await refusal('PUT dest/b', { headers: { ...fromA, 'x-oss-metadata-directive': 'move' } }),
    'InvalidArgument.metadataDirective ArgumentName=x-oss-metadata-directive ArgumentValue=move',
  );
});

test('a copy onto itself takes the headers of the request whatever the directive, unless versions are kept', async () => {
  const { ask } = await withSource();
  const headers = { ...fromA, 'x-oss-meta-b': '2' };
  await ask('PUT from/a', { headers });
  const replaced = await ask('GET from/a');
  assert.deepEqual(
    [replaced.text, replaced.headers['x-oss-meta-a'], replaced.headers['x-oss-meta-b']],
    ['Hello OSS', undefined, '2'],
  );
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await ask('PUT from?versioning', { body });
  await ask('PUT from/a', { headers: { ...fromA, 'x-oss-meta-b': '3' } });
  assert.equal((await ask('GET from/a')).headers['x-oss-meta-b'], '2');
});

test('conditions on the source', async () => {
  const { refusal } = await withSource();
  const given = (name: string, value: string) => ({
    headers: { ...fromA, [`x-oss-copy-source-${name}`]: value },
  });
  assert.equal(
    await refusal('PUT dest/b', given('if-match', '"X"')),
    'PreconditionFailed Condition=x-oss-copy-source-If-Match',
  );
  assert.equal(await refusal('PUT dest/b', given('if-none-match', '*')), 'NotModified');
  assert.equal(
    await refusal('PUT dest/b', given('if-modified-since', 'Wed, 01 May 2024 00:00:00 GMT')),
    'NotModified',
  );
});

test('sources that are not there', async () => {
  const { refusal } = await withSource();
  const from = (source: string) => ({ headers: { 'x-oss-copy-source': source } });
  assert.equal(await refusal('PUT dest/b', from('/nowhere/a')), 'NoSuchBucket BucketName=nowhere');
  assert.equal(await refusal('PUT dest/b', from('/from/b')), 'NoSuchKey Key=b');
  assert.equal(
    await refusal('PUT dest/b', from('/from/a?versionId=x')),
    'NoSuchVersion.copySource Key=a VersionId=x',
  );
});

test('whoever may write the target must be allowed to read the source', async () => {
  const { ask, refusal } = await withSource();
  await ask('PUT from/secret', { body: 'secret' });
  await ask('PUT bobs', { as: 'bob' });
  const copy = (source: string) => ({ as: 'bob', headers: { 'x-oss-copy-source': source } });
  assert.equal((await ask('PUT bobs/a', copy('/from/a'))).status, 200);
  assert.equal(await refusal('PUT bobs/b', copy('/from/secret')), 'AccessDenied.bucketAcl');
  assert.equal(await refusal('PUT bobs/b', copy('/from/not-there')), 'AccessDenied.bucketAcl');
});

test('versions of source and copy', async () => {
  const { ask } = await withSource();
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await ask('PUT from?versioning', { body });
  const newer = (await ask('PUT from/a', { body: 'newer' })).headers['x-oss-version-id'];
  const older = await ask('PUT dest/b', { headers: { 'x-oss-copy-source': '/from/a?versionId=null' } });
  assert.equal(older.headers['x-oss-copy-source-version-id'], 'null');
  assert.equal(older.headers['x-oss-version-id'], undefined);
  assert.equal((await ask('GET dest/b')).text, 'Hello OSS');
  const back = await ask('PUT from/c', { headers: fromA });
  assert.equal(back.headers['x-oss-copy-source-version-id'], newer);
  assert.match(back.headers['x-oss-version-id'] ?? '', /^[\w.-]{8,}$/);
});
