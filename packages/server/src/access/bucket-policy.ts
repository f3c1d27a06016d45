// The policy of a bucket: kept as it was given, read when it is needed. The same text is read for request after request, so the latest
// readings are remembered.

import { type AccessPolicy, parseAccessPolicy } from '@postern/protocol';
import type { BucketRecord } from '@postern/storage';

/** The name of the document among those of a bucket. */
export const policyDocumentName = 'policy';

/** Readings remembered, of 16 KiB of text each at most. */
const rememberedMax = 256;
const remembered = new Map<string, AccessPolicy>();

/** Undefined when the bucket has none. */
export function findBucketPolicy({ documents }: BucketRecord): AccessPolicy | undefined {
  const text = documents[policyDocumentName];
  return text === undefined ? undefined : readPolicy(text);
}

/** The text was read when it was put; reading it cannot fail now. */
function readPolicy(text: string): AccessPolicy {
  const known = remembered.get(text);
  if (known) return known;
  const policy = parseAccessPolicy(text, 'bucket');
  const [oldest] = remembered.keys();
  if (remembered.size >= rememberedMax && oldest !== undefined) remembered.delete(oldest);
  remembered.set(text, policy);
  return policy;
}
