// Right requests, before anybody mutates them: reads, lists, puts, uploads in parts, appends, tags, in the dialect of OSS and in that of S3.
// Each names what is there (the present object, the standing upload), so that a mutation gets as far as it can.

import { createHash } from 'node:crypto';
import { fuzzedBucket, presentKey } from './fuzzed-server.ts';
import { standingPart, standingUploadId, uploadKey } from './standing-upload.ts';

export interface Template {
  readonly method: string;
  readonly key?: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param target `key?name=value&name`, the bucket's own without a key; spaces and the like as they are */
function template(
  method: string,
  target: string,
  headers: Template['headers'] = {},
  body?: string,
): Template {
  const [key = '', query = ''] = target.split('?');
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('=') as [string, string?]);
  return {
    method,
    ...(key !== '' && { key }),
    query: pairs.map(([name, value = '']) => [name, value]),
    headers,
    ...(body !== undefined && { body }),
  };
}

const upload = `${uploadKey}?uploadId=${standingUploadId}`;
const etag = createHash('md5').update(standingPart).digest('hex').toUpperCase();
const completion = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"${etag}"</ETag></Part></CompleteMultipartUpload>`;
const tagging = '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>';
const deletion = '<Delete><Object><Key>nothing</Key></Object></Delete>';
const md5Of = (text: string) => ({ 'content-md5': createHash('md5').update(text).digest('base64') });
const content = 'put by a request';
const sha256 = createHash('sha256').update(content).digest('base64');
const source = `/${fuzzedBucket}/${presentKey}`;

/** The same words in both dialects. */
const common: readonly Template[] = [
  template('GET', presentKey, { range: 'bytes=10-20' }),
  template('GET', `${presentKey}?response-content-type=text/plain`),
  template('GET', `${presentKey}?tagging`),
  template('PUT', `${presentKey}?tagging`, md5Of(tagging), tagging),
  template('DELETE', `${presentKey}?tagging`),
  template('GET', '?prefix=user/&delimiter=/&max-keys=10'),
  template('GET', '?list-type=2&start-after=a&encoding-type=url'),
  template('GET', '?versions&key-marker=a'),
  template('POST', '?delete', md5Of(deletion), deletion),
  template('POST', `${uploadKey}?uploads`, { 'content-type': 'text/plain' }),
  template('PUT', `${upload}&partNumber=2`, {}, content),
  template('GET', `${upload}&max-parts=1&part-number-marker=0`),
  template('GET', `?uploads&prefix=user/&delimiter=/&key-marker=a&upload-id-marker=${standingUploadId}`),
  template('POST', upload, {}, completion),
  template('DELETE', upload),
];

export const ossTemplates: readonly Template[] = [
  ...common,
  template('GET', presentKey, { range: 'bytes=-5', 'x-oss-range-behavior': 'standard' }),
  template('HEAD', `${presentKey}?objectMeta`, { 'if-none-match': '"0"' }),
  template('PUT', 'user/put.txt', { 'content-type': 'text/plain', 'x-oss-meta-a': '1' }, content),
  template('PUT', 'user/tagged.txt', { 'x-oss-tagging': 'a=1&b=%2B' }, content),
  template('PUT', 'user/copy.txt', { 'x-oss-copy-source': source }),
  template('PUT', 'user/link?symlink', { 'x-oss-symlink-target': presentKey }),
  template('POST', 'user/grown.txt?append&position=0', { 'x-oss-meta-a': '1' }, content),
  template('POST', `${upload}&encoding-type=url`, { 'x-oss-complete-all': 'yes' }),
  template('PUT', `${upload}&partNumber=3`, {
    'x-oss-copy-source': source,
    'x-oss-copy-source-range': 'bytes=0-9',
  }),
];

export const s3Templates: readonly Template[] = [
  ...common,
  template('PUT', 'user/put.txt', { 'x-amz-meta-a': '1', 'x-amz-checksum-sha256': sha256 }, content),
  template('PUT', 'user/once.txt', { 'if-none-match': '*', 'x-amz-storage-class': 'STANDARD_IA' }, content),
  template('PUT', 'user/copy.txt', { 'x-amz-copy-source': source, 'x-amz-tagging-directive': 'COPY' }),
  template('POST', upload, { 'x-amz-mp-object-size': `${standingPart.length}` }, completion),
  template('PUT', `${upload}&partNumber=3`, {
    'x-amz-copy-source': source,
    'x-amz-copy-source-range': 'bytes=0-9',
  }),
];
