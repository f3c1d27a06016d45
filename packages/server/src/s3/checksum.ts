// The checksums that S3 clients send with a body (AWS: "Checking object integrity"): five algorithms, each written as base64 of its bytes,
// the most significant first.

import { createHash } from 'node:crypto';
import { Crc64, crc32 } from '@postern/storage';

export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** Base64. */
  digest(): string;
}

/** By their names in `x-amz-checksum-…`. */
const ALGORITHMS: Readonly<Record<string, () => RunningChecksum>> = {
  crc32: () => crcOf32Bits(crc32),
  crc32c: () => crcOf32Bits(addCrc32c),
  crc64nvme: crcOf64Bits,
  sha1: () => hash('sha1'),
  sha256: () => hash('sha256'),
};

export const checksumHeaders: readonly string[] = Object.keys(ALGORITHMS).map(
  (name) => `x-amz-checksum-${name}`,
);

/** @param header one of {@link checksumHeaders}; undefined for anything else */
export function findChecksum(header: string): RunningChecksum | undefined {
  const name = header.replace(/^x-amz-checksum-/, '');
  return checksumHeaders.includes(header) ? ALGORITHMS[name]?.() : undefined;
}

function hash(algorithm: 'sha1' | 'sha256'): RunningChecksum {
  const running = createHash(algorithm);
  return { update: (bytes) => void running.update(bytes), digest: () => running.digest('base64') };
}

/** @param add the checksum of what came before and these bytes; 0 is that of nothing */
function crcOf32Bits(add: (bytes: Uint8Array, value: number) => number): RunningChecksum {
  let value = 0;
  return {
    update(bytes) {
      value = add(bytes, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes.toString('base64');
    },
  };
}

function crcOf64Bits(): RunningChecksum {
  const running = new Crc64('nvme');
  return {
    update: (bytes) => running.update(bytes),
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(BigInt(running.digest()));
      return bytes.toString('base64');
    },
  };
}

// --- CRC-32C: polynomial 0x1EDC6F41, reflected. Node has only the other one. ---

const castagnoli = 0x82f63b78;
/** What a byte does to the checksum when 0 … 3 more follow it in its group of four. */
const tables = makeTables();

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? castagnoli : 0);
    return value;
  });
  const next = (table: Int32Array) => table.map((value) => (value >>> 8) ^ (first[value & 0xff] as number));
  const second = next(first);
  const third = next(second);
  return [first, second, third, next(third)];
}

function addCrc32c(bytes: Uint8Array, before: number): number {
  const [t0, t1, t2, t3] = tables;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const groupsEnd = bytes.length - (bytes.length % 4);
  let value = ~before;
  for (let at = 0; at < groupsEnd; at += 4) {
    value ^= view.getInt32(at, true);
    value =
      (t3[value & 0xff] as number) ^
      (t2[(value >>> 8) & 0xff] as number) ^
      (t1[(value >>> 16) & 0xff] as number) ^
      (t0[value >>> 24] as number);
  }
  for (let at = groupsEnd; at < bytes.length; at++) {
    value = (value >>> 8) ^ (t0[(value ^ (bytes[at] as number)) & 0xff] as number);
  }
  return ~value;
}
