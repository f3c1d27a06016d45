// The response headers that tell of an object: after a write, and with a download. One place, so that PutObject, PostObject, CopyObject
// and the reads cannot disagree about an ETag's quotes or about when a version id is shown.

import { encodeBase64, encodeComponent, formatHttpDate } from '@postern/protocol';
import type { BucketRecord, ObjectSummary } from '@postern/storage';
import { bucketLifecycle } from '../buckets/bucket-documents.ts';
import { findExpiration } from '../buckets/lifecycle-plan.ts';
import { describeRestoration, findRestoration, restorationHeader } from './restoration.ts';
import type { FoundObject } from './symlink-target.ts';

/** Shown after a write as well as with the object. */
const encryptionHeaders = [
  'x-oss-server-side-encryption',
  'x-oss-server-side-encryption-key-id',
  'x-oss-server-side-data-encryption',
] as const;

/** `"` + the upper-case hex MD5 + `"`. */
export function formatEtag(record: Pick<ObjectSummary, 'etag'>): string {
  return `"${record.etag}"`;
}

/**
 * Nothing while the bucket's versioning was never enabled; afterwards the id even of objects written before, which is `null`
 * (clients fail without it).
 */
export function versionHeaders(bucket: BucketRecord, record: ObjectSummary): Record<string, string> {
  return bucket.versioning === 'never' ? {} : { 'x-oss-version-id': record.versionId };
}

/** What clients compare with their own count of what they sent or got. The ETags of parts put together are no MD5 of the body. */
export function digestHeaders(record: ObjectSummary): Record<string, string> {
  if (record.objectType === 'Normal') return plainDigestHeaders(record);
  return { etag: formatEtag(record), 'x-oss-hash-crc64ecma': record.crc64 };
}

/** Of what has the MD5 of its body for an ETag: an object in one piece, or a part. */
export function plainDigestHeaders(record: Pick<ObjectSummary, 'etag' | 'crc64'>): Record<string, string> {
  return {
    etag: formatEtag(record),
    'content-md5': encodeBase64(Buffer.from(record.etag, 'hex')),
    'x-oss-hash-crc64ecma': record.crc64,
  };
}

/** The headers of a successful PutObject, CopyObject or PostObject. */
export function writtenHeaders(bucket: BucketRecord, record: ObjectSummary): Record<string, string> {
  return { ...digestHeaders(record), ...versionHeaders(bucket, record), ...encryptionEcho(record) };
}

/** The headers of GetObject and HeadObject, `content-length` not among them. Of a link, all but the digests are its own. */
export function storedHeaders(
  bucket: BucketRecord,
  found: FoundObject,
  nowMs: number,
): Record<string, string> {
  const { record, content, modifiedAtMs } = found;
  const headers: Record<string, string> = Object.assign(
    { ...record.headers },
    digestHeaders(content),
    versionHeaders(bucket, record),
    expirationHeaders(bucket, record),
  );
  headers['last-modified'] = formatHttpDate(modifiedAtMs);
  headers['accept-ranges'] = 'bytes';
  headers['x-oss-object-type'] = record.objectType;
  headers['x-oss-storage-class'] = record.storageClass;
  if (record.objectType === 'Appendable') headers['x-oss-next-append-position'] = `${record.size}`;
  const restoration = findRestoration(record, nowMs);
  if (restoration) headers[restorationHeader] = describeRestoration(restoration, nowMs);
  // How the object remembers one that is over.
  else if (restorationHeader in headers) delete headers[restorationHeader];
  return headers;
}

/** When a lifecycle rule will delete the object, and which; nothing when none will. */
function expirationHeaders(bucket: BucketRecord, record: ObjectSummary): Record<string, string> {
  const rules = bucketLifecycle.find(bucket)?.rules;
  const expiration = rules && findExpiration(rules, { ...record, isOnly: false });
  if (expiration === undefined) return {};
  const { atMs, ruleId } = expiration;
  const header = `expiry-date="${formatHttpDate(atMs)}", rule-id="${encodeComponent(ruleId)}"`;
  return { 'x-oss-expiration': header };
}

/** That what was asked for was heard: clients check it. */
export function encryptionEcho(record: Pick<ObjectSummary, 'headers'>): Record<string, string> {
  const echo: Record<string, string> = {};
  for (const name of encryptionHeaders) {
    const value = record.headers[name];
    if (value !== undefined) echo[name] = value;
  }
  return echo;
}
