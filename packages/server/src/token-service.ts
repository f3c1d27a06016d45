// The token service (STS API: AssumeRole): a user who is trusted by a role gets a temporary key with the role's rights, perhaps narrowed.
// It is asked at a path that can name no bucket, and at `/`, where SDKs that know only a host ask. Nothing is kept of a session: its
// token holds all of it, sealed.

import { randomBytes } from 'node:crypto';
import {
  AccessPolicyError,
  type AssumeRole,
  accessPolicyBytesMax,
  checkSessionDuration,
  checkStsTime,
  decodeUtf8,
  findStsFormat,
  type Hashes,
  isServiceHost,
  isStsSignedWith,
  judgeIdentity,
  OssError,
  parseAccessPolicy,
  parseAssumeRole,
  parseQuery,
  parseStsRequest,
  type QueryParameter,
  StsError,
  type StsRequest,
  stsClockSkewMsMax,
} from '@postern/protocol';
import { type StsAnswer, type StsCredentials, writeAssumedRole, writeStsError } from '@postern/protocol/xml';
import { findCallerValue } from './access/access-request.ts';
import { type Credentials, type Identity, nobodysSecret, sessionKeyPrefix } from './access/credentials.ts';
import type { TakeNonce } from './access/nonce-memory.ts';
import { readWhole } from './body/read-document.ts';
import type { OssRequest, Reply, RequestTrace } from './call.ts';
import type { Role } from './identities/identity-book.ts';
import type { FoundRole } from './identities/identity-index.ts';
import type { IdentitySource } from './identities/identity-source.ts';
import { sealSession } from './identities/session-token.ts';
import type { ServerSettings } from './server-settings.ts';

/** On the data port. `-` can name no bucket, so no object can stand here. */
export const tokenServicePath = '/-/sts';

/** The longest policy, every byte of it escaped, and the other parameters. */
const formBytesMax = 16 * 1024;
const formContentType = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Whether a request is for the token service: by its path, or at the root by what it says. */
export function asksForToken(
  { method, rawPath, host, query, headers }: OssRequest,
  { baseDomains }: { readonly baseDomains: readonly string[] },
): boolean {
  if (!isServiceHost({ host, baseDomains })) return false;
  if (rawPath === tokenServicePath) return true;
  if (rawPath !== '/' || headers.has('authorization')) return false;
  if (method === 'GET') return query.has('Action');
  return (
    method === 'POST' && (query.has('Action') || formContentType.test(headers.get('content-type') ?? ''))
  );
}

export interface TokenServiceOptions {
  readonly credentials: Credentials;
  readonly identities: IdentitySource;
  /** Whose users and roles there are. */
  readonly account: string;
  readonly hashes: Hashes;
  readonly settings: ServerSettings;
  readonly takeNonce: TakeNonce;
}

export class TokenService {
  readonly #options: TokenServiceOptions;

  constructor(options: TokenServiceOptions) {
    this.#options = options;
  }

  /** @throws OssError EntityTooLarge, InvalidArgument.query, IncompleteBody …: what is wrong below the level of this service */
  async answer(request: OssRequest, trace: RequestTrace): Promise<Reply> {
    trace.operation = 'AssumeRole';
    const parameters = await readParameters(request);
    const format = findStsFormat(parameters);
    try {
      const { contentType, body } = await this.#assumeRole(request, parameters, trace);
      return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
    } catch (error) {
      if (!(error instanceof StsError)) throw error;
      trace.stsCode = error.code;
      const { contentType, body } = writeStsError(format, error, {
        requestId: request.id,
        hostId: request.host,
      });
      return { status: error.status, headers: { 'content-type': contentType }, body };
    }
  }

  async #assumeRole(
    request: OssRequest,
    parameters: readonly QueryParameter[],
    trace: RequestTrace,
  ): Promise<StsAnswer> {
    const nowMs = request.receivedAtMs;
    const asked = parseStsRequest(request.method, parameters);
    trace.accessKeyId = asked.accessKeyId;
    checkStsTime(asked, nowMs);
    const caller = this.#checkCaller(asked, nowMs);
    await this.#checkNonce(asked, nowMs);
    const wish = parseAssumeRole(parameters);
    const { role } = this.#checkMayAssume(caller, wish, request, asked);
    return writeAssumedRole(asked.format, {
      requestId: request.id,
      account: wish.account,
      roleId: role.id,
      roleName: role.name,
      sessionName: wish.sessionName,
      credentials: this.#makeSession(role, wish, nowMs),
    });
  }

  /** Takes as long for a key that there is not. @throws StsError InvalidAccessKeyId.…, SignatureDoesNotMatch */
  #checkCaller(asked: StsRequest, nowMs: number): Identity {
    const { credentials, hashes } = this.#options;
    const { secret, identity, refusal } = credentials.find(asked, nowMs);
    const isRight = isStsSignedWith(hashes, secret ?? nobodysSecret, asked);
    if (secret === undefined) throw new StsError('InvalidAccessKeyId.NotFound');
    if (!isRight) throw new StsError('SignatureDoesNotMatch', { stringToSign: asked.stringToSign });
    if (refusal === 'InvalidAccessKeyId.disabled') throw new StsError('InvalidAccessKeyId.Inactive');
    if (refusal !== undefined || identity === undefined) throw new StsError('InvalidAccessKeyId.NotFound');
    return identity;
  }

  /** Only of requests that were signed, so that nobody else can fill the memory. @throws StsError SignatureNonceUsed, Throttling */
  async #checkNonce({ accessKeyId, nonce, signedAtMs }: StsRequest, nowMs: number): Promise<void> {
    const usableUntilMs = signedAtMs + stsClockSkewMsMax;
    const outcome = await this.#options.takeNonce(accessKeyId, nonce, usableUntilMs, nowMs);
    if (outcome === 'used') throw new StsError('SignatureNonceUsed');
    if (outcome === 'full') throw new StsError('Throttling');
  }

  /** The account itself and sessions assume no role. A user does whom the role trusts, unless a policy denies it. @throws StsError */
  #checkMayAssume(
    { principal, policies }: Identity,
    { account, roleName }: AssumeRole,
    request: OssRequest,
    { accessKeyId }: StsRequest,
  ): FoundRole {
    if (principal.kind !== 'user') throw new StsError('NoPermission');
    const found = this.#options.identities.current().index.findRoleNamed(roleName);
    if (account !== this.#options.account || !found) throw new StsError('EntityNotExist.Role');
    const { trustedUsers } = found.role;
    const isTrusted = trustedUsers.includes('*') || trustedUsers.includes(principal.userId);
    const verdict = judgeIdentity(policies, {
      action: 'sts:AssumeRole',
      resource: { service: 'ram', region: '', account, path: `role/${roleName}` },
      findValue: (name) => findCallerValue({ request, accessKeyId, settings: this.#options.settings }, name),
    });
    if (!isTrusted || verdict === 'deny') throw new StsError('NoPermission');
    return found;
  }

  /** @throws StsError InvalidParameter.DurationSeconds, .PolicySize, .PolicyGrammar */
  #makeSession(
    role: Role,
    { sessionName, durationSeconds, policy }: AssumeRole,
    nowMs: number,
  ): StsCredentials {
    checkSessionDuration(durationSeconds, role.maxSessionSeconds);
    checkSessionPolicy(policy);
    const { sessionKey } = this.#options.identities.current();
    if (!sessionKey) throw new Error('there is a role, and no key to seal its sessions under');
    const credentials = {
      accessKeyId: `${sessionKeyPrefix}${randomBytes(18).toString('base64url')}`,
      accessKeySecret: randomBytes(30).toString('base64url'),
      expiresAtMs: Math.floor(nowMs / 1000 + durationSeconds) * 1000,
    };
    const securityToken = sealSession(sessionKey, { ...credentials, roleId: role.id, sessionName, policy });
    return { ...credentials, securityToken };
  }
}

function checkSessionPolicy(policy: string | undefined): void {
  if (policy === undefined) return;
  try {
    parseAccessPolicy(policy, 'session');
  } catch (error) {
    if (!(error instanceof AccessPolicyError)) throw error;
    if (error.fault === 'size')
      throw new StsError('InvalidParameter.PolicySize', { limit: accessPolicyBytesMax.session });
    throw new StsError('InvalidParameter.PolicyGrammar');
  }
}

/** Those of the query, then those of a form. */
async function readParameters(request: OssRequest): Promise<readonly QueryParameter[]> {
  const isForm = formContentType.test(request.headers.get('content-type') ?? '');
  if (request.method !== 'POST' || !isForm) return request.queryList;
  const text = decodeUtf8(await readWhole(request, formBytesMax));
  if (text === undefined) throw new OssError('InvalidArgument.query');
  return [...request.queryList, ...parseQuery(text)];
}
