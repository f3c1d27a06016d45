// Versions and delete markers on the wire (guide, "Versioning"; GetObject and DeleteObject references).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer, type TestServer, texts } from './call-notation.ts';

async function setVersioning({ ask }: TestServer, status: 'Enabled' | 'Suspended'): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  await ask('PUT docs?versioning', { body });
}

/** A bucket with the object `a`, "old" from before versioning was enabled. */
async function withVersions(): Promise<TestServer> {
  const server = startTestServer();
  await server.ask('PUT docs');
  await server.ask('PUT docs/a', { body: 'old' });
  await setVersioning(server, 'Enabled');
  return server;
}

async function put({ ask }: TestServer, body: string): Promise<string> {
  const { headers } = await ask('PUT docs/a', { body });
  return headers['x-oss-version-id'] ?? 'none';
}

test('no answer shows a version before versioning was ever enabled', async () => {
  const { ask } = startTestServer();
  await ask('PUT docs');
  for (const request of [
    'PUT docs/a',
    'GET docs/a',
    'HEAD docs/a',
    'HEAD docs/a?objectMeta',
    'PUT docs/a?acl',
    'DELETE docs/a?versionId=null',
  ]) {
    const { headers } = await ask(request, { headers: { 'x-oss-object-acl': 'private' } });
    assert.equal(headers['x-oss-version-id'], undefined, request);
  }
});

test('objects from before have the version null', async () => {
  const { ask } = await withVersions();
  for (const request of [
    'GET docs/a',
    'HEAD docs/a',
    'HEAD docs/a?objectMeta',
    'GET docs/a?acl',
    'GET docs/a?versionId=null',
  ]) {
    assert.equal((await ask(request)).headers['x-oss-version-id'], 'null', request);
  }
});

test('every put is a version of its own, and each can be read', async () => {
  const server = await withVersions();
  const first = await put(server, 'first');
  const second = await put(server, 'second');
  assert.notEqual(first, second);
  assert.equal((await server.ask('GET docs/a')).text, 'second');
  assert.equal((await server.ask(`GET docs/a?versionId=${first}`)).text, 'first');
  assert.equal((await server.ask('GET docs/a?versionId=null')).text, 'old');
  // Nothing is overwritten, so nothing has to be forbidden.
  await server.ask('PUT docs/a', { headers: { 'x-oss-forbid-overwrite': 'true' } });
});

test('a delete hides the object behind a marker, and deleting the marker shows it again', async () => {
  const server = await withVersions();
  const { ask, refusal } = server;
  const version = await put(server, 'new');
  const { status, headers } = await ask('DELETE docs/a');
  const marker = headers['x-oss-version-id'] ?? '';
  assert.deepEqual([status, headers], [204, { 'x-oss-delete-marker': 'true', 'x-oss-version-id': marker }]);

  assert.equal(await refusal('GET docs/a'), 'NoSuchKey Key=a');
  await assert.rejects(ask('GET docs/a'), { headers });
  assert.equal(
    await refusal(`GET docs/a?versionId=${marker}`),
    'MethodNotAllowed.deleteMarker Method=GET ResourceType=DeleteMarker',
  );
  await assert.rejects(ask(`HEAD docs/a?versionId=${marker}`), { headers: { ...headers, allow: 'DELETE' } });

  assert.deepEqual(await ask(`DELETE docs/a?versionId=${marker}`), { status: 204, headers, text: '' });
  assert.equal((await ask('GET docs/a')).text, 'new');
  assert.deepEqual((await ask(`DELETE docs/a?versionId=${version}`)).headers, {
    'x-oss-version-id': version,
  });
  assert.equal((await ask('GET docs/a')).text, 'old');
});

test('suspended: there is one null version, and a delete makes it a marker', async () => {
  const server = await withVersions();
  const version = await put(server, 'kept');
  await setVersioning(server, 'Suspended');
  assert.equal(await put(server, 'null again'), 'null');
  assert.deepEqual((await server.ask('DELETE docs/a')).headers, {
    'x-oss-delete-marker': 'true',
    'x-oss-version-id': 'null',
  });
  assert.equal((await server.ask(`GET docs/a?versionId=${version}`)).text, 'kept');
  assert.deepEqual(texts((await server.ask('GET docs?versioning')).text, 'Status'), ['Suspended']);
});

test('version ids that name nothing', async () => {
  const { refusal } = await withVersions();
  assert.equal(
    await refusal('GET docs/a?versionId='),
    'InvalidArgument.versionIdEmpty ArgumentName=versionId ArgumentValue=',
  );
  assert.equal(
    await refusal('GET docs/a?versionId=a%20b'),
    'InvalidArgument.versionId ArgumentName=versionId ArgumentValue=a b',
  );
  assert.equal(await refusal('GET docs/a?versionId=CAEQ'), 'NoSuchVersion Key=a VersionId=CAEQ');
  assert.equal(await refusal('GET docs/b?versionId=null'), 'NoSuchVersion Key=b VersionId=null');
});

test('all versions are listed, keys ascending, newest first, page by page', async () => {
  const server = await withVersions();
  const first = await put(server, 'first');
  const second = await put(server, 'second');
  await server.ask('PUT docs/b', { body: 'b' });
  const marker = (await server.ask('DELETE docs/b')).headers['x-oss-version-id'];

  const { text } = await server.ask('GET docs?versions');
  assert.deepEqual(texts(text, 'Key'), ['a', 'a', 'a', 'b', 'b']);
  assert.deepEqual(texts(text, 'VersionId').slice(0, 4), [second, first, 'null', marker]);
  assert.deepEqual(texts(text, 'IsLatest'), ['true', 'false', 'false', 'true', 'false']);
  assert.equal(texts(text, 'DisplayName').length, 5);
  assert.match(text, /<DeleteMarker>\s*<Key>b</);
  assert.deepEqual(texts(text, 'IsTruncated'), ['false']);
  assert.deepEqual(texts(text, 'NextKeyMarker'), ['']);

  const seen: string[] = [];
  let from = '';
  for (let page = 0; page < 5; page++) {
    const { text: one } = await server.ask(`GET docs?versions&max-keys=1${from}`);
    seen.push(...texts(one, 'VersionId'));
    const [key = ''] = texts(one, 'NextKeyMarker');
    const [version = ''] = texts(one, 'NextVersionIdMarker');
    from = `&key-marker=${key}&version-id-marker=${version}`;
  }
  assert.deepEqual(seen, texts(text, 'VersionId'));
  assert.equal(
    await server.refusal('GET docs?versions&version-id-marker=null'),
    'InvalidArgument.versionIdMarker',
  );
});

test('without versioning, objects are listed as null versions', async () => {
  const { ask } = startTestServer();
  await ask('PUT docs');
  await ask('PUT docs/a');
  assert.deepEqual(texts((await ask('GET docs?versions')).text, 'VersionId'), ['null']);
});

test('an ACL belongs to a version', async () => {
  const server = await withVersions();
  const version = await put(server, 'new');
  const shown = async (query: string) => texts((await server.ask(`GET docs/a?acl${query}`)).text, 'Grant')[0];
  await server.ask('PUT docs/a?acl&versionId=null', { headers: { 'x-oss-object-acl': 'public-read' } });
  assert.equal(await shown('&versionId=null'), 'public-read');
  assert.equal(await shown(`&versionId=${version}`), 'default');
  assert.equal(await shown(''), 'default');
});
