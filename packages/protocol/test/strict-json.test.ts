// The strict JSON reader: agrees with JSON.parse on what both accept, and refuses what two readers could understand differently.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  exactCount,
  formatJson,
  JsonError,
  JsonNumber,
  type JsonValue,
  parseStrictJson,
} from '../src/policy/strict-json.ts';

/** As JSON.parse would give it. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (value instanceof Map)
    return Object.fromEntries(Array.from(value, ([key, member]) => [key, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

test('agrees with JSON.parse on what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      if (!text.isWellFormed() || /\\ud[89a-f]/i.test(text)) return;
      assert.deepEqual(plain(parseStrictJson(text)), JSON.parse(text));
      assert.deepEqual(plain(parseStrictJson(formatJson(parseStrictJson(text)))), JSON.parse(text));
    }),
  );
});

test('throws nothing but JsonError, and accepts nothing that JSON.parse refuses but \\$', () => {
  const letters = fc.constantFrom(
    ...'{}[]",:\\$u0019.-+eEtrufalsn /*\n\r\t\u0000\ufeff',
    'true',
    '"a"',
    '\\$',
  );
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 20 }), (text) => {
      let value: JsonValue;
      try {
        value = parseStrictJson(text);
      } catch (error) {
        assert.ok(error instanceof JsonError);
        return;
      }
      if (!text.includes('\\$')) assert.deepEqual(plain(value), JSON.parse(text));
    }),
    { numRuns: 5000 },
  );
});

test('what is read', () => {
  const READ: [text: string, value: unknown][] = [
    [' { "a" : [ 1 , true , null ] } ', { a: [1, true, null] }],
    ['"\\/\\\\\\"\\b\\f\\n\\r\\t\\u7b80"', '/\\"\b\f\n\r\t简'],
    ['"user/\\${filename}"', 'user/${filename}'],
    ['"user/${filename}"', 'user/${filename}'],
    ['"\\ud83d\\ude00"', '\u{1f600}'],
    ['[]', []],
    ['{}', {}],
  ];
  for (const [text, value] of READ) assert.deepEqual(plain(parseStrictJson(text)), value, text);
});

test('a key called __proto__ is a key', () => {
  const value = parseStrictJson('{"__proto__":{"polluted":true},"constructor":1}');
  assert.ok(value instanceof Map);
  assert.deepEqual([...value.keys()], ['__proto__', 'constructor']);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('what is refused, and where', () => {
  const REFUSED: [text: string, message: string][] = [
    ['', 'a value expected, not the end at line 1, column 1'],
    ['\ufeff{}', 'a value expected, not U+FEFF at line 1, column 1'],
    ['{"a":1,\n "a":2}', 'a name that occurs twice at line 2, column 2'],
    ['{"a":1,"\\u0061":2}', 'a name that occurs twice at line 1, column 8'],
    ['[1,2,]', 'a value expected, not ] at line 1, column 6'],
    ['{"a":1,}', 'a name in quotes expected, not } at line 1, column 8'],
    ['[1 2]', ', or ] expected, not 2 at line 1, column 4'],
    ['{"a":1 "b":2}', ', or } expected, not " at line 1, column 8'],
    ['{"a" 1}', ': expected, not 1 at line 1, column 6'],
    ['{a:1}', 'a name in quotes expected, not a at line 1, column 2'],
    ["{'a':1}", "a name in quotes expected, not ' at line 1, column 2"],
    ['[1] // x', 'unexpected / after the end at line 1, column 5'],
    ['[/* x */1]', 'a value expected, not / at line 1, column 2'],
    ['NaN', 'a value expected, not N at line 1, column 1'],
    ['-Infinity', 'a value expected, not - at line 1, column 1'],
    ['+1', 'a value expected, not + at line 1, column 1'],
    ['01', 'unexpected 1 after the end at line 1, column 2'],
    ['1.', 'unexpected . after the end at line 1, column 2'],
    ['.5', 'a value expected, not . at line 1, column 1'],
    ['0x10', 'unexpected x after the end at line 1, column 2'],
    ['truely', 'unexpected l after the end at line 1, column 5'],
    ['"a', 'a string that does not end at line 1, column 3'],
    ['"a\nb"', 'a raw U+000A at line 1, column 3'],
    ['"\\x"', 'an unknown escape at line 1, column 2'],
    ['"\\u12"', 'an unknown escape at line 1, column 2'],
    ['"\\u+123"', 'an unknown escape at line 1, column 2'],
    ['"\\', 'an unknown escape at line 1, column 2'],
    ['"\\ud83d"', 'half of a surrogate pair in a string at line 1, column 1'],
    ['[1]\u00a0', 'unexpected U+00A0 after the end at line 1, column 4'],
    ['{"constructor"', ': expected, not the end at line 1, column 15'],
  ];
  for (const [text, message] of REFUSED) {
    assert.throws(() => parseStrictJson(text), { name: 'JsonError', message }, text);
  }
});

test('eight deep is read; nine and a hundred thousand are refused', () => {
  assert.equal(formatJson(parseStrictJson('['.repeat(8) + ']'.repeat(8))), '['.repeat(8) + ']'.repeat(8));
  const refusal = { name: 'JsonError', message: 'nested more than 8 deep at line 1, column 9' };
  assert.throws(() => parseStrictJson('['.repeat(9) + ']'.repeat(9)), refusal);
  assert.throws(() => parseStrictJson('['.repeat(100_000)), refusal);
  assert.throws(() => parseStrictJson('{"a":'.repeat(100_000)), /^JsonError: nested more than 8 deep/);
});

test('which numbers are counts', () => {
  const COUNTS: Record<string, number | undefined> = {
    '0': 0,
    '1024': 1024,
    '9007199254740991': 2 ** 53 - 1,
    '9007199254740992': undefined,
    '9007199254740993': undefined,
    '10000000000000000000000': undefined,
    '-0': undefined,
    '-1': undefined,
    '1.0': undefined,
    '1.5': undefined,
    '1e3': undefined,
    '1e400': undefined,
    '"10"': undefined,
    true: undefined,
    null: undefined,
    '[1]': undefined,
  };
  for (const [text, count] of Object.entries(COUNTS))
    assert.equal(exactCount(parseStrictJson(text)), count, text);
});
