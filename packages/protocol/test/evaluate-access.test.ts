// What policies decide: statements against requests, principals of bucket policies, and the order in which policies are heard. A case is one
// line: the statement, what is asked, and the verdict.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { type AccessPolicy, parseAccessPolicy } from '../src/access/access-policy.ts';
import {
  type AccessDecision,
  type AccessPrincipal,
  type AccessRequest,
  decideByPolicies,
  isPublicPolicy,
  judgeBucketPolicy,
  judgeIdentity,
  type Verdict,
} from '../src/access/evaluate-access.ts';

type Statement = Readonly<Record<string, unknown>>;

const right = { Effect: 'Allow', Action: 'oss:*', Resource: '*' };

function policy(...statements: readonly Statement[]): AccessPolicy {
  const text = JSON.stringify({ Version: '1', Statement: statements.map((one) => ({ ...right, ...one })) });
  return parseAccessPolicy(text, 'identity');
}

function bucketPolicy(...statements: readonly Statement[]): AccessPolicy {
  const full = statements.map((one) => ({ Principal: '*', ...right, ...one }));
  return parseAccessPolicy(JSON.stringify({ Version: '1', Statement: full }), 'bucket');
}

/** `oss:GetObject b/key`, with values for conditions. */
function ask(line: string, values: Readonly<Record<string, string>> = {}): AccessRequest {
  const [action = '', path = ''] = line.split(' ');
  const resource = { service: 'oss', region: 'cn-hangzhou', account: 'owner', path };
  return { action, resource, findValue: (key) => values[key] };
}

suite('statements', () => {
  const cases: readonly (readonly [statement: Statement, asked: string, verdict: Verdict])[] = [
    [{}, 'oss:GetObject b/k', 'allow'],
    [{ Effect: 'Deny' }, 'oss:GetObject b/k', 'deny'],
    [{ Action: 'oss:Get*' }, 'oss:GetObject b/k', 'allow'],
    [{ Action: 'oss:Get*' }, 'oss:PutObject b/k', 'none'],
    [{ Action: 'OSS:getobject' }, 'oss:GetObject b/k', 'allow'],
    [{ Action: 'oss:GetObject' }, 'oss:GetObjectVersion b/k', 'none'],
    [{ Action: 'ram:*' }, 'oss:GetObject b/k', 'none'],
    [{ Action: ['oss:PutObject', 'oss:GetObject'] }, 'oss:GetObject b/k', 'allow'],
    [{ Resource: 'acs:oss:*:*:b' }, 'oss:ListObjects b', 'allow'],
    [{ Resource: 'acs:oss:*:*:b/*' }, 'oss:ListObjects b', 'none'],
    [{ Resource: 'acs:oss:*:*:b' }, 'oss:GetObject b/k', 'none'],
    [{ Resource: 'acs:oss:*:*:b/*' }, 'oss:GetObject b/k/l', 'allow'],
    [{ Resource: 'acs:oss:*:*:b/user/42/*' }, 'oss:PutObject b/user/42/a', 'allow'],
    [{ Resource: 'acs:oss:*:*:b/user/42/*' }, 'oss:PutObject b/user/421', 'none'],
    [{ Resource: 'acs:oss:*:owner:b/*' }, 'oss:GetObject b/k', 'allow'],
    [{ Resource: 'acs:oss:*:other:b/*' }, 'oss:GetObject b/k', 'none'],
    [{ Resource: 'acs:oss:oss-cn-hangzhou:*:b/*' }, 'oss:GetObject b/k', 'allow'],
    [{ Resource: 'acs:oss:cn-hangzhou:*:b/*' }, 'oss:GetObject b/k', 'allow'],
    [{ Resource: 'acs:oss:cn-beijing:*:b/*' }, 'oss:GetObject b/k', 'none'],
    [{ Resource: 'acs:ecs:*:*:b/*' }, 'oss:GetObject b/k', 'none'],
    // A wildcard for the account does not reach into the name, or this key would be in the bucket b.
    [{ Resource: 'acs:oss:*:*:b/k' }, 'oss:GetObject other/x:b/k', 'none'],
    [{ Resource: 'acs:oss:*:*:*' }, 'oss:ListBuckets ', 'allow'],
    [{ Resource: 'acs:oss:*:*:b' }, 'oss:ListBuckets ', 'none'],
  ];
  for (const [statement, asked, verdict] of cases) {
    test(`${JSON.stringify(statement)} on ${asked}: ${verdict}`, () =>
      assert.equal(judgeIdentity([policy(statement)], ask(asked)), verdict));
  }
});

suite('conditions', () => {
  const cases: readonly (readonly [
    condition: unknown,
    values: Readonly<Record<string, string>>,
    holds: boolean,
  ])[] = [
    [{}, {}, true],
    [{ StringEquals: { 'oss:Prefix': ['a/', 'b/'] } }, { 'oss:Prefix': 'b/' }, true],
    [{ StringEquals: { 'oss:Prefix': 'a/' } }, { 'oss:Prefix': 'A/' }, false],
    [{ StringEquals: { 'oss:Prefix': 'a/' } }, {}, false],
    [{ StringNotEquals: { 'oss:Prefix': ['a/', 'b/'] } }, { 'oss:Prefix': 'c/' }, true],
    [{ StringNotEquals: { 'oss:Prefix': ['a/', 'b/'] } }, { 'oss:Prefix': 'b/' }, false],
    [{ StringNotEquals: { 'oss:Prefix': 'a/' } }, {}, true],
    [{ StringEqualsIgnoreCase: { 'acs:UserAgent': 'CURL' } }, { 'acs:UserAgent': 'curl' }, true],
    [{ StringNotEqualsIgnoreCase: { 'acs:UserAgent': 'CURL' } }, { 'acs:UserAgent': 'curl' }, false],
    [{ StringLike: { 'oss:Prefix': 'user/*' } }, { 'oss:Prefix': 'user/42/' }, true],
    [{ StringLike: { 'oss:Prefix': 'user/?' } }, { 'oss:Prefix': 'user/42' }, false],
    [{ StringNotLike: { 'oss:Prefix': 'user/*' } }, { 'oss:Prefix': 'other' }, true],
    [{ NumericEquals: { 'oss:BucketTag/n': 1 } }, { 'oss:BucketTag/n': '1.0' }, true],
    [{ NumericNotEquals: { 'oss:BucketTag/n': 1 } }, { 'oss:BucketTag/n': '2' }, true],
    [{ NumericNotEquals: { 'oss:BucketTag/n': 1 } }, { 'oss:BucketTag/n': 'x' }, true],
    [{ NumericLessThan: { 'oss:BucketTag/n': 10 } }, { 'oss:BucketTag/n': '9' }, true],
    [{ NumericLessThan: { 'oss:BucketTag/n': 10 } }, { 'oss:BucketTag/n': '10' }, false],
    [{ NumericLessThan: { 'oss:BucketTag/n': 10 } }, { 'oss:BucketTag/n': 'x' }, false],
    [{ NumericLessThanEquals: { 'oss:BucketTag/n': 10 } }, { 'oss:BucketTag/n': '10' }, true],
    [{ NumericGreaterThan: { 'oss:BucketTag/n': 10 } }, { 'oss:BucketTag/n': '11' }, true],
    [{ NumericGreaterThanEquals: { 'oss:BucketTag/n': 10 } }, { 'oss:BucketTag/n': '10' }, true],
    ...(
      ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'] as const
    ).flatMap((operator) =>
      (['2030-01-01T00:00:00Z', '2030-01-01T00:00:01Z', '2029-12-31T23:59:59Z'] as const).map(
        (now) =>
          [
            { [`Date${operator}`]: { 'acs:CurrentTime': '2030-01-01T08:00:00+08:00' } },
            { 'acs:CurrentTime': now },
            {
              Equals: now === '2030-01-01T00:00:00Z',
              NotEquals: now !== '2030-01-01T00:00:00Z',
              LessThan: now < '2030',
              LessThanEquals: now <= '2030-01-01T00:00:00Z',
              GreaterThan: now > '2030-01-01T00:00:00Z',
              GreaterThanEquals: now > '2030',
            }[operator],
          ] as const,
      ),
    ),
    [{ Bool: { 'acs:SecureTransport': 'true' } }, { 'acs:SecureTransport': 'true' }, true],
    [{ Bool: { 'acs:SecureTransport': 'TRUE' } }, { 'acs:SecureTransport': 'false' }, false],
    [{ Bool: { 'acs:MFAPresent': 'false' } }, {}, false],
    [{ IpAddress: { 'acs:SourceIp': ['10.0.0.0/8', '::1'] } }, { 'acs:SourceIp': '::1' }, true],
    [{ IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }, { 'acs:SourceIp': '11.0.0.1' }, false],
    [{ NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }, { 'acs:SourceIp': '11.0.0.1' }, true],
    [{ NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }, { 'acs:SourceIp': '::ffff:10.0.0.1' }, false],
    [{ StringEquals: { 'acs:SourceVpc': 'vpc-1' } }, {}, false],
    [{ StringNotEquals: { 'acs:SourceVpc': 'vpc-1' } }, {}, true],
    // All operators and all keys must hold.
    [
      { StringEquals: { 'oss:Prefix': 'a', 'oss:Delimiter': '/' } },
      { 'oss:Prefix': 'a', 'oss:Delimiter': '/' },
      true,
    ],
    [{ StringEquals: { 'oss:Prefix': 'a', 'oss:Delimiter': '/' } }, { 'oss:Prefix': 'a' }, false],
    [
      { StringEquals: { 'oss:Prefix': 'a' }, IpAddress: { 'acs:SourceIp': '::1' } },
      { 'oss:Prefix': 'a', 'acs:SourceIp': '::2' },
      false,
    ],
  ];
  for (const [condition, values, holds] of cases) {
    test(`${JSON.stringify(condition)} with ${JSON.stringify(values)}: ${holds}`, () => {
      const request = ask('oss:GetObject b/k', values);
      assert.equal(judgeIdentity([policy({ Condition: condition })], request), holds ? 'allow' : 'none');
    });
  }
});

const root: AccessPrincipal = { kind: 'account', account: 'owner' };
const user: AccessPrincipal = { kind: 'user', account: 'owner', userId: '2712' };
const session: AccessPrincipal = { kind: 'session', account: 'owner', roleName: 'app', sessionName: 'web-1' };
const anonymous: AccessPrincipal = { kind: 'anonymous' };

suite('principals', () => {
  const everyone = { root, user, session, anonymous };
  const always = { StringLike: { 'acs:UserAgent': '*' } };
  const cases: readonly (readonly [statement: Statement, named: readonly (keyof typeof everyone)[]])[] = [
    [{ Principal: '*' }, ['user', 'session', 'anonymous']],
    [{ Principal: [] }, ['user', 'session', 'anonymous']],
    [{ Principal: '*', Condition: {} }, ['user', 'session', 'anonymous']],
    [{ Principal: '*', Condition: always }, ['root', 'user', 'session', 'anonymous']],
    [{ Principal: ['*', 'owner'] }, ['root', 'user', 'session', 'anonymous']],
    [{ Principal: '2712' }, ['user']],
    [{ Principal: ['2712', 'owner'] }, ['root', 'user']],
    [{ Principal: '27*' }, ['user']],
    [{ Principal: '271' }, []],
    [{ Principal: 'arn:sts::owner:assumed-role/app/web-1' }, ['session']],
    [{ Principal: 'arn:sts::*:assumed-role/app/*' }, ['session']],
    [{ Principal: 'arn:sts::owner:assumed-role/other/*' }, []],
    [{ Principal: '?*' }, ['root', 'user', 'session']],
  ];
  for (const [statement, named] of cases) {
    test(`${JSON.stringify(statement)}: ${named.join(', ') || 'nobody'}`, () => {
      const request = ask('oss:GetObject b/k', { 'acs:UserAgent': 'curl' });
      const found = Object.entries(everyone)
        .filter(([, one]) => judgeBucketPolicy(bucketPolicy(statement), request, one, 'owner') === 'allow')
        .map(([name]) => name);
      assert.deepEqual(found, named);
    });
  }
});

suite('the order of evaluation', () => {
  const allow = policy({});
  const deny = policy({ Effect: 'Deny' });
  const silent = policy({ Action: 'oss:PutObject' });
  const bucketAllows = bucketPolicy({});
  const bucketDenies = bucketPolicy({ Effect: 'Deny' });

  const cases: readonly (readonly [
    words: string,
    session: AccessPolicy | undefined,
    identity: readonly AccessPolicy[],
    bucket: AccessPolicy | undefined,
    decision: string,
  ])[] = [
    ['nothing', undefined, [], undefined, 'open'],
    ['silent policies', undefined, [silent], undefined, 'open'],
    ['identity allows', undefined, [silent, allow], undefined, 'allowed'],
    ['identity denies', undefined, [allow, deny], undefined, 'denied by identity'],
    ['bucket allows', undefined, [], bucketAllows, 'allowed'],
    ['bucket denies', undefined, [], bucketDenies, 'denied by bucket'],
    ['bucket denies what identity allows', undefined, [allow], bucketDenies, 'denied by bucket'],
    ['identity denies what bucket allows', undefined, [deny], bucketAllows, 'denied by identity'],
    ['both deny', undefined, [deny], bucketDenies, 'denied by identity and bucket'],
    ['the session is silent', silent, [allow], bucketAllows, 'denied by session, implicitly'],
    ['the session denies', deny, [allow], undefined, 'denied by session'],
    ['the session allows, identity silent', allow, [silent], undefined, 'open'],
    ['the session allows, identity too', allow, [allow], undefined, 'allowed'],
    ['the session allows, identity denies', allow, [deny], undefined, 'denied by identity'],
    ['the session allows, bucket too', allow, [], bucketAllows, 'allowed'],
  ];
  for (const [words, own, identity, bucket, decision] of cases) {
    test(`${words}: ${decision}`, () => {
      const inForce = { session: own, identity, bucket };
      assert.equal(
        writeDecision(decideByPolicies(inForce, ask('oss:GetObject b/k'), session, 'owner')),
        decision,
      );
    });
  }

  test('an added Deny never opens anything, and the order of statements does not matter', () => {
    const effect = fc.constantFrom('Allow', 'Deny');
    const action = fc.constantFrom('oss:Get*', 'oss:Put*', 'oss:*');
    const statement = fc.record({ Effect: effect, Action: action });
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 5 }), (statements) => {
        const request = ask('oss:GetObject b/k');
        const before = judgeIdentity([policy(...statements)], request);
        assert.equal(judgeIdentity([policy(...statements.toReversed())], request), before);
        assert.equal(
          judgeIdentity(
            statements.map((one) => policy(one)),
            request,
          ),
          before,
        );
        assert.equal(judgeIdentity([policy(...statements, { Effect: 'Deny' })], request), 'deny');
      }),
    );
  });
});

function writeDecision(decision: AccessDecision): string {
  if (decision.outcome !== 'denied') return decision.outcome;
  return `denied by ${decision.by}${decision.implicit ? ', implicitly' : ''}`;
}

suite('a policy is public when it lets in whoever it does not name', () => {
  const condition = { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } };
  const from = (...ranges: string[]) => ({ Condition: { IpAddress: { 'acs:SourceIp': ranges } } });
  const cases: readonly (readonly [isPublic: boolean, ...statements: Statement[]])[] = [
    [true, {}],
    [true, { Principal: ['2712', '*'] }],
    [true, { Principal: '27*' }],
    [true, { Principal: '?712' }],
    [false, { Principal: '27*', Effect: 'Deny' }],
    [false, { Effect: 'Deny' }],
    [false, { Principal: '2712' }],
    [false, { Condition: condition }],
    [true, { Condition: condition }, {}],
    [true, { Condition: { StringLike: { 'acs:UserAgent': '*' } } }],
    [true, { Condition: { DateLessThan: { 'acs:CurrentTime': '2100-01-01T00:00:00Z' } } }],
    [false, { Condition: { ...condition, StringLike: { 'acs:UserAgent': '*' } } }],
    [true, { Condition: { NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } }],
    [false, from('10.0.0.0/8', '192.168.7.1')],
    [true, from('10.0.0.0/8', '0.0.0.0/0')],
    [true, from('128.0.0.0/7')],
    [false, from('2001:db8::/32')],
    [true, from('2000::/3')],
    // All of IPv4, in the words of IPv6.
    [true, from('::ffff:0.0.0.0/96')],
    [true, from('::/32')],
    [false, { Condition: { StringEquals: { 'acs:AccessId': 'key' } } }],
    [false, { Condition: { StringLike: { 'acs:AccessId': ['one', 'other'] } } }],
    [true, { Condition: { StringLike: { 'acs:AccessId': ['one', 'LTAI*'] } } }],
    [true, { Condition: { StringNotEquals: { 'acs:AccessId': 'key' } } }],
    [false, { Condition: { StringEquals: { 'acs:SourceVpc': 'vpc-1' } } }],
  ];
  for (const [isPublic, ...statements] of cases) {
    test(`${isPublic}: ${JSON.stringify(statements)}`, () =>
      assert.equal(isPublicPolicy(bucketPolicy(...statements)), isPublic));
  }
});
