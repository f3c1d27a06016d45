// Somebody's web site: an origin of its own on this machine, with the pages a test gives it, that remembers what it was asked.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SiteReply {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SiteRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Site {
  /** E.g. `http://127.0.0.1:40000`. */
  readonly origin: string;
  /** Oldest first, but for those for its icon. */
  readonly requests: readonly SiteRequest[];
  /** Puts a page there: HTML, unless its headers say otherwise. */
  add(path: string, reply: SiteReply | string): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A site with an empty page at `/`. */
export async function openSite(): Promise<Site> {
  const pages = new Map<string, SiteReply>();
  const requests: SiteRequest[] = [];
  const server = createServer(({ method = '', url = '', headers }, response) => {
    const [path = ''] = url.split('?');
    const page = pages.get(path);
    if (path !== '/favicon.ico') requests.push({ method, url, headers });
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...page?.headers });
    response.end(page?.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const site: Site = {
    origin: `http://127.0.0.1:${port}`,
    requests,
    add: (path, reply) => void pages.set(path, typeof reply === 'string' ? { body: reply } : reply),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  site.add('/', '<!doctype html><title>Site</title>');
  return site;
}
