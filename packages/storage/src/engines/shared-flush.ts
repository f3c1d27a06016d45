// One flush for many who wait. Whoever asks while one is under way shares the next, because the one under way may have begun before
// their change was made. One that fails takes down with it all whose change was made before: a later one would not see what this one should
// have written, and succeed.

export class SharedFlush {
  readonly #flush: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failures = 0;
  #latestFault: unknown;

  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  /** How many have failed. To be asked before the change is made, and given to {@link run}. */
  get failures(): number {
    return this.#failures;
  }

  /** Resolves after a flush that began after this call. @throws what it throws, or one threw that has failed since the change was made */
  async run(failuresBefore: number): Promise<void> {
    if (this.#failures > failuresBefore) throw this.#latestFault;
    if (this.#running === undefined) return this.#start();
    // When the one under way fails, so does this one.
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  async #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#flush();
    this.#running = running;
    try {
      await running;
      if (this.#running === running) this.#running = undefined;
    } catch (error) {
      this.#failures++;
      this.#latestFault = error;
      this.#running = undefined;
      this.#next = undefined;
      throw error;
    }
  }
}
