// `x-oss-hash-crc64ecma` on a request: the CRC-64/XZ that the sender counted, as an unsigned decimal.

import { OssError } from '@postern/protocol';

const crc64Max = 2n ** 64n - 1n;

/**
 * @returns the checksum without leading zeros, the form of {@link Digests.crc64}; undefined without the header
 * @throws OssError InvalidCRC64 when it is no number of 64 bits: no body could match it
 */
export function parseContentCrc64(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^\d{1,20}$/.test(header) || BigInt(header) > crc64Max) throw new OssError('InvalidCRC64');
  return BigInt(header).toString();
}

/** @throws OssError InvalidCRC64 when there is a declared checksum and it is another one */
export function checkContentCrc64(declared: string | undefined, crc64: string): void {
  if (declared !== undefined && declared !== crc64) throw new OssError('InvalidCRC64');
}
