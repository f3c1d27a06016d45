// InitiateMultipartUpload, CompleteMultipartUpload and AbortMultipartUpload: an object that is sent in parts. What the object will be
// beside its bytes is said at the beginning; nothing is visible before the end.

import { OssError } from '@postern/protocol';
import {
  type PartChoice,
  parseCompleteUpload,
  writeCompleteResult,
  writeInitiateResult,
} from '@postern/protocol/xml';
import type { CompleteUploadResult } from '@postern/storage';
import { authorizeProperties } from '../access/authorize-properties.ts';
import { readDocument } from '../body/read-document.ts';
import type { ObjectCall, OssRequest, Reply } from '../call.ts';
import { answerByCallback } from '../callback/callback-answer.ts';
import { callbackInRequest } from '../callback/callback-order.ts';
import { objectUrl } from '../http/endpoint.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { parseNameEncoding } from '../objects/list-parameters.ts';
import { encryptionEcho, writtenHeaders } from '../objects/object-headers.ts';
import {
  checkForbidOverwrite,
  checkObjectProperties,
  propertiesInHeaders,
} from '../objects/object-properties.ts';
import { checkNotInTheWay, type StoredObject } from '../objects/put-outcome.ts';
import { checkUploadExists, uploadIdOf } from '../objects/upload-id.ts';

/** The least size of every part but the last (CompleteMultipartUpload reference): 100 KB. */
const partBytesMin = 100 * 1024;

export async function initiateMultipartUpload(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const encoding = parseNameEncoding(request.query);
  const properties = checkObjectProperties(propertiesInHeaders(request.headers), bucket);
  const wish = checkForbidOverwrite(request.headers.get('x-oss-forbid-overwrite'));
  await authorizeProperties(call, properties);
  await checkNotInTheWay(call, wish);
  const isSequential = request.query.has('sequential');
  const place = { bucket: bucket.name, key };
  const result = await services.store.createUpload({ ...properties, ...place, isSequential });
  if (result.outcome === 'no-bucket') throw new OssError('NoSuchBucket', { BucketName: bucket.name });
  const { uploadId } = result.upload;
  return xmlReply(writeInitiateResult({ ...place, uploadId, encoding }), encryptionEcho(properties));
}

export async function completeMultipartUpload(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const encoding = parseNameEncoding(request.query);
  const wish = checkForbidOverwrite(request.headers.get('x-oss-forbid-overwrite'));
  const callback = services.callbacks.plan(callbackInRequest(request));
  const uploadId = uploadIdOf(request);
  await checkUploadExists(call, uploadId, 'NoSuchUpload');
  const parts = await readParts(request);
  if (callback) await services.callbacks.checkSendable(callback);
  const condition = await checkNotInTheWay(call, wish, 'FileAlreadyExists.complete');
  const asked = { bucket: bucket.name, key, uploadId, parts, condition, partBytesMin };
  const result = await services.store.completeUpload(asked);
  const stored = checkCompleted(result, call, uploadId);
  if (callback) return answerByCallback(call, 'CompleteMultipartUpload', callback, stored);
  const { etag } = stored.record;
  const location = objectUrl(call, key);
  return xmlReply(
    writeCompleteResult({ bucket: bucket.name, key, encoding, location, etag }),
    writtenHeaders(stored.bucket, stored.record),
  );
}

/** The parts to put together, in their order; `all` there are when the client leaves that to the server. */
async function readParts(request: OssRequest): Promise<readonly PartChoice[] | 'all'> {
  const completeAll = request.headers.get('x-oss-complete-all');
  if (completeAll !== undefined && completeAll !== 'yes') {
    throw new OssError('InvalidArgument.completeAll', {
      ArgumentName: 'x-oss-complete-all',
      ArgumentValue: completeAll,
    });
  }
  const document = await readDocument(request);
  if (completeAll === undefined) return parseCompleteUpload(document);
  if (document !== '') throw new OssError('InvalidArgument.completeAllWithBody');
  return 'all';
}

/** @throws OssError NoSuchUpload, InvalidPart, EntityTooSmall.part, FileAlreadyExists.complete, NoSuchBucket */
function checkCompleted(
  result: CompleteUploadResult,
  { bucketName }: ObjectCall,
  uploadId: string,
): StoredObject {
  switch (result.outcome) {
    case 'stored':
      return result;
    case 'no-upload':
      throw new OssError('NoSuchUpload', { UploadId: uploadId });
    case 'invalid-part':
      throw new OssError('InvalidPart', {
        ETag: result.etag,
        PartNumber: result.partNumber,
        UploadId: uploadId,
      });
    case 'too-small':
      throw new OssError('EntityTooSmall.part', { MinSizeAllowed: partBytesMin });
    case 'exists':
      throw new OssError('FileAlreadyExists.complete');
    case 'no-bucket':
      throw new OssError('NoSuchBucket', { BucketName: bucketName });
  }
}

export async function abortMultipartUpload({ request, bucket, key, services }: ObjectCall): Promise<Reply> {
  const uploadId = uploadIdOf(request);
  const outcome = await services.store.abortUpload(bucket.name, key, uploadId);
  if (outcome === 'no-upload') throw new OssError('NoSuchUpload', { UploadId: uploadId });
  return { status: 204 };
}
