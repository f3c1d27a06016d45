// More threads that listen on the data port, beside the one that has started the server (decision 0020): each has all that a request needs
// and shares the store. What exists once for all of them stays with that one, which is asked for it: the log, the key that signs
// callbacks, the memory of nonces.

import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { portsOf, type StorageShare } from '@postern/storage';
import type { TakeNonce } from './access/nonce-memory.ts';
import type { CallbackKey, CallbackKeySource } from './callback/callback-key.ts';
import type { DataPortPlan } from './data-port.ts';
import type { LogOptions, LogOutput } from './http/access-log.ts';
import type { LoadLimits } from './http/load.ts';

/** What such a thread is started with. */
export interface ThreadPlan {
  readonly dataPort: DataPortPlan;
  readonly share: StorageShare;
  readonly secretKeyFile: string | undefined;
  readonly limits: LoadLimits;
  readonly load: SharedArrayBuffer;
  readonly freeBytesMin: number;
  readonly logLevel: LogOptions['level'];
}

export type FromThread =
  | { readonly kind: 'listening' }
  | { readonly kind: 'lines'; readonly text: string }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question };

export type Question =
  | { readonly kind: 'callback-key' }
  | { readonly kind: 'nonce'; readonly given: Parameters<TakeNonce> };

export type ToThread =
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly answer: CallbackKey | Awaited<ReturnType<TakeNonce>>;
    }
  | { readonly kind: 'no-answer'; readonly id: number; readonly reason: string }
  | { readonly kind: 'close'; readonly graceMs: number };

/** What exists once. */
export interface Once {
  readonly callbackKey: CallbackKeySource;
  readonly takeNonce: TakeNonce;
  readonly writeLines: LogOutput['writeLines'];
}

/** This file runs as it is, or compiled: so does the thread's beside it. */
const threadFile = new URL(`./listening-thread${path.extname(import.meta.url)}`, import.meta.url);

export class ListeningThread {
  readonly #worker: Worker;
  readonly #once: Once;
  readonly #ended: Promise<void>;
  /** Resolves when it takes connections, rejects with why it never did. */
  readonly listening: Promise<void>;

  constructor(plan: ThreadPlan, once: Once) {
    this.#once = once;
    // The flags of the process are not for its workers.
    const options = { name: 'listening', execArgv: [], workerData: plan };
    const ports = portsOf(plan.share);
    try {
      this.#worker = new Worker(threadFile, { ...options, transferList: [...ports] });
    } catch (error) {
      // The store would wait for whoever has them.
      for (const port of ports) port.close();
      throw error;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.listening = promise;
    let isListening = false;
    this.#worker.on('message', (message: FromThread) => {
      if (message.kind === 'lines') once.writeLines(message.text);
      else if (message.kind === 'question') void this.#answer(message.id, message.question);
      else {
        isListening = true;
        resolve();
      }
    });
    this.#worker.once('error', (error) => {
      // What nobody has caught there ends the process, as it would have here.
      if (isListening) throw error;
      reject(error);
    });
    this.#ended = new Promise((tell) => this.#worker.once('exit', () => tell()));
    void this.#ended.then(() => reject(new Error('A thread ended before it listened.')));
  }

  /** Stops accepting, lets what is under way finish for `graceMs`; resolves when the thread has ended. */
  async close(graceMs: number): Promise<void> {
    this.#send({ kind: 'close', graceMs });
    await this.#ended;
  }

  async #answer(id: number, question: Question): Promise<void> {
    const { callbackKey, takeNonce } = this.#once;
    try {
      const isKey = question.kind === 'callback-key';
      this.#send({
        ...{ kind: 'answer', id },
        answer: isKey ? await callbackKey() : await takeNonce(...question.given),
      });
    } catch (error) {
      this.#send({ kind: 'no-answer', id, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}
