// The only file that sees a socket. Reads bodies with back-pressure, sends replies, and closes connections so that a client can still
// read why: an answer that comes before the body has ended is followed by a lingering close, since a socket closed with unread bytes is
// reset, and a reset throws away the answer.

import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { encodeUtf8, OssError } from '@postern/protocol';
import { writeError } from '@postern/protocol/xml';
import type { Reply } from './call.ts';
import type { Exchange, Sent, Serve } from './exchange.ts';
import { headerBytesMax, headersMax } from './framing.ts';

export interface Timeouts {
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** Between two pieces of a body. There is no limit on the whole: 5 GB may take hours. */
  readonly bodyStallMs: number;
  /** How long a refused upload is listened to after its answer. */
  readonly lingerMs: number;
}

export const defaultTimeouts: Timeouts = { headersMs: 20_000, bodyStallMs: 60_000, lingerMs: 2_000 };

/** How much of a refused upload is read after its answer. */
export const lingerBytesMax = 1024 * 1024;

const keepAliveMs = 60_000;

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets what is under way finish for `graceMs`, then cuts it off. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly serve: Serve;
  readonly timeouts?: Partial<Timeouts>;
}

/** @throws the system's error when the address cannot be bound */
export async function listen({ host, port, serve, ...options }: ListenOptions): Promise<Listener> {
  const timeouts: Timeouts = { ...defaultTimeouts, ...options.timeouts };
  const underWay = new WeakMap<Duplex, ServerResponse>();
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: timeouts.headersMs,
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(5_000, timeouts.headersMs),
    noDelay: true,
  });
  server.maxHeadersCount = headersMax;
  const answer = (message: IncomingMessage, response: ServerResponse, isAwaited: boolean) => {
    underWay.set(message.socket, response);
    void exchange(serve, message, response, isAwaited, timeouts);
  };
  server.on('request', (message, response) => answer(message, response, false));
  server.on('checkContinue', (message, response) => answer(message, response, true));
  server.on('checkExpectation', (_, response) => response.writeHead(417, { connection: 'close' }).end());
  server.on('clientError', (error, socket) => refuseUnparsed(error, socket, underWay.get(socket)));
  server.listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: (graceMs) => closeServer(server, graceMs) };
}

async function exchange(
  serve: Serve,
  message: IncomingMessage,
  response: ServerResponse,
  isAwaited: boolean,
  timeouts: Timeouts,
): Promise<void> {
  // A client that goes away makes both emit errors; reading and writing report them where they matter.
  message.on('error', () => {});
  response.on('error', () => {});
  const { reply, finish } = await serve({
    message: {
      method: message.method as string,
      url: message.url as string,
      httpVersion: message.httpVersion,
      rawHeaders: message.rawHeaders,
    },
    clientAddress: message.socket.remoteAddress ?? '',
    body: readBody(message, isAwaited ? () => response.writeContinue() : () => {}, timeouts.bodyStallMs),
  } satisfies Exchange);
  finish(await send(message, response, reply, timeouts.lingerMs));
}

// --- Reading ---

/**
 * Not Node's own iterator: that one destroys the socket when its reader stops early, and the answer still has to go out on it.
 * @throws OssError IncompleteBody, RequestTimeout
 */
async function* readBody(
  message: IncomingMessage,
  sendContinue: () => void,
  stallMs: number,
): AsyncGenerator<Uint8Array, void, void> {
  sendContinue();
  for (;;) {
    const chunk: Buffer | null = message.read();
    if (chunk !== null) yield chunk;
    else if (message.readableEnded) return;
    else await waitReadable(message, stallMs);
  }
}

function waitReadable(message: IncomingMessage, stallMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (error?: OssError) => {
      clearTimeout(timer);
      message.off('readable', onProgress).off('end', onProgress).off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onProgress = () => stop();
    const onClose = () => stop(message.readableEnded ? undefined : new OssError('IncompleteBody'));
    const timer = setTimeout(() => stop(new OssError('RequestTimeout')), stallMs);
    message.on('readable', onProgress).on('end', onProgress).on('close', onClose);
    if (message.destroyed) onClose();
  });
}

// --- Sending ---

async function send(
  message: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  lingerMs: number,
): Promise<Sent> {
  let bytesOut = 0;
  try {
    const body = typeof reply.body === 'string' ? encodeUtf8(reply.body) : (reply.body ?? new Uint8Array(0));
    const hasBody = message.method !== 'HEAD' && reply.status !== 204 && reply.status !== 304;
    // A body that has not come in whole makes the connection useless for a next request.
    const isLast = !message.complete;
    const headers = encodeHeaders(reply);
    if (isLast) headers.push('connection', 'close');
    if (hasBody && body instanceof Uint8Array) headers.push('content-length', String(body.length));
    response.writeHead(reply.status, headers);
    if (!hasBody) response.flushHeaders();
    else if (body instanceof Uint8Array) bytesOut += await write(response, body);
    else for await (const chunk of body) bytesOut += await write(response, chunk);
    if (isLast) await linger(message, lingerMs);
    response.end();
    return { bytesOut };
  } catch (failure) {
    // Too late for another status: cutting the connection is the only way left to say that the answer is not whole.
    message.socket.destroy();
    return { bytesOut, failure };
  }
}

/** A flat list, as raw headers are; Node takes one character a byte, so UTF-8 text goes out as its bytes. */
function encodeHeaders({ headers = {} }: Reply): string[] {
  return Object.entries(headers).flatMap(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
}

async function write(response: ServerResponse, chunk: Uint8Array): Promise<number> {
  if (response.destroyed) throw new ClientGone();
  if (!response.write(chunk)) await waitDrained(response);
  return chunk.length;
}

/** The client closed the connection before it had its whole answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

function waitDrained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (act: () => void) => () => {
      response.off('drain', onDrain).off('close', onClose);
      act();
    };
    const onDrain = stop(resolve);
    const onClose = stop(() => reject(new ClientGone()));
    response.on('drain', onDrain).on('close', onClose);
    if (response.destroyed) onClose();
  });
}

/** Reads and forgets at most {@link lingerBytesMax}, and leaves the client time to read its answer. */
async function linger(message: IncomingMessage, lingerMs: number): Promise<void> {
  if (message.socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, lingerMs);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > lingerBytesMax) message.pause();
    });
    message.once('end', stop).once('close', stop);
    message.resume();
  });
}

// --- The edges ---

/** Bytes that Node's parser could not read as a request, or headers that did not come to an end. */
function refuseUnparsed(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  response: ServerResponse | undefined,
): void {
  const isMidAnswer = response?.headersSent && !response.writableFinished;
  if (isMidAnswer || !socket.writable || (socket as Socket).bytesRead === 0) {
    socket.destroy();
    return;
  }
  const status = unparsedStatus(error.code);
  const refusal =
    status === 408
      ? new OssError('RequestTimeout')
      : new OssError('BadRequest', { problem: 'The request is not valid HTTP.' });
  const body = writeError({ error: refusal, requestId: '', hostId: '' });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function unparsedStatus(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  return 400;
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that were busy when the server stopped listening become idle one by one.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
