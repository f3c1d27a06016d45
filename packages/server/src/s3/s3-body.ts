// The body of an S3 request, as handlers read it: out of its chunks, held against everything that its sender said of it (a SHA-256 that was
// signed, signatures of chunks, a checksum before or behind it). What does not match is refused at the end of the body at the latest,
// before anything becomes visible.

import { createHash, type Hash } from 'node:crypto';
import { fileBytesMax, OssError } from '@postern/protocol';
import { type ChunkSigning, S3ChunkReader, type S3Payload } from '@postern/protocol/s3';
import type { OssRequest } from '../call.ts';
import { checksumHeaders, findChecksum, type RunningChecksum } from './checksum.ts';

type GivenBody = Pick<OssRequest, 'headers' | 'contentLength' | 'body'>;

export interface S3Body {
  /** Of the content; undefined as in {@link OssRequest}. */
  readonly contentLength: number | undefined;
  readonly content: AsyncIterable<Uint8Array>;
  /** Whether its sender gave a digest that it is held against. */
  readonly isChecked: boolean;
  /** The checksum's header for the answer, once the content was read. */
  readonly checksumHeader: () => Readonly<Record<string, string>>;
}

/**
 * @param signing what chunks are signed with; undefined when the request is not signed with version 4
 * @throws OssError InvalidRequest.s3Chunk, InvalidRequest.s3Checksum, MissingContentLength, EntityTooLarge; and when it is read, what
 *   {@link S3ChunkReader} throws, XAmzContentSHA256Mismatch, BadDigest
 */
export function openS3Body(
  request: GivenBody,
  payload: S3Payload,
  signing: ChunkSigning | undefined,
): S3Body {
  const announced = findAnnounced(request.headers);
  if (payload.kind !== 'chunked') return openPlain(request, payload, announced);
  if (payload.isSigned && !signing) throw malformed('its chunks are signed, but the request is not.');
  if (payload.hasTrailer !== (announced?.place === 'trailer')) {
    throw malformed('x-amz-trailer must name a checksum, if x-amz-content-sha256 says so, and only then.');
  }
  const contentBytes = parseContentLength(request.headers);
  const trailer = announced?.place === 'trailer' ? announced.name : undefined;
  const reader = new S3ChunkReader({
    contentBytes,
    trailer,
    signing: payload.isSigned ? signing : undefined,
  });
  return {
    contentLength: contentBytes,
    content: readContent(request.body, announced, { reader }),
    isChecked: payload.isSigned || announced !== undefined,
    checksumHeader: () => announced?.header ?? {},
  };
}

function openPlain(
  { headers, contentLength, body }: GivenBody,
  payload: Exclude<S3Payload, { kind: 'chunked' }>,
  announced: AnnouncedChecksum | undefined,
): S3Body {
  if (isAwsChunked(headers)) throw malformed('x-amz-content-sha256 does not say so.');
  if (announced?.place === 'trailer')
    throw malformed('x-amz-trailer is given, but x-amz-content-sha256 does not say so.');
  const sha256 =
    payload.kind === 'hashed' ? { expected: payload.sha256, hash: createHash('sha256') } : undefined;
  return {
    contentLength,
    content: announced || sha256 ? readContent(body, announced, { sha256 }) : body,
    isChecked: announced !== undefined || sha256 !== undefined,
    checksumHeader: () => announced?.header ?? {},
  };
}

/** How the bytes that come in become content, or what they must hash to. */
interface Reading {
  readonly reader?: S3ChunkReader;
  readonly sha256?: { readonly expected: string; readonly hash: Hash } | undefined;
}

async function* readContent(
  body: AsyncIterable<Uint8Array>,
  announced: AnnouncedChecksum | undefined,
  { reader, sha256 }: Reading,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of body) {
    for (const bytes of reader ? reader.push(chunk) : [chunk]) {
      announced?.running.update(bytes);
      sha256?.hash.update(bytes);
      yield bytes;
    }
  }
  const trailer = reader?.end();
  if (sha256 && sha256.hash.digest('hex') !== sha256.expected)
    throw new OssError('XAmzContentSHA256Mismatch');
  announced?.check(trailer);
}

// --- The checksum of a sender ---

/** A checksum that comes with the body, in a header or behind it. */
class AnnouncedChecksum {
  readonly name: string;
  readonly place: 'header' | 'trailer';
  readonly running: RunningChecksum;
  #value: string | undefined;

  /** @param value of the header; undefined: it comes in the trailer */
  constructor(name: string, running: RunningChecksum, value: string | undefined) {
    this.name = name;
    this.place = value === undefined ? 'trailer' : 'header';
    this.running = running;
    this.#value = value;
  }

  get header(): Readonly<Record<string, string>> {
    return this.#value === undefined ? {} : { [this.name]: this.#value };
  }

  /** To be called once, when all content was read. @throws OssError BadDigest */
  check(trailer: string | undefined): void {
    this.#value ??= trailer;
    const algorithm = this.name.replace('x-amz-checksum-', '').toUpperCase();
    if (this.running.digest() !== this.#value) throw new OssError('BadDigest', { algorithm });
  }
}

/** @throws OssError InvalidRequest.s3Checksum for two of them, an unknown one, one that is not the algorithm named, or no base64 of its size */
function findAnnounced(headers: GivenBody['headers']): AnnouncedChecksum | undefined {
  const given = checksumHeaders.filter((name) => headers.has(name));
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  const [name = trailer] = given;
  if (given.length + Number(trailer !== undefined) > 1)
    throw refusal('Expecting a single x-amz-checksum- header');
  if (name === undefined) return undefined;
  const running = findChecksum(name);
  if (!running) throw refusal('The value specified in the x-amz-trailer header is not supported');
  const named = headers.get('x-amz-sdk-checksum-algorithm');
  if (named !== undefined && name !== `x-amz-checksum-${named.toLowerCase()}`) {
    throw refusal('x-amz-sdk-checksum-algorithm names another algorithm than that of the checksum.');
  }
  const value = headers.get(name);
  if (value !== undefined && value.length !== running.digest().length) {
    throw refusal(`Value for ${name} header is invalid.`);
  }
  // Asked for its length above, a running hash is of no more use.
  return new AnnouncedChecksum(name, findChecksum(name) as RunningChecksum, value);
}

function refusal(problem: string): OssError {
  return new OssError('InvalidRequest.s3Checksum', { problem });
}

// --- The frame of chunks ---

/** @throws OssError MissingContentLength, EntityTooLarge */
function parseContentLength(headers: GivenBody['headers']): number {
  const text = headers.get('x-amz-decoded-content-length')?.trim() ?? '';
  if (!/^[0-9]{1,15}$/.test(text)) throw new OssError('MissingContentLength');
  const bytes = Number(text);
  if (bytes > fileBytesMax) {
    throw new OssError('EntityTooLarge', { MaxSizeAllowed: fileBytesMax, ProposedSize: bytes });
  }
  return bytes;
}

function isAwsChunked(headers: GivenBody['headers']): boolean {
  return codings(headers).includes('aws-chunked');
}

/** The content's own encoding, without the frame that was taken off; undefined when there is none. */
export function contentEncodingOf(headers: GivenBody['headers']): string | undefined {
  const own = codings(headers).filter((coding) => coding !== 'aws-chunked');
  return own.length === 0 ? undefined : own.join(',');
}

function codings(headers: GivenBody['headers']): readonly string[] {
  const text = headers.get('content-encoding') ?? '';
  return text === '' ? [] : text.split(',').map((coding) => coding.trim());
}

function malformed(problem: string): OssError {
  return new OssError('InvalidRequest.s3Chunk', { problem });
}
