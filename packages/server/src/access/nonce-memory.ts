// Which requests were made already, as long as they could be made again: what was signed once is taken once. Bounded; when it is full,
// nothing new is taken rather than something old forgotten. One key gets at only a part of it, so that whoever holds one cannot keep the
// others from asking.

import { hash } from 'node:crypto';

export const noncesMax = 100_000;
export const noncesPerKeyMax = 20_000;

export type NonceOutcome = 'taken' | 'used' | 'full';

/** As {@link NonceMemory.take}, where the memory may be another thread's. */
export type TakeNonce = (...given: Parameters<NonceMemory['take']>) => NonceOutcome | Promise<NonceOutcome>;

interface Taken {
  readonly accessKeyId: string;
  readonly usableUntilMs: number;
}

export class NonceMemory {
  /** By what names the request, in the order in which they came. */
  readonly #taken = new Map<string, Taken>();
  readonly #countByKey = new Map<string, number>();
  readonly #max: number;
  readonly #perKeyMax: number;

  constructor(max = noncesMax, perKeyMax = noncesPerKeyMax) {
    this.#max = max;
    this.#perKeyMax = perKeyMax;
  }

  /**
   * @param accessKeyId whose nonce it is: another key's says nothing
   * @param usableUntilMs when a request with this nonce is refused for its age alone
   */
  take(accessKeyId: string, nonce: string, usableUntilMs: number, nowMs: number): NonceOutcome {
    this.#forgetExpired(nowMs);
    // As long for every nonce.
    const id = hash('sha256', JSON.stringify([accessKeyId, nonce]), 'base64');
    const before = this.#taken.get(id);
    if (before && before.usableUntilMs >= nowMs) return 'used';
    if (before) this.#forget(id, before);
    const count = this.#countByKey.get(accessKeyId) ?? 0;
    if (this.#taken.size >= this.#max || count >= this.#perKeyMax) return 'full';
    this.#taken.set(id, { accessKeyId, usableUntilMs });
    this.#countByKey.set(accessKeyId, count + 1);
    return 'taken';
  }

  /** From the oldest on, up to the first that still counts: each is looked at once, and none is kept much longer than it counts. */
  #forgetExpired(nowMs: number): void {
    for (const [id, taken] of this.#taken) {
      if (taken.usableUntilMs >= nowMs) return;
      this.#forget(id, taken);
    }
  }

  #forget(id: string, { accessKeyId }: Taken): void {
    this.#taken.delete(id);
    const left = (this.#countByKey.get(accessKeyId) ?? 0) - 1;
    if (left > 0) this.#countByKey.set(accessKeyId, left);
    else this.#countByKey.delete(accessKeyId);
  }
}
