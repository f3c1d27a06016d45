// A request to the token service (STS API: AssumeRole; RPC signatures, version 1.0 with HMAC-SHA1): parameters in the query or in a form,
// signed all together. Read and signed side by side; what the words mean to a store is for the server.

import { encodeBase64 } from '../base64.ts';
import type { Hashes } from '../hashes.ts';
import { encodeComponent, type QueryParameter } from '../percent.ts';
import { compareText } from '../signature/signable-request.ts';
import { parseIsoTime } from '../time.ts';
import { StsError } from './sts-errors.ts';

export const stsVersion = '2015-04-01';

/** How far the caller's clock may be from ours. */
export const stsClockSkewMsMax = 15 * 60 * 1000;

export const sessionSecondsMin = 900;
export const sessionSecondsDefault = 3600;

/** Characters. SDKs send a UUID or a fraction. */
const nonceCharsMax = 128;

export type StsFormat = 'JSON' | 'XML';

export interface StsRequest {
  readonly format: StsFormat;
  readonly accessKeyId: string;
  /** Of callers that are sessions themselves. */
  readonly securityToken: string | undefined;
  readonly signature: string;
  readonly stringToSign: string;
  readonly nonce: string;
  readonly signedAtMs: number;
}

/** What is asked for. */
export interface AssumeRole {
  /** Of `acs:ram::<account>:role/<name>`. */
  readonly account: string;
  readonly roleName: string;
  readonly sessionName: string;
  /** 900 or more; the role says how many at most. */
  readonly durationSeconds: number;
  /** As it was sent, not yet read. */
  readonly policy: string | undefined;
}

/** By the parameter `Format`, as far as it can be told; XML without one, as the gateway does. */
export function findStsFormat(parameters: readonly QueryParameter[]): StsFormat {
  const format = parameters.find(([name]) => name === 'Format')?.[1];
  return format?.toUpperCase() === 'JSON' ? 'JSON' : 'XML';
}

/**
 * @param method of HTTP, in upper case
 * @throws StsError InvalidAction.NotFound, InvalidVersion, InvalidFormat, InvalidParameter, MissingParameter, InvalidSignatureMethod,
 *   InvalidTimeStamp.Format
 */
export function parseStsRequest(method: string, parameters: readonly QueryParameter[]): StsRequest {
  const named = new Map(parameters);
  const repeated = parameters.find(([name, value]) => named.get(name) !== value);
  if (repeated || named.size < parameters.length)
    throw new StsError('InvalidParameter', { name: repeated?.[0] ?? 'of the request' });
  if (named.get('Action') !== 'AssumeRole') throw new StsError('InvalidAction.NotFound');
  if (named.get('Version') !== stsVersion) throw new StsError('InvalidVersion');
  if (!/^(JSON|XML)?$/i.test(named.get('Format') ?? '')) throw new StsError('InvalidFormat');
  const signatureMethod = named.get('SignatureMethod') ?? 'HMAC-SHA1';
  if (signatureMethod !== 'HMAC-SHA1' || (named.get('SignatureVersion') ?? '1.0') !== '1.0')
    throw new StsError('InvalidSignatureMethod');
  const nonce = mustHave(named, 'SignatureNonce');
  if (nonce.length > nonceCharsMax) throw new StsError('InvalidParameter', { name: 'SignatureNonce' });
  const signedAtMs = parseIsoTime(mustHave(named, 'Timestamp'));
  if (signedAtMs === undefined) throw new StsError('InvalidTimeStamp.Format');
  return {
    format: findStsFormat(parameters),
    accessKeyId: mustHave(named, 'AccessKeyId'),
    securityToken: named.get('SecurityToken') || undefined,
    signature: mustHave(named, 'Signature'),
    stringToSign: stsStringToSign(method, parameters),
    nonce,
    signedAtMs,
  };
}

function mustHave(named: ReadonlyMap<string, string>, name: string): string {
  const value = named.get(name);
  if (!value) throw new StsError('MissingParameter', { name });
  return value;
}

/** @throws StsError InvalidTimeStamp.Expired */
export function checkStsTime({ signedAtMs }: StsRequest, nowMs: number): void {
  if (Math.abs(nowMs - signedAtMs) > stsClockSkewMsMax) throw new StsError('InvalidTimeStamp.Expired');
}

// --- Signature ---

/** Whatever the path was, `/` is what is signed. */
export function stsStringToSign(method: string, parameters: readonly QueryParameter[]): string {
  const canonical = parameters
    .filter(([name]) => name !== 'Signature')
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${encodeComponent(name)}=${encodeComponent(value)}`)
    .join('&');
  return `${method}&%2F&${encodeComponent(canonical)}`;
}

/** Base64 of HMAC-SHA1. */
export function signSts(hashes: Hashes, secret: string, stringToSign: string): string {
  return encodeBase64(hashes.hmacSha1(`${secret}&`, stringToSign));
}

/** In constant time. */
export function isStsSignedWith(
  hashes: Hashes,
  secret: string,
  { signature, stringToSign }: StsRequest,
): boolean {
  return hashes.equal(signSts(hashes, secret, stringToSign), signature);
}

// --- AssumeRole ---

/**
 * @throws StsError MissingParameter, InvalidParameter.RoleArn, InvalidParameter.RoleSessionName, InvalidParameter.DurationSeconds (no whole
 *   number)
 */
export function parseAssumeRole(parameters: readonly QueryParameter[]): AssumeRole {
  const named = new Map(parameters);
  const [, account, roleName] =
    /^acs:ram::([A-Za-z0-9_-]{1,64}):role\/([A-Za-z0-9._-]{1,64})$/.exec(mustHave(named, 'RoleArn')) ?? [];
  if (account === undefined || roleName === undefined) throw new StsError('InvalidParameter.RoleArn');
  const sessionName = mustHave(named, 'RoleSessionName');
  if (!/^[A-Za-z0-9.@_-]{2,32}$/.test(sessionName)) throw new StsError('InvalidParameter.RoleSessionName');
  const duration = named.get('DurationSeconds') || String(sessionSecondsDefault);
  const durationSeconds = /^[0-9]{1,6}$/.test(duration) ? Number(duration) : 0;
  return { account, roleName, sessionName, durationSeconds, policy: named.get('Policy') || undefined };
}

/** @throws StsError InvalidParameter.DurationSeconds */
export function checkSessionDuration(durationSeconds: number, maxSeconds: number): void {
  if (durationSeconds >= sessionSecondsMin && durationSeconds <= maxSeconds) return;
  throw new StsError('InvalidParameter.DurationSeconds', { hours: maxSeconds / 3600 });
}
