// @aws-sdk/client-s3 and @aws-sdk/s3-presigned-post, unchanged: whoever has a program for S3 changes its endpoint and keys, nothing else.
// In both ways to address a bucket.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  type Grant,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { send } from '../http.ts';
import { writeForm } from '../post-form.ts';
import { newBucketName, openTarget } from '../target.ts';
import { oddNames } from './odd-names.ts';
import { openAgent } from './open-agent.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());
const { port } = new URL(target.endpoint);

const agentHere = openAgent();
after(() => agentHere.destroy());

const credentials = { accessKeyId: target.accessKeyId, secretAccessKey: target.accessKeySecret };
const ways = {
  'by path': { endpoint: target.endpoint, forcePathStyle: true },
  'by host': {
    endpoint: `http://localhost:${port}`,
    forcePathStyle: false,
    requestHandler: { httpAgent: agentHere },
  },
};

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

async function rejects(work: Promise<unknown>, status: number, name: string): Promise<S3ServiceException> {
  const error = await work.then(
    () => assert.fail(`expected ${name}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof S3ServiceException)) throw error;
  assert.deepEqual([error.$metadata.httpStatusCode, error.name], [status, name]);
  return error;
}

for (const [way, addressing] of Object.entries(ways)) {
  const skip = way === 'by path' || target.isOurs ? false : 'only our own server is known to be at localhost';
  describe(`@aws-sdk/client-s3, buckets addressed ${way}`, { skip }, () => {
    const options = { region: 'us-east-1', credentials, ...addressing, maxAttempts: 1 };
    const client = new S3Client(options);
    after(() => client.destroy());
    const Bucket = newBucketName();
    before(() => client.send(new CreateBucketCommand({ Bucket })));

    testBuckets(client, Bucket);
    testObjects(client, Bucket);
    testBodies(client, Bucket);
    testLists(client, Bucket);
    testDeletes(client, Bucket);
    testCopies(client, Bucket);
    testUploads(client, Bucket);
    testAcls(client, Bucket);
    testTags(client, Bucket);
    testPolicies(client, Bucket);
    testVersions(client);
    testErrors(client, Bucket, options);
    testForms(client, Bucket);
  });
}

function testBuckets(client: S3Client, Bucket: string): void {
  test('buckets: list, head, location, and one that is there already', async () => {
    const { Buckets = [], Owner } = await client.send(new ListBucketsCommand({}));
    assert.ok(Buckets.some(({ Name, CreationDate }) => Name === Bucket && CreationDate instanceof Date));
    assert.ok(Owner?.ID);
    const prefixed = await client.send(new ListBucketsCommand({ Prefix: Bucket, MaxBuckets: 1 }));
    assert.deepEqual(
      prefixed.Buckets?.map(({ Name }) => Name),
      [Bucket],
    );
    await client.send(new HeadBucketCommand({ Bucket }));
    const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }));
    assert.equal(LocationConstraint, 'cn-hangzhou');
    await rejects(client.send(new CreateBucketCommand({ Bucket })), 409, 'BucketAlreadyOwnedByYou');
    const other = newBucketName();
    await client.send(
      new CreateBucketCommand({
        Bucket: other,
        ACL: 'public-read',
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      }),
    );
    await client.send(new DeleteBucketCommand({ Bucket: other }));
    await rejects(client.send(new HeadBucketCommand({ Bucket: other })), 404, 'NotFound');
  });

  test('CORS', async () => {
    const rule = {
      AllowedOrigins: ['https://a.example'],
      AllowedMethods: ['PUT'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    };
    await rejects(client.send(new GetBucketCorsCommand({ Bucket })), 404, 'NoSuchCORSConfiguration');
    await client.send(
      new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ ID: 'one', ...rule }] } }),
    );
    const { CORSRules } = await client.send(new GetBucketCorsCommand({ Bucket }));
    assert.deepEqual(CORSRules, [rule]);
    await client.send(new DeleteBucketCorsCommand({ Bucket }));
    await rejects(client.send(new GetBucketCorsCommand({ Bucket })), 404, 'NoSuchCORSConfiguration');
  });
}

function testObjects(client: S3Client, Bucket: string): void {
  for (const Key of oddNames) {
    test(`put, head, get, delete ${Key}`, async () => {
      const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
      assert.equal(put.ETag, `"${md5(Key)}"`);
      const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
      assert.deepEqual([head.ETag, head.ContentLength], [put.ETag, Buffer.byteLength(Key)]);
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await Body?.transformToString(), Key);
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
      await rejects(client.send(new GetObjectCommand({ Bucket, Key })), 404, 'NoSuchKey');
    });
  }

  test('what goes in with an object comes out with it', async () => {
    const Key = 'properties.txt';
    const properties = {
      ContentType: 'text/plain; charset=utf-8',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="a.txt"',
      ContentEncoding: 'identity',
      ContentLanguage: 'zh',
      Metadata: { color: 'blue', 'two-words': 'a b' },
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'AES256',
    } as const;
    const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ...properties }));
    assert.equal(put.ServerSideEncryption, 'AES256');
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
    for (const [name, value] of Object.entries(properties)) {
      assert.deepEqual(head[name as keyof typeof head], value, name);
    }
    await client.send(new PutObjectCommand({ Bucket, Key: 'plain', Body: 'hello' }));
    const { ContentType, StorageClass } = await client.send(new HeadObjectCommand({ Bucket, Key: 'plain' }));
    assert.deepEqual([ContentType, StorageClass], ['application/octet-stream', undefined]);
  });

  test('ranges and conditions', async () => {
    const Key = 'ranges.txt';
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello world' }));
    const part = await client.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=6-100' }));
    assert.deepEqual([await part.Body?.transformToString(), part.ContentRange], ['world', 'bytes 6-10/11']);
    await rejects(
      client.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=11-' })),
      416,
      'InvalidRange',
    );
    await client.send(new GetObjectCommand({ Bucket, Key, IfMatch: ETag }));
    await rejects(
      client.send(new GetObjectCommand({ Bucket, Key, IfMatch: '"other"' })),
      412,
      'PreconditionFailed',
    );
    await rejects(client.send(new GetObjectCommand({ Bucket, Key, IfNoneMatch: ETag })), 304, 'Unknown');
    const renamed = await client.send(
      new GetObjectCommand({
        Bucket,
        Key,
        ResponseContentType: 'text/csv',
        ResponseContentDisposition: 'inline',
      }),
    );
    assert.equal(renamed.ContentType, 'text/csv');
  });

  test('a put that must not replace anything', async () => {
    const given = { Bucket, Key: 'once.txt', Body: 'first', IfNoneMatch: '*' };
    await client.send(new PutObjectCommand(given));
    await rejects(client.send(new PutObjectCommand({ ...given, Body: 'second' })), 412, 'PreconditionFailed');
    await rejects(
      client.send(new PutObjectCommand({ ...given, IfNoneMatch: '"etag"' })),
      501,
      'NotImplemented',
    );
  });
}

function testBodies(client: S3Client, Bucket: string): void {
  const content = 'hello world '.repeat(20_000);

  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as ChecksumAlgorithm[]) {
    test(`a body with its ${algorithm}`, async () => {
      const Key = `checked-${algorithm}`;
      const put = await client.send(
        new PutObjectCommand({ Bucket, Key, Body: content, ChecksumAlgorithm: algorithm }),
      );
      assert.ok(put[`Checksum${algorithm}` as keyof typeof put]);
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await Body?.transformToString(), content);
    });

    test(`a stream with its ${algorithm} behind it`, async () => {
      const Key = `streamed-${algorithm}`;
      const Body = Readable.from(content.match(/.{1,70000}/gs) as string[], { objectMode: false });
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body,
          ContentLength: content.length,
          ContentEncoding: 'identity',
          ChecksumAlgorithm: algorithm,
        }),
      );
      const got = await client.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await got.Body?.transformToString(), content);
      assert.equal(got.ContentEncoding, 'identity');
    });
  }

  test('a checksum that is another', async () => {
    const given = { Bucket, Key: 'wrong.txt', Body: 'hello', ChecksumCRC32: 'AAAAAA==' };
    await rejects(client.send(new PutObjectCommand(given)), 400, 'BadDigest');
    await rejects(client.send(new GetObjectCommand({ Bucket, Key: 'wrong.txt' })), 404, 'NoSuchKey');
    const md5Given = { Bucket, Key: 'wrong.txt', Body: 'hello', ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' };
    await rejects(client.send(new PutObjectCommand(md5Given)), 400, 'BadDigest');
  });
}

function testLists(client: S3Client, Bucket: string): void {
  const names = ['lists/a.txt', 'lists/b b.txt', 'lists/sub/c.txt', 'lists/sub/d.txt', 'lists/简.txt'];
  before(async () => {
    for (const Key of names) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  });

  test('a list, in both versions', async () => {
    const asked = { Bucket, Prefix: 'lists/' };
    const pages = [
      await client.send(new ListObjectsCommand(asked)),
      await client.send(new ListObjectsV2Command(asked)),
    ];
    for (const page of pages) {
      assert.deepEqual(
        page.Contents?.map(({ Key }) => Key),
        names,
      );
      const [first] = page.Contents ?? [];
      assert.deepEqual([first?.ETag, first?.Size, first?.StorageClass], [`"${md5('x')}"`, 1, 'STANDARD']);
      assert.equal(page.MaxKeys, 1000);
      assert.equal(page.IsTruncated, false);
    }
  });

  test('folders, encoded or not', async () => {
    for (const EncodingType of ['url', undefined] as const) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'lists/', Delimiter: '/', EncodingType }),
      );
      assert.deepEqual(
        page.CommonPrefixes?.map(({ Prefix }) => decodeURIComponent(Prefix ?? '')),
        ['lists/sub/'],
      );
      assert.equal(page.KeyCount, 4);
    }
  });

  test('page after page', async () => {
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'lists/', MaxKeys: 2, ContinuationToken }),
      );
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    assert.deepEqual(seen, names);
    const first = await client.send(new ListObjectsCommand({ Bucket, Prefix: 'lists/', MaxKeys: 2 }));
    const next = await client.send(
      new ListObjectsCommand({ Bucket, Prefix: 'lists/', Marker: first.Contents?.[1]?.Key }),
    );
    assert.deepEqual(
      next.Contents?.map(({ Key }) => Key),
      names.slice(2),
    );
  });

  test('more than a thousand at once are a thousand', async () => {
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'lists/', MaxKeys: 100_000 }));
    assert.equal(page.MaxKeys, 1000);
  });
}

function testDeletes(client: S3Client, Bucket: string): void {
  test('several objects at once', async () => {
    const keys = ['doomed/1', 'doomed/二', 'doomed/<&>'];
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    const Objects = [...keys, 'doomed/never-there'].map((Key) => ({ Key }));
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.deepEqual(
      Deleted?.map(({ Key }) => Key),
      Objects.map(({ Key }) => Key),
    );
    const left = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'doomed/' }));
    assert.equal(left.KeyCount, 0);
    const quiet = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    assert.equal(quiet.Deleted, undefined);
  });

  test('a bucket that is not empty stays', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'stays', Body: 'x' }));
    await rejects(client.send(new DeleteBucketCommand({ Bucket })), 409, 'BucketNotEmpty');
  });
}

function testCopies(client: S3Client, Bucket: string): void {
  test('copies, with what the source says of itself or with something else', async () => {
    const Key = 'copies/来源.txt';
    await client.send(
      new PutObjectCommand({ Bucket, Key, Body: 'hello', ContentType: 'text/plain', Metadata: { a: 'b' } }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    for (const source of [CopySource, `/${CopySource}`, encodeURIComponent(`${Bucket}/${Key}`)]) {
      const copy = await client.send(
        new CopyObjectCommand({ Bucket, Key: 'copies/kept', CopySource: source }),
      );
      assert.equal(copy.CopyObjectResult?.ETag, `"${md5('hello')}"`);
    }
    const kept = await client.send(new HeadObjectCommand({ Bucket, Key: 'copies/kept' }));
    assert.deepEqual([kept.ContentType, kept.Metadata], ['text/plain', { a: 'b' }]);
    await client.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'copies/replaced',
        CopySource,
        MetadataDirective: 'REPLACE',
        ContentType: 'text/csv',
        Metadata: { c: 'd' },
      }),
    );
    const replaced = await client.send(new HeadObjectCommand({ Bucket, Key: 'copies/replaced' }));
    assert.deepEqual([replaced.ContentType, replaced.Metadata], ['text/csv', { c: 'd' }]);
    await rejects(
      client.send(new CopyObjectCommand({ Bucket, Key: 'x', CopySource, CopySourceIfMatch: '"other"' })),
      412,
      'PreconditionFailed',
    );
    await rejects(
      client.send(new CopyObjectCommand({ Bucket, Key: 'x', CopySource: `${Bucket}/never-there` })),
      404,
      'NoSuchKey',
    );
  });
}

const everybody = 'http://acs.amazonaws.com/groups/global/AllUsers';

function testUploads(client: S3Client, Bucket: string): void {
  const large = 'a'.repeat(100 * 1024);
  const etagOf = (...contents: string[]) =>
    `"${md5(contents.map((content) => md5(content).toUpperCase()).join(''))}-${contents.length}"`;

  async function begin(Key: string, properties: object = {}) {
    const created = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...properties }));
    assert.deepEqual([created.Bucket, created.Key], [Bucket, Key]);
    return { Bucket, Key, UploadId: created.UploadId };
  }

  test('an object in parts: sent, copied, listed, completed', async () => {
    const Key = 'parts/简历 a+b.pdf';
    const upload = await begin(Key, {
      ContentType: 'text/plain',
      Metadata: { color: 'blue' },
      Tagging: 'a=1',
      StorageClass: 'STANDARD_IA',
    });
    const first = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: large }));
    assert.equal(first.ETag, `"${md5(large)}"`);
    assert.ok(first.ChecksumCRC32);
    const Body = Readable.from(['the ', 'end'], { objectMode: false });
    const last = await client.send(
      new UploadPartCommand({ ...upload, PartNumber: 9, Body, ContentLength: 7 }),
    );
    const source = `${large}${large}`;
    await client.send(new PutObjectCommand({ Bucket, Key: 'parts/source +', Body: source }));
    const CopySource = `${Bucket}/${encodeURIComponent('parts/source +')}`;
    const copied = await client.send(
      new UploadPartCopyCommand({
        ...upload,
        PartNumber: 5,
        CopySource,
        CopySourceRange: `bytes=1-${large.length}`,
      }),
    );
    assert.equal(copied.CopyPartResult?.ETag, `"${md5(large)}"`);
    assert.ok(copied.CopyPartResult?.LastModified instanceof Date);

    const listed = await client.send(new ListPartsCommand({ ...upload, MaxParts: 5000 }));
    assert.deepEqual(
      [listed.Key, listed.IsTruncated, listed.MaxParts, listed.StorageClass],
      [Key, false, 1000, 'STANDARD_IA'],
    );
    const parts = listed.Parts ?? [];
    assert.deepEqual(
      parts.map(({ PartNumber, ETag, Size }) => [PartNumber, ETag, Size]),
      [
        [1, first.ETag, large.length],
        [5, `"${md5(large)}"`, large.length],
        [9, last.ETag, 7],
      ],
    );
    const page = await client.send(new ListPartsCommand({ ...upload, MaxParts: 1, PartNumberMarker: '1' }));
    assert.deepEqual(
      [page.Parts?.map(({ PartNumber }) => PartNumber), page.IsTruncated, page.NextPartNumberMarker],
      [[5], true, '5'],
    );

    const MultipartUpload = { Parts: parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })) };
    const MpuObjectSize = 2 * large.length + 7;
    const wrongSize = { ...upload, MultipartUpload, MpuObjectSize: MpuObjectSize - 1 };
    await rejects(client.send(new CompleteMultipartUploadCommand(wrongSize)), 400, 'InvalidRequest');
    const done = await client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, MpuObjectSize }),
    );
    const etag = etagOf(large, large, 'the end');
    assert.deepEqual([done.Bucket, done.Key, done.ETag], [Bucket, Key, etag]);
    assert.match(done.Location ?? '', /^http:.*%20a%2Bb\.pdf$/);

    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(await got.Body?.transformToString(), `${large}${large}the end`);
    assert.deepEqual(
      [got.ETag, got.ContentType, got.Metadata, got.StorageClass],
      [etag, 'text/plain', { color: 'blue' }, 'STANDARD_IA'],
    );
    const tags = await client.send(new GetObjectTaggingCommand({ Bucket, Key }));
    assert.deepEqual(tags.TagSet, [{ Key: 'a', Value: '1' }]);
    const list = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    assert.equal(list.Contents?.[0]?.ETag, etag);
  });

  test('uploads under way: listed by page, and aborted', async () => {
    const uploads = [await begin('open/a'), await begin('open/b b/c'), await begin('open/d')];
    const list = (more: object) =>
      client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'open/', ...more }));
    const all = await list({ MaxUploads: 5000 });
    assert.equal(all.MaxUploads, 1000);
    assert.deepEqual(
      all.Uploads?.map(({ Key, UploadId }) => ({ Bucket, Key, UploadId })),
      uploads,
    );
    assert.ok(all.Uploads?.every(({ Initiated }) => Initiated instanceof Date));
    const folders = await list({ Delimiter: '/' });
    assert.deepEqual(folders.CommonPrefixes, [{ Prefix: 'open/b b/' }]);
    const page = await list({ MaxUploads: 1 });
    assert.deepEqual([page.IsTruncated, page.NextUploadIdMarker], [true, uploads[0]?.UploadId]);
    const next = await list({ KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker });
    assert.deepEqual(
      next.Uploads?.map(({ Key }) => Key),
      ['open/b b/c', 'open/d'],
    );
    for (const upload of uploads) await client.send(new AbortMultipartUploadCommand(upload));
    assert.equal((await list({})).Uploads, undefined);
    for (const upload of uploads) {
      await rejects(client.send(new AbortMultipartUploadCommand(upload)), 404, 'NoSuchUpload');
    }
  });

  test('parts that do not make an object', async () => {
    const upload = await begin('parts/refused');
    const etags = [];
    for (const PartNumber of [1, 2]) {
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: 'small' }));
      etags.push(ETag);
    }
    const complete = (...Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    const [one, two] = [
      { PartNumber: 1, ETag: etags[0] },
      { PartNumber: 2, ETag: etags[1] },
    ];
    await rejects(complete(one, two), 400, 'EntityTooSmall');
    await rejects(complete(two, one), 400, 'InvalidPartOrder');
    await rejects(complete({ ...one, ETag: `"${md5('other')}"` }), 400, 'InvalidPart');
    await rejects(complete({ PartNumber: 7, ETag: etags[0] }), 400, 'InvalidPart');
    const wrong = { ...upload, PartNumber: 1, Body: 'x', ChecksumCRC32: 'AAAAAA==' };
    await rejects(client.send(new UploadPartCommand(wrong)), 400, 'BadDigest');
    await rejects(client.send(new HeadObjectCommand({ Bucket, Key: upload.Key })), 404, 'NotFound');
    await complete(two);
    const got = await client.send(new GetObjectCommand({ Bucket, Key: upload.Key }));
    assert.equal(await got.Body?.transformToString(), 'small');
    await rejects(complete(two), 404, 'NoSuchUpload');
  });

  test('an upload that must not replace anything', async () => {
    const upload = await begin('parts/once');
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'second' }));
    await client.send(new PutObjectCommand({ Bucket, Key: upload.Key, Body: 'first' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const given = { ...upload, MultipartUpload, IfNoneMatch: '*' };
    await rejects(client.send(new CompleteMultipartUploadCommand(given)), 412, 'PreconditionFailed');
    const got = await client.send(new GetObjectCommand({ Bucket, Key: upload.Key }));
    assert.equal(await got.Body?.transformToString(), 'first');
  });
}

function testAcls(client: S3Client, Bucket: string): void {
  const grants = ({ Grants = [] }: { Grants?: Grant[] | undefined }) =>
    Grants.map(
      ({ Grantee, Permission }) => `${Grantee?.URI === everybody ? 'everybody' : 'owner'} ${Permission}`,
    );

  test('the canned ACL of a bucket', async () => {
    const acl = async () => grants(await client.send(new GetBucketAclCommand({ Bucket })));
    assert.deepEqual(await acl(), ['owner FULL_CONTROL']);
    await client.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
    assert.deepEqual(await acl(), ['owner FULL_CONTROL', 'everybody READ']);
    await client.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
    await rejects(
      client.send(new PutBucketAclCommand({ Bucket: newBucketName(), ACL: 'private' })),
      404,
      'NoSuchBucket',
    );
    await rejects(
      client.send(new PutBucketAclCommand({ Bucket, ACL: 'authenticated-read' })),
      501,
      'NotImplemented',
    );
    await rejects(client.send(new PutBucketAclCommand({ Bucket, GrantRead: 'id=1' })), 501, 'NotImplemented');
    const AccessControlPolicy = { Owner: { ID: 'a' }, Grants: [] };
    await rejects(
      client.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy })),
      501,
      'NotImplemented',
    );
  });

  test('the canned ACL of an object, put with it and later', async () => {
    const Key = 'acl.txt';
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ACL: 'public-read' }));
    const acl = async () => grants(await client.send(new GetObjectAclCommand({ Bucket, Key })));
    assert.deepEqual(await acl(), ['owner FULL_CONTROL', 'everybody READ']);
    assert.equal((await send(target, { method: 'GET', path: `/${Bucket}/${Key}` })).text, 'hello');
    await client.send(new PutObjectAclCommand({ Bucket, Key, ACL: 'private' }));
    assert.deepEqual(await acl(), ['owner FULL_CONTROL']);
    assert.equal((await send(target, { method: 'GET', path: `/${Bucket}/${Key}` })).status, 403);
  });
}

function testTags(client: S3Client, Bucket: string): void {
  const TagSet = [
    { Key: 'color', Value: 'blue' },
    { Key: 'two words', Value: '' },
  ];

  test('tags of an object, put with it and later', async () => {
    const Key = 'tags.txt';
    const tags = async () => (await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', Tagging: 'color=blue&two%20words=' }));
    assert.deepEqual(await tags(), TagSet);
    const { TagCount } = await client.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(TagCount, 2);
    await client.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: TagSet.slice(0, 1) } }));
    assert.deepEqual(await tags(), TagSet.slice(0, 1));
    const CopySource = `${Bucket}/${Key}`;
    const replaced = { Bucket, Key, CopySource, TaggingDirective: 'REPLACE', Tagging: 'a=b' } as const;
    await client.send(new CopyObjectCommand({ ...replaced, MetadataDirective: 'REPLACE' }));
    assert.deepEqual(await tags(), [{ Key: 'a', Value: 'b' }]);
    await client.send(new DeleteObjectTaggingCommand({ Bucket, Key }));
    assert.deepEqual(await tags(), []);
    const repeated = { TagSet: [...TagSet, ...TagSet] };
    await rejects(
      client.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: repeated })),
      400,
      'InvalidTag',
    );
  });

  test('tags of a bucket', async () => {
    await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    assert.deepEqual((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet, TagSet);
    await client.send(new DeleteBucketTaggingCommand({ Bucket }));
    await rejects(client.send(new GetBucketTaggingCommand({ Bucket })), 404, 'NoSuchTagSet');
  });
}

function testPolicies(client: S3Client, Bucket: string): void {
  test('a policy of a bucket', async () => {
    const Key = 'open/a.txt';
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
    const read = () => send(target, { method: 'GET', path: `/${Bucket}/${Key}` });
    assert.equal((await read()).status, 403);
    const Statement = [
      {
        Sid: 'open',
        Effect: 'Allow',
        Principal: '*',
        Action: ['s3:GetObject'],
        Resource: [`arn:aws:s3:::${Bucket}/open/*`],
      },
    ];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    assert.equal((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
    assert.equal((await read()).text, 'hello');
    await client.send(new DeleteBucketPolicyCommand({ Bucket }));
    await rejects(client.send(new GetBucketPolicyCommand({ Bucket })), 404, 'NoSuchBucketPolicy');
    assert.equal((await read()).status, 403);
    await rejects(client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })), 400, 'MalformedPolicy');
  });
}

function testVersions(client: S3Client): void {
  test('versions and delete markers', async () => {
    const Bucket = newBucketName();
    const Key = 'a.txt';
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
    const first = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'first' }));
    const second = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'second' }));
    assert.ok(first.VersionId && second.VersionId && first.VersionId !== second.VersionId);
    const got = await client.send(new GetObjectCommand({ Bucket, Key, VersionId: first.VersionId }));
    assert.deepEqual([await got.Body?.transformToString(), got.VersionId], ['first', first.VersionId]);
    const gone = await client.send(new DeleteObjectCommand({ Bucket, Key }));
    assert.equal(gone.DeleteMarker, true);
    const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
    assert.deepEqual(
      listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
      [
        [second.VersionId, false],
        [first.VersionId, false],
      ],
    );
    assert.deepEqual(
      listed.DeleteMarkers?.map(({ VersionId }) => VersionId),
      [gone.VersionId],
    );
    const missing = await rejects(client.send(new GetObjectCommand({ Bucket, Key })), 404, 'NoSuchKey');
    assert.equal(missing.$response?.headers['x-amz-delete-marker'], 'true');
    await rejects(
      client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', IfNoneMatch: '*' })),
      501,
      'NotImplemented',
    );
  });
}

function testErrors(client: S3Client, Bucket: string, options: S3ClientConfig): void {
  test('what is not there, and who may not', async () => {
    const error = await rejects(
      client.send(new GetObjectCommand({ Bucket, Key: 'never-there' })),
      404,
      'NoSuchKey',
    );
    assert.match(error.$metadata.requestId ?? '', /^[0-9A-F]{24}$/);
    assert.equal(error.$response?.headers['x-oss-request-id'], undefined);
    assert.equal(error.message, 'The specified key does not exist.');
    await rejects(client.send(new ListObjectsV2Command({ Bucket: newBucketName() })), 404, 'NoSuchBucket');
    await rejects(client.send(new HeadObjectCommand({ Bucket, Key: 'never-there' })), 404, 'NotFound');
    const wrong = (key: Partial<typeof credentials>) =>
      new S3Client({ ...options, credentials: { ...credentials, ...key } });
    const secret = wrong({ secretAccessKey: 'another' });
    await rejects(secret.send(new GetObjectCommand({ Bucket, Key: 'a' })), 403, 'SignatureDoesNotMatch');
    const unknown = wrong({ accessKeyId: 'nobody' });
    await rejects(unknown.send(new GetObjectCommand({ Bucket, Key: 'a' })), 403, 'InvalidAccessKeyId');
  });

  test('what S3 has and this server does not', async () => {
    const Rules = [{ Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } } as const];
    await rejects(
      client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } })),
      501,
      'NotImplemented',
    );
    await rejects(
      client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'a',
          Body: 'b',
          ObjectLockMode: 'GOVERNANCE',
          ObjectLockRetainUntilDate: new Date(),
        }),
      ),
      501,
      'NotImplemented',
    );
  });
}

function testForms(client: S3Client, Bucket: string): void {
  /** As a page would: the fields that it was given, then the file. */
  async function post(
    options: Partial<PresignedPostOptions>,
    content = 'hello',
    changed: Record<string, string> = {},
  ) {
    const { url, fields } = await createPresignedPost(client, {
      Bucket,
      Key: 'forms/${filename}',
      ...options,
    });
    const { body, contentType } = writeForm({ ...fields, ...changed }, { content, fileName: 'file.txt' });
    const { host, pathname } = new URL(url);
    return send(target, {
      method: 'POST',
      path: pathname,
      headers: { host, 'content-type': contentType },
      body,
    });
  }

  test('createPresignedPost', async () => {
    const answer = await post({});
    assert.equal(answer.status, 204, answer.text);
    assert.equal(answer.headers.etag, `"${md5('hello')}"`);
    assert.match(answer.headers['x-amz-request-id'] as string, /^[0-9A-F]{24}$/);
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'forms/file.txt' }));
    assert.equal(await got.Body?.transformToString(), 'hello');
    assert.equal(got.ContentType, 'binary/octet-stream');
  });

  test('createPresignedPost with conditions and fields', async () => {
    const Fields = {
      acl: 'public-read',
      'Content-Type': 'text/plain',
      'x-amz-meta-color': 'blue',
      success_action_status: '201',
    };
    const Conditions = [
      ['content-length-range', 1, 10],
      ['starts-with', '$x-amz-meta-note', ''],
    ] as NonNullable<PresignedPostOptions['Conditions']>;
    const answer = await post({ Key: 'forms/a.txt', Fields, Conditions }, 'hello', {
      'x-amz-meta-note': 'any',
    });
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual(
      ['Bucket', 'Key', 'ETag'].map((name) => answer.element(name)),
      [Bucket, 'forms/a.txt', `"${md5('hello')}"`],
    );
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'forms/a.txt' }));
    assert.deepEqual([head.ContentType, head.Metadata], ['text/plain', { color: 'blue', note: 'any' }]);
    assert.equal((await send(target, { method: 'GET', path: `/${Bucket}/forms/a.txt` })).text, 'hello');

    for (const [content, code] of [
      ['', 'EntityTooSmall'],
      ['hello world', 'EntityTooLarge'],
    ] as const) {
      const refused = await post({ Fields, Conditions }, content, { 'x-amz-meta-note': 'any' });
      assert.deepEqual([refused.status, refused.code], [400, code]);
    }
    const extra = await post({}, 'hello', { 'x-amz-meta-a': 'b' });
    assert.deepEqual(
      [extra.status, extra.code, extra.element('Message')],
      [403, 'AccessDenied', 'Invalid according to Policy: Extra input fields: x-amz-meta-a'],
    );
  });
}
