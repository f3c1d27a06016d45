// The room left in the data directory. Uploads stop while there is still some: a store that has written its disk full can hardly delete
// either, and takes everything else on that disk down with it.

import { statfs } from 'node:fs/promises';
import { OssError } from '@postern/protocol';

export interface FreeSpaceOptions {
  /** How much stays free. */
  readonly freeBytesMin: number;
  /** How much is free now. */
  readonly measure: () => Promise<number>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

export const defaultFreeBytesMin = 256 * 1024 ** 2;

/** How long a measurement counts: asking for each upload would cost more than it tells. */
const measureEveryMs = 2_000;
/** Room is made by hand, or by the collector a while after objects were deleted. */
const retryAfterSeconds = 60;

export class FreeSpace {
  readonly #options: FreeSpaceOptions;
  #measured: { readonly atMs: number; readonly bytes: Promise<number> } | undefined;

  constructor(options: FreeSpaceOptions) {
    this.#options = options;
  }

  /**
   * @param bytes how much is about to be written, as far as it is known
   * @throws OssError ServiceUnavailable.space; the system's error when the directory cannot be asked
   */
  async checkRoom(bytes: number): Promise<void> {
    const freeBytes = await this.#freeBytes();
    if (freeBytes - bytes >= this.#options.freeBytesMin) return;
    const headers = { 'retry-after': `${retryAfterSeconds}` };
    throw new OssError('ServiceUnavailable.space', {}, { headers });
  }

  #freeBytes(): Promise<number> {
    const nowMs = this.#options.clock();
    // A clock that was set back must not keep a measurement alive.
    const ageMs = Math.abs(nowMs - (this.#measured?.atMs ?? Number.NEGATIVE_INFINITY));
    if (this.#measured === undefined || ageMs >= measureEveryMs)
      this.#measured = { atMs: nowMs, bytes: this.#options.measure() };
    return this.#measured.bytes;
  }
}

/** What this user may still write below `folder`. */
export async function measureFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
