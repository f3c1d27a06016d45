// ali-oss, unchanged, beyond the everyday operations: tags, symbolic links, restoring, callbacks of puts, appending, and uploads in parts,
// taken up again after a break and copied from other objects; in each way to say where the server is and with both signatures.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OSS from 'ali-oss';
import { startApplication } from '../application.ts';
import { newBucketName, openTarget } from '../target.ts';
import { openAgent, signatures, waysTo } from './ali-oss-ways.ts';

const ownerKey = { accessKeyId: 'owner', accessKeySecret: 'secret-of-the-owner' };
let aheadMs = 0;
const target = await openTarget({
  accessKeys: [ownerKey],
  callbackAllowPrivate: true,
  clock: () => Date.now() + aheadMs,
});
const skip = target.isOurs ? false : 'only of our own server is an address of each kind known';
const application = await startApplication({ '/ok': '{"Status":"OK"}' });
const agentHere = openAgent();
after(async () => {
  agentHere.destroy();
  await application.close();
  await target[Symbol.asyncDispose]();
});

for (const [way, { options }] of Object.entries(waysTo(target.endpoint, agentHere))) {
  for (const [version, signing] of Object.entries(signatures)) {
    describe(`ali-oss at ${way}, signing with ${version}`, { skip }, () => {
      const bucket = newBucketName();
      const client = new OSS({ ...ownerKey, ...options, ...signing, bucket });
      before(() => client.putBucket(bucket));

      testTagging(client);
      testSymlinks(client);
      testRestoring(client);
      testCallbacks(client);
    });
  }
}

function testTagging(client: OSS): void {
  test('putObjectTagging, getObjectTagging and deleteObjectTagging', async () => {
    await client.put('tagged 标.txt', Buffer.from('x'));
    assert.deepEqual((await client.getObjectTagging('tagged 标.txt')).tag, {});
    await client.putObjectTagging('tagged 标.txt', { a: '1', 'b c': '+-=._:/' });
    assert.deepEqual((await client.getObjectTagging('tagged 标.txt')).tag, { a: '1', 'b c': '+-=._:/' });
    const { res } = await client.head('tagged 标.txt');
    assert.equal(res.headers['x-oss-tagging-count'], '2');
    assert.equal((await client.deleteObjectTagging('tagged 标.txt')).res.status, 204);
    assert.deepEqual((await client.getObjectTagging('tagged 标.txt')).tag, {});
  });

  test('put with x-oss-tagging, and a copy', async () => {
    await client.put('tagged', Buffer.from('x'), { headers: { 'x-oss-tagging': 'a=1&b=2' } });
    await client.copy('tagged-copy', 'tagged');
    assert.deepEqual((await client.getObjectTagging('tagged-copy')).tag, { a: '1', b: '2' });
  });
}

function testSymlinks(client: OSS): void {
  test('putSymlink and getSymlink', async () => {
    await client.put('目录/a b+c.txt', Buffer.from('hello'));
    await client.putSymlink('link', '目录/a b+c.txt', { storageClass: 'IA', meta: { uid: '1' } });
    const link = await client.getSymlink('link');
    assert.equal(link.targetName, '目录/a b+c.txt');
    const read = await client.get('link');
    assert.equal(read.content.toString(), 'hello');
    assert.equal(read.res.headers['x-oss-object-type'], 'Symlink');
    const head = await client.head('link');
    assert.equal(head.meta?.uid, '1');
    assert.equal(head.res.headers['x-oss-storage-class'], 'IA');
  });

  test('head of a link to a link: the error is in a header', async () => {
    await client.put('end', Buffer.from('x'));
    await client.putSymlink('link-1', 'end');
    await client.putSymlink('link-2', 'link-1');
    await assert.rejects(client.head('link-2'), { code: 'InvalidTargetType', status: 400 });
    await assert.rejects(client.get('link-2'), { code: 'InvalidTargetType', status: 400 });
  });
}

function testRestoring(client: OSS): void {
  for (const type of ['Archive', 'ColdArchive', 'DeepColdArchive']) {
    test(`restore from ${type}`, async () => {
      await client.put(type, Buffer.from('x'), { headers: { 'x-oss-storage-class': type } });
      await assert.rejects(client.get(type), { code: 'InvalidObjectState', status: 403 });
      const begun = await client.restore(type, { type, Days: 2 });
      assert.equal(begun.res.status, 202);
      if (type !== 'Archive') assert.equal(begun.res.headers['x-oss-object-restore-priority'], 'Standard');
      await assert.rejects(client.restore(type, { type }), { code: 'RestoreAlreadyInProgress', status: 409 });
      assert.equal((await client.head(type)).res.headers['x-oss-restore'], 'ongoing-request="true"');
      aheadMs = 60_000;
      try {
        assert.equal((await client.get(type)).content.toString(), 'x');
        const [listed] = (await client.listV2({ prefix: type })).objects;
        assert.equal(listed?.restoreInfo?.ongoingRequest, false);
      } finally {
        aheadMs = 0;
      }
    });
  }

  test('what is not archived cannot be restored', async () => {
    await client.put('standard', Buffer.from('x'));
    await assert.rejects(client.restore('standard'), { code: 'OperationNotSupported', status: 400 });
  });
}

function testCallbacks(client: OSS): void {
  test('put with a callback', async () => {
    const callback = {
      url: `${application.url}/ok`,
      body: 'bucket=${bucket}&object=${object}&user=${x:user}',
      contentType: 'application/x-www-form-urlencoded',
      customValue: { user: 'ann b' },
    };
    const put = await client.put('told.txt', Buffer.from('x'), { callback });
    assert.deepEqual(put.data, { Status: 'OK' });
    assert.ok(application.callbacks.at(-1)?.body.endsWith('&object=told.txt&user=ann%20b'));
    const failing = { ...callback, url: `${application.url}/nowhere` };
    await assert.rejects(client.put('told.txt', Buffer.from('x'), { callback: failing }), {
      code: 'CallbackFailed',
      status: 203,
    });
  });
}
