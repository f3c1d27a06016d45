// DeleteMultipleObjects: up to 1000 deletes in one request. Each is what DeleteObject does; there is nothing atomic about the whole.

import { OssError } from '@postern/protocol';
import {
  type DeletedObject,
  type DeleteRequest,
  parseDelete,
  writeDeleteResult,
} from '@postern/protocol/xml';
import { authorize } from '../access/authorize.ts';
import { readDocument } from '../body/read-document.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { parseNameEncoding } from '../objects/list-parameters.ts';
import { parseVersionId } from '../objects/object-version.ts';
import { checkRemovable, removeObject } from '../objects/remove-object.ts';

type Doomed = DeleteRequest['objects'][number];

/** Deletes under way at a time: enough to share the flushes of storage, few enough to leave room for others. */
const deletesAtOnce = 32;

export async function deleteMultipleObjects(call: BucketCall): Promise<Reply> {
  const { request } = call;
  const encoding = parseNameEncoding(request.query);
  if (!request.headers.has('content-md5') && !request.isBodyChecked) {
    throw new OssError('MissingArgument', { ArgumentName: 'Content-MD5' });
  }
  const { quiet, objects } = parseDelete(await readDocument(request));
  for (const { versionId } of objects) parseVersionId(versionId);
  // An object's own ACL may forbid what the bucket's allows, and an object may be retained. All are asked before the first is gone.
  await inGroups(objects, async ({ key, versionId }) => {
    await authorize(call, 'oss:DeleteObject', { bucket: call.bucket, key, versionId });
    await checkRemovable(call, key, versionId);
  });
  const deleted = await inGroups(objects, (object) => deleteOne(call, object));
  return quiet ? { status: 200 } : xmlReply(writeDeleteResult({ encoding, deleted }));
}

async function deleteOne(
  { bucket, services }: BucketCall,
  { key, versionId }: Doomed,
): Promise<DeletedObject> {
  const result = await removeObject({ bucket, services }, key, versionId);
  switch (result.outcome) {
    case 'no-bucket':
      throw new OssError('NoSuchBucket', { BucketName: bucket.name });
    case 'absent':
      return { key, versionId };
    case 'marked':
      return { key, versionId, deleteMarkerVersionId: result.marker.versionId };
    case 'removed':
      return {
        key,
        versionId,
        deleteMarkerVersionId: result.record.isDeleteMarker ? result.record.versionId : undefined,
      };
  }
}

/** The results in the order of `items`; the first failure ends it. */
async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += deletesAtOnce) {
    results.push(...(await Promise.all(items.slice(at, at + deletesAtOnce).map(work))));
  }
  return results;
}
