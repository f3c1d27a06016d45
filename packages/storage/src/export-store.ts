// A whole store as one stream (dump-format.ts): buckets with their settings, all versions and delete markers, bodies. Every body is checked
// against its digests on the way, so that what can be imported is also right.

import type { StatementSync } from 'node:sqlite';
import { RunningDigests } from './digests.ts';
import { DumpWriter } from './dump-format.ts';
import { type OfflineStore, openOffline } from './engines/offline-store.ts';
import { bucketOf, prepareVersions, type StoredVersion, versionOf } from './engines/sqlite-rows.ts';
import { findDigestFault } from './object-digests.ts';

/** A body that is not as the index says: the export would not be the store. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}

/**
 * @param onProgress of the bodies' bytes
 * @throws StorageError: no store there, in use, of a newer format; ExportError, with the stream unfinished
 */
export async function* exportStore(
  dataDir: string,
  onProgress?: (doneBytes: number, totalBytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const store = await openOffline(dataDir);
  try {
    const { db } = store;
    const total = db.prepare('SELECT total(size) AS bytes FROM version').get()?.bytes as number;
    const versions = prepareVersions(db, 'WHERE bucket_id = ? ORDER BY key, sequence');
    const inline = db.prepare('SELECT bytes FROM inline_body WHERE sequence = ?');
    const writer = new DumpWriter();
    let done = 0;
    yield writer.begin();
    for (const row of db.prepare('SELECT * FROM bucket ORDER BY name').all()) {
      const { bucketId, record } = bucketOf(row);
      yield writer.write({ kind: 'B', bucket: record });
      for (const versionRow of versions.iterate(bucketId)) {
        const version = versionOf(versionRow, record);
        const { isLatest: _, ...summary } = version.summary;
        yield writer.write({ kind: 'V', version: summary });
        for await (const bytes of readChecked(store, inline, version)) {
          yield writer.write({ kind: 'D', bytes });
          done += bytes.length;
          onProgress?.(done, total);
        }
      }
    }
    yield writer.end();
  } finally {
    await store.close();
  }
}

async function* readChecked(
  { blobs }: OfflineStore,
  inline: StatementSync,
  { blobId, sequence, summary }: StoredVersion,
): AsyncGenerator<Uint8Array, void, void> {
  if (summary.isDeleteMarker) return;
  const name = `${summary.bucket}/${summary.key}, version ${summary.versionId}`;
  const digests = new RunningDigests();
  try {
    const body =
      blobId === undefined
        ? [(inline.get(sequence)?.bytes as Uint8Array | undefined) ?? new Uint8Array()]
        : blobs.read({ blobId }, 0, summary.size);
    for await (const bytes of body) {
      digests.update(bytes);
      if (bytes.length > 0) yield bytes;
    }
  } catch (cause) {
    throw new ExportError(`The body of ${name} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const fault = findDigestFault(summary, digests.finish());
  if (fault !== undefined) throw new ExportError(`The body of ${name} is damaged: ${fault}`);
}
