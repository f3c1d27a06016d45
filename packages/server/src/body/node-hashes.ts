// The cryptography of signatures, by node:crypto.

import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Hashes, HashInput } from '@postern/protocol';

export const nodeHashes: Hashes = {
  hmacSha1: (key, data) => createHmac('sha1', keyObjectOf(key)).update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', keyObjectOf(key)).update(data).digest(),
  sha256: (data) => hash('sha256', data, 'buffer'),
  equal(a, b) {
    const [left, right] = [toBytes(a), toBytes(b)];
    return left.length === right.length && timingSafeEqual(left, right);
  },
};

function toBytes(input: HashInput): Uint8Array {
  return typeof input === 'string' ? Buffer.from(input) : input;
}

// --- Keys ---

/** More than the secrets that sign at one time. */
export const keyObjectsMax = 1024;
/** Secrets have some thirty characters; longer keys are none, but something that a client sent. */
const keptKeyCharactersMax = 256;

const keyObjects = new Map<string, KeyObject>();
const keyObjectsOfBytes = new WeakMap<Uint8Array, KeyObject>();

/**
 * Making a key object costs as much as the HMAC itself. Without one, createHmac takes five times as long for bytes: it finds out what it
 * was given by exceptions.
 *
 * @param key bytes that nobody changes afterwards
 */
function keyObjectOf(key: HashInput): KeyObject {
  const known = typeof key === 'string' ? keyObjects.get(key) : keyObjectsOfBytes.get(key);
  if (known) return known;
  const made = createSecretKey(toBytes(key));
  if (typeof key !== 'string') keyObjectsOfBytes.set(key, made);
  else if (key.length <= keptKeyCharactersMax) keep(key, made);
  return made;
}

function keep(key: string, made: KeyObject): void {
  const [oldest] = keyObjects.keys();
  if (keyObjects.size >= keyObjectsMax && oldest !== undefined) keyObjects.delete(oldest);
  keyObjects.set(key, made);
}
