// The cryptography of signatures, by node:crypto.

import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { Hashes } from '@postern/protocol';

// Given the key's bytes instead of a key object, createHmac takes five times as long: it finds out what it was given by exceptions.
export const nodeHashes: Hashes = {
  hmacSha1: (key, data) => createHmac('sha1', createSecretKey(key)).update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', createSecretKey(key)).update(data).digest(),
  sha256: (data) => createHash('sha256').update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
