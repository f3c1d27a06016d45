// Memory for bodies on their way to disk, in slabs that start at a page: what direct I/O asks for. There is one such memory for the
// process, of a fixed size; it is used again and again, and the system gives it room only as far as it is used at once.

/** Where writes to disk begin and end: no file system with direct I/O asks for more. */
export const pageBytes = 4096;

/** 64 KiB of a body with all that is written around it, so that a body of that size is one piece. */
export const slabBytes = 17 * pageBytes;

/** All bodies in memory together; a body that finds no room here goes to a file of its own as it comes in. */
export const sharedMemoryBytes = 64 * 1024 * 1024;

const wasmPageBytes = 64 * 1024;

/** Its memory starts at a page, which nothing else in Node promises. As much of its type as is used here. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

/** Whoever takes a slab gives it back. */
export interface Slabs {
  /** {@link slabBytes} bytes with whatever was in them before; undefined when all are taken. */
  take(): Buffer | undefined;
  giveBack(slabs: readonly Buffer[]): void;
}

export class PageMemory implements Slabs {
  readonly #pages: number;
  /** Made when the first slab is taken: V8 answers so many bytes with a collection of all its garbage. */
  #bytes: ArrayBuffer | undefined;
  readonly #free: Buffer[] = [];
  #cut = 0;

  constructor(bytes: number) {
    this.#pages = Math.ceil(bytes / wasmPageBytes);
  }

  take(): Buffer | undefined {
    // The one given back last: the others' pages stay untouched.
    const slab = this.#free.pop();
    if (slab) return slab;
    if (this.#cut + slabBytes > this.#pages * wasmPageBytes) return undefined;
    this.#bytes ??= new WebAssembly.Memory({ initial: this.#pages, maximum: this.#pages }).buffer;
    this.#cut += slabBytes;
    return Buffer.from(this.#bytes, this.#cut - slabBytes, slabBytes);
  }

  giveBack(slabs: readonly Buffer[]): void {
    this.#free.push(...slabs);
  }
}

let shared: PageMemory | undefined;

export function sharedPageMemory(): PageMemory {
  shared ??= new PageMemory(sharedMemoryBytes);
  return shared;
}

const reservedSlabs = 2;

/** So much of a memory that whoever has it can always go on: two slabs, one to be filled while the other is written, and more if there is. */
export class ReservedSlabs implements Slabs {
  readonly #memory: Slabs;
  readonly #own: Buffer[];
  readonly #max: number;
  #taken = 0;

  /** @returns undefined when there is too little */
  static from(memory: Slabs, max: number): ReservedSlabs | undefined {
    const [first, second] = [memory.take(), memory.take()];
    if (first && second) return new ReservedSlabs(memory, [first, second], max);
    memory.giveBack([first, second].filter((slab) => slab !== undefined));
    return undefined;
  }

  private constructor(memory: Slabs, own: Buffer[], max: number) {
    this.#memory = memory;
    this.#own = own;
    this.#max = max;
  }

  take(): Buffer | undefined {
    if (this.#taken === this.#max) return undefined;
    const slab = this.#own.pop() ?? this.#memory.take();
    if (slab) this.#taken++;
    return slab;
  }

  giveBack(slabs: readonly Buffer[]): void {
    this.#taken -= slabs.length;
    this.#own.push(...slabs);
    this.#memory.giveBack(this.#own.splice(reservedSlabs));
  }

  /** Once, when all that was taken has been given back. */
  end(): void {
    this.#memory.giveBack(this.#own.splice(0));
  }
}

/** Memory that starts anywhere, which direct I/O cannot use: for when there is no other. */
export const ordinarySlabs: Slabs = { take: () => Buffer.allocUnsafeSlow(slabBytes), giveBack: () => {} };
