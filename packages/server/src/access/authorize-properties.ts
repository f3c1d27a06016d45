// What else a writer needs who chooses more than a body: an access list or tags that come with a write are changes of their own
// (RAM policies: uploads with `x-oss-tagging` also need oss:PutObjectTagging). Decided, like everything, in authorize.ts.

import { OssError, type PostFields } from '@postern/protocol';
import type { ObjectProperties } from '@postern/storage';
import type { ObjectCall } from '../call.ts';
import { authorize, type Target } from './authorize.ts';

/**
 * @param form where the properties come from the fields of one
 * @throws OssError AccessDenied.…
 */
export async function authorizeProperties(
  call: ObjectCall,
  { acl, tags }: Pick<ObjectProperties, 'acl' | 'tags'>,
  form?: PostFields,
): Promise<void> {
  const target: Target = { bucket: call.bucket, key: call.key, ...(form && { form }) };
  if (acl !== 'default') await authorize(call, 'oss:PutObjectAcl', target);
  if (tags.length > 0) await authorize(call, 'oss:PutObjectTagging', { ...target, requestTags: tags });
}

/** Whether the reader of an object may be told how many tags it has. */
export async function mayReadTags(call: ObjectCall): Promise<boolean> {
  const { bucket, key, request } = call;
  try {
    await authorize(call, 'oss:GetObjectTagging', { bucket, key, versionId: request.query.get('versionId') });
    return true;
  } catch (error) {
    if (error instanceof OssError) return false;
    throw error;
  }
}
