// Who signed a request by header or query, with V1, V2 or V4 (OSS API: "Authentication"). Forms sign themselves and are not looked at here.

import {
  type Address,
  checkRequestSignature,
  checkRequestTime,
  findRequestSignature,
  isRequestSignedWith,
  OssError,
  type RequestSignature,
  type SignableRequest,
} from '@postern/protocol';
import type { Caller, OssRequest, RequestTrace, Services } from '../call.ts';
import type { ServerSettings } from '../server-settings.ts';
import { checkSigner } from './credentials.ts';

/**
 * SDKs that are given an IP address as endpoint may address a bucket by path and by an invented Host at once; which of the two readings
 * was meant is told by the signature alone, because the resource is part of what was signed.
 *
 * @param readings of the address, the likeliest first
 * @returns the caller, and the reading that the signature fits
 * @throws OssError
 */
export function authenticate(
  request: OssRequest,
  readings: readonly Address[],
  services: Services,
  trace: RequestTrace,
): { readonly caller: Caller; readonly address: Address } {
  const [first, ...others] = readings.map((address) => ({ address, signable: asSignable(request, address) }));
  if (first === undefined) throw new Error('a request without an address cannot be authenticated');
  const signature = findRequestSignature(first.signable);
  if (signature === undefined) return { caller: { kind: 'anonymous' }, address: first.address };
  trace.accessKeyId = signature.accessKeyId;
  checkVersion(services.settings, signature);
  checkRequestTime(signature, request.receivedAtMs);
  checkRegion(services, signature);
  let address = first.address;
  const caller = checkSigner(signature, { ...services, nowMs: request.receivedAtMs }, (secret) => {
    const other = others.find(({ signable }) =>
      isRequestSignedWith(services.hashes, secret, signable, signature),
    );
    address = (other ?? first).address;
    if (other === undefined) checkRequestSignature(services.hashes, secret, first.signable, signature);
  });
  return { caller, address };
}

function asSignable(request: OssRequest, address: Address): SignableRequest {
  const { method, queryList, headers } = request;
  if (address.target === 'service') return { method, queryList, headers, resource: {} };
  const { bucket } = address;
  const resource = address.target === 'object' ? { bucket, key: address.key } : { bucket };
  return { method, queryList, headers, resource };
}

/** @throws OssError AccessDenied.v1Refused */
export function checkVersion(
  { refuseV1 }: ServerSettings,
  { version }: { readonly version: 'v1' | 'v2' | 'v4' },
): void {
  if (refuseV1 && version === 'v1') throw new OssError('AccessDenied.v1Refused');
}

function checkRegion({ settings }: Services, signature: RequestSignature): void {
  if (!settings.strictRegion || signature.version !== 'v4' || signature.region === settings.region) return;
  throw new OssError(
    signature.place === 'query' ? 'InvalidArgument.signRegionInUrl' : 'InvalidArgument.signRegion',
  );
}
