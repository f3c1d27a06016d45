// CRC-32 as zlib has it, which guards what is on disk: the same as Node's, and of many bytes faster.

import { crc32 as crc32OfNode } from 'node:zlib';
import { type AddToCrc, makeCrcModule } from './crc-module.ts';

/** Of fewer Node's is faster. */
const moduleBytesMin = 1024;

/** 0x04C11DB7 with its bits reversed. The sparse multiple was found by search (docs/decisions/0018). */
const polynomial = { bits: 0xedb88320n, sparseMultiple: [300, 155, 117, 89, 0] };

/** Made when it is first wanted: a server starts without it. */
let add: AddToCrc | undefined;

/** @param before the checksum of the bytes before these */
export function crc32(bytes: Uint8Array, before = 0): number {
  if (bytes.length < moduleBytesMin) return crc32OfNode(bytes, before);
  add ??= makeCrcModule(polynomial);
  return ~Number(BigInt.asIntN(32, add(BigInt(~before >>> 0), bytes))) >>> 0;
}
