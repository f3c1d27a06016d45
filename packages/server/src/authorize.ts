// Who may do what: the owner everything, others what the object's ACL grants or, where the object has none of its own, the bucket's
// (OSS guide, "Authentication details"; PutObjectACL: a non-default object ACL outranks the bucket's). One function for every
// operation: users, roles and policies are decided here and change no handler.

import { type BucketName, type ErrorName, type ObjectName, OssError } from '@postern/protocol';
import type { BucketRecord, ObjectAcl } from '@postern/storage';
import type { Caller, OssRequest, Services } from './call.ts';
import { effectiveAcl } from './public-access.ts';
import { checkReferer } from './referer.ts';
import { checkRequestPayer } from './requester-pays.ts';

/** What an ACL can grant; everything else is for the owner alone. */
const ACL_GRANTS = {
  'oss:GetObject': { on: 'object', needs: 'read' },
  'oss:PutObject': { on: 'object', needs: 'write' },
  'oss:DeleteObject': { on: 'object', needs: 'write' },
  'oss:ListObjects': { on: 'bucket', needs: 'read' },
  'oss:ListObjectVersions': { on: 'bucket', needs: 'read' },
  'oss:GetBucketLocation': { on: 'bucket', needs: 'read' },
} as const satisfies Record<string, { on: 'object' | 'bucket'; needs: 'read' | 'write' }>;

/** The names of the RAM actions. */
export type Action =
  | keyof typeof ACL_GRANTS
  | 'oss:ListBuckets'
  | `oss:${'Put' | 'Get' | 'Delete'}${'Bucket' | 'BucketInfo' | 'BucketAcl' | 'BucketCors' | 'BucketVersioning' | 'ObjectAcl'}`
  | `oss:${'Put' | 'Get' | 'Delete'}Bucket${BucketConfiguration}`;

type BucketConfiguration =
  | 'Encryption'
  | 'Lifecycle'
  | 'Logging'
  | 'PublicAccessBlock'
  | 'Referer'
  | 'RequestPayment'
  | 'Tagging';

export interface Target {
  readonly bucket: BucketRecord;
  readonly key?: ObjectName;
  readonly versionId?: string | undefined;
}

interface Asking {
  readonly request: OssRequest;
  readonly caller: Caller;
  readonly services: Services;
}

/**
 * What the caller may do, and what the bucket asks of everybody who may: to say that they pay, and to come from a page that it knows.
 *
 * @throws OssError AccessDenied.…
 */
export async function authorize(asking: Asking, action: Action, target: Target): Promise<void> {
  await checkRight(asking, action, target);
  checkRequestPayer(asking, target.bucket);
  if (action === 'oss:GetObject') checkReferer(asking, target.bucket);
}

async function checkRight({ caller, services }: Asking, action: Action, target: Target): Promise<void> {
  const { bucket, key } = target;
  if (caller.kind === 'signed' && caller.account === bucket.owner) return;
  const grant = findGrant(action);
  if (grant === undefined) throw refusal(caller, 'AccessDenied.notYours');
  if (grant.on === 'object' && key !== undefined) {
    const objectAcl = await findObjectAcl(services, bucket.name, key, target.versionId);
    if (objectAcl !== 'default') {
      if (!isGranted(effectiveAcl(bucket, objectAcl), grant.needs))
        throw new OssError('AccessDenied.objectAcl');
      return;
    }
  }
  if (!isGranted(effectiveAcl(bucket, bucket.acl), grant.needs)) throw new OssError('AccessDenied.bucketAcl');
}

function findGrant(action: Action): { on: 'object' | 'bucket'; needs: 'read' | 'write' } | undefined {
  return Object.hasOwn(ACL_GRANTS, action) ? ACL_GRANTS[action as keyof typeof ACL_GRANTS] : undefined;
}

async function findObjectAcl(
  services: Services,
  bucket: BucketName,
  key: ObjectName,
  versionId: string | undefined,
) {
  const record = await services.store.findObject(bucket, key, versionId);
  return record === undefined || record.isDeleteMarker ? 'default' : record.acl;
}

function isGranted(acl: ObjectAcl, needs: 'read' | 'write'): boolean {
  return acl === 'public-read-write' || (acl === 'public-read' && needs === 'read');
}

function refusal(caller: Caller, row: ErrorName): OssError {
  return new OssError(caller.kind === 'anonymous' ? 'AccessDenied.anonymous' : row);
}
