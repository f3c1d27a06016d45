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
  return chainKey(hashes, v4KeyPrefix + secret, [date, region, product, v4Terminator]);
}

// --- The chain, which S3's version 4 makes of other words ---

/** Keys that were derived, by what they were derived from, oldest first; of each set of hashes its own. */
const keptKeys = new WeakMap<Hashes, Map<string, Uint8Array>>();

/** Many times what a server meets in a day: the keys of its users, of today and yesterday. */
export const keptKeysMax = 1024;
/** The secret and the scope together. A scope is only claimed: a client may make it as long as a field can be. */
const keptFactsCharactersMax = 256;

/** HMAC-SHA256 of each link, with the key that is that of the link before. Derived once: four hashes a request are most of its cost. */
export function chainKey(hashes: Hashes, firstKey: string, links: readonly string[]): Uint8Array {
  const kept = keptKeys.get(hashes) ?? new Map<string, Uint8Array>();
  keptKeys.set(hashes, kept);
  const facts = JSON.stringify([firstKey, ...links]);
  const known = kept.get(facts);
  if (known) return known;
  let key: Uint8Array = encodeUtf8(firstKey);
  for (const link of links) key = hashes.hmacSha256(key, link);
  if (facts.length > keptFactsCharactersMax) return key;
  const [oldest] = kept.keys();
  if (kept.size >= keptKeysMax && oldest !== undefined) kept.delete(oldest);
  kept.set(facts, key);
  return key;
}
