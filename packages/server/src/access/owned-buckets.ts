// The buckets of one account, of which the index knows only that they are among all.

import type { BucketRecord, ObjectStore } from '@postern/storage';

export interface OwnedBuckets {
  /** By name, ascending. */
  readonly buckets: readonly BucketRecord[];
  /** The last name when there is more behind it. */
  readonly next: string | undefined;
}

export interface OwnedQuery {
  readonly account: string;
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
  /** Which of them; undefined: all. */
  readonly isWanted?: ((bucket: BucketRecord) => boolean) | undefined;
}

const bucketsScannedAtOnce = 1000;

/** Goes on until there is one more than the page holds, or no more at all. */
export async function listOwnedBuckets(store: ObjectStore, query: OwnedQuery): Promise<OwnedBuckets> {
  const { account, prefix, limit, isWanted = () => true } = query;
  const owned: BucketRecord[] = [];
  let after: string | undefined = query.after;
  while (after !== undefined && owned.length <= limit) {
    const scanned: OwnedBuckets = await store.listBuckets({ prefix, after, limit: bucketsScannedAtOnce });
    owned.push(...scanned.buckets.filter((bucket) => bucket.owner === account && isWanted(bucket)));
    after = scanned.next;
  }
  const buckets = owned.slice(0, limit);
  return { buckets, next: owned.length > limit ? buckets.at(-1)?.name : undefined };
}
