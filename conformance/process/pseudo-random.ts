// Contents for large tests: endless pseudo-random bytes, of which any part can be made again without the rest. AES-128 in counter mode;
// `openssl enc -aes-128-ctr -K <MD5 of the name> -iv 0` of zeros gives the same.

import { createCipheriv, createHash } from 'node:crypto';

const blockBytes = 16;

/** The bytes from `from` up to, not including, `to`, of the content with this name. */
export function pseudoRandomBytes(name: string, from: number, to: number): Buffer {
  const counter = Buffer.alloc(blockBytes);
  const skipped = from % blockBytes;
  counter.writeBigUInt64BE(BigInt((from - skipped) / blockBytes), 8);
  const cipher = createCipheriv('aes-128-ctr', createHash('md5').update(name).digest(), counter);
  return cipher.update(Buffer.alloc(to - from + skipped)).subarray(skipped);
}

/** The first `size` bytes, a piece at a time. */
export function* pseudoRandomPieces(name: string, size: number, pieceBytes: number): Generator<Buffer> {
  for (let at = 0; at < size; at += pieceBytes) {
    yield pseudoRandomBytes(name, at, Math.min(at + pieceBytes, size));
  }
}

/** Numbers that follow from the seed alone, each from 0 to below `bound`. Good enough to choose test cases. */
export function seededNumbers(seed: number): (bound: number) => number {
  let count = 0;
  return (bound) => {
    const word = pseudoRandomBytes(`${seed}`, count, count + 4).readUInt32BE();
    count += 4;
    return word % bound;
  };
}
