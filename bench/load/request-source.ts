// Gives the generator the bytes of its next request. Nothing is built while the load runs: digits are written into a buffer that is
// there, and signatures were computed before.

import { createHmac, randomBytes } from 'node:crypto';
import { type NumberedRequests, type NumberedSignature, numberDigits, type RequestPlan } from './load-job.ts';

/** Odd, so that multiplying by it takes every number of 32 bits to another one. */
export const scatterFactor = 0x9e3779b1;
/** A small body travels in one write with its head, a large one from memory that all connections share. */
const joinedBytesMax = 64 * 1024;
const pieceBytes = 1024 * 1024;
/** Of HMAC-SHA1 in base64. */
const signatureChars = 28;

/** One connection's request: what to write for it, in order. Valid until the next is asked for. */
export interface OutgoingRequest {
  pieces(): Iterable<Uint8Array>;
}

export interface RequestSource {
  /** One for each connection. */
  makeSlot(): RequestSlot;
  /** How many numbers were given out. */
  readonly taken: number;
  /** Whether there is another request. */
  hasNext(): boolean;
}

export interface RequestSlot {
  next(): OutgoingRequest;
}

/** @param signaturesMax how many requests are signed in advance; after them the source is empty */
export function createRequestSource(
  plan: RequestPlan,
  firstNumber: number,
  signaturesMax: number,
): RequestSource {
  if (plan.kind === 'numbered') return new NumberedSource(plan, firstNumber, signaturesMax);
  let taken = 0;
  const { requests } = plan;
  const slot: RequestSlot = {
    next: () => {
      const bytes = requests[taken++ % requests.length] as Uint8Array;
      return { pieces: () => [bytes] };
    },
  };
  return {
    makeSlot: () => slot,
    hasNext: () => true,
    get taken() {
      return taken;
    },
  };
}

class NumberedSource implements RequestSource {
  readonly #plan: NumberedRequests;
  readonly #first: number;
  readonly #signatures: Buffer | undefined;
  readonly #body: Buffer;
  taken = 0;

  constructor(plan: NumberedRequests, first: number, signaturesMax: number) {
    this.#plan = plan;
    this.#first = first;
    this.#signatures = plan.signature && this.#signAll(plan.signature, signaturesMax);
    // Random, so that no peer can compress it.
    this.#body = randomBytes(Math.min(plan.bodyBytes, pieceBytes));
  }

  hasNext(): boolean {
    return this.#signatures === undefined || this.taken < this.#signatures.length / signatureChars;
  }

  makeSlot(): RequestSlot {
    const { head, tail, bodyBytes, numberAt, signature } = this.#plan;
    const isJoined = bodyBytes <= joinedBytesMax;
    const buffer = isJoined ? Buffer.concat([head, this.#body, tail]) : Buffer.from(head);
    const pieces = isJoined ? () => [buffer] : () => this.#largePieces(buffer);
    const request = { pieces };
    return {
      next: () => {
        const index = this.taken++;
        const number = this.#number(index);
        for (const at of numberAt) writeHex(buffer, at, number);
        if (signature)
          this.#signatures?.copy(buffer, signature.at, index * signatureChars, (index + 1) * signatureChars);
        return request;
      },
    };
  }

  *#largePieces(head: Buffer): Generator<Uint8Array, void, void> {
    yield head;
    for (let left = this.#plan.bodyBytes; left > 0; left -= pieceBytes)
      yield left >= pieceBytes ? this.#body : this.#body.subarray(0, left);
    yield this.#plan.tail;
  }

  #number(index: number): number {
    const { numbersMax = 2 ** 32, order } = this.#plan;
    const number = (this.#first + index) % numbersMax;
    return order === 'ascending' ? number : Math.imul(number, scatterFactor) >>> 0;
  }

  #signAll({ secret, textBefore, textAfter }: NumberedSignature, count: number): Buffer {
    const signatures = Buffer.allocUnsafe(count * signatureChars);
    for (let i = 0; i < count; i++) {
      const text = `${textBefore}${formatNumber(this.#number(i))}${textAfter}`;
      signatures.write(
        createHmac('sha1', secret).update(text).digest('base64'),
        i * signatureChars,
        'latin1',
      );
    }
    return signatures;
  }
}

/** As it stands in names. */
export function formatNumber(number: number): string {
  return number.toString(16).padStart(numberDigits, '0');
}

const hexDigits = Buffer.from('0123456789abcdef', 'latin1');

function writeHex(buffer: Buffer, at: number, number: number): void {
  for (let i = at + numberDigits - 1, left = number; i >= at; i--, left >>>= 4)
    buffer[i] = hexDigits[left & 15] as number;
}
