// ListObjects in both versions, and what a page says of the next.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatContinuationToken, parseContinuationToken } from '../src/objects/list-parameters.ts';
import { startTestServer, type TestServer, texts } from './call-notation.ts';

async function withObjects(...keys: readonly string[]): Promise<TestServer> {
  const server = startTestServer();
  await server.ask('PUT docs');
  for (const key of keys) await server.ask(`PUT docs/${key}`);
  return server;
}

/** Keys, common prefixes and where to go on. */
async function listed({ ask }: TestServer, query: string): Promise<string> {
  const { text } = await ask(`GET docs?${query}`);
  const prefixes = [...text.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]*)</g)].map(([, prefix]) => prefix);
  const next = [
    ...texts(text, 'NextMarker'),
    ...texts(text, 'NextContinuationToken').map(parseContinuationToken),
  ];
  const truncated = texts(text, 'IsTruncated')[0] === 'true' ? `… ${next}` : '';
  return [...texts(text, 'Key'), ...prefixes, truncated].join(' ').trim();
}

const keys = ['a', 'b/1', 'b/2', 'c/1', 'd'];

test('prefix, delimiter, marker and page size', async () => {
  const server = await withObjects(...keys);
  const cases: Readonly<Record<string, string>> = {
    '': 'a b/1 b/2 c/1 d',
    'prefix=b/': 'b/1 b/2',
    'delimiter=/': 'a d b/ c/',
    'prefix=b/&delimiter=/': 'b/1 b/2',
    'max-keys=2': 'a b/1 … b/1',
    'max-keys=2&marker=b/1': 'b/2 c/1 … c/1',
    'max-keys=2&marker=c/1': 'd',
    'delimiter=/&max-keys=2': 'a b/ … b/',
    'delimiter=/&max-keys=2&marker=b/': 'd c/',
    'max-keys=0': '',
    'list-type=2&max-keys=2': 'a b/1 … b/1',
    'list-type=2&start-after=b/2': 'c/1 d',
    [`list-type=2&start-after=z&continuation-token=${formatContinuationToken('b/1')}`]: 'b/2 c/1 d',
    'list-type=2&continuation-token=': 'a b/1 b/2 c/1 d',
  };
  for (const [query, expected] of Object.entries(cases))
    assert.equal(await listed(server, query), expected, query);
});

test('an entry tells what SDKs cannot do without; version 2 leaves out the owner unless asked', async () => {
  const { ask } = await withObjects('a');
  const entry =
    /<Contents>\s*<Key>a<\/Key>\s*<LastModified>2024-05-01T00:00:00.000Z<\/LastModified>\s*<ETag>"[0-9A-F]{32}"<\/ETag>\s*<Type>Normal<\/Type>\s*<Size>0<\/Size>\s*<StorageClass>Standard<\/StorageClass>/;
  const owners = async (query: string) => {
    const { text } = await ask(`GET docs?${query}`);
    assert.match(text, entry);
    return texts(text, 'ID').join();
  };
  assert.equal(await owners(''), 'alice');
  assert.equal(await owners('list-type=2'), '');
  assert.equal(await owners('list-type=2&fetch-owner=true'), 'alice');
  assert.deepEqual(texts((await ask('GET docs?list-type=2')).text, 'KeyCount'), ['1']);
});

test('encoding-type=url spells every name in ASCII and says so', async () => {
  const { ask } = await withObjects('简 历/\x01+');
  const { text } = await ask('GET docs?encoding-type=url&prefix=%E7%AE%80&marker=%00');
  assert.deepEqual(texts(text, 'EncodingType'), ['url']);
  assert.deepEqual(texts(text, 'Key'), ['%E7%AE%80%20%E5%8E%86%2F%01%2B']);
  assert.deepEqual(texts(text, 'Prefix'), ['%E7%AE%80']);
});

test('arguments that are none', async () => {
  const { refusal } = await withObjects();
  for (const value of ['', '-1', '1001', '1e2', '0x1', 'ten', '99999999999']) {
    const row = await refusal(`GET docs?max-keys=${value}`);
    assert.equal(row, `InvalidArgument.maxKeys ArgumentName=max-keys ArgumentValue=${value}`);
  }
  assert.match(await refusal('GET docs?encoding-type=base64'), /^InvalidArgument.encodingType /);
  assert.match(
    await refusal('GET docs?list-type=2&continuation-token=test'),
    /^InvalidArgument.continuationToken /,
  );
});

test('continuation tokens are read back exactly, and nothing else is one', () => {
  for (const name of ['a', '简历/1', 'a'.repeat(1023)]) {
    const token = formatContinuationToken(name);
    assert.equal(parseContinuationToken(token), name);
    assert.match(token, /^[\w-]+$/);
    for (const near of [`${token}=`, `${token} `, token.slice(1)]) {
      assert.throws(() => parseContinuationToken(near), { row: 'InvalidArgument.continuationToken' }, near);
    }
  }
});

test('who may list', async () => {
  const { ask, refusal } = await withObjects('a');
  assert.equal(await refusal('GET docs', { as: null }), 'AccessDenied.bucketAcl');
  await ask('PUT docs?acl', { headers: { 'x-oss-acl': 'public-read' } });
  assert.equal((await ask('GET docs', { as: null })).status, 200);
});
