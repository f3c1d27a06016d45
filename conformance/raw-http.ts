// A connection written byte by byte, for requests that no HTTP client would send.
//
//   const answers = await exchangeRaw(target, 'GET / HTTP/1.1\r\n\r\n');   all answers until the server closes
//   const connection = await RawConnection.open(target); …                one answer at a time

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Target } from './target.ts';

type Endpoint = Pick<Target, 'endpoint'>;

export interface RawAnswer {
  readonly status: number;
  /** By name in lower case; of a repeated one the last. Values as sent, one character a byte. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** Of an error document. */
  readonly code: string | undefined;
}

/** @returns every answer, interim ones too, until the server closes the connection */
export async function exchangeRaw(
  endpoint: Endpoint,
  ...pieces: readonly (string | Uint8Array)[]
): Promise<RawAnswer[]> {
  const connection = await RawConnection.open(endpoint);
  for (const piece of pieces) await connection.write(piece);
  return connection.remaining();
}

export class RawConnection {
  readonly socket: Socket;
  /** Settles when the server said that it will send no more, or cut the connection. */
  readonly closed: Promise<void>;
  #unread = Buffer.alloc(0);
  #isClosed = false;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.#unread = Buffer.concat([this.#unread, bytes]);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      const close = () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      };
      // A reset tells what a close tells; what came before it counts.
      socket
        .on('end', close)
        .on('close', close)
        .on('error', () => {});
    });
  }

  /** @param from the address of this machine to connect from */
  static async open({ endpoint }: Endpoint, from?: string): Promise<RawConnection> {
    const { hostname, port } = new URL(endpoint);
    const options = { host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true };
    const socket = connect({ ...options, ...(from !== undefined && { localAddress: from }) });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Text goes out as UTF-8. Resolves when the bytes have left this process, or cannot leave it any more. */
  write(piece: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.write(piece, () => resolve()));
  }

  /** Says that nothing more will come. */
  end(): void {
    this.socket.end();
  }

  /** Takes the connection down, with everything on it. */
  cut(): void {
    this.socket.destroy();
  }

  /** The next answer; undefined when the connection was closed instead. */
  async answer(): Promise<RawAnswer | undefined> {
    for (;;) {
      const found = splitAnswer(this.#unread);
      if (found) {
        this.#unread = this.#unread.subarray(found.length);
        return found.answer;
      }
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** All answers until the server closes the connection. */
  async remaining(): Promise<RawAnswer[]> {
    const answers: RawAnswer[] = [];
    for (let answer = await this.answer(); answer; answer = await this.answer()) answers.push(answer);
    this.socket.destroy();
    return answers;
  }
}

/** Every answer of ours has a Content-Length or no body; none here is one to a HEAD. */
function splitAnswer(bytes: Buffer): { answer: RawAnswer; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const isBodiless = status < 200 || status === 204 || status === 304;
  const bodyStart = headEnd + 4;
  const length = bodyStart + (isBodiless ? 0 : Number(headers.get('content-length')));
  if (bytes.length < length) return undefined;
  const text = bytes.subarray(bodyStart, length).toString();
  return { answer: { status, headers, text, code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] }, length };
}
