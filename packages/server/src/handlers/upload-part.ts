// UploadPart and UploadPartCopy: a part of an upload, from the body of a request or from an object. A part that is sent again takes the
// place of the one before.

import { type ErrorName, fileBytesMax, OssError } from '@postern/protocol';
import { parsePartNumber, writeCopyPartResult } from '@postern/protocol/xml';
import type { PartRecord, PartResult } from '@postern/storage';
import { openSentBody } from '../body/sent-body.ts';
import type { ObjectCall, OssRequest, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { type ByteRange, selectByteRange } from '../objects/byte-range.ts';
import { findCopySource, sourceVersionHeaders } from '../objects/copy-source.ts';
import { plainDigestHeaders } from '../objects/object-headers.ts';
import { checkNotArchived } from '../objects/restoration.ts';
import { followSymlink } from '../objects/symlink-target.ts';
import { checkUploadExists, uploadIdOf } from '../objects/upload-id.ts';

export async function uploadPart(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const place = { bucket: bucket.name, key, ...partPlace(request) };
  const { bytesAtLeast, chunks, checkDigests } = openSentBody(request);
  await checkUploadExists(call, place.uploadId, 'NoSuchUpload.part');
  await request.load.admitUpload(bytesAtLeast);
  const result = await services.store.putPart({
    ...place,
    bytesExpected: bytesAtLeast,
    body: chunks,
    checkDigests,
  });
  const part = checkPartStored(result, place.uploadId, 'NoSuchUpload.part');
  return { status: 200, headers: plainDigestHeaders(part) };
}

export async function uploadPartCopy(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const place = { bucket: bucket.name, key, ...partPlace(request) };
  const source = await findCopySource(call);
  // A link is a name, and its bytes those of its target.
  const { content } = await followSymlink(call, source.bucket, source.record);
  checkNotArchived(content, services.clock());
  const { size } = content;
  const range = selectRange(request, size);
  const { from, to } = range === 'whole' ? { from: 0, to: size } : range;
  if (to - from > fileBytesMax)
    throw new OssError('EntityTooLarge.copySource', { MaxSizeAllowed: fileBytesMax });
  await checkUploadExists(call, place.uploadId, 'NoSuchUpload.partCopy');
  await request.load.admitUpload(to - from);
  const body = services.store.openBody(content).read(from, to);
  const result = await services.store.putPart({ ...place, bytesExpected: to - from, body });
  const part = checkPartStored(result, place.uploadId, 'NoSuchUpload.partCopy');
  return xmlReply(writeCopyPartResult(part), {
    ...plainDigestHeaders(part),
    ...sourceVersionHeaders(source),
    ...(range !== 'whole' && { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
  });
}

/**
 * A range that is not wholly inside the source is ignored, unless standard behaviour is asked for: a part that is cut short, or everything,
 * is not what the client counts on then.
 *
 * @throws OssError InvalidRange
 */
function selectRange({ headers }: OssRequest, size: number): ByteRange | 'whole' {
  const asked = headers.get('x-oss-copy-source-range');
  const range = selectByteRange(asked, size, 'oss');
  if (range === 'unsatisfiable') throw new Error('a range of OSS is inside, or none');
  const isRefused = asked !== undefined && headers.get('x-oss-range-behavior') === 'standard';
  if (range === 'whole' && isRefused) throw new OssError('InvalidRange');
  return range;
}

/** @throws OssError InvalidArgument.unexpectedQuery (one of the two parameters is missing), InvalidArgument.partNumber */
function partPlace(request: OssRequest): { readonly uploadId: string; readonly partNumber: number } {
  const partNumber = request.query.get('partNumber');
  if (partNumber === undefined || !request.query.has('uploadId')) {
    const given = partNumber === undefined ? 'uploadId' : 'partNumber';
    throw new OssError('InvalidArgument.unexpectedQuery', { ArgumentName: given, ArgumentValue: '' });
  }
  return { uploadId: uploadIdOf(request), partNumber: parsePartNumber(partNumber) };
}

/** @throws OssError NoSuchUpload…, PartNotSequential */
function checkPartStored(
  result: PartResult,
  uploadId: string,
  refusal: Extract<ErrorName, `NoSuchUpload${string}`>,
): PartRecord {
  switch (result.outcome) {
    case 'stored':
      return result.part;
    case 'no-upload':
      throw new OssError(refusal, { UploadId: uploadId });
    case 'not-sequential':
      throw new OssError('PartNotSequential', { UploadId: uploadId });
  }
}
