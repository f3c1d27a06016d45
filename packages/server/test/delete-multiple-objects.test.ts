// DeleteMultipleObjects.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startTestServer, type TestServer, texts } from './call-notation.ts';

/** What to ask with for these `<Object>`s, written `key` or `key version`. */
function deleting(objects: readonly string[], quiet = false) {
  const list = objects.map((object) => {
    const [key, version] = object.split(' ');
    return `<Object><Key>${key}</Key>${version ? `<VersionId>${version}</VersionId>` : ''}</Object>`;
  });
  return withMd5(`<Delete><Quiet>${quiet}</Quiet>${list.join('')}</Delete>`);
}

function withMd5(body: string) {
  return { body, headers: { 'content-md5': createHash('md5').update(body).digest('base64') } };
}

async function withObjects(...keys: readonly string[]): Promise<TestServer> {
  const server = startTestServer();
  await server.ask('PUT docs');
  for (const key of keys) await server.ask(`PUT docs/${key}`);
  return server;
}

async function left({ ask }: TestServer): Promise<string> {
  return texts((await ask('GET docs')).text, 'Key').join(' ');
}

test('deletes what is there and tells of everything asked for', async () => {
  const server = await withObjects('a', 'b', 'c');
  const { status, text } = await server.ask('POST docs?delete', deleting(['c', 'not-there', 'a']));
  assert.equal(status, 200);
  assert.deepEqual(texts(text, 'Key'), ['c', 'not-there', 'a']);
  assert.equal(await left(server), 'b');
});

test('quiet says nothing', async () => {
  const server = await withObjects('a');
  const { status, text } = await server.ask('POST docs?delete', deleting(['a'], true));
  assert.deepEqual([status, text, await left(server)], [200, '', '']);
});

test('names in any spelling', async () => {
  const server = await withObjects('a\x0cb', '简/历');
  const { text } = await server.ask('POST docs?delete&encoding-type=url', deleting(['a&#x0c;b', '简/历']));
  assert.deepEqual(texts(text, 'Key'), ['a%0Cb', '%E7%AE%80%2F%E5%8E%86']);
  assert.deepEqual(texts(text, 'EncodingType'), ['url']);
  assert.equal(await left(server), '');
});

test('a thousand at once, not one more', async () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);
  const server = await withObjects('k0', 'k999', 'x');
  const { text } = await server.ask('POST docs?delete', deleting(keys));
  assert.deepEqual(texts(text, 'Key'), keys);
  assert.equal(await left(server), 'x');
  assert.equal(await server.refusal('POST docs?delete', deleting([...keys, 'x'])), 'MalformedXML');
});

test('refused as a whole, with nothing deleted', async () => {
  const server = await withObjects('a');
  const good = deleting(['a']);
  const other = { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' };
  assert.equal(
    await server.refusal('POST docs?delete', { body: good.body }),
    'MissingArgument ArgumentName=Content-MD5',
  );
  assert.equal(await server.refusal('POST docs?delete', { ...good, headers: other }), 'InvalidDigest');
  assert.equal(await server.refusal('POST docs?delete', withMd5('<Delete>')), 'MalformedXML');
  assert.equal(await server.refusal('POST docs?delete', deleting(['a', '/b'])), 'InvalidObjectName');
  assert.match(
    await server.refusal('POST docs?delete', deleting(['a', 'b x@y'])),
    /^InvalidArgument.versionId /,
  );
  const tooLarge = { body: ['x'.repeat(2 * 1024 * 1024), 'x'], headers: other };
  assert.match(await server.refusal('POST docs?delete', tooLarge), /^EntityTooLarge MaxSizeAllowed=2097152/);
  assert.equal(await left(server), 'a');
});

test("an object's own ACL protects it in a bucket that anyone may write", async () => {
  const server = await withObjects('a');
  await server.ask('PUT docs/b', { headers: { 'x-oss-object-acl': 'private' } });
  await server.ask('PUT docs?acl', { headers: { 'x-oss-acl': 'public-read-write' } });
  const anonymous = (...keys: readonly string[]) => ({ ...deleting(keys), as: null });
  assert.equal(await server.refusal('POST docs?delete', anonymous('a', 'b')), 'AccessDenied.objectAcl');
  assert.equal(await left(server), 'a b');
  await server.ask('POST docs?delete', anonymous('a'));
  assert.equal(await left(server), 'b');
});

test('delete markers made and removed are told of', async () => {
  const server = await withObjects('a');
  await server.ask('PUT docs?versioning', {
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  const made = (await server.ask('POST docs?delete', deleting(['a']))).text;
  const [marker = ''] = texts(made, 'DeleteMarkerVersionId');
  assert.deepEqual([texts(made, 'DeleteMarker'), texts(made, 'VersionId')], [['true'], []]);
  const removed = (await server.ask('POST docs?delete', deleting([`a ${marker}`, 'a null']))).text;
  assert.deepEqual(texts(removed, 'VersionId'), [marker, 'null']);
  assert.deepEqual(texts(removed, 'DeleteMarkerVersionId'), [marker]);
  assert.deepEqual(texts((await server.ask('GET docs?versions')).text, 'Key'), []);
});
