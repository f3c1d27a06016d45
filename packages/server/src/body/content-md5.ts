// Content-MD5 (RFC 1864): the base64 MD5 of a body, which its sender may give. A text that cannot be one is refused before the
// body is read, a wrong one before anything becomes visible (HTTP 400 error codes, "InvalidDigest").

import { decodeBase64, OssError } from '@postern/protocol';

const md5Bytes = 16;

/**
 * @returns the digest in upper-case hex, the form of {@link Digests.md5}; undefined without the header
 * @throws OssError InvalidDigest.malformed
 */
export function parseContentMd5(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const digest = decodeBase64(header);
  if (digest?.length !== md5Bytes) throw new OssError('InvalidDigest.malformed');
  return Buffer.from(digest).toString('hex').toUpperCase();
}

/**
 * @param declared from {@link parseContentMd5}
 * @param md5 of the body, in upper-case hex
 * @throws OssError InvalidDigest when there is a declared digest and it is another one
 */
export function checkContentMd5(declared: string | undefined, md5: string): void {
  if (declared !== undefined && declared !== md5) throw new OssError('InvalidDigest');
}
