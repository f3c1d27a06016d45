// GetBucket (ListObjects) and ListObjectsV2: names in UTF-8 byte order, those with a common prefix rolled up. The two differ in how a
// page says where the next begins, and in who is told the owner.

import { type ListedObject, writeObjectList, writeObjectListV2 } from '@postern/protocol/xml';
import type { ListEntry, ListPage } from '@postern/storage';
import { ownerElement } from '../access/owner.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import {
  formatContinuationToken,
  parseContinuationToken,
  parseMaxKeys,
  parseNameEncoding,
} from '../objects/list-parameters.ts';
import { describeRestoration, findRestoration } from '../objects/restoration.ts';

export async function listObjects(call: BucketCall): Promise<Reply> {
  const asked = parseListQuery(call);
  const marker = call.request.query.get('marker') ?? '';
  const page = await listAfter(call, asked, marker);
  return xmlReply(
    writeObjectList({
      ...asked,
      owner: ownerElement(call.bucket.owner),
      marker,
      objects: listedObjects(page, call.services.clock()),
      commonPrefixes: page.commonPrefixes,
      nextMarker: page.next,
    }),
  );
}

export async function listObjectsV2(call: BucketCall): Promise<Reply> {
  const { query } = call.request;
  const asked = parseListQuery(call);
  const startAfter = query.get('start-after') ?? '';
  const continuationToken = query.get('continuation-token');
  const after = parseContinuationToken(continuationToken) ?? startAfter;
  const page = await listAfter(call, asked, after);
  return xmlReply(
    writeObjectListV2({
      ...asked,
      owner: query.get('fetch-owner') === 'true' ? ownerElement(call.bucket.owner) : undefined,
      startAfter,
      continuationToken,
      objects: listedObjects(page, call.services.clock()),
      commonPrefixes: page.commonPrefixes,
      nextContinuationToken: page.next === undefined ? undefined : formatContinuationToken(page.next),
    }),
  );
}

/** What is asked for in both versions of the list. */
function parseListQuery({ request: { query }, bucket }: BucketCall) {
  return {
    bucket: bucket.name,
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: parseMaxKeys(query),
    encoding: parseNameEncoding(query),
  };
}

function listAfter(call: BucketCall, asked: ReturnType<typeof parseListQuery>, after: string) {
  const { bucket, prefix, delimiter, maxKeys } = asked;
  return call.services.store.list({ bucket, prefix, delimiter, after, limit: maxKeys });
}

function listedObjects({ objects }: ListPage, nowMs: number): ListedObject[] {
  return objects.map((record) => listedObject(record, nowMs));
}

/** What lists tell of an object. */
export function listedObject(record: ListEntry, nowMs: number): ListedObject {
  const restoration = findRestoration(record, nowMs);
  const { key, modifiedAtMs, etag, objectType, size, storageClass } = record;
  const restoreInfo = restoration && describeRestoration(restoration, nowMs);
  return { key, modifiedAtMs, etag, type: objectType, size, storageClass, restoreInfo };
}
