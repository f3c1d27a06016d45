// A thread that computes the digests of bodies piece by piece. It gives each piece's memory back when it is done with it.

import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { Crc64 } from './crc64.ts';

/** What has collected since the last message, in order. */
export type ToDigestWorker = readonly DigestStep[];

export type DigestStep =
  /** The next bytes of a body, in the memory that comes along; `last`: its digests are wanted now. */
  | {
      readonly kind: 'bytes' | 'last';
      readonly body: number;
      readonly memory: ArrayBuffer;
      readonly length: number;
    }
  /** Nobody wants to know any more. */
  | { readonly kind: 'forget'; readonly body: number };

export type FromDigestWorker = readonly DigestedPiece[];

export interface DigestedPiece {
  readonly body: number;
  readonly memory: ArrayBuffer;
  /** After the last bytes. */
  readonly digests?: {
    /** Upper-case hex. */
    readonly md5: string;
    /** Unsigned decimal. */
    readonly crc64: string;
  };
}

/** So many bytes are digested, or more, before their senders are told: a message costs as much as some thousand bytes. */
const answerBytes = 256 * 1024;

interface Running {
  readonly md5: Hash;
  readonly crc64: Crc64;
}

const bodies = new Map<number, Running>();

parentPort?.on('message', (steps: ToDigestWorker) => {
  let digested: DigestedPiece[] = [];
  let bytes = 0;
  const answer = () => {
    if (digested.length === 0) return;
    parentPort?.postMessage(
      digested satisfies FromDigestWorker,
      digested.map(({ memory }) => memory),
    );
    digested = [];
    bytes = 0;
  };
  for (const step of steps) {
    if (step.kind === 'forget') {
      bodies.delete(step.body);
      continue;
    }
    const { kind, body, memory, length } = step;
    const running = bodies.get(body) ?? { md5: createHash('md5'), crc64: new Crc64() };
    const piece = new Uint8Array(memory, 0, length);
    running.md5.update(piece);
    running.crc64.update(piece);
    if (kind === 'bytes') {
      bodies.set(body, running);
      digested.push({ body, memory });
    } else {
      bodies.delete(body);
      const digests = { md5: running.md5.digest('hex').toUpperCase(), crc64: running.crc64.digest() };
      digested.push({ body, memory, digests });
    }
    bytes += length;
    if (bytes >= answerBytes) answer();
  }
  answer();
});
