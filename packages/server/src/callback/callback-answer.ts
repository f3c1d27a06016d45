// The answer to an upload whose application was called (PostObject, PutObject and CompleteMultipartUpload references: callback): what the
// application said, with the headers of the object.

import type { ObjectCall, Reply } from '../call.ts';
import { writtenHeaders } from '../objects/object-headers.ts';
import type { StoredObject } from '../objects/put-outcome.ts';
import type { CallbackPlan } from './callback-plan.ts';

/**
 * The application's server decides what the uploader sees.
 *
 * @param operation as the application is told of it
 * @throws OssError CallbackFailed; the object stays
 */
export async function answerByCallback(
  call: ObjectCall,
  operation: 'PostObject' | 'PutObject' | 'CompleteMultipartUpload',
  plan: CallbackPlan,
  { record, bucket }: StoredObject,
): Promise<Reply> {
  const { request, services, caller } = call;
  const headers = writtenHeaders(bucket, record);
  const reply = await services.callbacks.send(plan, {
    bucket: record.bucket,
    object: record.key,
    etag: record.etag,
    size: record.size,
    mimeType: record.headers['content-type'] ?? '',
    crc64: record.crc64,
    contentMd5: headers['content-md5'] ?? '',
    clientIp: request.clientAddress,
    reqId: request.id,
    operation,
    accessKeyId: caller.kind === 'signed' ? caller.accessKeyId : '',
    host: request.host,
  });
  return {
    status: 200,
    headers: {
      ...headers,
      'content-type': reply.contentType,
      // The body is what a server said that the uploader may have chosen: it must not run as a page of this origin.
      'content-security-policy': 'sandbox',
    },
    body: reply.body,
  };
}
