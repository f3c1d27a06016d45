// What passes between the socket and the server proper: a message as Node parsed it goes in, a reply comes out.

import type { OssError } from '@postern/protocol';
import type { Reply } from '../call.ts';
import type { RawMessage } from './framing.ts';

export interface Exchange {
  /** Empty when there is a fault. */
  readonly message: RawMessage;
  /** Why there is no request at all: what came in was not one. */
  readonly fault?: OssError;
  readonly clientAddress: string;
  /** Can be read once; reading it tells a client that waits with `Expect: 100-continue` to send. A chunk is valid until the next one is asked for. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** How an exchange ended. */
export interface Sent {
  /** Of the request's body, as far as anybody read it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Why the reply did not go out whole; undefined when it did. */
  readonly failure?: unknown;
}

export interface Served {
  readonly reply: Reply;
  /**
   * Nothing that follows on the connection may be taken for a request: behind a message that was not understood, or behind a refused
   * upload, it may be the rest of that, to somebody who reads its framing differently.
   */
  readonly isLast: boolean;
  /** To be called once the reply is out or has failed; writes the log line. */
  finish(sent: Sent): void;
}

/** Never throws and never rejects: every error has become a reply. */
export type Serve = (exchange: Exchange) => Promise<Served>;
