// The cryptography of signatures, by node:crypto.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Hashes } from '@postern/protocol';

export const nodeHashes: Hashes = {
  hmacSha1: (key, data) => createHmac('sha1', key).update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  sha256: (data) => createHash('sha256').update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
