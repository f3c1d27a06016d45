// The configurations of a bucket: what was parsed from a document is kept as JSON under a name of its own in the bucket's record, and
// read again by whatever enforces it. They come with every look at the bucket, so a request pays for none that it does not ask for.

import { OssError, type Tag } from '@postern/protocol';
import type {
  CorsConfiguration,
  EncryptionRule,
  InventoryConfiguration,
  LifecycleConfiguration,
  LoggingTarget,
  Payer,
  RefererConfiguration,
  WebsiteConfiguration,
  WormConfiguration,
} from '@postern/protocol/xml';
import type { BucketRecord } from '@postern/storage';
import type { BucketCall } from '../call.ts';

type Documents = Pick<BucketRecord, 'documents'>;

/** One kind of configuration. */
export interface BucketDocument<Configuration> {
  /** Its key among the bucket's documents; part of the format on disk. */
  readonly name: string;
  /** Undefined when the bucket has none. */
  find(bucket: Documents): Configuration | undefined;
  /** What storage keeps of it. */
  write(configuration: Configuration): string;
}

/** How many configurations of a kind stay parsed: those of the buckets in use. */
const parsedMax = 16;

function bucketDocument<Configuration>(name: string): BucketDocument<Configuration> {
  const parsed = new Map<string, Configuration>();
  return {
    name,
    find({ documents }) {
      const text = documents[name];
      if (text === undefined) return undefined;
      const known = parsed.get(text);
      if (known !== undefined) return known;
      const configuration = JSON.parse(text) as Configuration;
      const [oldest] = parsed.keys();
      if (parsed.size >= parsedMax && oldest !== undefined) parsed.delete(oldest);
      parsed.set(text, configuration);
      return configuration;
    },
    write: (configuration) => JSON.stringify(configuration),
  };
}

export const bucketTags = bucketDocument<readonly Tag[]>('tagging');
export const bucketCors = bucketDocument<CorsConfiguration>('cors');
export const bucketReferer = bucketDocument<RefererConfiguration>('referer');
export const bucketEncryption = bucketDocument<EncryptionRule>('encryption');
export const bucketLifecycle = bucketDocument<LifecycleConfiguration>('lifecycle');
/** By id, ascending. */
export const bucketInventories = bucketDocument<readonly InventoryConfiguration[]>('inventory');
export const bucketLogging = bucketDocument<LoggingTarget>('logging');
/** Only `Requester` is kept. */
export const bucketPayer = bucketDocument<Payer>('requestPayment');
/** Only `true` is kept. */
export const bucketPublicAccessBlock = bucketDocument<true>('publicAccessBlock');
export const bucketWebsite = bucketDocument<WebsiteConfiguration>('website');
/** It may have lapsed: worm.ts tells. */
export const bucketWorm = bucketDocument<WormConfiguration>('worm');

/** @param configuration undefined: the bucket has none any more. @throws OssError NoSuchBucket (removed since the request began) */
export async function setBucketDocument<Configuration>(
  { bucketName, services }: BucketCall,
  document: BucketDocument<Configuration>,
  configuration: Configuration | undefined,
): Promise<void> {
  const text = configuration === undefined ? undefined : document.write(configuration);
  const changed = await services.store.changeBucket(bucketName, { documents: { [document.name]: text } });
  if (!changed) throw new OssError('NoSuchBucket', { BucketName: bucketName });
}

/** How often a change is worked out anew because another one came between, before it fails. */
const changeAttempts = 1000;

/**
 * Replaces a configuration by what `change` makes of it as it is at that moment; undefined: none. Called again when it is no longer so.
 *
 * @throws OssError NoSuchBucket, and whatever `change` throws, after which nothing has changed
 */
export async function changeBucketDocument<Configuration>(
  { bucketName, services: { store } }: BucketCall,
  document: BucketDocument<Configuration>,
  change: (current: Configuration | undefined) => Configuration | undefined,
): Promise<void> {
  const { name } = document;
  for (let attempt = 1; attempt <= changeAttempts; attempt++) {
    const bucket = await store.findBucket(bucketName);
    if (!bucket) throw new OssError('NoSuchBucket', { BucketName: bucketName });
    const changed = change(document.find(bucket));
    const text = changed === undefined ? undefined : document.write(changed);
    const replacement = { document: name, seen: bucket.documents[name], text };
    const outcome = await store.replaceDocument(bucketName, replacement);
    if (outcome === 'replaced') return;
    if (outcome === 'no-bucket') throw new OssError('NoSuchBucket', { BucketName: bucketName });
  }
  throw new Error(`The ${name} of ${bucketName} never stays as it is.`);
}
