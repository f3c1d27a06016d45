// The language of access policies: what is understood, and what is refused, with the words that say why.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  AccessPolicyError,
  type AccessPolicyKind,
  accessPolicyBytesMax,
  parseAccessPolicy,
} from '../src/access/access-policy.ts';
import { isInRange, parseIpAddress, parseIpRange } from '../src/access/ip-range.ts';
import { matchesWildcard } from '../src/access/wildcard.ts';
import { parseIsoTime } from '../src/time.ts';

/** A right policy with these members of its one statement changed; undefined leaves one out. */
function policyWith(changes: Readonly<Record<string, unknown>>): string {
  const statement = { Effect: 'Allow', Action: 'oss:GetObject', Resource: 'acs:oss:*:*:b/*', ...changes };
  return JSON.stringify({ Version: '1', Statement: [statement] });
}

function problemOf(text: string, kind: AccessPolicyKind = 'identity'): string {
  try {
    parseAccessPolicy(text, kind);
  } catch (error) {
    assert.ok(error instanceof AccessPolicyError, String(error));
    return `${error.fault}: ${error.message}`;
  }
  return 'none';
}

const everything = {
  Action: ['oss:Get*', 'oss:PutObject', 'ram:ListUsers', '*'],
  Resource: ['acs:oss:*:*:b', 'acs:oss:oss-cn-hangzhou:1234:b/a:b/*', '*'],
  Condition: {
    StringLike: { 'oss:Prefix': ['a/*', 'b?'], 'acs:UserAgent': 'curl*' },
    NumericLessThan: { 'oss:BucketTag/rank': [10, '11.5'] },
    DateGreaterThan: { 'acs:CurrentTime': '2019-06-19T00:00:00+08:00' },
    Bool: { 'acs:SecureTransport': true },
    IpAddress: { 'acs:SourceIp': ['10.0.0.0/8', '::1', '2001:db8::/32'] },
    StringEquals: { 'acs:SourceVpc': 'vpc-1' },
  },
};

suite('what is understood', () => {
  test('every member, single values and lists', () => {
    assert.equal(problemOf(policyWith(everything)), 'none');
    assert.equal(problemOf(policyWith(everything), 'session'), 'none');
    const named = policyWith({ ...everything, Principal: ['*', '27*', 'arn:sts::1:assumed-role/r/*'] });
    assert.equal(problemOf(named, 'bucket'), 'none');
  });

  test('no principals mean everybody', () => {
    const [statement] = parseAccessPolicy(policyWith({ Principal: [] }), 'bucket').statements;
    assert.deepEqual(statement?.principals, ['*']);
  });

  const refused: readonly (readonly [text: string, problem: string, kind?: AccessPolicyKind])[] = [
    ['', 'grammar: not JSON: a value expected, not the end at line 1, column 1'],
    ['[]', 'grammar: the policy must be an object'],
    ['{"Version":"1","Version":"1"}', 'grammar: not JSON: a name that occurs twice at line 1, column 16'],
    ['{"Statement":[]}', 'version: Version must be the string "1"'],
    ['{"Version":1,"Statement":[]}', 'version: Version must be the string "1"'],
    ['{"Version":"1"}', 'grammar: Statement must be an array of at least one statement'],
    ['{"Version":"1","Statement":[]}', 'grammar: Statement must be an array of at least one statement'],
    ['{"Version":"1","Statement":[1]}', 'grammar: statement 1 must be an object'],
    ['{"Version":"1","Statement":[],"Id":"a"}', 'grammar: the policy: "Id" is not known'],
    [policyWith({ NotAction: 'oss:*' }), 'grammar: statement 1: "NotAction" is not known'],
    [policyWith({ Principal: '*' }), 'grammar: statement 1: "Principal" is not known'],
    [policyWith({}), 'grammar: statement 1: Principal is missing', 'bucket'],
    [policyWith({ Principal: '"' }), 'grammar: statement 1: """ is no principal', 'bucket'],
    [policyWith({ Effect: 'allow' }), 'grammar: statement 1: Effect must be "Allow" or "Deny"'],
    [policyWith({ Effect: undefined }), 'grammar: statement 1: Effect must be "Allow" or "Deny"'],
    [policyWith({ Action: undefined }), 'grammar: statement 1: Action is missing'],
    [policyWith({ Action: [] }), 'grammar: statement 1: Action must name at least one'],
    [policyWith({ Action: [1] }), 'grammar: statement 1: Action must be a text or an array of texts'],
    [
      policyWith({ Action: 'GetObject' }),
      'grammar: statement 1: "GetObject" is no action such as oss:PutObject',
    ],
    [policyWith({ Resource: '' }), 'grammar: statement 1: Resource must be a text or an array of texts'],
    [
      policyWith({ Resource: 'b/*' }),
      'grammar: statement 1: "b/*" is no resource such as acs:oss:*:*:bucket/*',
    ],
    [policyWith({ Condition: [] }), 'grammar: statement 1: Condition must be an object'],
    [policyWith({ Condition: { Like: {} } }), 'grammar: statement 1: "Like" is no operator of conditions'],
    [policyWith({ Condition: { Bool: 1 } }), 'grammar: statement 1: Bool must be an object'],
    [
      policyWith({ Condition: { StringEquals: { 'acs:SourceIP': 'a' } } }),
      'grammar: statement 1: StringEquals: "acs:SourceIP" is nothing that a condition can ask about',
    ],
    [
      policyWith({ Condition: { StringEquals: { 'oss:Prefix': [] } } }),
      'grammar: statement 1: StringEquals: oss:Prefix must name at least one',
    ],
    [
      policyWith({ Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/33' } } }),
      'grammar: statement 1: IpAddress: expected an IP address or a range such as 10.0.0.0/8, not "10.0.0.0/33"',
    ],
    [
      policyWith({ Condition: { DateLessThan: { 'acs:CurrentTime': '2019-02-30T00:00:00Z' } } }),
      'grammar: statement 1: DateLessThan: expected a time such as 2030-01-01T00:00:00Z, not "2019-02-30T00:00:00Z"',
    ],
    [
      policyWith({ Condition: { NumericEquals: { 'oss:BucketTag/a': '1e3' } } }),
      'grammar: statement 1: NumericEquals: expected a decimal number, not "1e3"',
    ],
    [
      policyWith({ Condition: { Bool: { 'acs:SecureTransport': 'yes' } } }),
      'grammar: statement 1: Bool: expected true or false, not "yes"',
    ],
  ];
  for (const [text, problem, kind] of refused) {
    test(`refused: ${text.slice(0, 120)}`, () => assert.equal(problemOf(text, kind), problem));
  }

  test('a policy may have so many bytes, and none more', () => {
    for (const [kind, bytesMax] of Object.entries(accessPolicyBytesMax) as [AccessPolicyKind, number][]) {
      const text = policyWith(kind === 'bucket' ? { Principal: '*' } : {});
      const padded = text.padEnd(bytesMax);
      assert.equal(problemOf(padded, kind), 'none');
      assert.equal(problemOf(`${padded} `, kind), `size: the policy has more than ${bytesMax} bytes`);
    }
  });

  test('whatever comes in, it is read or refused', () => {
    const mutated = fc
      .tuple(fc.constant(policyWith(everything)), fc.nat(600), fc.nat(20), fc.string())
      .map(([text, at, length, by]) => text.slice(0, at) + by + text.slice(at + length));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), mutated), (text) => void problemOf(text)));
  });
});

suite('wildcards', () => {
  const cases: readonly (readonly [pattern: string, text: string, fits: boolean])[] = [
    ['', '', true],
    ['', 'a', false],
    ['a', 'a', true],
    ['a', 'A', false],
    ['*', '', true],
    ['*', 'a/b:c', true],
    ['a*', 'a', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abbcd', false],
    ['*a*b', 'xaxbxab', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['?', '😀', true],
    ['??', '😀', false],
    ['**', '', true],
    ['[a]', 'a', false],
    ['a.c', 'abc', false],
  ];
  for (const [pattern, text, fits] of cases) {
    test(`${pattern} on ${text}: ${fits}`, () => assert.equal(matchesWildcard(pattern, text), fits));
  }

  test('they mean what the same regular expression means', () => {
    const letters = (...characters: string[]) =>
      fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
    fc.assert(
      fc.property(letters('a', 'b', '*', '?'), letters('a', 'b'), (pattern, text) => {
        const source = pattern.replaceAll('*', '.*').replaceAll('?', '.');
        assert.equal(matchesWildcard(pattern, text), new RegExp(`^${source}$`, 's').test(text));
      }),
    );
  });

  test('many stars take no longer than both lengths multiplied', () => {
    assert.equal(matchesWildcard(`${'*a'.repeat(1000)}b`, 'a'.repeat(1000)), false);
  });
});

suite('addresses', () => {
  const cases: readonly (readonly [range: string, address: string, within: boolean])[] = [
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.0.0.0', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['192.168.1.7', '192.168.1.7', true],
    ['192.168.1.7', '192.168.1.8', false],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['::/0', '10.0.0.1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
  ];
  for (const [range, address, within] of cases) {
    test(`${address} in ${range}: ${within}`, () => {
      const parsed = parseIpRange(range);
      const value = parseIpAddress(address);
      assert.ok(parsed && value !== undefined);
      assert.equal(isInRange(value, parsed), within);
    });
  }

  const broken = [
    ...[
      '',
      '10',
      '10.0.0',
      '10.0.0.256',
      '010.0.0.1',
      '10.0.0.1/33',
      '10.0.0.1/',
      '10.0.0.1/08',
      '10.0.0.1/8/8',
    ],
    ...[
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '::1%eth0',
      '12345::',
      '::/129',
      '1.2.3.4::',
    ],
    ...['1:2:3:4:5:6:7:8::', '[::1]', '10.0.0.1:80'],
  ];
  for (const text of broken) test(`"${text}" is none`, () => assert.equal(parseIpRange(text), undefined));
});

test('times', () => {
  const cases: Readonly<Record<string, string | undefined>> = {
    '2019-06-19T00:00:00Z': '2019-06-19T00:00:00.000Z',
    '2019-06-19T00:00:00.1239Z': '2019-06-19T00:00:00.123Z',
    '2019-06-19T08:00:00+08:00': '2019-06-19T00:00:00.000Z',
    '2019-06-18T23:30:00-00:30': '2019-06-19T00:00:00.000Z',
    '2019-06-19T00:00:00': undefined,
    '2019-06-19': undefined,
    '2019-06-31T00:00:00Z': undefined,
    '2019-06-19T24:00:00Z': undefined,
    '2019-06-19T00:00:00+24:00': undefined,
  };
  for (const [text, iso] of Object.entries(cases)) {
    const timeMs = parseIsoTime(text);
    assert.equal(timeMs === undefined ? undefined : new Date(timeMs).toISOString(), iso, text);
  }
});
