// Who may do what, in the order of the OSS guide ("Authentication details"): policies of the session, of the identity and of the bucket; where
// they are silent, the owner everything, others what the object's ACL grants or, where the object has none of its own, the bucket's
// (PutObjectACL: a non-default object ACL outranks the bucket's). One function for every operation: no handler knows of users and roles.

import {
  type AccessDecision,
  type AccessPolicy,
  type Action,
  actionRow,
  type BucketName,
  decideByPolicies,
  type ErrorName,
  isPublicPolicy,
  mentionsKey,
  type ObjectName,
  OssError,
  type PostFields,
  type Tag,
  tagKeyPrefixes,
} from '@postern/protocol';
import type { BucketRecord, ObjectAcl } from '@postern/storage';
import { bucketPublicAccessBlock } from '../buckets/bucket-documents.ts';
import type { Caller, Services } from '../call.ts';
import { type AskingCall, describeAccess } from './access-request.ts';
import { findBucketPolicy } from './bucket-policy.ts';
import { effectiveAcl } from './public-access.ts';
import { checkReferer } from './referer.ts';
import { checkRequestPayer } from './requester-pays.ts';

export interface Target {
  /** Undefined: the service, or a bucket that is not there yet. */
  readonly bucket?: BucketRecord | undefined;
  readonly bucketName?: BucketName;
  /** Undefined for an action on objects: some objects of the bucket, each of which is asked for later. */
  readonly key?: ObjectName;
  readonly versionId?: string | undefined;
  readonly form?: PostFields;
  /** Those that the object is to have, once they are known. */
  readonly requestTags?: readonly Tag[];
}

/** What the owner can always do, so that no policy of a bucket locks everybody out for good. */
const OWNERS_RIGHTS: readonly Action[] = [
  'oss:PutBucketPolicy',
  'oss:GetBucketPolicy',
  'oss:DeleteBucketPolicy',
];

/**
 * What the caller may do, and what the bucket asks of everybody who may: to say that they pay, and to come from a page that it knows.
 *
 * @throws OssError AccessDenied.…
 */
export async function authorize(call: AskingCall, action: Action, target: Target): Promise<void> {
  await checkRight(call, action, aboutVersion(action, target));
  const { bucket } = target;
  if (bucket === undefined) return;
  checkRequestPayer(call, bucket);
  if (action === 'oss:GetObject') checkReferer(call, bucket);
}

/** An operation that knows no versions ignores a `versionId`: it must not choose whose access list and tags count, those of nothing least of all. */
function aboutVersion(action: Action, target: Target): Target {
  const isAboutVersion = target.versionId === undefined || actionRow(action).version !== undefined;
  return isAboutVersion ? target : { ...target, versionId: undefined };
}

async function checkRight(call: AskingCall, action: Action, target: Target): Promise<void> {
  const { caller } = call;
  const { bucket } = target;
  const owner = bucket?.owner ?? accountOf(caller);
  const isOwner = caller.kind === 'signed' && isAccount(caller) && caller.account === owner;
  const bucketPolicy = bucket && findBucketPolicy(bucket);
  if (isOwner && (!bucketPolicy || OWNERS_RIGHTS.includes(action))) return;
  if (bucket && target.key === undefined && actionRow(action).on === 'object') {
    return checkSomeObjects(caller, action, bucket, bucketPolicy);
  }
  const decision = await decide(call, action, { ...target, owner, bucketPolicy });
  if (decision.outcome === 'denied') throw deniedByPolicy(caller, action, decision);
  if (isOwner) return;
  if (decision.outcome === 'allowed' && !isBlocked(caller, bucket, bucketPolicy)) return;
  await checkAccessLists(call, action, target);
}

/** Where public access is blocked, a policy for everybody allows nothing to those outside of the account. */
function isBlocked(
  caller: Caller,
  bucket: BucketRecord | undefined,
  bucketPolicy: AccessPolicy | undefined,
): boolean {
  if (!bucket || !bucketPolicy || bucketPublicAccessBlock.find(bucket) === undefined) return false;
  const isOutside = caller.kind === 'anonymous' || caller.account !== bucket.owner;
  return isOutside && isPublicPolicy(bucketPolicy);
}

/** {@link authorize} for a bucket that may not exist, or be somebody else's, which is for the operation to tell. */
export async function authorizeName(
  call: AskingCall,
  action: Action,
  bucketName: BucketName,
  existing: BucketRecord | undefined,
): Promise<void> {
  const bucket = existing?.owner === accountOf(call.caller) ? existing : undefined;
  await authorize(call, action, { bucketName, bucket });
}

/** @throws OssError AccessDenied.anonymous */
function accountOf(caller: Caller): string {
  if (caller.kind === 'anonymous') throw new OssError('AccessDenied.anonymous');
  return caller.account;
}

function isAccount({ identity }: Extract<Caller, { kind: 'signed' }>): boolean {
  return identity.principal.kind === 'account';
}

async function decide(
  call: AskingCall,
  action: Action,
  target: Target & { readonly owner: string; readonly bucketPolicy: AccessPolicy | undefined },
): Promise<AccessDecision> {
  const { bucket, bucketName = bucket?.name, bucketPolicy, ...asked } = target;
  const { caller } = call;
  const identity = caller.kind === 'signed' ? caller.identity : undefined;
  const inForce = {
    session: identity?.sessionPolicy,
    identity: identity?.policies ?? [],
    bucket: bucketPolicy,
  };
  const policies = [inForce.session, ...inForce.identity, inForce.bucket].filter((one) => one !== undefined);
  // The tags stand in a document that is still to be read; whoever has read it asks again.
  const areTagsToCome = action === 'oss:PutObjectTagging' && target.requestTags === undefined;
  if (areTagsToCome && mentionsKey(policies, tagKeyPrefixes.requestObject)) return { outcome: 'allowed' };
  const existingTags = mentionsKey(policies, tagKeyPrefixes.existingObject)
    ? await findTags(call.services, target)
    : undefined;
  const request = describeAccess(call, action, { ...asked, bucket, bucketName, existingTags });
  return decideByPolicies(inForce, request, identity?.principal ?? { kind: 'anonymous' }, asked.owner);
}

async function findTags({ store }: Services, { bucket, key, versionId }: Target): Promise<readonly Tag[]> {
  const record = bucket && key && (await store.findSummary(bucket.name, key, versionId));
  return record ? record.tags : [];
}

/** Turns away who could be allowed none of them, before anything is read. Policies may name single objects. */
function checkSomeObjects(
  caller: Caller,
  action: Action,
  bucket: BucketRecord,
  bucketPolicy: AccessPolicy | undefined,
): void {
  const hasPolicies = caller.kind === 'signed' && caller.identity.policies.length > 0;
  if (bucketPolicy || hasPolicies || isGranted(effectiveAcl(bucket, bucket.acl), action)) return;
  throw new OssError('AccessDenied.bucketAcl');
}

// --- Access lists ---

async function checkAccessLists(call: AskingCall, action: Action, target: Target): Promise<void> {
  const { bucket, key, versionId } = target;
  const { caller } = call;
  const detail = { accessDeniedDetail: describeDenial(caller, action, 'identity', true) };
  const row = actionRow(action);
  if (bucket === undefined || row.acl === undefined)
    throw new OssError(managementRefusal(caller, action), {}, detail);
  if (row.on === 'object' && key !== undefined) {
    const objectAcl = await findObjectAcl(call.services, bucket.name, key, versionId);
    if (objectAcl !== 'default') {
      if (!isGranted(effectiveAcl(bucket, objectAcl), action))
        throw new OssError('AccessDenied.objectAcl', {}, detail);
      return;
    }
  }
  if (!isGranted(effectiveAcl(bucket, bucket.acl), action))
    throw new OssError('AccessDenied.bucketAcl', {}, detail);
}

async function findObjectAcl(
  services: Services,
  bucket: BucketName,
  key: ObjectName,
  versionId: string | undefined,
) {
  const record = await services.store.findSummary(bucket, key, versionId);
  return record === undefined || record.isDeleteMarker ? 'default' : record.acl;
}

function isGranted(acl: ObjectAcl, action: Action): boolean {
  const { acl: needs } = actionRow(action);
  return needs !== undefined && (acl === 'public-read-write' || (acl === 'public-read' && needs === 'read'));
}

// --- Refusals ---

/** The wording of a refusal, where it is not the one for what is managed. */
const REFUSALS: Readonly<Partial<Record<Action, ErrorName>>> = {
  'oss:ListBuckets': 'AccessDenied.listBuckets',
  'oss:PutBucket': 'AccessDenied.createBucket',
  'oss:GetObjectAcl': 'AccessDenied.readAcl',
  'oss:PutObjectAcl': 'AccessDenied.writeAcl',
};

function managementRefusal(caller: Caller, action: Action): ErrorName {
  if (caller.kind === 'anonymous') return 'AccessDenied.anonymous';
  return REFUSALS[action] ?? (isAccount(caller) ? 'AccessDenied.notYours' : 'AccessDenied.notAllowed');
}

type Denied = Extract<AccessDecision, { readonly outcome: 'denied' }>;

const DENIALS: Readonly<Record<Denied['by'], ErrorName>> = {
  session: 'AccessDenied.sessionPolicy',
  identity: 'AccessDenied.identityPolicy',
  bucket: 'AccessDenied.bucketPolicy',
  'identity and bucket': 'AccessDenied.identityAndBucketPolicy',
};

function deniedByPolicy(caller: Caller, action: Action, { by, implicit }: Denied): OssError {
  return new OssError(DENIALS[by], {}, { accessDeniedDetail: describeDenial(caller, action, by, implicit) });
}

/** `AccessDeniedDetail`, which OSS tells users and sessions of the account, of policies that are attached to them. */
function describeDenial(
  caller: Caller,
  action: Action,
  by: Denied['by'],
  implicit: boolean,
): Readonly<Record<string, string>> | undefined {
  if (caller.kind === 'anonymous' || by === 'bucket') return undefined;
  const { principal } = caller.identity;
  if (principal.kind === 'account') return undefined;
  const isUser = principal.kind === 'user';
  return {
    PolicyType: by === 'session' ? 'SessionPolicy' : 'AccountLevelIdentityBasedPolicy',
    AuthPrincipalOwnerId: principal.account,
    AuthPrincipalType: isUser ? 'SubUser' : 'AssumedRoleUser',
    AuthPrincipalDisplayName: isUser ? principal.userId : `${principal.roleName}:${principal.sessionName}`,
    NoPermissionType: implicit ? 'ImplicitDeny' : 'ExplicitDeny',
    AuthAction: action,
  };
}
