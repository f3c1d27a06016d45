// PutObjectTagging, GetObjectTagging and DeleteObjectTagging: tags of an object or of one of its versions, always all of them at once.
// The object itself stays what it was, its Last-Modified too.

import { checkObjectTags, OssError, type Tag } from '@postern/protocol';
import { parseTagging, writeTagging } from '@postern/protocol/xml';
import { authorize } from '../access/authorize.ts';
import { readDocument } from '../body/read-document.ts';
import type { ObjectCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { versionHeaders } from '../objects/object-headers.ts';
import { getVersion } from '../objects/object-version.ts';

export async function putObjectTagging(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key } = call;
  const tags = checkObjectTags(parseTagging(await readDocument(request)));
  // Policies may ask which tags, and now they are known.
  const versionId = request.query.get('versionId');
  await authorize(call, 'oss:PutObjectTagging', { bucket, key, versionId, requestTags: tags });
  return { status: 200, headers: await replaceTags(call, tags) };
}

export async function getObjectTagging(call: ObjectCall): Promise<Reply> {
  const record = await getVersion(call);
  return xmlReply(writeTagging(record.tags), versionHeaders(call.bucket, record));
}

export async function deleteObjectTagging(call: ObjectCall): Promise<Reply> {
  return { status: 204, headers: await replaceTags(call, []) };
}

/** @returns the headers of the answer @throws OssError as {@link getVersion} */
async function replaceTags(call: ObjectCall, tags: readonly Tag[]): Promise<Record<string, string>> {
  const { bucket, key, services } = call;
  const { versionId } = await getVersion(call);
  const record = await services.store.setTags(bucket.name, key, versionId, tags);
  if (!record) throw new OssError('NoSuchKey', { Key: key });
  return versionHeaders(bucket, record);
}
