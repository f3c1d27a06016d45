// Tags of objects (PutObjectTagging, GetObjectTagging, DeleteObjectTagging; `x-oss-tagging` of uploads and copies; OSS API: object tagging):
// how they get there, what they may be, and who is told how many there are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, checkHeaders, objectTrials, succeed, texts } from '../object-requests.ts';
import { checkRefusal, newKey, openTrials, type TrialBucket } from '../trial-bucket.ts';

const { bucket, target } = await openTrials();
const { expects, refuses } = objectTrials(bucket);
const open = await openTrials({ on: target, acl: 'public-read-write' });

type Pair = readonly [key: string, value: string];
const tagging = (...tags: readonly Pair[]) =>
  `<Tagging><TagSet>${tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join('')}</TagSet></Tagging>`;

/** The tags of an object as `a=1 b=2`. */
async function tagsOf(key: string, query = '', of: TrialBucket = bucket): Promise<string> {
  const answer = await succeed(of, `GET ${key}?tagging${query}`);
  const values = texts(answer, 'Value');
  return texts(answer, 'Key')
    .map((name, at) => `${name}=${values[at]}`)
    .join(' ');
}

async function newObject(headers: Record<string, string> = {}): Promise<string> {
  const key = newKey();
  await succeed(bucket, `PUT ${key}`, { body: 'hello', headers });
  return key;
}

// --- The document ---

test('tags are put, replaced and taken away, and the object stays what it is', async () => {
  const key = await newObject();
  assert.equal(await tagsOf(key), '');
  const before = await succeed(bucket, `HEAD ${key}`);
  await succeed(bucket, `PUT ${key}?tagging`, { body: tagging(['b', '2'], ['a', '1']) });
  assert.equal(await tagsOf(key), 'b=2 a=1');
  await succeed(bucket, `PUT ${key}?tagging`, { body: tagging(['c', '']) });
  assert.equal(await tagsOf(key), 'c=');
  const after = await succeed(bucket, `HEAD ${key}`);
  checkHeaders(after, { etag: before.headers.etag, 'last-modified': before.headers['last-modified'] });
  await succeed(bucket, `DELETE ${key}?tagging`, {}, 204);
  assert.equal(await tagsOf(key), '');
  await succeed(bucket, `DELETE ${key}?tagging`, {}, 204);
});
test('no tag at all may be put', async () => {
  const key = await newObject({ 'x-oss-tagging': 'a=1' });
  await succeed(bucket, `PUT ${key}?tagging`, { body: tagging() });
  assert.equal(await tagsOf(key), '');
});

const tagged = await newObject();
const ten = Array.from({ length: 10 }, (_, at): Pair => [`key${at}`, '']);
const put = `PUT ${tagged}?tagging` as const;
expects('ten tags', put, { body: tagging(...ten) }, 200);
expects('the longest', put, { body: tagging(['k'.repeat(128), 'v'.repeat(256)]) }, 200);
expects('every character', put, { body: tagging(['azAZ09 +-=._:/', 'azAZ09 +-=._:/']) }, 200);

const invalidKey = { Message: 'The TagKey you have provided is invalid.' };
const invalidValue = { Message: 'The TagValue you have provided is invalid.' };
refuses('eleven tags', put, { body: tagging(...ten, ['k', '']) }, '400 InvalidTag 0010-00000218');
refuses('a key twice', put, { body: tagging(['a', '1'], ['a', '2']) }, '400 InvalidTag');
refuses('an empty key', put, { body: tagging(['', '1']) }, '400 InvalidTag 0010-00000209', invalidKey);
refuses(
  'a key of 129 bytes',
  put,
  { body: tagging(['k'.repeat(129), '']) },
  '400 InvalidTag 0010-00000209',
  invalidKey,
);
refuses(
  'a value of 257 bytes',
  put,
  { body: tagging(['a', 'v'.repeat(257)]) },
  '400 InvalidTag 0010-00000217',
  invalidValue,
);
for (const text of ['标签', 'a&amp;b', 'a,b', 'a*b']) {
  refuses(
    `a key like ${text}`,
    put,
    { body: tagging([text, '']) },
    '400 InvalidTag 0010-00000217',
    invalidKey,
  );
  refuses(
    `a value like ${text}`,
    put,
    { body: tagging(['a', text]) },
    '400 InvalidTag 0010-00000217',
    invalidValue,
  );
}
refuses('no document', put, {}, '400 MalformedXML');
refuses('another document', put, { body: '<Delete/>' }, '400 MalformedXML');
refuses(
  'a wrong Content-MD5',
  put,
  { body: tagging(), headers: { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' } },
  '400 InvalidDigest 0017-00000503',
);
for (const method of ['PUT', 'GET', 'DELETE'] as const) {
  const body = method === 'PUT' ? { body: tagging(['a', '1']) } : {};
  refuses(
    `${method}: an object that is not there`,
    `${method} nothing.txt?tagging`,
    body,
    '404 NoSuchKey 0026-00000001',
    { Key: 'nothing.txt' },
  );
  refuses(
    `${method}: a stranger`,
    `${method} ${tagged}?tagging`,
    { ...body, signed: false },
    '403 AccessDenied',
  );
}
test('who may write or read an object may not do so with its tags', async () => {
  const key = newKey();
  await succeed(open.bucket, `PUT ${key}`, { body: 'hello', signed: false });
  for (const method of ['PUT', 'GET', 'DELETE'] as const) {
    checkRefusal(await ask(open.bucket, `${method} ${key}?tagging`, { signed: false }), '403 AccessDenied');
  }
  const headers = { 'x-oss-tagging': 'a=1' };
  checkRefusal(
    await ask(open.bucket, `PUT ${key}`, { body: '', headers, signed: false }),
    '403 AccessDenied',
  );
});

// --- With an upload ---

test('PutObject', async () => {
  assert.equal(await tagsOf(await newObject({ 'x-oss-tagging': 'a=1&b+c=%2B%2D&d' })), 'a=1 b c=+- d=');
});
test('an upload without tags takes away those of the object before', async () => {
  const key = await newObject({ 'x-oss-tagging': 'a=1' });
  await succeed(bucket, `PUT ${key}`, { body: 'new' });
  assert.equal(await tagsOf(key), '');
});
const malformed = {
  Message:
    "The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
};
for (const value of ['aa=bb=cc', 'a=1&a=2', 'a=%zz']) {
  const headers = { 'x-oss-tagging': value };
  refuses(
    `x-oss-tagging: ${value}`,
    'PUT refused.txt',
    { body: '', headers },
    '400 InvalidArgument 0010-00000219',
    malformed,
  );
}
refuses(
  'x-oss-tagging: eleven tags',
  'PUT refused.txt',
  { body: '', headers: { 'x-oss-tagging': `k&${ten.map(([key]) => key).join('&')}` } },
  '400 InvalidTag 0010-00000218',
);
refuses(
  'x-oss-tagging: a key of 129 bytes',
  'PUT refused.txt',
  { body: '', headers: { 'x-oss-tagging': 'k'.repeat(129) } },
  '400 InvalidTag 0010-00000209',
);

// --- With a copy ---

const copies: readonly (readonly [rule: string, headers: Record<string, string>, tags: string])[] = [
  ['a copy has the tags of its source', {}, 'a=1'],
  ['Copy, whatever the request says', { 'x-oss-tagging-directive': 'Copy', 'x-oss-tagging': 'b=2' }, 'a=1'],
  ['Replace', { 'x-oss-tagging-directive': 'Replace', 'x-oss-tagging': 'b=2' }, 'b=2'],
  ['Replace by nothing', { 'x-oss-tagging-directive': 'REPLACE' }, ''],
  ['REPLACE of the headers leaves the tags', { 'x-oss-metadata-directive': 'REPLACE' }, 'a=1'],
];
const source = await newObject({ 'x-oss-tagging': 'a=1' });
const fromSource = { 'x-oss-copy-source': `/${bucket.name}/${source}` };
for (const [rule, headers, expected] of copies) {
  test(rule, async () => {
    const key = newKey();
    await succeed(bucket, `PUT ${key}`, { headers: { ...fromSource, ...headers } });
    assert.equal(await tagsOf(key), expected);
  });
}
refuses(
  'an unknown directive',
  'PUT refused.txt',
  { headers: { ...fromSource, 'x-oss-tagging-directive': 'Move' } },
  '400 InvalidArgument',
  { ArgumentName: 'x-oss-tagging-directive', ArgumentValue: 'Move' },
);

// --- x-oss-tagging-count ---

const counted = await newObject({ 'x-oss-tagging': 'a=1&b=2&c=3', 'x-oss-object-acl': 'public-read' });
const untagged = await newObject();
for (const method of ['GET', 'HEAD'] as const) {
  expects(`${method} tells how many tags there are`, `${method} ${counted}`, {}, 200, {
    'x-oss-tagging-count': '3',
  });
  expects(`${method} does not tell a stranger`, `${method} ${counted}`, { signed: false }, 200, {
    'x-oss-tagging-count': undefined,
  });
  expects(`${method} tells nothing when there are none`, `${method} ${untagged}`, {}, 200, {
    'x-oss-tagging-count': undefined,
  });
}

// --- Versions ---

test('every version has its own tags', async () => {
  const { bucket: versioned } = await openTrials({ on: target });
  await succeed(versioned, 'PUT ?versioning', {
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  const old = await succeed(versioned, 'PUT a', { body: '1', headers: { 'x-oss-tagging': 'a=1' } });
  const latest = await succeed(versioned, 'PUT a', { body: '2' });
  const oldId = old.headers['x-oss-version-id'];
  const put = await succeed(versioned, 'PUT a?tagging', { body: tagging(['b', '2']) });
  assert.equal(put.headers['x-oss-version-id'], latest.headers['x-oss-version-id']);
  assert.equal(await tagsOf('a', '', versioned), 'b=2');
  assert.equal(await tagsOf('a', `&versionId=${oldId}`, versioned), 'a=1');
  const removed = await succeed(versioned, `DELETE a?tagging&versionId=${oldId}`, {}, 204);
  assert.equal(removed.headers['x-oss-version-id'], oldId);
  assert.equal(await tagsOf('a', `&versionId=${oldId}`, versioned), '');
  await succeed(versioned, 'DELETE a', {}, 204);
  checkRefusal(await ask(versioned, 'GET a?tagging'), '404 NoSuchKey');
});
