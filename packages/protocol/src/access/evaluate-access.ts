// What policies say to a request, and in which order they are heard (OSS: "Authentication details"): a session's own policy must allow; then
// the policies of the identity and that of the bucket are judged apart, any Deny rejects, any Allow accepts, and where none speaks the
// access lists decide, which are not looked at here.

import type { AccessCondition, AccessPolicy, AccessStatement, ResourcePattern } from './access-policy.ts';
import { isNarrowRange, parseIpRange } from './ip-range.ts';
import { matchesWildcard } from './wildcard.ts';

/** Who asks, as bucket policies name them. */
export type AccessPrincipal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'user'; readonly account: string; readonly userId: string }
  | {
      readonly kind: 'session';
      readonly account: string;
      readonly roleName: string;
      readonly sessionName: string;
    };

export interface AccessRequest {
  /** E.g. `oss:PutObject`. */
  readonly action: string;
  readonly resource: AccessResource;
  /** The value that the request has for a key of conditions; undefined when it has none. */
  readonly findValue: (key: string) => string | undefined;
}

/** What is asked for: `acs:<service>:<region>:<account>:<path>`. */
export interface AccessResource {
  readonly service: string;
  readonly region: string;
  /** The owner. */
  readonly account: string;
  /** `bucket`, `bucket/key`, or empty for the service. */
  readonly path: string;
}

export type Verdict = 'allow' | 'deny' | 'none';

/** What policies attached to one identity or session say together. */
export function judgeIdentity(policies: readonly AccessPolicy[], request: AccessRequest): Verdict {
  return combine(policies.flatMap(({ statements }) => statements.filter((one) => applies(one, request))));
}

/** What a bucket's policy says. @param owner the account that owns the bucket */
export function judgeBucketPolicy(
  policy: AccessPolicy,
  request: AccessRequest,
  principal: AccessPrincipal,
  owner: string,
): Verdict {
  const { statements } = policy;
  return combine(statements.filter((one) => namesPrincipal(one, principal, owner) && applies(one, request)));
}

function combine(applying: readonly AccessStatement[]): Verdict {
  if (applying.some(({ effect }) => effect === 'Deny')) return 'deny';
  return applying.length > 0 ? 'allow' : 'none';
}

function applies({ actions, resources, conditions }: AccessStatement, request: AccessRequest): boolean {
  const action = request.action.toLowerCase();
  return (
    actions.some((pattern) => matchesWildcard(pattern, action)) &&
    resources.some((pattern) => matchesResource(pattern, request.resource)) &&
    conditions.every((condition) => conditionHolds(condition, request))
  );
}

function matchesResource(pattern: ResourcePattern, resource: AccessResource): boolean {
  return (
    matchesWildcard(pattern.service, resource.service) &&
    matchesWildcard(pattern.region.replace(/^oss-/, ''), resource.region) &&
    matchesWildcard(pattern.account, resource.account) &&
    matchesWildcard(pattern.path, resource.path)
  );
}

/** A value that the request does not have is equal to none: what asks for equality fails, what asks for difference holds. */
function conditionHolds({ key, operator, tests }: AccessCondition, { findValue }: AccessRequest): boolean {
  const value = findValue(key);
  const fits = value !== undefined && tests.some((test) => test(value));
  return fits !== operator.negated;
}

/**
 * `*` without a condition means everybody but the owner, with one everybody (PutBucketPolicy reference): a Deny without a condition
 * does not lock the owner out.
 */
function namesPrincipal(
  { principals = [], conditions }: AccessStatement,
  principal: AccessPrincipal,
  owner: string,
): boolean {
  if (principals.includes('*')) {
    const isOwner = principal.kind === 'account' && principal.account === owner;
    if (!isOwner || conditions.length > 0) return true;
  }
  const name = principalName(principal);
  return (
    name !== undefined && principals.some((pattern) => pattern !== '*' && matchesWildcard(pattern, name))
  );
}

/** Undefined for the anonymous, who are named by `*` alone. */
function principalName(principal: AccessPrincipal): string | undefined {
  switch (principal.kind) {
    case 'anonymous':
      return undefined;
    case 'account':
      return principal.account;
    case 'user':
      return principal.userId;
    case 'session':
      return `arn:sts::${principal.account}:assumed-role/${principal.roleName}/${principal.sessionName}`;
  }
}

/** All that may be said about a request by policies. */
export interface PoliciesInForce {
  /** Undefined: a caller that is no session, or one that was given no policy of its own. */
  readonly session: AccessPolicy | undefined;
  /** None for accounts and the anonymous. */
  readonly identity: readonly AccessPolicy[];
  readonly bucket: AccessPolicy | undefined;
}

export type AccessDecision =
  | { readonly outcome: 'allowed' }
  /** `implicit`: the session's policy does not speak of the request. */
  | {
      readonly outcome: 'denied';
      readonly by: 'session' | 'identity' | 'bucket' | 'identity and bucket';
      readonly implicit: boolean;
    }
  /** No policy speaks of the request. */
  | { readonly outcome: 'open' };

/** @param owner the account that owns what is asked for */
export function decideByPolicies(
  { session, identity, bucket }: PoliciesInForce,
  request: AccessRequest,
  principal: AccessPrincipal,
  owner: string,
): AccessDecision {
  const bySession = session === undefined ? 'allow' : judgeIdentity([session], request);
  if (bySession !== 'allow') return { outcome: 'denied', by: 'session', implicit: bySession === 'none' };
  const byIdentity = judgeIdentity(identity, request);
  const byBucket = bucket === undefined ? 'none' : judgeBucketPolicy(bucket, request, principal, owner);
  if (byIdentity === 'deny' || byBucket === 'deny') {
    const by = byIdentity !== 'deny' ? 'bucket' : byBucket !== 'deny' ? 'identity' : 'identity and bucket';
    return { outcome: 'denied', by, implicit: false };
  }
  return { outcome: byIdentity === 'allow' || byBucket === 'allow' ? 'allowed' : 'open' };
}

/**
 * Whether a bucket's policy allows something to others than it names: by who they are, what key they sign with, or where they come from (guide,
 * "Block public access"). Other conditions are met by whoever wants to.
 */
export function isPublicPolicy({ statements }: AccessPolicy): boolean {
  return statements.some(
    ({ effect, principals = [], conditions }) =>
      effect === 'Allow' && !principals.every(isFixed) && !conditions.some(namesSource),
  );
}

function isFixed(text: string): boolean {
  return !/[*?]/.test(text);
}

function namesSource({ key, operator, values }: AccessCondition): boolean {
  if (operator.negated) return false;
  if (key === 'acs:SourceIp') return values.map(parseIpRange).every((range) => range && isNarrowRange(range));
  return ['acs:AccessId', 'acs:SourceVpc', 'acs:SourceVpcId'].includes(key) && values.every(isFixed);
}

/** Whether any condition asks about a key that begins so: what none asks about need not be looked up. */
export function mentionsKey(policies: readonly AccessPolicy[], prefix: string): boolean {
  return policies.some(({ statements }) =>
    statements.some(({ conditions }) => conditions.some(({ key }) => key.startsWith(prefix))),
  );
}
