// Checksums of 64 bits, reflected, start and final XOR all ones: CRC-64/XZ, which OSS answers as `x-oss-hash-crc64ecma`, and CRC-64/NVME,
// which S3 calls `crc64nvme`. Written as an unsigned decimal. The work is done by crc64-module.ts.

import { type Crc64Module, makeCrc64Module } from './crc64-module.ts';

/** 0x42F0E1EBA9EA3693 with its bits reversed. */
const xz = makeCrc64Module(0xc96c5795d7870f42n);
/** 0xAD93D23594C93659 with its bits reversed. Made when it is first wanted. */
let nvme: Crc64Module | undefined;

export class Crc64 {
  readonly #module: Crc64Module;
  #checksum = -1n;

  constructor(kind: 'xz' | 'nvme' = 'xz') {
    if (kind === 'nvme') nvme ??= makeCrc64Module(0x9a6c9329ac4bc9b5n);
    this.#module = kind === 'nvme' ? (nvme as Crc64Module) : xz;
  }

  update(bytes: Uint8Array): void {
    const { data, update } = this.#module;
    for (let at = 0; at < bytes.length; at += data.length) {
      const taken = bytes.length <= data.length ? bytes : bytes.subarray(at, at + data.length);
      data.set(taken);
      this.#checksum = update(this.#checksum, taken.length);
    }
  }

  /** The checksum of everything so far, as an unsigned decimal. */
  digest(): string {
    return BigInt.asUintN(64, ~this.#checksum).toString();
  }
}
