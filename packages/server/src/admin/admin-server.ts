// The admin port: what an operator and a supervisor ask, apart from the data port and never under an uploaded file's origin. `/-/live` says that
// the process runs, `/-/ready` that an upload could go through now; the caller hands in further routes. The port has no log-in, so
// it is bound to loopback by default, and what a web page in the operator's browser could send there is refused.

import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Log } from '../http/access-log.ts';
import { nodeHttp } from '../http/node-http.ts';

export interface AdminRequest {
  readonly method: AdminRoute['method'];
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** At most 64 KiB; empty for GET. */
  readonly body: Uint8Array;
}

export interface AdminReply {
  readonly status: number;
  /** Names in lower case. A route that sends a page replaces `content-security-policy`; the other defaults suit all. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One path. GET answers HEAD too. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The whole path as it is sent, e.g. `/-/metrics`. */
  readonly path: string;
  handle(request: AdminRequest): Promise<AdminReply>;
}

export interface AdminServerOptions {
  /** Throws why an upload would fail now: the store cannot be written, or the server is stopping. */
  readonly checkReady: () => Promise<void>;
  readonly routes?: readonly AdminRoute[];
  /** Names besides `localhost` and IP addresses under which a loopback port may be addressed; lower case. */
  readonly hostNames?: readonly string[];
  /** For what goes wrong on our side. */
  readonly log: Pick<Log, 'error'>;
  /** How long a readiness check may take before it counts as failed. */
  readonly readyTimeoutMs?: number;
}

export interface AdminServer {
  /**
   * @returns the port that was bound, chosen by the system when `port` is 0
   * @throws the system's error when the address cannot be bound
   */
  listen(host: string, port: number): Promise<{ readonly port: number }>;
  /** Ends connections at once: nothing here is worth waiting for. */
  close(): Promise<void>;
}

const bodyBytesMax = 64 * 1024;
const headerBytesMax = 16 * 1024;
const requestTimeoutMs = 10_000;
const defaultReadyTimeoutMs = 5_000;

const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function createAdminServer(options: AdminServerOptions): AdminServer {
  const { checkReady, routes = [], hostNames = [], log, readyTimeoutMs = defaultReadyTimeoutMs } = options;
  const allRoutes = [...healthRoutes(checkReady, readyTimeoutMs), ...routes];
  let isPrivate = true;

  async function answer(request: IncomingMessage): Promise<AdminReply> {
    if (isPrivate && !isLocalName(request.headers.host, hostNames)) return refuse(421, 'wrong host');
    if (isFromOtherSite(request)) return refuse(403, 'cross-site request');
    const { path, query } = splitTarget(request.url as string);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = allRoutes.find((candidate) => candidate.path === path && candidate.method === method);
    if (!route) return refuse(404, 'not found');
    const body = await readBody(request);
    if (!body) return refuse(413, 'too large');
    return route.handle({ method: route.method, path, query, headers: request.headers, body });
  }

  const server = nodeHttp.createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
  });
  server.on('request', async (request, response) => {
    try {
      send(request, response, await answer(request));
    } catch (error) {
      // A client that has gone needs no answer, and its going is no failure of ours.
      if (request.errored || response.destroyed) return;
      log.error({ error }, 'admin request failed');
      send(request, response, refuse(500, 'internal error'));
    }
  });

  return {
    async listen(host, port) {
      isPrivate = isLoopback(host);
      server.listen(port, host);
      await once(server, 'listening');
      return { port: (server.address() as AddressInfo).port };
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function refuse(status: number, error: string): AdminReply {
  return { status, body: JSON.stringify({ error }) };
}

// --- Health ---

function healthRoutes(checkReady: () => Promise<void>, timeoutMs: number): AdminRoute[] {
  // Supervisors ask again and again; while a disk hangs, their questions must not pile up on it.
  let check: Promise<void> | undefined;
  const shareCheck = () => {
    check ??= checkReady().finally(() => {
      check = undefined;
    });
    return check;
  };
  return [
    { method: 'GET', path: '/-/live', handle: async () => ({ status: 200, body: '{"live":true}' }) },
    { method: 'GET', path: '/-/ready', handle: () => replyReady(shareCheck, timeoutMs) },
  ];
}

async function replyReady(check: () => Promise<void>, timeoutMs: number): Promise<AdminReply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from the store within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([check(), late]);
    return { status: 200, body: '{"ready":true}' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: 503, body: JSON.stringify({ ready: false, reason }) };
  } finally {
    clearTimeout(timer);
  }
}

// --- Who may ask ---

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback');
}

/**
 * A web page can have its own name resolve to 127.0.0.1 and then read this port as its own origin (DNS rebinding). Its name is in the Host header
 * all the same; no page can make the browser send an address or `localhost` there instead.
 */
function isLocalName(hostHeader: string | undefined, hostNames: readonly string[]): boolean {
  const name = (hostHeader ?? '').toLowerCase().replace(/:\d+$/, '');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 ||
    hostNames.includes(name)
  );
}

/** A request that changes something, sent by a page of another origin: browsers send it before they ask whether they may. */
function isFromOtherSite({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
}

// --- Reading and sending ---

function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** Undefined when there is more than {@link bodyBytesMax}. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body = '' }: AdminReply,
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, {
    ...DEFAULT_HEADERS,
    ...headers,
    'content-length': bytes.length,
    // An unread body would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
