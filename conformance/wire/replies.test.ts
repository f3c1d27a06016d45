// What a stored form is answered with (PostObject reference, "success_action_status", "success_action_redirect", "Response headers"):
// status, headers, the 201 document and the redirect.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../http.ts';
import { openTarget } from '../target.ts';
import { newKey, openTrials, TrialBucket, type TrialForm } from '../trial-bucket.ts';

const { accepts, refuses, bucket, target } = await openTrials();

// --- Which status ---

const status = (success_action_status: string): TrialForm => ({ fields: { success_action_status } });
const empty = { 'content-length': '0' };
accepts('no success_action_status: 204', {}, { status: 204, replies: { 'content-type': undefined } });
accepts('success_action_status 200: 200 and no body', status('200'), { status: 200, replies: empty });
accepts('success_action_status 201: 201 and XML', status('201'), {
  status: 201,
  replies: { 'content-type': 'application/xml' },
});
accepts('success_action_status 204: 204', status('204'), { status: 204 });
for (const other of ['', '202', '404', '303', 'ok', ' 200', '200 ', '0200', '２００']) {
  accepts(`success_action_status "${other}": 204`, status(other), { status: 204 });
}
accepts(
  'the name of the field in another case',
  { fields: { SUCCESS_ACTION_STATUS: '200' } },
  { status: 200 },
);
test('204 and 200 have no body', async () => {
  for (const asked of ['200', '204']) assert.equal((await bucket.post(status(asked))).text, '');
});

// --- Headers ---

/** Content, its ETag, its Content-MD5 and its CRC-64. */
const digests: [content: string, etag: string, md5: string, crc64: string][] = [
  ['abcdefg', '7AC66C0F148DE9519B8BD264312C4D64', 'esZsDxSN6VGbi9JkMSxNZA==', '17014779337585528422'],
  ['test\n', 'D8E8FCA2DC0F896FD7CB4CB0031BA249', '2Oj8otwPiW/Xy0ywAxuiSQ==', '16633938635979353501'],
  ['hi oss', 'B22E0DC370A7F7067FACF5F75D7FA385', 'si4Nw3Cn9wZ/rPX3XX+jhQ==', '8707180448768400016'],
  ['', 'D41D8CD98F00B204E9800998ECF8427E', '1B2M2Y8AsgTpgAmY7PhCfg==', '0'],
  ['123456789', '25F9E794323B453885F5181F1B624D0B', 'JfnnlDI7RTiF9RgfG2JNCw==', '11051210869376104954'],
];
for (const [content, etag, md5, crc64] of digests) {
  const headers = { etag: `"${etag}"`, 'content-md5': md5, 'x-oss-hash-crc64ecma': crc64 };
  accepts(
    `the digests of ${JSON.stringify(content)}`,
    { file: { content } },
    { replies: headers, stores: headers },
  );
}

for (const asked of ['200', '201', '204']) {
  test(`the headers of every answer: ${asked}`, async () => {
    const { headers } = await bucket.post(status(asked));
    assert.match(headers['x-oss-request-id'] as string, /^[0-9A-F]{24}$/);
    assert.match(headers['x-oss-server-time'] as string, /^\d+$/);
    assert.ok(!Number.isNaN(Date.parse(headers.date as string)));
    assert.ok(headers.server);
    assert.equal(headers['x-oss-version-id'], undefined);
    assert.equal(headers['x-oss-server-side-encryption'], undefined);
  });
}
test('the first eight digits of the request id are the time', async () => {
  const { headers } = await bucket.post();
  const seconds = Number.parseInt((headers['x-oss-request-id'] as string).slice(0, 8), 16);
  assert.ok(Math.abs(seconds - Date.now() / 1000) < 15 * 60);
});
test('no two requests have one id', async () => {
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push((await bucket.post()).headers['x-oss-request-id']);
  assert.equal(new Set(ids).size, 5);
});

// --- 201 ---

/** A form sent to the bucket as a host name. */
async function postToHost(to: TrialBucket, fields: Record<string, string>, host: string): Promise<Answer> {
  const { begun, tail, ...upload } = to.open(to.fields({ fields }), 7, { host }, '/');
  await begun;
  upload.end(Buffer.concat([Buffer.from('abcdefg'), tail]));
  return upload.answer;
}

const port = new URL(target.endpoint).port;
const created = (key: string, location: string) => `<?xml version="1.0" encoding="UTF-8"?>
<PostResponse>
  <Bucket>${bucket.name}</Bucket>
  <ETag>"7AC66C0F148DE9519B8BD264312C4D64"</ETag>
  <Key>${key}</Key>
  <Location>${location}</Location>
</PostResponse>
`;
test('the document of 201, letter by letter', async () => {
  const form: TrialForm = {
    fields: { key: 'user/eric/${filename}', success_action_status: '201' },
    file: { fileName: 'MyFilename.txt', content: 'abcdefg' },
  };
  const { text } = await bucket.post(form);
  const key = 'user/eric/MyFilename.txt';
  assert.equal(text, created(key, `${target.endpoint}/${bucket.name}/${key}`));
});
test('the location of 201 is on the host that was addressed', async () => {
  const host = `${bucket.name}.localhost:${port}`;
  const { text } = await postToHost(bucket, { key: 'a.txt', success_action_status: '201' }, host);
  assert.equal(text, created('a.txt', `http://${host}/a.txt`));
});
test('the location of 201 is percent-encoded, the key is escaped', async () => {
  const key = 'a b&c<d>/张?.txt';
  const { text } = await bucket.post({
    fields: { key, success_action_status: '201' },
    file: { content: 'abcdefg' },
  });
  const path = 'a%20b%26c%3Cd%3E/%E5%BC%A0%3F.txt';
  assert.equal(text, created('a b&amp;c&lt;d&gt;/张?.txt', `${target.endpoint}/${bucket.name}/${path}`));
});
test('the location of 201 leads to the object', async () => {
  const fields = { key: 'a b+c%41/张?.txt', success_action_status: '201', 'x-oss-object-acl': 'public-read' };
  const answer = await bucket.post({ fields });
  const got = await fetch(answer.element('Location') as string);
  assert.equal(await got.text(), 'hello');
});

// --- Redirects ---

const key = newKey();
const query = `bucket=${bucket.name}&key=${key}&etag=%225D41402ABC4B2A76B9719D911017C592%22`;
const redirect = (success_action_redirect: string, more: Record<string, string> = {}): TrialForm => ({
  fields: { key, success_action_redirect, ...more },
});
/** The URL asked for, and the one that the client is sent to. */
const redirects: [asked: string, location: string][] = [
  ['http://example.com', `http://example.com?${query}`],
  ['http://example.com/done', `http://example.com/done?${query}`],
  ['https://example.com:8443/done', `https://example.com:8443/done?${query}`],
  ['http://example.com/done?a=b', `http://example.com/done?a=b&${query}`],
  ['http://example.com/done?', `http://example.com/done?${query}`],
  ['http://example.com/done#part', `http://example.com/done?${query}#part`],
  ['http://example.com/成功', `http://example.com/%E6%88%90%E5%8A%9F?${query}`],
  ['HTTP://Example.com/', `HTTP://Example.com/?${query}`],
];
for (const [asked, location] of redirects) {
  accepts(`redirect to ${asked}`, redirect(asked), { status: 303, replies: { location } });
}
accepts(
  'a redirect wins over success_action_status',
  redirect('http://example.com/', { success_action_status: '201' }),
  {
    status: 303,
  },
);
accepts('an empty redirect is none', redirect('', { success_action_status: '201' }), {
  status: 201,
  replies: { location: undefined },
});
test('a redirect percent-encodes the key', async () => {
  const fields = { key: 'a b&c/张"#.txt', success_action_redirect: 'http://example.com/' };
  const { headers } = await bucket.post({ fields });
  const location = new URL(headers.location as string);
  assert.equal(location.searchParams.get('key'), fields.key);
  assert.match(headers.location as string, /key=a%20b%26c%2F%E5%BC%A0%22%23\.txt&/);
});
test('a redirect tells what was stored', async () => {
  const fields = { key: 'dir/${filename}', success_action_redirect: 'http://example.com/' };
  const { headers } = await bucket.post({ fields, file: { fileName: 'b.txt' } });
  const { searchParams } = new URL(headers.location as string);
  assert.deepEqual(Object.fromEntries(searchParams), {
    bucket: bucket.name,
    key: 'dir/b.txt',
    etag: headers.etag,
  });
});
for (const asked of [
  '/done',
  'javascript:alert(1)',
  'ftp://example.com/',
  'http://',
  'http://good@evil/',
  'http://a b/',
  'http://a/\r\nSet-Cookie: b',
]) {
  refuses(`a redirect to ${JSON.stringify(asked)}`, redirect(asked), '400 InvalidArgument', {
    ArgumentName: 'success_action_redirect',
  });
}
test('a form that is refused is not redirected', async () => {
  const answer = await bucket.post({ ...redirect('http://example.com/'), changed: { Signature: 'AAAA' } });
  assert.equal(answer.status, 403);
  assert.equal(answer.headers.location, undefined);
});
test('a redirect to a host that the operator has not named', async (t) => {
  await using own = await openTarget({ redirectHosts: ['example.com'] });
  if (!own.isOurs) return t.skip('needs a server started with redirectHosts');
  const to = await TrialBucket.create(own);
  assert.equal((await to.post(redirect('http://example.com/'))).status, 303);
  assert.equal((await to.post(redirect('http://elsewhere.com/'))).code, 'InvalidArgument');
});
