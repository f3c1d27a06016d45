// ali-oss, unchanged, configures buckets: each configuration is put, read back through its parsers, and removed, with both signatures.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OSS from 'ali-oss';
import { newBucketName, openTarget } from '../target.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());
const { accessKeyId, accessKeySecret, endpoint } = target;

for (const [version, signing] of Object.entries({ V1: {}, V4: { authorizationV4: true } })) {
  describe(`ali-oss configures buckets, signing with ${version}`, () => {
    const bucket = newBucketName();
    const client = new OSS({ accessKeyId, accessKeySecret, endpoint, sldEnable: true, bucket, ...signing });
    before(async () => {
      await client.putBucket(bucket);
    });
    testConfigurations(client, bucket);
    testInventories(client, bucket);
    testWorm(client);
  });
}

function testConfigurations(client: OSS, bucket: string): void {
  test('tags', async () => {
    const tags = { a: '1', 'b c': '张三' };
    assert.equal((await client.putBucketTags(bucket, tags)).status, 200);
    assert.deepEqual((await client.getBucketTags(bucket)).tag, tags);
    const { buckets } = await client.listBuckets({ prefix: bucket, 'tag-key': 'a', 'tag-value': '1' });
    assert.deepEqual(
      buckets?.map(({ name }) => name),
      [bucket],
    );
    assert.equal((await client.deleteBucketTags(bucket)).status, 204);
    assert.deepEqual((await client.getBucketTags(bucket)).tag, {});
  });

  test('stat', async () => {
    await client.put('counted', Buffer.from('12345'));
    const { stat } = await client.getBucketStat(bucket);
    assert.deepEqual([stat.Storage, stat.ObjectCount, stat.MultipartUploadCount], ['5', '1', '0']);
  });

  test('lifecycle', async () => {
    const expires = { id: 'expires', prefix: 'logs/', status: 'Enabled', expiration: { days: '50' } };
    const tagged = {
      id: 'tagged',
      prefix: 'tagged/',
      status: 'Disabled',
      transition: { createdBeforeDate: '2020-02-18T00:00:00.000Z', storageClass: 'Archive' },
      tag: [
        { key: '1', value: '1' },
        { key: '2', value: '2' },
      ],
    };
    const versions = {
      id: 'versions',
      prefix: 'v/',
      status: 'Enabled',
      expiration: { expiredObjectDeleteMarker: 'true' },
      noncurrentVersionExpiration: { noncurrentDays: '1' },
      abortMultipartUpload: { days: '3' },
    };
    await client.putBucketLifecycle(bucket, structuredClone([expires, tagged, versions]));
    assert.deepEqual((await client.getBucketLifecycle(bucket)).rules, [expires, tagged, versions]);
    const { rules } = await putRules(client, bucket, [{ prefix: '', status: 'Enabled', days: 1 }]);
    assert.ok(rules[0]?.id);
    assert.equal((await client.deleteBucketLifecycle(bucket)).res.status, 204);
    await assert.rejects(client.getBucketLifecycle(bucket), { code: 'NoSuchLifecycle', status: 404 });
  });

  test('website', async () => {
    const routingRules = [
      {
        RuleNumber: '1',
        Condition: { KeyPrefixEquals: 'abc/', HttpErrorCodeReturnedEquals: '404' },
        Redirect: {
          RedirectType: 'External',
          Protocol: 'https',
          HostName: 'www.example.com',
          HttpRedirectCode: '302',
        },
      },
    ];
    const site = { index: 'index.htm', supportSubDir: 'true', type: '1', error: 'error.htm', routingRules };
    await client.putBucketWebsite(bucket, site);
    const { res: _, ...told } = await client.getBucketWebsite(bucket);
    assert.deepEqual(told, site);
    assert.equal((await client.deleteBucketWebsite(bucket)).res.status, 204);
    await assert.rejects(client.getBucketWebsite(bucket), {
      code: 'NoSuchWebsiteConfiguration',
      status: 404,
    });
  });

  test('referer', async () => {
    await client.putBucketReferer(bucket, false, ['http://a.com', 'http://b.com']);
    const { allowEmpty, referers } = await client.getBucketReferer(bucket);
    assert.deepEqual([allowEmpty, referers], [false, ['http://a.com', 'http://b.com']]);
    await client.deleteBucketReferer(bucket);
    const none = await client.getBucketReferer(bucket);
    assert.deepEqual([none.allowEmpty, none.referers], [true, null]);
  });

  test('logging', async () => {
    await client.putBucketLogging(bucket, 'logs/');
    const { enable, prefix } = await client.getBucketLogging(bucket);
    assert.deepEqual([enable, prefix], [true, 'logs/']);
    assert.equal((await client.deleteBucketLogging(bucket)).res.status, 204);
    assert.equal((await client.getBucketLogging(bucket)).enable, false);
  });

  test('encryption, and its echo', async () => {
    await client.putBucketEncryption(bucket, { SSEAlgorithm: 'KMS', KMSMasterKeyID: '1b2c3132-b2ce-4ba3' });
    assert.deepEqual((await client.getBucketEncryption(bucket)).encryption, {
      SSEAlgorithm: 'KMS',
      KMSMasterKeyID: '1b2c3132-b2ce-4ba3',
    });
    const { res } = await client.put('encrypted', Buffer.from('x'));
    assert.equal(res.headers['x-oss-server-side-encryption'], 'KMS');
    assert.equal((await client.deleteBucketEncryption(bucket)).status, 204);
    await assert.rejects(client.getBucketEncryption(bucket), { status: 404 });
  });

  test('request payment', async () => {
    await client.putBucketRequestPayment(bucket, 'Requester');
    assert.equal((await client.getBucketRequestPayment(bucket)).payer, 'Requester');
    await client.putBucketRequestPayment(bucket, 'BucketOwner');
    assert.equal((await client.getBucketRequestPayment(bucket)).payer, 'BucketOwner');
  });
}

async function putRules(client: OSS, bucket: string, rules: object[]) {
  await client.putBucketLifecycle(bucket, rules);
  return client.getBucketLifecycle(bucket);
}

function testInventories(client: OSS, bucket: string): void {
  test('inventories', async () => {
    const inventory = {
      id: 'default',
      isEnabled: false,
      prefix: 'ttt',
      OSSBucketDestination: {
        format: 'CSV',
        accountId: '1817184078010220',
        rolename: 'AliyunOSSRole',
        bucket: 'your-bucket',
        prefix: 'test',
        encryption: { 'SSE-KMS': { keyId: 'keyId' } },
      },
      frequency: 'Daily',
      includedObjectVersions: 'All',
      optionalFields: { field: ['Size', 'LastModifiedDate'] },
    };
    assert.equal((await client.putBucketInventory(bucket, inventory)).status, 200);
    const got = (await client.getBucketInventory(bucket, 'default')).inventory;
    const told = [
      'id',
      'isEnabled',
      'prefix',
      'frequency',
      'includedObjectVersions',
      'optionalFields',
    ] as const;
    for (const name of told) assert.deepEqual(got[name], inventory[name], name);
    assert.deepEqual(got.OSSBucketDestination, inventory.OSSBucketDestination);
    const { inventoryList, isTruncated } = await client.listBucketInventory(bucket);
    assert.deepEqual([inventoryList.map(({ id }) => id), isTruncated], [['default'], false]);
    assert.equal((await client.deleteBucketInventory(bucket, 'default')).status, 204);
    await assert.rejects(client.getBucketInventory(bucket, 'default'), {
      code: 'NoSuchInventory',
      status: 404,
    });
  });
}

function testWorm(client: OSS): void {
  test('retention', async () => {
    const bucket = newBucketName();
    await client.putBucket(bucket);
    await client.initiateBucketWorm(bucket, '1');
    assert.equal((await client.abortBucketWorm(bucket)).status, 204);
    const { wormId } = await client.initiateBucketWorm(bucket, '1');
    assert.equal((await client.completeBucketWorm(bucket, wormId)).status, 200);
    assert.equal((await client.extendBucketWorm(bucket, wormId, '2')).status, 200);
    const worm = await client.getBucketWorm(bucket);
    assert.deepEqual([worm.wormId, worm.state, worm.days], [wormId, 'Locked', '2']);
    // It does not throw here.
    assert.equal((await client.abortBucketWorm(bucket)).status, 403);
  });
}
