// Where a request goes. Endpoints that are an IP address or `localhost` are addressed by path (`/bucket/key`), as every OSS SDK does,
// since no DNS gives names below them; all others by host (`bucket.endpoint/key`), the only form public OSS takes.

import { isIP } from 'node:net';
import { encodePath, formatQuery, type QueryParameter } from '@postern/protocol';

export type Addressing = 'path' | 'host';

/** What a request is about: the service, a bucket, or an object. */
export interface Target {
  readonly bucket?: string;
  readonly key?: string;
}

/**
 * Text rather than a URL: a URL resolves `..` and even `%2E%2E`, which are ordinary parts of object names.
 */
export interface RequestAddress {
  /** Scheme, host and port, e.g. `http://127.0.0.1:9780`. */
  readonly origin: string;
  /** Path and query, percent-encoded. */
  readonly path: string;
}

/**
 * `https://` is assumed when no scheme is given, as ossutil does, except for addresses of this machine.
 *
 * @throws TypeError when this is no http or https address
 */
export function parseEndpoint(text: string): URL {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = URL.parse(hasScheme ? text : `${isThisMachine(text) ? 'http' : 'https'}://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new TypeError(`"${text}" is not an endpoint such as http://127.0.0.1:9780`);
  }
  return url;
}

function isThisMachine(text: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?\/?$/.test(text);
}

export function chooseAddressing(endpoint: URL): Addressing {
  const host = endpoint.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) > 0 || host === 'localhost' ? 'path' : 'host';
}

export function writeRequestAddress(
  endpoint: URL,
  addressing: Addressing,
  { bucket, key = '' }: Target,
  query: readonly QueryParameter[] = [],
): RequestAddress {
  const inHost = bucket !== undefined && addressing === 'host';
  const host = inHost ? `${bucket}.${endpoint.host}` : endpoint.host;
  const bucketPath = bucket === undefined || inHost ? '' : `/${bucket}`;
  const search = query.length === 0 ? '' : `?${formatQuery(query)}`;
  return {
    origin: `${endpoint.protocol}//${host}`,
    path: `${endpoint.pathname.replace(/\/$/, '')}${bucketPath}/${encodePath(key)}${search}`,
  };
}
