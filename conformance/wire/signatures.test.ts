// Signatures of forms (PostObject reference, "Signature"; "Include a V4 signature in a POST request"; "HTTP 403"): V1, V4, temporary keys,
// and the published worked examples, posted as they are printed.

import assert from 'node:assert/strict';
import type { PolicyOptions } from '../post-form.ts';
import { checkRefusal, newKey, openTrials, TrialBucket, type TrialForm } from '../trial-bucket.ts';

const noonMs = Date.parse('2030-01-01T11:30:00Z');
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
let nowMs = noonMs;

const owner = { accessKeyId: 'LTAIEXAMPLEKEYID', accessKeySecret: 'ExampleAccessKeySecret0123456789' };
const sdkTestKey = { accessKeyId: 'A'.repeat(16), accessKeySecret: 'B'.repeat(30) };
const guideKey = { accessKeyId: 'tphpxp', accessKeySecret: 'ZQNJzf4QJRkrH4' };
const temporary = {
  accessKeyId: 'STS.temporary',
  accessKeySecret: 'secret-of-a-temporary-key',
  session: { securityToken: 'CAIS+token/of=session', expiresAtMs: noonMs + minuteMs },
};
const otherTemporary = {
  accessKeyId: 'STS.other',
  accessKeySecret: 'secret-of-another-key',
  session: { securityToken: 'CAIS+token/of=another', expiresAtMs: noonMs + minuteMs },
};

const { accepts, refuses, test, bucket, target } = await openTrials({
  clock: () => nowMs,
  accessKeys: [owner, sdkTestKey, guideKey, temporary, otherTemporary],
});

const noMatch = '403 SignatureDoesNotMatch 0002-00000705';
const mismatch = {
  Message:
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
};
const mustContain = (field: string) => ({
  Message: `The bucket POST must contain the specified '${field}'. If it is specified, please check the order of the fields`,
});

// --- V1 ---

accepts('V1', {});
accepts('V1 by another key of the same account', { signer: sdkTestKey });
refuses('V1 with another secret', { signer: { ...owner, accessKeySecret: 'wrong' } }, noMatch, {
  ...mismatch,
  OSSAccessKeyId: owner.accessKeyId,
});
test('a wrong signature is told back with what should have been signed', async () => {
  const fields = bucket.fields({ changed: { Signature: 'AAAA' } });
  const answer = await bucket.postFields(fields);
  checkRefusal(answer, noMatch, { SignatureProvided: 'AAAA', StringToSign: fields.policy as string });
});
refuses('V1 with an unknown key', { signer: { ...owner, accessKeyId: 'nobody' } }, '403 InvalidAccessKeyId', {
  Message: 'The OSS Access Key Id you provided does not exist in our records.',
});
refuses(
  'V1 with a key id in the wrong case',
  { signer: { ...owner, accessKeyId: 'ltaiexamplekeyid' } },
  '403 InvalidAccessKeyId',
);
test('V1 with a blank behind the signature, the policy or the key: nothing is trimmed', async () => {
  for (const [name, refusal] of [
    ['Signature', noMatch],
    ['policy', '400 InvalidPolicyDocument 0006-00000202'],
    ['OSSAccessKeyId', '403 InvalidAccessKeyId'],
  ] as const) {
    const fields = bucket.fields({});
    checkRefusal(await bucket.postFields({ ...fields, [name]: `${fields[name]} ` }), refusal);
  }
});
test('V1 with another policy than the signed one', async () => {
  const { policy } = bucket.fields({ policy: { expiration: '2031-01-01T00:00:00Z' } });
  checkRefusal(await bucket.post({ changed: { policy: policy as string } }), noMatch);
});
refuses(
  'V1 without a signature',
  { without: ['Signature'] },
  '400 InvalidArgument 0002-00000703',
  mustContain('Signature'),
);
refuses(
  'V1 without a policy',
  { without: ['policy'] },
  '400 InvalidArgument 0002-00000702',
  mustContain('policy'),
);
refuses(
  'V1 without a key',
  { without: ['OSSAccessKeyId'] },
  '400 InvalidArgument 0002-00000706',
  mustContain('OSSAccessKeyId'),
);
refuses('V1 with an empty signature', { changed: { Signature: '' } }, '400 InvalidArgument 0002-00000704', {
  Message: 'Post request signature is empty.',
});
refuses('V1 with an empty key', { changed: { OSSAccessKeyId: '' } }, '400 InvalidArgument 0002-00000707', {
  Message: 'Post request accessKeyId is empty.',
});
refuses(
  'V1 with a V4 signature in its field',
  (to) => {
    const { 'x-oss-signature': signature = '' } = to.fields({ signed: 'v4' });
    return to.post({ changed: { Signature: signature } });
  },
  noMatch,
);

// --- V4 ---

/** V4, with these fields put in place of the right ones, in the form and in its policy. */
function v4(changes: Record<string, string>): TrialForm {
  const { signed, policy } = v4Policy(changes);
  return { signed, policy, changed: changes };
}

function v4Policy(changes: Record<string, string>): { signed: 'v4'; policy: PolicyOptions } {
  const right = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${owner.accessKeyId}/20300101/cn-hangzhou/oss/aliyun_v4_request`,
    'x-oss-date': '20300101T113000Z',
  };
  const conditions = Object.entries({ ...right, ...changes }).map(([name, value]) => ({ [name]: value }));
  return { signed: 'v4', policy: { policy: { expiration: '2031-01-01T00:00:00.000Z', conditions } } };
}

const credential = (...parts: string[]) => ({ 'x-oss-credential': parts.join('/') });
const key = owner.accessKeyId;

accepts('V4', { signed: 'v4' });
accepts('V4 with its control fields in the policy alone', v4({}));
accepts('V4 whose policy does not name the bucket', { signed: 'v4', policy: { conditions: [] } });
refuses(
  'V4 with another secret',
  { signed: 'v4', signer: { ...owner, accessKeySecret: 'wrong' } },
  noMatch,
  mismatch,
);
refuses(
  'V4 with an unknown key',
  { signed: 'v4', signer: { ...owner, accessKeyId: 'nobody' } },
  '403 InvalidAccessKeyId',
);
refuses(
  'V4 with a signature in upper case',
  (to) => {
    const { 'x-oss-signature': signature = '', ...fields } = to.fields({ signed: 'v4' });
    return to.postFields({ ...fields, 'x-oss-signature': signature.toUpperCase() });
  },
  noMatch,
);
refuses(
  'V4 with a V1 signature in its field',
  (to) => {
    const { Signature = '' } = to.fields({});
    return to.post({ signed: 'v4', changed: { 'x-oss-signature': Signature } });
  },
  noMatch,
);
refuses(
  'V4 signed for another region',
  v4(credential(key, '20300101', 'cn-beijing', 'oss', 'aliyun_v4_request')),
  noMatch,
);
refuses(
  'V4 signed for another day',
  v4({
    ...credential(key, '20300102', 'cn-hangzhou', 'oss', 'aliyun_v4_request'),
    'x-oss-date': '20300102T000000Z',
  }),
  '403 SignatureDoesNotMatch',
);

const badArgument = '400 InvalidArgument';
refuses(
  'an unknown signature version',
  v4({ 'x-oss-signature-version': '2' }),
  '400 InvalidArgument 0002-00000701',
);
refuses(
  'V2, which is not offered',
  v4({ 'x-oss-signature-version': 'OSS2' }),
  '400 InvalidArgument 0002-00000701',
);
refuses(
  'a version in the wrong case',
  v4({ 'x-oss-signature-version': 'oss4-hmac-sha256' }),
  '400 InvalidArgument 0002-00000701',
);
refuses(
  'a credential with another end',
  v4(credential(key, '20300101', 'cn-hangzhou', 'oss', 'aws4_request')),
  '400 InvalidArgument 0002-00000710',
);
refuses(
  'a credential of four parts',
  v4(credential(key, '20300101', 'cn-hangzhou', 'aliyun_v4_request')),
  badArgument,
);
refuses(
  'a credential of six parts',
  v4(credential(key, 'x', '20300101', 'cn-hangzhou', 'oss', 'aliyun_v4_request')),
  badArgument,
);
refuses(
  'a credential for another product',
  v4(credential(key, '20300101', 'cn-hangzhou', 's3', 'aliyun_v4_request')),
  badArgument,
);
refuses(
  'a credential without a region',
  v4(credential(key, '20300101', '', 'oss', 'aliyun_v4_request')),
  badArgument,
);
refuses(
  'a credential with a date of another form',
  v4(credential(key, '2030-01-01', 'cn-hangzhou', 'oss', 'aliyun_v4_request')),
  '400 InvalidArgument 0002-00000709',
);
refuses(
  'a credential with a day that does not exist',
  v4(credential(key, '20300230', 'cn-hangzhou', 'oss', 'aliyun_v4_request')),
  '400 InvalidArgument 0002-00000709',
);
refuses('a date of another form', v4({ 'x-oss-date': '2030-01-01T11:30:00Z' }), badArgument);
refuses(
  'a date that is not the day of the credential',
  v4({ 'x-oss-date': '20291231T235959Z' }),
  '400 InvalidArgument 0002-00000709',
);
refuses(
  'V4 without a signature',
  { signed: 'v4', without: ['x-oss-signature'] },
  '400 InvalidArgument 0002-00000703',
  mustContain('x-oss-signature'),
);
refuses(
  'V4 with an empty signature',
  { signed: 'v4', changed: { 'x-oss-signature': '' } },
  '400 InvalidArgument 0002-00000704',
);
refuses(
  'V4 without a policy',
  { signed: 'v4', without: ['policy'] },
  '400 InvalidArgument 0002-00000702',
  mustContain('policy'),
);
for (const field of ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date']) {
  refuses(`V4 without ${field}`, { signed: 'v4', without: [field] }, badArgument, mustContain(field));
}
refuses('V1 and V4 in one form', (to) => to.post({ signed: 'v4', changed: to.fields({}) }), badArgument);
refuses(
  'V1 with the key id of S3 as well',
  (to) => {
    const fields = to.fields({});
    return to.postFields({ ...fields, AWSAccessKeyId: fields.OSSAccessKeyId ?? '' });
  },
  badArgument,
);

/** A V4 form of 11:30 that arrives at another time. */
function arriving(offsetMs: number) {
  return async (to: TrialBucket) => {
    const fields = to.fields(v4({}));
    nowMs = noonMs + offsetMs;
    try {
      return await to.postFields(fields);
    } finally {
      nowMs = noonMs;
    }
  };
}

function acceptsArriving(rule: string, offsetMs: number): void {
  test(rule, async () => assert.equal((await arriving(offsetMs)(bucket)).status, 204));
}

acceptsArriving('V4 dated 15 minutes ahead', -15 * minuteMs);
refuses(
  'V4 dated a millisecond more than 15 minutes ahead',
  arriving(-15 * minuteMs - 1),
  '400 InvalidArgument 0002-00000709',
);
acceptsArriving('V4 dated seven days ago', 7 * dayMs);
refuses(
  'V4 dated a millisecond more than seven days ago',
  arriving(7 * dayMs + 1),
  '400 InvalidArgument 0002-00000709',
);

// --- What of the signature the policy must say ---

const extra = (field: string) => ({ Message: `Invalid according to Policy: Extra input fields: ${field}` });
for (const field of ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date']) {
  const { policy } = v4Policy({});
  const { expiration, conditions } = policy.policy as { expiration: string; conditions: object[] };
  const others = conditions.filter((condition) => !(field in condition));
  const form: TrialForm = { signed: 'v4', policy: { policy: { expiration, conditions: others } } };
  refuses(`V4 whose policy does not name ${field}`, form, '403 AccessDenied 0006-00000228', extra(field));
}
accepts('V1 whose policy does not name the fields of the signature', {
  policy: { conditions: [['content-length-range', 0, 10]] },
});

// --- Temporary keys ---

const { securityToken } = temporary.session;
const token = (value: string): TrialForm => ({
  signer: temporary,
  fields: { 'x-oss-security-token': value },
});
const covered: TrialForm = {
  ...token(securityToken),
  signed: 'v4',
  policy: { conditions: [{ 'x-oss-security-token': securityToken }] },
};

accepts('a temporary key with its token: V1 need not name it in the policy', token(securityToken));
accepts('a temporary key with its token: V4 names it in the policy', covered);
refuses(
  'a temporary key with V4 that does not name the token',
  { ...token(securityToken), signed: 'v4' },
  '403 AccessDenied 0006-00000228',
  extra('x-oss-security-token'),
);
refuses('a temporary key without a token', { signer: temporary }, '403 InvalidAccessKeyId', {
  Message: 'The OSS Access Key Id you provided does not exist in our records.',
});
refuses('a temporary key with an empty token', token(''), '403 InvalidAccessKeyId');
refuses('a temporary key with a token that nobody has', token('junk'), '403 InvalidSecurityToken', {
  Message: 'The security token you provided is invalid.',
});
refuses(
  'a temporary key with the token of another',
  token(otherTemporary.session.securityToken),
  '403 AccessKeyIdAndSecurityTokenNotMatch',
  {
    Message: 'The OSS access key id and security token you provided does not match.',
  },
);
refuses(
  'a lasting key with the token of a temporary one',
  { fields: { 'x-oss-security-token': securityToken } },
  '403 AccessKeyIdAndSecurityTokenNotMatch',
);
refuses(
  'a lasting key with a token that nobody has',
  { fields: { 'x-oss-security-token': 'junk' } },
  '403 InvalidSecurityToken',
);
refuses(
  'a wrong signature is told before a wrong token',
  { ...token('junk'), changed: { Signature: 'AAAA' } },
  noMatch,
);

function withTokenAt(offsetMs: number) {
  return async (to: TrialBucket) => {
    nowMs = temporary.session.expiresAtMs + offsetMs;
    try {
      return await to.post(token(securityToken));
    } finally {
      nowMs = noonMs;
    }
  };
}
test('a token a millisecond before it expires', async () =>
  assert.equal((await withTokenAt(-1)(bucket)).status, 204));
refuses('a token that expires now', withTokenAt(0), '403 SecurityTokenExpired', {
  Message: 'The security token you provided has expired.',
});

// --- Published worked examples, posted as printed ---

interface Printed {
  readonly rule: string;
  /** When it is posted. */
  readonly at: string;
  readonly bucket: string;
  readonly fields: Record<string, string>;
  readonly contentType?: string;
}

/** Registers the tests that a form as printed is stored, and that it is bound to what its policy says. */
function acceptsPrinted({ rule, at, bucket: name, fields, contentType = 'text/plain' }: Printed): void {
  test(rule, async () => {
    nowMs = Date.parse(at);
    try {
      const to = await TrialBucket.create(target, 'private', () => nowMs, name);
      const file = { fileName: 'b.jpg', contentType, content: 'abcdefg' };
      const answer = await to.postFields(fields, { file });
      assert.equal(answer.status, 204, answer.text);
      const other = await to.postFields(
        { ...fields, policy: `${fields.policy}`.replace(/^./, 'f') },
        { file },
      );
      assert.notEqual(other.status, 204, 'another policy under the same signature');
    } finally {
      nowMs = noonMs;
    }
  });
}

const base64 = (json: string) => Buffer.from(json).toString('base64');
const javaTest = '2020-03-19T03:44:00Z';
acceptsPrinted({
  rule: 'the Java SDK test with eq and an escaped ${filename}',
  at: javaTest,
  bucket: 'gen-post-policy',
  fields: {
    key: 'user/eric/${filename}',
    OSSAccessKeyId: sdkTestKey.accessKeyId,
    'x-oss-meta-tag': 'dummy_etag_xxx',
    policy: base64(
      '{"expiration":"2020-03-19T03:44:06.476Z","conditions":[{"bucket":"gen-post-policy"},["eq","$key","user\\/eric\\/\\\\${filename}"],["starts-with","$key","user\\/eric"],["starts-with","$x-oss-meta-tag","dummy_etag"],["content-length-range",1,1024]]}',
    ),
    Signature: '9fs2TRS2W2k5hV8mLsvqZBnlC2M=',
  },
});
acceptsPrinted({
  rule: 'the Java SDK test with in and not-in, checked by the type of the file part',
  at: javaTest,
  bucket: 'gen-post-policy',
  fields: {
    key: 'user/eric/${filename}',
    OSSAccessKeyId: sdkTestKey.accessKeyId,
    'x-oss-meta-tag': 'dummy_etag_xxx',
    'Cache-Control': 'max-age=60',
    policy: base64(
      '{"expiration":"2020-03-19T03:44:06.476Z","conditions":[{"bucket":"gen-post-policy"},["starts-with","$key","user\\/eric"],["starts-with","$x-oss-meta-tag","dummy_etag"],["content-length-range",1,1024],["in","$content-type",["image\\/jpg","image\\/png"]],["not-in","$cache-control",["no-cache"]]]}',
    ),
    Signature: '/yrk/7alTmdIh9a3YOkkIcKYlbA=',
  },
  contentType: 'image/jpg',
});
acceptsPrinted({
  rule: 'the user guide with its sample key',
  at: '2026-01-01T00:00:00Z',
  bucket: 'any-bucket',
  fields: {
    key: newKey(),
    OSSAccessKeyId: guideKey.accessKeyId,
    policy:
      'eyJleHBpcmF0aW9uIjoiMjExNS0wMS0yN1QxMDo1NjoxOVoiLCJjb25kaXRpb25zIjpbWyJjb250ZW50LWxlbmd0aC1yYW5nZSIsIDAsIDEwNDg1NzZdXX0=',
    Signature: 'UbkfxS01Tj08Eu8Ueg1aFbIPyU0=',
  },
});
acceptsPrinted({
  rule: 'the user guide with 100 MB',
  at: '2026-01-01T00:00:00Z',
  bucket: 'any-bucket',
  fields: {
    key: newKey(),
    OSSAccessKeyId: guideKey.accessKeyId,
    policy: base64(
      '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range", 0, 104857600]]}',
    ),
    Signature: '5sZl5PchYOkbgFL7VfPMtEKBhaQ=',
  },
});
acceptsPrinted({
  rule: 'V1 worked example',
  at: '2029-12-31T00:00:00Z',
  bucket: 'examplebucket',
  fields: {
    key: 'user/eric/${filename}',
    OSSAccessKeyId: owner.accessKeyId,
    policy:
      'eyJleHBpcmF0aW9uIjoiMjAzMC0wMS0wMVQxMjowMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiZXhhbXBsZWJ1Y2tldCJ9LFsic3RhcnRzLXdpdGgiLCIka2V5IiwidXNlci9lcmljLyJdLFsiY29udGVudC1sZW5ndGgtcmFuZ2UiLDAsMTA0ODU3Nl1dfQ==',
    Signature: 'PS1SPrvi9FuytrgwitcHolnNyGk=',
  },
});
acceptsPrinted({
  rule: 'V4 worked example',
  at: '2030-01-01T11:10:00Z',
  bucket: 'examplebucket',
  fields: {
    key: 'user/eric/${filename}',
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': 'LTAIEXAMPLEKEYID/20300101/cn-hangzhou/oss/aliyun_v4_request',
    'x-oss-date': '20300101T110000Z',
    policy:
      'eyJleHBpcmF0aW9uIjoiMjAzMC0wMS0wMVQxMjowMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiZXhhbXBsZWJ1Y2tldCJ9LHsieC1vc3Mtc2lnbmF0dXJlLXZlcnNpb24iOiJPU1M0LUhNQUMtU0hBMjU2In0seyJ4LW9zcy1jcmVkZW50aWFsIjoiTFRBSUVYQU1QTEVLRVlJRC8yMDMwMDEwMS9jbi1oYW5nemhvdS9vc3MvYWxpeXVuX3Y0X3JlcXVlc3QifSx7Ingtb3NzLWRhdGUiOiIyMDMwMDEwMVQxMTAwMDBaIn0sWyJzdGFydHMtd2l0aCIsIiRrZXkiLCJ1c2VyL2VyaWMvIl0sWyJjb250ZW50LWxlbmd0aC1yYW5nZSIsMCwxMDQ4NTc2XV19',
    'x-oss-signature': 'e774e4dfa9363a25d7f778e33b95c209bff6b6074f9034ee8db5269fd7546605',
  },
});
