// ali-oss, unchanged, beyond the everyday operations: tags, symbolic links, restoring, callbacks of puts, appending, and uploads in parts,
// taken up again after a break and copied from other objects; in each way to say where the server is and with both signatures.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import OSS from 'ali-oss';
import { startApplication } from '../application.ts';
import { newBucketName, openTarget } from '../target.ts';
import { signatures, waysTo } from './ali-oss-ways.ts';
import { openAgent } from './open-agent.ts';

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
      testAppending(client);
      testParts(client, bucket);
      testUploadsInParts(client, bucket);
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

function testAppending(client: OSS): void {
  test('append', async () => {
    const name = '追加/a b+c.txt';
    const first = await client.append(name, Buffer.from('hello'), { meta: { uid: '1' } });
    assert.equal(first.nextAppendPosition, '5');
    const second = await client.append(name, Buffer.from(' world'), { position: first.nextAppendPosition });
    assert.equal(second.nextAppendPosition, '11');
    assert.equal(second.res.headers['x-oss-hash-crc64ecma'], '5981764153023615706');
    const read = await client.get(name);
    assert.equal(read.content.toString(), 'hello world');
    assert.equal(read.res.headers['x-oss-object-type'], 'Appendable');
    assert.equal((await client.head(name)).meta?.uid, '1');
    await assert.rejects(client.append(name, Buffer.from('!'), { position: 5 }), {
      code: 'PositionNotEqualToLength',
      status: 409,
    });
    await client.put('no end', Buffer.from('x'));
    await assert.rejects(client.append('no end', Buffer.from('!'), { position: 1 }), {
      code: 'ObjectNotAppendable',
      status: 409,
    });
  });
}

const partSize = 100 * 1024;
const content = randomBytes(3 * partSize + 1);

function testParts(client: OSS, bucket: string): void {
  test('initMultipartUpload, uploadPart, listParts, completeMultipartUpload', async () => {
    const name = '分片/a b+c.bin';
    const { uploadId } = await client.initMultipartUpload(name, { meta: { uid: '1' } });
    const parts = [];
    for (const number of [1, 2, 3, 4]) {
      const end = Math.min(number * partSize, content.length);
      const { etag } = await client.uploadPart(name, uploadId, number, content, (number - 1) * partSize, end);
      parts.push({ number, etag });
    }
    const listed = await client.listParts(name, uploadId, { 'max-parts': 3 });
    assert.equal(listed.isTruncated, 'true');
    assert.deepEqual(
      listed.parts.map(({ PartNumber, ETag, Size }) => [PartNumber, ETag, Size]),
      parts.slice(0, 3).map(({ number, etag }) => [`${number}`, etag, `${partSize}`]),
    );
    const done = await client.completeMultipartUpload(name, uploadId, parts);
    assert.match(done.etag, /^"[0-9A-F]{32}-4"$/);
    const read = await client.get(name);
    assert.deepEqual(read.content, content);
    assert.equal((await client.head(name)).meta?.uid, '1');
    const [object] = (await client.listV2({ prefix: name })).objects;
    assert.equal(object?.type, 'Multipart');
    await assert.rejects(client.listParts(name, uploadId), { code: 'NoSuchUpload', status: 404 });
  });

  test('uploadPartCopy', async () => {
    await client.put('源 a+b', content);
    const source = { sourceKey: '源 a+b', sourceBucketName: bucket };
    const { uploadId } = await client.initMultipartUpload('copied');
    const first = await client.uploadPartCopy('copied', uploadId, 1, `0-${partSize - 1}`, source);
    const second = await client.uploadPartCopy(
      'copied',
      uploadId,
      2,
      `${partSize}-${content.length - 1}`,
      source,
    );
    await client.completeMultipartUpload('copied', uploadId, [
      { number: 1, etag: first.etag },
      { number: 2, etag: second.etag },
    ]);
    assert.deepEqual((await client.get('copied')).content, content);
  });

  test('listUploads and abortMultipartUpload', async () => {
    const ids: string[] = [];
    for (const name of ['given up/a', 'given up/b', 'given up/b']) {
      ids.push((await client.initMultipartUpload(name)).uploadId);
    }
    const query = { prefix: 'given up/', 'max-uploads': 2 };
    const page = await client.listUploads(query);
    assert.deepEqual(
      page.uploads.map(({ name, uploadId }) => [name, uploadId]),
      [
        ['given up/a', ids[0]],
        ['given up/b', ids[1]],
      ],
    );
    assert.equal(page.isTruncated, true);
    const markers = { 'key-marker': page.nextKeyMarker, 'upload-id-marker': page.nextUploadIdMarker };
    const rest = await client.listUploads({ ...query, ...markers });
    assert.deepEqual([rest.uploads.map(({ uploadId }) => uploadId), rest.isTruncated], [[ids[2]], false]);
    for (const { name, uploadId } of [...page.uploads, ...rest.uploads]) {
      assert.equal((await client.abortMultipartUpload(name, uploadId)).res.status, 204);
    }
    assert.deepEqual((await client.listUploads(query)).uploads, []);
    await assert.rejects(client.abortMultipartUpload('given up/a', ids[0] as string), {
      code: 'NoSuchUpload',
      status: 404,
    });
  });
}

function testUploadsInParts(client: OSS, bucket: string): void {
  test('multipartUpload, parts side by side', async () => {
    const shares: number[] = [];
    const uploaded = await client.multipartUpload('parallel', content, {
      partSize,
      parallel: 4,
      headers: { 'x-oss-storage-class': 'IA', 'x-oss-tagging': 'a=1' },
      progress: (share) => shares.push(share),
    });
    assert.match(uploaded.etag, /^"[0-9A-F]{32}-4"$/);
    assert.deepEqual(shares, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    const { res, content: read } = await client.get('parallel');
    assert.deepEqual(read, content);
    assert.equal(res.headers['x-oss-storage-class'], 'IA');
    assert.equal(res.headers['x-oss-tagging-count'], '1');
  });

  test('multipartUpload, broken off and taken up again', async () => {
    let checkpoint: OSS.Checkpoint | undefined;
    const breakOff = (share: number, reached: OSS.Checkpoint) => {
      checkpoint = reached;
      if (share > 0.3) throw new Error('broken off');
    };
    const options = { partSize, parallel: 1 };
    await assert.rejects(client.multipartUpload('resumed', content, { ...options, progress: breakOff }));
    assert.ok(checkpoint && checkpoint.doneParts.length === 2);
    await client.multipartUpload('resumed', content, { ...options, checkpoint });
    assert.deepEqual((await client.get('resumed')).content, content);
  });

  test('multipartUpload with a callback', async () => {
    const callback = { url: `${application.url}/ok`, body: 'object=${object}&size=${size}' };
    const uploaded = await client.multipartUpload('told', content, { partSize, callback });
    assert.deepEqual(uploaded.data, { Status: 'OK' });
    assert.equal(application.callbacks.at(-1)?.body, `object=told&size=${content.length}`);
  });

  test('multipartUploadCopy', async () => {
    await client.put('source', content);
    const source = { sourceKey: 'source', sourceBucketName: bucket };
    await client.multipartUploadCopy('whole copy', { ...source }, { partSize });
    assert.deepEqual((await client.get('whole copy')).content, content);
    const middle = { ...source, startOffset: 1, endOffset: 2 * partSize };
    await client.multipartUploadCopy('middle', middle, { partSize });
    assert.deepEqual((await client.get('middle')).content, content.subarray(1, 2 * partSize));
  });

  test('an upload that is given up elsewhere ends', async () => {
    const abort = async (_: number, { uploadId }: OSS.Checkpoint) => {
      await client.abortMultipartUpload('ended', uploadId);
    };
    await assert.rejects(client.multipartUpload('ended', content, { partSize, progress: abort }));
    await assert.rejects(client.head('ended'), { status: 404 });
  });
}
