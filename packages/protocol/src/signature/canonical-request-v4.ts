// What V4 signs (OSS: "Include a V4 signature in the header", "… in a URL"): the canonical request, and the string that binds its
// hash to a time and to the scope of the key.

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import { encodeHex } from '../hex.ts';
import { encodeComponent, encodePath } from '../percent.ts';
import { parseBasicDate } from '../time.ts';
import { compareText, resourcePath, type SignableRequest } from './signable-request.ts';
import {
  signingKeyV4,
  type V4Scope,
  v4Algorithm,
  v4Product,
  v4Terminator,
  writeV4Scope,
} from './signing-key-v4.ts';

/** Bodies are not part of the signature: all SDKs send this, and a hash of the body that nobody checked would prove nothing. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** What is signed beside the request itself. */
export interface V4SigningFacts extends V4Scope {
  /** `20231216T162057Z` */
  readonly dateTime: string;
  /** `oss`, or `oss-cloudbox`, where the region is the id of the box. */
  readonly product: string;
  /** Headers signed beyond those that always are; see {@link parseAdditionalHeaders}. */
  readonly additionalHeaders: readonly string[];
}

/** VERB, URI, query, headers, names of additional headers, payload: six parts, each on its own line or lines. */
export function canonicalRequestV4(request: SignableRequest, additionalHeaders: readonly string[]): string {
  return [
    request.method,
    encodePath(resourcePath(request)),
    canonicalQuery(request),
    canonicalHeaders(request, additionalHeaders),
    additionalHeaders.join(';'),
    unsignedPayload,
  ].join('\n');
}

/** Every parameter but the signature itself, sorted by encoded name. Duplicates keep their order, so that it cannot be changed. */
export function canonicalQuery({ queryList }: SignableRequest): string {
  return queryList
    .filter(([name]) => name !== 'x-oss-signature')
    .map(([name, value]) => [encodeComponent(name), encodeComponent(value)] as const)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
}

function canonicalHeaders({ headers }: SignableRequest, additionalHeaders: readonly string[]): string {
  return [...headers]
    .filter(([name]) => isAlwaysSigned(name) || additionalHeaders.includes(name))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('');
}

function isAlwaysSigned(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-');
}

/** @throws OssError InvalidArgument.contentSha256 unless `x-oss-content-sha256` is absent or {@link unsignedPayload} */
export function checkPayloadUnsigned({ headers }: SignableRequest): void {
  const value = headers.get('x-oss-content-sha256')?.trim() ?? unsignedPayload;
  if (value !== unsignedPayload) throw new OssError('InvalidArgument.contentSha256');
}

/**
 * Names of additional headers, from `host;range`: lower case, sorted, each once, without those that are signed anyhow.
 *
 * @throws OssError InvalidArgument.additionalHeaders when the request lacks one: it would be signed as if it were not named
 */
export function parseAdditionalHeaders(
  { headers }: SignableRequest,
  list: string,
  isSignedAnyhow: (name: string) => boolean = isAlwaysSigned,
): readonly string[] {
  const names = list.split(';').map((name) => name.trim().toLowerCase());
  const additional = [...new Set(names)]
    .filter((name) => name !== '' && !isSignedAnyhow(name))
    .sort(compareText);
  const missing = additional.find((name) => !headers.has(name));
  if (missing !== undefined) throw new OssError('InvalidArgument.additionalHeaders', { field: missing });
  return additional;
}

export function stringToSignV4(hashes: Hashes, facts: V4SigningFacts, canonicalRequest: string): string {
  const hash = encodeHex(hashes.sha256(canonicalRequest));
  return [v4Algorithm, facts.dateTime, writeV4Scope(facts, facts.product), hash].join('\n');
}

/** Lower-case hex of HMAC-SHA256 with the key of the scope. */
export function signV4(hashes: Hashes, secret: string, facts: V4SigningFacts, stringToSign: string): string {
  const key = signingKeyV4(hashes, secret, facts.date, facts.region, facts.product);
  return encodeHex(hashes.hmacSha256(key, stringToSign));
}

// --- The credential: who signs, and the scope of the key ---

export interface V4Credential extends V4Scope {
  readonly accessKeyId: string;
  readonly product: string;
}

/** `<key id>/<YYYYMMDD>/<region>/<product>/aliyun_v4_request` */
export function writeCredential(credential: V4Credential): string {
  return `${credential.accessKeyId}/${writeV4Scope(credential, credential.product)}`;
}

const products: readonly string[] = [v4Product, 'oss-cloudbox'];

/**
 * Reads {@link writeCredential}.
 *
 * @param place where the credential stood, for the wording of errors
 * @throws OssError InvalidArgument.signCredential, .signDate, .signRegion (.signRegionInUrl)
 */
export function parseCredential(text: string, place: 'header' | 'query'): V4Credential {
  const parts = text.split('/');
  const [accessKeyId = '', date = '', region = '', product = '', terminator] = parts;
  if (
    parts.length !== 5 ||
    accessKeyId === '' ||
    terminator !== v4Terminator ||
    !products.includes(product)
  ) {
    throw new OssError('InvalidArgument.signCredential');
  }
  if (parseBasicDate(`${date}T000000Z`) === undefined) throw new OssError('InvalidArgument.signDate');
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(region)) {
    throw new OssError(place === 'header' ? 'InvalidArgument.signRegion' : 'InvalidArgument.signRegionInUrl');
  }
  return { accessKeyId, date, region, product };
}

/**
 * The time of a V4 signature, which must be on the day of its credential.
 *
 * @throws OssError InvalidArgument.signDate
 */
export function parseSigningTime(dateTime: string, { date }: V4Scope): number {
  const timeMs = parseBasicDate(dateTime);
  if (timeMs === undefined || !dateTime.startsWith(date)) throw new OssError('InvalidArgument.signDate');
  return timeMs;
}

/** What clients choose when they sign with V4. */
export interface V4SigningOptions {
  /** Milliseconds since the epoch; parts of a second are cut off. */
  readonly timeMs: number;
  /** Without `oss-`, e.g. `cn-hangzhou`. */
  readonly region: string;
  /** `oss` unless given. */
  readonly product?: string;
  /** Names of headers of the request, in any case and order. */
  readonly additionalHeaders?: readonly string[];
}
