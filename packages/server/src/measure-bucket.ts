// What is in a bucket, by going through all of it a page at a time: as exact as a list can be while others write, at the cost of one.

import type { StorageClassStat } from '@postern/protocol/xml';
import type { BucketRecord, ListVersionsPage, ObjectStore } from '@postern/storage';

const versionsAtOnce = 1000;

export interface BucketMeasure {
  /** Every version counts, as every one takes room. */
  readonly byStorageClass: Readonly<Record<string, StorageClassStat>>;
  readonly deleteMarkers: number;
  /** Undefined for an empty bucket. */
  readonly lastModifiedAtMs: number | undefined;
}

export async function measureBucket(
  store: ObjectStore,
  { name }: Pick<BucketRecord, 'name'>,
): Promise<BucketMeasure> {
  const byStorageClass = new Map<string, { bytes: number; objects: number }>();
  let deleteMarkers = 0;
  let lastModifiedAtMs: number | undefined;
  let place: { after: string; afterVersionId?: string | undefined } | undefined = { after: '' };
  while (place !== undefined) {
    const query = { bucket: name, prefix: '', delimiter: '', limit: versionsAtOnce, ...place };
    const page: ListVersionsPage = await store.listVersions(query);
    for (const { isDeleteMarker, storageClass, size, modifiedAtMs } of page.versions) {
      lastModifiedAtMs = Math.max(lastModifiedAtMs ?? 0, modifiedAtMs);
      if (isDeleteMarker) {
        deleteMarkers += 1;
        continue;
      }
      const sums = byStorageClass.get(storageClass) ?? { bytes: 0, objects: 0 };
      byStorageClass.set(storageClass, { bytes: sums.bytes + size, objects: sums.objects + 1 });
    }
    place = page.next && { after: page.next.key, afterVersionId: page.next.versionId };
  }
  return { byStorageClass: Object.fromEntries(byStorageClass), deleteMarkers, lastModifiedAtMs };
}
