// How long a client may keep us waiting. There is no limit on the whole, since 5 GB may take hours; there is one on being slower than a
// least rate: waiting uses patience up, and every byte brings some of it back. Time that we take ourselves never counts.

export class Patience {
  readonly #wholeMs: number;
  readonly #bytesPerSecondMin: number;
  #leftMs: number;

  /**
   * @param wholeMs how long a client may send nothing at all, and over how long its rate is averaged
   * @param bytesPerSecondMin who keeps to it never uses the patience up
   */
  constructor(wholeMs: number, bytesPerSecondMin: number) {
    this.#wholeMs = wholeMs;
    this.#bytesPerSecondMin = bytesPerSecondMin;
    this.#leftMs = wholeMs;
  }

  /** How long to wait for this client's next bytes, at most; 0 when it has used up what it had. */
  get leftMs(): number {
    return this.#leftMs;
  }

  spend(waitedMs: number): void {
    this.#leftMs = Math.max(0, this.#leftMs - waitedMs);
  }

  /** What came faster than the least rate is saved up, to the whole at most. */
  restore(bytes: number): void {
    this.#leftMs = Math.min(this.#wholeMs, this.#leftMs + (bytes * 1000) / this.#bytesPerSecondMin);
  }
}
