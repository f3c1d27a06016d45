// Access keys and who acts with them, and the proof that a caller holds one: the keys of the store's owner, those of its users, and the
// temporary ones of sessions, which are known by their token alone.

import { randomBytes } from 'node:crypto';
import {
  type AccessPolicy,
  type AccessPrincipal,
  type ErrorName,
  type Hashes,
  OssError,
  parseAccessPolicy,
} from '@postern/protocol';
import type { Caller } from '../call.ts';
import type { Identities, IdentitySource } from '../identities/identity-source.ts';
import { openSession, type SessionGrant } from '../identities/session-token.ts';

/** Who acts, and what the policies attached to them say. */
export interface Identity {
  readonly principal: Exclude<AccessPrincipal, { readonly kind: 'anonymous' }>;
  readonly policies: readonly AccessPolicy[];
  /** What narrows a session. */
  readonly sessionPolicy?: AccessPolicy | undefined;
}

/** The account itself: no policy is attached to it, and what it owns it may do everything with. */
export function accountIdentity(account: string): Identity {
  return { principal: { kind: 'account', account }, policies: [] };
}

/** A key of the account, given at start. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** The account that acts when this key signs. */
  readonly account: string;
  /** Only of a temporary key: it counts together with its token, and until a moment. */
  readonly session?: { readonly securityToken: string; readonly expiresAtMs: number };
}

/** What a request says of its signer, by a form, a header or a query. */
export interface SignerClaim {
  readonly accessKeyId: string;
  readonly securityToken?: string | undefined;
}

/** What there is to a claim. With a `refusal` it does not count, which is told when the signature has been looked at. */
export interface ClaimedKey {
  /** Undefined: there is no such key. */
  readonly secret?: string;
  readonly identity?: Identity;
  readonly refusal?: ErrorName;
}

/** Where keys are looked up. */
export interface Credentials {
  find(claim: SignerClaim, nowMs: number): ClaimedKey;
}

export interface KeySources {
  readonly keys: readonly AccessKey[];
  readonly identities: IdentitySource;
  /** The account whose users and roles those are. */
  readonly account: string;
  readonly hashes: Hashes;
}

/** Ids of temporary keys begin so. */
export const sessionKeyPrefix = 'STS.';

export function createCredentials({ keys, identities, account, hashes }: KeySources): Credentials {
  const givenKeys = new Map(keys.map((key) => [key.accessKeyId, key]));
  const givenTokens = new Set(keys.flatMap(({ session }) => (session ? [session.securityToken] : [])));

  function find(claim: SignerClaim, nowMs: number): ClaimedKey {
    const now = identities.current();
    const given = givenKeys.get(claim.accessKeyId);
    if (given?.session) return judgeGivenSession(given, claim, now, nowMs);
    if (given) {
      const identity = accountIdentity(given.account);
      return { secret: given.accessKeySecret, identity, ...refuseToken(claim, now) };
    }
    const ofUser = now.index.findAccessKey(claim.accessKeyId);
    if (ofUser) {
      const { user, key, policies } = ofUser;
      const identity: Identity = { principal: { kind: 'user', account, userId: user.id }, policies };
      const disabled = key.status === 'disabled' && ({ refusal: 'InvalidAccessKeyId.disabled' } as const);
      return { secret: key.accessKeySecret, identity, ...refuseToken(claim, now), ...disabled };
    }
    return findSession(claim, now, nowMs);
  }

  /** Lasting keys come without a token. */
  function refuseToken({ securityToken }: SignerClaim, now: Identities): Pick<ClaimedKey, 'refusal'> {
    if (!securityToken) return {};
    return {
      refusal: isToken(securityToken, now) ? 'AccessKeyIdAndSecurityTokenNotMatch' : 'InvalidSecurityToken',
    };
  }

  function isToken(securityToken: string, { sessionKey }: Identities): boolean {
    if (givenTokens.has(securityToken)) return true;
    return sessionKey !== undefined && openSession(sessionKey, securityToken) !== undefined;
  }

  function judgeGivenSession(key: AccessKey, claim: SignerClaim, now: Identities, nowMs: number): ClaimedKey {
    const { securityToken: expected, expiresAtMs } = key.session as NonNullable<AccessKey['session']>;
    // A temporary key without its token is no key (PostObject FAQ; "HTTP 403", InvalidAccessKeyId).
    if (!claim.securityToken) return { refusal: 'InvalidAccessKeyId' };
    const found = { secret: key.accessKeySecret, identity: accountIdentity(key.account) };
    if (!isEqualText(hashes, expected, claim.securityToken)) return { ...found, ...refuseToken(claim, now) };
    return nowMs >= expiresAtMs ? { ...found, refusal: 'SecurityTokenExpired' } : found;
  }

  /** Without its token nothing is known of such a key, its secret included. */
  function findSession(claim: SignerClaim, now: Identities, nowMs: number): ClaimedKey {
    if (!claim.securityToken || !claim.accessKeyId.startsWith(sessionKeyPrefix))
      return { refusal: 'InvalidAccessKeyId' };
    const grant = now.sessionKey && openSession(now.sessionKey, claim.securityToken);
    if (!grant || grant.accessKeyId !== claim.accessKeyId) return refuseToken(claim, now);
    const role = now.index.findRole(grant.roleId);
    const secret = grant.accessKeySecret;
    if (!role) return { secret, refusal: 'InvalidSecurityToken' };
    if (nowMs >= grant.expiresAtMs) return { secret, refusal: 'SecurityTokenExpired' };
    const { sessionName } = grant;
    const principal = { kind: 'session', account, roleName: role.role.name, sessionName } as const;
    return {
      secret,
      identity: { principal, policies: role.policies, sessionPolicy: readSessionPolicy(grant) },
    };
  }

  return { find };
}

/** It was read before it was sealed. */
function readSessionPolicy({ policy }: SessionGrant): AccessPolicy | undefined {
  return policy === undefined ? undefined : parseAccessPolicy(policy, 'session');
}

function isEqualText(hashes: Hashes, a: string, b: string): boolean {
  return hashes.equal(hashes.sha256(a), hashes.sha256(b));
}

/** What a claim is held against. */
interface SignerFacts {
  readonly credentials: Credentials;
  readonly nowMs: number;
}

/** No key has this secret; it is signed with for callers whose key is unknown, so that they wait as long as the others. */
export const nobodysSecret = randomBytes(24).toString('base64url');

/**
 * The caller who holds the key that a request claims, after its signature was checked with that key's secret.
 *
 * @param checkSignature throws when a signature made with this secret is not the caller's; called exactly once, whatever the claim
 * @throws OssError InvalidAccessKeyId, InvalidAccessKeyId.disabled, SignatureDoesNotMatch, InvalidSecurityToken,
 *   AccessKeyIdAndSecurityTokenNotMatch, SecurityTokenExpired
 */
export function checkSigner(
  claim: SignerClaim,
  { credentials, nowMs }: SignerFacts,
  checkSignature: (secret: string) => void,
): SignedCaller {
  const { secret, identity, refusal } = credentials.find(claim, nowMs);
  if (secret === undefined) signForNobody(checkSignature);
  else checkSignature(secret);
  if (refusal !== undefined || identity === undefined) throw refuseClaim(claim, refusal);
  const { accessKeyId } = claim;
  return { kind: 'signed', accessKeyId, account: identity.principal.account, identity };
}

export type SignedCaller = Extract<Caller, { readonly kind: 'signed' }>;

function signForNobody(checkSignature: (secret: string) => void): void {
  try {
    checkSignature(nobodysSecret);
  } catch (error) {
    if (!(error instanceof OssError)) throw error;
  }
}

function refuseClaim({ accessKeyId }: SignerClaim, refusal: ErrorName = 'InvalidAccessKeyId'): OssError {
  return new OssError(
    refusal,
    refusal.startsWith('InvalidAccessKeyId') ? { OSSAccessKeyId: accessKeyId } : {},
  );
}
