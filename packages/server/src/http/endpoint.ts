// Where this store says it is reached. Tools read the endpoint in a bucket's description and connect to exactly that text, so it must
// be one that has just worked.

import { formatObjectUrl, type ObjectName, parseAddress } from '@postern/protocol';
import type { BucketNameCall, ServiceCall } from '../call.ts';

/** The authority (`host` or `host:port`) without a bucket: of the public URL, or else the one that the client addressed. */
export function endpointOf({ request: { host }, services: { settings } }: ServiceCall): string {
  if (settings.publicUrl !== undefined) return new URL(settings.publicUrl).host;
  const address = parseAddress({ host, rawPath: '/', baseDomains: settings.baseDomains });
  if (address.target === 'bucket') return host.slice(address.bucket.length + 1);
  // ali-oss with an IP endpoint lists buckets under a forged host that begins with the dot behind an empty bucket.
  return host.replace(/^\./, '');
}

/** The URL of an object in the call's bucket, at the public URL or in the style in which the client addressed the bucket. */
export function objectUrl({ request, services, bucketName }: BucketNameCall, key: ObjectName): string {
  const { publicUrl, scheme } = services.settings;
  const style = request.host.startsWith(`${bucketName}.`) ? 'virtual-hosted' : 'path';
  const origin = publicUrl === undefined ? { scheme, addressedHost: request.host } : { publicUrl };
  return formatObjectUrl({ origin, bucket: bucketName, key, style });
}
