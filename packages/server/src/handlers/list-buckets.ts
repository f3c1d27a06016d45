// GetService (ListBuckets): the buckets of the account that asks, those alone that carry given tags or are in a given group.

import { OssError, type Tag } from '@postern/protocol';
import { type BucketList, defaultResourceGroupId, writeBucketList } from '@postern/protocol/xml';
import type { BucketRecord } from '@postern/storage';
import { listOwnedBuckets } from '../access/owned-buckets.ts';
import { checkAccount, ownerElement } from '../access/owner.ts';
import { bucketTags } from '../buckets/bucket-documents.ts';
import type { OssRequest, Reply, ServiceCall } from '../call.ts';
import { endpointOf } from '../http/endpoint.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { parseMaxKeys } from '../objects/list-parameters.ts';

export async function listBuckets(call: ServiceCall): Promise<Reply> {
  const { request, services } = call;
  const { query } = request;
  const account = checkAccount(call.caller);
  const maxKeys = parseMaxKeys(query);
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  const isWanted = parseFilter(request);
  const page = await listOwnedBuckets(services.store, {
    account,
    prefix,
    after: marker,
    limit: maxKeys,
    isWanted,
  });
  const list: BucketList = {
    owner: ownerElement(account),
    buckets: page.buckets.map((bucket) => ({
      name: bucket.name,
      createdAtMs: bucket.createdAtMs,
      region: services.settings.region,
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

/** @throws OssError InvalidArgument.bucketTagFilter */
function parseFilter({ query, headers }: OssRequest): (bucket: BucketRecord) => boolean {
  const group = headers.get('x-oss-resource-group-id');
  if (group && group !== defaultResourceGroupId) return () => false;
  const [key, value] = [query.get('tag-key'), query.get('tag-value')];
  if (key === undefined && value !== undefined) throw wrongFilter('tag-value', value);
  const wanted = parseTagPairs(query.get('tagging') ?? '');
  return (bucket) => {
    const tags = bucketTags.find(bucket) ?? [];
    return (
      wanted.every((pair) => tags.some((tag) => tag.key === pair.key && tag.value === pair.value)) &&
      (key === undefined ||
        tags.some((tag) => tag.key === key && (value === undefined || tag.value === value)))
    );
  };
}

/** `"k1":"v1","k2":"v2"`: the inside of a JSON object. */
function parseTagPairs(text: string): Tag[] {
  const pairs = parseJsonObject(`{${text}}`);
  if (!pairs) throw wrongFilter('tagging', text);
  return Object.entries(pairs).map(([key, value]) => {
    if (typeof value !== 'string') throw wrongFilter('tagging', text);
    return { key, value };
  });
}

function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // JSON.parse has no other way to say "not JSON".
    return undefined;
  }
}

function wrongFilter(argument: string, value: string): OssError {
  return new OssError('InvalidArgument.bucketTagFilter', { ArgumentName: argument, ArgumentValue: value });
}
