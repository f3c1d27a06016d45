// An answer on its way out: headers as Node takes them, and a body in pieces, each of which the client must take before the next, within the
// time that its patience leaves it.

import type { ServerResponse } from 'node:http';
import type { Reply } from '../call.ts';
import type { Patience } from './patience.ts';

/** An answer goes out in pieces of at most this size, each of which must be taken before the next: what is waited for stays small. */
export const pieceBytesMax = 64 * 1024;

/** A flat list, as raw headers are; Node takes one character a byte, so UTF-8 text goes out as its bytes. */
export function encodeHeaders({ headers = {} }: Reply): string[] {
  const flat: string[] = [];
  for (const name in headers) flat.push(name, encodeHeader(headers[name] as string));
  return flat;
}

function encodeHeader(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  return /^[\x00-\x7f]*$/.test(value) ? value : Buffer.from(value).toString('latin1');
}

export function writeHeaders(flat: readonly string[]): string {
  return flat.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
}

export function piecesOf(
  body: Uint8Array | AsyncIterable<Uint8Array>,
): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  return body instanceof Uint8Array ? [body] : body;
}

/** @throws ClientGone */
export async function writeBytes(
  response: ServerResponse,
  bytes: Uint8Array,
  patience: Patience,
): Promise<number> {
  for (let at = 0; at === 0 || at < bytes.length; at += pieceBytesMax) {
    if (response.destroyed) throw new ClientGone();
    const piece = bytes.subarray(at, at + pieceBytesMax);
    if (!response.write(piece)) patience.spend(await waitTaken(response, 'drain', patience.leftMs));
    patience.restore(piece.length);
  }
  return bytes.length;
}

/** Waits for the last bytes too: a client that never takes them would hold them for ever. @throws ClientGone */
export async function endAnswer(
  response: ServerResponse,
  rest: Uint8Array,
  patience: Patience,
): Promise<void> {
  if (rest.length > 0) response.end(rest);
  else response.end();
  // Mostly the system has taken all of it at once.
  if (response.socket?.writableLength === 0) return;
  if (!response.writableFinished) await waitTaken(response, 'finish', patience.leftMs);
}

/** The client closed the connection before it had its whole answer, or stopped reading it. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** @returns how long it took, in milliseconds */
function waitTaken(response: ServerResponse, event: 'drain' | 'finish', timeoutMs: number): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const stop = (act: () => void) => () => {
      clearTimeout(timer);
      response.off(event, onTaken).off('close', onClose);
      act();
    };
    const onTaken = stop(() => resolve(performance.now() - startedMs));
    const onClose = stop(() => (response.writableFinished ? onTaken() : reject(new ClientGone())));
    const timer = setTimeout(onClose, timeoutMs);
    response.on(event, onTaken).on('close', onClose);
    if (response.destroyed) onClose();
  });
}
