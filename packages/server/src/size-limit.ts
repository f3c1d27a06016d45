// Bounds on the size of a body, kept while it streams: too large is known before the body has ended, too small only at its end.
// PutObject and PostObject wrap the body they store in this.

import { OssError, type SizeRange } from '@postern/protocol';

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
