// Who signed a request, whether in time, and whether they did: V1, V2 and V4, in the Authorization header or in the URL (OSS: "Verify user
// signatures"). Three steps, so that the server can look up the key between them; time is judged before the signature, as OSS does.
// A request with any mark of a signature must have all of it: a broken one is never taken for an anonymous request.

import { type ErrorFacts, OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import { encodeSpacedHex } from '../hex.ts';
import { formatIsoSeconds } from '../time.ts';
import { encodeUtf8 } from '../utf8.ts';
import { canonicalRequestV4, signV4, stringToSignV4 } from './canonical-request-v4.ts';
import { type HeaderSignatureV1, parseHeaderV1 } from './header-v1.ts';
import { type HeaderSignatureV2, parseHeaderV2 } from './header-v2.ts';
import { type HeaderSignatureV4, parseHeaderV4 } from './header-v4.ts';
import { parseQueryV1, type QuerySignatureV1, queryV1Marks } from './query-v1.ts';
import { isQueryV2, parseQueryV2, type QuerySignatureV2, queryV2Marks } from './query-v2.ts';
import { parseQueryV4, type QuerySignatureV4, queryV4Marks } from './query-v4.ts';
import type { SignableRequest } from './signable-request.ts';
import { v4Algorithm } from './signing-key-v4.ts';
import { signV1, stringToSignV1 } from './string-to-sign-v1.ts';
import { signV2, stringToSignV2, v2Algorithm } from './string-to-sign-v2.ts';

/** What a request says of who signed it. Nothing of it is proved yet. */
export type RequestSignature =
  | HeaderSignatureV1
  | QuerySignatureV1
  | HeaderSignatureV2
  | QuerySignatureV2
  | HeaderSignatureV4
  | QuerySignatureV4;

/** How far the client's clock may be from ours. */
export const requestTimeSkewMsMax = 15 * 60 * 1000;

/**
 * The signature that a request carries; undefined when it carries none and is anonymous.
 *
 * @throws OssError InvalidArgument.authorizationTwice, .authorizationType, and those of {@link parseHeaderV1} and its like, {@link parseQueryV1} and
 *   its like
 */
export function findRequestSignature(request: SignableRequest): RequestSignature | undefined {
  const authorization = request.headers.get('authorization');
  const inHeader = authorization !== undefined;
  const inQueryV1 = hasParameter(request, queryV1Marks);
  const inQueryV4 = hasParameter(request, queryV2And4Marks);
  if (Number(inHeader) + Number(inQueryV1) + Number(inQueryV4) > 1) {
    throw new OssError('InvalidArgument.authorizationTwice');
  }
  if (inHeader) return parseAuthorization(request, authorization);
  if (inQueryV4) return isQueryV2(request) ? parseQueryV2(request) : parseQueryV4(request);
  if (inQueryV1) return parseQueryV1(request);
  return undefined;
}

/** They share most of their names. */
const queryV2And4Marks = [...queryV4Marks, ...queryV2Marks];

function hasParameter({ queryList }: SignableRequest, names: readonly string[]): boolean {
  return queryList.some(([name]) => names.includes(name));
}

function parseAuthorization(request: SignableRequest, authorization: string): RequestSignature {
  const [, scheme, parameters = ''] = /^(\S*)\s*(.*)$/s.exec(authorization.trim()) ?? [];
  if (scheme === 'OSS') return parseHeaderV1(request, parameters);
  if (scheme === v4Algorithm) return parseHeaderV4(request, parameters);
  if (scheme === v2Algorithm) return parseHeaderV2(request, parameters);
  throw new OssError('InvalidArgument.authorizationType');
}

/**
 * Headers hold for {@link requestTimeSkewMsMax} both ways; URLs until they expire, V4 ones not before they were signed either.
 *
 * @throws OssError RequestTimeTooSkewed, AccessDenied.requestExpired; both tell the server's time, from which clients correct theirs
 */
export function checkRequestTime(signature: RequestSignature, nowMs: number): void {
  if (signature.place === 'query') checkNotExpired(signature.expiresAtMs, nowMs);
  if (signature.place === 'query' && signature.version !== 'v4') return;
  const aheadMs = signature.signedAtMs - nowMs;
  const tooOld = signature.place === 'header' && -aheadMs > requestTimeSkewMsMax;
  if (!tooOld && aheadMs <= requestTimeSkewMsMax) return;
  throw new OssError('RequestTimeTooSkewed', {
    MaxAllowedSkewMilliseconds: requestTimeSkewMsMax,
    RequestTime: formatIsoSeconds(signature.signedAtMs),
    ServerTime: formatIsoSeconds(nowMs),
  });
}

function checkNotExpired(expiresAtMs: number, nowMs: number): void {
  if (nowMs <= expiresAtMs) return;
  throw new OssError('AccessDenied.requestExpired', {
    Expires: formatIsoSeconds(expiresAtMs),
    ServerTime: formatIsoSeconds(nowMs),
  });
}

/**
 * That the holder of `secret` signed this request. `signature` is what {@link findRequestSignature} found in it.
 *
 * @throws OssError SignatureDoesNotMatch.v1, .v2 or .v4 with what we signed, so that clients can compare it with what they did
 */
export function checkRequestSignature(
  hashes: Hashes,
  secret: string,
  request: SignableRequest,
  signature: RequestSignature,
): void {
  const expected = computeSignature(hashes, secret, request, signature);
  if (isEqual(hashes, expected, signature)) return;
  throw new OssError(`SignatureDoesNotMatch.${signature.version}`, {
    OSSAccessKeyId: signature.accessKeyId,
    SignatureProvided: signature.signature,
    StringToSign: expected.stringToSign,
    StringToSignBytes: encodeSpacedHex(encodeUtf8(expected.stringToSign)).toUpperCase(),
    ...expected.facts,
  });
}

/** {@link checkRequestSignature} as a question. */
export function isRequestSignedWith(
  hashes: Hashes,
  secret: string,
  request: SignableRequest,
  signature: RequestSignature,
): boolean {
  return isEqual(hashes, computeSignature(hashes, secret, request, signature), signature);
}

interface ComputedSignature {
  readonly signature: string;
  readonly stringToSign: string;
  /** More to tell a client whose signature is another. */
  readonly facts: ErrorFacts;
}

function computeSignature(
  hashes: Hashes,
  secret: string,
  request: SignableRequest,
  given: RequestSignature,
): ComputedSignature {
  if (given.version === 'v1') {
    const stringToSign = stringToSignV1(request, given.dateLine);
    return { signature: signV1(hashes, secret, stringToSign), stringToSign, facts: {} };
  }
  if (given.version === 'v2') {
    const stringToSign = stringToSignV2(request, given.dateLine, given.additionalHeaders);
    return { signature: signV2(hashes, secret, stringToSign), stringToSign, facts: {} };
  }
  const canonicalRequest = canonicalRequestV4(request, given.additionalHeaders);
  const stringToSign = stringToSignV4(hashes, given, canonicalRequest);
  const signature = signV4(hashes, secret, given, stringToSign);
  return { signature, stringToSign, facts: { CanonicalRequest: canonicalRequest } };
}

/** In constant time. Texts are compared, not what they decode to: there is one right spelling. */
function isEqual(hashes: Hashes, expected: ComputedSignature, given: RequestSignature): boolean {
  return hashes.equal(expected.signature, given.signature);
}
