// Bounds on the size of a body, kept while it streams: too large is known before the body has ended, too small only at its end.
// PutObject and PostObject wrap the body they store in this.

import { OssError } from '@postern/protocol';

/** Inclusive, in bytes. */
export interface SizeRange {
  readonly minBytes: number;
  readonly maxBytes: number;
}

/** The largest object that one request can carry (PutObject, PostObject and CopyObject references): 5 GB. */
export const objectBytesMax = 5 * 1024 ** 3;

/**
 * The same chunks, as long as they keep to the range.
 *
 * @throws OssError EntityTooLarge instead of the chunk that goes beyond, EntityTooSmall at the end
 */
export async function* limitSize(
  body: AsyncIterable<Uint8Array>,
  range: SizeRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    checkNotTooLarge(bytes, range);
    yield chunk;
  }
  if (bytes < range.minBytes) {
    throw new OssError('EntityTooSmall', { MinSizeAllowed: range.minBytes, ProposedSize: bytes });
  }
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
