// Signs what the client sends: headers for a request, parameters for an address that others use (OSS: "Add signatures to headers", "… to
// URLs", and the same for V4).

import {
  presignV1,
  presignV4,
  type QueryParameter,
  type SigningKey,
  signRequestV1,
  signRequestV4,
} from '@postern/protocol';
import { nobleHashes } from '../sign/noble-hashes.ts';
import type { Target } from './request-address.ts';

export type SignVersion = 'v1' | 'v4';

/** How and when to sign. */
export interface Signing {
  readonly accessKey: SigningKey;
  readonly region: string;
  readonly version: SignVersion;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

export interface UnsignedRequest {
  readonly method: string;
  readonly target: Target;
  readonly query: readonly QueryParameter[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** All headers to send: those of the request, and the signature's. */
export function signRequest(request: UnsignedRequest, signing: Signing): Record<string, string> {
  const { accessKey, region, version, nowMs } = signing;
  const signable = asSignable(request);
  const added =
    version === 'v1'
      ? signRequestV1(nobleHashes, accessKey, signable, nowMs)
      : signRequestV4(nobleHashes, accessKey, signable, { timeMs: nowMs, region });
  return { ...request.headers, ...added };
}

/** The whole query of the signed address. */
export function presignRequest(
  request: UnsignedRequest,
  signing: Signing,
  expiresInSeconds: number,
): QueryParameter[] {
  const { accessKey, region, version, nowMs } = signing;
  const signable = asSignable(request);
  return version === 'v1'
    ? presignV1(nobleHashes, accessKey, signable, nowMs + expiresInSeconds * 1000)
    : presignV4(nobleHashes, accessKey, signable, expiresInSeconds, { timeMs: nowMs, region });
}

/** Content-Length is left out: no signature covers it, and it is known only when the body is. */
function asSignable({ method, target, query, headers }: UnsignedRequest) {
  return { method, resource: target, queryList: query, headers: new Map(Object.entries(headers)) };
}
