// Mutated forms, requests and documents by the hundred thousand, given to the server above its sockets. No crash, no hang, no 500, no error
// that is no answer, and no object that its form does not account for.

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Outcome, Torture } from '../suite.ts';
import type { Fuzzed, FuzzerData } from './fuzzer.ts';

const fuzzers = 2;

/** No input takes longer, not even on a busy machine. */
const inputMsMax = 20_000;
const lookEveryMs = 1_000;

export async function fuzzSuite(torture: Torture): Promise<Outcome> {
  const at = Array.from({ length: fuzzers }, () => new SharedArrayBuffer(4));
  const progress = setInterval(() => {
    // Each goes through its share of the same numbers.
    const forms = at.reduce(
      (sum, current) => sum + Math.floor((new Int32Array(current)[0] as number) / fuzzers),
      0,
    );
    torture.tellProgress(`${forms} forms`);
  }, lookEveryMs);
  const results = await Promise.all(at.map((current, first) => runFuzzer(torture, first, current)));
  clearInterval(progress);

  const sum = (what: 'forms' | 'stored' | 'requests' | 'documents') =>
    results.reduce((total, result) => total + (result[what] ?? 0), 0);
  const codes = new Set(results.flatMap((result) => [...(result.codes?.keys() ?? [])]));
  return {
    summary: [
      `${sum('forms')} forms, of which ${sum('stored')} were stored and the others refused with ${codes.size} different answers`,
      `${sum('requests')} requests of other kinds, ${sum('documents')} documents and headers`,
    ],
    violations: results.flatMap(({ violations }) => violations),
  };
}

type Result = Partial<Fuzzed> & Pick<Fuzzed, 'violations'>;

async function runFuzzer(torture: Torture, first: number, current: SharedArrayBuffer): Promise<Result> {
  const { seed, untilMs, rounds } = torture;
  const formsMax = rounds === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(rounds / fuzzers);
  const workerData: FuzzerData = {
    ...{ seed, first, step: fuzzers, formsMax, current },
    untilMs: rounds === undefined ? untilMs : Number.POSITIVE_INFINITY,
  };
  const worker = new Worker(new URL('./fuzzer.ts', import.meta.url), { workerData });
  const watch = new AbortController();
  try {
    return await Promise.race([
      once(worker, 'message').then(([fuzzed]) => fuzzed as Fuzzed),
      watchProgress(seed, current, watch.signal),
    ]);
  } catch (error) {
    const number = new Int32Array(current)[0];
    return { violations: [`seed ${seed}, input ${number}: ${(error as Error).stack}`] };
  } finally {
    watch.abort();
    await worker.terminate();
  }
}

/** Resolves, with a violation, when the fuzzer stays at one input. */
async function watchProgress(seed: number, current: SharedArrayBuffer, signal: AbortSignal): Promise<Result> {
  const at = new Int32Array(current);
  for (let seen = -1, sinceMs = Date.now(); !signal.aborted; ) {
    const number = Atomics.load(at, 0);
    if (number !== seen) sinceMs = Date.now();
    else if (Date.now() - sinceMs > inputMsMax)
      return { violations: [`seed ${seed}, input ${number}: it hangs`] };
    seen = number;
    await delay(lookEveryMs, undefined, { signal }).catch(() => {});
  }
  return { violations: [] };
}
