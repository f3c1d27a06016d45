// One flush for many who wait. Whoever asks while one is under way shares the next, because the one under way may have begun before
// their change was made. A flush that failed is the last: the next would not see what this one should have written, and succeed.

export class SharedFlush {
  readonly #flush: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  /** Resolves after a flush that began after this call. */
  run(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // When the one under way fails, so does this one.
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  async #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#flush();
    this.#running = running;
    await running;
    if (this.#running === running) this.#running = undefined;
  }
}
