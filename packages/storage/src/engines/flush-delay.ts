// Makes every flush to disk slower, so that what sharing flushes is worth can be measured on a fast disk. For tests and benchmarks alone:
// a process started with `TEST_FLUSH_DELAY_MS=5` waits so long before each flush. In production these do nothing.

import { setTimeout as sleep } from 'node:timers/promises';

const delayMsMax = 10_000;

const delayMs = readDelay(process.env.TEST_FLUSH_DELAY_MS);

/** For a thread that may stand still. */
export const delayFlushHere: () => void = delayMs === 0 ? () => {} : () => standStill(delayMs);

/** For a thread that serves others meanwhile. */
export const delayFlush: () => Promise<void> = delayMs === 0 ? async () => {} : () => sleep(delayMs);

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function readDelay(given: string | undefined): number {
  if (given === undefined) return 0;
  const ms = Number(given);
  // A benchmark of a delay that is not there would say nothing.
  if (!(ms > 0 && ms <= delayMsMax))
    throw new Error(`TEST_FLUSH_DELAY_MS=${given} is no number of milliseconds.`);
  return ms;
}
