// How many changes of buckets there have been, and how many are under way, in memory that all threads of a store see: what one of them
// remembers of a bucket counts no longer as soon as another one begins to change any.

const begunAt = 0;
const underWayAt = 1;

export const bucketChangesBytes = 2 * Int32Array.BYTES_PER_ELEMENT;

export class BucketChanges {
  readonly memory: SharedArrayBuffer;
  readonly #counts: Int32Array<SharedArrayBuffer>;

  /** @param memory of {@link bucketChangesBytes}, all zeros where nobody else has it yet */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#counts = new Int32Array(memory);
  }

  /** To be asked before `areUnderWay`: what ends in between was counted. */
  get begun(): number {
    return Atomics.load(this.#counts, begunAt);
  }

  get areUnderWay(): boolean {
    return Atomics.load(this.#counts, underWayAt) > 0;
  }

  /** Before the change is sent. */
  begin(): void {
    Atomics.add(this.#counts, underWayAt, 1);
    Atomics.add(this.#counts, begunAt, 1);
  }

  /** When it has been committed, or has failed. */
  end(): void {
    Atomics.sub(this.#counts, underWayAt, 1);
  }
}
