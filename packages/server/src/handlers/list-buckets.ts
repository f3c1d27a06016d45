// GetService (ListBuckets): the buckets of the account that asks.

import { type BucketList, writeBucketList } from '@postern/protocol/xml';
import type { BucketRecord, ObjectStore } from '@postern/storage';
import type { Reply, ServiceCall } from '../call.ts';
import { endpointOf } from '../endpoint.ts';
import { parseMaxKeys } from '../list-parameters.ts';
import { checkAccount, ownerElement } from '../owner.ts';
import { xmlReply } from '../xml-reply.ts';

const bucketsScannedAtOnce = 1000;

export async function listBuckets(call: ServiceCall): Promise<Reply> {
  const { query } = call.request;
  const account = checkAccount(call.caller);
  const maxKeys = parseMaxKeys(query);
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  const page = await listOwned(call.services.store, { account, prefix, after: marker, limit: maxKeys });
  const list: BucketList = {
    owner: ownerElement(account),
    buckets: page.buckets.map((bucket) => ({
      name: bucket.name,
      createdAtMs: bucket.createdAtMs,
      region: call.services.settings.region,
      storageClass: bucket.storageClass,
      endpoint: endpointOf(call),
    })),
    prefix,
    marker,
    maxKeys,
    nextMarker: page.next,
  };
  return xmlReply(writeBucketList(list));
}

interface OwnedPage {
  readonly buckets: readonly BucketRecord[];
  readonly next: string | undefined;
}

/** Storage lists the buckets of all accounts: goes on until there is one more than the page holds, or no more at all. */
async function listOwned(
  store: ObjectStore,
  query: { account: string; prefix: string; after: string; limit: number },
): Promise<OwnedPage> {
  const { account, prefix, limit } = query;
  const owned: BucketRecord[] = [];
  let after: string | undefined = query.after;
  while (after !== undefined && owned.length <= limit) {
    const scanned: OwnedPage = await store.listBuckets({ prefix, after, limit: bucketsScannedAtOnce });
    owned.push(...scanned.buckets.filter((bucket) => bucket.owner === account));
    after = scanned.next;
  }
  const buckets = owned.slice(0, limit);
  return { buckets, next: owned.length > limit ? buckets.at(-1)?.name : undefined };
}
