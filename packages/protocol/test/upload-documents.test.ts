// The documents of multipart uploads, tags and restores: each one that is written, whole, and each one that clients send, as SDKs send
// it and as they should not.

import assert from 'node:assert/strict';
import test from 'node:test';
import { type ErrorName, OssError } from '../src/errors.ts';
import {
  parseCompleteUpload,
  parseRestoreRequest,
  parseTagging,
  writeCompleteResult,
  writeCopyPartResult,
  writeInitiateResult,
  writePartList,
  writeTagging,
  writeUploadList,
} from '../src/xml/index.ts';

function writes(what: string, document: string, expected: string): void {
  test(what, () => assert.equal(squeeze(document.slice(document.indexOf('\n'))), squeeze(expected)));
}

function squeeze(xml: string): string {
  return xml.replaceAll(/>\s+</g, '><').trim();
}

function refuses(what: string, row: ErrorName, call: () => unknown): void {
  test(what, () => assert.throws(call, (error) => error instanceof OssError && error.row === row));
}

const place = { bucket: 'photos', key: 'a b.txt', encoding: undefined };
const timeMs = Date.UTC(2012, 1, 24, 8, 43, 7, 123);

// --- Multipart uploads ---

writes(
  'InitiateMultipartUpload',
  writeInitiateResult({ ...place, uploadId: '0004B9' }),
  `<InitiateMultipartUploadResult><Bucket>photos</Bucket><Key>a b.txt</Key><UploadId>0004B9</UploadId>
  </InitiateMultipartUploadResult>`,
);
writes(
  'InitiateMultipartUpload, encoded',
  writeInitiateResult({ ...place, encoding: 'url', uploadId: '0004B9' }),
  `<InitiateMultipartUploadResult><EncodingType>url</EncodingType><Bucket>photos</Bucket><Key>a%20b.txt</Key>
  <UploadId>0004B9</UploadId></InitiateMultipartUploadResult>`,
);
writes(
  'UploadPartCopy',
  writeCopyPartResult({ etag: '5B3C', modifiedAtMs: timeMs }),
  `<CopyPartResult><LastModified>2012-02-24T08:43:07.000Z</LastModified><ETag>"5B3C"</ETag></CopyPartResult>`,
);
writes(
  'CompleteMultipartUpload',
  writeCompleteResult({ ...place, encoding: 'url', location: 'http://h/photos/a%20b.txt', etag: '5B3C-2' }),
  `<CompleteMultipartUploadResult><EncodingType>url</EncodingType><Location>http://h/photos/a%20b.txt</Location>
  <Bucket>photos</Bucket><Key>a%20b.txt</Key><ETag>"5B3C-2"</ETag></CompleteMultipartUploadResult>`,
);
const partPage = {
  ...place,
  uploadId: '0004B9',
  storageClass: 'Standard',
  partNumberMarker: 0,
  maxParts: 1,
  parts: [{ partNumber: 2, modifiedAtMs: timeMs, etag: '5B3C', size: 102400, crc64: '7' }],
};
const partXml = `<Part><PartNumber>2</PartNumber><LastModified>2012-02-24T08:43:07.000Z</LastModified><ETag>"5B3C"</ETag>
  <Size>102400</Size><HashCrc64ecma>7</HashCrc64ecma></Part>`;
for (const [next, truncated] of [
  [2, true],
  [undefined, false],
] as const) {
  writes(
    `ListParts, ${truncated ? 'more to come' : 'the last page'}`,
    writePartList({ ...partPage, nextPartNumberMarker: next }),
    `<ListPartsResult><Bucket>photos</Bucket><Key>a b.txt</Key><UploadId>0004B9</UploadId>
    <StorageClass>Standard</StorageClass><PartNumberMarker>0</PartNumberMarker>
    <NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>1</MaxParts><IsTruncated>${truncated}</IsTruncated>
    ${partXml}</ListPartsResult>`,
  );
}
writes(
  'ListParts of nothing',
  writePartList({ ...partPage, partNumberMarker: 7, parts: [], nextPartNumberMarker: undefined }),
  `<ListPartsResult><Bucket>photos</Bucket><Key>a b.txt</Key><UploadId>0004B9</UploadId>
  <StorageClass>Standard</StorageClass><PartNumberMarker>7</PartNumberMarker>
  <NextPartNumberMarker>7</NextPartNumberMarker><MaxParts>1</MaxParts><IsTruncated>false</IsTruncated></ListPartsResult>`,
);
const uploadPage = {
  bucket: 'photos',
  prefix: 'a ',
  delimiter: '/',
  keyMarker: '',
  uploadIdMarker: '',
  maxUploads: 1,
  uploads: [{ key: 'a b.txt', uploadId: '0004B9', storageClass: 'IA', initiatedAtMs: timeMs }],
  commonPrefixes: ['a c/'],
};
writes(
  'ListMultipartUploads',
  writeUploadList({ ...uploadPage, encoding: undefined, next: undefined }),
  `<ListMultipartUploadsResult><Bucket>photos</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>
  <NextKeyMarker></NextKeyMarker><NextUploadIdMarker></NextUploadIdMarker><Delimiter>/</Delimiter><Prefix>a </Prefix>
  <MaxUploads>1</MaxUploads><IsTruncated>false</IsTruncated><Upload><Key>a b.txt</Key><UploadId>0004B9</UploadId>
  <StorageClass>IA</StorageClass><Initiated>2012-02-24T08:43:07.000Z</Initiated></Upload>
  <CommonPrefixes><Prefix>a c/</Prefix></CommonPrefixes></ListMultipartUploadsResult>`,
);
writes(
  'ListMultipartUploads, encoded, more to come',
  writeUploadList({
    ...uploadPage,
    encoding: 'url',
    next: { keyMarker: 'a c/', uploadIdMarker: '0004B9' },
    commonPrefixes: [],
  }),
  `<ListMultipartUploadsResult><EncodingType>url</EncodingType><Bucket>photos</Bucket><KeyMarker></KeyMarker>
  <UploadIdMarker></UploadIdMarker><NextKeyMarker>a%20c%2F</NextKeyMarker><NextUploadIdMarker>0004B9</NextUploadIdMarker>
  <Delimiter>%2F</Delimiter><Prefix>a%20</Prefix><MaxUploads>1</MaxUploads><IsTruncated>true</IsTruncated>
  <Upload><Key>a%20b.txt</Key><UploadId>0004B9</UploadId><StorageClass>IA</StorageClass>
  <Initiated>2012-02-24T08:43:07.000Z</Initiated></Upload></ListMultipartUploadsResult>`,
);

const part = (number: string, etag = '"5b3c"') =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
const complete = (parts: string) =>
  parseCompleteUpload(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);

test('the parts to complete: quotes or none, in any case, not one behind the other', () => {
  assert.deepEqual(complete(part('1') + part(' 5 ', 'AB') + part('10000', '&quot;cd&quot;')), [
    { partNumber: 1, etag: '5B3C' },
    { partNumber: 5, etag: 'AB' },
    { partNumber: 10_000, etag: 'CD' },
  ]);
});
test('10,000 parts', () => {
  const all = Array.from({ length: 10_000 }, (_, at) => part(String(at + 1))).join('');
  assert.equal(complete(all).length, 10_000);
});
refuses('no part', 'MalformedXML.parts', () => complete(''));
refuses('no document', 'MalformedXML.parts', () => parseCompleteUpload(''));
refuses('another document', 'MalformedXML.parts', () => parseCompleteUpload('<Delete></Delete>'));
refuses('a part without a number', 'MalformedXML.parts', () => complete('<Part><ETag>a</ETag></Part>'));
refuses('a part without an ETag', 'MalformedXML.parts', () => complete(part('1', '')));
refuses('10,001 parts', 'MalformedXML.parts', () => complete(part('1').repeat(10_001)));
refuses('parts in descending order', 'InvalidPartOrder', () => complete(part('2') + part('1')));
refuses('a part twice', 'InvalidPartOrder', () => complete(part('1') + part('1')));
for (const number of ['0', '10001', '-1', '1.5', 'x', '1e3']) {
  refuses(`part ${number}`, 'InvalidArgument.partNumber', () => complete(part(number)));
}

// --- Tags ---

writes(
  'tags',
  writeTagging([
    { key: 'a', value: '1' },
    { key: 'b', value: '' },
  ]),
  `<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value></Value></Tag></TagSet></Tagging>`,
);
writes('no tags', writeTagging([]), '<Tagging><TagSet></TagSet></Tagging>');
test('tags to set, and none', () => {
  const tags = [
    { key: ' a', value: '1 ' },
    { key: 'b', value: '' },
  ];
  assert.deepEqual(parseTagging(writeTagging(tags)), tags);
  assert.deepEqual(parseTagging('<Tagging><TagSet><Tag><Key>b</Key></Tag></TagSet></Tagging>'), [tags[1]]);
  assert.deepEqual(parseTagging('<Tagging><TagSet/></Tagging>'), []);
});
refuses('tags without a TagSet', 'MalformedXML', () => parseTagging('<Tagging></Tagging>'));
refuses('two TagSets', 'MalformedXML', () => parseTagging('<Tagging><TagSet/><TagSet/></Tagging>'));
refuses('a tag without a key', 'MalformedXML', () =>
  parseTagging('<Tagging><TagSet><Tag><Value>1</Value></Tag></TagSet></Tagging>'),
);

// --- Restoring ---

const restore = (content: string) => parseRestoreRequest(`<RestoreRequest>${content}</RestoreRequest>`);
const job = (tier: string) => `<JobParameters><Tier>${tier}</Tier></JobParameters>`;

test('what to restore', () => {
  assert.deepEqual(parseRestoreRequest(''), { days: 1, tier: undefined });
  assert.deepEqual(restore(''), { days: 1, tier: undefined });
  assert.deepEqual(restore('<Days>7</Days>'), { days: 7, tier: undefined });
  assert.deepEqual(restore(`<Days>365</Days>${job('Bulk')}`), { days: 365, tier: 'Bulk' });
  assert.deepEqual(restore('<JobParameters/>'), { days: 1, tier: 'Standard' });
});
for (const days of ['0', '366', '-1', '1.5', 'x']) {
  refuses(`${days} days`, 'MalformedXML', () => restore(`<Days>${days}</Days>`));
}
refuses('an unknown tier', 'MalformedXML', () => restore(job('Fast')));
refuses('two jobs', 'MalformedXML', () => restore(job('Bulk') + job('Bulk')));
