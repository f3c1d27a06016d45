// Inventories over HTTP (OSS API: PutBucketInventory, GetBucketInventory, ListBucketInventory, DeleteBucketInventory): kept by their id, told
// back as they were, listed a hundred at a time.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { squeeze } from '../configuration-trials.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, type Refusal, TrialBucket } from '../trial-bucket.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());
const bucket = await TrialBucket.create(target);

const inventory = (id: string) =>
  `<InventoryConfiguration><Id>${id}</Id><IsEnabled>true</IsEnabled><Filter><Prefix>a/</Prefix></Filter><Destination><OSSBucketDestination><Format>CSV</Format><AccountId>100000000000000</AccountId><RoleArn>acs:ram::100000000000000:role/AliyunOSSRole</RoleArn><Bucket>acs:oss:::acs-bucket</Bucket><Prefix>p/</Prefix><Encryption><SSE-KMS><KeyId>keyId</KeyId></SSE-KMS></Encryption></OSSBucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All</IncludedObjectVersions><OptionalFields><Field>Size</Field><Field>ETag</Field></OptionalFields></InventoryConfiguration>`;

const send = (method: string, query: string, body?: string, to = bucket) =>
  to.sendSigned({ method, path: `/?inventory${query}`, ...(body !== undefined && { body }) });

test('an inventory is told back as it was put, listed, and removed', async () => {
  assert.equal((await send('PUT', '&inventoryId=report1', inventory('report1'))).status, 200);
  const got = await send('GET', '&inventoryId=report1');
  assert.equal(squeeze(got.text), inventory('report1'));
  const list = await send('GET', '');
  assert.equal(
    squeeze(list.text),
    `<ListInventoryConfigurationsResult>${inventory('report1')}<IsTruncated>false</IsTruncated></ListInventoryConfigurationsResult>`,
  );
  checkRefusal(
    await send('PUT', '&inventoryId=report1', inventory('report1')),
    '409 InventoryConfigurationAlreadyExists',
  );
  assert.equal((await send('DELETE', '&inventoryId=report1')).status, 204);
  const none = { Message: 'No Row found in Inventory Table.' };
  for (const query of ['&inventoryId=report1', '']) {
    checkRefusal(await send('GET', query), '404 NoSuchInventory', none);
  }
  checkRefusal(await send('DELETE', '&inventoryId=report1'), '404 NoSuchInventory', none);
});

test('more than a page', async () => {
  const own = await TrialBucket.create(target);
  const ids = Array.from({ length: 101 }, (_, i) => `n${String(i).padStart(3, '0')}`);
  const answers = await Promise.all(ids.map((id) => send('PUT', `&inventoryId=${id}`, inventory(id), own)));
  assert.ok(answers.every(({ status }) => status === 200));
  const idsOf = (xml: string) => Array.from(xml.matchAll(/<Id>(.*?)<\/Id>/g), ([, id]) => id);
  const first = await send('GET', '', undefined, own);
  assert.deepEqual(idsOf(first.text), ids.slice(0, 100));
  assert.equal(first.element('IsTruncated'), 'true');
  const token = encodeURIComponent(first.element('NextContinuationToken') ?? '');
  const second = await send('GET', `&continuation-token=${token}`, undefined, own);
  assert.deepEqual(idsOf(second.text), ids.slice(100));
  assert.equal(second.element('IsTruncated'), 'false');
  checkRefusal(
    await send('GET', '&continuation-token=x', undefined, own),
    '400 InvalidArgument 0015-00000404',
  );
});

const malformed = '400 MalformedXML';
const refusals: readonly [what: string, document: string, refusal: Refusal][] = [
  ['no document', '', malformed],
  ['another id', inventory('other'), '400 InvalidArgument'],
  ['no id', inventory('x').replace(/<Id>.*<\/Id>/, ''), '400 InvalidArgument'],
  ['no IsEnabled', inventory('r').replace(/<IsEnabled>.*<\/IsEnabled>/, ''), malformed],
  ['another frequency', inventory('r').replace('Daily', 'Hourly'), malformed],
  ['another format', inventory('r').replace('CSV', 'PDF'), malformed],
  ['other versions', inventory('r').replace('>All<', '>Some<'), malformed],
  ['no destination', inventory('r').replace(/<Destination>.*<\/Destination>/, ''), malformed],
  ['no role', inventory('r').replace(/<RoleArn>.*<\/RoleArn>/, ''), malformed],
  [
    'a destination that is no bucket',
    inventory('r').replace('acs:oss:::acs-bucket', 'acs-bucket'),
    malformed,
  ],
  ['more than 16 KB', inventory('r').replace('p/', 'p'.repeat(16_384)), '400 EntityTooLarge'],
];
for (const [what, document, refusal] of refusals) {
  test(`refused: ${what}`, async () => {
    checkRefusal(await send('PUT', '&inventoryId=r', document), refusal);
    checkRefusal(await send('GET', '&inventoryId=r'), '404 NoSuchInventory');
  });
}
test('refused: an id that is none', async () => {
  for (const id of ['', 'a%20b', 'x'.repeat(65)]) {
    checkRefusal(await send('PUT', `&inventoryId=${id}`, inventory('r')), '400 InvalidArgument');
  }
  checkRefusal(await send('PUT', '', inventory('r')), '400 InvalidArgument');
});
