// PutObject: the body of a request becomes an object (PutObject reference).

import { fileBytesMax, OssError } from '@postern/protocol';
import type { Digests } from '@postern/storage';
import { authorize } from '../authorize.ts';
import type { ObjectCall, OssRequest, Reply } from '../call.ts';
import { answerByCallback } from '../callback-answer.ts';
import { callbackInRequest } from '../callback-order.ts';
import { checkContentCrc64, parseContentCrc64 } from '../content-crc64.ts';
import { checkContentMd5, parseContentMd5 } from '../content-md5.ts';
import { writtenHeaders } from '../object-headers.ts';
import { checkForbidOverwrite, checkObjectProperties, propertiesInHeaders } from '../object-properties.ts';
import { checkNotInTheWay, checkStored } from '../put-outcome.ts';
import { checkNotTooLarge, limitSize } from '../size-limit.ts';

const sizeRange = { minBytes: 0, maxBytes: fileBytesMax };

export async function putObject(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  checkNotTooLarge(checkLengthKnown(request), sizeRange);
  const properties = checkObjectProperties(propertiesInHeaders(request.headers), bucket);
  const condition = checkForbidOverwrite(request.headers.get('x-oss-forbid-overwrite'));
  const checkDigests = parseDeclaredDigests(request);
  const callback = services.callbacks.plan(callbackInRequest(request));
  if (properties.acl !== 'default') await authorize(call, 'oss:PutObjectAcl', { bucket, key });
  if (callback) await services.callbacks.checkHosts(callback);
  await checkNotInTheWay(call, condition);
  await request.load.admitUpload(request.contentLength ?? 0);
  const result = await services.store.put({
    ...properties,
    bucket: bucket.name,
    key,
    condition,
    body: limitSize(request.body, sizeRange),
    checkDigests,
  });
  const stored = checkStored(result, bucket.name);
  if (callback) return answerByCallback(call, 'PutObject', callback, stored);
  return { status: 200, headers: writtenHeaders(stored.bucket, stored.record) };
}

/**
 * The bytes that the request promises; 0 for a chunked one, which promises nothing.
 *
 * @throws OssError MissingContentLength
 */
function checkLengthKnown(request: OssRequest): number {
  if (request.contentLength !== undefined) return request.contentLength;
  if (request.headers.has('transfer-encoding')) return 0;
  throw new OssError('MissingContentLength');
}

function parseDeclaredDigests(request: OssRequest): (digests: Digests) => void {
  const md5 = parseContentMd5(request.headers.get('content-md5'));
  const crc64 = parseContentCrc64(request.headers.get('x-oss-hash-crc64ecma'));
  return (digests) => {
    checkContentMd5(md5, digests.md5);
    checkContentCrc64(crc64, digests.crc64);
  };
}
