// A request's body as it comes from Node, read with back-pressure, and no longer than a client may keep us waiting.

import type { IncomingMessage } from 'node:http';
import { OssError } from '@postern/protocol';
import type { Patience } from './patience.ts';

/**
 * The memory of chunks from this size on is freed as soon as it is no longer needed. Left to the garbage collector it would stay until that
 * found so much memory in use that it searched the whole process: over and over for large bodies, at a fifth of what they cost.
 */
const freedBytesMin = 16 * 1024;

/**
 * A request's body, read with back-pressure. A chunk is valid until the next one is asked for. Not Node's own iterator: that one destroys
 * the socket when its reader stops early, and the answer still has to go out on it. Nor a generator: a small body is all here already, and
 * is handed over in one step.
 */
export class RequestBody implements AsyncIterator<Uint8Array, void>, AsyncIterable<Uint8Array> {
  readonly #message: IncomingMessage;
  /** By its Content-Length, which Node keeps to; NaN for a body without. */
  readonly #declaredBytes: number;
  readonly #patience: Patience;
  #letBegin: (() => void) | undefined;
  /** Why the rest cannot be read. */
  #fault: OssError | undefined;
  #stopWaiting: (() => void) | undefined;
  #bytesRead = 0;
  /** What was handed over last. */
  #lent: Buffer | undefined;

  /** @param letBegin for a client that waits to be told to send; called when the body is first asked for */
  constructor(message: IncomingMessage, patience: Patience, letBegin?: () => void) {
    this.#message = message;
    const isChunked = message.headers['transfer-encoding'] !== undefined;
    this.#declaredBytes = isChunked ? Number.NaN : Number(message.headers['content-length']);
    this.#patience = patience;
    this.#letBegin = letBegin;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * Whether all of it has come in. When Node hands over the last bytes of a body it has not yet come round to saying so, and would say it
   * by events that every small body had to wait for; so they are counted.
   */
  get isWhole(): boolean {
    return this.#message.complete || this.#bytesRead === this.#declaredBytes;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    return this;
  }

  /** @throws OssError IncompleteBody, RequestTimeout, BadRequest */
  async next(): Promise<IteratorResult<Uint8Array, void>> {
    this.#letBegin?.();
    this.#letBegin = undefined;
    this.#freeLent();
    for (;;) {
      const chunk: Buffer | null = this.#message.read();
      if (chunk !== null) {
        this.#patience.restore(chunk.length);
        this.#bytesRead += chunk.length;
        this.#lent = chunk;
        return { done: false, value: chunk };
      }
      if (this.isWhole) return { done: true, value: undefined };
      this.#patience.spend(await this.#waitReadable(this.#patience.leftMs));
    }
  }

  /** The rest cannot be read: what waits for it, or will, is told. */
  fail(fault: OssError): void {
    this.#fault ??= fault;
    this.#stopWaiting?.();
  }

  #freeLent(): void {
    const lent = this.#lent;
    this.#lent = undefined;
    if (lent === undefined || lent.length < freedBytesMin) return;
    // Not what others have a part of.
    if (lent.length === lent.buffer.byteLength && lent.buffer instanceof ArrayBuffer) lent.buffer.transfer(0);
  }

  /** @returns how long it took, in milliseconds */
  #waitReadable(timeoutMs: number): Promise<number> {
    const message = this.#message;
    const startedMs = performance.now();
    return new Promise((resolve, reject) => {
      const stop = (error?: OssError) => {
        clearTimeout(timer);
        message.off('readable', onProgress).off('end', onProgress).off('close', onClose);
        this.#stopWaiting = undefined;
        if (error) reject(error);
        else resolve(performance.now() - startedMs);
      };
      const onProgress = () => stop();
      const onFault = () => stop(this.#fault);
      const onClose = () => stop(message.complete ? undefined : new OssError('IncompleteBody'));
      const timer = setTimeout(() => stop(new OssError('RequestTimeout')), timeoutMs);
      message.on('readable', onProgress).on('end', onProgress).on('close', onClose);
      this.#stopWaiting = onFault;
      if (this.#fault) onFault();
      else if (message.destroyed) onClose();
    });
  }
}

export async function* noBody(): AsyncGenerator<Uint8Array, void, void> {}
