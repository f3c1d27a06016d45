// The token service with ali-oss, unchanged: a server of an application assumes a role, and what it hands out uploads. Also policies of
// buckets, as this client puts and reads them.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import OSS from 'ali-oss';
import { newBucketName, openTarget } from '../target.ts';

const app = { accessKeyId: 'PKAPP', accessKeySecret: 'secret-of-app' };
const target = await openTarget({
  identities: {
    users: [{ name: 'app', accessKeys: [app] }],
    roles: [{ name: 'uploader', policies: ['AliyunOSSFullAccess'], trustedUsers: ['app'] }],
  },
});
after(() => target[Symbol.asyncDispose]());
const bucket = newBucketName();
const role = 'acs:ram::postern:role/uploader';
const options = { endpoint: target.endpoint, sldEnable: true, bucket };
const ownerKey = { accessKeyId: target.accessKeyId, accessKeySecret: target.accessKeySecret };
const owner = new OSS({ ...options, ...ownerKey });
if (target.isOurs) await owner.putBucket(bucket);

/** Only what it says of who may put objects below `user/42/`. */
const below42 = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['oss:PutObject'], Resource: [`acs:oss:*:*:${bucket}/user/42/*`] }],
};

describe('ali-oss STS', {
  skip: target.isOurs ? false : 'needs a server with users and roles of ours',
}, () => {
  for (const endpoint of [target.endpoint, `${target.endpoint}/-/sts`]) {
    for (const authorizationV4 of [false, true]) {
      test(`a session from ${new URL(endpoint).pathname} uploads with V${authorizationV4 ? 4 : 1}`, async () => {
        const sts = new OSS.STS({ ...app, endpoint });
        const { credentials } = await sts.assumeRole(role, below42, 900, 'web-1');
        const client = new OSS({
          ...options,
          authorizationV4,
          accessKeyId: credentials.AccessKeyId,
          accessKeySecret: credentials.AccessKeySecret,
          stsToken: credentials.SecurityToken,
        });
        const put = await client.put('user/42/a.txt', Buffer.from('hello'));
        assert.equal(put.res.status, 200);
        await assert.rejects(client.put('user/43/a.txt', Buffer.from('hello')), {
          code: 'AccessDenied',
          status: 403,
        });
        await assert.rejects(client.get('user/42/a.txt'), { code: 'AccessDenied' });
      });
    }
  }

  const refusals: readonly (readonly [
    rule: string,
    ask: () => Promise<unknown>,
    code: string,
    status: number,
  ])[] = [
    [
      'a role that is not there',
      () => new OSS.STS({ ...app, endpoint: target.endpoint }).assumeRole(`${role}-2`),
      'EntityNotExist.Role',
      404,
    ],
    [
      'the key of the account',
      () => new OSS.STS({ ...ownerKey, endpoint: target.endpoint }).assumeRole(role),
      'NoPermission',
      403,
    ],
    [
      'a wrong secret',
      () =>
        new OSS.STS({ ...app, accessKeySecret: 'x', endpoint: target.endpoint }).assumeRole(role, null, 3600),
      'SignatureDoesNotMatch',
      400,
    ],
  ];
  for (const [rule, ask, code, status] of refusals) {
    test(`refused: ${rule}`, () => assert.rejects(ask(), { code, status }));
  }
});
