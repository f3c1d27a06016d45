// Percent-encoding: what encoders leave alone, what decoders refuse, and that each reads the other back.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { OssError } from '../src/errors.ts';
import { decodePercent, encodeComponent, encodePath, formatQuery, parseQuery } from '../src/percent.ts';

const encodings: readonly [text: string, component: string, path: string][] = [
  ['AZaz09-_.~', 'AZaz09-_.~', 'AZaz09-_.~'],
  ['a/b', 'a%2Fb', 'a/b'],
  ['a b+c', 'a%20b%2Bc', 'a%20b%2Bc'],
  ["!'()*", '%21%27%28%29%2A', '%21%27%28%29%2A'],
  ['%2F', '%252F', '%252F'],
  ['简历.pdf', '%E7%AE%80%E5%8E%86.pdf', '%E7%AE%80%E5%8E%86.pdf'],
  ['\u0001\u007f', '%01%7F', '%01%7F'],
  ['😀', '%F0%9F%98%80', '%F0%9F%98%80'],
  ['\ud800', '%EF%BF%BD', '%EF%BF%BD'],
  ['..//./', '..%2F%2F.%2F', '..//./'],
];

for (const [text, component, path] of encodings) {
  test(`encodes ${JSON.stringify(text)}`, () => {
    assert.equal(encodeComponent(text), component);
    assert.equal(encodePath(text), path);
  });
}

const decodings: readonly [text: string, decoded: string | undefined][] = [
  ['', ''],
  ['a+b', 'a+b'],
  ['a%2Fb%2fc', 'a/b/c'],
  ['%E7%AE%80', '简'],
  ['%00', '\0'],
  ['%', undefined],
  ['%4', undefined],
  ['%zz', undefined],
  ['%C0%AF', undefined],
  ['%ED%A0%80', undefined],
  ['%F5%80%80%80', undefined],
  ['%FF', undefined],
  ['简', undefined],
  ['a b', undefined],
];

for (const [text, decoded] of decodings) {
  test(`decodes ${JSON.stringify(text)}`, () => assert.equal(decodePercent(text), decoded));
}

const queries: readonly [raw: string, parameters: [string, string][]][] = [
  ['', []],
  ['acl', [['acl', '']]],
  ['acl=', [['acl', '']]],
  [
    'a=1&a=2&b',
    [
      ['a', '1'],
      ['a', '2'],
      ['b', ''],
    ],
  ],
  ['&a=b=c&&', [['a', 'b=c']]],
  ['a=1+2%2B3%203', [['a', '1 2+3 3']]],
  ['%2Bp+q=1', [['+p q', '1']]],
];

for (const [raw, parameters] of queries) {
  test(`query ${raw}`, () => assert.deepEqual(parseQuery(raw), parameters));
}

test('a query with a bad escape is refused', () => {
  for (const raw of ['a=%', '%ff=1', 'a=b&c=é']) {
    assert.throws(
      () => parseQuery(raw),
      (error) => error instanceof OssError && error.row === 'InvalidArgument.query',
    );
  }
});

const anyText = fc.string({ unit: 'binary' });

test('what is encoded decodes to the same', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.equal(decodePercent(encodeComponent(text)), text);
      assert.equal(decodePercent(encodePath(text)), text);
    }),
  );
});

test('a query reads back as it was written', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, anyText)), (parameters) => {
      assert.deepEqual(parseQuery(formatQuery(parameters)), parameters);
    }),
  );
});
