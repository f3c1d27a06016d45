// Removes the blobs that nothing refers to: those that a commit freed, after a grace period in which readers that have just found
// them can still open them; and at start those that a crash left behind before their commit. Being killed anywhere only means doing
// some of it again.

import { BlobCorrupt, BlobMissing, type BlobStore, type Reclaiming } from './blob-store.ts';
import { crashPoint } from './crash-points.ts';
import { HeldBlobs } from './held-blobs.ts';
import type { MetadataStore } from './metadata-store.ts';
import type { BlobRef } from './records.ts';

export interface GarbageTiming {
  /**
   * How long a blob stays after it was freed. From a record being read from the index to its blob being opened milliseconds pass; a
   * blob once open is read to its end.
   */
  readonly graceMs: number;
  /** From the end of one pass to the next. */
  readonly everyMs: number;
}

export const defaultGarbageTiming: GarbageTiming = { graceMs: 5 * 60 * 1000, everyMs: 30 * 1000 };

/** Few at a time: creating files right after many removals is slow on ext4. */
const batchBlobs = 64;

export interface Engines {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
}

/** Removes the blobs that were freed at `untilMs` or before, but those that are held. @returns how many */
export async function collectGarbage(
  { metadata, blobs }: Engines,
  untilMs: number,
  isStopped = () => false,
  held = new HeldBlobs(),
): Promise<number> {
  let removed = 0;
  while (!isStopped()) {
    const items = await metadata.listGarbage({ untilMs, limit: batchBlobs + held.size });
    const free = items.map((item) => item.blobId).filter((blobId) => !held.has(blobId));
    const blobIds = free.slice(0, batchBlobs);
    // First the blob, then its entry: the other way round a crash would leave a blob that nobody remembers.
    for (const blobId of blobIds) {
      await blobs.remove(blobId);
      crashPoint('garbage-removed');
    }
    if (blobIds.length > 0) {
      await metadata.forgetGarbage(blobIds);
      crashPoint('garbage-forgotten');
    }
    removed += blobIds.length;
    if (blobIds.length < batchBlobs) break;
  }
  return removed;
}

/** Removes the blobs of earlier openings that neither an object nor the garbage queue refers to. @returns how many */
export async function sweepUnnamedBlobs(
  { metadata, blobs }: Engines,
  isStopped = () => false,
): Promise<number> {
  let removed = 0;
  for await (const { blobId, isFromThisOpening } of blobs.list()) {
    if (isStopped()) break;
    if (isFromThisOpening || (await metadata.isBlobKnown(blobId))) continue;
    await blobs.remove(blobId);
    crashPoint('stray-removed');
    removed++;
  }
  return removed;
}

/** Of one pass: reading and writing this much goes unnoticed beside what clients do in the time to the next. */
const movedBytesMax = 128 * 1024 * 1024;

/**
 * Frees the room of removed blobs where it is shared with others: those are written anew, then the index is told, and what they leave
 * is garbage like any other. What cannot be read stays where it is, for the check of a store to find.
 * @returns how many were moved
 */
export async function reclaimRoom(
  { metadata, blobs }: Engines,
  nowMs: number,
  reportProblem: (problem: unknown) => void,
  isStopped = () => false,
): Promise<number> {
  const { reclaiming } = blobs;
  let moved = 0;
  let movedBytes = 0;
  await reclaiming?.reclaim(async ({ blobId, bytes }) => {
    if (isStopped() || movedBytes >= movedBytesMax) return 'stop';
    const copy = await copyReadable(reclaiming, blobId, reportProblem);
    if (copy === undefined) return 'moved';
    crashPoint('blob-copied');
    movedBytes += bytes;
    if (await metadata.moveBlob({ from: blobId, to: copy.blobId, nowMs })) {
      moved++;
      crashPoint('blob-moved');
      return 'moved';
    }
    // Its put is about to be committed, or it has just been replaced.
    await blobs.remove(copy.blobId);
    return 'later';
  });
  return moved;
}

async function copyReadable(
  reclaiming: Reclaiming,
  blobId: string,
  reportProblem: (problem: unknown) => void,
): Promise<BlobRef | undefined> {
  try {
    return await reclaiming.copy(blobId);
  } catch (error) {
    if (error instanceof BlobCorrupt) reportProblem(error);
    else if (!(error instanceof BlobMissing)) throw error;
    return undefined;
  }
}

/** Sweeps once, then collects again and again, in the background; one pass at a time. */
export class GarbageCollector {
  readonly #engines: Engines;
  readonly #clock: () => number;
  readonly #reportProblem: (problem: unknown) => void;
  readonly #timing: GarbageTiming;
  readonly #held: HeldBlobs;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void>;
  #stopped = false;

  constructor(
    engines: Engines,
    clock: () => number,
    reportProblem: (problem: unknown) => void,
    timing: GarbageTiming = defaultGarbageTiming,
    held = new HeldBlobs(),
  ) {
    this.#engines = engines;
    this.#clock = clock;
    this.#reportProblem = reportProblem;
    this.#timing = timing;
    this.#held = held;
    this.#running = this.#run(() => sweepUnnamedBlobs(this.#engines, this.#isStopped));
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  readonly #isStopped = (): boolean => this.#stopped;

  async #collect(): Promise<void> {
    const untilMs = this.#clock() - this.#timing.graceMs;
    await collectGarbage(this.#engines, untilMs, this.#isStopped, this.#held);
    await reclaimRoom(this.#engines, this.#clock(), this.#reportProblem, this.#isStopped);
  }

  /** A pass that fails is reported, and tried again at its next time. */
  async #run(pass: () => Promise<unknown>): Promise<void> {
    try {
      await pass();
    } catch (problem) {
      this.#reportProblem(problem);
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run(() => this.#collect());
    }, this.#timing.everyMs).unref();
  }
}
