// Removes the blobs that nothing refers to: those that a commit freed, after a grace period in which readers that have just found
// them can still open them; those that could not be taken back at once; and at start those that a crash left behind before their commit.
// Being killed anywhere only means doing some of it again, and what fails is tried again without keeping the rest.

import { BlobCorrupt, BlobMissing, type BlobStore, type Reclaiming } from './blob-store.ts';
import { crashPoint } from './crash-points.ts';
import { HeldBlobs } from './held-blobs.ts';
import { Leftovers, type Removal } from './leftovers.ts';
import { CommitUnknown, type MetadataStore } from './metadata-store.ts';
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

/** How a blob without a name is taken back: see {@link Leftovers}. */
type Discard = (removal: Removal) => Promise<void>;

/** Of one pass: a disk on which so many blobs cannot be removed is not asked for more. */
const stuckBlobsMax = 64;

/**
 * Removes the blobs that were freed at `untilMs` or before, but those that are held.
 * @returns how many
 * @throws what the last says that cannot be removed, when all others are
 */
export async function collectGarbage(
  { metadata, blobs }: Engines,
  untilMs: number,
  isStopped = () => false,
  held = new HeldBlobs(),
): Promise<number> {
  let removed = 0;
  const stuck = new Map<string, unknown>();
  while (!isStopped() && stuck.size < stuckBlobsMax) {
    const items = await metadata.listGarbage({ untilMs, limit: batchBlobs + held.size + stuck.size });
    const free = items.map((item) => item.blobId).filter((blobId) => !held.has(blobId) && !stuck.has(blobId));
    const blobIds = free.slice(0, batchBlobs);
    const gone: string[] = [];
    // First the blob, then its entry: the other way round a crash would leave a blob that nobody remembers.
    for (const blobId of blobIds) {
      try {
        await blobs.remove(blobId);
        gone.push(blobId);
      } catch (error) {
        stuck.set(blobId, error);
      }
      crashPoint('garbage-removed');
    }
    if (gone.length > 0) {
      await metadata.forgetGarbage(gone);
      crashPoint('garbage-forgotten');
    }
    removed += gone.length;
    if (blobIds.length < batchBlobs) break;
  }
  if (stuck.size > 0) throw [...stuck.values()].at(-1);
  return removed;
}

/** Removes the blobs of earlier openings that neither an object nor the garbage queue refers to. @returns how many there were */
export async function sweepUnnamedBlobs(
  { metadata, blobs }: Engines,
  isStopped = () => false,
  discard: Discard = (removal) => removal(),
): Promise<number> {
  let found = 0;
  for await (const { blobId, isFromThisOpening } of blobs.list()) {
    if (isStopped()) break;
    if (isFromThisOpening || (await metadata.isBlobKnown(blobId))) continue;
    await discard(() => blobs.remove(blobId));
    crashPoint('stray-removed');
    found++;
  }
  return found;
}

/** Of one pass: reading and writing this much goes unnoticed beside what clients do in the time to the next. */
const movedBytesMax = 128 * 1024 * 1024;

export interface Reclamation extends Engines {
  /** Goes into the garbage queue with what is moved. */
  readonly nowMs: number;
  /** Told of the blobs that cannot be read. */
  readonly reportProblem: (problem: unknown) => void;
  readonly discard: Discard;
  readonly isStopped?: () => boolean;
}

/**
 * Frees the room of removed blobs where it is shared with others: those are written anew, then the index is told, and what they leave
 * is garbage like any other. What cannot be read stays where it is, for the check of a store to find.
 * @returns how many were moved
 */
export async function reclaimRoom(reclamation: Reclamation): Promise<number> {
  const { blobs, isStopped = () => false } = reclamation;
  const { reclaiming } = blobs;
  let moved = 0;
  let movedBytes = 0;
  await reclaiming?.reclaim(async ({ blobId, bytes }) => {
    if (isStopped() || movedBytes >= movedBytesMax) return 'stop';
    const copy = await copyReadable(reclamation, reclaiming, blobId);
    if (copy === undefined) return 'moved';
    crashPoint('blob-copied');
    movedBytes += bytes;
    if (!(await putInPlace(reclamation, blobId, copy.blobId))) return 'later';
    moved++;
    crashPoint('blob-moved');
    return 'moved';
  });
  return moved;
}

/** @returns undefined when the blob cannot be read, or is gone */
async function copyReadable(
  { blobs, reportProblem, discard }: Reclamation,
  reclaiming: Reclaiming,
  blobId: string,
): Promise<BlobRef | undefined> {
  let undo: Removal | undefined;
  try {
    const { owner, size } = await reclaiming.describe(blobId);
    const writer = await blobs.create(owner, size);
    undo = () => writer.abort();
    for await (const chunk of blobs.read({ blobId }, 0, size)) await writer.write(chunk);
    return await writer.finish();
  } catch (error) {
    if (undo) await discard(undo);
    if (error instanceof BlobCorrupt) reportProblem(error);
    else if (!(error instanceof BlobMissing)) throw error;
    return undefined;
  }
}

/** @returns false when nothing has `from` as its body: its put is about to be committed, or it has just been replaced */
async function putInPlace(
  { metadata, blobs, nowMs, discard }: Reclamation,
  from: string,
  to: string,
): Promise<boolean> {
  let isUnnamed = true;
  try {
    isUnnamed = !(await metadata.moveBlob({ from, to, nowMs }));
    return !isUnnamed;
  } catch (error) {
    if (error instanceof CommitUnknown) isUnnamed = false;
    throw error;
  } finally {
    if (isUnnamed) await discard(() => blobs.remove(to));
  }
}

/** `leftovers`: another thread of the process collects the garbage, and this one sees to what it could not take back itself. */
export type GarbageDuty = 'all' | 'leftovers';

/** Sweeps once, then collects again and again, in the background; one pass at a time. */
export class GarbageCollector {
  readonly #engines: Engines;
  readonly #clock: () => number;
  readonly #reportProblem: (problem: unknown) => void;
  readonly #timing: GarbageTiming;
  readonly #held: HeldBlobs;
  readonly #leftovers: Leftovers;
  readonly #passes: readonly (() => Promise<void>)[];
  #isSwept = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void>;
  #stopped = false;

  constructor(
    engines: Engines,
    clock: () => number,
    reportProblem: (problem: unknown) => void,
    timing: GarbageTiming = defaultGarbageTiming,
    held = new HeldBlobs(),
    duty: GarbageDuty = 'all',
  ) {
    this.#engines = engines;
    this.#clock = clock;
    this.#reportProblem = reportProblem;
    this.#timing = timing;
    this.#held = held;
    this.#leftovers = new Leftovers(reportProblem);
    const all = [this.#sweep, this.#retryLeftovers, this.#collect, this.#reclaim];
    this.#passes = duty === 'all' ? all : [this.#retryLeftovers];
    this.#running = this.#run(duty === 'all' ? [this.#sweep] : []);
  }

  /** Takes back what nothing refers to: now, or in the background if that fails. Never rejects. */
  readonly discard: Discard = (removal) => this.#leftovers.discard(removal);

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  readonly #isStopped = (): boolean => this.#stopped;

  readonly #sweep = async (): Promise<void> => {
    if (this.#isSwept) return;
    await sweepUnnamedBlobs(this.#engines, this.#isStopped, this.discard);
    this.#isSwept = true;
  };

  readonly #retryLeftovers = (): Promise<void> => this.#leftovers.retry(this.#isStopped);

  readonly #collect = async (): Promise<void> => {
    const untilMs = this.#clock() - this.#timing.graceMs;
    await collectGarbage(this.#engines, untilMs, this.#isStopped, this.#held);
  };

  readonly #reclaim = async (): Promise<void> => {
    await reclaimRoom({
      ...this.#engines,
      nowMs: this.#clock(),
      reportProblem: this.#reportProblem,
      discard: this.discard,
      isStopped: this.#isStopped,
    });
  };

  /** A step that fails is reported, and tried again at its next time; it keeps none of the others. */
  async #run(steps: readonly (() => Promise<void>)[]): Promise<void> {
    for (const step of steps) {
      if (this.#stopped) return;
      await step().catch(this.#reportProblem);
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run(this.#passes);
    }, this.#timing.everyMs).unref();
  }
}
