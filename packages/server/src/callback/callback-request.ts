// One callback on the wire: one POST to one URL, and the rules its answer must keep (OSS API: upload callback; PostObject reference: reply
// rules). The host is resolved once and every address checked; the connection goes to what was checked, so that a name server that
// changes its mind in between (DNS rebinding) gains nothing. No redirects, no proxy, bounded in time and size.

import { lookup as lookupHost } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { decodeUtf8, OssError } from '@postern/protocol';
import { crashPoint } from '@postern/storage';
import { loadNodeHttps, nodeHttp } from '../http/node-http.ts';
import { findAddressLiteral, isCallbackAddress } from './callback-address.ts';

/** What the application's server said; goes to the uploader as it is. */
export interface CallbackReply {
  readonly contentType: 'application/json' | 'application/xml';
  readonly body: Uint8Array;
}

export interface CallbackMessage {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly sni: boolean;
}

/** All addresses of a host; rejects when there are none. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>;

export interface CallbackTransport {
  readonly allowPrivate: boolean;
  readonly resolve: ResolveHost;
  /** For all of it: the name, the connection, the answer to its last byte. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

export const callbackTimeoutMs = 5_000;
const replyBytesMax = 1024 * 1024;

/** Asks the system, so that /etc/hosts counts. */
export const resolveWithSystem: ResolveHost = async (hostname) => {
  const found = await lookupHost(hostname, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
};

/** @throws OssError CallbackFailed.… and nothing else */
export async function postCallback(
  message: CallbackMessage,
  transport: CallbackTransport,
): Promise<CallbackReply> {
  const { timeoutMs, clock } = transport;
  const startedAtMs = clock();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const addresses = await findAddresses(message.url, transport, deadline.signal);
    return await exchange(message, addresses, deadline.signal);
  } catch (error) {
    if (error instanceof OssError) throw error;
    if (!deadline.signal.aborted) throw new OssError('CallbackFailed.unreachable', {}, { cause: error });
    const facts = { address: message.url.host, costMs: clock() - startedAtMs, timeoutMs };
    throw new OssError('CallbackFailed.timeout', facts, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** What is in the way of a callback before anything is sent; undefined when nothing is, or no name server said so in time. */
export async function findObstacle(
  url: URL,
  transport: CallbackTransport,
): Promise<'unresolved' | 'privateAddress' | undefined> {
  const deadline = AbortSignal.timeout(transport.timeoutMs);
  try {
    await findAddresses(url, transport, deadline);
    return undefined;
  } catch (error) {
    if (error instanceof OssError) {
      return error.row === 'CallbackFailed.unresolved' ? 'unresolved' : 'privateAddress';
    }
    if (deadline.aborted) return undefined;
    throw error;
  }
}

/** @throws OssError CallbackFailed.unresolved, CallbackFailed.privateAddress; the signal's reason when it aborts */
async function findAddresses(
  url: URL,
  { allowPrivate, resolve }: CallbackTransport,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const literal = findAddressLiteral(url);
  const addresses = literal === undefined ? await resolveUntil(signal, url.hostname, resolve) : [literal];
  if (addresses.length === 0) throw new OssError('CallbackFailed.unresolved');
  // One private address among public ones is enough: which of them gets connected to would be up to chance.
  if (!addresses.every((address) => isCallbackAddress(address, allowPrivate))) {
    throw new OssError('CallbackFailed.privateAddress');
  }
  return addresses;
}

/** A look-up cannot be called off; the deadline only stops us from waiting for it. */
async function resolveUntil(
  signal: AbortSignal,
  hostname: string,
  resolve: ResolveHost,
): Promise<readonly string[]> {
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  try {
    return await Promise.race([resolve(hostname), aborted.promise]);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new OssError('CallbackFailed.unresolved', {}, { cause: error });
  }
}

async function exchange(
  { url, headers, body, sni }: CallbackMessage,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<CallbackReply> {
  const literal = findAddressLiteral(url);
  const outgoing = (url.protocol === 'https:' ? loadNodeHttps() : nodeHttp).request({
    method: 'POST',
    hostname: literal ?? url.hostname,
    port: url.port,
    path: url.pathname + url.search,
    headers,
    lookup: answerWith(addresses),
    // TLS takes no address for a name. Without SNI the certificate is still checked, against the host of the URL.
    servername: sni && literal === undefined ? url.hostname : '',
    // An agent of its own, made here: no connection kept from before, no proxy taken from the environment.
    agent: false,
    signal,
  });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      // Stays: what goes wrong after the response has begun reaches us through reading it, but is told here too.
      outgoing.on('error', reject);
      outgoing.end(body, () => crashPoint('callback-sent'));
    });
    const reply = await readReply(response);
    crashPoint('callback-answered');
    return reply;
  } finally {
    outgoing.destroy();
  }
}

/** A name server that knows the one answer that has been checked. */
function answerWith(addresses: readonly string[]): LookupFunction {
  const answers = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    if (options.all) return callback(null, answers);
    const [first] = answers as [(typeof answers)[number]];
    callback(null, first.address, first.family);
  };
}

async function readReply(response: IncomingMessage): Promise<CallbackReply> {
  const { statusCode: status = -1, headers } = response;
  if (status !== 200) throw new OssError('CallbackFailed.status', { status });
  const length = headers['content-length'];
  if (length === undefined) throw new OssError('CallbackFailed.noContentLength');
  if (Number(length) > replyBytesMax) throw new OssError('CallbackFailed.tooLong');

  // The HTTP parser ends the body at its Content-Length, so this is bounded by the check above.
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const body = Buffer.concat(chunks);

  // The answer goes out under our host name, so its type is one of these two whatever the application's server called it.
  const isXml = /^application\/xml\s*(?:;|$)/i.test(headers['content-type'] ?? '');
  if (!(isXml ? looksLikeXml(body) : isJson(body))) throw new OssError('CallbackFailed.notJson');
  return { contentType: isXml ? 'application/xml' : 'application/json', body };
}

/** Strict: UTF-8 without a byte order mark. */
function isJson(body: Uint8Array): boolean {
  const text = decodeUtf8(body);
  if (text === undefined) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // JSON.parse has no other way to say "not JSON".
    return false;
  }
}

/** Enough to tell a document from a mistake; whoever reads the answer parses it. */
function looksLikeXml(body: Uint8Array): boolean {
  const text = decodeUtf8(body);
  return text !== undefined && /^[ \t\r\n]*</.test(text);
}
