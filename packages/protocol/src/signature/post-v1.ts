// The V1 signature of a form (PostObject reference, "Signature"): HMAC-SHA1 over the policy field exactly as it is sent.

import { encodeBase64 } from '../base64.ts';
import type { Hashes } from '../hashes.ts';

/** The form's `Signature` field. `policyBase64` is its `policy` field, byte for byte. */
export function signPostV1(hashes: Hashes, secret: string, policyBase64: string): string {
  return encodeBase64(hashes.hmacSha1(secret, policyBase64));
}
