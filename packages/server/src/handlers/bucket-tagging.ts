// PutBucketTags, GetBucketTags and DeleteBucketTags. Tags say something of a bucket to people and to ListBuckets, which can filter by them.

import { OssError, type Tag } from '@postern/protocol';
import { parseTagging, writeTagging } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketTags, changeBucketDocument, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export const bucketTagsMax = 20;
const keyBytesMax = 64;
const valueBytesMax = 128;
const forbiddenKeyPrefix = /^(?:https?:\/\/|aliyun)/i;
const reservedKeyPrefix = /^acs/i;

/** Replaces all tags that were there before. */
export async function putBucketTagging(call: BucketCall): Promise<Reply> {
  const tags = parseTagging(await readDocument(call.request));
  checkBucketTags(tags);
  await setBucketDocument(call, bucketTags, tags.length === 0 ? undefined : tags);
  return { status: 200 };
}

/** A bucket without tags has an empty set. */
export async function getBucketTagging({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeTagging(bucketTags.find(bucket) ?? []));
}

/** `?tagging` removes all tags, `?tagging=key1,key2` these; one that is not there is no error. */
export async function deleteBucketTagging(call: BucketCall): Promise<Reply> {
  const named = call.request.query.get('tagging') || undefined;
  const doomed = new Set(named?.split(','));
  await changeBucketDocument(call, bucketTags, (tags = []) => {
    const left = named === undefined ? [] : tags.filter(({ key }) => !doomed.has(key));
    return left.length === 0 ? undefined : left;
  });
  return { status: 204 };
}

/** @throws OssError TooManyTags, InvalidTag.repeated, .bucketTagKey, .bucketTagPrefix, .bucketTagReserved, .bucketTagValue */
function checkBucketTags(tags: readonly Tag[]): void {
  if (tags.length > bucketTagsMax) throw new OssError('TooManyTags', { limit: bucketTagsMax });
  for (const { key, value } of tags) {
    if (key === '' || Buffer.byteLength(key) > keyBytesMax) throw new OssError('InvalidTag.bucketTagKey');
    if (forbiddenKeyPrefix.test(key)) throw new OssError('InvalidTag.bucketTagPrefix');
    if (reservedKeyPrefix.test(key)) throw new OssError('InvalidTag.bucketTagReserved');
    if (Buffer.byteLength(value) > valueBytesMax) throw new OssError('InvalidTag.bucketTagValue');
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw new OssError('InvalidTag.repeated');
}
