// What a store tells of objects, pages of lists and buckets, as plain values: from headers (PutObject, HeadObject) and from documents
// (ListObjectsV2, ListBuckets, GetBucketInfo).

import { decodePercent } from '@postern/protocol';
import { findChildren, findText, type XmlElement } from '@postern/protocol/xml';
import type { HttpAnswer } from './send-request.ts';

export interface ObjectHead {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly modifiedAtMs: number;
  readonly requestId: string | undefined;
  /** Everything that came, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface StoredObject {
  /** Without quotes. */
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly requestId: string | undefined;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedAtMs: number;
  readonly etag: string;
  readonly storageClass: string;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** What objects have in common up to the delimiter. */
  readonly commonPrefixes: readonly string[];
}

export interface ListedBucket {
  readonly name: string;
  readonly createdAtMs: number;
  readonly location: string;
  readonly storageClass: string;
}

export interface BucketInfo extends ListedBucket {
  readonly acl: string;
  readonly owner: string;
  readonly versioning: string;
  readonly extranetEndpoint: string;
}

export function readStored({ headers }: HttpAnswer): StoredObject {
  return {
    etag: bareEtag(headers.etag),
    versionId: headers['x-oss-version-id'] as string | undefined,
    requestId: headers['x-oss-request-id'] as string | undefined,
  };
}

export function readHead({ headers }: HttpAnswer): ObjectHead {
  return {
    size: Number(headers['content-length'] ?? 0),
    etag: bareEtag(headers.etag),
    contentType: headers['content-type'] ?? 'application/octet-stream',
    modifiedAtMs: Date.parse(headers['last-modified'] ?? ''),
    requestId: headers['x-oss-request-id'] as string | undefined,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  };
}

function bareEtag(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

export function readListPage(root: XmlElement): ListPage {
  const encoded = findText(root, 'EncodingType') === 'url';
  const decode = (text = '') => (encoded ? (decodePercent(text.replaceAll('+', '%20')) ?? text) : text);
  return {
    objects: findChildren(root, 'Contents').map((object) => ({
      key: decode(findText(object, 'Key')),
      size: Number(findText(object, 'Size')),
      modifiedAtMs: Date.parse(findText(object, 'LastModified') ?? ''),
      etag: bareEtag(findText(object, 'ETag')),
      storageClass: findText(object, 'StorageClass') ?? '',
    })),
    commonPrefixes: findChildren(root, 'CommonPrefixes').map((prefix) => decode(findText(prefix, 'Prefix'))),
  };
}

export function readListedBucket(bucket: XmlElement): ListedBucket {
  return {
    name: findText(bucket, 'Name') ?? '',
    createdAtMs: Date.parse(findText(bucket, 'CreationDate') ?? ''),
    location: findText(bucket, 'Location') ?? '',
    storageClass: findText(bucket, 'StorageClass') ?? '',
  };
}

export function readBucketInfo(root: XmlElement): BucketInfo {
  const empty: XmlElement = { name: '', text: '', children: [] };
  const [bucket = empty] = findChildren(root, 'Bucket');
  const [acl = empty] = findChildren(bucket, 'AccessControlList');
  const [owner = empty] = findChildren(bucket, 'Owner');
  return {
    ...readListedBucket(bucket),
    acl: findText(acl, 'Grant') ?? '',
    owner: findText(owner, 'ID') ?? '',
    versioning: findText(bucket, 'Versioning') ?? '',
    extranetEndpoint: findText(bucket, 'ExtranetEndpoint') ?? '',
  };
}
