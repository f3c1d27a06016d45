// S3 forms: the published signature, what makes a form one of S3, its policy, and every refusal.

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { encodeBase64 } from '../src/base64.ts';
import { type ErrorName, OssError } from '../src/errors.ts';
import { PostFields } from '../src/form/post-fields.ts';
import { checkS3Policy, expandS3Form, parseS3Policy } from '../src/s3/post-policy.ts';
import {
  checkS3PostDate,
  isS3Form,
  parseS3PostSignature,
  verifyS3PostSignature,
} from '../src/s3/post-signature.ts';
import { encodeUtf8 } from '../src/utf8.ts';
import { exampleKey } from './s3-notation.ts';
import { nodeHashes as hashes } from './signed-form-notation.ts';

function refuses(row: ErrorName, call: () => unknown, message?: string): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof OssError);
    assert.equal(error.row, row);
    if (message !== undefined) assert.equal(error.message, message);
    return true;
  });
}

/** `name=value` pairs. */
function fieldsOf(...pairs: string[]): PostFields {
  return new PostFields(
    pairs.map((pair) => ({
      name: pair.slice(0, pair.indexOf('=')),
      value: pair.slice(pair.indexOf('=') + 1),
    })),
  );
}

// --- The published form: "Example: Browser-Based Upload using HTTP POST" ---

const examplePolicy =
  'eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9';

const exampleForm = [
  'key=user/user1/${filename}',
  'acl=public-read',
  'success_action_redirect=http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html',
  'Content-Type=image/jpeg',
  'x-amz-meta-uuid=14365123651274',
  'x-amz-server-side-encryption=AES256',
  'X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request',
  'X-Amz-Algorithm=AWS4-HMAC-SHA256',
  'X-Amz-Date=20151229T000000Z',
  'x-amz-meta-tag=',
  `Policy=${examplePolicy}`,
  'X-Amz-Signature=8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
];
const signedAtMs = Date.UTC(2015, 11, 29);

test('the published form: its signature, its date and its policy', () => {
  const fields = fieldsOf(...exampleForm);
  assert.ok(isS3Form(fields));
  const signature = parseS3PostSignature(fields);
  assert.ok(verifyS3PostSignature(hashes, exampleKey.accessKeySecret, signature));
  assert.equal(verifyS3PostSignature(hashes, `${exampleKey.accessKeySecret}x`, signature), false);
  assert.equal(
    verifyS3PostSignature(hashes, exampleKey.accessKeySecret, { ...signature, signature: 'short' }),
    false,
  );
  checkS3PostDate(signature, signedAtMs);

  const form = expandS3Form({ fields, file: { fileName: 'C:\\photos\\me.jpg', contentType: undefined } });
  assert.equal(form.fields.get('key'), 'user/user1/me.jpg');
  const policy = parseS3Policy(signature.policy);
  const sizes = checkS3Policy(policy, { bucket: 'sigv4examplebucket', form, nowMs: signedAtMs });
  assert.deepEqual(sizes, { minBytes: 0, maxBytes: 5 * 1024 ** 3 });
  refuses('AccessDenied.conditionFailed', () =>
    checkS3Policy(policy, { bucket: 'another', form, nowMs: signedAtMs }),
  );
});

test('a signing key holds for seven days, from a quarter of an hour before', () => {
  const signature = parseS3PostSignature(fieldsOf(...exampleForm));
  const day = 24 * 3600_000;
  checkS3PostDate(signature, signedAtMs + 7 * day);
  checkS3PostDate(signature, signedAtMs - 15 * 60_000);
  refuses('AccessDenied.requestExpired', () => checkS3PostDate(signature, signedAtMs + 7 * day + 1));
  refuses('RequestTimeTooSkewed', () => checkS3PostDate(signature, signedAtMs - 15 * 60_000 - 1));
});

describe('which forms are of S3', () => {
  const CASES: [fields: string[], is: boolean | 'mixed'][] = [
    [['key=a'], false],
    [['key=a', 'policy=b', 'Signature=c', 'OSSAccessKeyId=d'], false],
    [['key=a', 'policy=b', 'signature=c'], false],
    [['key=a', 'x-amz-meta-a=b', 'acl=private'], false],
    [['OSSAccessKeyId=a', 'x-amz-meta-a=b'], false],
    [['AWSAccessKeyId=a'], true],
    [['awsaccesskeyid='], true],
    [['x-amz-signature=a'], true],
    [['X-Amz-Credential=a'], true],
    [['X-Amz-Algorithm='], true],
    [['AWSAccessKeyId=a', 'OSSAccessKeyId=a'], 'mixed'],
    [['x-amz-signature=a', 'x-oss-signature=a'], 'mixed'],
    [['x-amz-signature=a', 'X-OSS-Object-Acl=public-read-write'], 'mixed'],
    [['AWSAccessKeyId=a', 'x-oss-meta-a=b'], 'mixed'],
  ];
  for (const [pairs, is] of CASES) {
    test(`${pairs.join(' ')}: ${is}`, () => {
      if (is === 'mixed') refuses('InvalidArgument.mixedDialects', () => isS3Form(fieldsOf(...pairs)));
      else assert.equal(isS3Form(fieldsOf(...pairs)), is);
    });
  }
});

describe('a signature that is not whole', () => {
  const v2 = ['AWSAccessKeyId=a', 'policy=b', 'signature=c'];
  const without = (pairs: string[], name: string) =>
    pairs.filter((pair) => !pair.toLowerCase().startsWith(`${name}=`));
  const set = (pairs: string[], name: string, value: string) => [...without(pairs, name), `${name}=${value}`];
  const CASES: [pairs: string[], row: ErrorName][] = [
    [without(v2, 'policy'), 'InvalidArgument.s3MissingField'],
    [without(v2, 'signature'), 'InvalidArgument.s3MissingField'],
    [set(v2, 'signature', ''), 'InvalidArgument.s3EmptyField'],
    [set(v2, 'policy', ''), 'InvalidArgument.s3EmptyField'],
    [set(v2, 'awsaccesskeyid', ''), 'InvalidArgument.s3EmptyField'],
    [[...v2, 'x-amz-signature=d'], 'InvalidArgument.mixedSignatures'],
    ...['policy', 'x-amz-signature', 'x-amz-credential', 'x-amz-algorithm', 'x-amz-date'].map(
      (name): [string[], ErrorName] => [without(exampleForm, name), 'InvalidArgument.s3MissingField'],
    ),
    [set(exampleForm, 'x-amz-algorithm', 'AWS4-HMAC-SHA1'), 'InvalidArgument.s3PostAlgorithm'],
    [set(exampleForm, 'x-amz-date', '2015-12-29T00:00:00Z'), 'InvalidArgument.s3PostDate'],
    [set(exampleForm, 'x-amz-date', '20151230T000000Z'), 'InvalidArgument.s3PostDate'],
    [set(exampleForm, 'x-amz-credential', 'a/20151229/us-east-1/s3'), 'InvalidArgument.s3PostCredential'],
    [
      set(exampleForm, 'x-amz-credential', 'a/20151229/us-east-1/oss/aws4_request'),
      'InvalidArgument.s3PostCredential',
    ],
  ];
  for (const [pairs, row] of CASES) {
    test(`${row} of ${pairs.map((pair) => pair.split('=')[0]).join(' ')}`, () =>
      refuses(row, () => parseS3PostSignature(fieldsOf(...pairs))));
  }
});

// --- Policies ---

const bucket = 'photos';
const nowMs = Date.UTC(2030, 0, 1);

function check(conditions: readonly unknown[], fields: readonly string[], fileName = 'file.txt') {
  const document = { expiration: '2030-01-01T00:00:00.000Z', conditions };
  const policy = parseS3Policy(encodeBase64(encodeUtf8(JSON.stringify(document))));
  const form = expandS3Form({ fields: fieldsOf(...fields), file: { fileName, contentType: 'image/png' } });
  return checkS3Policy(policy, { bucket, form, nowMs });
}

const named = [{ bucket }, ['starts-with', '$key', 'user/']] as const;

describe('forms that keep to their policy', () => {
  const CASES: [what: string, conditions: readonly unknown[], fields: string[]][] = [
    ['the bucket and the key', named, ['key=user/a']],
    [
      'fields that are exempt',
      named,
      [
        'key=user/a',
        'policy=x',
        'Signature=x',
        'AWSAccessKeyId=x',
        'X-Amz-Signature=x',
        'x-ignore-this=x',
        'X-Ignore-That=x',
      ],
    ],
    [
      'a key that is right only after its file is named',
      [{ bucket }, { key: 'user/file.txt' }],
      ['key=user/${filename}'],
    ],
    [
      'another field with the name of the file',
      [...named, { 'x-amz-meta-name': 'file.txt' }],
      ['key=user/a', 'x-amz-meta-name=${filename}'],
    ],
    [
      'operators and fields in any case',
      [{ BuCkEt: bucket }, ['StArTs-WiTh', '$KeY', 'user/']],
      ['kEy=user/a'],
    ],
    [
      'a type that begins as it should',
      [...named, ['starts-with', '$Content-Type', 'image/']],
      ['key=user/a', 'Content-Type=image/png'],
    ],
    [
      'types that all begin as they should',
      [...named, ['starts-with', '$Content-Type', 'image/']],
      ['key=user/a', 'Content-Type=image/png, image/jpeg'],
    ],
    [
      'an empty value where anything will do',
      [...named, ['starts-with', '$x-amz-meta-a', '']],
      ['key=user/a', 'x-amz-meta-a='],
    ],
    [
      'a backslash before a dollar, as it is',
      [{ bucket }, ['starts-with', '$key', '\\$foo']],
      ['key=\\$foo.txt'],
    ],
    ['a field called bucket', named, ['key=user/a', 'bucket=another']],
  ];
  for (const [what, conditions, fields] of CASES) test(what, () => void check(conditions, fields));

  test('the narrowest of several ranges', () => {
    const ranges = [
      ['content-length-range', 1, 100],
      ['Content-Length-Range', 10, 200],
    ];
    assert.deepEqual(check([...named, ...ranges], ['key=user/a']), { minBytes: 10, maxBytes: 100 });
  });

  test('a file whose name is not the name of a key', () => {
    check([{ bucket }, { key: 'user/${filename}' }], ['key=user/${filename}'], '${filename}');
  });
});

describe('forms that do not', () => {
  const failed = 'AccessDenied.conditionFailed';
  const extra = 'AccessDenied.extraInputFields';
  const CASES: [
    what: string,
    conditions: readonly unknown[],
    fields: string[],
    row: ErrorName,
    message?: string,
  ][] = [
    [
      'a key outside',
      named,
      ['key=a'],
      failed,
      'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]',
    ],
    [
      'a key that only looks right before its file is named',
      [{ bucket }, { key: '${filename}' }],
      ['key=${filename}'],
      failed,
    ],
    [
      'a field that no condition covers',
      named,
      ['key=user/a', 'x-amz-meta-a=b'],
      extra,
      'Invalid according to Policy: Extra input fields: x-amz-meta-a',
    ],
    ['a submit button before the file', named, ['key=user/a', 'submit=Send'], extra],
    [
      'a bucket that no condition names',
      [['starts-with', '$key', '']],
      ['key=a'],
      extra,
      'Invalid according to Policy: Extra input fields: bucket',
    ],
    ['a token that no condition names', named, ['key=user/a', 'x-amz-security-token=t'], extra],
    ['another bucket', [{ bucket: 'other' }, ['starts-with', '$key', '']], ['key=a', 'bucket=other'], failed],
    [
      'a field that the policy wants',
      [...named, ['starts-with', '$x-amz-meta-a', '']],
      ['key=user/a'],
      failed,
    ],
    [
      'a type that is only the file’s own',
      [...named, ['starts-with', '$Content-Type', 'image/']],
      ['key=user/a'],
      failed,
    ],
    [
      'one type of two',
      [...named, ['starts-with', '$Content-Type', 'image/']],
      ['key=user/a', 'Content-Type=image/png,text/html'],
      failed,
    ],
    ['a value in another case', [{ bucket }, { key: 'user/A' }], ['key=user/a'], failed],
  ];
  for (const [what, conditions, fields, row, message] of CASES) {
    test(what, () => refuses(row, () => check(conditions, fields), message));
  }
});

describe('policies that are none', () => {
  const CASES: [document: unknown, row: ErrorName][] = [
    [{ expiration: '2030-01-01T00:00:00Z' }, 'InvalidPolicyDocument.noConditions'],
    [{ conditions: [{ bucket }] }, 'InvalidPolicyDocument.noExpiration'],
    [
      { EXPIRATION: '2030-01-01T00:00:00Z', conditions: [{ bucket }] },
      'InvalidPolicyDocument.unknownParameter',
    ],
    [
      { expiration: '2030-01-01 00:00:00', conditions: [{ bucket }] },
      'InvalidPolicyDocument.expirationFormat',
    ],
    [{ expiration: '2030-01-01T00:00:00Z', conditions: [{}] }, 'InvalidPolicyDocument.simpleCondition'],
    [
      { expiration: '2030-01-01T00:00:00Z', conditions: [['content-length-range', 0]] },
      'InvalidPolicyDocument.operandCount',
    ],
    [
      { expiration: '2030-01-01T00:00:00Z', conditions: [['content-length-range', -1, 0]] },
      'InvalidPolicyDocument.rangeMin',
    ],
    [
      { expiration: '2030-01-01T00:00:00Z', conditions: [['in', '$key', ['a']]] },
      'InvalidPolicyDocument.unknownMode',
    ],
    [
      { expiration: '2030-01-01T00:00:00Z', conditions: [['constructor', '$key', 'a']] },
      'InvalidPolicyDocument.unknownMode',
    ],
  ];
  for (const [document, row] of CASES) {
    test(row, () => refuses(row, () => parseS3Policy(encodeBase64(encodeUtf8(JSON.stringify(document))))));
  }

  test('one millisecond too late', () => {
    const policy = parseS3Policy(
      encodeBase64(encodeUtf8(JSON.stringify({ expiration: '2030-01-01T00:00:00Z', conditions: named }))),
    );
    const form = { fields: fieldsOf('key=user/a'), file: { fileName: undefined, contentType: undefined } };
    checkS3Policy(policy, { bucket, form, nowMs });
    refuses('AccessDenied.policyExpired', () => checkS3Policy(policy, { bucket, form, nowMs: nowMs + 1 }));
  });
});
