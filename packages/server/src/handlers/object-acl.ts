// PutObjectACL and GetObjectACL. `default` means what the bucket allows; any other word outranks the bucket's.

import { OssError } from '@postern/protocol';
import { writeAccessControlPolicy } from '@postern/protocol/xml';
import { ownerElement } from '../access/owner.ts';
import { checkObjectAclAllowed } from '../access/public-access.ts';
import type { ObjectCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { versionHeaders } from '../objects/object-headers.ts';
import { checkObjectAcl } from '../objects/object-properties.ts';
import { getVersion } from '../objects/object-version.ts';

export async function putObjectAcl(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const given = request.headers.get('x-oss-object-acl');
  if (!given) throw new OssError('InvalidArgument.missingObjectAcl', { ArgumentName: 'x-oss-object-acl' });
  const acl = checkObjectAcl(given);
  checkObjectAclAllowed(bucket, acl);
  const { versionId } = await getVersion(call);
  const record = await services.store.setObjectAcl(bucket.name, key, versionId, acl);
  if (!record) throw new OssError('NoSuchKey', { Key: key });
  return { status: 200, headers: versionHeaders(bucket, record) };
}

export async function getObjectAcl(call: ObjectCall): Promise<Reply> {
  const record = await getVersion(call);
  const owner = ownerElement(call.bucket.owner);
  return xmlReply(
    writeAccessControlPolicy({ owner, grant: record.acl }),
    versionHeaders(call.bucket, record),
  );
}
