// HTTP for tests: nothing is hidden, repaired or retried. Requests may be signed with V4; answers are taken apart.

import { createHmac, hash } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type Hashes, signRequestV4 } from '@postern/protocol';
import type { Target } from './target.ts';

export const hashes: Hashes = {
  hmacSha1: (key, data) => createHmac('sha1', key).update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  sha256: (data) => hash('sha256', data, 'buffer'),
  equal: (a, b) => hash('sha256', a) === hash('sha256', b),
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The text of the first element of this name in an XML body, unescaped; undefined without one. */
  element(name: string): string | undefined;
  /** Of an error document. */
  readonly code: string | undefined;
  readonly ec: string | undefined;
}

export interface Sending {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Sends as it is; a body gets a Content-Length unless the headers say otherwise. */
export function send(
  target: Pick<Target, 'endpoint'>,
  { method, path, headers = {}, body }: Sending,
): Promise<Answer> {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const framed = names.includes('content-length') || names.includes('transfer-encoding');
  return new Promise((resolve, reject) => {
    const request = httpRequest(target.endpoint, {
      method,
      path,
      headers: { ...headers, ...(bytes && !framed && { 'content-length': bytes.length }) },
      agent: false,
    });
    request.on('response', (response) => readAnswer(response).then(resolve, reject));
    request.on('error', reject);
    request.end(bytes);
  });
}

/** A request whose body goes out piece by piece. */
export interface OpenRequest {
  readonly answer: Promise<Answer>;
  /** Resolves when the server asks for the body, which only happens to a request with `Expect: 100-continue`. */
  readonly continued: Promise<void>;
  /** Resolves when the piece has left this process. */
  write(piece: string | Uint8Array): Promise<void>;
  end(piece?: string | Uint8Array): void;
  /** Closes the connection in the middle. */
  cut(): void;
}

/** Sends the head alone. Without a Content-Length among the headers the body will be chunked. */
export function openRequest(
  target: Pick<Target, 'endpoint'>,
  { method, path, headers = {} }: Omit<Sending, 'body'>,
): OpenRequest {
  const request = httpRequest(target.endpoint, { method, path, headers, agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    request.on('response', (response) => readAnswer(response).then(resolve, reject));
    request.on('error', reject);
  });
  // Who cuts the connection does not wait for an answer.
  answer.catch(() => {});
  const continued = new Promise<void>((resolve) => request.on('continue', resolve));
  request.flushHeaders();
  return {
    answer,
    continued,
    write: (piece) =>
      new Promise((resolve, reject) => request.write(piece, (error) => (error ? reject(error) : resolve()))),
    end: (piece) => void request.end(piece),
    cut: () => void request.destroy(),
  };
}

/** Sends bytes that need not be HTTP, and says that no more will come. @returns all that comes back until the server closes */
export async function sendRaw(
  { endpoint }: Pick<Target, 'endpoint'>,
  bytes: string | Uint8Array,
): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.end(bytes);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Signs with V4 as the target's owner. */
export function sendSigned(target: Target, sending: Sending, timeMs = Date.now()): Promise<Answer> {
  return send(target, { ...sending, headers: signHeaders(target, sending, timeMs) });
}

export function signHeaders(
  target: Target,
  { method, path, headers = {} }: Sending,
  timeMs: number,
): Record<string, string> {
  // Not by a URL parser, which takes `..` out of names.
  const [rawPath = '', query = ''] = path.split('?', 2);
  const [, bucket = '', ...rest] = rawPath.split('/').map(decodeURIComponent);
  const resource = bucket === '' ? {} : rest.join('/') === '' ? { bucket } : { bucket, key: rest.join('/') };
  const queryList = [...new URLSearchParams(query)].map(([name, value]) => [name, value] as const);
  const lowerHeaders = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const request = { method, resource, queryList, headers: lowerHeaders };
  return {
    ...headers,
    ...signRequestV4(hashes, target, request, { timeMs, region: 'cn-hangzhou' }),
  };
}

/** The path with a V1 signature in its query, as a link in a page has it: good for a minute, for GET. */
export function signPathV1(target: Target, path: string, timeMs = Date.now()): string {
  const [rawPath = ''] = path.split('?', 1);
  const expires = Math.floor(timeMs / 1000) + 60;
  const { securityToken } = target;
  const signedQuery = securityToken === undefined ? '' : `?security-token=${securityToken}`;
  const stringToSign = `GET\n\n\n${expires}\n${decodeURIComponent(rawPath)}${signedQuery}`;
  const signature = createHmac('sha1', target.accessKeySecret).update(stringToSign).digest('base64');
  const query = new URLSearchParams({
    OSSAccessKeyId: target.accessKeyId,
    Expires: `${expires}`,
    Signature: signature,
    ...(securityToken !== undefined && { 'security-token': securityToken }),
  });
  return `${rawPath}?${query}`;
}

export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const text = body.toString();
  const element = (name: string) => findElement(text, name);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    text,
    element,
    code: element('Code'),
    ec: element('EC'),
  };
}

function findElement(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  return found?.[1]
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
