// Who signed an S3 request, whether in time, and whether they did: version 4 (`AWS4-HMAC-SHA256`) and version 2 (`AWS`), in the
// Authorization header or in the URL. The three steps of signature/request-signature.ts for the other dialect, and as strict: a request
// with any mark of a signature must have all of it, and no `x-amz-` header may come along unsigned.

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import { encodeSpacedHex } from '../hex.ts';
import { compareText } from '../signature/signable-request.ts';
import { signV1 } from '../signature/string-to-sign-v1.ts';
import { formatBasicDate, formatIsoSeconds, parseBasicDate, parseHttpDate } from '../time.ts';
import { encodeUtf8 } from '../utf8.ts';
import {
  type S3SignableRequest,
  type S3SigningFacts,
  s3CanonicalRequest,
  s3StringToSign,
} from './canonical-request.ts';
import { parseS3Payload, unsignedS3Payload } from './payload.ts';
import { parseS3Credential, s3Algorithm, s3SigningKey, signS3V4 } from './scope.ts';
import { s3StringToSignV2 } from './string-to-sign-v2.ts';

/** What both versions have. Nothing of it is proved yet. */
interface Signed {
  readonly place: 'header' | 'query';
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken?: string;
  /** Undefined in URLs of version 2, which only expire. */
  readonly signedAtMs: number | undefined;
  /** Of URLs. */
  readonly expiresAtMs: number | undefined;
}

export interface S3RequestSignatureV2 extends Signed {
  readonly version: 'v2';
  readonly dateLine: string;
}

export interface S3RequestSignatureV4 extends Signed, S3SigningFacts {
  readonly version: 'v4';
}

export type S3RequestSignature = S3RequestSignatureV2 | S3RequestSignatureV4;

/** How far the client's clock may be from ours. */
export const s3TimeSkewMsMax = 15 * 60 * 1000;
/** Seven days, of URLs of version 4. */
export const s3PresignedSecondsMax = 604_800;
/** Headers that a client may say it signed. */
export const s3SignedHeadersMax = 100;

const tokenName = 'x-amz-security-token';
const queryV4Marks = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'];
const queryV2Mark = 'AWSAccessKeyId';

/** Whether a request is signed, or wants to be, the way of S3. */
export function hasS3Signature({
  headers,
  queryList,
}: Pick<S3SignableRequest, 'headers' | 'queryList'>): boolean {
  if (/^AWS(?:4-HMAC-SHA256)?(?:\s|$)/.test(headers.get('authorization')?.trimStart() ?? '')) return true;
  return queryList.some(([name]) => name === queryV2Mark || queryV4Marks.includes(name));
}

/**
 * The signature that a request carries; undefined when it carries none and is anonymous.
 *
 * @throws OssError InvalidArgument.s3AuthorizationTwice, .s3AuthorizationType, AuthorizationHeaderMalformed,
 *   AuthorizationQueryParametersError, AccessDenied.s3NoDate, .s3QueryIncomplete, .s3HeadersNotSigned,
 *   InvalidRequest.s3NoContentSha256, InvalidArgument.s3ContentSha256
 */
export function findS3RequestSignature(request: S3SignableRequest): S3RequestSignature | undefined {
  const authorization = request.headers.get('authorization');
  const query = new Map([...request.queryList].reverse());
  const inQueryV4 = queryV4Marks.some((name) => query.has(name));
  const inQueryV2 = query.has(queryV2Mark);
  if (Number(authorization !== undefined) + Number(inQueryV4) + Number(inQueryV2) > 1) {
    throw new OssError('InvalidArgument.s3AuthorizationTwice');
  }
  if (authorization !== undefined) return parseAuthorization(request, authorization.trim());
  if (inQueryV4) return parseQueryV4(request, query);
  if (inQueryV2) return parseQueryV2(query);
  return undefined;
}

function parseAuthorization(request: S3SignableRequest, authorization: string): S3RequestSignature {
  const [, scheme, parameters = ''] = /^(\S*)\s*(.*)$/s.exec(authorization) ?? [];
  if (scheme === 'AWS') return parseHeaderV2(request, parameters);
  if (scheme === s3Algorithm) return parseHeaderV4(request, parameters);
  throw new OssError('InvalidArgument.s3AuthorizationType', { ArgumentName: 'Authorization' });
}

// --- Version 4 ---

function parseHeaderV4(request: S3SignableRequest, parameters: string): S3RequestSignatureV4 {
  const refuse = (problem: string) => new OssError('AuthorizationHeaderMalformed', { problem });
  const named = parseParameters(parameters);
  const credential = parseS3Credential(named?.get('Credential') ?? '');
  const signature = named?.get('Signature');
  if (named === undefined || !signature)
    throw refuse('the parameters must be Credential, SignedHeaders and Signature.');
  if (!credential) throw refuse('the Credential must be <key id>/<YYYYMMDD>/<region>/s3/aws4_request.');
  const signedAtMs = parseHeaderDate(request);
  const dateTime = formatBasicDate(signedAtMs);
  if (!dateTime.startsWith(credential.date))
    throw refuse('the date of the Credential is not that of the request.');
  const payload = request.headers.get('x-amz-content-sha256')?.trim();
  if (payload === undefined) throw new OssError('InvalidRequest.s3NoContentSha256');
  parseS3Payload(payload);
  const signedHeaders = parseSignedHeaders(request, named.get('SignedHeaders') ?? '', refuse);
  const facts = { ...credential, dateTime, signedHeaders, payload, signature, signedAtMs };
  return {
    version: 'v4',
    place: 'header',
    ...facts,
    expiresAtMs: undefined,
    ...findToken(request.headers.get(tokenName)),
  };
}

const parameterNames = ['Credential', 'SignedHeaders', 'Signature'];

function parseParameters(text: string): ReadonlyMap<string, string> | undefined {
  const named = new Map<string, string>();
  for (const parameter of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([A-Za-z]+)=(\S*)\s*$/.exec(parameter) ?? [];
    if (!parameterNames.includes(name) || named.has(name)) return undefined;
    named.set(name, value);
  }
  return named;
}

function parseQueryV4(request: S3SignableRequest, query: ReadonlyMap<string, string>): S3RequestSignatureV4 {
  const refuse = (problem: string) => new OssError('AuthorizationQueryParametersError', { problem });
  if (query.get('X-Amz-Algorithm') !== s3Algorithm)
    throw refuse(`X-Amz-Algorithm only supports "${s3Algorithm}"`);
  const credential = parseS3Credential(query.get('X-Amz-Credential') ?? '');
  if (!credential) {
    throw refuse(
      'Error parsing the X-Amz-Credential parameter; it must be <key id>/<YYYYMMDD>/<region>/s3/aws4_request.',
    );
  }
  const dateTime = query.get('X-Amz-Date') ?? '';
  const signedAtMs = parseBasicDate(dateTime);
  if (signedAtMs === undefined)
    throw refuse("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (!dateTime.startsWith(credential.date))
    throw refuse('the date of the Credential is not that of X-Amz-Date.');
  const expires = query.get('X-Amz-Expires') ?? '';
  const seconds = /^[0-9]{1,6}$/.test(expires) ? Number(expires) : 0;
  if (seconds < 1 || seconds > s3PresignedSecondsMax) {
    throw refuse(`X-Amz-Expires must be between 1 and ${s3PresignedSecondsMax} seconds`);
  }
  const signature = query.get('X-Amz-Signature');
  if (!signature) throw refuse('X-Amz-Signature is missing.');
  const payload =
    query.get('X-Amz-Content-Sha256') ??
    request.headers.get('x-amz-content-sha256')?.trim() ??
    unsignedS3Payload;
  parseS3Payload(payload);
  const signedHeaders = parseSignedHeaders(request, query.get('X-Amz-SignedHeaders') ?? '', refuse);
  const expiresAtMs = signedAtMs + seconds * 1000;
  const facts = { ...credential, dateTime, signedHeaders, payload, signature, signedAtMs, expiresAtMs };
  return { version: 'v4', place: 'query', ...facts, ...findToken(query.get('X-Amz-Security-Token')) };
}

/**
 * Names in order, each once; `host` among them, and every `x-amz-` header of the request: what nobody signed, somebody on the way may
 * have added.
 */
function parseSignedHeaders(
  { headers }: S3SignableRequest,
  list: string,
  refuse: (problem: string) => OssError,
): readonly string[] {
  const names = list.split(';');
  const isInOrder = names.every((name, at) => at === 0 || compareText(names[at - 1] as string, name) < 0);
  const areNames = names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name));
  if (names.length > s3SignedHeadersMax || !isInOrder || !areNames) {
    throw refuse('the SignedHeaders must be names in lower case, in alphabetical order.');
  }
  if (!names.includes('host')) throw refuse("the SignedHeaders must name 'host'.");
  const unsigned = [...headers.keys()].filter((name) => name.startsWith('x-amz-') && !names.includes(name));
  if (unsigned.length > 0) {
    throw new OssError('AccessDenied.s3HeadersNotSigned', { HeadersNotSigned: unsigned.join(', ') });
  }
  return names;
}

/** `x-amz-date`, or else Date, in either spelling. */
function parseHeaderDate({ headers }: S3SignableRequest): number {
  const text = (headers.get('x-amz-date') ?? headers.get('date') ?? '').trim();
  const timeMs = parseBasicDate(text) ?? parseDate(text);
  if (timeMs === undefined) throw new OssError('AccessDenied.s3NoDate');
  return timeMs;
}

/** The dates of version 2 may end in `+0000` for `GMT`. */
function parseDate(text: string): number | undefined {
  return parseHttpDate(text.replace(/ \+0000$/, ' GMT'));
}

// --- Version 2 ---

function parseHeaderV2(request: S3SignableRequest, parameters: string): S3RequestSignatureV2 {
  const [, accessKeyId, signature] = /^([^:\s]+):([^:\s]+)$/.exec(parameters) ?? [];
  if (accessKeyId === undefined || signature === undefined) {
    throw new OssError('InvalidArgument.s3AuthorizationType', { ArgumentName: 'Authorization' });
  }
  const signedAtMs = parseHeaderDate(request);
  // With an `x-amz-date`, which is signed among the headers, the line is empty.
  const dateLine = request.headers.has('x-amz-date') ? '' : (request.headers.get('date') ?? '').trim();
  const token = findToken(request.headers.get(tokenName));
  return {
    version: 'v2',
    place: 'header',
    accessKeyId,
    signature,
    dateLine,
    signedAtMs,
    expiresAtMs: undefined,
    ...token,
  };
}

function parseQueryV2(query: ReadonlyMap<string, string>): S3RequestSignatureV2 {
  const accessKeyId = query.get('AWSAccessKeyId');
  const signature = query.get('Signature');
  const expires = query.get('Expires');
  if (!accessKeyId || !signature || !expires) throw new OssError('AccessDenied.s3QueryIncomplete');
  if (!/^[0-9]{1,12}$/.test(expires)) throw new OssError('AccessDenied.queryExpires');
  const expiresAtMs = Number(expires) * 1000;
  const token = findToken(query.get(tokenName));
  return {
    version: 'v2',
    place: 'query',
    accessKeyId,
    signature,
    dateLine: expires,
    signedAtMs: undefined,
    expiresAtMs,
    ...token,
  };
}

/** An empty token counts as none. */
function findToken(securityToken: string | undefined): { securityToken?: string } {
  return securityToken ? { securityToken } : {};
}

// --- Time and proof ---

/**
 * Headers hold for {@link s3TimeSkewMsMax} both ways; URLs until they expire, those of version 4 not before they were signed either.
 *
 * @throws OssError RequestTimeTooSkewed, AccessDenied.requestExpired
 */
export function checkS3RequestTime(signature: S3RequestSignature, nowMs: number): void {
  const { signedAtMs, expiresAtMs, place } = signature;
  if (expiresAtMs !== undefined && nowMs > expiresAtMs) {
    throw new OssError('AccessDenied.requestExpired', {
      Expires: formatIsoSeconds(expiresAtMs),
      ServerTime: formatIsoSeconds(nowMs),
    });
  }
  if (signedAtMs === undefined) return;
  const isTooEarly = signedAtMs - nowMs > s3TimeSkewMsMax;
  const isTooLate = place === 'header' && nowMs - signedAtMs > s3TimeSkewMsMax;
  if (!isTooEarly && !isTooLate) return;
  throw new OssError('RequestTimeTooSkewed', {
    RequestTime: formatIsoSeconds(signedAtMs),
    ServerTime: formatIsoSeconds(nowMs),
    MaxAllowedSkewMilliseconds: s3TimeSkewMsMax,
  });
}

/**
 * That the holder of `secret` signed this request. `signature` is what {@link findS3RequestSignature} found in it.
 *
 * @throws OssError SignatureDoesNotMatch with what we signed, so that clients can compare it with what they did
 */
export function checkS3RequestSignature(
  hashes: Hashes,
  secret: string,
  request: S3SignableRequest,
  given: S3RequestSignature,
): void {
  const { signature, stringToSign, canonicalRequest } = compute(hashes, secret, request, given);
  // Texts are compared, not what they decode to: there is one right spelling.
  if (hashes.equal(signature, given.signature)) return;
  throw new OssError('SignatureDoesNotMatch', {
    AWSAccessKeyId: given.accessKeyId,
    StringToSign: stringToSign,
    SignatureProvided: given.signature,
    StringToSignBytes: encodeSpacedHex(encodeUtf8(stringToSign)),
    ...(canonicalRequest !== undefined && {
      CanonicalRequest: canonicalRequest,
      CanonicalRequestBytes: encodeSpacedHex(encodeUtf8(canonicalRequest)),
    }),
  });
}

interface Computed {
  readonly signature: string;
  readonly stringToSign: string;
  readonly canonicalRequest?: string;
}

function compute(
  hashes: Hashes,
  secret: string,
  request: S3SignableRequest,
  given: S3RequestSignature,
): Computed {
  if (given.version === 'v2') {
    const stringToSign = s3StringToSignV2(request, given.dateLine);
    return { signature: signV1(hashes, secret, stringToSign), stringToSign };
  }
  const canonicalRequest = s3CanonicalRequest(request, given);
  const stringToSign = s3StringToSign(hashes, given, canonicalRequest);
  return {
    signature: signS3V4(hashes, s3SigningKey(hashes, secret, given), stringToSign),
    stringToSign,
    canonicalRequest,
  };
}
