// DeleteObject: 204 whether or not there was something to delete. Under versioning a plain delete hides the object behind a delete
// marker; only a delete that names a version removes it for good.

import { OssError } from '@postern/protocol';
import type { ObjectCall, Reply } from '../call.ts';
import { parseVersionId } from '../objects/object-version.ts';
import { removeObject } from '../objects/remove-object.ts';

export async function deleteObject({ request, bucket, key, services }: ObjectCall): Promise<Reply> {
  const versionId = parseVersionId(request.query.get('versionId'));
  const result = await removeObject({ bucket, services }, key, versionId);
  switch (result.outcome) {
    case 'no-bucket':
      throw new OssError('NoSuchBucket', { BucketName: bucket.name });
    case 'absent':
      return { status: 204 };
    case 'marked':
      return { status: 204, headers: versionOf(result.marker, true) };
    case 'removed':
      // Without versioning no version header is ever shown, not even for `versionId=null`.
      if (result.bucket.versioning === 'never') return { status: 204 };
      return { status: 204, headers: versionOf(result.record, result.record.isDeleteMarker) };
  }
}

function versionOf(record: { readonly versionId: string }, isMarker: boolean): Record<string, string> {
  return { ...(isMarker && { 'x-oss-delete-marker': 'true' }), 'x-oss-version-id': record.versionId };
}
