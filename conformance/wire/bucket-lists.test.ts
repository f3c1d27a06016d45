// What an account is told of its buckets (OSS API: GetService with tags and groups, GetBucketInfo, PutBucket's limit, DescribeRegions,
// ListLiveChannel).

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { squeeze } from '../configuration-trials.ts';
import { sendSigned } from '../http.ts';
import { succeed } from '../object-requests.ts';
import { newBucketName, openTarget } from '../target.ts';
import { checkRefusal, TrialBucket } from '../trial-bucket.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());

// --- ListBuckets ---

const family = newBucketName();
const tagsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  a: { stage: 'test', 'owner name': '张三' },
  b: { stage: 'live' },
  c: {},
};
for (const [suffix, tags] of Object.entries(tagsOf)) {
  const bucket = await TrialBucket.create(target, 'private', Date.now, `${family}-${suffix}`);
  const set = Object.entries(tags).map(
    ([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`,
  );
  const body = `<Tagging><TagSet>${set.join('')}</TagSet></Tagging>`;
  assert.equal((await bucket.sendSigned({ method: 'PUT', path: '/?tagging', body })).status, 200);
}

function list(query: Readonly<Record<string, string>>, headers: Record<string, string> = {}) {
  const parameters = new URLSearchParams({ prefix: family, ...query });
  return sendSigned(target, { method: 'GET', path: `/?${parameters}`.replaceAll('+', '%20'), headers });
}

const filters: readonly [what: string, query: Readonly<Record<string, string>>, found: string][] = [
  ['no filter', {}, 'a b c'],
  ['a tag by its key', { 'tag-key': 'stage' }, 'a b'],
  ['a tag by its key and value', { 'tag-key': 'stage', 'tag-value': 'live' }, 'b'],
  ['a value that none has', { 'tag-key': 'stage', 'tag-value': 'x' }, ''],
  ['a pair', { tagging: '"stage":"test"' }, 'a'],
  ['two pairs', { tagging: '"stage":"test","owner name":"张三"' }, 'a'],
  ['two pairs, of which one fits', { tagging: '"stage":"live","owner name":"张三"' }, ''],
  ['a page', { 'max-keys': '2' }, 'a b … b'],
  ['the page after it', { 'max-keys': '2', marker: `${family}-b` }, 'c'],
  ['a page of what is filtered', { 'max-keys': '1', 'tag-key': 'stage' }, 'a … a'],
];
for (const [what, query, expected] of filters) {
  test(`ListBuckets: ${what}`, async () => {
    const { status, text } = await list(query);
    assert.equal(status, 200, text);
    const suffixes = (element: string) =>
      Array.from(text.matchAll(new RegExp(`<${element}>.*-(.)</${element}>`, 'g')), ([, suffix]) => suffix);
    const next = suffixes('NextMarker').map((suffix) => `… ${suffix}`);
    assert.equal([...suffixes('Name'), ...next].join(' '), expected);
  });
}
test('ListBuckets: by resource group', async () => {
  const answer = await list({}, { 'x-oss-resource-group-id': 'rg-default' });
  assert.equal(answer.element('ResourceGroupId'), 'rg-default');
  const none = await list({}, { 'x-oss-resource-group-id': 'rg-other' });
  assert.equal(none.element('Name'), undefined);
});
for (const query of [{ tagging: 'stage' }, { tagging: '"stage":1' }, { 'tag-value': 'x' }]) {
  test(`ListBuckets: a filter that is none: ${JSON.stringify(query)}`, async () => {
    checkRefusal(await list(query), '400 InvalidArgument');
  });
}

// --- GetBucketInfo ---

test('GetBucketInfo tells what is configured', async () => {
  const bucket = await TrialBucket.create(target);
  const info = async () => squeeze((await bucket.sendSigned({ method: 'GET', path: '/?bucketInfo' })).text);
  const bare = await info();
  for (const part of [
    '<BlockPublicAccess>false</BlockPublicAccess>',
    '<ResourceGroupId>rg-default</ResourceGroupId>',
    '<ServerSideEncryptionRule><SSEAlgorithm>None</SSEAlgorithm></ServerSideEncryptionRule>',
    '<BucketPolicy><LogBucket></LogBucket><LogPrefix></LogPrefix></BucketPolicy>',
  ]) {
    assert.ok(bare.includes(part), part);
  }
  const put = (query: string, body: string) => bucket.sendSigned({ method: 'PUT', path: `/?${query}`, body });
  await put(
    'publicAccessBlock',
    '<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>',
  );
  await put(
    'encryption',
    '<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>',
  );
  await put(
    'logging',
    `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${bucket.name}</TargetBucket><TargetPrefix>log/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`,
  );
  const told = await info();
  for (const part of [
    '<BlockPublicAccess>true</BlockPublicAccess>',
    '<ServerSideEncryptionRule><SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ServerSideEncryptionRule>',
    `<BucketPolicy><LogBucket>${bucket.name}</LogBucket><LogPrefix>log/</LogPrefix></BucketPolicy>`,
  ]) {
    assert.ok(told.includes(part), part);
  }
});

// --- GetBucketStat ---

/** Every counter that is not 0. */
async function statOf(bucket: TrialBucket): Promise<Record<string, number>> {
  const { text } = await bucket.sendSigned({ method: 'GET', path: '/?stat' });
  const counters = Array.from(
    text.matchAll(/<(\w+)>(\d+)<\/\1>/g),
    ([, name, count]) => [name, Number(count)] as const,
  );
  assert.equal(counters.length, 21, text);
  return Object.fromEntries(counters.filter(([, count]) => count > 0));
}

test('GetBucketStat: an empty bucket has nothing of anything', async () => {
  assert.deepEqual(await statOf(await TrialBucket.create(target)), {});
});
test('GetBucketStat counts by storage class', async () => {
  const bucket = await TrialBucket.create(target);
  await bucket.put('a', '12345');
  await bucket.put('b', '');
  await bucket.post({ fields: { key: 'c', 'x-oss-storage-class': 'IA' }, file: { content: '123' } });
  await bucket.put('d', '1', { 'x-oss-storage-class': 'DeepColdArchive' });
  const { LastModifiedTime, ...counters } = await statOf(bucket);
  assert.ok(Math.abs(Date.now() / 1000 - (LastModifiedTime ?? 0)) < 600);
  assert.deepEqual(counters, {
    Storage: 9,
    ObjectCount: 4,
    StandardStorage: 5,
    StandardObjectCount: 2,
    InfrequentAccessStorage: 3,
    InfrequentAccessRealStorage: 3,
    InfrequentAccessObjectCount: 1,
    DeepColdArchiveStorage: 1,
    DeepColdArchiveRealStorage: 1,
    DeepColdArchiveObjectCount: 1,
  });
});
test('GetBucketStat counts versions and delete markers', async () => {
  const bucket = await TrialBucket.create(target);
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await bucket.sendSigned({ method: 'PUT', path: '/?versioning', body });
  for (const content of ['1', '22']) await bucket.put('a', content);
  await bucket.sendSigned({ method: 'DELETE', path: '/a' });
  const { Storage, ObjectCount, DeleteMarkerCount } = await statOf(bucket);
  assert.deepEqual(
    { Storage, ObjectCount, DeleteMarkerCount },
    { Storage: 3, ObjectCount: 2, DeleteMarkerCount: 1 },
  );
});
test('GetBucketStat counts uploads in parts, until they end', async () => {
  const bucket = await TrialBucket.create(target);
  const begun = await Promise.all([succeed(bucket, 'POST a?uploads'), succeed(bucket, 'POST a?uploads')]);
  const [id, other] = begun.map((answer) => answer.element('UploadId'));
  for (const number of [1, 2]) {
    await succeed(bucket, `PUT a?uploadId=${id}&partNumber=${number}`, { body: 'part' });
  }
  const { LastModifiedTime: _, ...counters } = await statOf(bucket);
  assert.deepEqual(counters, { MultipartUploadCount: 2, MultipartPartCount: 2 });
  for (const each of [id, other]) await succeed(bucket, `DELETE a?uploadId=${each}`, {}, 204);
  assert.deepEqual(await statOf(bucket), {});
});

// --- PutBucket ---

test('an account has so many buckets and no more', async (t) => {
  if (!target.isOurs) return t.skip('needs a server started with bucketsMax');
  await using own = await openTarget({ bucketsMax: 2 });
  const first = await TrialBucket.create(own);
  const second = await TrialBucket.create(own);
  const put = (name: string) => sendSigned(own, { method: 'PUT', path: `/${name}/` });
  const third = newBucketName();
  checkRefusal(await put(third), '400 TooManyBuckets', {
    Message: 'You have attempted to create more buckets than allowed.',
  });
  assert.equal((await put(first.name)).status, 200);
  assert.equal((await second.sendSigned({ method: 'DELETE', path: '/' })).status, 204);
  assert.equal((await put(third)).status, 200);
});

// --- Regions and live channels ---

test('DescribeRegions: the one region', async () => {
  const ask = (query: string) => sendSigned(target, { method: 'GET', path: `/?${query}` });
  for (const query of ['regions', 'regions=oss-cn-hangzhou']) {
    const answer = await ask(query);
    assert.equal(answer.element('Region'), 'oss-cn-hangzhou', answer.text);
    assert.equal(answer.element('InternetEndpoint'), new URL(target.endpoint).host);
  }
  assert.equal(squeeze((await ask('regions=oss-eu-west-1')).text), '<RegionInfoList></RegionInfoList>');
});
test('ListLiveChannel: none', async () => {
  const bucket = await TrialBucket.create(target);
  const answer = await bucket.sendSigned({ method: 'GET', path: '/?live&prefix=a' });
  assert.equal(
    squeeze(answer.text),
    '<ListLiveChannelResult><Prefix>a</Prefix><Marker></Marker><MaxKeys>100</MaxKeys><IsTruncated>false</IsTruncated><NextMarker></NextMarker></ListLiveChannelResult>',
  );
});
for (const query of [
  'accessmonitor',
  'transferAcceleration',
  'replication',
  'httpsConfig',
  'resourceGroup',
  'style',
  'cname',
  'metaQuery',
]) {
  test(`what this store is without says so: ?${query}`, async () => {
    const bucket = await TrialBucket.create(target);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      checkRefusal(await bucket.sendSigned({ method, path: `/?${query}` }), '400 NotImplemented', {
        Message: 'A header you provided implies functionality that is not implemented.',
        Header: query,
      });
    }
  });
}
