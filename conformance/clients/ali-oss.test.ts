// ali-oss, the client that most web applications use, unchanged: what its README promises holds here, in each way in which it can be told
// where the server is, and with both signatures.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import OSS from 'ali-oss';
import BrowserOSS from 'ali-oss/lib/browser/client.js';
import { type Answer, type Sending, send } from '../http.ts';
import { newBucketName, openTarget } from '../target.ts';
import { signatures, waysTo } from './ali-oss-ways.ts';
import { oddNames } from './odd-names.ts';
import { openAgent } from './open-agent.ts';

const sessionKey = {
  accessKeyId: 'STS.uploader',
  accessKeySecret: 'secret-of-a-session',
  session: { securityToken: 'token-of-a-session', expiresAtMs: Date.now() + 3600_000 },
};
const ownerKey = { accessKeyId: 'owner', accessKeySecret: 'secret-of-the-owner' };

const target = await openTarget({ accessKeys: [ownerKey, sessionKey] });
const skip = target.isOurs ? false : 'only of our own server is an address of each kind known';
const folder = await mkdtemp(path.join(tmpdir(), 'postern-ali-oss-'));
after(async () => {
  await target[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const agentHere = openAgent();
after(() => agentHere.destroy());
const ways = waysTo(target.endpoint, agentHere);

for (const [way, { options, hasName }] of Object.entries(ways)) {
  for (const [version, signing] of Object.entries(signatures)) {
    describe(`ali-oss at ${way}, signing with ${version}`, { skip }, () => {
      const bucket = newBucketName();
      const client = new OSS({ ...ownerKey, ...options, ...signing, bucket });

      before(async () => {
        const made = await client.putBucket(bucket);
        assert.deepEqual([made.res.status, made.bucket], [200, bucket]);
      });

      testBuckets(client, bucket);
      testObjects(client);
      testLists(client);
      testDeletes(client);
      testCopies(client, bucket);
      testAcls(client, bucket);
      testVersions(client, bucket);
      testCors(client, bucket);
      testConditions(client);
      testErrors(client);
      testSignedUrls(client, bucket, hasName);
    });
  }
}

function testBuckets(client: OSS, bucket: string): void {
  test('listBuckets', async () => {
    const { buckets, owner, isTruncated } = await client.listBuckets({ prefix: bucket });
    assert.deepEqual(
      buckets?.map(({ name, region, storageClass }) => ({ name, region, storageClass })),
      [{ name: bucket, region: 'oss-cn-hangzhou', storageClass: 'Standard' }],
    );
    assert.equal(isTruncated, false);
    assert.ok(owner.id);
  });

  test('listBuckets, a page at a time', async () => {
    const first = await client.listBuckets({ 'max-keys': 1 });
    assert.equal(first.buckets?.length, 1);
  });

  test('getBucketInfo and getBucketLocation', async () => {
    const info = (await client.getBucketInfo(bucket)).bucket;
    assert.equal(info.Name, bucket);
    assert.equal(info.Location, 'oss-cn-hangzhou');
    assert.equal(info.StorageClass, 'Standard');
    assert.deepEqual(info.AccessControlList, { Grant: 'private' });
    assert.equal((await client.getBucketLocation(bucket)).location, 'oss-cn-hangzhou');
  });

  test('putBucket and deleteBucket', async () => {
    const other = newBucketName();
    await client.putBucket(other, { acl: 'public-read', storageClass: 'IA' });
    assert.equal((await client.getBucketACL(other)).acl, 'public-read');
    assert.equal((await client.getBucketInfo(other)).bucket.StorageClass, 'IA');
    assert.equal((await client.deleteBucket(other)).res.status, 204);
    await assert.rejects(client.getBucketInfo(other), { code: 'NoSuchBucket', status: 404 });
  });
}

function testObjects(client: OSS): void {
  test('put a buffer, get', async () => {
    const put = await client.put('/folder/hello.txt', Buffer.from('hello world'), {
      meta: { author: 'Zhang San' },
      headers: { 'Cache-Control': 'max-age=60' },
    });
    assert.equal(put.name, 'folder/hello.txt');
    assert.equal(put.res.status, 200);
    assert.equal(put.res.headers.etag, '"5EB63BBBE01EEED093CB22BB8F5ACDC3"');
    assert.equal(put.res.headers['x-oss-hash-crc64ecma'], '5981764153023615706');
    const got = await client.get('folder/hello.txt');
    assert.equal(got.content.toString(), 'hello world');
    assert.equal(got.res.headers['content-type'], 'text/plain');
    assert.equal(got.res.headers['cache-control'], 'max-age=60');
    assert.equal(got.res.headers['x-oss-meta-author'], 'Zhang San');
  });

  test('put an empty buffer', async () => {
    await client.put('empty', Buffer.alloc(0));
    assert.equal((await client.get('empty')).content.length, 0);
  });

  test('put a stream of unknown length, getStream', async () => {
    const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(7_000, i));
    await client.put('stream.bin', Readable.from(pieces));
    const { stream, res } = await client.getStream('stream.bin');
    assert.equal(res.headers['content-length'], '280000');
    assert.deepEqual(await buffer(stream), Buffer.concat(pieces));
  });

  test('put a stream of known length', async () => {
    await client.put('known.bin', Readable.from([Buffer.alloc(9_000, 7)]), { contentLength: 9_000 });
    assert.deepEqual((await client.get('known.bin')).content, Buffer.alloc(9_000, 7));
  });

  test('put a file, get into a file', async () => {
    const [from, to] = [path.join(folder, 'from.json'), path.join(folder, 'to.json')];
    const content = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => i));
    await writeFile(from, content);
    await client.put('file.json', from);
    const got = await client.get('file.json', to);
    assert.equal(got.res.headers['content-type'], 'application/json');
    assert.equal(await readFile(to, 'utf8'), content);
  });

  test('get a range', async () => {
    await client.put('range.txt', Buffer.from('0123456789'));
    const got = await client.get('range.txt', { headers: { Range: 'bytes=2-5' } });
    assert.equal(got.res.status, 206);
    assert.equal(got.res.headers['content-range'], 'bytes 2-5/10');
    assert.equal(got.content.toString(), '2345');
  });

  test('get with a header of the answer replaced', async () => {
    await client.put('replaced.txt', Buffer.from('x'));
    const got = await client.get('replaced.txt', {
      subres: { 'response-content-disposition': 'attachment; filename="简 历.txt"' },
    });
    const disposition = Buffer.from(got.res.headers['content-disposition'] ?? '', 'latin1').toString();
    assert.equal(disposition, 'attachment; filename="简 历.txt"');
  });

  test('head and getObjectMeta', async () => {
    await client.put('head.txt', Buffer.from('12345'), { meta: { year: '2024' } });
    const head = await client.head('head.txt');
    assert.equal(head.status, 200);
    assert.deepEqual(head.meta, { year: '2024' });
    assert.equal(head.res.headers['x-oss-object-type'], 'Normal');
    const meta = await client.getObjectMeta('head.txt');
    assert.equal(meta.res.headers['content-length'], '5');
    assert.equal(meta.res.headers.etag, '"827CCB0EEA8A706C4C34A16891F84E7B"');
  });

  test('metadata outside of ASCII', async () => {
    const latin1 = new OSS({ ...client.options, headerEncoding: 'latin1' });
    await latin1.put('named.txt', Buffer.from('x'), { meta: { name: '张三' } });
    const { meta } = await client.head('named.txt');
    assert.equal(Buffer.from(meta?.name ?? '', 'latin1').toString(), '张三');
  });

  for (const name of oddNames) {
    test(`the name ${name}`, async () => {
      await client.put(name, Buffer.from(name));
      assert.equal((await client.get(name)).content.toString(), name);
      assert.equal((await client.head(name)).status, 200);
      const listed = await client.list({ prefix: name });
      assert.deepEqual(
        listed.objects.map((object) => object.name),
        [name],
      );
      await client.copy(`copied/${name}`, name);
      assert.equal((await client.get(`copied/${name}`)).content.toString(), name);
      await client.delete(name);
      await client.deleteMulti([`copied/${name}`]);
      assert.deepEqual((await client.list({ prefix: name })).objects, []);
      assert.deepEqual((await client.list({ prefix: `copied/${name}` })).objects, []);
    });
  }
}

function testLists(client: OSS): void {
  const names = ['list/a/1', 'list/a/2', 'list/b/1', 'list/c', 'list/d'];
  const namesOf = ({ objects }: OSS.ObjectList) => objects.map(({ name }) => name);
  const putAll = () => Promise.all(names.map((name) => client.put(name, Buffer.from(name))));

  test('list', async () => {
    await putAll();
    const whole = await client.list({ prefix: 'list/' });
    assert.deepEqual(namesOf(whole), names);
    const [first] = whole.objects;
    assert.ok(first?.owner?.id);
    assert.deepEqual([first.size, first.type, first.storageClass], [8, 'Normal', 'Standard']);
    assert.match(first.lastModified, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    assert.deepEqual([whole.prefixes, whole.isTruncated, whole.nextMarker], [null, false, null]);
  });

  test('list folders, a page at a time', async () => {
    await putAll();
    const first = await client.list({ prefix: 'list/', delimiter: '/', 'max-keys': 2 });
    assert.deepEqual(first.prefixes, ['list/a/', 'list/b/']);
    assert.equal(first.isTruncated, true);
    const second = await client.list({
      prefix: 'list/',
      delimiter: '/',
      marker: first.nextMarker as string,
    });
    assert.deepEqual([second.prefixes, namesOf(second)], [null, ['list/c', 'list/d']]);
  });

  test('listV2, a page at a time', async () => {
    await putAll();
    const first = await client.listV2({ prefix: 'list/', 'max-keys': 2, 'fetch-owner': 'true' });
    assert.deepEqual([namesOf(first), first.keyCount], [['list/a/1', 'list/a/2'], 2]);
    assert.ok(first.objects[0]?.owner?.id);
    const rest = await client.listV2({
      prefix: 'list/',
      'continuation-token': first.nextContinuationToken as string,
    });
    assert.deepEqual(namesOf(rest), ['list/b/1', 'list/c', 'list/d']);
    assert.equal(rest.objects[0]?.owner, null);
    assert.deepEqual(namesOf(await client.listV2({ prefix: 'list/', 'start-after': 'list/c' })), ['list/d']);
  });
}

function testDeletes(client: OSS): void {
  test('delete, also what is not there', async () => {
    await client.put('deleted', Buffer.from('x'));
    assert.equal((await client.delete('deleted')).res.status, 204);
    assert.equal((await client.delete('deleted')).res.status, 204);
    await assert.rejects(client.get('deleted'), { code: 'NoSuchKey' });
  });

  test('deleteMulti', async () => {
    const names = ['many/1', 'many/简历 &<2>', 'many/3'];
    await Promise.all(names.map((name) => client.put(name, Buffer.from(name))));
    const { deleted } = await client.deleteMulti([...names.slice(0, 2), 'many/not-there']);
    assert.deepEqual(
      deleted.map(({ Key }) => Key),
      ['many/1', 'many/简历 &<2>', 'many/not-there'],
    );
    assert.deepEqual((await client.deleteMulti(['many/3'], { quiet: true })).deleted, []);
    assert.deepEqual((await client.list({ prefix: 'many/' })).objects, []);
  });
}

function testCopies(client: OSS, bucket: string): void {
  test('copy, also from another bucket', async () => {
    await client.put('source', Buffer.from('copied'), { meta: { a: '1' }, mime: 'text/csv' });
    const { data } = await client.copy('target', 'source');
    assert.equal(data?.etag, (await client.head('source')).res.headers.etag);
    assert.match(data?.lastModified ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const copied = await client.get('target');
    assert.equal(copied.res.headers['content-type'], 'text/csv');
    assert.equal(copied.res.headers['x-oss-meta-a'], '1');
    await client.copy('again', 'source', bucket);
    assert.equal((await client.get('again')).content.toString(), 'copied');
  });

  test('copy with metadata of its own, putMeta', async () => {
    await client.put('source', Buffer.from('copied'), { meta: { a: '1' } });
    await client.copy('target', 'source', { meta: { b: '2' } });
    assert.deepEqual((await client.head('target')).meta, { b: '2' });
    await client.putMeta('target', { c: '3' });
    assert.deepEqual((await client.head('target')).meta, { c: '3' });
    assert.equal((await client.get('target')).content.toString(), 'copied');
  });

  test('copy on conditions', async () => {
    const { res } = await client.put('source', Buffer.from('copied'));
    const etag = res.headers.etag as string;
    const unchanged = await client.copy('target', 'source', { headers: { 'If-None-Match': etag } });
    assert.equal(unchanged.res.status, 304);
    await assert.rejects(client.copy('target', 'source', { headers: { 'If-Match': '"other"' } }), {
      code: 'PreconditionFailed',
      status: 412,
    });
  });

  test('copy what is not there', async () => {
    await assert.rejects(client.copy('target', 'no-source'), { code: 'NoSuchKey', status: 404 });
  });
}

function testAcls(client: OSS, bucket: string): void {
  test('putBucketACL and getBucketACL', async () => {
    await client.putBucketACL(bucket, 'public-read');
    const { acl, owner } = await client.getBucketACL(bucket);
    assert.equal(acl, 'public-read');
    assert.ok(owner.id);
    await client.putBucketACL(bucket, 'private');
  });

  test('putACL and getACL', async () => {
    await client.put('with-acl', Buffer.from('x'));
    assert.equal((await client.getACL('with-acl')).acl, 'default');
    await client.putACL('with-acl', 'public-read');
    assert.equal((await client.getACL('with-acl')).acl, 'public-read');
  });
}

function testVersions(client: OSS, bucket: string): void {
  test('putBucketVersioning, getBucketVersions and the versions themselves', async () => {
    assert.equal((await client.getBucketVersioning(bucket)).versionStatus, undefined);
    await client.putBucketVersioning(bucket, 'Enabled');
    assert.equal((await client.getBucketVersioning(bucket)).versionStatus, 'Enabled');

    const versionIds: string[] = [];
    for (const content of ['one', 'two']) {
      const { res } = await client.put('versioned', Buffer.from(content));
      versionIds.push(res.headers['x-oss-version-id'] as string);
    }
    const [one, two] = versionIds as [string, string];
    assert.equal((await client.get('versioned', { versionId: one })).content.toString(), 'one');
    assert.equal((await client.head('versioned')).res.headers['x-oss-version-id'], two);

    const marker = (await client.delete('versioned')).res.headers;
    assert.equal(marker['x-oss-delete-marker'], 'true');
    await assert.rejects(client.get('versioned'), { code: 'NoSuchKey' });
    const listed = await client.getBucketVersions({ prefix: 'versioned' });
    assert.deepEqual(
      listed.objects.map(({ versionId, isLatest, size }) => ({ versionId, isLatest, size })),
      [
        { versionId: two, isLatest: false, size: 3 },
        { versionId: one, isLatest: false, size: 3 },
      ],
    );
    assert.deepEqual(
      listed.deleteMarker.map(({ versionId }) => versionId),
      [marker['x-oss-version-id']],
    );

    await client.copy('restored', 'versioned', { versionId: one });
    assert.equal((await client.get('restored')).content.toString(), 'one');
    await client.delete('versioned', { versionId: marker['x-oss-version-id'] as string });
    assert.equal((await client.get('versioned')).content.toString(), 'two');
    await client.deleteMulti(versionIds.map((versionId) => ({ key: 'versioned', versionId })));
    assert.deepEqual((await client.getBucketVersions({ prefix: 'versioned' })).objects, []);

    await client.putBucketVersioning(bucket, 'Suspended');
    assert.equal((await client.getBucketVersioning(bucket)).versionStatus, 'Suspended');
  });
}

function testCors(client: OSS, bucket: string): void {
  test('putBucketCORS, getBucketCORS and deleteBucketCORS', async () => {
    const rule = { allowedOrigin: '*', allowedMethod: 'POST', allowedHeader: '*', exposeHeader: 'ETag' };
    await client.putBucketCORS(bucket, [{ ...rule, maxAgeSeconds: '600' }]);
    assert.deepEqual((await client.getBucketCORS(bucket)).rules, [{ ...rule, maxAgeSeconds: '600' }]);
    assert.equal((await client.deleteBucketCORS(bucket)).res.status, 204);
    await assert.rejects(client.getBucketCORS(bucket), { code: 'NoSuchCORSConfiguration', status: 404 });
  });
}

function testConditions(client: OSS): void {
  const past = 'Sun, 01 Jan 2012 00:00:00 GMT';

  test('get and head on conditions that hold', async () => {
    const { res } = await client.put('condition', Buffer.from('x'));
    const headers = { 'If-Match': res.headers.etag as string, 'If-Modified-Since': past };
    assert.equal((await client.get('condition', { headers })).res.status, 200);
    assert.equal((await client.head('condition', { headers })).status, 200);
  });

  test('304 for what has not changed', async () => {
    const { res } = await client.put('condition', Buffer.from('x'));
    const headers = { 'If-None-Match': res.headers.etag as string };
    assert.equal((await client.get('condition', { headers })).res.status, 304);
    assert.equal((await client.head('condition', { headers })).status, 304);
  });

  test('412 for what has', async () => {
    await client.put('condition', Buffer.from('x'));
    const expected = { code: 'PreconditionFailed', name: 'PreconditionFailedError', status: 412 };
    await assert.rejects(client.get('condition', { headers: { 'If-Match': '"other"' } }), {
      ...expected,
      message: 'At least one of the pre-conditions you specified did not hold. (condition: If-Match)',
    });
    await assert.rejects(client.get('condition', { headers: { 'If-Unmodified-Since': past } }), {
      ...expected,
      message:
        'At least one of the pre-conditions you specified did not hold. (condition: If-Unmodified-Since)',
    });
    await assert.rejects(client.head('condition', { headers: { 'If-Match': '"other"' } }), expected);
  });

  test('409 for what must not be overwritten', async () => {
    const name = newBucketName();
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    const noVersions = new OSS({ ...client.options, bucket: name });
    await noVersions.putBucket(name);
    await noVersions.put('kept', Buffer.from('x'), { headers });
    await assert.rejects(noVersions.put('kept', Buffer.from('y'), { headers }), {
      code: 'FileAlreadyExists',
      name: 'FileAlreadyExistsError',
      status: 409,
    });
  });
}

function testErrors(client: OSS): void {
  const { bucket, agent } = client.options;
  const changed = (options: Partial<OSS.Options>) => new OSS({ ...client.options, ...options });
  const get = (other: OSS) => () => other.get('error');
  const head = (other: OSS) => () => other.head('error');
  const withoutSignature: OSS.Urllib = {
    request: (url, { headers: { authorization: _, ...headers }, ...params }) =>
      client.urllib.request(url, { ...params, ...(agent && { agent }), headers }),
  };
  const skewed = changed({ amendTimeSkewed: -16 * 60_000 });
  const nowhere = changed({ bucket: `${bucket}-not-there` });
  const forged = changed({ accessKeySecret: 'another' });
  const unknown = changed({ accessKeyId: 'nobody' });
  const anonymous = changed({ urllib: withoutSignature });

  const cases: readonly [rule: string, ask: () => Promise<unknown>, status: number, code: string][] = [
    ['a key that is not there', () => client.get('not-there'), 404, 'NoSuchKey'],
    ['a key that is not there, asked for its head', () => client.head('not-there'), 404, 'NoSuchKey'],
    ['a bucket that is not there', get(nowhere), 404, 'NoSuchBucket'],
    ['a wrong secret', get(forged), 403, 'SignatureDoesNotMatch'],
    ['a wrong secret, without a body in the answer', head(forged), 403, 'SignatureDoesNotMatch'],
    ['a wrong secret for a put', () => forged.put('error', Buffer.from('x')), 403, 'SignatureDoesNotMatch'],
    ['an unknown key id', get(unknown), 403, 'InvalidAccessKeyId'],
    ['an unknown key id, without a body in the answer', head(unknown), 403, 'InvalidAccessKeyId'],
    ['a clock that is wrong', get(skewed), 403, 'RequestTimeTooSkewed'],
    ['no signature', get(anonymous), 403, 'AccessDenied'],
    ['no signature, without a body in the answer', head(anonymous), 403, 'AccessDenied'],
    ['a token that nobody gave out', get(changed({ stsToken: 'junk' })), 403, 'InvalidSecurityToken'],
    ['a bucket that is not empty', () => client.deleteBucket(bucket as string), 409, 'BucketNotEmpty'],
    ['an ACL that is none', () => client.putACL('error', 'all' as OSS.Acl), 400, 'InvalidArgument'],
    [
      'a name that is too long',
      () => client.put('n'.repeat(1024), Buffer.from('x')),
      400,
      'InvalidObjectName',
    ],
    [
      'an MD5 that is another',
      () => client.put('error', Buffer.from('x'), { headers: { 'Content-MD5': '8PGMLGauHdUSvc1DZvdtow==' } }),
      400,
      'InvalidDigest',
    ],
  ];
  for (const [rule, ask, status, code] of cases) {
    test(`${code}: ${rule}`, async () => {
      const error = await ask().then(
        () => assert.fail('it was not refused'),
        (thrown: OSS.RequestError) => thrown,
      );
      assert.deepEqual([error.status, error.code, error.name], [status, code, `${code}Error`]);
      assert.match(error.requestId, /^[0-9A-F]{24}$/);
    });
  }

  test('errors carry their EC', async () => {
    await assert.rejects(client.get('not-there'), { ecCode: '0026-00000001' });
  });

  test('a temporary key counts with its token', async () => {
    const { accessKeyId, accessKeySecret, session } = sessionKey;
    const temporary = changed({ accessKeyId, accessKeySecret, stsToken: session.securityToken });
    await temporary.put('temporary', Buffer.from('x'));
    assert.equal((await temporary.get('temporary')).content.toString(), 'x');
    await assert.rejects(changed({ accessKeyId, accessKeySecret }).get('temporary'), {
      code: 'InvalidAccessKeyId',
    });
  });
}

function testSignedUrls(client: OSS, bucket: string, hasName: boolean): void {
  /** Sends to this server what a browser would send to the host of the URL. */
  const visit = (address: string, sending: Partial<Sending> = {}): Promise<Answer> => {
    const { host, pathname, search } = new URL(address);
    const { sldEnable } = client.options;
    // ali-oss leaves the bucket out of URLs at an IP address: whoever uses them says which one by the Host.
    const addressed = hasName || sldEnable ? host : `${bucket}.oss-cn-hangzhou.aliyuncs.com`;
    const headers = { host: addressed, ...sending.headers };
    return send(target, { method: 'GET', ...sending, path: `${pathname}${search}`, headers });
  };
  const read = async (address: string) => {
    const answer = await visit(address);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.toString();
  };

  for (const name of oddNames) {
    test(`signed URLs of ${name}`, async () => {
      await client.put(name, Buffer.from(name));
      assert.equal(await read(await client.signatureUrlV4('GET', 60, undefined, name)), name);
      if (!hasName) {
        assert.throws(() => client.signatureUrl(name), /can not get the object URL when endpoint is IP/);
        return;
      }
      assert.equal(await read(client.signatureUrl(name)), name);
      assert.equal(await read(await client.asyncSignatureUrl(name)), name);
    });
  }

  test('signatureUrlV4 to put, with headers signed', async () => {
    const headers = { 'content-type': 'text/csv', 'x-oss-meta-a': '1', 'content-length': '3' };
    const address = await client.signatureUrlV4('PUT', 60, { headers }, 'put-v4.txt', ['Content-Length']);
    const answer = await visit(address, { method: 'PUT', body: 'a,b', headers });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual((await client.head('put-v4.txt')).meta, { a: '1' });
    for (const [name, value] of [
      ['content-type', 'text/html'],
      ['content-length', '4'],
      ['x-oss-meta-a', '2'],
    ] as const) {
      const changed = { ...headers, [name]: value };
      const refused = await visit(address, { method: 'PUT', body: 'a,bc', headers: changed });
      assert.equal(`${refused.status} ${refused.code}`, '403 SignatureDoesNotMatch', name);
    }
  });

  if (!hasName) return;

  test('signatureUrl to put', async () => {
    const address = client.signatureUrl('put-v1.txt', { method: 'PUT', 'Content-Type': 'text/csv' });
    const headers = { 'content-type': 'text/csv' };
    const answer = await visit(address, { method: 'PUT', body: 'a,b', headers });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await client.get('put-v1.txt')).content.toString(), 'a,b');
    const refused = await visit(address, { method: 'PUT', body: 'a,b' });
    assert.equal(`${refused.status} ${refused.code}`, '403 SignatureDoesNotMatch');
  });

  test('signatureUrl with headers of the answer replaced', async () => {
    await client.put('replaced.txt', Buffer.from('x'));
    const address = client.signatureUrl('replaced.txt', {
      response: { 'content-disposition': 'attachment; filename="a b+c.txt"', 'content-type': 'text/csv' },
    });
    const { headers } = await visit(address);
    assert.equal(headers['content-disposition'], 'attachment; filename="a b+c.txt"');
    assert.equal(headers['content-type'], 'text/csv');
  });

  test('signatureUrl that has expired', async () => {
    const refused = await visit(client.signatureUrl('replaced.txt', { expires: -1 }));
    assert.equal(`${refused.status} ${refused.code}`, '403 AccessDenied');
    assert.equal(refused.element('Message'), 'Request has expired.');
  });
}

describe('ali-oss in a browser, whose clock is wrong', { skip }, () => {
  for (const [version, signing] of Object.entries(signatures)) {
    test(`signs again by the server's clock, with ${version}`, async () => {
      const bucket = newBucketName();
      await using ahead = await openTarget({ clock: () => Date.now() + 2 * 3600_000, buckets: [bucket] });
      const { accessKeyId, accessKeySecret, endpoint } = ahead;
      const options = { accessKeyId, accessKeySecret, endpoint, bucket, ...signing };
      // Options that a client has prepared: in a browser it would look at the page's address for them.
      const { options: prepared, urllib } = new OSS(options);
      const client = new BrowserOSS({ ...prepared, urllib });
      await client.put('late.txt', Buffer.from('x'));
      assert.equal((await client.get('late.txt')).content.toString(), 'x');
      assert.ok(Math.abs((client.options.amendTimeSkewed ?? 0) - 2 * 3600_000) < 60_000);
    });
  }
});

describe('ali-oss signs forms', { skip }, () => {
  const bucket = newBucketName();
  const client = new OSS({ ...ownerKey, endpoint: target.endpoint, bucket });
  before(() => client.putBucket(bucket));

  const inAnHour = () => new Date(Date.now() + 3600_000).toISOString();

  async function post(fields: Record<string, string>, content: string): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new File([content], '简历.pdf', { type: 'application/pdf' }));
    return fetch(`${target.endpoint}/${bucket}/`, { method: 'POST', body: form });
  }

  test('calculatePostSignature', async () => {
    const conditions = [{ bucket }, ['starts-with', '$key', 'upload/'], ['content-length-range', 0, 100]];
    const signed = client.calculatePostSignature({ expiration: inAnHour(), conditions });
    const answer = await post({ key: 'upload/${filename}', ...signed }, 'V1');
    assert.equal(answer.status, 204, await answer.text());
    const stored = await client.get('upload/简历.pdf');
    assert.equal(stored.content.toString(), 'V1');
    assert.equal(stored.res.headers['content-type'], 'application/pdf');
    const tooLarge = await post({ key: 'upload/large', ...signed }, 'x'.repeat(101));
    assert.equal(tooLarge.status, 400, await tooLarge.text());
  });

  test('calculatePostSignature of a text', async () => {
    const signed = client.calculatePostSignature(
      JSON.stringify({ expiration: inAnHour(), conditions: [{ bucket }] }),
    );
    const answer = await post({ key: 'text', ...signed, success_action_status: '200' }, 'V1');
    assert.equal(answer.status, 200, await answer.text());
  });

  test('signPostObjectPolicyV4', async () => {
    const date = new Date();
    const time = date.toISOString().replace(/[-:]|\.\d+/g, '');
    const control = {
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-credential': `${ownerKey.accessKeyId}/${time.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`,
      'x-oss-date': time,
    };
    const conditions = [{ bucket }, ...Object.entries(control).map(([name, value]) => ({ [name]: value }))];
    const policy = { expiration: inAnHour(), conditions };
    const fields = {
      key: 'v4.pdf',
      ...control,
      policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
      'x-oss-signature': client.signPostObjectPolicyV4(policy, date),
      success_action_status: '201',
    };
    const answer = await post(fields, 'V4');
    const text = await answer.text();
    assert.equal(answer.status, 201, text);
    assert.match(text, /<Key>v4\.pdf<\/Key>/);
    assert.equal((await client.get('v4.pdf')).content.toString(), 'V4');
    const forged = await post({ ...fields, 'x-oss-signature': '0'.repeat(64) }, 'V4');
    assert.equal(forged.status, 403, await forged.text());
  });
});
