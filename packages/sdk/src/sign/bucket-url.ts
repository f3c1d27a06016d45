// Where the forms of a bucket are posted. A name of OSS's kind has the bucket in front of it (`https://bucket.oss-cn-hangzhou.aliyuncs.com/`);
// an IP address or plain `localhost` cannot, so there the bucket is the path (`http://127.0.0.1:9780/bucket/`).

import { isBucketName } from '@postern/protocol';

/**
 * @param endpoint host, perhaps with port and scheme. Without a scheme it is https, but http for IP addresses and `localhost` names
 * @throws TypeError when `endpoint` is not a bare host or `bucket` not a bucket name
 */
export function writeBucketUrl(endpoint: string, bucket: string): string {
  checkBucket(bucket);
  const hasScheme = /^https?:\/\//i.test(endpoint);
  const url = parseUrl(hasScheme ? endpoint : `http://${endpoint}`);
  if (url?.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    throw new TypeError(
      `not an endpoint: "${endpoint}"; write a host such as "oss-cn-hangzhou.aliyuncs.com"`,
    );
  }
  const isAddress = /^(\d+\.){3}\d+$|^\[/.test(url.hostname);
  const isLocal = isAddress || /(^|\.)localhost$/.test(url.hostname);
  const scheme = hasScheme ? url.protocol : isLocal ? 'http:' : 'https:';
  return isAddress || url.hostname === 'localhost'
    ? `${scheme}//${url.host}/${bucket}/`
    : `${scheme}//${bucket}.${url.host}/`;
}

/** @throws TypeError */
export function checkBucket(bucket: string): void {
  if (typeof bucket === 'string' && isBucketName(bucket)) return;
  throw new TypeError(`not a bucket name: "${bucket}"; 3 to 63 of a-z, 0-9 and "-", no "-" at the ends`);
}

/**
 * An address of one's own, e.g. a domain bound to the bucket.
 * @throws TypeError unless it is http or https and has no name, password, query or fragment
 */
export function checkPostUrl(text: string): string {
  const url = parseUrl(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password) {
    throw new TypeError(`not an address to post a form to: "${text}"`);
  }
  return url.href.replace(/\/?$/, '/');
}

export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
