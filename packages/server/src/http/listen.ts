// The only file that sees a socket. Takes requests in their turn, sends replies, and closes connections so that a client can still
// read why: an answer that comes before the body has ended is followed by a lingering close, since a socket closed with unread bytes is
// reset, and a reset throws away the answer. Requests of one connection run one after the other, none behind a refused upload.

import { once } from 'node:events';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { encodeUtf8, OssError } from '@postern/protocol';
import { crashPoint } from '@postern/storage';
import type { Reply } from '../call.ts';
import type { Log } from './access-log.ts';
import type { Exchange, Sent, Serve } from './exchange.ts';
import { headerBytesMax } from './framing.ts';
import { type Load, withoutZone } from './load.ts';
import { loadNodeHttps, nodeHttp } from './node-http.ts';
import { Patience } from './patience.ts';
import { noBody, RequestBody } from './request-body.ts';
import { endOfRound } from './round.ts';
import type { TlsPair } from './tls-files.ts';
import {
  ClientGone,
  encodeHeaders,
  endAnswer,
  pieceBytesMax,
  piecesOf,
  writeBytes,
  writeHeaders,
} from './write-answer.ts';

export interface Timeouts {
  /** From the first byte of a request to the end of its headers, at most. */
  readonly headersMs: number;
  /** How long a client that sends a body may keep us waiting, and over how long its rate is averaged ({@link Patience}). */
  readonly bodyStallMs: number;
  /**
   * The same of a client that is to read its answer. Longer: we see it read only when a third of what the system has buffered for it
   * is gone, which may be a megabyte.
   */
  readonly answerStallMs: number;
  /** Who sends or reads less, averaged over these times, is not slow but holds a connection. */
  readonly bytesPerSecondMin: number;
  /** How long a refused upload is listened to after its answer. */
  readonly lingerMs: number;
}

export const defaultTimeouts: Timeouts = {
  headersMs: 20_000,
  bodyStallMs: 60_000,
  answerStallMs: 300_000,
  bytesPerSecondMin: 1024,
  lingerMs: 2_000,
};

/** How much of a refused upload is read after its answer. */
export const lingerBytesMax = 1024 * 1024;

/** Requests sent without waiting for the answers of those before. */
export const pipelinedRequestsMax = 100;

const noBytes = new Uint8Array(0);

const keepAliveMs = 60_000;
/** How long refused connections are counted before the log is told. */
const refusalLogEveryMs = 10_000;
/** How often Node looks for headers that are late. */
const headersCheckMs = 5_000;

export interface Listener {
  readonly port: number;
  /** For connections from now on; only where there was one from the start. */
  replaceTlsPair(pair: TlsPair): void;
  /** Stops accepting, lets what is under way finish for `graceMs`, then cuts it off. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly serve: Serve;
  /** Other threads of this process listen on the same port, and the system gives each connection to one of them. Linux only. */
  readonly sharesPort?: boolean;
  /** With it the port speaks TLS. */
  readonly tls?: TlsPair;
  /** For all that share the port, so that each can take up the sessions of the others. */
  readonly ticketKeys?: Buffer;
  readonly load: Load;
  /** For connections that are refused. */
  readonly log: Pick<Log, 'warn'>;
  readonly timeouts?: Partial<Timeouts>;
}

/** @throws the system's error when the address cannot be bound */
export async function listen({
  host,
  port,
  sharesPort = false,
  serve,
  tls,
  ticketKeys,
  load,
  log,
  ...options
}: ListenOptions): Promise<Listener> {
  const timeouts: Timeouts = { ...defaultTimeouts, ...options.timeouts };
  const checkMs = Math.floor(Math.min(headersCheckMs, timeouts.headersMs / 4));
  const serverOptions: ServerOptions = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: timeouts.headersMs - checkMs,
    connectionsCheckingInterval: checkMs,
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    // What is wrong with a request that can be parsed is told by the same answers as everything else.
    requireHostHeader: false,
    noDelay: true,
  };
  // Node's default context follows from the command line, which a thread has not.
  const tickets = ticketKeys && { ticketKeys, sessionIdContext: 'postern' };
  const tlsServer =
    tls &&
    loadNodeHttps().createServer({
      ...serverOptions,
      ...tls,
      ...tickets,
      handshakeTimeout: timeouts.headersMs,
    });
  const server: Server | TlsServer = tlsServer ?? nodeHttp.createServer(serverOptions);
  // Node would drop those beyond its cap without a word, the Content-Length among them. Their bytes are bounded, and their number by us.
  server.maxHeadersCount = 0;
  // Who has sent a whole request and says that nothing follows still gets the answer. Node's own name for it, in no manual.
  Object.assign(server, { httpAllowHalfOpen: true });
  const connections = new WeakMap<Duplex, Connection>();
  const refusals = new RefusalLog(log);
  server.on('connection', (socket) => {
    const leave = load.admitConnection(socket.remoteAddress ?? '');
    if (!leave) {
      refusals.count(socket.remoteAddress);
      socket.destroy();
      return;
    }
    socket.once('close', leave);
  });
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (!socket.destroyed) connections.set(socket, new Connection(socket, serve, timeouts));
  });
  const take = (message: IncomingMessage, response: ServerResponse, isAwaited = false) =>
    connections.get(message.socket)?.take(message, response, isAwaited);
  server.on('request', (message, response) => take(message, response));
  server.on('checkContinue', (message, response) => take(message, response, true));
  server.on('checkExpectation', (message, response) => take(message, response));
  server.on('clientError', (error, socket) => {
    const connection = connections.get(socket);
    if (connection) connection.takeUnreadable(error);
    // Refused, or it did not get through the handshake.
    else socket.destroy();
  });
  server.listen({ port, host, reusePort: sharesPort });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    replaceTlsPair: (pair) => tlsServer?.setSecureContext({ ...pair, ...tickets }),
    close: (graceMs) => closeServer(server, graceMs),
  };
}

/** A request that is being received or answered. */
interface Incoming {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: RequestBody;
}

/** For errors that reading and writing report where they matter. */
function ignoreHere(): void {}

/** One client's connection, from the first request to the lingering close. */
class Connection {
  readonly #socket: Socket;
  /** The socket itself forgets it when the client goes. */
  readonly #clientAddress: string;
  readonly #serve: Serve;
  readonly #timeouts: Timeouts;
  /** Settles when everything that came in so far has been answered. */
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #latest: Incoming | undefined;
  /** The last answer is out; whatever still comes in is not looked at. */
  #isClosing = false;

  constructor(socket: Socket, serve: Serve, timeouts: Timeouts) {
    this.#socket = socket;
    this.#clientAddress = withoutZone(socket.remoteAddress ?? '');
    this.#serve = serve;
    this.#timeouts = timeouts;
    // As encodeHeaders expects: Node writes headers that no body follows in whatever is the socket's default.
    socket.setDefaultEncoding('latin1');
  }

  take(message: IncomingMessage, response: ServerResponse, isAwaited: boolean): void {
    // A client that goes away makes both emit errors.
    message.on('error', ignoreHere);
    response.on('error', ignoreHere);
    const { bodyStallMs, bytesPerSecondMin } = this.#timeouts;
    const letBegin = isAwaited ? () => response.writeContinue() : undefined;
    const body = new RequestBody(message, new Patience(bodyStallMs, bytesPerSecondMin), letBegin);
    const incoming: Incoming = { message, response, body };
    this.#latest = incoming;
    this.#inTurn(() => this.#answer(incoming));
  }

  /** Bytes that Node's parser could not read as a request, or headers or a body that did not come to an end. */
  takeUnreadable(error: NodeJS.ErrnoException): void {
    if (this.#isClosing) return;
    const { message, body } = this.#latest ?? {};
    if (message?.complete === false) {
      // What is no error of the parser is one of the connection.
      const isCutOff = error.code === 'HPE_INVALID_EOF_STATE' || !error.code?.startsWith('HPE_');
      body?.fail(isCutOff ? new OssError('IncompleteBody') : faultOf(error));
    } else this.#inTurn(() => this.#refuse(faultOf(error)));
  }

  #inTurn(act: () => Promise<void>): void {
    // Each of them costs memory before its turn comes.
    if (++this.#waiting > pipelinedRequestsMax) this.#socket.destroy();
    this.#turn = this.#turn.then(endOfRound).then(async () => {
      if (!this.#isClosing && !this.#socket.destroyed) await act();
      this.#waiting--;
    });
  }

  async #answer(incoming: Incoming): Promise<void> {
    const { message, body } = incoming;
    const { reply, isLast, finish } = await this.#serve({
      message: {
        method: message.method as string,
        url: message.url as string,
        httpVersion: message.httpVersion,
        rawHeaders: message.rawHeaders,
      },
      clientAddress: this.#clientAddress,
      body,
    } satisfies Exchange);
    const sent = await this.#send(incoming, reply, isLast || !body.isWhole);
    finish({ ...sent, bytesIn: body.bytesRead });
  }

  async #send(
    { message, response }: Incoming,
    reply: Reply,
    isLast: boolean,
  ): Promise<Pick<Sent, 'bytesOut' | 'failure'>> {
    const { answerStallMs, bytesPerSecondMin } = this.#timeouts;
    const patience = new Patience(answerStallMs, bytesPerSecondMin);
    let bytesOut = 0;
    try {
      const body = typeof reply.body === 'string' ? encodeUtf8(reply.body) : (reply.body ?? noBytes);
      const hasBody = message.method !== 'HEAD' && reply.status !== 204 && reply.status !== 304;
      const headers = encodeHeaders(reply);
      if (isLast) headers.push('connection', 'close');
      if (hasBody && body instanceof Uint8Array && reply.headers?.['content-length'] === undefined)
        headers.push('content-length', String(body.length));
      response.writeHead(reply.status, headers);
      // A body of one piece goes out together with its head.
      const isOnePiece = hasBody && body instanceof Uint8Array && body.length <= pieceBytesMax;
      const rest = isOnePiece ? body : noBytes;
      if (hasBody && !isOnePiece)
        for await (const bytes of piecesOf(body)) bytesOut += await writeBytes(response, bytes, patience);
      if (response.destroyed) throw new ClientGone();
      bytesOut += rest.length;
      if (!isLast) await endAnswer(response, rest, patience);
      else {
        response.flushHeaders();
        if (rest.length > 0) response.write(rest);
        // Ending the response would make Node close the socket at once.
        this.#closeGently(message);
      }
      crashPoint('answered');
      return { bytesOut };
    } catch (failure) {
      // Too late for another status: cutting the connection is the only way left to say that the answer is not whole.
      this.#socket.destroy();
      return { bytesOut, failure };
    }
  }

  async #refuse(fault: OssError): Promise<void> {
    // Node found the connection idle since it was opened, or the client is gone.
    if (this.#socket.bytesRead === 0 || !this.#socket.writable) {
      this.#socket.destroy();
      return;
    }
    const { reply, finish } = await this.#serve({
      message: { method: '', url: '', httpVersion: '', rawHeaders: [] },
      fault,
      clientAddress: this.#clientAddress,
      body: noBody(),
    } satisfies Exchange);
    const body = Buffer.from(reply.body as string);
    const headers = [...encodeHeaders(reply), 'connection', 'close', 'content-length', String(body.length)];
    this.#socket.write(
      `HTTP/1.1 ${reply.status} ${nodeHttp.STATUS_CODES[reply.status]}\r\n${writeHeaders(headers)}\r\n`,
      'latin1',
    );
    this.#socket.write(body);
    this.#closeGently();
    finish({ bytesIn: 0, bytesOut: body.length });
  }

  /** Says that no more will be said, and reads and forgets for a while what the client is still sending. */
  #closeGently(message?: IncomingMessage): void {
    const socket = this.#socket;
    this.#isClosing = true;
    socket.end();
    if (socket.readableEnded) {
      socket.destroySoon();
      return;
    }
    const timer = setTimeout(() => socket.destroy(), this.#timeouts.lingerMs);
    socket.once('end', () => socket.destroySoon()).once('close', () => clearTimeout(timer));
    let bytes = 0;
    message?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > lingerBytesMax) message.pause();
    });
    message?.resume();
  }
}

/** Says that connections are refused, and how many, without a line for each: they may come by the thousand. */
class RefusalLog {
  readonly #log: Pick<Log, 'warn'>;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log;
  }

  count(clientAddress: string | undefined): void {
    this.#count++;
    this.#timer ??= setTimeout(() => {
      this.#log.warn({ refused: this.#count, latestClientAddress: clientAddress }, 'too many connections');
      this.#count = 0;
      this.#timer = undefined;
    }, refusalLogEveryMs).unref();
  }
}

// --- The edges ---

function faultOf({ code }: NodeJS.ErrnoException): OssError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new OssError('BadRequest.headersTooLarge');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new OssError('BadRequest.chunkExtensions');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new OssError('RequestTimeout.headers');
    default:
      return new OssError('BadRequest', { problem: 'The request is not valid HTTP.' });
  }
}

async function closeServer(server: Server | TlsServer, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that were busy when the server stopped listening become idle one by one.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
