// Access keys and whose they are, and the proof that a caller holds one. Users and roles come in behind `Credentials`.

import { randomBytes } from 'node:crypto';
import { encodeUtf8, type Hashes, OssError } from '@postern/protocol';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** The account that acts when this key signs. */
  readonly account: string;
  /** Only of a temporary key: it counts together with its token, and until a moment. */
  readonly session?: { readonly securityToken: string; readonly expiresAtMs: number };
}

/** Where keys are looked up. */
export interface Credentials {
  find(accessKeyId: string): AccessKey | undefined;
  /** Whether any key has this token, expired or not. */
  knowsToken(securityToken: string): boolean;
}

export function fixedCredentials(keys: readonly AccessKey[]): Credentials {
  const byId = new Map(keys.map((key) => [key.accessKeyId, key]));
  const tokens = new Set(keys.flatMap(({ session }) => (session ? [session.securityToken] : [])));
  return {
    find: (accessKeyId) => byId.get(accessKeyId),
    knowsToken: (securityToken) => tokens.has(securityToken),
  };
}

/** What a request says of its signer, by a form, a header or a query. */
export interface SignerClaim {
  readonly accessKeyId: string;
  readonly securityToken?: string | undefined;
}

/** What a claim is held against. */
interface SignerFacts {
  readonly credentials: Credentials;
  readonly hashes: Hashes;
  readonly nowMs: number;
}

/** No key has this secret; it is signed with for callers whose key id is unknown, so that they wait as long as the others. */
const nobodysSecret = randomBytes(24).toString('base64url');

/**
 * The key that a caller claims to hold, after the caller's signature was checked with its secret.
 *
 * @param checkSignature throws when a signature made with this secret is not the caller's; called exactly once, whatever the claim
 * @throws OssError InvalidAccessKeyId, SignatureDoesNotMatch, InvalidSecurityToken, AccessKeyIdAndSecurityTokenNotMatch,
 *   SecurityTokenExpired
 */
export function checkSigner(
  claim: SignerClaim,
  { credentials, hashes, nowMs }: SignerFacts,
  checkSignature: (secret: string) => void,
): AccessKey {
  const key = credentials.find(claim.accessKeyId);
  if (key === undefined) {
    try {
      checkSignature(nobodysSecret);
    } catch (error) {
      if (!(error instanceof OssError)) throw error;
    }
    throw unknownKey(claim);
  }
  // A temporary key without its token is no key (PostObject FAQ; "HTTP 403", InvalidAccessKeyId).
  if (key.session !== undefined && !claim.securityToken) throw unknownKey(claim);
  checkSignature(key.accessKeySecret);
  if (claim.securityToken) checkToken(key, claim.securityToken, { credentials, hashes, nowMs });
  return key;
}

function checkToken(
  key: AccessKey,
  securityToken: string,
  { credentials, hashes, nowMs }: SignerFacts,
): void {
  const expected = key.session?.securityToken;
  if (
    expected === undefined ||
    !hashes.equal(hashes.sha256(encodeUtf8(expected)), hashes.sha256(encodeUtf8(securityToken)))
  ) {
    const isAnothers = credentials.knowsToken(securityToken);
    throw new OssError(isAnothers ? 'AccessKeyIdAndSecurityTokenNotMatch' : 'InvalidSecurityToken');
  }
  if (key.session !== undefined && nowMs >= key.session.expiresAtMs)
    throw new OssError('SecurityTokenExpired');
}

function unknownKey({ accessKeyId }: SignerClaim): OssError {
  return new OssError('InvalidAccessKeyId', { OSSAccessKeyId: accessKeyId });
}
