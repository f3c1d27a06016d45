// The body of a request that becomes (a part of) an object: its length as announced, its bounds, the digests that its sender declares
// (PutObject reference). PutObject, AppendObject and UploadPart read theirs through this.

import { fileBytesMax, OssError } from '@postern/protocol';
import type { Digests } from '@postern/storage';
import type { OssRequest } from '../call.ts';
import { checkContentCrc64, parseContentCrc64 } from './content-crc64.ts';
import { checkContentMd5, parseContentMd5 } from './content-md5.ts';
import { checkNotTooLarge, limitSize } from './size-limit.ts';

/** A body that may be read, once. */
export interface SentBody {
  /** As announced; 0 for a chunked one, which announces nothing. */
  readonly bytesAtLeast: number;
  /** @throws OssError EntityTooLarge */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** To be called at its end. @throws OssError InvalidDigest, InvalidCRC64 */
  readonly checkDigests: (digests: Digests) => void;
}

/**
 * Looks at the headers alone.
 *
 * @throws OssError MissingContentLength, EntityTooLarge, InvalidDigest.malformed, InvalidCRC64
 */
export function openSentBody(request: OssRequest, bytesMax = fileBytesMax): SentBody {
  const range = { minBytes: 0, maxBytes: bytesMax };
  const bytesAtLeast = checkLengthKnown(request);
  checkNotTooLarge(bytesAtLeast, range);
  const md5 = parseContentMd5(request.headers.get('content-md5'));
  const crc64 = parseContentCrc64(request.headers.get('x-oss-hash-crc64ecma'));
  return {
    bytesAtLeast,
    chunks: limitSize(request.body, range),
    checkDigests: (digests) => {
      checkContentMd5(md5, digests.md5);
      checkContentCrc64(crc64, digests.crc64);
    },
  };
}

function checkLengthKnown({ contentLength, headers }: OssRequest): number {
  if (contentLength !== undefined) return contentLength;
  if (headers.has('transfer-encoding')) return 0;
  throw new OssError('MissingContentLength');
}
