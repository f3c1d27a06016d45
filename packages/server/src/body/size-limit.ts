// Bounds on the size of a body, kept while it streams: too large is known before the body has ended, too small only at its end.
// PutObject and PostObject check the body they store by this.

import { OssError, type SizeRange } from '@postern/protocol';
import { type BodyCheck, checkBody } from './body-check.ts';

/** Throws OssError EntityTooLarge at the chunk that goes beyond the range, EntityTooSmall at the end. */
export function sizeCheck(range: SizeRange): BodyCheck {
  let bytes = 0;
  return {
    take(chunkBytes) {
      bytes += chunkBytes;
      checkNotTooLarge(bytes, range);
    },
    end() {
      if (bytes >= range.minBytes) return;
      throw new OssError('EntityTooSmall', { MinSizeAllowed: range.minBytes, ProposedSize: bytes });
    },
  };
}

/**
 * The same chunks, as long as they keep to the range.
 *
 * @throws OssError EntityTooLarge instead of the chunk that goes beyond, EntityTooSmall at the end
 */
export function limitSize(body: AsyncIterable<Uint8Array>, range: SizeRange): AsyncIterable<Uint8Array> {
  return checkBody(body, [sizeCheck(range)]);
}

/**
 * For a size known beforehand, so that no byte of a hopeless body is read.
 *
 * @throws OssError EntityTooLarge
 */
export function checkNotTooLarge(bytes: number, range: SizeRange): void {
  if (bytes > range.maxBytes) {
    throw new OssError('EntityTooLarge', { MaxSizeAllowed: range.maxBytes, ProposedSize: bytes });
  }
}
