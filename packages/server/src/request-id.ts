// Request ids as OSS writes them: 24 upper-case hex digits, the first 8 the unix time. Always made here: an id that a client could
// choose would let it put its own text into other people's logs.

import { randomBytes } from 'node:crypto';

export function makeRequestId(nowMs: number): string {
  const seconds = (Math.floor(nowMs / 1000) >>> 0).toString(16).padStart(8, '0');
  return `${seconds}${randomBytes(8).toString('hex')}`.toUpperCase();
}
