// A thread that computes MD5s of bodies piece by piece. It gives each piece's memory back when it is done with it.

import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

export type ToDigestWorker =
  /** The next bytes of a body, in the memory that comes along; `last`: its digest is wanted now. */
  | {
      readonly kind: 'bytes' | 'last';
      readonly body: number;
      readonly memory: ArrayBuffer;
      readonly length: number;
    }
  /** Nobody wants to know any more. */
  | { readonly kind: 'forget'; readonly body: number };

export interface FromDigestWorker {
  readonly body: number;
  readonly memory: ArrayBuffer;
  /** Upper-case hex, after the last bytes. */
  readonly md5?: string;
}

const hashes = new Map<number, Hash>();

parentPort?.on('message', (message: ToDigestWorker) => {
  const { kind, body } = message;
  if (kind === 'forget') {
    hashes.delete(body);
    return;
  }
  const { memory, length } = message;
  const hash = hashes.get(body) ?? createHash('md5');
  hash.update(new Uint8Array(memory, 0, length));
  const isLast = kind === 'last';
  if (isLast) hashes.delete(body);
  else hashes.set(body, hash);
  const answer: FromDigestWorker = {
    ...{ body, memory },
    ...(isLast && { md5: hash.digest('hex').toUpperCase() }),
  };
  parentPort?.postMessage(answer, [memory]);
});
