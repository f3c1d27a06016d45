// PutSymlink and GetSymlink. Whether the target exists is nobody's business until the link is read.

import { encodePath, encodeUtf8, OssError } from '@postern/protocol';
import { authorizeProperties } from '../access/authorize-properties.ts';
import type { ObjectCall, Reply } from '../call.ts';
import { formatEtag, versionHeaders } from '../objects/object-headers.ts';
import {
  checkForbidOverwrite,
  checkObjectProperties,
  propertiesInHeaders,
} from '../objects/object-properties.ts';
import { getRecord } from '../objects/object-version.ts';
import { checkNotInTheWay, checkStored, type StoredObject } from '../objects/put-outcome.ts';
import { parseSymlinkTarget, readSymlinkTarget } from '../objects/symlink-target.ts';

export async function putSymlink(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const target = encodeUtf8(parseSymlinkTarget(request.headers.get('x-oss-symlink-target')));
  const properties = checkObjectProperties(propertiesInHeaders(request.headers), bucket);
  const wish = checkForbidOverwrite(request.headers.get('x-oss-forbid-overwrite'));
  await authorizeProperties(call, properties);
  const condition = await checkNotInTheWay(call, wish);
  await request.load.admitUpload(target.length);
  const place = { bucket: bucket.name, key, condition };
  const result = await services.store.put({
    ...properties,
    ...place,
    objectType: 'Symlink',
    body: only(target),
  });
  const stored = checkStored(result, bucket.name);
  return { status: 200, headers: linkHeaders(stored) };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

export async function getSymlink(call: ObjectCall): Promise<Reply> {
  const record = await getRecord(call);
  if (record.objectType !== 'Symlink') throw new OssError('NotSymlink', { Key: call.key });
  const target = await readSymlinkTarget(call.services.store, record);
  return {
    status: 200,
    headers: { ...linkHeaders({ bucket: call.bucket, record }), 'x-oss-symlink-target': encodePath(target) },
  };
}

/** The ETag is that of the link; that of the target comes with reading it. */
function linkHeaders({ bucket, record }: StoredObject): Record<string, string> {
  return { etag: formatEtag(record), ...versionHeaders(bucket, record) };
}
