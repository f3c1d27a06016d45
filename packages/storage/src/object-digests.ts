// Whether a body is the one that the index tells of.

import type { Digests } from './digests.ts';
import { isInParts, type ObjectSummary } from './records.ts';

/** @returns a sentence, or undefined when all is as it should be */
export function findDigestFault(
  {
    size,
    etag,
    crc64,
    objectType = 'Normal',
  }: Pick<ObjectSummary, 'size' | 'etag' | 'crc64'> & Partial<Pick<ObjectSummary, 'objectType'>>,
  found: Digests,
): string | undefined {
  // The ETag of an object that was not written in one go is no MD5 of its bytes.
  const md5 = isInParts(objectType) ? found.md5 : etag;
  const differing = [
    ...(found.size === size ? [] : [`${found.size} bytes instead of ${size}`]),
    ...(found.crc64 === crc64 ? [] : [`CRC-64 ${found.crc64} instead of ${crc64}`]),
    ...(found.md5 === md5 ? [] : [`MD5 ${found.md5} instead of ${md5}`]),
  ];
  return differing.length === 0 ? undefined : `It has ${differing.join(', ')}.`;
}
