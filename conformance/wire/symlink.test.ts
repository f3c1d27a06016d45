// Symbolic links (PutSymlink, GetSymlink; GetObject and HeadObject references, "symbolic link"): made, read through, copied, and what
// happens when there is nothing at their end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, checkHeaders, objectTrials, succeed, texts } from '../object-requests.ts';
import { checkRefusal, newKey, openTrials } from '../trial-bucket.ts';

const { bucket, target } = await openTrials();
const { expects, refuses } = objectTrials(bucket);
const readable = await openTrials({ on: target, acl: 'public-read' });

const helloEtag = '"5D41402ABC4B2A76B9719D911017C592"';
const to = (target: string) => ({ headers: { 'x-oss-symlink-target': encodeURIComponent(target) } });

const name = '目录/a b+c.txt';
await succeed(bucket, `PUT ${name}`, {
  body: 'hello',
  headers: { 'content-type': 'text/css', 'x-oss-meta-a': 'target' },
});
const linkHeaders = {
  ...to(name).headers,
  'content-type': 'text/plain',
  'x-oss-meta-a': 'link',
  'cache-control': 'no-cache',
};
const made = await succeed(bucket, 'PUT link?symlink', { headers: linkHeaders });

// --- Making and looking at it ---

test('a link has an ETag of its own', () => {
  assert.match(String(made.headers.etag), /^"[0-9A-F]{32}"$/);
  assert.notEqual(made.headers.etag, helloEtag);
  assert.equal(made.headers['x-oss-version-id'], undefined);
});
expects('where it points to, percent-encoded', 'GET link?symlink', {}, 200, {
  'x-oss-symlink-target': '%E7%9B%AE%E5%BD%95/a%20b%2Bc.txt',
  etag: made.headers.etag as string,
});
test('lists say that it is one', async () => {
  const answer = await succeed(bucket, 'GET ?prefix=link');
  assert.deepEqual([texts(answer, 'Key'), texts(answer, 'Type')], [['link'], ['Symlink']]);
});
test('a link may be put where nothing is yet, and an object over a link', async () => {
  const key = newKey();
  await succeed(bucket, `PUT ${key}?symlink`, to('later.txt'));
  await succeed(bucket, `PUT ${key}`, { body: 'hello' });
  checkRefusal(await ask(bucket, `GET ${key}?symlink`), '400 NotSymlink');
});

refuses('an object that is no link', `GET ${name}?symlink`, {}, '400 NotSymlink', {
  Message: 'The object is not symlink.',
});
refuses('a link that is not there', 'GET nothing?symlink', {}, '404 NoSuchKey 0026-00000001');
refuses('no target', 'PUT refused?symlink', {}, '400 InvalidArgument', {
  ArgumentName: 'x-oss-symlink-target',
});
refuses(
  'an empty target',
  'PUT refused?symlink',
  { headers: { 'x-oss-symlink-target': '' } },
  '400 InvalidArgument',
);
refuses(
  'a target that is no encoded name',
  'PUT refused?symlink',
  { headers: { 'x-oss-symlink-target': '%zz' } },
  '400 InvalidArgument',
);
refuses(
  'a target of 1024 bytes',
  'PUT refused?symlink',
  to('a'.repeat(1024)),
  '400 InvalidObjectName 0016-00000003',
);
refuses(
  'a target that no object can be called',
  'PUT refused?symlink',
  to('/a'),
  '400 InvalidObjectName 0016-00000005',
);
refuses(
  'an unknown class',
  'PUT refused?symlink',
  { headers: { ...to('a').headers, 'x-oss-storage-class': 'Cold' } },
  '400 InvalidArgument',
);
refuses(
  'a name that is taken',
  'PUT link?symlink',
  { headers: { ...to('a').headers, 'x-oss-forbid-overwrite': 'true' } },
  '409 FileAlreadyExists 0026-00000002',
);
refuses('PutSymlink of a stranger', 'PUT refused?symlink', { ...to('a'), signed: false }, '403 AccessDenied');
refuses('GetSymlink of a stranger', 'GET link?symlink', { signed: false }, '403 AccessDenied');

// --- Reading through it ---

const shown = {
  'content-length': '5',
  etag: helloEtag,
  'x-oss-hash-crc64ecma': '11177612005948864433',
  'content-type': 'text/plain',
  'cache-control': 'no-cache',
  'x-oss-meta-a': 'link',
  'x-oss-object-type': 'Symlink',
};
expects('GET: the bytes and digests of the target, everything else of the link', 'GET link', {}, 200, shown);
expects('HEAD likewise', 'HEAD link', {}, 200, shown);
expects('GetObjectMeta is of the link itself', 'HEAD link?objectMeta', {}, 200, {
  etag: made.headers.etag as string,
});
test('the bytes', async () => assert.equal((await succeed(bucket, 'GET link')).text, 'hello'));
expects('a range', 'GET link', { headers: { range: 'bytes=1-2' } }, 206, {
  'content-range': 'bytes 1-2/5',
  'content-length': '2',
});
expects('conditions are about the target', 'GET link', { headers: { 'if-match': helloEtag } }, 200);
refuses(
  'the ETag of the link is none of the target',
  'GET link',
  { headers: { 'if-match': String(made.headers.etag) } },
  '412 PreconditionFailed 0017-00001001',
);
test('a link shows what its target has become', async () => {
  await succeed(bucket, 'PUT changing', { body: '1' });
  await succeed(bucket, 'PUT to-changing?symlink', to('changing'));
  await succeed(bucket, 'PUT changing', { body: '2' });
  assert.equal((await succeed(bucket, 'GET to-changing')).text, '2');
});

await succeed(bucket, 'PUT to-nothing?symlink', to('nothing'));
await succeed(bucket, 'PUT to-link?symlink', to('link'));
const noTarget = { Message: 'The symlink target object does not exist.' };
const badTarget = { Message: "The symbolic's target file type is invalid." };
refuses('no target there', 'GET to-nothing', {}, '404 SymlinkTargetNotExist', noTarget);
refuses('a target that is a link', 'GET to-link', {}, '400 InvalidTargetType 0026-00000011', badTarget);
for (const [line, status, code] of [
  ['HEAD to-nothing', 404, 'SymlinkTargetNotExist'],
  ['HEAD to-link', 400, 'InvalidTargetType'],
] as const) {
  test(`${line}: the error is in a header`, async () => {
    const answer = await ask(bucket, line);
    assert.equal(answer.status, status);
    const document = Buffer.from(String(answer.headers['x-oss-err']), 'base64').toString();
    assert.ok(document.includes(`<Code>${code}</Code>`), document);
  });
}

test('who may read the link must be allowed to read the target too', async () => {
  const key = newKey();
  await succeed(readable.bucket, 'PUT secret', { body: 'hello', headers: { 'x-oss-object-acl': 'private' } });
  await succeed(readable.bucket, `PUT ${key}?symlink`, to('secret'));
  assert.equal((await succeed(readable.bucket, `GET ${key}`)).text, 'hello');
  checkRefusal(await ask(readable.bucket, `GET ${key}`, { signed: false }), '403 AccessDenied');
  await succeed(readable.bucket, 'PUT secret', { body: 'hello' });
  await succeed(readable.bucket, `GET ${key}`, { signed: false });
});

// --- Copied and versioned ---

test('a copy of a link is a link', async () => {
  const key = newKey();
  await succeed(bucket, `PUT ${key}`, { headers: { 'x-oss-copy-source': `/${bucket.name}/link` } });
  checkHeaders(await succeed(bucket, `GET ${key}?symlink`), {
    'x-oss-symlink-target': '%E7%9B%AE%E5%BD%95/a%20b%2Bc.txt',
  });
  assert.equal((await succeed(bucket, `GET ${key}`)).text, 'hello');
});
test('every version of a link may point elsewhere', async () => {
  const { bucket: versioned } = await openTrials({ on: target });
  await succeed(versioned, 'PUT before', { body: '0' });
  await succeed(versioned, 'PUT old?symlink', to('before'));
  await succeed(versioned, 'PUT ?versioning', {
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  checkHeaders(await succeed(versioned, 'GET old?symlink'), { 'x-oss-version-id': 'null' });
  await succeed(versioned, 'PUT a', { body: '1' });
  await succeed(versioned, 'PUT b', { body: '2' });
  const first = await succeed(versioned, 'PUT link?symlink', to('a'));
  const second = await succeed(versioned, 'PUT link?symlink', to('b'));
  const id = first.headers['x-oss-version-id'];
  assert.equal((await succeed(versioned, 'GET link')).text, '2');
  const old = await succeed(versioned, `GET link?versionId=${id}`);
  assert.equal(old.text, '1');
  assert.equal(old.headers['x-oss-version-id'], id);
  checkHeaders(await succeed(versioned, `GET link?symlink&versionId=${id}`), {
    'x-oss-symlink-target': 'a',
    'x-oss-version-id': id as string,
  });
  checkHeaders(await succeed(versioned, 'GET link?symlink'), {
    'x-oss-symlink-target': 'b',
    'x-oss-version-id': second.headers['x-oss-version-id'] as string,
  });
  await succeed(versioned, 'DELETE b', {}, 204);
  checkRefusal(await ask(versioned, 'GET link'), '404 SymlinkTargetNotExist');
});
