// The policy document: written and read back, every documented way of being malformed with its EC, and the vectors of the SDKs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeBase64 } from '../src/base64.ts';
import { type ErrorName, OssError } from '../src/errors.ts';
import {
  type Condition,
  formatCondition,
  parsePolicy,
  parsePolicyJson,
  policyConditionsMax,
  writeExpiration,
  writePolicy,
} from '../src/policy/policy.ts';
import { encodeUtf8 } from '../src/utf8.ts';

const base64 = (text: string) => encodeBase64(encodeUtf8(text));

/** A policy with one condition, written as in the manual. */
const oneCondition = (condition: string) =>
  `{"expiration":"2030-01-01T12:00:00.000Z","conditions":[${condition}]}`;
const expiring = (expiration: string) => `{"expiration":${expiration},"conditions":[{"bucket":"b"}]}`;

function refuses(json: string, row: ErrorName, ec: string, message?: string): void {
  for (const parse of [() => parsePolicyJson(json), () => parsePolicy(base64(json))]) {
    assert.throws(parse, (error: unknown) => {
      assert.ok(error instanceof OssError, `${json}: ${error}`);
      assert.deepEqual([error.row, error.ec, error.status], [row, `0006-00000${ec}`, 400], json);
      if (message !== undefined) assert.equal(error.message, message);
      return true;
    });
  }
}

test('every EC of a malformed policy', () => {
  const ROWS: [json: string, row: ErrorName, ec: string][] = [
    ['[]', 'InvalidPolicyDocument', '201'],
    ['"policy"', 'InvalidPolicyDocument', '201'],
    ['null', 'InvalidPolicyDocument', '201'],
    [
      '{"expiration":"2030-01-01T12:00:00Z","conditions":[{"a":"b"},]}',
      'InvalidPolicyDocument.notJson',
      '204',
    ],
    ['{"expiration":"a","expiration":"b"}', 'InvalidPolicyDocument.notJson', '204'],
    ['{} // comment', 'InvalidPolicyDocument.notJson', '204'],
    [' ', 'InvalidPolicyDocument.notJson', '204'],
    ['\ufeff{}', 'InvalidPolicyDocument.notJson', '204'],
    [`{"a":${'['.repeat(100_000)}`, 'InvalidPolicyDocument.notJson', '204'],
    ['', 'InvalidPolicyDocument.empty', '205'],
    [
      '{"id":"x","expiration":"2030-01-01T12:00:00Z","conditions":[]}',
      'InvalidPolicyDocument.unknownParameter',
      '206',
    ],
    ['{"__proto__":{}}', 'InvalidPolicyDocument.unknownParameter', '206'],
    ['{"Expiration":"2030-01-01T12:00:00Z"}', 'InvalidPolicyDocument.unknownParameter', '206'],
    ['{"expiration":"2030-01-01T12:00:00Z"}', 'InvalidPolicyDocument.noConditions', '207'],
    ['{"conditions":[{"bucket":"b"}]}', 'InvalidPolicyDocument.noExpiration', '208'],
    ['{}', 'InvalidPolicyDocument.noExpirationNorConditions', '209'],
    [expiring('1893456000'), 'InvalidPolicyDocument.expirationNotString', '210'],
    [expiring('null'), 'InvalidPolicyDocument.expirationNotString', '210'],
    [expiring('""'), 'InvalidPolicyDocument.expirationEmpty', '211'],
    [expiring('"2023-02-19 13:19:00"'), 'InvalidPolicyDocument.expirationFormat', '212'],
    [
      `{"expiration":"2030-01-01T12:00:00Z","conditions":{}}`,
      'InvalidPolicyDocument.conditionsNotArray',
      '214',
    ],
    [oneCondition(''), 'InvalidPolicyDocument.conditionsEmpty', '215'],
    [oneCondition('["$key"]'), 'InvalidPolicyDocument.noMode', '216'],
    [oneCondition('[]'), 'InvalidPolicyDocument.noMode', '216'],
    [oneCondition('["$key","a.txt"]'), 'InvalidPolicyDocument.noMode', '216'],
    [oneCondition('[1,2,3]'), 'InvalidPolicyDocument.noMode', '216'],
    [oneCondition('["ends-with","$key",".jpg"]'), 'InvalidPolicyDocument.unknownMode', '217'],
    [oneCondition('["EQ","$key","a"]'), 'InvalidPolicyDocument.unknownMode', '217'],
    [oneCondition('["constructor","$key","a"]'), 'InvalidPolicyDocument.unknownMode', '217'],
    [oneCondition('["eq","$key"]'), 'InvalidPolicyDocument.operandCount', '218'],
    [oneCondition('["starts-with","$key","a","b"]'), 'InvalidPolicyDocument.operandCount', '218'],
    [oneCondition('["content-length-range",1]'), 'InvalidPolicyDocument.operandCount', '218'],
    [oneCondition('["content-length-range",10,1]'), 'InvalidPolicyDocument.rangeOrder', '219'],
    [oneCondition('["content-length-range",1.5,10]'), 'InvalidPolicyDocument.rangeMin', '220'],
    [oneCondition('["content-length-range","1",10]'), 'InvalidPolicyDocument.rangeMin', '220'],
    [oneCondition('["content-length-range",-0,10]'), 'InvalidPolicyDocument.rangeMin', '220'],
    [oneCondition('["content-length-range",-1,10]'), 'InvalidPolicyDocument.rangeMin', '220'],
    [oneCondition('["content-length-range",1,10.0]'), 'InvalidPolicyDocument.rangeMax', '221'],
    [oneCondition('["content-length-range",1,"1048576"]'), 'InvalidPolicyDocument.rangeMax', '221'],
    [oneCondition('["content-length-range",1,1e400]'), 'InvalidPolicyDocument.rangeMax', '221'],
    [oneCondition('["content-length-range",1,9007199254740993]'), 'InvalidPolicyDocument.rangeMax', '221'],
    [oneCondition('"eq"'), 'InvalidPolicyDocument.conditionKind', '222'],
    [oneCondition('null'), 'InvalidPolicyDocument.conditionKind', '222'],
    [oneCondition('7'), 'InvalidPolicyDocument.conditionKind', '222'],
    [oneCondition('{}'), 'InvalidPolicyDocument.simpleCondition', '222'],
    [oneCondition('{"bucket":"b","key":"k"}'), 'InvalidPolicyDocument.simpleCondition', '222'],
    [oneCondition('["content-length-range",[1],"test"]'), 'InvalidPolicyDocument.rangeOperands', '223'],
    [oneCondition('["content-length-range",0,null]'), 'InvalidPolicyDocument.rangeOperands', '223'],
    [oneCondition('["not-in","$key","a"]'), 'InvalidPolicyDocument.operandType', '224'],
    [oneCondition('["in","$key",["a",1]]'), 'InvalidPolicyDocument.operandType', '224'],
    [oneCondition('["eq","$key",1]'), 'InvalidPolicyDocument.operandType', '224'],
    [oneCondition('["eq","$key",["a"]]'), 'InvalidPolicyDocument.operandType', '224'],
    [oneCondition('["eq",7,"a"]'), 'InvalidPolicyDocument.operandType', '224'],
    [oneCondition('["eq","$","a"]'), 'InvalidPolicyDocument.operandType', '224'],
    [oneCondition('{"key":1}'), 'InvalidPolicyDocument.operandType', '224'],
    [oneCondition('{"":"a"}'), 'InvalidPolicyDocument.operandType', '224'],
  ];
  for (const [json, row, ec] of ROWS) refuses(json, row, ec);
});

test('what the messages say', () => {
  refuses(
    '{"expiration": "2030-01-01T12:00:00Z"\n "conditions": []}',
    'InvalidPolicyDocument.notJson',
    '204',
    'Invalid Policy: Invalid JSON: , or } expected, not " at line 2, column 2',
  );
  refuses(
    oneCondition('["not-in","$key","a"]'),
    'InvalidPolicyDocument.operandType',
    '224',
    'Invalid Policy: Invalid Condition: an argument of the wrong type in ["not-in", "$key", "a"].',
  );
  refuses(
    oneCondition('{"a":"b","c":"d"}'),
    'InvalidPolicyDocument.simpleCondition',
    '222',
    'Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
  );
});

test('a long piece of a malformed policy is not repeated whole', () => {
  const json = oneCondition(`["${'x'.repeat(100_000)}","$key","a"]`);
  assert.throws(
    () => parsePolicyJson(json),
    (error: unknown) => (error as OssError).message.length < 1200,
  );
});

test('the encoding around the JSON', () => {
  const ROWS: [field: string, row: ErrorName][] = [
    ['', 'InvalidPolicyDocument.empty'],
    ['not base64', 'InvalidPolicyDocument.notBase64'],
    [`${base64(oneCondition('{"a":"b"}'))}\n`, 'InvalidPolicyDocument.notBase64'],
    [
      base64(oneCondition('{"a":"b?>"}')).replaceAll('+', '-').replaceAll('/', '_'),
      'InvalidPolicyDocument.notBase64',
    ],
    [oneCondition('{"a":"b"}'), 'InvalidPolicyDocument.notBase64'],
    [encodeBase64(Uint8Array.of(0x22, 0xff, 0x22)), 'InvalidPolicyDocument.notUtf8'],
  ];
  for (const [field, row] of ROWS) assert.throws(() => parsePolicy(field), { name: 'OssError', row }, field);
});

test('no more than 256 conditions', () => {
  const repeated = (count: number) => oneCondition(Array(count).fill('{"a":"b"}').join(','));
  assert.equal(parsePolicyJson(repeated(policyConditionsMax)).conditions.length, 256);
  refuses(repeated(policyConditionsMax + 1), 'InvalidPolicyDocument', '201');
  refuses(repeated(100_000), 'InvalidPolicyDocument', '201');
});

test('expirations that are read', () => {
  const ROWS: [text: string, atMs: number][] = [
    ['2014-12-01T12:00:00.000Z', Date.UTC(2014, 11, 1, 12)],
    ['2115-01-27T10:56:19Z', Date.UTC(2115, 0, 27, 10, 56, 19)],
    ['2030-01-01T00:00:00.5Z', Date.UTC(2030, 0, 1, 0, 0, 0, 500)],
    ['2030-01-01T00:00:00.123456789Z', Date.UTC(2030, 0, 1, 0, 0, 0, 123)],
    ['2028-02-29T23:59:59Z', Date.UTC(2028, 1, 29, 23, 59, 59)],
    ['9999-12-31T23:59:59.999Z', 253402300799999],
  ];
  for (const [text, atMs] of ROWS) {
    const policy = parsePolicyJson(expiring(JSON.stringify(text)));
    assert.deepEqual([policy.expiration, policy.expiresAtMs], [text, atMs]);
  }
  assert.equal(writeExpiration(Date.UTC(2030, 0, 1, 12)), '2030-01-01T12:00:00.000Z');
});

test('expirations that are refused', () => {
  const REFUSED = [
    '2030',
    '2030-01-01',
    'Tue 1 Jan 2030',
    'Tue, 01 Jan 2030 00:00:00 GMT',
    '2030-01-01T00:00:00',
    '2030-01-01T00:00:00+08:00',
    '2030-01-01T00:00:00+00:00',
    '2030-01-01 00:00:00Z',
    '2030-01-01t00:00:00z',
    '2030-01-01T00:00Z',
    '2030-01-01T00:00:00.Z',
    '2030-01-01T00:00:00,5Z',
    '2030-01-01T00:00:00.1234567890Z',
    '2030-02-30T00:00:00Z',
    '2029-02-29T00:00:00Z',
    '2030-13-01T00:00:00Z',
    '2030-00-01T00:00:00Z',
    '2030-01-00T00:00:00Z',
    '2030-01-01T24:00:00Z',
    '2030-01-01T23:60:00Z',
    '2016-12-31T23:59:60Z',
    '+012030-01-01T00:00:00Z',
    '20300101T000000Z',
    ' 2030-01-01T00:00:00Z',
    '2030-01-01T00:00:00Z\n',
    '٢٠٣٠-01-01T00:00:00Z',
  ];
  for (const text of REFUSED) {
    refuses(expiring(JSON.stringify(text)), 'InvalidPolicyDocument.expirationFormat', '212');
  }
});

test('conditions and how errors show them', () => {
  const ROWS: [written: string, shown: string][] = [
    ['{"bucket":"mingdi-bjx"}', '["eq", "$bucket", "mingdi-bjx"]'],
    ['["eq","success_action_status","200"]', '["eq", "$success_action_status", "200"]'],
    ['["eq","$key","a\\/b"]', '["eq", "$key", "a/b"]'],
    ['["starts-with","$key",""]', '["starts-with", "$key", ""]'],
    [
      '["in","$content-type",["image/jpg","image/png"]]',
      '["in", "$content-type", ["image/jpg", "image/png"]]',
    ],
    ['["not-in","$cache-control",["no-cache"]]', '["not-in", "$cache-control", ["no-cache"]]'],
    ['["in","$key",[]]', '["in", "$key", []]'],
    ['["content-length-range", 0, 104857600]', '["content-length-range", 0, 104857600]'],
    ['["eq","$X-OSS-Meta-Name","简历\\n\\u0001"]', '["eq", "$X-OSS-Meta-Name", "简历\\n\\u0001"]'],
    ['{"__proto__":"x"}', '["eq", "$__proto__", "x"]'],
  ];
  for (const [written, shown] of ROWS) {
    const [condition] = parsePolicyJson(oneCondition(written)).conditions;
    assert.equal(formatCondition(condition as Condition), shown);
  }
});

test('a dollar sign may be written in three ways', () => {
  for (const written of ['user/${filename}', 'user/\\${filename}', 'user/\\\\${filename}']) {
    assert.deepEqual(
      parsePolicyJson(
        oneCondition(`["eq","$key","${written}"],{"key":"${written}"},["in","$key",["${written}"]]`),
      ).conditions,
      [
        { kind: 'eq', field: 'key', value: 'user/${filename}' },
        { kind: 'eq', field: 'key', value: 'user/${filename}' },
        { kind: 'in', field: 'key', values: ['user/${filename}'] },
      ],
      written,
    );
  }
  for (const field of ['key', '$key', '\\$key', '\\\\$key']) {
    assert.deepEqual(parsePolicyJson(oneCondition(`["eq","${field}","a"]`)).conditions, [
      { kind: 'eq', field: 'key', value: 'a' },
    ]);
  }
});

test('the policies of the Java SDK', () => {
  const json =
    '{"expiration":"2020-03-19T03:44:06.476Z","conditions":[{"bucket":"gen-post-policy"},["eq","$key","user\\/eric\\/\\\\${filename}"],["starts-with","$key","user\\/eric"],["starts-with","$x-oss-meta-tag","dummy_etag"],["content-length-range",1,1024]]}';
  assert.deepEqual(parsePolicyJson(json), {
    expiration: '2020-03-19T03:44:06.476Z',
    expiresAtMs: Date.UTC(2020, 2, 19, 3, 44, 6, 476),
    conditions: [
      { kind: 'eq', field: 'bucket', value: 'gen-post-policy' },
      { kind: 'eq', field: 'key', value: 'user/eric/${filename}' },
      { kind: 'starts-with', field: 'key', value: 'user/eric' },
      { kind: 'starts-with', field: 'x-oss-meta-tag', value: 'dummy_etag' },
      { kind: 'content-length-range', minBytes: 1, maxBytes: 1024 },
    ],
  });
});

const text = fc
  .string({
    unit: fc.oneof(fc.constantFrom('$', '\\', '"', '/', '{'), fc.string({ unit: 'binary', maxLength: 1 })),
  })
  .filter((value) => value.isWellFormed());
const field = text.filter((value) => value !== '');
const plainObjects = { noNullPrototype: true };
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ kind: fc.constantFrom('eq', 'starts-with'), field, value: text }, plainObjects),
  fc.record({ kind: fc.constantFrom('in', 'not-in'), field, values: fc.array(text) }, plainObjects),
  fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()).map(([a, b]) => ({
    kind: 'content-length-range' as const,
    minBytes: Math.min(a, b),
    maxBytes: Math.max(a, b),
  })),
);

test('what is written reads back the same', () => {
  const times = fc.date({
    min: new Date('1970-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(times, fc.array(condition, { minLength: 1, maxLength: 10 }), (expires, conditions) => {
      const policy = {
        expiration: writeExpiration(expires.getTime()),
        expiresAtMs: expires.getTime(),
        conditions,
      };
      assert.deepEqual(parsePolicyJson(writePolicy(policy)), policy);
      assert.deepEqual(parsePolicy(base64(writePolicy(policy))), policy);
    }),
    { numRuns: 300 },
  );
});

test('nothing but OssError is thrown, whatever the policy', () => {
  const piece = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"expiration"',
      '"conditions"',
      '"2030-01-01T12:00:00Z"',
      '"eq"',
      '"$key"',
    ],
    ...['"content-length-range"', '"in"', '1', '1e9', 'null', '"a"', '\\', '"', ' '],
  );
  const onlyOssError = (parse: () => unknown) => {
    try {
      parse();
    } catch (error) {
      assert.ok(error instanceof OssError, String(error));
    }
  };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.string(), fc.jsonValue(), (pieces, junk, value) => {
      onlyOssError(() => parsePolicyJson(pieces.join('')));
      onlyOssError(() => parsePolicy(junk));
      onlyOssError(() =>
        parsePolicyJson(`{"expiration":"2030-01-01T12:00:00Z","conditions":${JSON.stringify(value)}}`),
      );
      onlyOssError(() => parsePolicyJson(oneCondition(JSON.stringify(value))));
    }),
    { numRuns: 1000 },
  );
});
