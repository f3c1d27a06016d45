// The V4 signature of a form (OSS: "Include a V4 signature in a POST request"): HMAC-SHA256 over the policy field exactly as it is sent,
// with a key bound to the day and region that the credential names. There is no canonical request.

import type { Hashes } from '../hashes.ts';
import { encodeHex } from '../hex.ts';
import { signingKeyV4, type V4Scope } from './signing-key-v4.ts';

/** The form's `x-oss-signature` field. `policyBase64` is its `policy` field, byte for byte. */
export function signPostV4(
  hashes: Hashes,
  secret: string,
  { date, region }: V4Scope,
  policyBase64: string,
): string {
  return encodeHex(hashes.hmacSha256(signingKeyV4(hashes, secret, date, region), policyBase64));
}
