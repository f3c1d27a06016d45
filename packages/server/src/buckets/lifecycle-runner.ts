// Carries out the lifecycle rules of all buckets, again and again, in the background. A pass reads each bucket's rules, goes through what
// lies under their prefixes a page at a time, and does what is due, a few things at a time.
//
// Every step is one commit of its own and names the version as it was seen: what has been overwritten, deleted or hidden meanwhile is left
// alone, as is an upload in parts that has been completed. The rules are asked again right before. Being killed anywhere only means doing
// the rest in the next pass.

import { setImmediate } from 'node:timers/promises';
import type { BucketName } from '@postern/protocol';
import type { LifecycleRule } from '@postern/protocol/xml';
import type {
  BucketRecord,
  ListEntry,
  ListUploadsPage,
  ListVersionsPage,
  ObjectStore,
  UploadRecord,
} from '@postern/storage';
import type { Log } from '../http/access-log.ts';
import { bucketLifecycle } from './bucket-documents.ts';
import {
  type LifecycleStep,
  planUpload,
  planVersion,
  prefixesToScan,
  type VersionFacts,
} from './lifecycle-plan.ts';
import { isRetained, versionReplaced } from './worm.ts';

export const defaultLifecycleEveryMs = 60 * 60 * 1000;
/** The first pass, however rare the others: a server that is restarted often would else never come to one. */
const firstPassAfterMs = 60 * 1000;

const bucketsAtOnce = 1000;
const versionsAtOnce = 500;
const uploadsAtOnce = 500;
/** Enough to share the flushes of storage, few enough to leave room for requests. */
const stepsAtOnce = 16;

/** What a pass did. */
export interface LifecycleTotals {
  /** Versions and delete markers looked at. */
  readonly examined: number;
  /** Objects deleted, or hidden behind a delete marker. */
  readonly expired: number;
  /** Older versions and delete markers removed for good. */
  readonly erased: number;
  /** Versions moved to a colder storage class. */
  readonly moved: number;
  /** Uploads in parts that nobody completed, and their parts. */
  readonly aborted: number;
}

type Count = { -readonly [Name in keyof LifecycleTotals]: number };

export interface LifecycleRunnerParts {
  readonly store: ObjectStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Log;
  /** From the end of one pass to the beginning of the next. False: only when told to. */
  readonly everyMs: number | false;
}

export class LifecycleRunner {
  readonly #parts: LifecycleRunnerParts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(parts: LifecycleRunnerParts) {
    this.#parts = parts;
    if (parts.everyMs !== false) this.#wait(Math.min(parts.everyMs, firstPassAfterMs), parts.everyMs);
  }

  /** A pass now, after the one that may be under way. What fails is logged, and tried again in the next pass. */
  runNow(): Promise<LifecycleTotals> {
    const pass = this.#running.then(() => this.#pass());
    this.#running = pass;
    return pass;
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #wait(waitMs: number, everyMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(async () => {
      await this.runNow();
      this.#wait(everyMs, everyMs);
    }, waitMs).unref();
  }

  async #pass(): Promise<LifecycleTotals> {
    const { store, log } = this.#parts;
    const totals = noCount();
    let after: string | undefined = '';
    try {
      while (after !== undefined && !this.#stopped) {
        const page = await store.listBuckets({ prefix: '', after, limit: bucketsAtOnce });
        for (const bucket of page.buckets) add(totals, await this.#passOver(bucket));
        after = page.next;
      }
    } catch (error) {
      log.error({ error }, 'lifecycle');
    }
    return totals;
  }

  async #passOver(bucket: BucketRecord): Promise<LifecycleTotals> {
    const { log, clock } = this.#parts;
    const count = noCount();
    const rules = bucketLifecycle.find(bucket)?.rules ?? [];
    const startedAtMs = clock();
    try {
      const scan = { bucket: bucket.name, rules, count };
      for (const prefix of prefixesToScan(rules)) await this.#scanVersions(scan, prefix);
      const ending = rules.filter(({ abortUploads }) => abortUploads !== undefined);
      for (const prefix of prefixesToScan(ending)) await this.#scanUploads(scan, prefix);
    } catch (error) {
      log.error({ error, bucket: bucket.name }, 'lifecycle');
    }
    if (count.expired + count.erased + count.moved + count.aborted > 0) {
      log.info({ bucket: bucket.name, ...count, durationMs: clock() - startedAtMs }, 'lifecycle');
    }
    return count;
  }

  async #scanVersions(scan: Scan, prefix: string): Promise<void> {
    const { store, clock } = this.#parts;
    const isDue = (version: SeenFacts) => {
      scan.count.examined += 1;
      return planVersion(scan.rules, version, clock()) !== undefined;
    };
    await this.#forEachDue(listFacts(store, scan.bucket, prefix), isDue, (version) =>
      this.#carryOut(scan, version),
    );
  }

  async #scanUploads(scan: Scan, prefix: string): Promise<void> {
    const { store, clock } = this.#parts;
    const isDue = (upload: UploadRecord) => planUpload(scan.rules, upload, clock()) !== undefined;
    await this.#forEachDue(listAllUploads(store, scan.bucket, prefix), isDue, (upload) =>
      this.#abort(scan, upload),
    );
  }

  /** A few at a time, until it is told to stop. */
  async #forEachDue<Seen>(
    all: AsyncIterable<Seen>,
    isDue: (seen: Seen) => boolean,
    carryOut: (seen: Seen) => Promise<void>,
  ): Promise<void> {
    const due: Seen[] = [];
    for await (const seen of all) {
      if (this.#stopped) return;
      if (!isDue(seen)) continue;
      due.push(seen);
      if (due.length === stepsAtOnce) await Promise.all(due.splice(0).map(carryOut));
    }
    await Promise.all(due.map(carryOut));
  }

  async #carryOut({ bucket, count }: Scan, version: SeenFacts): Promise<void> {
    const { store, clock } = this.#parts;
    const { record, rules } = await this.#rulesNow(bucket);
    const step = planVersion(rules, version, clock());
    if (record === undefined || step === undefined || isForbidden(record, version, step, clock())) return;
    if (await takeStep(store, version, step)) count[counters[step.kind]] += 1;
  }

  async #abort({ bucket, count }: Scan, { key, uploadId, initiatedAtMs }: UploadRecord): Promise<void> {
    const { store, clock } = this.#parts;
    const { rules } = await this.#rulesNow(bucket);
    if (planUpload(rules, { key, initiatedAtMs }, clock()) === undefined) return;
    if ((await store.abortUpload(bucket, key, uploadId)) === 'aborted') count.aborted += 1;
  }

  async #rulesNow(bucket: BucketName): Promise<{
    readonly record: BucketRecord | undefined;
    readonly rules: readonly LifecycleRule[];
  }> {
    const record = await this.#parts.store.findBucket(bucket);
    return { record, rules: (record && bucketLifecycle.find(record)?.rules) ?? [] };
  }
}

const counters = { expire: 'expired', erase: 'erased', transition: 'moved' } as const;

/** What is retained is neither erased nor, where that would erase it, deleted. */
function isForbidden(bucket: BucketRecord, version: SeenFacts, step: LifecycleStep, nowMs: number): boolean {
  const isErasing =
    step.kind === 'erase' || (step.kind === 'expire' && versionReplaced(bucket) === version.versionId);
  return isErasing && isRetained(bucket, version, nowMs);
}

/** @returns whether the version was still there, and is not any more what it was */
async function takeStep(store: ObjectStore, version: SeenFacts, step: LifecycleStep): Promise<boolean> {
  const { bucket, key, versionId } = version;
  if (step.kind === 'transition') {
    return (await store.setStorageClass(bucket, key, version, step.storageClass)) !== undefined;
  }
  const erased = step.kind === 'erase' ? versionId : undefined;
  const { outcome } = await store.remove(bucket, key, erased, version);
  return outcome === 'removed' || outcome === 'marked';
}

/** A version as it was seen, and its place among the others. */
type SeenFacts = ListEntry & VersionFacts;

/** One bucket in one pass. */
interface Scan {
  readonly bucket: BucketName;
  readonly rules: readonly LifecycleRule[];
  readonly count: Count;
}

async function* listFacts(
  store: ObjectStore,
  bucket: BucketName,
  prefix: string,
): AsyncGenerator<SeenFacts, void, void> {
  let newer: ListEntry | undefined;
  let version: ListEntry | undefined;
  for await (const older of listAllVersions(store, bucket, prefix)) {
    if (version) yield placed(version, newer, older);
    newer = version;
    version = older;
  }
  if (version) yield placed(version, newer, undefined);
}

function placed(version: ListEntry, newer: ListEntry | undefined, older: ListEntry | undefined): SeenFacts {
  return {
    ...version,
    noncurrentSinceMs: !version.isLatest && newer?.key === version.key ? newer.modifiedAtMs : undefined,
    isOnly: version.isLatest && older?.key !== version.key,
  };
}

/** Every version, keys ascending, newest first. One that is removed while its page is gone through brings up older ones again. */
async function* listAllVersions(
  store: ObjectStore,
  bucket: BucketName,
  prefix: string,
): AsyncGenerator<ListEntry, void, void> {
  const query = { bucket, prefix, delimiter: '', limit: versionsAtOnce };
  let place: { after: string; afterVersionId?: string | undefined } | undefined = { after: '' };
  while (place !== undefined) {
    const page: ListVersionsPage = await store.listVersions({ ...query, ...place });
    yield* page.versions;
    place = page.next && { after: page.next.key, afterVersionId: page.next.versionId };
    // Requests first.
    await setImmediate();
  }
}

/** Every upload that was neither completed nor aborted. */
async function* listAllUploads(
  store: ObjectStore,
  bucket: BucketName,
  prefix: string,
): AsyncGenerator<UploadRecord, void, void> {
  const query = { bucket, prefix, delimiter: '', limit: uploadsAtOnce };
  let place: { after: string; afterUploadId?: string | undefined } | undefined = { after: '' };
  while (place !== undefined) {
    const page: ListUploadsPage = await store.listUploads({ ...query, ...place });
    yield* page.uploads;
    place = page.next && { after: page.next.key, afterUploadId: page.next.uploadId };
    await setImmediate();
  }
}

function noCount(): Count {
  return { examined: 0, expired: 0, erased: 0, moved: 0, aborted: 0 };
}

function add(totals: Count, count: LifecycleTotals): void {
  for (const name of Object.keys(totals) as (keyof Count)[]) totals[name] += count[name];
}
