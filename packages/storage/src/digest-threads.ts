// MD5s computed on other threads: the digest of a large body costs more than all else that is done with it, and those who send others
// need not wait for it. Bytes travel in memory that goes there and comes back, so that none is ever shared.

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromDigestWorker, ToDigestWorker } from './digest-worker.ts';

/** Larger pieces cost no less for each byte, and smaller ones more. */
const pieceBytes = 256 * 1024;
/** One being filled, one under way, one being digested. */
const piecesPerBody = 3;

/** Bodies at once, so that memory is bounded: 24 MiB. Further ones are digested by whoever receives them. */
const bodiesMax = 32;

/** More could not be fed by the one thread that receives. */
const threadsMax = Math.max(1, Math.min(4, availableParallelism() - 1));

const workerFile = new URL(`./digest-worker${path.extname(import.meta.url)}`, import.meta.url);

let bodiesBegun = 0;
let threads: readonly DigestThread[] = [];
/** Memory of bodies that are done. */
const spare: ArrayBuffer[] = [];

/** @returns undefined when too many bodies are being digested */
export function beginThreadedMd5(): ThreadedMd5 | undefined {
  const bodies = threads.reduce((sum, thread) => sum + thread.bodies, 0);
  if (bodies >= bodiesMax) return undefined;
  const idle = threads.find((thread) => thread.bodies === 0);
  if (idle) return idle.begin();
  if (threads.length < threadsMax) threads = [...threads, new DigestThread()];
  return threads.reduce((least, thread) => (thread.bodies < least.bodies ? thread : least)).begin();
}

class DigestThread {
  readonly #worker: Worker;
  readonly #bodies = new Map<number, ThreadedMd5>();

  constructor() {
    // The flags of the process are not for its workers.
    this.#worker = new Worker(workerFile, { name: 'digests', execArgv: [] });
    this.#worker.on('message', (message: FromDigestWorker) => this.#take(message));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that computes digests has ended.')));
    this.#worker.unref();
  }

  get bodies(): number {
    return this.#bodies.size;
  }

  begin(): ThreadedMd5 {
    const body = ++bodiesBegun;
    const md5 = new ThreadedMd5(
      (kind, memory, length) => {
        this.#send({ kind, body, memory, length }, memory);
      },
      () => this.#end(body),
    );
    this.#bodies.set(body, md5);
    // The process must not end before it has been told.
    this.#worker.ref();
    return md5;
  }

  #send(message: ToDigestWorker, ...moved: ArrayBuffer[]): void {
    this.#worker.postMessage(message, moved);
  }

  #take({ body, memory, md5 }: FromDigestWorker): void {
    const waiting = this.#bodies.get(body);
    if (waiting) waiting.take(memory, md5);
    else keepSpare(memory);
  }

  #end(body: number): void {
    this.#send({ kind: 'forget', body });
    this.#bodies.delete(body);
    if (this.#bodies.size === 0) this.#worker.unref();
  }

  /** Others take its place. */
  #fail(error: unknown): void {
    threads = threads.filter((thread) => thread !== this);
    for (const md5 of this.#bodies.values()) md5.fail(error);
    this.#bodies.clear();
  }
}

function keepSpare(...memory: readonly ArrayBuffer[]): void {
  spare.push(...memory.slice(0, Math.max(0, bodiesMax * piecesPerBody - spare.length)));
}

/** The MD5 of one body. */
export class ThreadedMd5 {
  readonly #send: (kind: 'bytes' | 'last', memory: ArrayBuffer, length: number) => void;
  readonly #end: () => void;
  readonly #free: ArrayBuffer[] = [];
  #taken = 0;
  #filling: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  readonly #digest = Promise.withResolvers<string>();
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #isEnded = false;

  constructor(send: (kind: 'bytes' | 'last', memory: ArrayBuffer, length: number) => void, end: () => void) {
    this.#send = send;
    this.#end = end;
    // Whoever asks is told, and nobody has to.
    this.#digest.promise.catch(() => {});
  }

  /** Resolves when more may come: waiting for it is the back-pressure. The chunk may be used again afterwards. */
  async update(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      this.#filling ??= await this.#getMemory();
      const part = chunk.subarray(at, at + pieceBytes - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === pieceBytes) this.#sendPiece('bytes', this.#filling);
    }
  }

  /** Upper-case hex. */
  async finish(): Promise<string> {
    this.#sendPiece('last', this.#filling ?? (await this.#getMemory()));
    try {
      return await this.#digest.promise;
    } finally {
      this.end();
    }
  }

  /** Once it has finished, or nobody wants to know any more. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#end();
    keepSpare(...this.#free.splice(0));
  }

  /** What the thread has to say: that this memory is free, and in the end what the digest is. */
  take(memory: ArrayBuffer, md5: string | undefined): void {
    this.#free.push(memory);
    if (md5 === undefined) this.#wake?.();
    else this.#digest.resolve(md5);
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#digest.reject(error);
    this.#wake?.();
  }

  #sendPiece(kind: 'bytes' | 'last', { buffer }: Uint8Array<ArrayBuffer>): void {
    this.#send(kind, buffer, this.#filled);
    this.#filling = undefined;
    this.#filled = 0;
  }

  async #getMemory(): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const memory = this.#free.pop();
      if (memory) return new Uint8Array(memory);
      if (this.#taken < piecesPerBody) {
        this.#taken++;
        return new Uint8Array(spare.pop() ?? new ArrayBuffer(pieceBytes));
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
