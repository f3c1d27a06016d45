// Who may do what: every operation against users with no policy, with the one that it needs, and with one that denies it; then policies of
// buckets and sessions, access lists, and the words of the refusals.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { ACTIONS, type Action, OssError, parseAccessPolicy, parseBucketName } from '@postern/protocol';
import type { Identity } from '../src/access/credentials.ts';
import { OPERATIONS, type Operation } from '../src/operations.ts';
import { type Given, startTestServer } from './call-notation.ts';

type Statement = Readonly<Record<string, unknown>>;

function identityPolicy(...statements: readonly Statement[]) {
  const full = statements.map((one) => ({ Effect: 'Allow', Resource: '*', ...one }));
  return parseAccessPolicy(JSON.stringify({ Version: '1', Statement: full }), 'identity');
}

/** A user of alice's account. */
function user(...statements: readonly Statement[]): Identity {
  return {
    principal: { kind: 'user', account: 'alice', userId: '2712' },
    policies: statements.length === 0 ? [] : [identityPolicy(...statements)],
  };
}

const server = startTestServer();
const { ask, refusal } = server;
const alices = parseBucketName('alices');

async function setBucketPolicy(...statements: readonly Statement[]): Promise<void> {
  const full = statements.map((one) => ({ Effect: 'Allow', Principal: '*', Resource: '*', ...one }));
  const text = JSON.stringify({ Version: '1', Statement: full });
  await server.store.changeBucket(alices, {
    documents: { policy: statements.length === 0 ? undefined : text },
  });
}

before(async () => {
  await ask('PUT alices');
  await ask('PUT alices/k', { body: 'x' });
  await ask('PUT open', { headers: { 'x-oss-acl': 'public-read-write' } });
});

// --- Every operation ---

const deleteDocument = '<Delete><Object><Key>k</Key></Object></Delete>';

/** The least request that comes to the question of rights. */
function requestFor({ on, method, query, header }: Operation): [line: string, given: Given] {
  const path = { service: '', 'bucket-name': 'alices', bucket: 'alices', object: 'alices/k' }[on];
  const body = query === 'delete' ? deleteDocument : '';
  const headers = {
    ...(header !== undefined && { [header]: header === 'x-oss-copy-source' ? '/alices/k' : '1' }),
    'content-md5': createHash('md5').update(body).digest('base64'),
  };
  return [`${method} ${path}${query === undefined ? '' : `?${query}`}`, { headers, body }];
}

/** The row of the refusal; undefined when there was none. */
async function rowOf([line, given]: [string, Given], as: Identity | null): Promise<string | undefined> {
  try {
    await ask(line, { ...given, as });
    return undefined;
  } catch (error) {
    if (error instanceof OssError) return error.row;
    throw error;
  }
}

const isDenied = (row: string | undefined) => row?.startsWith('AccessDenied') === true;

suite('every operation', () => {
  for (const operation of OPERATIONS) {
    // Forms are signed by themselves.
    if (operation.name === 'PostObject') continue;
    test(`${operation.name} takes ${operation.action}`, async () => {
      const request = requestFor(operation);
      assert.equal(isDenied(await rowOf(request, user())), true, 'without any policy');
      assert.equal(isDenied(await rowOf(request, null)), true, 'anonymous');
      const others = Object.keys(ACTIONS).filter((action) => action !== operation.action);
      assert.equal(isDenied(await rowOf(request, user({ Action: others }))), true, 'with every other right');
      const denied = user({ Action: '*' }, { Effect: 'Deny', Action: operation.action });
      assert.equal(await rowOf(request, denied), 'AccessDenied.identityPolicy');
      const { on } = ACTIONS[operation.action as Action];
      const resource = { service: '*', bucket: 'alices', object: 'alices/k' }[on];
      const needed = { Action: operation.action, Resource: `acs:oss:*:*:${resource}` };
      // The source of a copy has to be read.
      const source = { Action: 'oss:GetObject', Resource: 'acs:oss:*:*:alices/k' };
      const allowed = await rowOf(request, user(needed, ...('header' in operation ? [source] : [])));
      assert.equal(isDenied(allowed), false, allowed);
    });
  }
});

// --- Users ---

const allowed = 'allowed';

async function outcome(line: string, given: Given): Promise<string> {
  try {
    await ask(line, given);
    return allowed;
  } catch (error) {
    if (!(error instanceof OssError)) throw error;
    return isDenied(error.row) ? error.row : allowed;
  }
}

suite('users', () => {
  const on = (action: string, resource: string): Statement => ({
    Action: action,
    Resource: `acs:oss:*:*:${resource}`,
  });
  const cases: readonly (readonly [
    rule: string,
    as: Identity,
    line: string,
    outcome: string,
    given?: Given,
  ])[] = [
    ['may write where a policy says', user(on('oss:PutObject', 'alices/u/*')), 'PUT alices/u/a', allowed],
    ['and nowhere else', user(on('oss:PutObject', 'alices/u/*')), 'PUT alices/v/a', 'AccessDenied.bucketAcl'],
    ['have what access lists grant to all', user(), 'PUT open/a', allowed],
    [
      'but not what a policy denies them',
      user({ ...on('oss:PutObject', 'open/*'), Effect: 'Deny' }),
      'PUT open/a',
      'AccessDenied.identityPolicy',
    ],
    [
      'need another right for a version',
      user({ Action: 'oss:GetObject' }),
      'GET alices/k?versionId=null',
      'AccessDenied.bucketAcl',
    ],
    ['which is this', user({ Action: 'oss:GetObjectVersion' }), 'GET alices/k?versionId=null', allowed],
    ['may make buckets of some name', user(on('oss:PutBucket', 'team-*')), 'PUT team-a', allowed],
    ['and of no other', user(on('oss:PutBucket', 'team-*')), 'PUT other', 'AccessDenied.createBucket'],
    [
      'may not open what they make',
      user({ Action: 'oss:PutBucket' }),
      'PUT team-b',
      'AccessDenied.notAllowed',
      { headers: { 'x-oss-acl': 'public-read' } },
    ],
    [
      'unless they may change access lists',
      user({ Action: ['oss:PutBucket', 'oss:PutBucketAcl'] }),
      'PUT team-c',
      allowed,
      { headers: { 'x-oss-acl': 'public-read' } },
    ],
    [
      'make no bucket by its access list',
      user({ Action: 'oss:PutBucketAcl' }),
      'PUT team-d?acl',
      'AccessDenied.createBucket',
      { headers: { 'x-oss-acl': 'public-read' } },
    ],
    [
      'may not give an object an access list',
      user({ Action: 'oss:PutObject' }),
      'PUT alices/u/b',
      'AccessDenied.writeAcl',
      { headers: { 'x-oss-object-acl': 'public-read' } },
    ],
    [
      'may copy what they may read',
      user(on('oss:PutObject', 'alices/u/*'), on('oss:GetObject', 'alices/k')),
      'PUT alices/u/c',
      allowed,
      { headers: { 'x-oss-copy-source': '/alices/k' } },
    ],
    [
      'and nothing else',
      user(on('oss:PutObject', 'alices/u/*')),
      'PUT alices/u/c',
      'AccessDenied.bucketAcl',
      { headers: { 'x-oss-copy-source': '/alices/k' } },
    ],
    ['see the buckets of the account', user({ Action: 'oss:ListBuckets' }), 'GET ', allowed],
    [
      'if they may',
      user({ Action: 'oss:List*', Resource: 'acs:oss:*:*:alices' }),
      'GET ',
      'AccessDenied.listBuckets',
    ],
    [
      'list below a prefix',
      user({ Action: 'oss:ListObjects', Condition: { StringLike: { 'oss:Prefix': 'u/*' } } }),
      'GET alices?prefix=u/4',
      allowed,
    ],
    [
      'and not beside it',
      user({ Action: 'oss:ListObjects', Condition: { StringLike: { 'oss:Prefix': 'u/*' } } }),
      'GET alices',
      'AccessDenied.bucketAcl',
    ],
    [
      'where no prefix is an empty one',
      user({ Action: 'oss:ListObjects', Condition: { StringEquals: { 'oss:Prefix': '' } } }),
      'GET alices',
      allowed,
    ],
    [
      'by the key and from the address that the policy names',
      user({
        Action: 'oss:PutObject',
        Condition: {
          StringEquals: { 'acs:AccessId': 'alice-key', 'acs:UserAgent': 'test' },
          IpAddress: { 'acs:SourceIp': '127.0.0.0/8' },
          DateLessThan: { 'acs:CurrentTime': '2024-05-01T00:00:01Z' },
          Bool: { 'acs:SecureTransport': 'false' },
        },
      }),
      'PUT alices/u/e',
      allowed,
      { headers: { 'user-agent': 'test' } },
    ],
  ];
  for (const [rule, as, line, expected, given] of cases) {
    test(`${rule}: ${line}`, async () =>
      assert.equal(await outcome(line, { body: 'x', ...given, as }), expected));
  }

  test('write what has the tags that policies ask for, by header and by document', async () => {
    const tagged = { StringEquals: { 'oss:RequestObjectTag/team': 'a' } };
    const as = user({ Action: ['oss:PutObject', 'oss:PutObjectTagging'], Condition: tagged });
    const put = (tagging: string) =>
      outcome('PUT alices/tagged', { as, body: 'x', headers: { 'x-oss-tagging': tagging } });
    assert.equal(await put('team=a'), allowed);
    assert.equal(await put('team=b'), 'AccessDenied.bucketAcl');
    const document = (value: string) =>
      `<Tagging><TagSet><Tag><Key>team</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
    const tag = (value: string, whose = as) =>
      outcome('PUT alices/tagged?tagging', { as: whose, body: document(value) });
    assert.equal(await tag('a'), allowed);
    assert.equal(await tag('b'), 'AccessDenied.notAllowed');
    const notPublic = { StringEquals: { 'oss:RequestObjectTag/team': 'public' } };
    const denied = user({ Action: '*' }, { Effect: 'Deny', Action: '*', Condition: notPublic });
    assert.equal(await tag('c', denied), allowed);
    assert.equal(await tag('public', denied), 'AccessDenied.identityPolicy');
  });

  test('read what has the tags that policies ask for', async () => {
    const own = { StringEquals: { 'oss:ExistingObjectTag/team': 'a' } };
    const as = user({ Action: 'oss:GetObject', Condition: own });
    await ask('PUT alices/own', { body: 'x', headers: { 'x-oss-tagging': 'team=a' } });
    await ask('PUT alices/others', { body: 'x', headers: { 'x-oss-tagging': 'team=b' } });
    assert.equal(await outcome('GET alices/own', { as }), allowed);
    assert.equal(await outcome('GET alices/others', { as }), 'AccessDenied.bucketAcl');
    assert.equal(await outcome('GET alices/nothing', { as }), 'AccessDenied.bucketAcl');
  });

  test('delete versions by a right of their own, also several at once', async () => {
    const remove = (as: Identity): Given => {
      const body = '<Delete><Object><Key>u/x</Key><VersionId>null</VersionId></Object></Delete>';
      return { as, body, headers: { 'content-md5': createHash('md5').update(body).digest('base64') } };
    };
    const withRight = (action: string) => outcome('POST alices?delete', remove(user({ Action: action })));
    assert.equal(await withRight('oss:DeleteObject'), 'AccessDenied.bucketAcl');
    assert.equal(await withRight('oss:DeleteObjectVersion'), allowed);
  });

  test('delete several objects only if they may delete each', async () => {
    await ask('PUT alices/k', { body: 'x' });
    const remove = (...keys: readonly string[]): Given => {
      const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
      const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
      return { headers, body, as: user({ Action: 'oss:DeleteObject', Resource: 'acs:oss:*:*:alices/u/*' }) };
    };
    assert.equal(await outcome('POST alices?delete', remove('u/x', 'u/y')), allowed);
    assert.equal(await outcome('POST alices?delete', remove('u/x', 'k')), 'AccessDenied.bucketAcl');
    assert.equal((await ask('GET alices/k')).status, 200);
  });
});

// --- Policies of buckets ---

suite('a bucket policy', () => {
  const cases: readonly (readonly [
    rule: string,
    statement: Statement,
    line: string,
    as: string | Identity | null,
    outcome: string,
  ])[] = [
    ['lets anybody read', { Action: 'oss:GetObject' }, 'GET alices/k', null, allowed],
    ['and no more', { Action: 'oss:GetObject' }, 'PUT alices/k', null, 'AccessDenied.bucketAcl'],
    [
      'lets another account read',
      { Action: 'oss:GetObject', Principal: 'bob' },
      'GET alices/k',
      'bob',
      allowed,
    ],
    [
      'lets a user manage',
      { Action: 'oss:PutBucketCors', Principal: '2712' },
      'PUT alices?cors',
      user(),
      allowed,
    ],
    [
      'denies what the user was allowed',
      { Effect: 'Deny', Action: 'oss:*' },
      'GET alices/k',
      user({ Action: '*' }),
      'AccessDenied.bucketPolicy',
    ],
    [
      'and both deny',
      { Effect: 'Deny', Action: 'oss:*' },
      'GET alices/k',
      user({ Effect: 'Deny', Action: '*' }),
      'AccessDenied.identityAndBucketPolicy',
    ],
    ['denies everybody but the owner', { Effect: 'Deny', Action: 'oss:*' }, 'GET alices/k', 'alice', allowed],
    [
      'denies the owner too, on a condition',
      { Effect: 'Deny', Action: 'oss:*', Condition: { NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } },
      'GET alices/k',
      'alice',
      'AccessDenied.bucketPolicy',
    ],
  ];
  for (const [rule, statement, line, as, expected] of cases) {
    test(`${rule}: ${line}`, async () => {
      await setBucketPolicy(statement);
      const given = { as, ...(line.startsWith('PUT') && { body: 'x' }) };
      assert.equal(await outcome(line, given), expected);
      await setBucketPolicy();
    });
  }
});

test('a bucket policy is asked about the access list that comes with PutBucket', async () => {
  const asPublic = { headers: { 'x-oss-acl': 'public-read' } };
  const may = { Action: ['oss:PutBucket', 'oss:PutBucketAcl'] };
  await setBucketPolicy({ Effect: 'Deny', Action: 'oss:PutBucketAcl' });
  assert.equal(await outcome('PUT alices', { ...asPublic, as: user(may) }), 'AccessDenied.bucketPolicy');
  await setBucketPolicy({ Action: 'oss:PutBucketAcl', Principal: '2712' });
  const asPrivate = { headers: { 'x-oss-acl': 'private' }, as: user() };
  assert.equal(await outcome('PUT alices?acl', asPrivate), allowed);
  await setBucketPolicy();
});

// --- Access lists ---

suite('a versionId counts only where the operation is about a version', () => {
  const operations = [
    'PUT open/theirs',
    'PUT open/theirs?symlink',
    'POST open/theirs?append&position=1',
    'POST open/theirs?uploads',
    'DELETE open/theirs?uploadId=1',
  ];
  for (const line of operations) {
    test(`the object's access list stays in force: ${line}`, async () => {
      await ask('PUT open/theirs', { body: 'x', headers: { 'x-oss-object-acl': 'private' } });
      const headers = { 'x-oss-symlink-target': 'k' };
      assert.equal(await outcome(line, { as: null, headers }), 'AccessDenied.objectAcl');
      const named = `${line}${line.includes('?') ? '&' : '?'}versionId=nothing`;
      assert.equal(await outcome(named, { as: null, headers }), 'AccessDenied.objectAcl');
    });
  }

  test('a policy sees the tags of the object that is there', async () => {
    await ask('PUT alices/kept', { body: 'x', headers: { 'x-oss-tagging': 'keep=yes' } });
    const kept = { StringEquals: { 'oss:ExistingObjectTag/keep': 'yes' } };
    const as = user({ Action: '*' }, { Effect: 'Deny', Action: 'oss:PutObject', Condition: kept });
    assert.equal(await outcome('PUT alices/kept', { as }), 'AccessDenied.identityPolicy');
    assert.equal(await outcome('PUT alices/kept?versionId=nothing', { as }), 'AccessDenied.identityPolicy');
  });
});

// --- Sessions ---

test('a session may do what its role and its own policy both allow', async () => {
  const role = [identityPolicy({ Action: 'oss:*' })];
  const principal = { kind: 'session', account: 'alice', roleName: 'app', sessionName: 'web' } as const;
  const sessionPolicy = identityPolicy({ Action: 'oss:PutObject', Resource: 'acs:oss:*:*:alices/u/42/*' });
  const wide: Identity = { principal, policies: role };
  const narrow: Identity = { ...wide, sessionPolicy };
  assert.equal(await outcome('PUT alices/u/42/a', { as: narrow }), allowed);
  assert.equal(await outcome('PUT alices/u/43/a', { as: narrow }), 'AccessDenied.sessionPolicy');
  assert.equal(await outcome('PUT alices/u/43/a', { as: wide }), allowed);
  assert.equal(
    await outcome('PUT alices/u/42/a', { as: { ...narrow, policies: [] } }),
    'AccessDenied.bucketAcl',
  );
  // The session's policy is above access lists and policies of buckets.
  assert.equal(await outcome('PUT open/a', { as: narrow }), 'AccessDenied.sessionPolicy');
});

// --- Words ---

test('a refusal tells which policy denied what to whom', async () => {
  const detailOf = async (as: string | Identity | null) => {
    try {
      await ask('GET alices?acl', { as });
    } catch (error) {
      if (error instanceof OssError) return error.accessDeniedDetail;
      throw error;
    }
    return assert.fail('nothing refused');
  };
  const forUser = {
    PolicyType: 'AccountLevelIdentityBasedPolicy',
    AuthPrincipalOwnerId: 'alice',
    AuthPrincipalType: 'SubUser',
    AuthPrincipalDisplayName: '2712',
    AuthAction: 'oss:GetBucketAcl',
  };
  assert.deepEqual(await detailOf(user()), { ...forUser, NoPermissionType: 'ImplicitDeny' });
  const denied = user({ Effect: 'Deny', Action: 'oss:*' });
  assert.deepEqual(await detailOf(denied), { ...forUser, NoPermissionType: 'ExplicitDeny' });
  const session: Identity = {
    principal: { kind: 'session', account: 'alice', roleName: 'app', sessionName: 'web' },
    policies: [],
    sessionPolicy: identityPolicy({ Action: 'oss:PutObject' }),
  };
  assert.deepEqual(await detailOf(session), {
    ...forUser,
    PolicyType: 'SessionPolicy',
    AuthPrincipalType: 'AssumedRoleUser',
    AuthPrincipalDisplayName: 'app:web',
    NoPermissionType: 'ImplicitDeny',
  });
  assert.equal(await detailOf('bob'), undefined);
  assert.equal(await refusal('GET alices?acl', { as: 'bob' }), 'AccessDenied.notYours');
});
