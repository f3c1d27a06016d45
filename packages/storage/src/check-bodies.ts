// Whether the bodies that an index tells of are there, and as they were written: versions, whole or in parts, and the parts of uploads. Only
// reads; what becomes of what is lost or damaged is for check-store.ts.

import { BlobCorrupt, BlobMissing } from './blob-store.ts';
import { joinCrc64 } from './crc64.ts';
import { type Digests, digestsOf, RunningDigests } from './digests.ts';
import { blobFileBytes } from './engines/blob-file.ts';
import type { OfflineStore } from './engines/offline-store.ts';
import { findDigestFault } from './object-digests.ts';
import type { QuarantinedBody } from './quarantine.ts';

/** What was written in one go: the whole body of a version, or a part. */
export interface CheckedPiece {
  /** What its body is found under, when that is in the index. */
  readonly sequence: number;
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
  readonly blob_id: string | null;
}

export interface CheckedVersion extends CheckedPiece {
  readonly bucket_id: number;
  readonly bucket: string | null;
  readonly key: string;
  readonly version_id: string;
  readonly is_delete_marker: number;
  readonly body_id: number | null;
}

export interface CheckedPart extends CheckedPiece {
  readonly body_id: number;
  readonly part_number: number;
}

export interface BodyFault {
  readonly kind: 'body-missing' | 'body-damaged';
  readonly detail: string;
}

export class BodyCheck {
  readonly #store: OfflineStore;
  readonly #isQuick: boolean;

  /** @param isQuick looks whether each blob is there and as long as it should be, and does not read it */
  constructor(store: OfflineStore, isQuick: boolean) {
    this.#store = store;
    this.#isQuick = isQuick;
  }

  /** Of the body of a version. */
  async findBodyFault(
    version: CheckedVersion,
    onBytes: (count: number) => void,
  ): Promise<BodyFault | undefined> {
    if (version.is_delete_marker === 1) return undefined;
    if (version.body_id === null) return this.findPieceFault(version, onBytes);
    let done = 0;
    const parts = this.partsOf(version.body_id);
    for (const part of parts) {
      const fault = await this.findPieceFault(part, (count) => onBytes(done + count));
      if (fault) return { ...fault, detail: `Its part ${part.part_number}: ${fault.detail}` };
      done += part.size;
    }
    if (done < version.size) return { kind: 'body-missing', detail: `Its parts have ${done} bytes.` };
    // Each part is what it was, so this is whether they are the right ones.
    const found = { size: done, crc64: joinCrc64(parts), md5: '' };
    return judgeDigests({ ...version, objectType: 'Multipart' }, found);
  }

  async findPieceFault(
    piece: CheckedPiece,
    onBytes: (count: number) => void = () => {},
  ): Promise<BodyFault | undefined> {
    try {
      if (piece.blob_id === null) return this.#findInlineFault(piece);
      await this.#checkLength(piece.blob_id, piece.size);
      if (this.#isQuick) return undefined;
      return judgeDigests(piece, await this.#readBlob(piece.blob_id, piece.size, onBytes));
    } catch (error) {
      if (error instanceof BlobMissing) return { kind: 'body-missing', detail: error.message };
      // Anything else, such as a lack of rights, says nothing of the body.
      if (!(error instanceof BlobCorrupt || isUnreadable(error))) throw error;
      return { kind: 'body-damaged', detail: (error as Error).message };
    }
  }

  #findInlineFault(piece: CheckedPiece): BodyFault | undefined {
    const bytes = this.#inlineBody(piece.sequence);
    if (bytes === undefined && piece.size > 0) {
      return { kind: 'body-missing', detail: 'It should be in the index, and is not.' };
    }
    return judgeDigests(piece, digestsOf(bytes ?? new Uint8Array()));
  }

  async #readBlob(blobId: string, size: number, onBytes: (count: number) => void): Promise<Digests> {
    const digests = new RunningDigests();
    let done = 0;
    for await (const chunk of this.#store.blobs.read({ blobId }, 0, size)) {
      digests.update(chunk);
      done += chunk.length;
      onBytes(done);
    }
    return digests.finish();
  }

  /** @throws BlobMissing, BlobCorrupt when the file is longer or shorter than this body makes it */
  async #checkLength(blobId: string, size: number): Promise<void> {
    const { headerBytes, fileBytes } = await this.#store.blobs.describe(blobId);
    const expected = blobFileBytes(headerBytes, size);
    if (fileBytes === expected) return;
    throw new BlobCorrupt(`Blob ${blobId} takes ${fileBytes} bytes, and should take ${expected}.`);
  }

  /** What is left of a piece. */
  async lastingBody({ sequence, blob_id }: CheckedPiece): Promise<QuarantinedBody | undefined> {
    if (blob_id !== null) {
      const { blobs } = this.#store;
      if (!(await this.hasBlob(blob_id))) return undefined;
      return { kind: 'blob', sequence, saveAs: (file) => blobs.saveAs(blob_id, file) };
    }
    const bytes = this.#inlineBody(sequence);
    return bytes && { kind: 'inline', sequence, bytes };
  }

  // --- Lookups ---

  /** In order. */
  partsOf(bodyId: number): CheckedPart[] {
    return this.#readParts('body_id = ?', bodyId);
  }

  /** Parts of nothing. */
  unnamedParts(): CheckedPart[] {
    return this.#readParts(`body_id NOT IN (SELECT body_id FROM upload
      UNION ALL SELECT body_id FROM version WHERE body_id IS NOT NULL)`);
  }

  #readParts(where: string, ...given: number[]): CheckedPart[] {
    const parts =
      this.#store.db.prepare(`SELECT body_id, part_number, part_id AS sequence, size, etag, crc64, blob_id
      FROM part WHERE ${where} ORDER BY body_id, part_number`);
    return parts.all(...given) as unknown as CheckedPart[];
  }

  #inlineBody(sequence: number): Uint8Array | undefined {
    const row = this.#store.db.prepare('SELECT bytes FROM inline_body WHERE sequence = ?').get(sequence);
    return row?.bytes as Uint8Array | undefined;
  }

  async hasBlob(blobId: string): Promise<boolean> {
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

function judgeDigests(
  expected: Parameters<typeof findDigestFault>[0],
  found: Digests,
): BodyFault | undefined {
  const detail = findDigestFault(expected, found);
  return detail === undefined ? undefined : { kind: 'body-damaged', detail };
}
