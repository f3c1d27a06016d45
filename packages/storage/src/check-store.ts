// Whether everything that a store says is true: the index in itself, and every body against the digests that the index has of it. What can be
// mended is, when asked for; no object is ever deleted: one whose body is lost or damaged goes to quarantine.ts. Runs while no server
// does. Killed anywhere, it can simply be run again.

import { setImmediate } from 'node:timers/promises';
import { BlobCorrupt, BlobMissing } from './blob-store.ts';
import { RunningDigests } from './digests.ts';
import { blobFileBytes } from './engines/blob-file.ts';
import { type OfflineStore, openOffline } from './engines/offline-store.ts';
import { fixLatestSql, primaryCode } from './engines/sqlite-schema.ts';
import { findDigestFault } from './object-digests.ts';
import { countQuarantined, putInQuarantine } from './quarantine.ts';

/**
 * What can be found. A `problem` is a statement of the store that is not true, and never happens by itself; `leftover` is what a crash
 * leaves between two steps, and the next start of a server takes away.
 */
export const FINDINGS = {
  'index-damaged': 'problem',
  'body-missing': 'problem',
  'body-damaged': 'problem',
  'bucket-missing': 'problem',
  'latest-wrong': 'problem',
  'counter-behind': 'problem',
  'garbage-in-use': 'problem',
  'inline-body-unnamed': 'problem',
  'blob-unnamed': 'leftover',
  'garbage-without-blob': 'leftover',
} as const satisfies Record<string, 'problem' | 'leftover'>;

export interface Finding {
  readonly kind: keyof typeof FINDINGS;
  /** The object version concerned, if one is. */
  readonly bucket?: string;
  readonly key?: string;
  readonly versionId?: string;
  readonly blobId?: string;
  /** A sentence. */
  readonly detail: string;
  /** What was done about it, a sentence. */
  readonly repaired?: string;
}

export interface CheckOptions {
  readonly dataDir: string;
  /** Mend what can be. */
  readonly repair?: boolean;
  /** Look whether each blob is there and as long as it should be, and do not read it. */
  readonly quick?: boolean;
  readonly report: (finding: Finding) => void;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface CheckResult {
  /** Object versions and delete markers, and the bytes of their bodies. */
  readonly versions: number;
  readonly bytes: number;
  readonly problems: number;
  readonly leftovers: number;
  /** Versions in quarantine, those of earlier checks too. */
  readonly quarantined: number;
}

/** @throws StorageError: no store there, in use, of a newer format */
export async function checkStore(options: CheckOptions): Promise<CheckResult> {
  const { dataDir, report } = options;
  const counts = { problem: 0, leftover: 0 };
  const note = (finding: Finding) => {
    counts[FINDINGS[finding.kind]]++;
    report(finding);
  };
  let checked = { versions: 0, bytes: 0 };
  try {
    const store = await openOffline(dataDir);
    try {
      checked = await new StoreCheck(store, options, note).run();
    } finally {
      await store.close();
    }
  } catch (error) {
    if (primaryCode(error) !== sqliteCorrupt) throw error;
    note({ kind: 'index-damaged', detail: `It cannot be read to its end: ${(error as Error).message}.` });
  }
  const quarantined = await countQuarantined(dataDir);
  return { ...checked, problems: counts.problem, leftovers: counts.leftover, quarantined };
}

const sqliteCorrupt = 11;

interface CheckedVersion {
  readonly sequence: number;
  readonly bucket_id: number;
  readonly bucket: string | null;
  readonly key: string;
  readonly version_id: string;
  readonly is_delete_marker: number;
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
  readonly blob_id: string | null;
}

type BadKind = 'body-missing' | 'body-damaged' | 'bucket-missing';

interface BadVersion {
  readonly kind: BadKind;
  readonly version: CheckedVersion;
  readonly detail: string;
}

class StoreCheck {
  readonly #store: OfflineStore;
  readonly #options: CheckOptions;
  readonly #note: (finding: Finding) => void;
  /** A damaged index is not changed: what it says of the rest cannot be trusted. */
  #mayRepair: boolean;

  constructor(store: OfflineStore, options: CheckOptions, note: (finding: Finding) => void) {
    this.#store = store;
    this.#options = options;
    this.#note = note;
    this.#mayRepair = options.repair === true;
  }

  async run(): Promise<{ versions: number; bytes: number }> {
    this.#checkIndex();
    this.#checkLatest();
    this.#checkCounter();
    const { versions, bytes, bad } = await this.#checkBodies();
    for (const version of bad) await this.#setAside(version);
    this.#checkInlineBodies();
    this.#checkGarbageInUse();
    await this.#checkGarbage();
    await this.#checkBlobs();
    return { versions, bytes };
  }

  // --- The index in itself ---

  #checkIndex(): void {
    let faults = this.#integrityFaults();
    if (faults.length === 0) return;
    if (this.#mayRepair) {
      // Makes the indexes of a table anew from its rows; helps when the rows are whole.
      this.#store.db.exec('REINDEX');
      const before = faults;
      faults = this.#integrityFaults();
      if (faults.length === 0) {
        for (const detail of before)
          this.#note({ kind: 'index-damaged', detail, repaired: 'Its indexes were made anew.' });
        return;
      }
    }
    this.#mayRepair = false;
    for (const detail of faults) this.#note({ kind: 'index-damaged', detail });
  }

  #integrityFaults(): string[] {
    const rows = this.#store.db.prepare('PRAGMA integrity_check').all();
    return rows.map((row) => String(row.integrity_check)).filter((fault) => fault !== 'ok');
  }

  #checkLatest(): void {
    const { db } = this.#store;
    const wrong =
      db.prepare(`SELECT bucket.name AS bucket, key FROM version LEFT JOIN bucket USING (bucket_id)
      GROUP BY bucket_id, key
      HAVING sum(is_latest) <> 1 OR max(sequence) <> max(CASE is_latest WHEN 1 THEN sequence END)`);
    const rows = wrong.all() as unknown as { bucket: string | null; key: string }[];
    const repaired = this.#repair(rows.length > 0, 'The version written last was marked.', () =>
      db.exec(fixLatestSql),
    );
    for (const { bucket, key } of rows) {
      const detail =
        'Another version than the one written last is marked as the newest, or none, or several.';
      this.#note({ kind: 'latest-wrong', bucket: bucket ?? '', key, detail, ...repaired });
    }
  }

  #checkCounter(): void {
    const { db } = this.#store;
    const { next, last } = db
      .prepare('SELECT next_sequence AS next, (SELECT max(sequence) FROM version) AS last FROM counter')
      .get() as { next: number; last: number | null };
    if (next > (last ?? 0)) return;
    const repaired = this.#repair(true, 'It was set behind the last one.', () =>
      db.prepare('UPDATE counter SET next_sequence = ?').run((last ?? 0) + 1),
    );
    const detail = `The number for the next version is ${next}, and there is a version ${last}.`;
    this.#note({ kind: 'counter-behind', detail, ...repaired });
  }

  // --- Bodies ---

  async #checkBodies() {
    const { db } = this.#store;
    const { quick, onProgress } = this.#options;
    const total = db.prepare('SELECT total(size) AS bytes FROM version').get()?.bytes as number;
    const rows =
      db.prepare(`SELECT sequence, bucket_id, bucket.name AS bucket, key, version_id, is_delete_marker, size, etag,
        crc64, blob_id
      FROM version LEFT JOIN bucket USING (bucket_id)`);
    let versions = 0;
    let bytes = 0;
    const bad: BadVersion[] = [];
    for (const row of rows.iterate()) {
      const version = row as unknown as CheckedVersion;
      const onBytes = (count: number) => onProgress?.(bytes + count, total);
      const fault =
        version.bucket === null
          ? ({ kind: 'bucket-missing', detail: `There is no bucket number ${version.bucket_id}.` } as const)
          : await this.#findBodyFault(version, quick === true, onBytes);
      if (fault) bad.push({ ...fault, version });
      versions++;
      bytes += version.size;
      // Whoever waits for a signal or draws a bar must get a turn between small bodies.
      if (versions % 1000 === 0) await setImmediate();
    }
    return { versions, bytes, bad };
  }

  async #findBodyFault(
    version: CheckedVersion,
    quick: boolean,
    onBytes: (count: number) => void,
  ): Promise<{ kind: BadKind; detail: string } | undefined> {
    if (version.is_delete_marker === 1) return undefined;
    try {
      if (version.blob_id === null) return this.#findInlineFault(version);
      await this.#checkLength(version.blob_id, version.size);
      if (quick) return undefined;
      return judgeDigests(version, await this.#readBlob(version.blob_id, version.size, onBytes));
    } catch (error) {
      if (error instanceof BlobMissing) return { kind: 'body-missing', detail: error.message };
      // Anything else, such as a lack of rights, says nothing of the body.
      if (!(error instanceof BlobCorrupt || isUnreadable(error))) throw error;
      return { kind: 'body-damaged', detail: (error as Error).message };
    }
  }

  #findInlineFault(version: CheckedVersion) {
    const bytes = this.#inlineBody(version.sequence);
    if (bytes === undefined && version.size > 0) {
      return { kind: 'body-missing', detail: 'It should be in the index, and is not.' } as const;
    }
    const digests = new RunningDigests();
    digests.update(bytes ?? new Uint8Array());
    return judgeDigests(version, digests);
  }

  async #readBlob(blobId: string, size: number, onBytes: (count: number) => void): Promise<RunningDigests> {
    const digests = new RunningDigests();
    let done = 0;
    for await (const chunk of this.#store.blobs.read({ blobId }, 0, size)) {
      digests.update(chunk);
      done += chunk.length;
      onBytes(done);
    }
    return digests;
  }

  /** @throws BlobMissing, BlobCorrupt when the file is longer or shorter than this body makes it */
  async #checkLength(blobId: string, size: number): Promise<void> {
    const { headerBytes, fileBytes } = await this.#store.blobs.describe(blobId);
    const expected = blobFileBytes(headerBytes, size);
    if (fileBytes === expected) return;
    throw new BlobCorrupt(`Blob ${blobId} takes ${fileBytes} bytes, and should take ${expected}.`);
  }

  // --- Mending ---

  /** Aside first, then out of the index, then the blob's first name: a crash in between leaves the version where it was found. */
  async #setAside({ kind, version, detail }: BadVersion): Promise<void> {
    const { bucket, key, version_id: versionId, blob_id } = version;
    const finding = {
      kind,
      bucket: bucket ?? '',
      key,
      versionId,
      detail,
      ...(blob_id && { blobId: blob_id }),
    };
    if (!this.#mayRepair) return this.#note(finding);
    const { db, blobs, dataDir } = this.#store;
    const { bucket_id, sequence } = version;
    const bytes = this.#inlineBody(sequence);
    const hasBlob = blob_id !== null && (await this.#hasBlob(blob_id));
    const told = await putInQuarantine(dataDir, {
      ...{ sequence, reason: detail },
      row: { bucket, ...this.#wholeRow(version) },
      body: hasBlob
        ? { kind: 'blob', saveAs: (file) => blobs.saveAs(blob_id, file) }
        : bytes
          ? { kind: 'inline', bytes }
          : { kind: 'lost' },
    });
    db.exec('BEGIN IMMEDIATE');
    db.prepare('DELETE FROM version WHERE bucket_id = ? AND key = ? AND sequence = ?').run(
      bucket_id,
      key,
      sequence,
    );
    db.prepare('DELETE FROM inline_body WHERE sequence = ?').run(sequence);
    db.prepare(`UPDATE version SET is_latest = 1 WHERE bucket_id = ?1 AND key = ?2
      AND sequence = (SELECT max(sequence) FROM version WHERE bucket_id = ?1 AND key = ?2)`).run(
      bucket_id,
      key,
    );
    db.exec('COMMIT');
    if (hasBlob) await blobs.remove(blob_id);
    this.#note({ ...finding, repaired: `It was moved aside: see ${told}.` });
  }

  #wholeRow({ bucket_id, key, sequence }: CheckedVersion): Record<string, unknown> {
    const row = this.#store.db.prepare(
      'SELECT * FROM version WHERE bucket_id = ? AND key = ? AND sequence = ?',
    );
    return { ...row.get(bucket_id, key, sequence) };
  }

  // --- What nothing refers to ---

  #checkInlineBodies(): void {
    const { db } = this.#store;
    const unnamed = `sequence NOT IN (SELECT sequence FROM version WHERE blob_id IS NULL)`;
    const rows = db
      .prepare(`SELECT sequence, length(bytes) AS bytes FROM inline_body WHERE ${unnamed}`)
      .all();
    const repaired = this.#repair(rows.length > 0, 'It was removed.', () =>
      db.exec(`DELETE FROM inline_body WHERE ${unnamed}`),
    );
    for (const { sequence, bytes } of rows) {
      const detail = `A body of ${bytes} bytes in the index, number ${sequence}, belongs to no object.`;
      this.#note({ kind: 'inline-body-unnamed', detail, ...repaired });
    }
  }

  /** The worst of all: the collector would remove the body of an object. */
  #checkGarbageInUse(): void {
    const { db } = this.#store;
    const rows = db
      .prepare(`SELECT bucket.name AS bucket, key, version_id, blob_id FROM garbage JOIN version USING (blob_id)
        LEFT JOIN bucket USING (bucket_id) WHERE version.blob_id IS NOT NULL`)
      .all() as unknown as (CheckedVersion & { blob_id: string })[];
    const repaired = this.#repair(rows.length > 0, 'It was taken from the queue.', () =>
      db.exec('DELETE FROM garbage WHERE blob_id IN (SELECT blob_id FROM version WHERE blob_id IS NOT NULL)'),
    );
    for (const { bucket, key, version_id: versionId, blob_id: blobId } of rows) {
      const detail = 'Its body is in the queue of blobs to be removed.';
      this.#note({
        kind: 'garbage-in-use',
        bucket: bucket ?? '',
        key,
        versionId,
        blobId,
        detail,
        ...repaired,
      });
    }
  }

  async #checkGarbage(): Promise<void> {
    const { db } = this.#store;
    for (const { blob_id } of db.prepare('SELECT blob_id FROM garbage').all()) {
      const blobId = blob_id as string;
      if (await this.#hasBlob(blobId)) continue;
      const repaired = this.#repair(true, 'The entry was removed.', () =>
        db.prepare('DELETE FROM garbage WHERE blob_id = ?').run(blobId),
      );
      const detail = 'It is in the queue of blobs to be removed, and gone already.';
      this.#note({ kind: 'garbage-without-blob', blobId, detail, ...repaired });
    }
  }

  async #checkBlobs(): Promise<void> {
    const { db, blobs } = this.#store;
    const known = db.prepare(`SELECT 1 FROM version WHERE blob_id = ?1 AND blob_id IS NOT NULL
      UNION ALL SELECT 1 FROM garbage WHERE blob_id = ?1 LIMIT 1`);
    for await (const { blobId } of blobs.list()) {
      if (known.get(blobId)) continue;
      if (this.#mayRepair) await blobs.remove(blobId);
      const detail = 'Nothing refers to it.';
      const repaired = this.#mayRepair && { repaired: 'It was removed.' };
      this.#note({ kind: 'blob-unnamed', blobId, detail, ...repaired });
    }
  }

  // --- Lookups ---

  #repair(isNeeded: boolean, repaired: string, mend: () => unknown): { repaired?: string } {
    if (!isNeeded || !this.#mayRepair) return {};
    mend();
    return { repaired };
  }

  #inlineBody(sequence: number): Uint8Array | undefined {
    const row = this.#store.db.prepare('SELECT bytes FROM inline_body WHERE sequence = ?').get(sequence);
    return row?.bytes as Uint8Array | undefined;
  }

  async #hasBlob(blobId: string): Promise<boolean> {
    try {
      await this.#store.blobs.describe(blobId);
      return true;
    } catch (error) {
      if (error instanceof BlobMissing) return false;
      if (error instanceof BlobCorrupt || isUnreadable(error)) return true;
      throw error;
    }
  }
}

function isUnreadable(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EIO';
}

function judgeDigests(version: CheckedVersion, digests: RunningDigests) {
  const detail = findDigestFault(version, digests.finish());
  return detail === undefined ? undefined : ({ kind: 'body-damaged', detail } as const);
}
