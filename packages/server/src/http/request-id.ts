// Request ids as OSS writes them: 24 upper-case hex digits, the first 8 the unix time. Always made here: an id that a client could
// choose would let it put its own text into other people's logs.

import { randomBytes } from 'node:crypto';

export function makeRequestId(nowMs: number): string {
  const seconds = (Math.floor(nowMs / 1000) >>> 0).toString(16).padStart(8, '0');
  return `${seconds.toUpperCase()}${drawHexDigits(16)}`;
}

/** Drawn many at once: a draw costs some microseconds, however little it is for. */
let drawn = '';
let used = 0;

function drawHexDigits(count: number): string {
  if (used + count > drawn.length) {
    drawn = randomBytes(4096).toString('hex').toUpperCase();
    used = 0;
  }
  used += count;
  return drawn.slice(used - count, used);
}
