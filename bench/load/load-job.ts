// What the load generator is told to do and what it tells back: plain data, since the two live in different processes. A request is
// bytes made in advance; only the digits that make its name distinct, and a signature over that name, change from one to the next.

import type { HistogramData } from './latency-histogram.ts';

/** Hex digits of the number that makes an object name distinct. */
export const numberDigits = 8;

/** In which order numbers are given out: one after the other, or so that neighbours in time are far apart in the index. */
export type NumberOrder = 'ascending' | 'scattered';

/** One request after another, each with a number of its own. */
export interface NumberedRequests {
  readonly kind: 'numbered';
  /** Everything before the body's bytes, with {@link numberDigits} bytes to be replaced at each of `numberAt`. */
  readonly head: Uint8Array;
  readonly numberAt: readonly number[];
  readonly bodyBytes: number;
  readonly tail: Uint8Array;
  readonly order: NumberOrder;
  /** Numbers start again after so many; undefined: every request of a contender has its own. */
  readonly numbersMax?: number | undefined;
  readonly signature?: NumberedSignature | undefined;
}

/** HMAC-SHA1 in base64 over a text that has the number in it, written to the head at `at` (OSS API: V1 signature in a header). */
export interface NumberedSignature {
  readonly at: number;
  readonly secret: string;
  readonly textBefore: string;
  readonly textAfter: string;
}

/** The same requests round and round. */
export interface ListedRequests {
  readonly kind: 'listed';
  readonly requests: readonly Uint8Array[];
}

export type RequestPlan = NumberedRequests | ListedRequests;

export interface LoadJob {
  readonly host: string;
  readonly port: number;
  readonly plan: RequestPlan;
  readonly connections: number;
  /** No request is begun after so long, */
  readonly durationMs: number;
  /** or after so many. */
  readonly requestsMax: number;
  /** Requests are begun at this rate, not as fast as answers come. */
  readonly requestsPerSecond?: number | undefined;
  /** The first number to use, so that a second job goes on where the first stopped. */
  readonly firstNumber: number;
  /** The answers have a Content-Length but no body. */
  readonly isHead: boolean;
}

export interface LoadResult {
  /** Answered with 2xx. */
  readonly succeeded: number;
  readonly failed: number;
  /** The beginning of the first answer that was not 2xx, or why there was none. */
  readonly firstFailure?: string | undefined;
  /** From the first request to the last answer. */
  readonly elapsedMs: number;
  readonly latencies: HistogramData;
  /** Where the next job may begin to count. */
  readonly nextNumber: number;
  /** Of the generator's own processor time, for a look whether it was the bottleneck. */
  readonly generatorCpuMs: number;
}
