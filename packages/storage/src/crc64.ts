// CRC-64/XZ, the checksum that OSS answers as `x-oss-hash-crc64ecma`: polynomial 0x42F0E1EBA9EA3693, reflected, start and final XOR
// all ones, written as an unsigned decimal. The work is done by crc64-module.ts.

import { makeCrc64Module } from './crc64-module.ts';

const { data, update } = makeCrc64Module();

export class Crc64 {
  #checksum = -1n;

  update(bytes: Uint8Array): void {
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
