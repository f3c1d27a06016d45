// The source of CopyObject and UploadPartCopy: where a request says it is, who may read it, and what it must be like. It may lie in another
// bucket, and may be a version that is not the newest.

import {
  type BucketName,
  decodePercent,
  isBucketName,
  type ObjectName,
  OssError,
  parseObjectName,
  parseQuery,
} from '@postern/protocol';
import type { BucketRecord, ObjectRecord } from '@postern/storage';
import { authorize } from '../access/authorize.ts';
import type { ObjectCall, OssRequest } from '../call.ts';
import { parseVersionId } from './object-version.ts';
import { judgeConditions } from './read-conditions.ts';
import { checkNotArchived } from './restoration.ts';

interface SourcePlace {
  readonly bucketName: BucketName;
  readonly key: ObjectName;
  readonly versionId: string | undefined;
}

/**
 * `/bucket/key`, percent-encoded, perhaps with `?versionId=`.
 *
 * @throws OssError InvalidArgument.copySource, InvalidArgument.versionId, InvalidObjectName
 */
export function parseCopySource(header: string): SourcePlace {
  const match = /^\/([^/?]+)\/([^?]+)(?:\?(.*))?$/.exec(header);
  const [, bucketName = '', rawKey = '', rawQuery = ''] = match ?? [];
  const key = decodePercent(rawKey);
  if (!match || key === undefined || !isBucketName(bucketName)) {
    throw new OssError('InvalidArgument.copySource', {
      ArgumentName: 'x-oss-copy-source',
      ArgumentValue: header,
    });
  }
  const query = new Map(parseQuery(rawQuery));
  return { bucketName, key: parseObjectName(key), versionId: parseVersionId(query.get('versionId')) };
}

/** What is copied from: an object, and the bucket it is in. */
export interface CopySource {
  readonly bucket: BucketRecord;
  readonly record: ObjectRecord;
}

/**
 * The source that a request names, which meets the conditions that it states.
 *
 * @throws OssError what {@link parseCopySource} throws, NoSuchBucket, AccessDenied, NoSuchKey (also for a
 *   delete marker), NoSuchVersion.copySource, PreconditionFailed, NotModified, InvalidObjectState
 */
export async function findCopySource(call: ObjectCall): Promise<CopySource> {
  const { headers } = call.request;
  const source = await getSource(call, parseCopySource(headers.get('x-oss-copy-source') ?? ''));
  checkSourceConditions(call.request, source.record);
  checkNotArchived(source.record, call.services.clock());
  return source;
}

/** Which version was copied, where versions are known at all. */
export function sourceVersionHeaders({ bucket, record }: CopySource): Record<string, string> {
  return bucket.versioning === 'never' ? {} : { 'x-oss-copy-source-version-id': record.versionId };
}

async function getSource(call: ObjectCall, { bucketName, key, versionId }: SourcePlace): Promise<CopySource> {
  const { store } = call.services;
  const bucket = await store.findBucket(bucketName);
  if (!bucket) throw new OssError('NoSuchBucket', { BucketName: bucketName });
  // Before the object is looked for: who may not read it must not learn whether it exists.
  await authorize(call, 'oss:GetObject', { bucket, key, versionId });
  const record = await store.findObject(bucketName, key, versionId);
  if (record && !record.isDeleteMarker) return { bucket, record };
  if (record || versionId === undefined) throw new OssError('NoSuchKey', { Key: key });
  throw new OssError('NoSuchVersion.copySource', { Key: key, VersionId: versionId });
}

/** @throws OssError PreconditionFailed, NotModified */
function checkSourceConditions({ headers }: OssRequest, record: ObjectRecord): void {
  const outcome = judgeConditions(
    {
      ifMatch: headers.get('x-oss-copy-source-if-match'),
      ifNoneMatch: headers.get('x-oss-copy-source-if-none-match'),
      ifModifiedSince: headers.get('x-oss-copy-source-if-modified-since'),
      ifUnmodifiedSince: headers.get('x-oss-copy-source-if-unmodified-since'),
    },
    record,
  );
  if (outcome.kind === 'failed') {
    throw new OssError('PreconditionFailed', { Condition: `x-oss-copy-source-${outcome.condition}` });
  }
  if (outcome.kind === 'not-modified') throw new OssError('NotModified');
}
