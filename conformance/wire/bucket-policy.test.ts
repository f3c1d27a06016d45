// The policy of a bucket (OSS API: PutBucketPolicy and its like; guide, "Bucket policy"): how it is kept and refused, and what it allows and
// denies to the anonymous, to users and to the owner, by header, URL and form.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { send, sendSigned, signPathV1 } from '../http.ts';
import { postForm, signV1, signV4 } from '../post-form.ts';
import { openTarget, type Target } from '../target.ts';
import { checkRefusal, newKey, TrialBucket } from '../trial-bucket.ts';

const alice = { accessKeyId: 'PKALICE', accessKeySecret: 'alices-secret' };
const bob = { accessKeyId: 'PKBOB', accessKeySecret: 'bobs-secret' };
const aliceId = '200000000000000001';
const target = await openTarget({
  identities: {
    users: [
      { name: 'alice', id: aliceId, accessKeys: [alice] },
      { name: 'bob', id: '200000000000000002', accessKeys: [bob], policies: ['AliyunOSSFullAccess'] },
    ],
  },
});
after(() => target[Symbol.asyncDispose]());
const bucket = await TrialBucket.create(target);
const asAlice: Target = { ...target, ...alice };
const asBob: Target = { ...target, ...bob };
const skip = target.isOurs ? false : 'needs a server with users of ours';

type Statement = Readonly<Record<string, unknown>>;

function policyOf(...statements: readonly Statement[]): string {
  const resources = [`acs:oss:*:*:${bucket.name}`, `acs:oss:*:*:${bucket.name}/*`];
  const full = statements.map((one) => ({ Effect: 'Allow', Principal: ['*'], Resource: resources, ...one }));
  return JSON.stringify({ Version: '1', Statement: full });
}

const policy = (method: string, body?: string | Uint8Array) =>
  bucket.sendSigned({ method, path: '/?policy', ...(body !== undefined && { body }) });

async function setPolicy(...statements: readonly Statement[]): Promise<void> {
  const put = await policy('PUT', policyOf(...statements));
  assert.equal(put.status, 200, put.text);
}

// --- The document ---

test('a bucket begins without a policy', async () => {
  checkRefusal(await policy('GET'), '404 NoSuchBucketPolicy', {
    Message: 'The specified bucket policy does not exist.',
  });
  assert.equal((await policy('DELETE')).status, 204);
  const status = await bucket.sendSigned({ method: 'GET', path: '/?policyStatus' });
  assert.equal(status.element('IsPublic'), 'false');
});

test('a policy is given back as it came', async () => {
  // As the suites of the SDKs put it: the account is a number that is nobody's here.
  const text = `{ "Version":"1","Statement":[{"Action":["oss:PutObject","oss:GetObject"],"Effect":"Deny","Principal":["1234567890"],
    "Resource":["acs:oss:*:1234567890:*/*"]}]}`;
  assert.equal((await policy('PUT', text)).status, 200);
  const got = await policy('GET');
  assert.equal(got.status, 200);
  assert.equal(got.headers['content-type'], 'application/json');
  assert.equal(got.text, text);
  assert.equal((await policy('DELETE')).status, 204);
  checkRefusal(await policy('GET'), '404 NoSuchBucketPolicy');
});

const refusals: readonly (readonly [rule: string, body: string | Uint8Array, refusal: string])[] = [
  ['no body', '', '400 InvalidPolicyDocument'],
  ['no JSON', '{', '400 InvalidPolicyDocument'],
  ['a Version that is a number', '{"Version":1,"Statement":[]}', '400 InvalidPolicyDocument 0030-00000005'],
  ['bytes that are no UTF-8', Buffer.from([0xff]), '400 InvalidPolicyDocument 0030-00000004'],
  ['NotAction', policyOf({ NotAction: 'oss:*', Action: 'oss:*' }), '400 InvalidPolicyDocument'],
  ['no principal', policyOf({ Action: 'oss:*', Principal: undefined }), '400 InvalidPolicyDocument'],
  [
    'an unknown operator',
    policyOf({ Action: 'oss:*', Condition: { Like: {} } }),
    '400 InvalidPolicyDocument',
  ],
  ['more than 16 KB', policyOf({ Action: 'oss:*' }).padEnd(16 * 1024 + 1), '400 InvalidPolicyDocument'],
];
for (const [rule, body, refusal] of refusals) {
  test(`refused: ${rule}`, async () => {
    await policy('DELETE');
    checkRefusal(await policy('PUT', body), refusal as '400 InvalidPolicyDocument');
    checkRefusal(await policy('GET'), '404 NoSuchBucketPolicy');
  });
}

test('a policy is public when it lets in whoever it does not name', async () => {
  const isPublic = async () =>
    (await bucket.sendSigned({ method: 'GET', path: '/?policyStatus' })).element('IsPublic');
  await setPolicy({ Action: 'oss:GetObject' });
  assert.equal(await isPublic(), 'true');
  await setPolicy({ Action: 'oss:GetObject', Principal: [aliceId] });
  assert.equal(await isPublic(), 'false');
  await setPolicy({ Action: 'oss:GetObject', Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } });
  assert.equal(await isPublic(), 'false');
  await setPolicy({ Action: 'oss:GetObject', Condition: { StringLike: { 'acs:UserAgent': '*' } } });
  assert.equal(await isPublic(), 'true');
});

// --- What it decides ---

const path = (key: string) => `/${bucket.name}/${key}`;

test('everybody may read what it says, and no more', async () => {
  await bucket.put('public/a');
  await bucket.put('private/a');
  await setPolicy({ Action: 'oss:GetObject', Resource: `acs:oss:*:*:${bucket.name}/public/*` });
  assert.equal((await send(target, { method: 'GET', path: path('public/a') })).status, 200);
  checkRefusal(
    await send(target, { method: 'GET', path: path('private/a') }),
    '403 AccessDenied 0003-00000001',
  );
  checkRefusal(await send(target, { method: 'PUT', path: path('public/a'), body: 'x' }), '403 AccessDenied');
});

test('a user may do what it says, by header, URL and form', { skip }, async () => {
  await policy('DELETE');
  const key = newKey();
  const put = () => sendSigned(asAlice, { method: 'PUT', path: path(key), body: 'by alice' });
  checkRefusal(await put(), '403 AccessDenied 0003-00000001', {
    Message: 'You have no right to access this object because of bucket acl.',
    AuthPrincipalType: 'SubUser',
    AuthPrincipalDisplayName: aliceId,
    NoPermissionType: 'ImplicitDeny',
  });
  await setPolicy({ Action: ['oss:PutObject', 'oss:GetObject'], Principal: [aliceId] });
  assert.equal((await put()).status, 200);
  assert.equal(
    (await send(target, { method: 'GET', path: signPathV1(asAlice, path(key)) })).text,
    'by alice',
  );
  for (const sign of [signV1, signV4]) {
    const posted = await postForm(target, bucket.name, { key: newKey(), ...sign(alice, bucket.name) });
    assert.equal(posted.status, 204, posted.text);
  }
});

test('a Deny outweighs what a user is allowed, and names the policy', { skip }, async () => {
  await setPolicy({
    Effect: 'Deny',
    Action: 'oss:GetObject',
    Resource: `acs:oss:*:*:${bucket.name}/secret/*`,
  });
  await bucket.put('secret/a');
  const denied = await sendSigned(asBob, { method: 'GET', path: path('secret/a') });
  checkRefusal(denied, '403 AccessDenied', { Message: 'Access denied by bucket policy.' });
  assert.equal((await sendSigned(asBob, { method: 'GET', path: path('public/a') })).status, 200);
  // Without a condition everybody means everybody but the owner.
  assert.equal((await bucket.get('secret/a')).status, 200);
});

test('an owner who locks everybody out can unlock', async () => {
  const condition = { NotIpAddress: { 'acs:SourceIp': '10.255.255.255' } };
  await setPolicy({ Effect: 'Deny', Action: 'oss:*', Condition: condition });
  checkRefusal(await bucket.get('public/a'), '403 AccessDenied', {
    Message: 'Access denied by bucket policy.',
  });
  assert.equal((await policy('GET')).status, 200);
  assert.equal((await policy('DELETE')).status, 204);
  assert.equal((await bucket.get('public/a')).status, 200);
});

test('conditions on prefix, tag, address and time', async () => {
  const read = (query: string) => send(target, { method: 'GET', path: `/${bucket.name}/${query}` });
  const allow = (action: string, condition: unknown) => setPolicy({ Action: action, Condition: condition });

  await allow('oss:ListObjects', { StringLike: { 'oss:Prefix': 'public/*' } });
  assert.equal((await read('?prefix=public/')).status, 200);
  checkRefusal(await read('?prefix=private/'), '403 AccessDenied');
  checkRefusal(await read(''), '403 AccessDenied');

  await allow('oss:GetObject', { IpAddress: { 'acs:SourceIp': ['127.0.0.0/8', '::1'] } });
  assert.equal((await read('public/a')).status, target.isOurs ? 200 : 403);
  await allow('oss:GetObject', { DateGreaterThan: { 'acs:CurrentTime': '2100-01-01T00:00:00Z' } });
  checkRefusal(await read('public/a'), '403 AccessDenied');
  await allow('oss:GetObject', { StringEquals: { 'oss:BucketTag/open': 'yes' } });
  checkRefusal(await read('public/a'), '403 AccessDenied');
  const tagging = '<Tagging><TagSet><Tag><Key>open</Key><Value>yes</Value></Tag></TagSet></Tagging>';
  assert.equal((await bucket.sendSigned({ method: 'PUT', path: '/?tagging', body: tagging })).status, 200);
  assert.equal((await read('public/a')).status, 200);
});

test('where public access is blocked, no policy can be public, and none counts that was', async () => {
  const block = (isBlocked: boolean) =>
    bucket.sendSigned({
      method: 'PUT',
      path: '/?publicAccessBlock',
      body: `<PublicAccessBlockConfiguration><BlockPublicAccess>${isBlocked}</BlockPublicAccess></PublicAccessBlockConfiguration>`,
    });
  await setPolicy({ Action: 'oss:GetObject' });
  assert.equal((await send(target, { method: 'GET', path: path('public/a') })).status, 200);
  assert.equal((await block(true)).status, 200);
  checkRefusal(await send(target, { method: 'GET', path: path('public/a') }), '403 AccessDenied');
  checkRefusal(await policy('PUT', policyOf({ Action: 'oss:GetObject' })), '403 AccessDenied');
  assert.equal((await policy('PUT', policyOf({ Action: 'oss:*', Principal: [aliceId] }))).status, 200);
  assert.equal((await block(false)).status, 200);
});

test('a policy goes with its bucket, and not to the next of that name', async () => {
  const first = await TrialBucket.create(target);
  const text = JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'oss:*', Principal: '*', Resource: '*' }],
  });
  assert.equal((await first.sendSigned({ method: 'PUT', path: '/?policy', body: text })).status, 200);
  assert.equal((await first.sendSigned({ method: 'DELETE', path: '/' })).status, 204);
  await TrialBucket.create(target, 'private', Date.now, first.name);
  checkRefusal(await first.sendSigned({ method: 'GET', path: '/?policy' }), '404 NoSuchBucketPolicy');
});
