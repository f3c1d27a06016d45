// Digests computed on other threads: those of a body of more than a few KiB cost more than all else that is done with it, and the one
// thread that receives has the others to receive. Bytes travel in memory that goes there and comes back, so that none is ever shared; what
// collects while requests are read goes in one message.

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DigestedPiece, DigestStep, FromDigestWorker, ToDigestWorker } from './digest-worker.ts';

/** Memory for pieces is cut in multiples of this, so that what one body leaves suits others. */
const pieceStepBytes = 32 * 1024;
/** Larger pieces cost no less for each byte. */
const pieceBytesMax = 256 * 1024;
/** One being filled, one under way, one being digested; a body of one piece needs one. */
const piecesPerBody = 3;

const allMemoryBytes = 24 * 1024 * 1024;

/** Of all pieces together. Bodies for which there is no room are digested by whoever receives them. */
let memoryBytesMax = allMemoryBytes;

/** More could not be fed by the one thread that receives; where that one has the only processor, another would but take its time. */
let threadsMax = Math.min(4, availableParallelism() - 1);

/**
 * To be called in each of so many threads that receive, before the first body: they share the processors and the memory. Each may have one
 * thread for a large body that comes alone, but where there is one processor.
 */
export function shareDigestThreads(receivers: number): void {
  const others = availableParallelism() - 1;
  threadsMax = Math.min(4, others, Math.max(1, Math.floor(others / receivers)));
  memoryBytesMax = Math.floor(allMemoryBytes / receivers);
}

const workerFile = new URL(`./digest-worker${path.extname(import.meta.url)}`, import.meta.url);

let bodiesBegun = 0;
let threads: readonly DigestThread[] = [];
/** What bodies have been promised. */
let promisedBytes = 0;

/**
 * @param bytesExpected of the body, at least
 * @returns undefined when too much is being digested, or there is no other thread
 */
export function beginThreadedDigests(bytesExpected: number): ThreadedDigests | undefined {
  if (threadsMax === 0) return undefined;
  const steps = Math.ceil(Math.min(bytesExpected, pieceBytesMax) / pieceStepBytes);
  const pieceBytes = Math.max(1, steps) * pieceStepBytes;
  const piecesMax = bytesExpected <= pieceBytes ? 1 : piecesPerBody;
  if (promisedBytes + piecesMax * pieceBytes > memoryBytesMax) return undefined;
  return chooseThread().begin(pieceBytes, piecesMax);
}

function chooseThread(): DigestThread {
  const idle = threads.find((thread) => thread.bodies === 0);
  if (idle) return idle;
  if (threads.length < threadsMax) threads = [...threads, new DigestThread()];
  return threads.reduce((least, thread) => (thread.bodies < least.bodies ? thread : least));
}

/** Memory of bodies that are done, by its size: together with what is promised, hardly more than may be. */
class SparePieces {
  readonly #bySize = new Map<number, ArrayBuffer[]>();
  #bytes = 0;

  take(pieceBytes: number): ArrayBuffer {
    const found = this.#bySize.get(pieceBytes)?.pop();
    if (found) {
      this.#bytes -= pieceBytes;
      return found;
    }
    if (this.#bytes + promisedBytes > memoryBytesMax) this.#forgetAll();
    return new ArrayBuffer(pieceBytes);
  }

  keep(piece: ArrayBuffer): void {
    const pieceBytes = piece.byteLength;
    if (this.#bytes + pieceBytes > memoryBytesMax) return;
    this.#bytes += pieceBytes;
    const alike = this.#bySize.get(pieceBytes);
    if (alike) alike.push(piece);
    else this.#bySize.set(pieceBytes, [piece]);
  }

  #forgetAll(): void {
    this.#bySize.clear();
    this.#bytes = 0;
  }
}

const spare = new SparePieces();

class DigestThread {
  readonly #worker: Worker;
  readonly #bodies = new Map<number, ThreadedDigests>();
  #steps: DigestStep[] = [];

  constructor() {
    // The flags of the process are not for its workers.
    this.#worker = new Worker(workerFile, { name: 'digests', execArgv: [] });
    this.#worker.on('message', (message: FromDigestWorker) => {
      for (const piece of message) this.#take(piece);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that computes digests has ended.')));
    this.#worker.unref();
  }

  get bodies(): number {
    return this.#bodies.size;
  }

  begin(pieceBytes: number, piecesMax: number): ThreadedDigests {
    const body = ++bodiesBegun;
    promisedBytes += piecesMax * pieceBytes;
    const digests = new ThreadedDigests({
      ...{ pieceBytes, piecesMax },
      send: (kind, memory, length) => this.#send({ kind, body, memory, length }),
      end: (isDone) => {
        promisedBytes -= piecesMax * pieceBytes;
        this.#end(body, isDone);
      },
    });
    this.#bodies.set(body, digests);
    // The process must not end before it has been told.
    if (this.#bodies.size === 1) this.#worker.ref();
    return digests;
  }

  /** In one message with what else collects in this tick, since messages cost more than what is in them. */
  #send(step: DigestStep): void {
    if (this.#steps.length === 0) process.nextTick(() => this.#sendSteps());
    this.#steps.push(step);
  }

  #sendSteps(): void {
    const steps = this.#steps;
    this.#steps = [];
    const moved = steps.flatMap((step) => (step.kind === 'forget' ? [] : [step.memory]));
    this.#worker.postMessage(steps satisfies ToDigestWorker, moved);
  }

  #take(piece: DigestedPiece): void {
    const waiting = this.#bodies.get(piece.body);
    if (waiting) waiting.take(piece);
    else spare.keep(piece.memory);
  }

  #end(body: number, isDone: boolean): void {
    if (!isDone) this.#send({ kind: 'forget', body });
    this.#bodies.delete(body);
    if (this.#bodies.size === 0) this.#worker.unref();
  }

  /** Others take its place. */
  #fail(error: unknown): void {
    threads = threads.filter((thread) => thread !== this);
    for (const digests of this.#bodies.values()) digests.fail(error);
  }
}

interface DigestsParts {
  readonly pieceBytes: number;
  readonly piecesMax: number;
  readonly send: (kind: 'bytes' | 'last', memory: ArrayBuffer, length: number) => void;
  readonly end: (isDone: boolean) => void;
}

/** Those of one body. */
export class ThreadedDigests {
  readonly #parts: DigestsParts;
  readonly #free: ArrayBuffer[] = [];
  #taken = 0;
  #filling: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  #size = 0;
  readonly #digests = Promise.withResolvers<{ readonly md5: string; readonly crc64: string }>();
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #isDone = false;
  #isEnded = false;

  constructor(parts: DigestsParts) {
    this.#parts = parts;
    // Whoever asks is told, and nobody has to.
    this.#digests.promise.catch(() => {});
  }

  /** Resolves when more may come: waiting for it is the back-pressure. The chunk may be used again afterwards. */
  async update(chunk: Uint8Array): Promise<void> {
    const { pieceBytes } = this.#parts;
    this.#size += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      // Not before there is more: the last piece asks for the digests too.
      if (this.#filling && this.#filled === pieceBytes) this.#sendPiece('bytes', this.#filling);
      this.#filling ??= await this.#getMemory();
      const part = chunk.subarray(at, at + pieceBytes - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** Once, at the end. */
  async finish(): Promise<{ readonly size: number; readonly md5: string; readonly crc64: string }> {
    this.#sendPiece('last', this.#filling ?? (await this.#getMemory()));
    try {
      const { md5, crc64 } = await this.#digests.promise;
      return { size: this.#size, md5, crc64 };
    } finally {
      this.abandon();
    }
  }

  /** Once it has finished, or nobody wants to know any more. */
  abandon(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.end(this.#isDone);
    for (const piece of this.#free.splice(0)) spare.keep(piece);
  }

  /** What the thread has to say: that this memory is free, and in the end what the digests are. */
  take({ memory, digests }: DigestedPiece): void {
    this.#free.push(memory);
    this.#wake?.();
    if (digests === undefined) return;
    this.#isDone = true;
    this.#digests.resolve(digests);
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#isDone = true;
    this.#digests.reject(error);
    this.#wake?.();
  }

  #sendPiece(kind: 'bytes' | 'last', { buffer }: Uint8Array<ArrayBuffer>): void {
    this.#parts.send(kind, buffer, this.#filled);
    this.#filling = undefined;
    this.#filled = 0;
  }

  async #getMemory(): Promise<Uint8Array<ArrayBuffer>> {
    const { pieceBytes, piecesMax } = this.#parts;
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const free = this.#free.pop();
      if (free) return new Uint8Array(free);
      if (this.#taken < piecesMax) {
        this.#taken++;
        return new Uint8Array(spare.take(pieceBytes));
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
