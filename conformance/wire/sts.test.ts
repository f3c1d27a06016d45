// The token service and its sessions (STS API: AssumeRole; OSS: "Use temporary access credentials"): both ways to ask, both formats, every
// refusal; then what a session may do, by header, URL and form with V1 and V4, and what is refused with its token.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Answer, type Sending, send, sendSigned, signPathV1 } from '../http.ts';
import { postForm, signV1, signV4 } from '../post-form.ts';
import { assumeRole, readSessionKey, type SessionKey, type StsAsking } from '../sts-request.ts';
import { openTarget, type Target } from '../target.ts';
import { checkRefusal, newKey, TrialBucket } from '../trial-bucket.ts';

const app = { accessKeyId: 'PKAPP', accessKeySecret: 'secret-of-app' };
const stranger = { accessKeyId: 'PKSTRANGER', accessKeySecret: 'secret-of-stranger' };
const denied = { accessKeyId: 'PKDENIED', accessKeySecret: 'secret-of-denied' };
const userKeys = { app, stranger, denied };
const denySts = { Effect: 'Deny', Action: 'sts:AssumeRole', Resource: 'acs:ram::*:role/uploader' };
const document = (...statements: unknown[]) => ({ Version: '1', Statement: statements });
let clockOffsetMs = 0;
const target = await openTarget({
  clock: () => Date.now() + clockOffsetMs,
  identities: {
    users: Object.entries(userKeys).map(([name, key]) => ({
      name,
      accessKeys: [key],
      policies: name === 'denied' ? [document(denySts)] : [],
    })),
    roles: [
      { name: 'uploader', policies: ['AliyunOSSFullAccess'], trustedUsers: ['app', 'denied'] },
      { name: 'long', policies: ['AliyunOSSReadOnlyAccess'], maxSessionSeconds: 43_200 },
      { name: 'powerless' },
    ],
  },
});
after(() => target[Symbol.asyncDispose]());
const skip = target.isOurs ? false : 'needs a server with users and roles of ours';
const bucket = skip ? TrialBucket.of(target) : await TrialBucket.create(target);

const ask = (asking: StsAsking = {}, role = 'uploader') => assumeRole(target, app, role, asking);

// --- Asking ---

for (const method of ['GET', 'POST'] as const) {
  for (const path of ['/-/sts', '/']) {
    test(`${method} ${path}`, { skip }, async () => {
      const answer = await ask({ method, path });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers['content-type'], 'application/json');
      assert.equal(answer.headers['cache-control'], 'no-store');
      const { RequestId, AssumedRoleUser, Credentials } = JSON.parse(answer.text);
      assert.equal(RequestId, answer.headers['x-oss-request-id']);
      assert.equal(AssumedRoleUser.Arn, 'acs:ram::postern:role/uploader/test-session');
      assert.match(AssumedRoleUser.AssumedRoleId, /^3\d{17}:test-session$/);
      assert.match(Credentials.AccessKeyId, /^STS\.[A-Za-z0-9_-]{24}$/);
      const lastsMs = Date.parse(Credentials.Expiration) - Date.now();
      assert.ok(lastsMs > 3_590_000 && lastsMs <= 3_600_000, Credentials.Expiration);
    });
  }
}

test('parameters may be in the query and in the form', { skip }, async () => {
  const answer = await ask({ path: '/?Action=AssumeRole', parameters: { Action: undefined } });
  // Signed were those of the form alone.
  assert.equal(JSON.parse(answer.text).Code, 'SignatureDoesNotMatch');
});

test('XML is answered in XML, and so is a request that does not say', { skip }, async () => {
  for (const Format of ['XML', undefined]) {
    const answer = await ask({ parameters: { Format } });
    assert.equal(answer.headers['content-type'], 'application/xml');
    assert.match(answer.element('AccessKeyId') ?? '', /^STS\./);
    const refused = await ask({ parameters: { Format } }, 'nobody');
    assert.equal(refused.status, 404);
    assert.equal(refused.element('Code'), 'EntityNotExist.Role');
  }
});

const mayNot = 'You are not authorized to do this action. You should be authorized by RAM.';
const statement = { Effect: 'Allow', Action: 'oss:PutObject', Resource: '*' };
const refusals: readonly (readonly [
  rule: string,
  answer: () => Promise<Answer>,
  refusal: string,
  message?: string,
])[] = [
  ['another action', () => ask({ parameters: { Action: 'GetSessionToken' } }), '404 InvalidAction.NotFound'],
  ['another version', () => ask({ parameters: { Version: '2014-05-26' } }), '400 InvalidVersion'],
  ['no nonce', () => ask({ parameters: { SignatureNonce: undefined } }), '400 MissingParameter'],
  [
    'an unknown key',
    () => assumeRole(target, { ...app, accessKeyId: 'PKNOBODY' }, 'uploader'),
    '404 InvalidAccessKeyId.NotFound',
  ],
  [
    'a wrong secret',
    () => assumeRole(target, { ...app, accessKeySecret: 'x' }, 'uploader'),
    '400 SignatureDoesNotMatch',
  ],
  ['another role than was signed', () => ask({ changed: { RoleArn: 'x' } }), '400 SignatureDoesNotMatch'],
  [
    'an old request',
    () => ask({ parameters: { Timestamp: new Date(Date.now() - 16 * 60_000).toISOString() } }),
    '400 InvalidTimeStamp.Expired',
  ],
  [
    'a request of the future',
    () => ask({ parameters: { Timestamp: new Date(Date.now() + 16 * 60_000).toISOString() } }),
    '400 InvalidTimeStamp.Expired',
  ],
  ['no time', () => ask({ parameters: { Timestamp: 'now' } }), '400 InvalidTimeStamp.Format'],
  ['the key of the account', () => assumeRole(target, target, 'uploader'), '403 NoPermission', mayNot],
  [
    'a user whom the role does not trust',
    () => assumeRole(target, stranger, 'uploader'),
    '403 NoPermission',
    mayNot,
  ],
  ['a user whose policy denies it', () => assumeRole(target, denied, 'uploader'), '403 NoPermission', mayNot],
  ['a role that is not there', () => ask({}, 'nobody'), '404 EntityNotExist.Role'],
  [
    'a role of another account',
    () => ask({ parameters: { RoleArn: 'acs:ram::1234:role/uploader' } }),
    '404 EntityNotExist.Role',
  ],
  ['no role', () => ask({ parameters: { RoleArn: 'uploader' } }), '400 InvalidParameter.RoleArn'],
  [
    'no session name',
    () => ask({ parameters: { RoleSessionName: 'a' } }),
    '400 InvalidParameter.RoleSessionName',
  ],
  [
    'less than 15 minutes',
    () => ask({ parameters: { DurationSeconds: '899' } }),
    '400 InvalidParameter.DurationSeconds',
    'The Min/Max value of DurationSeconds is 15min/1hr.',
  ],
  [
    'more than the role gives',
    () => ask({ parameters: { DurationSeconds: '43201' } }, 'long'),
    '400 InvalidParameter.DurationSeconds',
    'The Min/Max value of DurationSeconds is 15min/12hr.',
  ],
  [
    'a policy that is none',
    () => ask({ parameters: { Policy: '{"Version":"1"}' } }),
    '400 InvalidParameter.PolicyGrammar',
    'The parameter Policy has not passed grammar check.',
  ],
  [
    'a policy of more than 2048 bytes',
    () => ask({ parameters: { Policy: JSON.stringify(document(statement)).padEnd(2049) } }),
    '400 InvalidParameter.PolicySize',
  ],
];
for (const [rule, answer, refusal, message] of refusals) {
  test(`refused: ${rule}`, { skip }, async () => {
    const { status, headers, text } = await answer();
    assert.equal(headers['content-type'], 'application/json', text);
    const { Code, Message, RequestId, HostId } = JSON.parse(text);
    assert.equal(`${status} ${Code}`, refusal, text);
    if (message !== undefined) assert.equal(Message, message);
    assert.equal(RequestId, headers['x-oss-request-id']);
    assert.equal(HostId, new URL(target.endpoint).host);
  });
}

test('a request is taken once, whatever comes of it', { skip }, async () => {
  const again: StsAsking = {
    parameters: { SignatureNonce: 'the-same', Timestamp: new Date().toISOString() },
  };
  assert.equal((await ask(again)).status, 200);
  assert.equal(JSON.parse((await ask(again)).text).Code, 'SignatureNonceUsed');
  const refused: StsAsking = { parameters: { SignatureNonce: 'refused-first', RoleArn: 'x' } };
  assert.equal(JSON.parse((await ask(refused)).text).Code, 'InvalidParameter.RoleArn');
  assert.equal(
    JSON.parse((await ask({ parameters: { SignatureNonce: 'refused-first' } })).text).Code,
    'SignatureNonceUsed',
  );
  // A nonce is of its key: another's says nothing.
  const others = await assumeRole(target, denied, 'long', again);
  assert.equal(others.status, 200, others.text);
});

test('a form of more than 16 KB is not read', { skip }, async () => {
  const answer = await ask({ changed: { Policy: 'x'.repeat(16 * 1024) } });
  checkRefusal(answer, '400 EntityTooLarge');
});

test('a session cannot assume a role', { skip }, async () => {
  const session = readSessionKey(await ask());
  const answer = await assumeRole(target, session, 'long', {
    parameters: { SecurityToken: session.securityToken },
  });
  assert.equal(JSON.parse(answer.text).Code, 'NoPermission');
});

test('the service is nowhere else: below a bucket the path is a name', { skip }, async () => {
  const { host } = new URL(target.endpoint);
  const atBucketHost = { host: host.replace(/^[^:]+/, 'bucket.localhost') };
  for (const asking of [{ path: `/${bucket.name}/-/sts` }, { headers: atBucketHost }]) {
    const answer = await ask({ method: 'GET', ...asking });
    assert.equal(answer.headers['content-type'], 'application/xml');
    assert.equal(answer.code, 'AccessDenied', answer.text);
  }
});

// --- Sessions ---

const below42 = document({ ...statement, Resource: `acs:oss:*:*:${bucket.name}/user/42/*` });

async function openSession(role = 'uploader', policy?: unknown): Promise<SessionKey> {
  return readSessionKey(
    await ask({ parameters: { Policy: policy && JSON.stringify(policy) } as never }, role),
  );
}

const as = (key: SessionKey): Target => ({ ...target, ...key });
const path = (key: string) => `/${bucket.name}/${key}`;
const put = (key: SessionKey, name: string, headers: Record<string, string> = {}) =>
  sendSigned(as(key), { method: 'PUT', path: path(name), body: 'x', headers });

test('a session may do what its role may, in every way of signing', { skip }, async () => {
  const session = await openSession();
  const token = { 'x-oss-security-token': session.securityToken };
  assert.equal((await put(session, 'a')).status, 200);
  const signedPath = signPathV1(as(session), path('a'));
  assert.equal((await send(target, { method: 'GET', path: signedPath })).text, 'x');
  const v1 = await postForm(target, bucket.name, {
    key: newKey(),
    ...signV1(session, bucket.name),
    ...token,
  });
  assert.equal(v1.status, 204, v1.text);
  const conditions = [{ bucket: bucket.name }, token];
  const v4 = await postForm(target, bucket.name, {
    key: newKey(),
    ...signV4(session, bucket.name, { conditions }),
    ...token,
  });
  assert.equal(v4.status, 204, v4.text);
});

test('a policy of its own narrows a session', { skip }, async () => {
  const session = await openSession('uploader', below42);
  assert.equal((await put(session, 'user/42/a')).status, 200);
  checkRefusal(await put(session, 'user/43/a'), '403 AccessDenied 0003-00000301', {
    Message: "Access denied by authorizer's policy.",
    PolicyType: 'SessionPolicy',
    AuthPrincipalType: 'AssumedRoleUser',
    AuthPrincipalDisplayName: 'uploader:test-session',
    NoPermissionType: 'ImplicitDeny',
  });
  checkRefusal(
    await sendSigned(as(session), { method: 'GET', path: path('user/42/a') }),
    '403 AccessDenied 0003-00000301',
  );
  const token = { 'x-oss-security-token': session.securityToken };
  const post = (key: string) =>
    postForm(target, bucket.name, { key, ...signV1(session, bucket.name), ...token });
  assert.equal((await post('user/42/b')).status, 204);
  checkRefusal(await post('user/43/b'), '403 AccessDenied 0003-00000301');
});

test('and cannot widen it', { skip }, async () => {
  const session = await openSession('powerless', document({ ...statement, Action: '*' }));
  checkRefusal(await put(session, 'a'), '403 AccessDenied 0003-00000001');
  const reader = await openSession('long', document({ ...statement, Action: '*' }));
  assert.equal((await sendSigned(as(reader), { method: 'GET', path: `/${bucket.name}/` })).status, 200);
  checkRefusal(await put(reader, 'a'), '403 AccessDenied');
});

test('a bucket policy names sessions by role', { skip }, async () => {
  const principal = ['arn:sts::postern:assumed-role/powerless/*'];
  const resources = [`acs:oss:*:*:${bucket.name}/shared/*`];
  const policy = document({ ...statement, Principal: principal, Resource: resources });
  assert.equal(
    (await bucket.sendSigned({ method: 'PUT', path: '/?policy', body: JSON.stringify(policy) })).status,
    200,
  );
  const session = await openSession('powerless');
  assert.equal((await put(session, 'shared/a')).status, 200);
  checkRefusal(await put(session, 'a'), '403 AccessDenied');
  assert.equal((await bucket.sendSigned({ method: 'DELETE', path: '/?policy' })).status, 204);
});

// --- Tokens ---

const request: Sending = { method: 'GET', path: `/${bucket.name}/` };
const get = (key: SessionKey) => sendSigned(as(key), request);

test('a session key without its token is no key', { skip }, async () => {
  const session = await openSession();
  checkRefusal(await get({ ...session, securityToken: '' }), '403 InvalidAccessKeyId 0002-00000902', {
    OSSAccessKeyId: session.accessKeyId,
  });
});

test('a token that was changed, and one that nobody made', { skip }, async () => {
  const session = await openSession();
  const { securityToken } = session;
  const last = securityToken.at(-1) === 'A' ? 'B' : 'A';
  for (const token of [
    securityToken.slice(0, -1) + last,
    securityToken.slice(4),
    'junk',
    'x'.repeat(10_000),
  ]) {
    checkRefusal(await get({ ...session, securityToken: token }), '403 InvalidSecurityToken 0002-00000006', {
      Message: 'The security token you provided is invalid.',
    });
  }
});

test("a token with another session's key, and with a lasting one", { skip }, async () => {
  const [one, other] = [await openSession(), await openSession()];
  const notMatch = { Message: 'The OSS access key id and security token you provided does not match.' };
  const mixed = { ...one, securityToken: other.securityToken };
  checkRefusal(await get(mixed), '403 AccessKeyIdAndSecurityTokenNotMatch', notMatch);
  for (const lasting of [app, target]) {
    const key = { ...one, accessKeyId: lasting.accessKeyId, accessKeySecret: lasting.accessKeySecret };
    checkRefusal(await get(key), '403 AccessKeyIdAndSecurityTokenNotMatch', notMatch);
  }
});

test('a wrong secret with the right token', { skip }, async () => {
  const session = await openSession();
  checkRefusal(await get({ ...session, accessKeySecret: 'x' }), '403 SignatureDoesNotMatch 0002-00000201');
});

test('a token in header and URL at once, and one in the header of a signed URL', { skip }, async () => {
  const session = await openSession();
  const token = { 'x-oss-security-token': session.securityToken };
  const both = await send(target, {
    method: 'GET',
    path: signPathV1(as(session), path('a')),
    headers: token,
  });
  checkRefusal(both, '400 InvalidArgument 0002-00000010');
  const { securityToken: _, ...withoutToken } = session;
  const inHeader = await send(target, {
    method: 'GET',
    path: signPathV1({ ...target, ...withoutToken }, path('a')),
    headers: token,
  });
  checkRefusal(inHeader, '400 InvalidRequest', {
    Message: 'Security-token must be provided by query string parameter.',
  });
});

test('a session ends', { skip }, async () => {
  const session = readSessionKey(await ask({ parameters: { DurationSeconds: '900' } }));
  assert.equal((await get(session)).status, 200);
  clockOffsetMs = 901_000;
  try {
    const late = await sendSigned(as(session), request, Date.now() + clockOffsetMs);
    checkRefusal(late, '403 SecurityTokenExpired 0002-00000007', {
      Message: 'The security token you provided has expired.',
    });
  } finally {
    clockOffsetMs = 0;
  }
});
