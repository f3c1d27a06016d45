// Whether everything that a store says is true: the index in itself, and every body against the digests that the index has of it. What can be
// mended is, when asked for; no object is ever deleted: one whose body is lost or damaged goes to quarantine.ts. Runs while no server
// does. Killed anywhere, it can simply be run again.

import { setImmediate } from 'node:timers/promises';
import {
  BodyCheck,
  type BodyFault,
  type CheckedPart,
  type CheckedPiece,
  type CheckedVersion,
} from './check-bodies.ts';
import { type OfflineStore, openOffline } from './engines/offline-store.ts';
import { fixLatestSql, primaryCode } from './engines/sqlite-schema.ts';
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
  'upload-bucket-missing': 'problem',
  'part-missing': 'problem',
  'part-damaged': 'problem',
  'part-unnamed': 'problem',
  'blob-unnamed': 'leftover',
  'garbage-without-blob': 'leftover',
} as const satisfies Record<string, 'problem' | 'leftover'>;

export interface Finding {
  readonly kind: keyof typeof FINDINGS;
  /** The object version or the multipart upload concerned, if one is. */
  readonly bucket?: string;
  readonly key?: string;
  readonly versionId?: string;
  readonly uploadId?: string;
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

interface CheckedUpload {
  readonly body_id: number;
  readonly bucket_id: number;
  readonly bucket: string | null;
  readonly key: string;
  readonly upload_id: string;
}

interface BadVersion extends Pick<Finding, 'detail'> {
  readonly kind: BodyFault['kind'] | 'bucket-missing';
  readonly version: CheckedVersion;
}

class StoreCheck {
  readonly #store: OfflineStore;
  readonly #options: CheckOptions;
  readonly #note: (finding: Finding) => void;
  readonly #bodies: BodyCheck;
  /** A damaged index is not changed: what it says of the rest cannot be trusted. */
  #mayRepair: boolean;

  constructor(store: OfflineStore, options: CheckOptions, note: (finding: Finding) => void) {
    this.#store = store;
    this.#options = options;
    this.#note = note;
    this.#bodies = new BodyCheck(store, options.quick === true);
    this.#mayRepair = options.repair === true;
  }

  async run(): Promise<{ versions: number; bytes: number }> {
    this.#checkIndex();
    this.#checkLatest();
    this.#checkCounter();
    const { versions, bytes, bad } = await this.#checkBodies();
    for (const version of bad) await this.#setAside(version);
    await this.#checkUploads();
    await this.#checkUnnamedParts();
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
      .prepare(`SELECT next_sequence AS next, (SELECT max(number) FROM (SELECT max(sequence) AS number FROM version
        UNION ALL SELECT max(part_id) FROM part UNION ALL SELECT max(body_id) FROM upload)) AS last FROM counter`)
      .get() as { next: number; last: number | null };
    if (next > (last ?? 0)) return;
    const repaired = this.#repair(true, 'It was set behind the last one.', () =>
      db.prepare('UPDATE counter SET next_sequence = ?').run((last ?? 0) + 1),
    );
    const detail = `The next number to be given is ${next}, and ${last} is given already.`;
    this.#note({ kind: 'counter-behind', detail, ...repaired });
  }

  // --- Bodies ---

  async #checkBodies() {
    const { db } = this.#store;
    const { onProgress } = this.#options;
    const total = db.prepare('SELECT total(size) AS bytes FROM version').get()?.bytes as number;
    const rows =
      db.prepare(`SELECT sequence, bucket_id, bucket.name AS bucket, key, version_id, is_delete_marker, size, etag,
        crc64, blob_id, body_id
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
          : await this.#bodies.findBodyFault(version, onBytes);
      if (fault) bad.push({ ...fault, version });
      versions++;
      bytes += version.size;
      // Whoever waits for a signal or draws a bar must get a turn between small bodies.
      if (versions % 1000 === 0) await setImmediate();
    }
    return { versions, bytes, bad };
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
    const { bucket_id, sequence, body_id } = version;
    const parts = body_id === null ? [] : this.#bodies.partsOf(body_id);
    const pieces: readonly CheckedPiece[] = body_id === null ? [version] : parts;
    const bodies = await Promise.all(pieces.map((piece) => this.#bodies.lastingBody(piece)));
    const told = await putInQuarantine(dataDir, {
      ...{ sequence, reason: detail },
      row: { bucket, ...this.#wholeRow(version), ...(body_id !== null && { parts }) },
      bodies: bodies.filter((body) => body !== undefined),
    });
    db.exec('BEGIN IMMEDIATE');
    db.prepare('DELETE FROM version WHERE bucket_id = ? AND key = ? AND sequence = ?').run(
      bucket_id,
      key,
      sequence,
    );
    for (const piece of pieces) db.prepare('DELETE FROM inline_body WHERE sequence = ?').run(piece.sequence);
    db.prepare('DELETE FROM part WHERE body_id = ?').run(body_id);
    db.prepare(`UPDATE version SET is_latest = 1 WHERE bucket_id = ?1 AND key = ?2
      AND sequence = (SELECT max(sequence) FROM version WHERE bucket_id = ?1 AND key = ?2)`).run(
      bucket_id,
      key,
    );
    db.exec('COMMIT');
    for (const { blob_id } of pieces) if (blob_id !== null) await blobs.remove(blob_id);
    this.#note({ ...finding, repaired: `It was moved aside: see ${told}.` });
  }

  #wholeRow({ bucket_id, key, sequence }: CheckedVersion): Record<string, unknown> {
    const row = this.#store.db.prepare(
      'SELECT * FROM version WHERE bucket_id = ? AND key = ? AND sequence = ?',
    );
    return { ...row.get(bucket_id, key, sequence) };
  }

  // --- Uploads ---

  async #checkUploads(): Promise<void> {
    const rows = this.#store.db
      .prepare(`SELECT body_id, bucket_id, bucket.name AS bucket, key, upload_id
        FROM upload LEFT JOIN bucket USING (bucket_id)`)
      .all() as unknown as CheckedUpload[];
    for (const upload of rows) {
      if (upload.bucket === null) {
        await this.#dropUpload(upload);
        continue;
      }
      for (const part of this.#bodies.partsOf(upload.body_id)) {
        const fault = await this.#bodies.findPieceFault(part);
        if (fault) await this.#dropPart(upload, part, fault);
      }
    }
  }

  async #dropUpload({ body_id, bucket_id, key, upload_id: uploadId }: CheckedUpload): Promise<void> {
    const repaired = this.#repair(true, 'It was removed.', () =>
      this.#store.db.prepare('DELETE FROM upload WHERE body_id = ?').run(body_id),
    );
    if (this.#mayRepair) await this.#eraseParts(this.#bodies.partsOf(body_id));
    const detail = `There is no bucket number ${bucket_id}.`;
    this.#note({ kind: 'upload-bucket-missing', bucket: '', key, uploadId, detail, ...repaired });
  }

  /** An upload that is not complete is no object yet: without the part it cannot be completed until that is sent again. */
  async #dropPart(upload: CheckedUpload, part: CheckedPart, fault: BodyFault): Promise<void> {
    if (this.#mayRepair) await this.#eraseParts([part]);
    this.#note({
      kind: fault.kind === 'body-missing' ? 'part-missing' : 'part-damaged',
      ...{ bucket: upload.bucket ?? '', key: upload.key, uploadId: upload.upload_id },
      ...(part.blob_id !== null && { blobId: part.blob_id }),
      detail: `Part ${part.part_number}: ${fault.detail}`,
      ...(this.#mayRepair && { repaired: 'It was taken out of the upload.' }),
    });
  }

  async #eraseParts(parts: readonly CheckedPart[]): Promise<void> {
    const { db, blobs } = this.#store;
    for (const { body_id, part_number, sequence, blob_id } of parts) {
      db.exec('BEGIN IMMEDIATE');
      db.prepare('DELETE FROM part WHERE body_id = ? AND part_number = ?').run(body_id, part_number);
      db.prepare('DELETE FROM inline_body WHERE sequence = ?').run(sequence);
      db.exec('COMMIT');
      if (blob_id !== null) await blobs.remove(blob_id);
    }
  }

  // --- What nothing refers to ---

  async #checkUnnamedParts(): Promise<void> {
    const rows = this.#bodies.unnamedParts();
    if (this.#mayRepair) await this.#eraseParts(rows);
    for (const { body_id, part_number, size, blob_id } of rows) {
      this.#note({
        kind: 'part-unnamed',
        ...(blob_id !== null && { blobId: blob_id }),
        detail: `Part ${part_number} of the body ${body_id}, ${size} bytes, belongs to no object and no upload.`,
        ...(this.#mayRepair && { repaired: 'It was removed.' }),
      });
    }
  }

  #checkInlineBodies(): void {
    const { db } = this.#store;
    const unnamed = `sequence NOT IN (SELECT sequence FROM version WHERE blob_id IS NULL AND body_id IS NULL
      UNION ALL SELECT part_id FROM part WHERE blob_id IS NULL)`;
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
          LEFT JOIN bucket USING (bucket_id) WHERE version.blob_id IS NOT NULL
        UNION ALL SELECT bucket.name, key, version_id, part.blob_id FROM garbage JOIN part USING (blob_id)
          JOIN version USING (body_id) LEFT JOIN bucket USING (bucket_id) WHERE part.blob_id IS NOT NULL
        UNION ALL SELECT bucket.name, key, NULL, part.blob_id FROM garbage JOIN part USING (blob_id)
          JOIN upload USING (body_id) LEFT JOIN bucket USING (bucket_id) WHERE part.blob_id IS NOT NULL`)
      .all() as unknown as {
      bucket: string | null;
      key: string;
      version_id: string | null;
      blob_id: string;
    }[];
    const repaired = this.#repair(rows.length > 0, 'It was taken from the queue.', () =>
      db.exec(`DELETE FROM garbage WHERE blob_id IN (SELECT blob_id FROM version WHERE blob_id IS NOT NULL
        UNION ALL SELECT blob_id FROM part WHERE blob_id IS NOT NULL)`),
    );
    for (const { bucket, key, version_id: versionId, blob_id: blobId } of rows) {
      this.#note({
        kind: 'garbage-in-use',
        ...{ bucket: bucket ?? '', key, blobId, ...(versionId !== null && { versionId }) },
        detail: `Its ${versionId === null ? 'part' : 'body'} is in the queue of blobs to be removed.`,
        ...repaired,
      });
    }
  }

  async #checkGarbage(): Promise<void> {
    const { db } = this.#store;
    for (const { blob_id } of db.prepare('SELECT blob_id FROM garbage').all()) {
      const blobId = blob_id as string;
      if (await this.#bodies.hasBlob(blobId)) continue;
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
      UNION ALL SELECT 1 FROM part WHERE blob_id = ?1 AND blob_id IS NOT NULL
      UNION ALL SELECT 1 FROM garbage WHERE blob_id = ?1 LIMIT 1`);
    for await (const { blobId } of blobs.list()) {
      if (known.get(blobId)) continue;
      if (this.#mayRepair) await blobs.remove(blobId);
      const detail = 'Nothing refers to it.';
      const repaired = this.#mayRepair && { repaired: 'It was removed.' };
      this.#note({ kind: 'blob-unnamed', blobId, detail, ...repaired });
    }
  }

  /** @returns what is to be told with each finding: that it was mended, if so */
  #repair(isNeeded: boolean, repaired: string, mend: () => unknown): { repaired?: string } {
    if (!isNeeded || !this.#mayRepair) return {};
    mend();
    return { repaired };
  }
}
