// CopyObject: a PutObject whose body is another object's (CopyObject reference). Needs leave to read the source and to write the target.

import {
  type BucketName,
  decodePercent,
  isBucketName,
  type ObjectName,
  OssError,
  parseObjectName,
  parseQuery,
} from '@postern/protocol';
import { writeCopyObjectResult } from '@postern/protocol/xml';
import type { BucketRecord, ObjectProperties, ObjectRecord } from '@postern/storage';
import { authorize } from '../authorize.ts';
import type { ObjectCall, OssRequest, Reply } from '../call.ts';
import { writtenHeaders } from '../object-headers.ts';
import { checkForbidOverwrite, checkObjectProperties, propertiesInHeaders } from '../object-properties.ts';
import { checkReadable, parseVersionId } from '../object-version.ts';
import { checkNotInTheWay, checkStored } from '../put-outcome.ts';
import { judgeConditions } from '../read-conditions.ts';
import { xmlReply } from '../xml-reply.ts';

export async function copyObject(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const place = parseCopySource(request.headers.get('x-oss-copy-source') ?? '');
  const directive = parseDirective(request.headers.get('x-oss-metadata-directive'));
  const condition = checkForbidOverwrite(request.headers.get('x-oss-forbid-overwrite'));
  const source = await getSource(call, place);
  checkSourceConditions(request, source.record);
  const properties = chooseProperties(call, source.record, directive);
  if (properties.acl !== 'default') await authorize(call, 'oss:PutObjectAcl', { bucket, key });
  await checkNotInTheWay(call, condition);
  await request.load.admitUpload(source.record.size);
  const body = services.store.openBody(source.record).read(0, source.record.size);
  const result = await services.store.put({ ...properties, bucket: bucket.name, key, condition, body });
  const stored = checkStored(result, bucket.name);
  return xmlReply(writeCopyObjectResult(stored.record), {
    ...writtenHeaders(stored.bucket, stored.record),
    ...(source.bucket.versioning !== 'never' && {
      'x-oss-copy-source-version-id': source.record.versionId,
    }),
  });
}

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

/** @throws OssError InvalidArgument.metadataDirective */
function parseDirective(header: string | undefined): 'copy' | 'replace' {
  const word = header?.toLowerCase() ?? 'copy';
  if (word === 'copy' || word === 'replace') return word;
  throw new OssError('InvalidArgument.metadataDirective', {
    ArgumentName: 'x-oss-metadata-directive',
    ArgumentValue: header ?? '',
  });
}

/** @throws OssError NoSuchBucket, AccessDenied, NoSuchKey, NoSuchVersion, MethodNotAllowed.deleteMarker */
async function getSource(
  call: ObjectCall,
  { bucketName, key, versionId }: SourcePlace,
): Promise<{ readonly bucket: BucketRecord; readonly record: ObjectRecord }> {
  const { store } = call.services;
  const bucket = await store.findBucket(bucketName);
  if (!bucket) throw new OssError('NoSuchBucket', { BucketName: bucketName });
  // Before the object is looked for: who may not read it must not learn whether it exists.
  await authorize(call, 'oss:GetObject', { bucket, key, versionId });
  const record = await store.findObject(bucketName, key, versionId);
  return { bucket, record: checkReadable(record, { key, versionId, method: call.request.method }) };
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

/** Access, class and encryption are always the request's; the other headers are the source's unless they are to be replaced. */
function chooseProperties(
  { request, bucket }: ObjectCall,
  source: ObjectRecord,
  directive: 'copy' | 'replace',
): ObjectProperties {
  const given = checkObjectProperties(propertiesInHeaders(request.headers), bucket);
  if (directive === 'replace') return given;
  const isEncryption = ([name]: readonly [string, string]) => name.startsWith('x-oss-server-side-');
  const encryption = Object.entries(given.headers).filter(isEncryption);
  const copied = Object.entries(source.headers).filter((header) => !isEncryption(header));
  return { ...given, headers: Object.fromEntries([...copied, ...encryption]) };
}
