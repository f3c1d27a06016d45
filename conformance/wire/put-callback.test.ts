// Upload callbacks of PutObject (OSS API: Callback): where the request says whom to call, what the application is told, and what is
// refused before anything is stored. What a callback does is the same as for forms, and tested there.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { startApplication } from '../application.ts';
import { ask, checkHeaders, objectTrials, succeed } from '../object-requests.ts';
import { checkRefusal, newKey, openTrials } from '../trial-bucket.ts';

const { bucket, test } = await openTrials({ callbackAllowPrivate: true });
const { refuses } = objectTrials(bucket);
const application = await startApplication({ '/ok': '{"Status":"OK"}', '/text': 'thanks' });
after(() => application.close());

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const calling = (path: string, callbackBody = '${object}|${size}|${operation}|${x:user}|${contentMd5}') =>
  encode({ callbackUrl: `${application.url}${path}`, callbackBody });
const callback = calling('/ok');
const variables = encode({ 'x:user': 'ann b' });

test('in headers', async () => {
  const key = newKey();
  const headers = { 'x-oss-callback': callback, 'x-oss-callback-var': variables };
  const answer = await succeed(bucket, `PUT ${key}`, { headers, body: 'hello' });
  assert.equal(answer.text, '{"Status":"OK"}');
  checkHeaders(answer, {
    'content-type': 'application/json',
    etag: '"5D41402ABC4B2A76B9719D911017C592"',
    'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==',
    'content-security-policy': 'sandbox',
  });
  const md5 = encodeURIComponent('XUFAKrxLKna5cZ2REBfFkg==');
  assert.equal(application.callbacks.at(-1)?.body, `${key}|5|PutObject|ann%20b|${md5}`);
});
test('in the query', async () => {
  const key = newKey();
  const query = `callback=${encodeURIComponent(callback)}&callback-var=${encodeURIComponent(variables)}`;
  const answer = await succeed(bucket, `PUT ${key}?${query}`, { body: 'hello' });
  assert.equal(answer.text, '{"Status":"OK"}');
  assert.ok(application.callbacks.at(-1)?.body.startsWith(`${key}|5|PutObject|ann%20b|`));
});
test('a callback that fails: 203, and the object stays', async () => {
  const key = newKey();
  const answer = await ask(bucket, `PUT ${key}`, {
    headers: { 'x-oss-callback': calling('/text') },
    body: 'hello',
  });
  checkRefusal(answer, '203 CallbackFailed 0007-00000205');
  assert.equal((await bucket.get(key)).text, 'hello');
});
test('an empty header calls nobody', async () => {
  const before = application.callbacks.length;
  const answer = await succeed(bucket, `PUT ${newKey()}`, {
    headers: { 'x-oss-callback': '' },
    body: 'hello',
  });
  assert.equal(answer.text, '');
  assert.equal(application.callbacks.length, before);
});

const query = `?callback=${encodeURIComponent(callback)}`;
const both = { headers: { 'x-oss-callback': callback }, body: 'hello' };
refuses('in a header and in the query', `PUT refused.txt${query}`, both, '400 InvalidArgument', {
  Message:
    'Either the callback query string parameter or the x-oss-callback header should be specified, not both.',
});
// biome-ignore format: a table is read by its columns.
const refused: readonly (readonly [string, headers: Record<string, string>, ec: string, message: string])[] = [
  ['what is not base64', { 'x-oss-callback': '!' }, ' 0007-00000002', 'The callback configuration is not base64 encoded.'],
  ['no callbackUrl', { 'x-oss-callback': encode({ callbackBody: 'a' }) }, ' 0007-00000004', 'The callback url configuration is invalid.'],
  ['no callbackBody', { 'x-oss-callback': calling('/ok', '') }, '', 'The callback body is empty.'],
  ['a host without an address', { 'x-oss-callback': encode({ callbackUrl: 'http://nowhere.invalid/', callbackBody: 'a' }) }, '', 'Can not get ip by this host.'],
  ['variables that are no JSON', { 'x-oss-callback': callback, 'x-oss-callback-var': 'e30' }, '', 'The callback var is not expecten json.'],
  ['a variable of another name', { 'x-oss-callback': callback, 'x-oss-callback-var': encode({ size: '1' }) }, '', 'The callback var is not expecten json.'],
];
for (const [why, headers, ec, Message] of refused) {
  refuses(why, 'PUT refused.txt', { headers, body: 'hello' }, `400 InvalidArgument${ec}`, { Message });
}
test('nothing of what was refused is there', async () => {
  assert.equal((await bucket.get('refused.txt')).status, 404);
});
