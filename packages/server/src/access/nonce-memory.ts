// Which requests were made already, as long as they could be made again: what was signed once is taken once. Bounded; when it is full,
// nothing new is taken rather than something old forgotten.

export const noncesMax = 100_000;

export class NonceMemory {
  /** Until when, in the order in which they came. */
  readonly #usableUntilMs = new Map<string, number>();
  readonly #max: number;

  constructor(max = noncesMax) {
    this.#max = max;
  }

  /** @param usableUntilMs when a request with this nonce is refused for its age alone */
  take(nonce: string, usableUntilMs: number, nowMs: number): 'taken' | 'used' | 'full' {
    this.#forgetExpired(nowMs);
    if ((this.#usableUntilMs.get(nonce) ?? Number.NEGATIVE_INFINITY) >= nowMs) return 'used';
    if (this.#usableUntilMs.size >= this.#max) return 'full';
    this.#usableUntilMs.delete(nonce);
    this.#usableUntilMs.set(nonce, usableUntilMs);
    return 'taken';
  }

  /** From the oldest on, up to the first that still counts: each is looked at once, and none is kept much longer than it counts. */
  #forgetExpired(nowMs: number): void {
    for (const [nonce, untilMs] of this.#usableUntilMs) {
      if (untilMs >= nowMs) return;
      this.#usableUntilMs.delete(nonce);
    }
  }
}
