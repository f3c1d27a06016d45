// The V4 signing key: the secret bound to one day, one region and one product by a chain of HMAC-SHA256 (OSS: "Include a V4 signature
// in a POST request", and the V4 signatures of headers and URLs). Whoever holds it can sign for that day only.

import type { Hashes } from '../hashes.ts';
import { encodeUtf8 } from '../utf8.ts';

/** The name of the algorithm: `x-oss-signature-version`, and the first word of an Authorization header. */
export const v4Algorithm = 'OSS4-HMAC-SHA256';

/** The last part of a credential scope. */
export const v4Terminator = 'aliyun_v4_request';

/** The product part of a credential scope. */
export const v4Product = 'oss';

const v4KeyPrefix = 'aliyun_v4';

/** The part of a credential after the key id: what the signing key is bound to. */
export interface V4Scope {
  /** `YYYYMMDD`, UTC. */
  readonly date: string;
  /** e.g. `cn-hangzhou`, without `oss-`. */
  readonly region: string;
}

/** `YYYYMMDD/<region>/<product>/aliyun_v4_request`. */
export function writeV4Scope({ date, region }: V4Scope, product: string = v4Product): string {
  return `${date}/${region}/${product}/${v4Terminator}`;
}

/** 32 bytes. `date` is `YYYYMMDD` in UTC, `region` e.g. `cn-hangzhou`. */
export function signingKeyV4(
  hashes: Hashes,
  secret: string,
  date: string,
  region: string,
  product: string = v4Product,
): Uint8Array {
  let key: Uint8Array = encodeUtf8(v4KeyPrefix + secret);
  for (const link of [date, region, product, v4Terminator]) {
    key = hashes.hmacSha256(key, encodeUtf8(link));
  }
  return key;
}
