// The hashes of signatures in pure JavaScript, so that forms can be signed wherever JavaScript runs: `node:crypto` is missing on many
// edge runtimes, and Web Crypto is asynchronous.

import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeUtf8, type Hashes, type HashInput } from '@postern/protocol';

export const nobleHashes: Hashes = {
  // SHA-1 is what OSS's V1 signature is made of; as an HMAC it is not weakened by the known collisions.
  hmacSha1: (key, data) => hmac(sha1, toBytes(key), toBytes(data)),
  hmacSha256: (key, data) => hmac(sha256, toBytes(key), toBytes(data)),
  sha256: (data) => sha256(toBytes(data)),
  equal(a, b) {
    const [left, right] = [toBytes(a), toBytes(b)];
    if (left.length !== right.length) return false;
    let difference = 0;
    for (const [at, byte] of left.entries()) difference |= byte ^ (right[at] as number);
    return difference === 0;
  },
};

function toBytes(input: HashInput): Uint8Array {
  return typeof input === 'string' ? encodeUtf8(input) : input;
}
