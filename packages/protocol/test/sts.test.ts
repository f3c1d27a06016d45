// Requests to the token service: published signatures, what is understood, and what is refused with which code.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseQuery, type QueryParameter } from '../src/percent.ts';
import { StsError } from '../src/sts/sts-errors.ts';
import {
  checkSessionDuration,
  checkStsTime,
  findStsFormat,
  isStsSignedWith,
  parseAssumeRole,
  parseStsRequest,
  signSts,
  stsClockSkewMsMax,
  stsStringToSign,
} from '../src/sts/sts-request.ts';
import { writeAssumedRole, writeStsError } from '../src/xml/sts-answer.ts';
import { nodeHashes as hashes } from './signed-form-notation.ts';

const ownQuery =
  'AccessKeyId=ak&Action=AssumeRole&DurationSeconds=900&Format=JSON&Policy=%7B%22Version%22%3A%221%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%5B%22oss%3APutObject%22%5D%2C%22Resource%22%3A%5B%22acs%3Aoss%3A%2A%3A%2A%3Aexamplebucket%2Fu%2F%2A%22%5D%7D%5D%7D&RoleArn=acs%3Aram%3A%3A1234567890123456%3Arole%2Fuploader&RoleSessionName=web-1&SignatureMethod=HMAC-SHA1&SignatureNonce=0e8b8f1c-1&SignatureVersion=1.0&Timestamp=2025-04-11T06%3A41%3A24Z&Version=2015-04-01';

suite('signatures', () => {
  const cases: readonly (readonly [
    name: string,
    method: string,
    query: string,
    secret: string,
    signature: string,
  ])[] = [
    [
      'RAM documentation',
      'GET',
      'SignatureVersion=1.0&Format=JSON&Timestamp=2015-09-01T05%3A57%3A34Z&RoleArn=acs%3Aram%3A%3A1234567890123%3Arole%2Ffirstrole&RoleSessionName=client&AccessKeyId=testid&SignatureMethod=HMAC-SHA1&Version=2015-04-01&Action=AssumeRole&SignatureNonce=571f8fb8-506e-11e5-8e12-b8e8563dc8d2',
      'testsecret',
      'gNI7b0AyKZHxDgjBGPDgJ1Ce3L4=',
    ],
    ['own, POST', 'POST', ownQuery, 'sk', '/+MCVi6dgbUbXNvpn0BoiqaOniI='],
    ['own, GET', 'GET', ownQuery, 'sk', 'MU44Q6Yw14KZrzu43gmVColG2Bw='],
  ];
  for (const [name, method, query, secret, signature] of cases) {
    test(name, () => {
      const parameters = parseQuery(query);
      assert.equal(signSts(hashes, secret, stsStringToSign(method, parameters)), signature);
      const request = parseStsRequest(method, [...parameters, ['Signature', signature]]);
      assert.equal(isStsSignedWith(hashes, secret, request), true);
      assert.equal(isStsSignedWith(hashes, `${secret}x`, request), false);
      // The order in which parameters come does not matter.
      assert.equal(stsStringToSign(method, parameters.toReversed()), stsStringToSign(method, parameters));
    });
  }
});

const right: readonly QueryParameter[] = [...parseQuery(ownQuery), ['Signature', 'x']];

/** The right parameters with these changed; undefined leaves one out. */
function changed(changes: Readonly<Record<string, string | undefined>>): QueryParameter[] {
  const all = { ...Object.fromEntries(right), ...changes };
  return Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof StsError, String(error));
    return error.code;
  }
  return 'none';
}

suite('requests', () => {
  const cases: readonly (readonly [changes: Readonly<Record<string, string | undefined>>, code: string])[] = [
    [{}, 'none'],
    [{ Action: 'GetCallerIdentity' }, 'InvalidAction.NotFound'],
    [{ Action: undefined }, 'InvalidAction.NotFound'],
    [{ Version: '2014-05-26' }, 'InvalidVersion'],
    [{ Format: 'YAML' }, 'InvalidFormat'],
    [{ Format: 'xml' }, 'none'],
    [{ Format: undefined }, 'none'],
    [{ SignatureMethod: 'HMAC-SHA256' }, 'InvalidSignatureMethod'],
    [{ SignatureVersion: '2.0' }, 'InvalidSignatureMethod'],
    [{ SignatureNonce: undefined }, 'MissingParameter'],
    [{ SignatureNonce: 'n'.repeat(129) }, 'InvalidParameter'],
    [{ AccessKeyId: '' }, 'MissingParameter'],
    [{ Signature: undefined }, 'MissingParameter'],
    [{ Timestamp: undefined }, 'MissingParameter'],
    [{ Timestamp: '1744354884' }, 'InvalidTimeStamp.Format'],
    [{ Timestamp: '2025-04-11T06:41:24.123Z' }, 'none'],
  ];
  for (const [changes, code] of cases) {
    test(`${JSON.stringify(changes)}: ${code}`, () =>
      assert.equal(
        codeOf(() => parseStsRequest('POST', changed(changes))),
        code,
      ));
  }

  test('a parameter comes once', () => {
    for (const value of ['web-1', 'web-2'])
      assert.equal(
        codeOf(() => parseStsRequest('POST', [...right, ['RoleSessionName', value]])),
        'InvalidParameter',
      );
  });

  test('a request holds for 15 minutes', () => {
    const request = parseStsRequest('POST', right);
    for (const awayMs of [-stsClockSkewMsMax, 0, stsClockSkewMsMax])
      checkStsTime(request, request.signedAtMs + awayMs);
    for (const awayMs of [-stsClockSkewMsMax - 1, stsClockSkewMsMax + 1])
      assert.equal(
        codeOf(() => checkStsTime(request, request.signedAtMs + awayMs)),
        'InvalidTimeStamp.Expired',
      );
  });
});

suite('AssumeRole', () => {
  const cases: readonly (readonly [changes: Readonly<Record<string, string | undefined>>, code: string])[] = [
    [{}, 'none'],
    [{ RoleArn: undefined }, 'MissingParameter'],
    [{ RoleArn: 'uploader' }, 'InvalidParameter.RoleArn'],
    [{ RoleArn: 'acs:ram::1:user/uploader' }, 'InvalidParameter.RoleArn'],
    [{ RoleArn: 'acs:ram::1:role/' }, 'InvalidParameter.RoleArn'],
    [{ RoleSessionName: undefined }, 'MissingParameter'],
    [{ RoleSessionName: 'a' }, 'InvalidParameter.RoleSessionName'],
    [{ RoleSessionName: 'a'.repeat(33) }, 'InvalidParameter.RoleSessionName'],
    [{ RoleSessionName: 'a b' }, 'InvalidParameter.RoleSessionName'],
    [{ RoleSessionName: 'user.name@host_1-2' }, 'none'],
  ];
  for (const [changes, code] of cases) {
    test(`${JSON.stringify(changes)}: ${code}`, () =>
      assert.equal(
        codeOf(() => parseAssumeRole(changed(changes))),
        code,
      ));
  }

  const durations: readonly (readonly [text: string | undefined, maxSeconds: number, code: string])[] = [
    ['900', 3600, 'none'],
    ['899', 3600, 'InvalidParameter.DurationSeconds'],
    ['3600', 3600, 'none'],
    ['3601', 3600, 'InvalidParameter.DurationSeconds'],
    ['43200', 43_200, 'none'],
    [undefined, 3600, 'none'],
    ['1e3', 3600, 'InvalidParameter.DurationSeconds'],
    ['-900', 3600, 'InvalidParameter.DurationSeconds'],
  ];
  for (const [text, maxSeconds, code] of durations) {
    test(`${text} seconds of at most ${maxSeconds}: ${code}`, () => {
      const { durationSeconds } = parseAssumeRole(changed({ DurationSeconds: text }));
      assert.equal(
        codeOf(() => checkSessionDuration(durationSeconds, maxSeconds)),
        code,
      );
    });
  }
});

test('answers in JSON and XML', () => {
  const assumed = {
    requestId: '6894B13B',
    account: '1234',
    roleId: '34',
    roleName: 'uploader',
    sessionName: 'web-1',
    credentials: {
      accessKeyId: 'STS.a',
      accessKeySecret: 's',
      securityToken: 't',
      expiresAtMs: Date.parse('2015-04-09T11:52:19Z'),
    },
  };
  const json = writeAssumedRole('JSON', assumed);
  assert.equal(json.contentType, 'application/json');
  assert.deepEqual(JSON.parse(json.body), {
    RequestId: '6894B13B',
    AssumedRoleUser: { Arn: 'acs:ram::1234:role/uploader/web-1', AssumedRoleId: '34:web-1' },
    Credentials: {
      AccessKeyId: 'STS.a',
      AccessKeySecret: 's',
      SecurityToken: 't',
      Expiration: '2015-04-09T11:52:19Z',
    },
  });
  const xml = writeAssumedRole('XML', assumed).body;
  assert.match(xml, /^<\?xml .*\?>\n<AssumeRoleResponse>\n {2}<RequestId>6894B13B<\/RequestId>/);
  assert.match(xml, /<Expiration>2015-04-09T11:52:19Z<\/Expiration>/);
  const error = writeStsError('JSON', new StsError('InvalidParameter.DurationSeconds', { hours: 1 }), {
    requestId: '1',
    hostId: 'sts.example.com',
  });
  assert.deepEqual(JSON.parse(error.body), {
    RequestId: '1',
    HostId: 'sts.example.com',
    Code: 'InvalidParameter.DurationSeconds',
    Message: 'The Min/Max value of DurationSeconds is 15min/1hr.',
  });
  assert.equal(findStsFormat([['Format', 'json']]), 'JSON');
  assert.equal(findStsFormat([]), 'XML');
});
