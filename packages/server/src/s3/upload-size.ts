// The size that a client of S3 announces for the object of an upload (AWS: "CompleteMultipartUpload", `x-amz-mp-object-size`): held against
// the parts it names, before they become one.

import { OssError } from '@postern/protocol';
import { type PartChoice, parseCompleteUpload } from '@postern/protocol/xml';
import type { ListPartsPage } from '@postern/storage';
import { readDocumentBytes } from '../body/read-document.ts';
import type { ObjectCall } from '../call.ts';
import { partsMax } from '../handlers/list-uploads.ts';
import { uploadIdOf } from '../objects/upload-id.ts';
import type { S3Request } from './s3-request.ts';

/**
 * The client may say how large the object is that its parts make.
 *
 * @throws OssError InvalidRequest.s3ObjectSize; and for the list of parts what {@link parseCompleteUpload} throws
 */
export async function checkUploadSize(call: ObjectCall): Promise<ObjectCall> {
  const { objectBytes } = call.request as S3Request;
  if (objectBytes === undefined) return call;
  const stored = await storedSizes(call);
  if (stored === undefined) return call;
  const document = await readDocumentBytes(call.request);
  const sizes = parseCompleteUpload(document).map((part) => stored.get(nameOf(part)));
  const bytes = sizes.reduce<number>((sum, size = 0) => sum + size, 0);
  // Of parts that are not there the completion itself tells.
  if (!sizes.includes(undefined) && bytes !== objectBytes) {
    throw new OssError('InvalidRequest.s3ObjectSize', { ProposedSize: objectBytes, ObjectSize: bytes });
  }
  return { ...call, request: { ...call.request, body: readAgain(document) } };
}

/** By number and ETag: a part that is sent again meanwhile has another ETag, or the same bytes. Undefined: there is no such upload. */
async function storedSizes({
  request,
  bucket,
  key,
  services,
}: ObjectCall): Promise<ReadonlyMap<string, number> | undefined> {
  const place = { bucket: bucket.name, key, uploadId: uploadIdOf(request) };
  const sizes = new Map<string, number>();
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: ListPartsPage | undefined = await services.store.listParts({
      ...place,
      after,
      limit: partsMax,
    });
    if (page === undefined) return undefined;
    for (const part of page.parts) sizes.set(nameOf(part), part.size);
    after = page.next;
  }
  return sizes;
}

function nameOf({ partNumber, etag }: PartChoice): string {
  return `${partNumber} ${etag}`;
}

async function* readAgain(document: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield document;
}
