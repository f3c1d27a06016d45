// V4 in the Authorization header (OSS: "Include a V4 signature in the header"):
// `OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=host;range,Signature=…`. SDKs differ in blanks and order; both are free.

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import { formatBasicDate, parseHttpDate } from '../time.ts';
import {
  canonicalRequestV4,
  checkPayloadUnsigned,
  parseAdditionalHeaders,
  parseCredential,
  parseSigningTime,
  signV4,
  stringToSignV4,
  unsignedPayload,
  type V4SigningFacts,
  type V4SigningOptions,
  writeCredential,
} from './canonical-request-v4.ts';
import { findTokenInHeader, tokenHeader } from './security-token.ts';
import type { SignableRequest, SigningKey } from './signable-request.ts';
import { v4Algorithm, v4Product } from './signing-key-v4.ts';

export interface HeaderSignatureV4 extends V4SigningFacts {
  readonly version: 'v4';
  readonly place: 'header';
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken?: string;
  readonly signedAtMs: number;
}

/**
 * @param parameters of the Authorization header: what follows `OSS4-HMAC-SHA256 `
 * @throws OssError InvalidArgument.authorization, .signCredential, .signDate, .signRegion, .additionalHeaders, .contentSha256,
 *   .tokenTwice, AccessDenied.noDate
 */
export function parseHeaderV4(request: SignableRequest, parameters: string): HeaderSignatureV4 {
  const named = parseParameters(parameters);
  const signature = named.get('Signature');
  if (!signature) throw new OssError('InvalidArgument.authorization');
  const credential = parseCredential(named.get('Credential') ?? '', 'header');
  const dateTime = parseDateTime(request);
  checkPayloadUnsigned(request);
  return {
    version: 'v4',
    place: 'header',
    signature,
    ...credential,
    dateTime,
    signedAtMs: parseSigningTime(dateTime, credential),
    additionalHeaders: parseAdditionalHeaders(request, named.get('AdditionalHeaders') ?? ''),
    ...findTokenInHeader(request),
  };
}

const parameterNames: readonly string[] = ['Credential', 'AdditionalHeaders', 'Signature'];

function parseParameters(text: string): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const parameter of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([A-Za-z]+)=(\S*)\s*$/.exec(parameter) ?? [];
    if (!parameterNames.includes(name) || named.has(name))
      throw new OssError('InvalidArgument.authorization');
    named.set(name, value);
  }
  return named;
}

/** `x-oss-date`, or Date in its other spelling. */
function parseDateTime({ headers }: SignableRequest): string {
  const ossDate = headers.get('x-oss-date');
  if (ossDate !== undefined) return ossDate.trim();
  const dateMs = parseHttpDate(headers.get('date')?.trim() ?? '');
  if (dateMs === undefined) throw new OssError('AccessDenied.noDate');
  return formatBasicDate(dateMs);
}

/**
 * The headers to add to `request`, names in lower case.
 *
 * @throws OssError InvalidArgument.additionalHeaders when one of those is not in `request`
 */
export function signRequestV4(
  hashes: Hashes,
  key: SigningKey,
  request: SignableRequest,
  options: V4SigningOptions,
): Record<string, string> {
  const dateTime = formatBasicDate(options.timeMs);
  const added: Record<string, string> = { 'x-oss-content-sha256': unsignedPayload, 'x-oss-date': dateTime };
  if (key.securityToken) added[tokenHeader] = key.securityToken;
  const signed = { ...request, headers: new Map([...request.headers, ...Object.entries(added)]) };

  const additionalHeaders = parseAdditionalHeaders(signed, options.additionalHeaders?.join(';') ?? '');
  const { region, product = v4Product } = options;
  const facts = { date: dateTime.slice(0, 8), region, product, dateTime, additionalHeaders };
  const stringToSign = stringToSignV4(hashes, facts, canonicalRequestV4(signed, additionalHeaders));
  const parameters = [
    `Credential=${writeCredential({ ...facts, accessKeyId: key.accessKeyId })}`,
    ...(additionalHeaders.length === 0 ? [] : [`AdditionalHeaders=${additionalHeaders.join(';')}`]),
    `Signature=${signV4(hashes, key.accessKeySecret, facts, stringToSign)}`,
  ];
  return { ...added, authorization: `${v4Algorithm} ${parameters.join(',')}` };
}
