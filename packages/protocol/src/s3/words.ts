// The words that the two dialects have for the same thing: headers and form fields, canned ACLs, storage classes, encryption. One table
// each, read in both directions, so that what goes in by one name cannot come out by another.

import { OssError } from '../errors.ts';

export const amzMetaPrefix = 'x-amz-meta-';
export const ossMetaPrefix = 'x-oss-meta-';

/** Headers that mean the same in both, value included. `x-amz-meta-…` belongs to them. Lower case. */
// biome-ignore format: a table is read by its columns.
const SAME_HEADERS: readonly (readonly [s3: string, oss: string])[] = [
  ['x-amz-copy-source-if-match',            'x-oss-copy-source-if-match'],
  ['x-amz-copy-source-if-none-match',       'x-oss-copy-source-if-none-match'],
  ['x-amz-copy-source-if-modified-since',   'x-oss-copy-source-if-modified-since'],
  ['x-amz-copy-source-if-unmodified-since', 'x-oss-copy-source-if-unmodified-since'],
  ['x-amz-metadata-directive',              'x-oss-metadata-directive'],
  ['x-amz-tagging',                         'x-oss-tagging'],
  ['x-amz-tagging-directive',               'x-oss-tagging-directive'],
  ['x-amz-tagging-count',                   'x-oss-tagging-count'],
  ['x-amz-server-side-encryption-aws-kms-key-id', 'x-oss-server-side-encryption-key-id'],
  ['x-amz-request-payer',                   'x-oss-request-payer'],
  ['x-amz-request-id',                      'x-oss-request-id'],
  ['x-amz-version-id',                      'x-oss-version-id'],
  ['x-amz-copy-source-version-id',          'x-oss-copy-source-version-id'],
  ['x-amz-delete-marker',                   'x-oss-delete-marker'],
  ['x-amz-restore',                         'x-oss-restore'],
];

/** Headers whose values are words of a dialect too. */
const TRANSLATED_HEADERS = {
  'x-amz-storage-class': 'x-oss-storage-class',
  'x-amz-server-side-encryption': 'x-oss-server-side-encryption',
  'x-amz-copy-source': 'x-oss-copy-source',
  'x-amz-copy-source-range': 'x-oss-copy-source-range',
} as const;

/** Of requests: for the signature, the body, or the log of the client. What they ask for is done at the border. */
const HEADERS_HEARD: ReadonlySet<string> = new Set(
  `x-amz-acl x-amz-content-sha256 x-amz-date x-amz-decoded-content-length x-amz-security-token x-amz-trailer x-amz-user-agent
  x-amz-sdk-checksum-algorithm x-amz-checksum-algorithm x-amz-checksum-type x-amz-checksum-mode x-amz-checksum-crc32
  x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-sha1 x-amz-checksum-sha256 x-amz-mp-object-size x-amz-te
  x-amz-optional-object-attributes x-amz-algorithm x-amz-credential x-amz-signature x-amz-cf-id`.split(/\s+/),
);

const ossNames: ReadonlyMap<string, string> = new Map([
  ...SAME_HEADERS,
  ...Object.entries(TRANSLATED_HEADERS),
]);
const s3Names: ReadonlyMap<string, string> = new Map(Array.from(ossNames, ([s3, oss]) => [oss, s3] as const));

/**
 * A header of a request, or the field of a form, in the words of OSS; undefined for one that has done its work at the border.
 *
 * @param name in lower case
 * @param aclName what `x-amz-acl` and `acl` are called: buckets and objects differ in OSS
 * @throws OssError NotImplemented.s3 (an `x-amz-` header that is not known here: it would go unheard), InvalidStorageClass,
 *   InvalidArgument.s3Value
 */
export function toOssHeader(
  name: string,
  value: string,
  aclName: 'x-oss-acl' | 'x-oss-object-acl',
): readonly [name: string, value: string] | undefined {
  if (!name.startsWith('x-amz-')) return [name, value];
  if (name.startsWith(amzMetaPrefix)) return [ossMetaPrefix + name.slice(amzMetaPrefix.length), value];
  if (name === 'x-amz-acl') return [aclName, toOssAcl(value)];
  const ossName = ossNames.get(name);
  if (ossName === undefined) {
    if (HEADERS_HEARD.has(name)) return undefined;
    throw new OssError('NotImplemented.s3', { Header: name });
  }
  return [ossName, toOssValue(name, value)];
}

function toOssValue(name: string, value: string): string {
  switch (name) {
    case 'x-amz-storage-class':
      return toOssStorageClass(value);
    case 'x-amz-server-side-encryption':
      return toOssEncryption(value);
    case 'x-amz-copy-source':
      // S3 lets the first slash be left out, and escaped.
      return `/${value.replace(/^(?:\/|%2F)/i, '').replace(/^([^/]*?)%2F/i, '$1/')}`;
    case 'x-amz-copy-source-range':
      return checkCopyRange(value);
    default:
      return value;
  }
}

/** S3 wants both ends; OSS would take another form for no range, and copy everything. @throws OssError InvalidArgument.s3Value */
function checkCopyRange(value: string): string {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(value) ?? [];
  if (first !== undefined && Number(first) <= Number(last)) return value;
  const field = 'x-amz-copy-source-range';
  throw new OssError('InvalidArgument.s3Value', { field, ArgumentName: field, ArgumentValue: value });
}

/** A header of an answer in the words of S3; undefined for one that S3 does not have. @param name in lower case */
export function toS3Header(name: string, value: string): readonly [name: string, value: string] | undefined {
  if (name === 'etag') return [name, value.toLowerCase()];
  // OSS tells it of every object; S3 knows it in requests alone.
  if (name === 'content-md5') return undefined;
  if (!name.startsWith('x-oss-')) return [name, value];
  if (name.startsWith(ossMetaPrefix)) return [amzMetaPrefix + name.slice(ossMetaPrefix.length), value];
  const s3Name = s3Names.get(name);
  if (s3Name === undefined) return undefined;
  if (name === 'x-oss-storage-class') {
    // S3 tells of a class only where it is not the usual one.
    const storageClass = toS3StorageClass(value);
    return storageClass === usualStorageClass ? undefined : [s3Name, storageClass];
  }
  return [s3Name, name === 'x-oss-server-side-encryption' ? toS3Encryption(value) : value];
}

/** The name by which the client knows a header, wherever a text speaks of it. */
export function toS3HeaderName(ossName: string): string {
  if (ossName === 'x-oss-acl' || ossName === 'x-oss-object-acl') return 'x-amz-acl';
  return s3Names.get(ossName) ?? ossName.replace(/^x-oss-/, 'x-amz-');
}

// --- Values ---

const usualStorageClass = 'STANDARD';

/** What S3 has no word for is told as its nearest. */
const STORAGE_CLASSES: readonly (readonly [s3: string, oss: string])[] = [
  [usualStorageClass, 'Standard'],
  ['STANDARD_IA', 'IA'],
  ['GLACIER', 'Archive'],
  ['DEEP_ARCHIVE', 'ColdArchive'],
  ['DEEP_ARCHIVE', 'DeepColdArchive'],
];

/** @throws OssError InvalidStorageClass */
export function toOssStorageClass(value: string): string {
  const found = STORAGE_CLASSES.find(([s3]) => s3 === value);
  if (!found) throw new OssError('InvalidStorageClass', { StorageClassRequested: value });
  return found[1];
}

export function toS3StorageClass(value: string): string {
  return STORAGE_CLASSES.find(([, oss]) => oss === value)?.[0] ?? value;
}

const encryptions: Readonly<Record<string, string>> = { AES256: 'AES256', 'aws:kms': 'KMS' };

function toOssEncryption(value: string): string {
  if (Object.hasOwn(encryptions, value)) return encryptions[value] as string;
  throw new OssError('InvalidArgument.s3Value', {
    field: 'x-amz-server-side-encryption',
    ArgumentName: 'x-amz-server-side-encryption',
    ArgumentValue: value,
  });
}

function toS3Encryption(value: string): string {
  return value === 'KMS' ? 'aws:kms' : value;
}

/** The owner of a bucket has every right to its objects here, whoever wrote them: the third says nothing more than the first. */
const cannedAcls: Readonly<Record<string, string>> = {
  private: 'private',
  'public-read': 'public-read',
  'public-read-write': 'public-read-write',
  'bucket-owner-full-control': 'private',
};

/** Canned ACLs that S3 has and that cannot be kept here. */
const otherCannedAcls: readonly string[] = [
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'log-delivery-write',
];

/** @throws OssError NotImplemented.s3, InvalidArgument.s3Value */
export function toOssAcl(value: string): string {
  if (Object.hasOwn(cannedAcls, value)) return cannedAcls[value] as string;
  if (otherCannedAcls.includes(value)) throw new OssError('NotImplemented.s3', { Header: 'x-amz-acl' });
  throw new OssError('InvalidArgument.s3Value', {
    field: 'x-amz-acl',
    ArgumentName: 'x-amz-acl',
    ArgumentValue: value,
  });
}
