// What the writer of an object may choose: access, storage class, tags, and the headers that come back with every download. PutObject,
// CopyObject and PostObject read these from headers or form fields and check them here, once (PutObject reference, "Request headers").
// Whatever passes can be sent as a response header later: a value that Node would refuse then would make the object unreadable.

import { OssError, parseTaggingHeader } from '@postern/protocol';
import { encryptionAlgorithms } from '@postern/protocol/xml';
import type { BucketRecord, ObjectAcl, ObjectProperties } from '@postern/storage';
import { checkObjectAclAllowed } from '../access/public-access.ts';
import { bucketEncryption } from '../buckets/bucket-documents.ts';

/** Where properties come from: headers, or the fields of a form. */
export interface PropertySource {
  /** By name in lower case; undefined when not given. */
  readonly find: (name: string) => string | undefined;
  /** Everything that was given, names in any case. */
  readonly entries: Iterable<readonly [name: string, value: string]>;
}

export function propertiesInHeaders(headers: ReadonlyMap<string, string>): PropertySource {
  return { find: (name) => headers.get(name), entries: headers };
}

const objectAcls: readonly string[] = ['default', 'private', 'public-read', 'public-read-write'];
const storageClasses: readonly string[] = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'];

const userMetaPrefix = 'x-oss-meta-';

/** Names and values of all user metadata together, in bytes of UTF-8; the prefix is not counted. */
export const userMetaBytesMax = 8 * 1024;

/**
 * The headers that are stored as they are, and the longest value of each in bytes of UTF-8. Together with the user metadata they must
 * fit into the response headers that clients are ready to read (16 KB in Node and most proxies).
 */
const contentHeaders = Object.entries({
  'content-type': 1024,
  'cache-control': 512,
  // Chinese file names are escaped to nine characters each, and often given twice.
  'content-disposition': 4096,
  'content-encoding': 256,
  'content-language': 256,
  expires: 256,
});

export const defaultContentType = 'application/octet-stream';

const keyIdBytesMax = 1024;

/**
 * @param bucket gives the class and the encryption of an object that names none
 * @throws OssError InvalidArgument.objectAcl, .storageClass, .headerValue, .headerTooLong, .userMeta, .userMetaTooLarge, .tagging,
 *   InvalidTag.…, InvalidEncryptionAlgorithmError, InvalidDataEncryptionAlgorithmError, AccessDenied.publicObjectAcl
 */
export function checkObjectProperties(
  source: PropertySource,
  bucket: Pick<BucketRecord, 'storageClass' | 'documents'>,
): ObjectProperties {
  const acl = checkObjectAcl(source.find('x-oss-object-acl') ?? 'default');
  checkObjectAclAllowed(bucket, acl);
  return {
    acl,
    storageClass: checkStorageClass(source.find('x-oss-storage-class') ?? bucket.storageClass),
    headers: {
      ...checkContentHeaders(source.find),
      ...checkEncryption(encryptionAsked(source, bucket)),
      ...checkUserMeta(source.entries),
    },
    tags: parseTaggingHeader(source.find('x-oss-tagging')),
  };
}

/** @throws OssError InvalidArgument.objectAcl */
export function checkObjectAcl(value: string): ObjectAcl {
  if (!objectAcls.includes(value)) {
    throw new OssError('InvalidArgument.objectAcl', {
      ArgumentName: 'x-oss-object-acl',
      ArgumentValue: value,
    });
  }
  return value as ObjectAcl;
}

/**
 * @param argument where the value comes from, to name it in the error
 * @throws OssError InvalidArgument.storageClass
 */
export function checkStorageClass(value: string, argument = 'x-oss-storage-class'): string {
  if (!storageClasses.includes(value)) {
    throw new OssError('InvalidArgument.storageClass', {
      ArgumentName: argument,
      ArgumentValue: value,
    });
  }
  return value;
}

/**
 * @param value of `x-oss-forbid-overwrite`
 * @throws OssError InvalidArgument.forbidOverwrite for anything but `true` and `false`
 */
export function checkForbidOverwrite(value: string | undefined): 'any' | 'absent' {
  if (value === undefined || value === 'false') return 'any';
  if (value === 'true') return 'absent';
  throw new OssError('InvalidArgument.forbidOverwrite', {
    ArgumentName: 'x-oss-forbid-overwrite',
    ArgumentValue: value,
  });
}

/**
 * Proves that a value can be sent as a header: no control character but the tabulator, and well-formed.
 *
 * @throws OssError InvalidArgument.headerValue, InvalidArgument.headerTooLong
 */
export function checkHeaderValue(name: string, value: string, bytesMax: number): string {
  if (/\p{Cc}/u.test(value.replaceAll('\t', '')) || !value.isWellFormed()) {
    throw new OssError('InvalidArgument.headerValue', { field: name, ArgumentName: name });
  }
  if (Buffer.byteLength(value) > bytesMax) {
    throw new OssError('InvalidArgument.headerTooLong', {
      field: name,
      limit: bytesMax,
      ArgumentName: name,
    });
  }
  return value;
}

/** An empty value is the same as none: forms carry many fields that nobody filled in. */
function checkContentHeaders(find: PropertySource['find']): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': defaultContentType };
  for (const [name, bytesMax] of contentHeaders) {
    const value = find(name);
    if (value) headers[name] = checkHeaderValue(name, value, bytesMax);
  }
  return headers;
}

/** An object that names no algorithm is told to have the bucket's. */
function encryptionAsked(
  source: PropertySource,
  bucket: Pick<BucketRecord, 'documents'>,
): PropertySource['find'] {
  const rule = bucketEncryption.find(bucket);
  if (rule === undefined || source.find('x-oss-server-side-encryption') !== undefined) return source.find;
  const { algorithm, kmsKeyId, kmsDataEncryption } = rule;
  const headers: Record<string, string | undefined> = {
    'x-oss-server-side-encryption': algorithm,
    'x-oss-server-side-encryption-key-id': kmsKeyId,
    'x-oss-server-side-data-encryption': kmsDataEncryption,
  };
  return (name) => source.find(name) ?? headers[name];
}

/** Server-side encryption is recorded and told back, as clients check that what they asked for was heard. */
function checkEncryption(find: PropertySource['find']): Record<string, string> {
  const algorithm = find('x-oss-server-side-encryption');
  const keyId = find('x-oss-server-side-encryption-key-id');
  const dataEncryption = find('x-oss-server-side-data-encryption');
  if (algorithm !== undefined && !encryptionAlgorithms.some((known) => known === algorithm)) {
    throw new OssError('InvalidEncryptionAlgorithmError');
  }
  if (dataEncryption !== undefined && dataEncryption !== 'SM4') {
    throw new OssError('InvalidDataEncryptionAlgorithmError');
  }
  if ((keyId !== undefined || dataEncryption !== undefined) && algorithm !== 'KMS') {
    throw new OssError('InvalidEncryptionAlgorithmError');
  }
  return {
    ...(algorithm && { 'x-oss-server-side-encryption': algorithm }),
    ...(keyId && {
      'x-oss-server-side-encryption-key-id': checkHeaderValue(
        'x-oss-server-side-encryption-key-id',
        keyId,
        keyIdBytesMax,
      ),
    }),
    ...(dataEncryption && { 'x-oss-server-side-data-encryption': dataEncryption }),
  };
}

function checkUserMeta(entries: PropertySource['entries']): Record<string, string> {
  const meta: Record<string, string> = {};
  let bytes = 0;
  for (const [givenName, value] of entries) {
    const name = givenName.toLowerCase();
    if (!name.startsWith(userMetaPrefix)) continue;
    if (!/^[a-z0-9-]+$/.test(name.slice(userMetaPrefix.length))) {
      throw new OssError('InvalidArgument.userMeta', { field: givenName, ArgumentName: givenName });
    }
    meta[name] = checkHeaderValue(name, value, userMetaBytesMax);
    bytes += name.length - userMetaPrefix.length + Buffer.byteLength(value);
    if (bytes > userMetaBytesMax) throw new OssError('InvalidArgument.userMetaTooLarge');
  }
  return meta;
}
