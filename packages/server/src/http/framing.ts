// What HTTP lets pass and an object store must not: the checks between Node's parser and the first look at a request. Two programs in a
// row that read a message differently (a proxy and this server, this server and a signature) are how requests are smuggled.

import { OssError, parseQuery } from '@postern/protocol';

export const headerBytesMax = 16 * 1024;
export const headersMax = 200;
/** The whole body of a request: the largest file, the fields before it, and what may follow it. */
export const bodyBytesMax = 5 * 1024 ** 3 + 9 * 1024 ** 2;

/** A message as Node's parser gives it. */
export interface RawMessage {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  /** Name, value, name, value … as sent, latin1. */
  readonly rawHeaders: readonly string[];
}

export interface FramedMessage {
  readonly host: string;
  readonly rawPath: string;
  readonly queryList: readonly (readonly [name: string, value: string])[];
  readonly headers: ReadonlyMap<string, string>;
  readonly contentLength: number | undefined;
  readonly isChunked: boolean;
}

/** Headers that mean one thing. A second one is a contradiction, even with the same value. All of `x-oss-…` and `x-amz-…` belong to them. */
const singleHeaders = new Set(
  `authorization content-disposition content-encoding content-length content-md5 content-type date expect expires host
   if-match if-modified-since if-none-match if-unmodified-since origin range referer transfer-encoding user-agent
   access-control-request-method`.split(/\s+/),
);

/**
 * @throws OssError BadRequest, BadRequest.expectation, NotImplemented.transferEncoding, EntityTooLarge
 */
export function checkFraming(message: RawMessage): FramedMessage {
  // Node's parser also reads 0.9, which has no headers, and 2.0, which is not written like this.
  if (!/^1\.[01]$/.test(message.httpVersion)) throw badRequest('The HTTP version is not supported.');
  const headers = collectHeaders(message.rawHeaders);
  const host = checkHost(message.httpVersion, headers.get('host'));
  const target = checkTarget(message.url, host);
  checkExpectation(headers.get('expect'));
  const [rawPath = '', rawQuery] = splitOnce(target, '?');
  return {
    host,
    rawPath,
    queryList: rawQuery === undefined ? [] : parseQuery(rawQuery),
    headers,
    ...checkBodyLength(message.httpVersion, headers),
  };
}

function collectHeaders(rawHeaders: readonly string[]): Map<string, string> {
  if (rawHeaders.length / 2 > headersMax) throw badRequest('Too many headers.');
  const headers = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = decodeHeader(rawHeaders[i + 1] as string);
    const earlier = headers.get(name);
    if (earlier === undefined) headers.set(name, value);
    else if (singleHeaders.has(name) || /^x-(?:oss|amz)-/.test(name))
      throw badRequest(`The header ${name} occurs twice.`);
    else headers.set(name, `${earlier}, ${value}`);
  }
  return headers;
}

/** Clients write UTF-8 into headers (names of files, metadata); what is not UTF-8 stays as Node gave it. */
function decodeHeader(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? latin1 : text;
}

function checkHost(httpVersion: string, host: string | undefined): string {
  if (host === undefined) {
    if (httpVersion === '1.0') return '';
    throw badRequest('The Host header is missing.');
  }
  if (!/^[A-Za-z0-9.\-_]*(:\d{1,5})?$/.test(host) && !/^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/.test(host)) {
    throw badRequest('The Host header is invalid.');
  }
  return host.toLowerCase();
}

/** The path and query; an absolute target must agree with the Host header. */
function checkTarget(url: string, host: string): string {
  if (!/^[\x21-\x7e]+$/.test(url)) throw badRequest('The request target is invalid.');
  if (url.startsWith('/')) return url;
  const absolute = /^https?:\/\/([^/?#]*)(\/[^#]*|\?[^#]*|)$/i.exec(url);
  if (!absolute || (absolute[1] as string).toLowerCase() !== host)
    throw badRequest('The request target is invalid.');
  const target = absolute[2] as string;
  return target.startsWith('/') ? target : `/${target}`;
}

function checkExpectation(expect: string | undefined): void {
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw new OssError('BadRequest.expectation');
  }
}

function checkBodyLength(
  httpVersion: string,
  headers: ReadonlyMap<string, string>,
): Pick<FramedMessage, 'contentLength' | 'isChunked'> {
  const encoding = headers.get('transfer-encoding');
  if (encoding !== undefined) {
    if (httpVersion === '1.0') throw badRequest('Transfer-Encoding needs HTTP/1.1.');
    const codings = encoding.toLowerCase().split(/[ \t]*,[ \t]*/);
    if (codings.at(-1) !== 'chunked') throw badRequest('The end of the body cannot be found.');
    // Decoding would be somebody else's bomb in our memory.
    if (codings.length > 1) {
      throw new OssError('NotImplemented.transferEncoding', { Header: 'Transfer-Encoding' });
    }
    return { contentLength: undefined, isChunked: true };
  }
  const length = headers.get('content-length');
  if (length === undefined) return { contentLength: undefined, isChunked: false };
  if (!/^\d{1,15}$/.test(length)) throw badRequest('The Content-Length is invalid.');
  const contentLength = Number(length);
  if (contentLength > bodyBytesMax) {
    throw new OssError('EntityTooLarge', { MaxSizeAllowed: bodyBytesMax, ProposedSize: contentLength });
  }
  return { contentLength, isChunked: false };
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function badRequest(problem: string): OssError {
  return new OssError('BadRequest', { problem });
}
