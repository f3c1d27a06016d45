// Forms against policies: each rule of the PostObject reference as a line, and the ways around a policy that others have left open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OssError } from '../src/errors.ts';
import type { FilePart } from '../src/form/post-fields.ts';
import { checkPolicy, fileBytesMax, type SizeRange } from '../src/policy/check-policy.ts';
import { parsePolicyJson } from '../src/policy/policy.ts';
import { form, nowMs, policyJson, v4Conditions } from './signed-form-notation.ts';

const v4ControlFields = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date'];
const v4Fields = [
  'x-oss-signature-version=OSS4-HMAC-SHA256',
  'x-oss-credential=LTAIEXAMPLEKEYID/20300101/cn-hangzhou/oss/aliyun_v4_request',
  'x-oss-date=20300101T110000Z',
];

function check(
  pairs: string,
  conditions: string,
  {
    file = {},
    ...facts
  }: { file?: Partial<FilePart>; nowMs?: number; controlFields?: readonly string[] } = {},
): SizeRange {
  return checkPolicy(parsePolicyJson(policyJson(conditions)), {
    bucket: 'examplebucket',
    form: form(pairs === '' ? [] : pairs.split('&'), file),
    nowMs,
    controlFields: [],
    ...facts,
  });
}

const accepts = (...given: Parameters<typeof check>) =>
  assert.doesNotThrow(() => check(...given), String(given));

const rows = {
  213: 'policyExpired',
  226: 'conditionFieldMissing',
  227: 'conditionFailed',
  228: 'extraInputFields',
};

function refuses(ec: keyof typeof rows, ...given: Parameters<typeof check>): void {
  assert.throws(
    () => check(...given),
    (error: unknown) => {
      assert.ok(error instanceof OssError, String(error));
      const { row, status, ec: errorCode } = error;
      assert.deepEqual(
        [row, status, errorCode],
        [`AccessDenied.${rows[ec]}`, 403, `0006-00000${ec}`],
        String(given),
      );
      return true;
    },
  );
}

test('each operator', () => {
  accepts('key=a.txt', '["eq","$key","a.txt"]');
  refuses(227, 'key=a.txt', '["eq","$key","b.txt"]');
  refuses(227, 'key=a.txt', '["eq","$key","a.tx"]');
  accepts('key=a.txt', '{"key":"a.txt"}');
  refuses(227, 'key=a.txt', '{"key":"b.txt"}');
  accepts('key=user/a.txt', '["starts-with","$key","user/"]');
  refuses(227, 'key=a.txt', '["starts-with","$key","user/"]');
  refuses(227, 'key=us', '["starts-with","$key","user/"]');
  accepts('key=b', '["in","$key",["a","b"]]');
  refuses(227, 'key=ab', '["in","$key",["a","b"]]');
  refuses(227, 'key=a', '["in","$key",[]]');
  accepts('key=c', '["not-in","$key",["a","b"]]');
  refuses(227, 'key=b', '["not-in","$key",["a","b"]]');
  accepts('key=a', '["not-in","$key",[]]');
});

test('a field that the form lacks fails, whatever the operator', () => {
  refuses(226, '', '["eq","$key","a"]');
  refuses(226, '', '["eq","$x-oss-security-token",""]');
  refuses(226, '', '["starts-with","$key",""]');
  refuses(226, '', '["in","$key",["a"]]');
  refuses(226, '', '["not-in","$cache-control",["no-cache"]]');
  refuses(226, '', '{"__proto__":"a"}');
  refuses(226, '', '{"constructor":"a"}');
});

test('a field that is there and empty is there', () => {
  accepts('x-oss-meta-a=', '["starts-with","$x-oss-meta-a",""]');
  accepts('x-oss-meta-a=', '["eq","$x-oss-meta-a",""]');
  accepts('x-oss-meta-a=', '["not-in","$x-oss-meta-a",["b"]]');
});

test('names in any case, values to the byte', () => {
  accepts('Cache-Control=no-store', '["eq","$cache-control","no-store"]');
  accepts('cache-control=no-store', '["eq","$CACHE-CONTROL","no-store"]');
  accepts('KEY=a', '{"Key":"a"}');
  refuses(227, 'key=A.txt', '["eq","$key","a.txt"]');
  refuses(227, 'key=User/a', '["starts-with","$key","user/"]');
  // The same letters, composed and not.
  refuses(227, 'key=caf\u00e9', '["eq","$key","cafe\u0301"]');
  refuses(227, 'key=a ', '["eq","$key","a"]');
});

test('values are compared before ${filename} is expanded', () => {
  const file = { fileName: 'b.jpg' };
  accepts('key=user/${filename}', '["starts-with","$key","user/"]', { file });
  accepts('key=user/${filename}', '["eq","$key","user/${filename}"]', { file });
  accepts('key=user/eric/${filename}', '["eq","$key","user\\/eric\\/\\\\${filename}"]', { file });
  refuses(227, 'key=user/${filename}', '["eq","$key","user/b.jpg"]', { file });
  refuses(227, 'key=${filename}', '["starts-with","$key","foo"]', { file: { fileName: 'foo.txt' } });
});

test('the bucket is the one addressed, whatever a form field says', () => {
  accepts('key=a', '{"bucket":"examplebucket"}');
  accepts('key=a', '["eq","$bucket","examplebucket"]');
  accepts('key=a', '["eq","$Bucket","examplebucket"]');
  refuses(227, 'key=a', '{"bucket":"otherbucket"}');
  refuses(227, 'bucket=otherbucket', '{"bucket":"otherbucket"}');
  refuses(227, 'Bucket=otherbucket', '{"bucket":"otherbucket"}');
  accepts('bucket=otherbucket', '{"bucket":"examplebucket"}');
});

test('the content type is the field, else the type of the file part', () => {
  const file = { contentType: 'image/jpg' };
  const oneOf = '["in","$content-type",["image/jpg","image/png"]]';
  accepts('', oneOf, { file });
  accepts('Content-Type=image/png', oneOf);
  accepts('Content-Type=image/png', oneOf, { file: { contentType: 'text/html' } });
  refuses(227, 'Content-Type=text/html', oneOf, { file });
  refuses(227, 'Content-Type=', oneOf, { file });
  refuses(227, '', oneOf, { file: { contentType: 'text/html' } });
  refuses(226, '', oneOf);
  refuses(226, '', '["eq","$x-oss-content-type","image/jpg"]', { file });
});

test('any field may be named, and all conditions must hold', () => {
  accepts('fileName=x&A=a', '{"fileName":"x"},{"A":"a"}');
  accepts('x-oss-meta-prop=prop-1', '["starts-with","$x-oss-meta-prop","prop-"]');
  accepts('callback=eyJ9', '{"callback":"eyJ9"}');
  refuses(226, 'key=a', '["starts-with","$file",""]');
  accepts('key=user/eric/a', '["starts-with","$key","user/"],["starts-with","$key","user/eric/"]');
  refuses(227, 'key=user/eric/a', '["starts-with","$key","user/"],["eq","$key","user/eric/"]');
  refuses(227, 'a=1', '{"a":"2"},{"missing":"x"}');
  refuses(226, 'a=1', '{"missing":"x"},{"a":"2"}');
});

test('fields that the policy does not mention are allowed', () => {
  accepts(
    'key=a&success_action_status=201&Content-Disposition=b&x-oss-meta-uuid=c&callback=d&x:var1=e',
    '["content-length-range",0,104857600]',
  );
});

test('the fields that control a V4 signature must be in the policy', () => {
  const controlFields = v4ControlFields;
  const pairs = [...v4Fields, 'key=a'].join('&');
  accepts(pairs, v4Conditions.join(','), { controlFields });
  for (const [index, name] of v4ControlFields.entries()) {
    const without = v4Conditions.toSpliced(index, 1).join(',');
    refuses(228, pairs, without, { controlFields });
    assert.throws(() => check(pairs, without, { controlFields }), {
      message: `Invalid according to Policy: Extra input fields: ${name}`,
    });
  }
  accepts(`${pairs}&X-OSS-Signature=00`, v4Conditions.join(','), {
    controlFields: [...controlFields, 'x-oss-signature'],
  });
  const withToken = { controlFields: [...controlFields, 'x-oss-security-token'] };
  refuses(228, `${pairs}&x-oss-security-token=t`, v4Conditions.join(','), withToken);
  accepts(
    `${pairs}&x-oss-security-token=t`,
    `${v4Conditions.join(',')},{"X-Oss-Security-Token":"t"}`,
    withToken,
  );
});

test('a policy ends after its expiration', () => {
  const end = Date.UTC(2030, 0, 1, 12);
  accepts('key=a', '{"key":"a"}', { nowMs: end });
  refuses(213, 'key=a', '{"key":"a"}', { nowMs: end + 1 });
  refuses(213, 'key=a', '{"key":"b"}', { nowMs: end + 1 });
});

test('the condition that failed is shown as OSS shows it', () => {
  const ROWS = [
    ['{"bucket":"mingdi-bjx"}', '["eq", "$bucket", "mingdi-bjx"]'],
    ['["eq","success_action_status","200"]', '["eq", "$success_action_status", "200"]'],
    ['["in","$key",["a","b"]]', '["in", "$key", ["a", "b"]]'],
  ];
  for (const [condition, shown] of ROWS) {
    assert.throws(() => check('key=x', condition as string), {
      message: `Invalid according to Policy: Policy Condition failed: ${shown}`,
    });
  }
  const long = `["eq","$key","${'x'.repeat(100_000)}"]`;
  assert.throws(
    () => check('key=x', long),
    (error: unknown) => (error as OssError).message.length < 1200,
  );
});

test('the sizes allowed: all ranges together', () => {
  const ROWS: [conditions: string, minBytes: number, maxBytes: number][] = [
    ['{"key":"a"}', 0, fileBytesMax],
    ['["content-length-range",0,0]', 0, 0],
    ['["content-length-range",1,1024]', 1, 1024],
    ['["content-length-range",1,1024],["content-length-range",10,2048]', 10, 1024],
    ['["content-length-range",0,9007199254740991]', 0, 5368709120],
    ['["content-length-range",0,10],["content-length-range",20,30]', 20, 10],
  ];
  for (const [conditions, minBytes, maxBytes] of ROWS) {
    assert.deepEqual(check('key=a', conditions), { minBytes, maxBytes }, conditions);
  }
});

test('a form made of its own policy is accepted, and refused when one value changes', () => {
  const name = fc
    .stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
    .filter((text) => text !== 'bucket' && text !== 'content-type');
  fc.assert(
    fc.property(fc.dictionary(name, fc.string(), { minKeys: 1, maxKeys: 5 }), fc.nat(), (values, pick) => {
      const names = Object.keys(values);
      const policy = {
        expiration: '2030-01-01T12:00:00Z',
        expiresAtMs: nowMs + 1,
        conditions: names.map((field) => ({ kind: 'eq' as const, field, value: values[field] as string })),
      };
      const verdict = (given: Record<string, string>) =>
        checkPolicy(policy, {
          bucket: 'examplebucket',
          form: form(Object.entries(given).map(([field, value]) => `${field}=${value}`)),
          nowMs,
          controlFields: [],
        });
      assert.doesNotThrow(() => verdict(values));
      const changed = names[pick % names.length] as string;
      assert.throws(() => verdict({ ...values, [changed]: `${values[changed]}!` }), { code: 'AccessDenied' });
    }),
  );
});
