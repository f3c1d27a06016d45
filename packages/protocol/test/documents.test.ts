// The XML documents: each one that is written, whole, and each one that clients send, as SDKs send it and as they should not.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ErrorName, OssError } from '../src/errors.ts';
import {
  type CorsConfiguration,
  corsBytesMax,
  corsRulesMax,
  deleteObjectsMax,
  parseCorsConfiguration,
  parseCreateBucketConfiguration,
  parseDelete,
  parseVersioningConfiguration,
  readXml,
  writeAccessControlPolicy,
  writeBucketInfo,
  writeBucketList,
  writeBucketLocation,
  writeCopyObjectResult,
  writeCorsConfiguration,
  writeDeleteResult,
  writeError,
  writeObjectList,
  writeObjectListV2,
  writePostResponse,
  writeVersioningConfiguration,
  writeVersionList,
  writeXml,
  type XmlElement,
  type XmlTree,
} from '../src/xml/index.ts';

/** Compares without the declaration and the layout, which the writer's own test pins. */
function writes(what: string, document: string, expected: string): void {
  test(what, () => {
    assert.ok(document.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n'));
    assert.equal(squeeze(document.slice(document.indexOf('\n'))), squeeze(expected));
  });
}

function squeeze(xml: string): string {
  return xml.replaceAll(/>\s+</g, '><').trim();
}

function refuses(row: ErrorName, call: () => unknown): void {
  assert.throws(call, (error) => error instanceof OssError && error.row === row);
}

const owner = { id: 'u1', displayName: 'User One' };
const ownerXml = '<Owner><ID>u1</ID><DisplayName>User One</DisplayName></Owner>';
const modifiedAtMs = Date.UTC(2012, 1, 24, 8, 43, 7, 123);
const object = {
  key: 'a b/+&.txt',
  modifiedAtMs,
  etag: '5B3C1A2E',
  type: 'Normal',
  size: 344606,
  storageClass: 'Standard',
};
const objectXml = `<LastModified>2012-02-24T08:43:07.000Z</LastModified><ETag>"5B3C1A2E"</ETag><Type>Normal</Type>
  <Size>344606</Size><StorageClass>Standard</StorageClass>`;

writes(
  'error',
  writeError({
    error: new OssError('NoSuchBucket', { BucketName: 'no-such' }),
    requestId: '568D547F31243C673BA14274',
    hostId: 'no-such.oss.localhost',
  }),
  `<Error>
    <Code>NoSuchBucket</Code>
    <Message>The specified bucket does not exist.</Message>
    <RequestId>568D547F31243C673BA14274</RequestId>
    <HostId>no-such.oss.localhost</HostId>
    <BucketName>no-such</BucketName>
    <EC>0015-00000101</EC>
    <RecommendDoc>https://api.aliyun.com/troubleshoot?q=0015-00000101</RecommendDoc>
  </Error>`,
);
writes(
  'error without an EC',
  writeError({ error: new OssError('NoSuchVersion'), requestId: 'R', hostId: 'H' }),
  `<Error><Code>NoSuchVersion</Code><Message>The specified version does not exist.</Message>
    <RequestId>R</RequestId><HostId>H</HostId></Error>`,
);
writes(
  'form upload answered with 201',
  writePostResponse({
    bucket: 'b',
    etag: '7AC6',
    key: 'u/<x>.txt',
    location: 'http://b.oss.localhost/u/%3Cx%3E.txt',
  }),
  `<PostResponse><Bucket>b</Bucket><ETag>"7AC6"</ETag><Key>u/&lt;x&gt;.txt</Key>
    <Location>http://b.oss.localhost/u/%3Cx%3E.txt</Location></PostResponse>`,
);

const bucket = {
  name: 'b1',
  createdAtMs: modifiedAtMs,
  region: 'cn-hangzhou',
  storageClass: 'Standard',
  endpoint: '127.0.0.1:9000',
};

writes(
  'buckets',
  writeBucketList({ owner, buckets: [bucket], prefix: 'b', marker: '', maxKeys: 100, nextMarker: undefined }),
  `<ListAllMyBucketsResult><Prefix>b</Prefix><Marker></Marker><MaxKeys>100</MaxKeys><IsTruncated>false</IsTruncated>${ownerXml}
    <Buckets><Bucket><CreationDate>2012-02-24T08:43:07.000Z</CreationDate><ExtranetEndpoint>127.0.0.1:9000</ExtranetEndpoint>
    <IntranetEndpoint>127.0.0.1:9000</IntranetEndpoint><Location>oss-cn-hangzhou</Location><Name>b1</Name>
    <Region>cn-hangzhou</Region><StorageClass>Standard</StorageClass>
    <ResourceGroupId>rg-default</ResourceGroupId></Bucket></Buckets></ListAllMyBucketsResult>`,
);
writes(
  'buckets, a page of none',
  writeBucketList({ owner, buckets: [], prefix: '', marker: 'a', maxKeys: 1, nextMarker: 'b1' }),
  `<ListAllMyBucketsResult><Prefix></Prefix><Marker>a</Marker><MaxKeys>1</MaxKeys><IsTruncated>true</IsTruncated>
    <NextMarker>b1</NextMarker>${ownerXml}<Buckets></Buckets></ListAllMyBucketsResult>`,
);
const bare = { isPublicAccessBlocked: false, encryption: undefined, logging: undefined };
writes(
  'bucket info',
  writeBucketInfo({ ...bucket, owner, acl: 'private', versioning: 'suspended', ...bare }),
  `<BucketInfo><Bucket><AccessMonitor>Disabled</AccessMonitor><BlockPublicAccess>false</BlockPublicAccess><Comment></Comment>
    <CreationDate>2012-02-24T08:43:07.000Z</CreationDate><CrossRegionReplication>Disabled</CrossRegionReplication>
    <DataRedundancyType>LRS</DataRedundancyType><ExtranetEndpoint>127.0.0.1:9000</ExtranetEndpoint>
    <IntranetEndpoint>127.0.0.1:9000</IntranetEndpoint><Location>oss-cn-hangzhou</Location><Name>b1</Name>
    <ResourceGroupId>rg-default</ResourceGroupId><StorageClass>Standard</StorageClass><TransferAcceleration>Disabled</TransferAcceleration>
    <Versioning>Suspended</Versioning>${ownerXml}<AccessControlList><Grant>private</Grant></AccessControlList>
    <ServerSideEncryptionRule><SSEAlgorithm>None</SSEAlgorithm></ServerSideEncryptionRule>
    <BucketPolicy><LogBucket></LogBucket><LogPrefix></LogPrefix></BucketPolicy></Bucket></BucketInfo>`,
);
test('bucket info of a bucket that never had versions', () => {
  assert.ok(
    !writeBucketInfo({ ...bucket, owner, acl: 'private', versioning: 'never', ...bare }).includes(
      'Versioning',
    ),
  );
});
writes(
  'location',
  writeBucketLocation('cn-hangzhou'),
  '<LocationConstraint>oss-cn-hangzhou</LocationConstraint>',
);
writes(
  'ACL',
  writeAccessControlPolicy({ owner, grant: 'public-read' }),
  `<AccessControlPolicy>${ownerXml}<AccessControlList><Grant>public-read</Grant></AccessControlList></AccessControlPolicy>`,
);
writes(
  'copy',
  writeCopyObjectResult({ etag: '5B3C', modifiedAtMs }),
  `<CopyObjectResult><ETag>"5B3C"</ETag><LastModified>2012-02-24T08:43:07.000Z</LastModified></CopyObjectResult>`,
);

writes(
  'objects',
  writeObjectList({
    bucket: 'b1',
    prefix: 'a b/',
    marker: '',
    delimiter: '/',
    maxKeys: 2,
    encoding: undefined,
    nextMarker: 'a b/c/',
    owner,
    objects: [object],
    commonPrefixes: ['a b/c/'],
  }),
  `<ListBucketResult><Name>b1</Name><Prefix>a b/</Prefix><Marker></Marker><MaxKeys>2</MaxKeys><Delimiter>/</Delimiter>
    <IsTruncated>true</IsTruncated><NextMarker>a b/c/</NextMarker>
    <Contents><Key>a b/+&amp;.txt</Key>${objectXml}${ownerXml}</Contents>
    <CommonPrefixes><Prefix>a b/c/</Prefix></CommonPrefixes></ListBucketResult>`,
);
writes(
  'objects, names encoded',
  writeObjectList({
    bucket: 'b1',
    prefix: 'a b/',
    marker: 'a b/\u0001',
    delimiter: '/',
    maxKeys: 2,
    encoding: 'url',
    nextMarker: 'a b/c/',
    owner,
    objects: [object],
    commonPrefixes: ['a b/c/'],
  }),
  `<ListBucketResult><EncodingType>url</EncodingType><Name>b1</Name><Prefix>a%20b%2F</Prefix><Marker>a%20b%2F%01</Marker>
    <MaxKeys>2</MaxKeys><Delimiter>%2F</Delimiter><IsTruncated>true</IsTruncated><NextMarker>a%20b%2Fc%2F</NextMarker>
    <Contents><Key>a%20b%2F%2B%26.txt</Key>${objectXml}${ownerXml}</Contents>
    <CommonPrefixes><Prefix>a%20b%2Fc%2F</Prefix></CommonPrefixes></ListBucketResult>`,
);
writes(
  'objects, version 2',
  writeObjectListV2({
    bucket: 'b1',
    prefix: '',
    startAfter: 'a b',
    continuationToken: 'Cg--',
    nextContinuationToken: 'CgJiYw--',
    delimiter: '',
    maxKeys: 2,
    encoding: 'url',
    owner: undefined,
    objects: [object],
    commonPrefixes: ['c/'],
  }),
  `<ListBucketResult><EncodingType>url</EncodingType><Name>b1</Name><Prefix></Prefix><StartAfter>a%20b</StartAfter>
    <ContinuationToken>Cg--</ContinuationToken><MaxKeys>2</MaxKeys><Delimiter></Delimiter><IsTruncated>true</IsTruncated>
    <NextContinuationToken>CgJiYw--</NextContinuationToken><Contents><Key>a%20b%2F%2B%26.txt</Key>${objectXml}</Contents>
    <CommonPrefixes><Prefix>c%2F</Prefix></CommonPrefixes><KeyCount>2</KeyCount></ListBucketResult>`,
);
writes(
  'versions',
  writeVersionList({
    bucket: 'b1',
    owner,
    prefix: '',
    delimiter: '',
    keyMarker: '',
    versionIdMarker: '',
    maxKeys: 100,
    encoding: undefined,
    next: undefined,
    versions: [
      { key: 'k', versionId: 'V2', isLatest: true, isDeleteMarker: true, modifiedAtMs },
      { ...object, key: 'k', versionId: 'null', isLatest: false, isDeleteMarker: false },
    ],
    commonPrefixes: [],
  }),
  `<ListVersionsResult><Name>b1</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>
    <MaxKeys>100</MaxKeys><Delimiter></Delimiter><IsTruncated>false</IsTruncated><NextKeyMarker></NextKeyMarker>
    <NextVersionIdMarker></NextVersionIdMarker>
    <DeleteMarker><Key>k</Key><VersionId>V2</VersionId><IsLatest>true</IsLatest>
      <LastModified>2012-02-24T08:43:07.000Z</LastModified>${ownerXml}</DeleteMarker>
    <Version><Key>k</Key><VersionId>null</VersionId><IsLatest>false</IsLatest>${objectXml}${ownerXml}</Version>
  </ListVersionsResult>`,
);
test('lists are laid out as every other document, whatever their texts', () => {
  const text = fc.string({ unit: 'binary' });
  const listed = fc.record({
    ...{ key: text, modifiedAtMs: fc.nat(), etag: text, type: text, size: fc.nat(), storageClass: text },
    restoreInfo: fc.option(text, { nil: undefined }),
  });
  const isDeleteMarker = fc.boolean();
  const version = fc.tuple(listed, fc.record({ versionId: text, isLatest: fc.boolean(), isDeleteMarker }));
  const encoding = fc.constantFrom(undefined, 'url' as const);
  const entries = fc.tuple(fc.array(listed), fc.array(version), fc.array(text));
  fc.assert(
    fc.property(encoding, entries, (encoding, [objects, versions, commonPrefixes]) => {
      const page = { bucket: 'b1', owner, prefix: '', delimiter: '', maxKeys: 9, encoding, commonPrefixes };
      checkLayout(writeObjectList({ ...page, objects, marker: '', nextMarker: undefined }));
      const place = { keyMarker: '', versionIdMarker: '', next: undefined };
      const merged = versions.map(([object, facts]) => ({ ...object, ...facts }));
      checkLayout(writeVersionList({ ...page, ...place, versions: merged }));
    }),
  );
});

/** What is read is written again as it was, character by character. */
function checkLayout(document: string): void {
  const root = /<(\w+)>/.exec(document)?.[1] as string;
  assert.equal(writeXml(exactTreeOf(readXml(document, root))), document);
}

function exactTreeOf({ name, text, children }: XmlElement): XmlTree {
  return [name, children.length === 0 ? text : children.map(exactTreeOf)];
}

writes(
  'deleted objects',
  writeDeleteResult({
    encoding: 'url',
    deleted: [
      { key: 'a/b' },
      { key: 'c', deleteMarkerVersionId: 'M1' },
      { key: 'd', versionId: 'V1' },
      { key: 'e', versionId: 'M2', deleteMarkerVersionId: 'M2' },
    ],
  }),
  `<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>a%2Fb</Key></Deleted>
    <Deleted><Key>c</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>M1</DeleteMarkerVersionId></Deleted>
    <Deleted><Key>d</Key><VersionId>V1</VersionId></Deleted>
    <Deleted><Key>e</Key><VersionId>M2</VersionId><DeleteMarker>true</DeleteMarker>
      <DeleteMarkerVersionId>M2</DeleteMarkerVersionId></Deleted></DeleteResult>`,
);

writes(
  'versioning, never',
  writeVersioningConfiguration('never'),
  '<VersioningConfiguration></VersioningConfiguration>',
);
for (const status of ['enabled', 'suspended'] as const) {
  test(`versioning, ${status}`, () => {
    assert.equal(parseVersioningConfiguration(writeVersioningConfiguration(status)), status);
  });
}
test('versioning, refused', () => {
  const versioning = (inner: string) => () =>
    parseVersioningConfiguration(`<VersioningConfiguration>${inner}</VersioningConfiguration>`);
  refuses('MalformedXML.versioning', versioning(''));
  refuses('MalformedXML.versioning', versioning('<Status/>'));
  refuses('MalformedXML', versioning('<Status>enabled</Status>'));
  refuses('MalformedXML', versioning('<Status>Enabled</Status><Status>Suspended</Status>'));
});

test('a bucket to be created', () => {
  const create = (inner: string) =>
    parseCreateBucketConfiguration(`<CreateBucketConfiguration>${inner}</CreateBucketConfiguration>`);
  assert.deepEqual(create(''), { storageClass: undefined, dataRedundancyType: undefined });
  assert.deepEqual(create('<StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType>'), {
    storageClass: 'IA',
    dataRedundancyType: 'ZRS',
  });
  refuses('MalformedXML', () => parseCreateBucketConfiguration('<Bucket/>'));
});

test('objects to be deleted', () => {
  const request = parseDelete(`<?xml version="1.0" encoding="UTF-8"?>
<Delete><Quiet>true</Quiet><Object><Key> a&amp;b&#x0c;c </Key></Object>
<Object><Key>%2F+</Key><VersionId>V1</VersionId></Object></Delete>`);
  assert.deepEqual(request, {
    quiet: true,
    objects: [
      { key: ' a&b\u000cc ', versionId: undefined },
      { key: '%2F+', versionId: 'V1' },
    ],
  });
});

test('objects to be deleted, bounds and refusals', () => {
  const remove = (objects: number) => `<Delete>${'<Object><Key>k</Key></Object>'.repeat(objects)}</Delete>`;
  assert.equal(parseDelete(remove(deleteObjectsMax)).objects.length, deleteObjectsMax);
  refuses('MalformedXML', () => parseDelete(remove(deleteObjectsMax + 1)));
  refuses('MalformedXML', () => parseDelete(remove(0)));
  refuses('MalformedXML', () => parseDelete('<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>'));
  refuses('MalformedXML', () => parseDelete('<Delete><Object/></Delete>'));
  refuses('MalformedXML', () =>
    parseDelete('<Delete><Quiet>1</Quiet><Object><Key>a</Key></Object></Delete>'),
  );
  refuses('InvalidObjectName.empty', () => parseDelete('<Delete><Object><Key/></Object></Delete>'));
  refuses('InvalidObjectName', () => parseDelete('<Delete><Object><Key>/a</Key></Object></Delete>'));
});

const cors: CorsConfiguration = {
  rules: [
    {
      allowedOrigins: ['https://*.example.com', '*'],
      allowedMethods: ['GET', 'POST'],
      allowedHeaders: ['x-oss-*'],
      exposeHeaders: ['ETag', 'x-oss-request-id'],
      maxAgeSeconds: 600,
    },
    {
      allowedOrigins: ['http://a'],
      allowedMethods: ['PUT'],
      allowedHeaders: [],
      exposeHeaders: [],
      maxAgeSeconds: undefined,
    },
  ],
  responseVary: true,
};

writes(
  'CORS',
  writeCorsConfiguration(cors),
  `<CORSConfiguration><CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>POST</AllowedMethod><AllowedHeader>x-oss-*</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-oss-request-id</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>
    <CORSRule><AllowedOrigin>http://a</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>
    <ResponseVary>true</ResponseVary></CORSConfiguration>`,
);

test('CORS reads back', () => assert.deepEqual(parseCorsConfiguration(writeCorsConfiguration(cors)), cors));

const rule = (inner: string) => `<CORSRule>${inner}</CORSRule>`;
const anyGet = '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>';
const corsRefusals: readonly [row: ErrorName, rules: string][] = [
  ['MalformedXML', ''],
  ['MalformedXML', rule('<AllowedOrigin>*</AllowedOrigin>')],
  ['MalformedXML', rule('<AllowedMethod>GET</AllowedMethod>')],
  ['MalformedXML', rule(`${anyGet}<MaxAgeSeconds>-1</MaxAgeSeconds>`)],
  ['MalformedXML', rule(`${anyGet}<MaxAgeSeconds>1000000000</MaxAgeSeconds>`)],
  ['MalformedXML', `${rule(anyGet)}<ResponseVary>yes</ResponseVary>`],
  ['CORSRuleBeyondLimit', rule(anyGet).repeat(corsRulesMax + 1)],
  ['EntityTooLarge', rule(anyGet) + ' '.repeat(corsBytesMax)],
  ['InvalidArgument.corsMethod', rule(`${anyGet}<AllowedMethod>OPTIONS</AllowedMethod>`)],
  ['InvalidArgument.corsMethod', rule(`${anyGet}<AllowedMethod>get</AllowedMethod>`)],
  ['InvalidArgument.corsWildcard', rule(`${anyGet}<AllowedOrigin>http://*.a.*</AllowedOrigin>`)],
  ['InvalidArgument.corsWildcard', rule(`${anyGet}<AllowedHeader>x-*-*</AllowedHeader>`)],
  ['InvalidArgument.corsExposeWildcard', rule(`${anyGet}<ExposeHeader>x-oss-*</ExposeHeader>`)],
  ['InvalidArgument.corsValue', rule(`${anyGet}<ExposeHeader>a&#13;&#10;b: c</ExposeHeader>`)],
  ['InvalidArgument.corsValue', rule(`${anyGet}<AllowedHeader>a b</AllowedHeader>`)],
  ['InvalidArgument.corsValue', rule(`${anyGet}<AllowedOrigin>http://a&#10;b</AllowedOrigin>`)],
];
for (const [row, rules] of corsRefusals) {
  test(`CORS refused: ${row} ${rules.slice(0, 100)}`, () => {
    refuses(row, () => parseCorsConfiguration(`<CORSConfiguration>${rules}</CORSConfiguration>`));
  });
}

test('CORS, as many rules as there may be, empty elements ignored', () => {
  const rules = rule(`${anyGet}<ExposeHeader/><AllowedHeader></AllowedHeader><MaxAgeSeconds/>`).repeat(
    corsRulesMax,
  );
  const parsed = parseCorsConfiguration(`<CORSConfiguration>${rules}</CORSConfiguration>`);
  assert.equal(parsed.rules.length, corsRulesMax);
  assert.equal(parsed.responseVary, false);
  assert.deepEqual(parsed.rules[0]?.exposeHeaders, []);
});
