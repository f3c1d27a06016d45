// A whole store as one stream (dump-format.ts): buckets with their settings, all versions and delete markers, bodies. Every body is checked
// against its digests on the way, so that what can be imported is also right.

import { RunningDigests } from './digests.ts';
import { DumpWriter } from './dump-format.ts';
import { type OfflineStore, openOffline } from './engines/offline-store.ts';
import {
  bucketOf,
  prepareBodies,
  prepareVersions,
  type StoredVersion,
  versionOf,
} from './engines/sqlite-rows.ts';
import { HeldBlobs } from './held-blobs.ts';
import { findDigestFault } from './object-digests.ts';
import { openBody } from './open-body.ts';

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
    const bodyOf = prepareBodies(db);
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
        for await (const bytes of readChecked(store, bodyOf, version)) {
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
  bodyOf: ReturnType<typeof prepareBodies>,
  version: StoredVersion,
): AsyncGenerator<Uint8Array, void, void> {
  const { summary } = version;
  // Nobody else changes anything.
  const source = { blobs, held: new HeldBlobs(), findAgain: async () => undefined };
  if (summary.isDeleteMarker) return;
  const name = `${summary.bucket}/${summary.key}, version ${summary.versionId}`;
  const digests = new RunningDigests();
  try {
    const body = openBody(source, { ...summary, body: bodyOf(version) });
    for await (const bytes of body.read(0, summary.size)) {
      digests.update(bytes);
      if (bytes.length > 0) yield bytes;
    }
  } catch (cause) {
    throw new ExportError(`The body of ${name} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const fault = findDigestFault(summary, digests.finish());
  if (fault !== undefined) throw new ExportError(`The body of ${name} is damaged: ${fault}`);
}
