// Blobs that were to be taken back and could not be, because the disk was full or said no. No record names them, so nothing remembers them but
// this: they are tried again in the background until they are gone. Those of a process that ends are found by the sweep at the next start.

/** Takes back what nobody names. When it has failed it can be called again, and goes on where it was. */
export type Removal = () => Promise<void>;

/** Kept in mind at once: a few MiB of memory. What is more waits for the next start. */
const leftoversMax = 10_000;

export class Leftovers {
  readonly #reportProblem: (problem: unknown) => void;
  #removals: Removal[] = [];

  constructor(reportProblem: (problem: unknown) => void) {
    this.#reportProblem = reportProblem;
  }

  /** Now, or if that cannot be, later. Whoever takes something back has another error to tell: this one is only reported. */
  async discard(removal: Removal): Promise<void> {
    try {
      await removal();
    } catch (problem) {
      this.#reportProblem(problem);
      if (this.#removals.length < leftoversMax) this.#removals.push(removal);
    }
  }

  /** Tries each once more. @throws what the last that failed again says */
  async retry(isStopped = () => false): Promise<void> {
    const removals = this.#removals;
    this.#removals = [];
    let fault: { readonly error: unknown } | undefined;
    for (const removal of removals) {
      if (isStopped()) return;
      try {
        await removal();
      } catch (error) {
        fault = { error };
        this.#removals.push(removal);
      }
    }
    if (fault) throw fault.error;
  }
}
