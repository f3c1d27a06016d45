// What a request is about: the service, a bucket or an object, from its host and path (OSS: "Access OSS with endpoints", and what the
// SDKs really send to hosts that are not Alibaba's). Names come out proven. Paths are decoded once, then opaque: `//`, `.` and `..` are
// parts of names, and an escaped slash is a slash (the Python SDK escapes each of them).

import { type BucketName, parseBucketName } from './bucket-name.ts';
import { OssError } from './errors.ts';
import { type ObjectName, parseObjectName } from './object-name.ts';
import { decodePercent, encodePath } from './percent.ts';

/** `http://<bucket>.<endpoint>/<key>` or `http://<endpoint>/<bucket>/<key>`. */
export type AddressStyle = 'virtual-hosted' | 'path';

export type AddressTarget =
  | { readonly target: 'service' }
  | { readonly target: 'bucket'; readonly bucket: BucketName; readonly style: AddressStyle }
  | {
      readonly target: 'object';
      readonly bucket: BucketName;
      readonly key: ObjectName;
      readonly style: AddressStyle;
    };

export type Address = AddressTarget & {
  /**
   * What else the request may mean. Only the signature tells: whoever finds it wrong for the first reading tries this one.
   * See {@link parseAddress}.
   */
  readonly otherReading?: AddressTarget;
};

/** Names of this machine that browsers resolve without DNS; buckets go in front, as with configured base domains. */
const loopbackDomains = ['localhost', 'oss.localhost'];

/** Hosts that SDKs forge: the bucket, possibly empty, and an endpoint of Alibaba's. */
const aliyunHost = /^(.*)\.(?:oss-[a-z0-9-]+|[a-z0-9-]+\.oss)\.aliyuncs\.com$/;

/** What is needed to know what a request is about. */
export interface AddressParts {
  /** As in the Host header: any case, perhaps with a port or a trailing dot, perhaps an IPv6 literal. */
  readonly host: string;
  /** As sent: percent-encoded, without the query. */
  readonly rawPath: string;
  /** Hosts in front of which buckets are addressed, in lower case, without ports: `oss.example.com` for `photos.oss.example.com`. */
  readonly baseDomains: readonly string[];
}

/**
 * The bucket is in front of the host where that ends in a base domain, `localhost` or an endpoint of Alibaba's; for any other host
 * (IP addresses above all) it begins the path.
 *
 * ali-oss that was given an IP address sends `Host: <bucket>.oss-cn-hangzhou.aliyuncs.com` all the same. With `sldEnable` it
 * puts the bucket into the path too; such a request may also be about a key that begins like the bucket. The first reading is
 * the key, {@link Address.otherReading} the bucket in the path.
 *
 * @throws OssError InvalidURI (a path that does not begin with '/'), InvalidBucketName, InvalidObjectName (also for escapes that are
 *   broken or not UTF-8)
 */
export function parseAddress({ host, rawPath, baseDomains }: AddressParts): Address {
  if (!rawPath.startsWith('/')) throw new OssError('InvalidURI');
  const path = decodePercent(rawPath.slice(1));
  if (path === undefined) throw new OssError('InvalidObjectName');

  const hostName = parseHostName(host);
  const label = findBucketLabel(hostName, baseDomains);
  if (label === undefined || label === '') return readPathStyle(path);
  const bucket = parseBucketName(label);
  const reading = locate(bucket, path, 'virtual-hosted');
  if (!aliyunHost.test(hostName) || !isBucketInPath(bucket, path)) return reading;
  return { ...reading, otherReading: readPathStyle(path) };
}

/** Whether a path may begin with the bucket. Names begin with no slash, so that `bucket//a` can only be a name as a whole. */
function isBucketInPath(bucket: BucketName, path: string): boolean {
  return path === bucket || (path.startsWith(`${bucket}/`) && !/^[/\\]/.test(path.slice(bucket.length + 1)));
}

function readPathStyle(path: string): AddressTarget {
  if (path === '') return { target: 'service' };
  const slash = path.indexOf('/');
  if (slash === -1) return locate(parseBucketName(path), '', 'path');
  return locate(parseBucketName(path.slice(0, slash)), path.slice(slash + 1), 'path');
}

/** `key` as it was found, empty for the bucket itself. */
function locate(bucket: BucketName, key: string, style: AddressStyle): AddressTarget {
  if (key === '') return { target: 'bucket', bucket, style };
  return { target: 'object', bucket, key: parseObjectName(key), style };
}

/** Whether buckets are addressed by path at this host; otherwise the host names one. */
export function isServiceHost({ host, baseDomains }: Pick<AddressParts, 'host' | 'baseDomains'>): boolean {
  return !findBucketLabel(parseHostName(host), baseDomains);
}

/** What stands in front of the longest domain that fits, perhaps nothing; undefined when the host does not name a bucket. */
function findBucketLabel(hostName: string, baseDomains: readonly string[]): string | undefined {
  let longest = '';
  for (const domain of [...loopbackDomains, ...baseDomains]) {
    if (domain === hostName) return undefined;
    if (domain.length > longest.length && hostName.endsWith(`.${domain}`)) longest = domain;
  }
  if (longest !== '') return hostName.slice(0, -longest.length - 1);
  return aliyunHost.exec(hostName)?.[1];
}

/** The host in lower case without its port and trailing dot; an IPv6 literal keeps its brackets. */
export function parseHostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:[0-9]*$/, '')
    .replace(/\.$/, '');
}

/** Where an object's URL begins: at a URL of the service that was configured, or at the host that a client addressed. */
export type ObjectUrlOrigin =
  | { readonly publicUrl: string }
  | { readonly scheme: 'http' | 'https'; readonly addressedHost: string };

export interface ObjectUrlParts {
  readonly origin: ObjectUrlOrigin;
  readonly bucket: BucketName;
  readonly key: ObjectName;
  readonly style: AddressStyle;
}

/**
 * The URL of an object, as in Location headers and PostResponse. An addressed host of the virtual-hosted style has the bucket in
 * front already; in front of a public URL's host it is put, unless that is an IP address.
 */
export function formatObjectUrl({ origin, bucket, key, style }: ObjectUrlParts): string {
  const path = encodePath(key);
  if ('addressedHost' in origin) {
    const base = `${origin.scheme}://${origin.addressedHost}`;
    return style === 'path' ? `${base}/${bucket}/${path}` : `${base}/${path}`;
  }
  const [scheme = '', rest = ''] = origin.publicUrl.split('://', 2);
  const authority = rest.replace(/\/+$/, '');
  if (style === 'path' || isIpAddress(parseHostName(authority))) {
    return `${scheme}://${authority}/${bucket}/${path}`;
  }
  return `${scheme}://${bucket}.${authority}/${path}`;
}

/** Whether a host is an IPv4 address or an IPv6 literal: nothing can be put in front of those. */
function isIpAddress(hostName: string): boolean {
  return hostName.startsWith('[') || /^[0-9]+(\.[0-9]+){3}$/.test(hostName);
}
