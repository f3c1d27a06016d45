// Whether a body is the one that the index tells of.

import type { Digests } from './digests.ts';
import type { ObjectSummary } from './records.ts';

/** The ETag of an object that was not written in one piece is no MD5 of its bytes. */
const md5Pattern = /^[0-9A-F]{32}$/;

/** @returns a sentence, or undefined when all is as it should be */
export function findDigestFault(
  { size, etag, crc64 }: Pick<ObjectSummary, 'size' | 'etag' | 'crc64'>,
  found: Digests,
): string | undefined {
  const differing = [
    ...(found.size === size ? [] : [`${found.size} bytes instead of ${size}`]),
    ...(found.crc64 === crc64 ? [] : [`CRC-64 ${found.crc64} instead of ${crc64}`]),
    ...(found.md5 === etag || !md5Pattern.test(etag) ? [] : [`MD5 ${found.md5} instead of ${etag}`]),
  ];
  return differing.length === 0 ? undefined : `It has ${differing.join(', ')}.`;
}
