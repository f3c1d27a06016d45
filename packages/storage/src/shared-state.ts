// What the stores of all threads see at once, in shared memory. A store of one thread has its own.

const segmentsAt = 0;
const failedAt = 1;
const integers = 2;
/** Where the big integer begins, in bytes. */
const microsecondsAt = 8;

export class SharedState {
  readonly memory: SharedArrayBuffer;
  readonly #integers: Int32Array<SharedArrayBuffer>;
  readonly #microseconds: BigInt64Array<SharedArrayBuffer>;

  /** @param memory of another thread's state */
  constructor(memory = new SharedArrayBuffer(microsecondsAt + BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#integers = new Int32Array(memory, 0, integers);
    this.#microseconds = new BigInt64Array(memory, microsecondsAt, 1);
  }

  /** The numbers of segments, of which no two threads may take the same. */
  nextSegment(): number {
    return Atomics.add(this.#integers, segmentsAt, 1);
  }

  /** The disk has failed under a write, of whichever thread: what is said of why comes later, in a message. */
  get isFailed(): boolean {
    return Atomics.load(this.#integers, failedAt) !== 0;
  }

  fail(): void {
    Atomics.store(this.#integers, failedAt, 1);
  }

  /** @returns `microseconds`, or more: later than all that were given before, however many a moment brings */
  drawMicroseconds(microseconds: number): number {
    for (;;) {
      const last = Atomics.load(this.#microseconds, 0);
      const next = last >= BigInt(microseconds) ? last + 1n : BigInt(microseconds);
      if (Atomics.compareExchange(this.#microseconds, 0, last, next) === last) return Number(next);
    }
  }
}
