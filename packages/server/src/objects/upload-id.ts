// Which upload of a key a request is about. An id that nobody gave out is answered like one of an upload that is over.

import { type ErrorName, OssError } from '@postern/protocol';
import type { ObjectCall, OssRequest } from '../call.ts';

/** The same fault has an EC of its own in some operations. */
type NoSuchUpload = Extract<ErrorName, `NoSuchUpload${string}`>;

/** Empty when the request names none. */
export function uploadIdOf({ query }: OssRequest): string {
  return query.get('uploadId') ?? '';
}

/** Tells before a body has been sent; storage checks again, and its answer counts. @throws OssError NoSuchUpload… */
export async function checkUploadExists(
  { bucket, key, services }: ObjectCall,
  uploadId: string,
  refusal: NoSuchUpload,
): Promise<void> {
  const upload = await services.store.findUpload(bucket.name, key, uploadId);
  if (!upload) throw new OssError(refusal, { UploadId: uploadId });
}
