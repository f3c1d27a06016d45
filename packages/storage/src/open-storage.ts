// The two stores there are: one in a directory, one in memory.

import { randomBytes } from 'node:crypto';
import { MemoryBlobStore } from './engines/memory-blob-store.ts';
import { MemoryMetadataStore } from './engines/memory-metadata-store.ts';
import { createObjectStore, type ObjectStore, type ObjectStoreParts } from './object-store.ts';

/** Where time, randomness and complaints come from and go; each has a default. */
export type Surroundings = Partial<Pick<ObjectStoreParts, 'clock' | 'randomBytes' | 'reportProblem'>>;

/** A store that forgets everything when it is closed. */
export function openMemoryStorage(surroundings: Surroundings = {}): ObjectStore {
  return createObjectStore({
    ...withDefaults(surroundings),
    metadata: new MemoryMetadataStore(),
    blobs: new MemoryBlobStore(),
  });
}

function withDefaults(surroundings: Surroundings): Required<Surroundings> {
  return {
    clock: Date.now,
    randomBytes,
    reportProblem: (problem) => process.emitWarning(problem instanceof Error ? problem : String(problem)),
    ...surroundings,
  };
}
