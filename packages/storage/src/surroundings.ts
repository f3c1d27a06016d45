// Where time, randomness and complaints come from and go, in whatever way a store is opened.

import type { ObjectStoreParts } from './engine-object-store.ts';
import { drawRandomBytes } from './random-pool.ts';

/** Each has a default. */
export type Surroundings = Partial<
  Pick<ObjectStoreParts, 'clock' | 'randomBytes' | 'reportProblem' | 'garbage'>
>;

export function withDefaults(surroundings: Surroundings): Omit<ObjectStoreParts, 'metadata' | 'blobs'> {
  return {
    clock: Date.now,
    randomBytes: drawRandomBytes,
    reportProblem: (problem) => process.emitWarning(problem instanceof Error ? problem : String(problem)),
    ...surroundings,
  };
}
