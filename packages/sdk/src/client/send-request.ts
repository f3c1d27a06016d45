// One HTTP request with a body of known length, by node:http: fetch would rewrite paths that hold `..`, and could not send a stream with
// a Content-Length. Knows nothing of OSS.

import { lookup } from 'node:dns';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { OssConnectionError } from './oss-client-error.ts';
import type { RequestAddress } from './request-address.ts';

/** How long nothing at all may arrive or leave, in milliseconds. There is no limit on the whole: files are large. */
const silenceMsMax = 60_000;

export interface RequestBody {
  /** Bytes; exactly as many must come. */
  readonly length: number;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: string;
  readonly address: RequestAddress;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer's head; its body is still to be read, or destroyed. */
export type HttpAnswer = IncomingMessage & { readonly statusCode: number };

/**
 * @throws OssConnectionError; the signal's reason when it is aborted; whatever `body.chunks` throws
 */
export async function sendRequest(request: HttpRequest): Promise<HttpAnswer> {
  const { method, address, headers, body, signal } = request;
  signal?.throwIfAborted();
  const send = address.origin.startsWith('https:') ? httpsRequest : httpRequest;
  const outgoing = send(address.origin, {
    method,
    path: address.path,
    headers: { ...headers, ...(body ? { 'content-length': body.length } : {}) },
    lookup: lookupLocalhost,
    timeout: silenceMsMax,
    ...(signal ? { signal } : {}),
  });
  outgoing.on('timeout', () => outgoing.destroy(silence()));
  const answered = waitForAnswer(outgoing);
  try {
    const [answer] = await Promise.all([answered, writeBody(outgoing, answered, body)]);
    return answer;
  } catch (error) {
    outgoing.destroy();
    signal?.throwIfAborted();
    throw error instanceof SourceError ? error.cause : new OssConnectionError(address.origin, error as Error);
  }
}

function waitForAnswer(outgoing: ClientRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', (answer) => resolve(answer as HttpAnswer));
    // Stays for as long as the request: after an early refusal the rest of the body hits a closed socket, which is no news.
    outgoing.on('error', reject);
  });
}

/** Stops without complaint when the answer comes first: a store may refuse before it has read everything. */
async function writeBody(
  outgoing: ClientRequest,
  answered: Promise<unknown>,
  body: RequestBody | undefined,
): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  answered.then(end, end);
  for await (const chunk of namingSource(body?.chunks ?? [])) {
    if (over) return;
    if (!outgoing.write(chunk))
      await Promise.race([once(outgoing, 'drain').catch(() => {}), answered.catch(() => {})]);
  }
  outgoing.end();
}

/** Something went wrong where the bytes come from, not on the network. */
class SourceError extends Error {}

async function* namingSource(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    throw new SourceError('the body could not be read', { cause });
  }
}

function silence(): NodeJS.ErrnoException {
  return Object.assign(new Error('no answer came in time'), { code: 'ETIMEDOUT' });
}

/** Names below `localhost` are this machine (RFC 6761), which browsers and curl know and the system's resolver often does not. */
const lookupLocalhost: LookupFunction = (name, options, callback) => {
  if (!name.endsWith('.localhost')) return lookup(name, options, callback);
  lookup('localhost', options, callback);
};
