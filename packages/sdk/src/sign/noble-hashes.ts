// The hashes of signatures in pure JavaScript, so that forms can be signed wherever JavaScript runs: `node:crypto` is missing on many
// edge runtimes, and Web Crypto is asynchronous.

import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Hashes } from '@postern/protocol';

export const nobleHashes: Hashes = {
  // SHA-1 is what OSS's V1 signature is made of; as an HMAC it is not weakened by the known collisions.
  hmacSha1: (key, data) => hmac(sha1, key, data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  sha256: (data) => sha256(data),
  equal(a, b) {
    if (a.length !== b.length) return false;
    let difference = 0;
    for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] as number);
    return difference === 0;
  },
};
