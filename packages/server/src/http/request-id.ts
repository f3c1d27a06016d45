// Request ids as OSS writes them: 24 upper-case hex digits, the first 8 the unix time. Always made here: an id that a client could
// choose would let it put its own text into other people's logs.

import { randomUUID } from 'node:crypto';

export function makeRequestId(nowMs: number): string {
  const seconds = (Math.floor(nowMs / 1000) >>> 0).toString(16).padStart(8, '0');
  // Node draws the randomness of UUIDs in advance, which randomBytes does not. All but the middle groups is random.
  const uuid = randomUUID();
  return `${seconds}${uuid.slice(0, 4)}${uuid.slice(24)}`.toUpperCase();
}
