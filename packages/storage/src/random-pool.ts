// Random bytes, drawn from the system many at once: a draw costs some microseconds, however little it is for.

import { randomFillSync } from 'node:crypto';

const pool = new Uint8Array(8 * 1024);
let used = pool.length;

/** @param count at most the size of the pool; ids need 16 */
export function drawRandomBytes(count: number): Uint8Array {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const drawn = pool.slice(used, used + count);
  used += count;
  return drawn;
}
