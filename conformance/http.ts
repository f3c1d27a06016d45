// HTTP for tests: nothing is hidden, repaired or retried. Requests may be signed with V4; answers are taken apart.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type Hashes, signRequestV4 } from '@postern/protocol';
import type { Target } from './target.ts';

export const hashes: Hashes = {
  hmacSha1: (key, data) => createHmac('sha1', key).update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  sha256: (data) => createHash('sha256').update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
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

/** Signs with V4 as the target's owner. */
export function sendSigned(target: Target, sending: Sending): Promise<Answer> {
  return send(target, { ...sending, headers: signHeaders(target, sending) });
}

function signHeaders(target: Target, { method, path, headers = {} }: Sending): Record<string, string> {
  const url = new URL(path, target.endpoint);
  const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const resource = bucket === '' ? {} : rest.join('/') === '' ? { bucket } : { bucket, key: rest.join('/') };
  const queryList = [...url.searchParams].map(([name, value]) => [name, value] as const);
  const lowerHeaders = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const request = { method, resource, queryList, headers: lowerHeaders };
  return {
    ...headers,
    ...signRequestV4(hashes, target, request, { timeMs: Date.now(), region: 'cn-hangzhou' }),
  };
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
