// Reads every body again, slowly and in the background, round after round: a disk that loses or changes bytes is found out while there
// is a copy somewhere else to restore from. It only reads, and says what it found; mending is for check-store.ts. Where it has got to
// is saved now and then, so that being killed anywhere means reading some bodies twice.

import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketName, ObjectName } from '@postern/protocol';
import { BlobCorrupt, BlobMissing } from './blob-store.ts';
import { Crc64 } from './crc64.ts';
import { findDigestFault } from './object-digests.ts';
import type { ObjectStore } from './object-store.ts';
import type { ListEntry, ObjectRecord, WrittenBody } from './records.ts';

export interface ScrubTiming {
  /** From the beginning of one round to that of the next, at least: a round that takes longer is followed by the next at once. */
  readonly roundMs: number;
  /** How fast bodies are read; one that is smaller than {@link bytesPerBodyMin} counts as that much. */
  readonly bytesPerSecond: number;
}

export const defaultScrubTiming: ScrubTiming = {
  roundMs: 7 * 24 * 60 * 60 * 1000,
  bytesPerSecond: 8 * 1024 ** 2,
};

/** What one version costs at least, however small its body is: it has to be looked up. */
export const bytesPerBodyMin = 16 * 1024;

/** How long reading may be ahead of its rate: shorter waits cost more than they spread. */
const aheadMsMax = 50;
/** How often the place is saved; what is lost in a crash is read again. */
const saveEveryMs = 60_000;
/** Versions looked up at a time. */
const pageVersions = 100;

/** Where a round has got to: after this version. */
export interface ScrubPosition {
  readonly bucket: BucketName;
  /** Empty: at the beginning of the bucket. */
  readonly key: string;
  readonly versionId?: string | undefined;
}

export interface ScrubRound {
  readonly startedAtMs: number;
  /** Undefined once the round is over, and before its first body. */
  readonly position?: ScrubPosition | undefined;
  readonly isOver: boolean;
  /** Bodies read, their bytes, and how many were not as they should be. */
  readonly versions: number;
  readonly bytes: number;
  readonly faults: number;
}

/** Remembers a round over restarts. What it gives back may be older than what it was given last. */
export interface ScrubMemory {
  load(): Promise<ScrubRound | undefined>;
  save(round: ScrubRound): Promise<void>;
}

/** A body that is not what was stored. */
export interface ScrubFault {
  readonly kind: 'body-missing' | 'body-damaged' | 'body-unreadable';
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  /** A sentence. */
  readonly detail: string;
}

export interface ScrubberParts {
  readonly store: Pick<ObjectStore, 'listBuckets' | 'listVersions' | 'findObject' | 'openBody'>;
  readonly memory: ScrubMemory;
  readonly timing?: ScrubTiming | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly reportFault: (fault: ScrubFault) => void;
  readonly reportRound: (round: ScrubRound) => void;
  /** Told of what kept it from scrubbing; it tries again a minute later. */
  readonly reportProblem: (problem: unknown) => void;
}

/** Starts at once; goes on until it is stopped. */
export class Scrubber {
  readonly #parts: ScrubberParts;
  readonly #timing: ScrubTiming;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  readonly #pace: Pace;
  #savedAtMs = 0;

  constructor(parts: ScrubberParts) {
    this.#parts = parts;
    this.#timing = parts.timing ?? defaultScrubTiming;
    this.#pace = new Pace(this.#timing.bytesPerSecond, this.#stopping.signal);
    this.#running = this.#run();
  }

  /** Resolves when it reads nothing any more and its place is saved. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const round = await this.#nextRound();
        if (!this.#isStopped) await this.#goOn(round);
      } catch (problem) {
        this.#parts.reportProblem(problem);
        await pause(saveEveryMs, this.#stopping.signal);
      }
    }
  }

  /** The round that was interrupted, or a new one when it is time. */
  async #nextRound(): Promise<ScrubRound> {
    const { memory, clock } = this.#parts;
    const last = await memory.load();
    if (last !== undefined && !last.isOver) return last;
    const dueAtMs = last === undefined ? clock() : last.startedAtMs + this.#timing.roundMs;
    await pause(dueAtMs - clock(), this.#stopping.signal);
    return { startedAtMs: clock(), isOver: false, versions: 0, bytes: 0, faults: 0 };
  }

  async #goOn(started: ScrubRound): Promise<void> {
    let round = started;
    // Of an empty store too: a round is never free.
    await this.#pace.spend(bytesPerBodyMin);
    for await (const version of this.#versionsAfter(round.position)) {
      const fault = await this.#check(version);
      // Read in part only, or found broken because the store is being closed.
      if (this.#isStopped) break;
      if (fault) this.#parts.reportFault(fault);
      const { bucket, key, versionId, size } = version;
      round = {
        ...round,
        position: { bucket, key, versionId },
        versions: round.versions + 1,
        bytes: round.bytes + size,
        faults: round.faults + (fault ? 1 : 0),
      };
      if (this.#parts.clock() - this.#savedAtMs >= saveEveryMs) await this.#save(round);
    }
    if (this.#isStopped) return this.#save(round);
    round = { ...round, position: undefined, isOver: true };
    await this.#save(round);
    this.#parts.reportRound(round);
  }

  async #save(round: ScrubRound): Promise<void> {
    this.#savedAtMs = this.#parts.clock();
    await this.#parts.memory.save(round);
  }

  async *#versionsAfter(position: ScrubPosition | undefined): AsyncGenerator<ListEntry, void, void> {
    if (position) yield* this.#versionsOf(position);
    let after = position?.bucket ?? '';
    while (!this.#isStopped) {
      const { buckets } = await this.#parts.store.listBuckets({ prefix: '', after, limit: 1 });
      const [bucket] = buckets;
      if (bucket === undefined) return;
      yield* this.#versionsOf({ bucket: bucket.name, key: '' });
      after = bucket.name;
    }
  }

  async *#versionsOf({ bucket, key, versionId }: ScrubPosition): AsyncGenerator<ListEntry, void, void> {
    let next: { readonly key: string; readonly versionId: string | undefined } | undefined = {
      key,
      versionId,
    };
    while (next !== undefined && !this.#isStopped) {
      const page = await this.#parts.store.listVersions({
        ...{ bucket, prefix: '', delimiter: '', limit: pageVersions },
        after: next.key,
        afterVersionId: next.versionId,
      });
      for (const version of page.versions) {
        if (this.#isStopped) return;
        if (!version.isDeleteMarker) yield version;
      }
      next = page.next;
    }
  }

  async #check({ bucket, key, versionId }: ListEntry): Promise<ScrubFault | undefined> {
    const record = await this.#find(bucket, key, versionId);
    if (record === undefined) return undefined;
    const fault = await this.#read(record);
    if (fault === undefined) return undefined;
    // Overwritten or removed meanwhile, its blob may be gone by right.
    const now = await this.#find(bucket, key, versionId);
    return now && isSameBody(now, record) ? { ...fault, bucket, key, versionId } : undefined;
  }

  async #find(bucket: BucketName, key: ObjectName, versionId: string): Promise<ObjectRecord | undefined> {
    const record = await this.#parts.store.findObject(bucket, key, versionId);
    return record?.isDeleteMarker ? undefined : record;
  }

  async #read(record: ObjectRecord): Promise<Pick<ScrubFault, 'kind' | 'detail'> | undefined> {
    const checksum = new Crc64();
    let size = 0;
    try {
      await this.#pace.spend(bytesPerBodyMin);
      for await (const chunk of this.#parts.store.openBody(record).read(0, record.size)) {
        checksum.update(chunk);
        size += chunk.length;
        if (size > bytesPerBodyMin) await this.#pace.spend(chunk.length);
        if (this.#isStopped) return undefined;
      }
    } catch (error) {
      return { kind: kindOf(error), detail: error instanceof Error ? error.message : String(error) };
    }
    // The blocks' checksums were right, so the MD5 is that of what was written, or the CRC-64 is wrong too.
    const detail = findDigestFault(record, { size, crc64: checksum.digest(), md5: record.etag });
    return detail === undefined ? undefined : { kind: 'body-damaged', detail };
  }
}

function isSameBody({ body: a }: ObjectRecord, { body: b }: ObjectRecord): boolean {
  if (!('parts' in a) || !('parts' in b)) return !('parts' in a) && !('parts' in b) && isSamePiece(a, b);
  const others = b.parts;
  return (
    a.parts.length === others.length && a.parts.every((part, at) => isSamePiece(part.body, others[at]?.body))
  );
}

/** A blob belongs to one body ever, and never changes. */
function isSamePiece(a: WrittenBody, b: WrittenBody | undefined): boolean {
  if (b === undefined || 'blobId' in a || 'blobId' in b) {
    return b !== undefined && 'blobId' in a && 'blobId' in b && a.blobId === b.blobId;
  }
  return Buffer.compare(a, b) === 0;
}

function kindOf(error: unknown): ScrubFault['kind'] {
  if (error instanceof BlobMissing) return 'body-missing';
  if (error instanceof BlobCorrupt) return 'body-damaged';
  return 'body-unreadable';
}

/** Spreads reading over time. */
class Pace {
  readonly #bytesPerMs: number;
  readonly #signal: AbortSignal;
  /** When all that was read so far would have been read at the right rate. */
  #paidUntilMs = 0;

  constructor(bytesPerSecond: number, signal: AbortSignal) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#signal = signal;
  }

  async spend(bytes: number): Promise<void> {
    const nowMs = performance.now();
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs) + bytes / this.#bytesPerMs;
    const aheadMs = this.#paidUntilMs - nowMs;
    if (aheadMs > aheadMsMax) await pause(aheadMs, this.#signal);
  }
}

/** Longer than this a timer of Node cannot wait. */
const timerMsMax = 2 ** 31 - 1;

/** Ends early, without an error, when the signal says so. */
async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  let leftMs = waitMs;
  while (leftMs > 0 && !signal.aborted) {
    const stepMs = Math.min(leftMs, timerMsMax);
    await sleep(stepMs, undefined, { signal, ref: false }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    leftMs -= stepMs;
  }
}
