// Explanations: every slip made on purpose must be named, every state told, and nothing that signs may ever be part of them.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { OssError } from '../src/errors.ts';
import type { FilePart } from '../src/form/post-fields.ts';
import { fieldValueBytesMax } from '../src/form/post-form.ts';
import {
  type ExplainPostInput,
  explainedValueCharsMax,
  explainPost,
  type PostExplanation,
} from '../src/policy/explain-post.ts';
import { findNearMisses, postFieldNames } from '../src/policy/near-misses.ts';
import { policyConditionsMax } from '../src/policy/policy.ts';
import { signPostV1 } from '../src/signature/post-v1.ts';
import { signPostV4 } from '../src/signature/post-v4.ts';
import {
  base64,
  credential,
  form,
  keyId,
  nodeHashes,
  nowMs,
  policyJson,
  scope,
  secret,
  signedV1,
  signedV4,
  v4Conditions,
} from './signed-form-notation.ts';

// Long enough for several lines of base64, with letters that need + and / in it.
const json = policyJson(
  '{"bucket":"examplebucket"}',
  '["starts-with","$key","user/"]',
  '{"x:a":">>>>>?????简历d"}',
);
const v4Json = policyJson('{"bucket":"examplebucket"}', ...v4Conditions, '["starts-with","$key","user/"]');
const rest = ['key=user/a.txt', 'x:a=>>>>>?????简历d'];

function explain(
  pairs: readonly string[],
  options: Partial<Omit<ExplainPostInput, 'form'>> & { file?: Partial<FilePart> } = {},
): PostExplanation {
  const { file, ...input } = options;
  return explainPost({
    form: form(pairs, file),
    bucket: 'examplebucket',
    nowMs,
    secret,
    hashes: nodeHashes,
    ...input,
  });
}

const hmac = (algorithm: string, key: string | Buffer, text: string) =>
  createHmac(algorithm, key).update(text).digest();
const policy = base64(json);
const v4Policy = base64(v4Json);

/** A V1 form with this signature over (or for) this policy field. */
const v1 = (signature: string, field = policy) => [
  `OSSAccessKeyId=${keyId}`,
  `policy=${field}`,
  `Signature=${signature}`,
  ...rest,
];
const v4 = (signature: string, field = v4Policy) => [
  ...signedV4(v4Json).slice(0, 3),
  `policy=${field}`,
  `x-oss-signature=${signature}`,
  'key=user/a.txt',
];
const sign1 = (text: string, key = secret) => signPostV1(nodeHashes, key, text);
const sign4 = (text: string, key = secret, at = scope) => signPostV4(nodeHashes, key, at, text);

function chain4(first: string, ...links: string[]): string {
  return links.reduce((key, link) => hmac('sha256', key, link), Buffer.from(first)).toString('hex');
}

const lines = (text: string, columns: number, end: string) =>
  (text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).join(end);

test('each slip of signing is named', () => {
  const right1 = sign1(policy);
  const right4 = sign4(v4Policy);
  const region = (name: string) => sign4(v4Policy, secret, { ...scope, region: name });
  const day = (date: string) => sign4(v4Policy, secret, { ...scope, date });
  const scopeText = credential.slice(keyId.length + 1);
  const digest = createHash('sha256').update(v4Policy).digest('hex');
  assert.ok(right1.includes('+'), 'the example must have a + to lose');
  assert.ok(policy.includes('+') && policy.includes('/'), 'and the policy both');
  const ROWS: [slip: string, pairs: readonly string[]][] = [
    ['signature-dressed', v1(`"${right1}"`)],
    ['signature-dressed', v1(`b'${right1}'`)],
    ['signature-dressed', v1(`${right1}\n`)],
    ['signature-dressed', v1(encodeURIComponent(right1))],
    ['signature-dressed', v4(`${right4}\r\n`)],
    ['signature-blank-for-plus', v1(right1.replaceAll('+', ' '))],
    ['signature-url-safe', v1(right1.replaceAll('+', '-').replaceAll('/', '_'))],
    ['signature-url-safe', v1(right1.replace('=', ''))],
    ['signature-encoding', v1(Buffer.from(right1, 'base64').toString('hex'))],
    ['signature-encoding', v1(Buffer.from(right1, 'base64').toString('hex').toUpperCase())],
    ['signature-encoding', v1(base64(Buffer.from(right1, 'base64').toString('hex')))],
    ['signature-encoding', v4(Buffer.from(right4, 'hex').toString('base64'))],
    ['signature-encoding', v4(right4.toUpperCase())],
    ['signed-json', v1(sign1(json))],
    ['signed-json', v4(sign4(v4Json))],
    ['signed-url-safe-policy', v1(sign1(policy.replaceAll('+', '-').replaceAll('/', '_')))],
    ['signed-line-broken-policy', v1(sign1(lines(policy, 76, '\n')))],
    ['signed-line-broken-policy', v1(sign1(`${lines(policy, 76, '\n')}\n`))],
    ['signed-line-broken-policy', v1(sign1(lines(policy, 64, '\r\n')))],
    ['signed-line-broken-policy', v1(sign1(`${policy}\n`))],
    ['signed-line-broken-policy', v4(sign4(`${v4Policy}\n`))],
    ['signed-quoted-policy', v1(sign1(`b'${policy}'`))],
    ['signed-quoted-policy', v1(sign1(`"${policy}"`))],
    ['signed-percent-encoded-policy', v1(sign1(encodeURIComponent(policy)))],
    ['secret-white-space', v1(sign1(policy, `${secret}\n`))],
    ['secret-white-space', v1(sign1(policy, ` ${secret}`))],
    ['secret-white-space', v4(sign4(v4Policy, `${secret} `))],
    ['secret-quoted', v1(sign1(policy, `"${secret}"`))],
    ['swapped-arguments', v1(hmac('sha1', policy, secret).toString('base64'))],
    ['swapped-arguments', v4(hmac('sha256', v4Policy, secret).toString('hex'))],
    ['other-version', v1(hmac('sha256', secret, policy).toString('base64'))],
    ['other-version', v1(hmac('sha256', secret, policy).toString('hex'))],
    ['other-version', v4(hmac('sha1', secret, v4Policy).toString('base64'))],
    ['other-version', v4(hmac('sha256', secret, v4Policy).toString('hex'))],
    [
      'other-key-prefix',
      v4(chain4(`AWS4${secret}`, '20300101', 'cn-hangzhou', 's3', 'aws4_request', v4Policy)),
    ],
    [
      'other-key-prefix',
      v4(chain4(`AWS4${secret}`, '20300101', 'cn-hangzhou', 'oss', 'aliyun_v4_request', v4Policy)),
    ],
    ['other-key-prefix', v4(chain4(secret, '20300101', 'cn-hangzhou', 'oss', 'aliyun_v4_request', v4Policy))],
    [
      'key-as-hex',
      v4(
        ['20300101', 'cn-hangzhou', 'oss', 'aliyun_v4_request', v4Policy].reduce(
          (key, link) => hmac('sha256', key, link).toString('hex'),
          `aliyun_v4${secret}`,
        ),
      ),
    ],
    ['other-region', v4(region('oss-cn-hangzhou'))],
    ['other-day', v4(day('20291231'))],
    ['other-day', v4(day('20300102'))],
    ['other-day', v4(day('20300101T110000Z'))],
    [
      'signed-canonical-request',
      v4(sign4(['OSS4-HMAC-SHA256', '20300101T110000Z', scopeText, digest].join('\n'))),
    ],
  ];
  for (const [slip, pairs] of ROWS) {
    const { signature, summary } = explain(pairs);
    assert.deepEqual([signature.state, signature.slip?.name], ['wrong', slip], pairs.join(' '));
    assert.deepEqual(summary, { en: signature.slip?.en, zh: signature.slip?.zh });
  }
});

test('a region with oss- in the credential, and without it in the key', () => {
  const pairs = v4(sign4(v4Policy)).with(
    1,
    `x-oss-credential=${credential.replace('cn-hangzhou', 'oss-cn-hangzhou')}`,
  );
  assert.equal(explain(pairs).signature.slip?.name, 'other-region');
});

test('each slip of encoding the policy is named', () => {
  const swapped = policy.replaceAll('+', '-').replaceAll('/', '_');
  const ROWS: [slip: string | undefined, field: string][] = [
    ['policy-not-encoded', json],
    ['policy-quoted', `"${policy}"`],
    ['policy-quoted', `b'${policy}'`],
    ['policy-url-safe', swapped],
    ['policy-url-safe', swapped.replaceAll('=', '')],
    ['policy-line-broken', lines(policy, 76, '\n')],
    ['policy-line-broken', `${policy}\n`],
    ['policy-blank-for-plus', policy.replaceAll('+', ' ')],
    ['policy-percent-encoded', policy.replaceAll('+', '%2B')],
    ['policy-unpadded', base64('{"a":12}').replaceAll('=', '')],
    ['policy-encoded-twice', base64(policy)],
    ['policy-byte-order-mark', base64(`\ufeff${json}`)],
    [undefined, base64(json.replace(',', ',,'))],
    [undefined, 'junk!'],
  ];
  for (const [slip, field] of ROWS) {
    const { policy: explained, summary } = explain(v1(sign1(field), field));
    assert.deepEqual([explained.state, explained.slip?.name], ['malformed', slip], field);
    if (explained.slip) assert.equal(summary.en, explained.slip.en);
    else assert.match(summary.en, /^The policy cannot be read: Invalid Policy: /);
  }
});

test('each state of the signature, and its sentence', () => {
  const token = 'x-oss-security-token=t';
  const stsForm = v1(sign1(policy)).with(0, 'OSSAccessKeyId=STS.abc');
  const ROWS: [
    state: string,
    summary: RegExp,
    pairs: readonly string[],
    options?: Partial<ExplainPostInput>,
  ][] = [
    ['anonymous', /^The form is not signed/, rest],
    ['malformed', /'Signature'.*It has ossSignature: was that/, v1('x').with(2, 'ossSignature=x'), {}],
    ['malformed', /more than one signature version/, [...v1('x'), 'x-oss-signature=y']],
    ['not-checked', /the signature was not/, v1(sign1(policy)), { secret: undefined }],
    ['not-checked', /starts with STS\./, stsForm, { secret: undefined }],
    ['right', /starts with STS\./, stsForm],
    ['right', /^The signature is right and every condition holds\.$/, [...stsForm, token]],
    ['right', /^The signature is right/, v4(sign4(v4Policy))],
    [
      'right',
      /expired 42 s ago.*\(2030-01-01T12:00:00\.000Z\)/,
      v1(sign1(policy)),
      { nowMs: nowMs + 3_642_000 },
    ],
    ['right', /expired 9 d ago/, v1(sign1(policy)), { nowMs: nowMs + 9.5 * 86_400_000 }],
    ['out-of-date', /The date of the signature/, v4(sign4(v4Policy)), { nowMs: nowMs - 3_600_000 }],
    ['wrong', /no usual slip/, v1(sign1(policy, 'another secret'))],
    ['wrong', /no usual slip/, v1(sign1(base64(`${json} `)))],
    ['right', /carries the AccessKeySecret itself/, [...v1(sign1(policy)), `AccessKeySecret=${secret}`]],
  ];
  for (const [state, summary, pairs, options] of ROWS) {
    const explanation = explain(pairs, options);
    assert.equal(explanation.signature.state, state, explanation.summary.en);
    assert.match(explanation.summary.en, summary);
    assert.match(explanation.summary.zh, /[\u4e00-\u9fff]/);
  }
});

test('every condition with what it wanted and what it got', () => {
  const conditions = policyJson(
    '["starts-with","$key","user/"]',
    '{"x-oss-meta-tag":"a"}',
    '["in","$content-type",["image/jpg","image/png"]]',
    '["not-in","$cache-control",["no-cache"]]',
    '["content-length-range",0,1024]',
    '{"bucket":"examplebucket"}',
    '{"x-oss-security-token":"secret token"}',
  );
  const pairs = [
    ...signedV1(conditions),
    'key=a.txt',
    'x-oss-meta_tag=a',
    'Cache-Control=no-store',
    'name=x',
  ];
  const explanation = explain([...pairs, 'x-oss-security-token=secret token'], {
    file: { contentType: 'image/png' },
  });
  const rows = explanation.conditions.map((row) => [
    row.field,
    row.operator,
    row.wanted,
    row.got,
    row.verdict,
  ]);
  assert.deepEqual(rows, [
    ['key', 'starts-with', 'user/', 'a.txt', 'fails'],
    ['x-oss-meta-tag', 'eq', 'a', null, 'missing'],
    ['content-type', 'in', '["image/jpg", "image/png"]', 'image/png', 'holds'],
    ['cache-control', 'not-in', '["no-cache"]', 'no-store', 'holds'],
    ['file', 'content-length-range', '[0, 1024]', null, 'not-checked'],
    ['bucket', 'eq', 'examplebucket', 'examplebucket', 'holds'],
    ['x-oss-security-token', 'eq', '***', '***', 'holds'],
  ]);
  assert.deepEqual(explanation.expiry, {
    expiration: '2030-01-01T12:00:00.000Z',
    state: 'valid',
    seconds: 3600,
  });
  assert.deepEqual(explanation.uncoveredFields, ['x-oss-meta_tag', 'name']);
  assert.deepEqual(explanation.nearMisses, [{ received: 'x-oss-meta_tag', meant: 'x-oss-meta-tag' }]);
  assert.equal(
    explanation.summary.en,
    'The policy wants $key to begin with "user/", but the form has "a.txt".',
  );
  assert.equal(explanation.summary.zh, '策略要求 $key 以 "user/" 开头，但表单中是 "a.txt"。');
});

test('the sentence about what fails first', () => {
  const ROWS: [conditions: string, options: Partial<ExplainPostInput>, summary: string][] = [
    [
      '{"x-oss-meta-tag":"a"}',
      {},
      'The policy wants $x-oss-meta-tag to be "a", but the form has no such field before its file. It has x-oss-meta_tag: was that meant to be x-oss-meta-tag?',
    ],
    [
      '["in","$key",["a","b"]]',
      {},
      'The policy wants $key to be one of ["a", "b"], but the form has "a.txt".',
    ],
    [
      '["not-in","$key",["a.txt"]]',
      {},
      'The policy wants $key to be none of ["a.txt"], but the form has "a.txt".',
    ],
    [
      '["content-length-range",1,10]',
      { fileBytes: 11 },
      'The policy wants the file to be of 1–10 bytes, but it has 11.',
    ],
    [
      '["content-length-range",1,10]',
      {},
      'The signature is right and every condition holds; the size of the file is not known yet.',
    ],
    ['["content-length-range",1,10]', { fileBytes: 10 }, 'The signature is right and every condition holds.'],
  ];
  for (const [conditions, options, summary] of ROWS) {
    const pairs = [...signedV1(policyJson(conditions)), 'key=a.txt', 'x-oss-meta_tag=a'];
    assert.equal(explain(pairs, options).summary.en, summary);
  }
  const uncovered = policyJson('["starts-with","$key",""]');
  const explanation = explain([...signedV4(uncovered), 'key=a.txt']);
  const control = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date'];
  assert.deepEqual(explanation.refusedFields, control);
  assert.equal(
    explanation.summary.en,
    `The policy of a V4 form must name these fields: ${control.join(', ')}.`,
  );
});

test('names that are almost right', () => {
  const ROWS: [received: string, meant: string | undefined][] = [
    ['AccessKeyId', 'OSSAccessKeyId'],
    ['AWSAccessKeyId', 'OSSAccessKeyId'],
    ['accessid', 'OSSAccessKeyId'],
    ['OSS-AccessKeyId', 'OSSAccessKeyId'],
    ['keys', 'key'],
    ['polcy', 'policy'],
    ['Signatrue', 'Signature'],
    ['success-action-status', 'success_action_status'],
    ['x-amz-signature', 'x-oss-signature'],
    ['security-token', 'x-oss-security-token'],
    ['acl', 'x-oss-object-acl'],
    ['name', undefined],
    ['submit', undefined],
    ['x:var1', undefined],
    ['x-oss-meta-a', undefined],
    ['KEY', undefined],
    ['k'.repeat(1000), undefined],
  ];
  for (const [received, meant] of ROWS) {
    assert.deepEqual(
      findNearMisses([received], postFieldNames),
      meant ? [{ received, meant }] : [],
      received,
    );
  }
  assert.deepEqual(findNearMisses(['keys', 'key'], ['key']), []);
});

test('long values are cut', () => {
  const long = 'x'.repeat(100_000);
  const values = JSON.stringify(Array(10_000).fill(long.slice(0, 10)));
  const conditions = policyJson(`["eq","$key","${long}"]`, `["in","$${long}",${values}]`);
  const text = JSON.stringify(explain([...signedV1(conditions), `key=${long}`, `${long}=a`]));
  assert.ok(text.length < 5000, String(text.length));
  assert.match(text, /…/);
});

/** What must never be in an explanation. */
function findLeaks(explanation: PostExplanation, field: string, key: string): string[] {
  const text = JSON.stringify(explanation);
  const right1 = sign1(field, key);
  const right4 = sign4(field, key);
  const derived = chain4(`aliyun_v4${key}`, '20300101', 'cn-hangzhou', 'oss', 'aliyun_v4_request');
  const unspeakable = [
    key,
    JSON.stringify(key).slice(1, -1),
    base64(key),
    right1,
    Buffer.from(right1, 'base64').toString('hex'),
    right4,
    Buffer.from(right4, 'hex').toString('base64'),
    derived,
  ];
  return unspeakable.filter((word) => text.includes(word));
}

test('the refusal itself is explained where neither signature nor policy is the reason', () => {
  const right = v1(sign1(policy));
  const ROWS: [refusal: OssError, pairs: string[], secret: string | undefined, en: string][] = [
    [
      new OssError('FileAlreadyExists'),
      right,
      secret,
      'Signature and policy are not the reason; the form was refused for: The object you specified already exists and can not be overwritten.',
    ],
    [
      new OssError('InvalidAccessKeyId'),
      right,
      undefined,
      `The server knows no access key with the id ${keyId}.`,
    ],
    [
      new OssError('InvalidArgument.missingField', { field: 'key' }),
      [],
      undefined,
      'The form has no field "key" before its file; what comes after the file is not read.',
    ],
    [
      new OssError('InvalidArgument.missingField', { field: 'key' }),
      ['kee=a'],
      undefined,
      'The form has no field "key" before its file; what comes after the file is not read. It has kee: was that meant to be key?',
    ],
    [
      new OssError('AccessDenied.bucketAcl'),
      ['key=a'],
      undefined,
      'The form is not signed, and was refused: You have no right to access this object because of bucket acl.',
    ],
  ];
  for (const [refusal, pairs, key, en] of ROWS) {
    const explanation = explain(pairs, { refusal, secret: key });
    assert.equal(explanation.summary.en, en);
    assert.match(explanation.summary.zh, /[\u4e00-\u9fff]/);
    assert.deepEqual(explanation.refusal, { row: refusal.row, message: refusal.message });
  }
});

// What takes a time with the square of the length would not end here.
test('a policy field as long as a field can be is explained at once', () => {
  const padded = `-${'='.repeat(fieldValueBytesMax - 2)}x`;
  assert.equal(explain(v1('c2ln', padded)).policy.state, 'malformed');
  assert.equal(explain(v1('c2ln', padded.slice(-64 * 1024))).policy.state, 'malformed');
});

test('one long value that every condition is about is made fit to be shown once', () => {
  const conditions = Array<string>(policyConditionsMax).fill('["eq","$x:a","b"]');
  const field = base64(policyJson(...conditions));
  const { conditions: explained } = explain([...v1('c2ln', field), `x:a=${'a'.repeat(fieldValueBytesMax)}`]);
  assert.equal(explained.length, policyConditionsMax);
  assert.ok(explained.every(({ got }) => got?.length === explainedValueCharsMax));
});

test('nothing that signs is ever part of an explanation, and none throws', () => {
  const name = fc.oneof(
    fc.constantFrom(...postFieldNames, 'x:a', 'x-oss-meta-a', 'keys'),
    fc.string({ minLength: 1 }),
  );
  const key = fc.constantFrom(secret, 'quo"te\\s-and-signs-in-a-secret', 'x'.repeat(30));
  fc.assert(
    fc.property(
      key,
      fc.array(fc.record({ name, kind: fc.nat(12), text: fc.string() }), { maxLength: 12 }),
      fc.boolean(),
      fc.boolean(),
      (anySecret, choices, isV4, isSigned) => {
        const secretJson = JSON.stringify(anySecret);
        const field = base64(
          policyJson(...v4Conditions, `{"x:a":${secretJson}}`, `["in","$x:a",[${secretJson}]]`),
        );
        const value = (kind: number, text: string) =>
          [
            field,
            sign1(field, anySecret),
            isV4 ? sign4(field, anySecret) : text,
            credential,
            '20300101T110000Z',
            'OSS4-HMAC-SHA256',
            anySecret,
            `a${anySecret}b`,
            json,
          ][kind] ?? text;
        const signed = isV4
          ? [...signedV4('', field).slice(0, 4), `x-oss-signature=${sign4(field, anySecret)}`]
          : [`OSSAccessKeyId=${keyId}`, `policy=${field}`, `Signature=${sign1(field, anySecret)}`];
        const pairs = choices.map(
          ({ name: chosen, kind, text }) => `${chosen.replaceAll('=', '')}=${value(kind, text)}`,
        );
        const given = [...pairs, ...(isSigned ? signed : [])];
        // Without its scope nobody can tell that a text is a V4 signature.
        if (isV4) given.push(`x-oss-credential=${credential}`);
        const explanation = explain(given, { secret: anySecret });
        assert.deepEqual(findLeaks(explanation, field, anySecret), []);
        assert.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation);
      },
    ),
    { numRuns: 300 },
  );
});
