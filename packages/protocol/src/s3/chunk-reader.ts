// The body of an S3 upload that is framed in chunks (`aws-chunked`; AWS: "Transferring payload in multiple chunks", "… with trailing
// headers"): chunks in, content out, synchronous, correct wherever the pieces are cut. Content is handed on before its chunk's signature
// is known; whoever stores it waits for {@link S3ChunkReader.end}, and of a body with one wrong byte nothing stays.

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import { encodeHex } from '../hex.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { type S3Scope, s3Algorithm, signS3V4, writeS3Scope } from './scope.ts';

/** Size, signature and line end of a chunk take 91. */
export const chunkLineBytesMax = 128;
/** A trailer's name and value; the longest there is, a SHA-256, takes 70. */
export const trailerLineBytesMax = 256;
/** Of signed chunks all but the last two have at least this (AWS: 8 KB): each costs two hashes, however small. */
export const signedChunkBytesMin = 8 * 1024;

/** SHA-256 of what comes in piece by piece. */
export interface RunningSha256 {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** What each chunk is signed with. */
export interface ChunkSigning {
  readonly hashes: Hashes;
  readonly newSha256: () => RunningSha256;
  readonly signingKey: Uint8Array;
  readonly scope: S3Scope & { readonly dateTime: string };
  /** The signature of the request, from which the chain of signatures starts. */
  readonly seedSignature: string;
}

export interface S3ChunkOptions {
  /** `x-amz-decoded-content-length`: the content, all chunks together, to the byte. */
  readonly contentBytes: number;
  /** The one trailer that `x-amz-trailer` announces, in lower case; undefined: none. */
  readonly trailer: string | undefined;
  /** Undefined: the chunks are not signed. */
  readonly signing: ChunkSigning | undefined;
}

const CR = 0x0d;
const LF = 0x0a;
const trailerSignature = 'x-amz-trailer-signature';

/** Where the reader is. `line`: in the line before a chunk; `data-end`: at the line end behind one. */
type Place = 'line' | 'data' | 'data-end' | 'trailer' | 'done';

export class S3ChunkReader {
  readonly #options: S3ChunkOptions;
  #place: Place = 'line';
  /** The line that is being read. */
  #line = new Uint8Array(0);
  #lineBytes = 0;
  /** What of the present chunk is still to come. */
  #left = 0;
  #isLastChunk = false;
  #contentBytes = 0;
  #hadShortChunk = false;
  #signature: string;
  #claimedSignature = '';
  #sha256: RunningSha256 | undefined;
  readonly #trailers = new Map<string, string>();

  constructor(options: S3ChunkOptions) {
    this.#options = options;
    this.#signature = options.signing?.seedSignature ?? '';
  }

  /**
   * The content in these bytes, as views of them, never empty. Lazy: to be iterated to its end before the next push.
   * @throws OssError InvalidRequest.s3Chunk, InvalidChunkSizeError, IncompleteBody, SignatureDoesNotMatch.chunk, MalformedTrailerError
   */
  *push(bytes: Uint8Array): Generator<Uint8Array, void, void> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === 'done') throw malformed('there are bytes behind its end.');
      if (this.#place !== 'data') {
        at = this.#readLine(bytes, at);
        continue;
      }
      const content = bytes.subarray(at, at + this.#left);
      at += content.length;
      this.#left -= content.length;
      this.#sha256?.update(content);
      if (this.#left === 0) this.#place = 'data-end';
      yield content;
    }
  }

  /**
   * The body is over: only after this is the content what was signed.
   * @returns the value of the trailer; undefined where none was announced
   * @throws OssError IncompleteBody
   */
  end(): string | undefined {
    if (this.#place !== 'done') throw new OssError('IncompleteBody');
    return this.#options.trailer === undefined ? undefined : this.#trailers.get(this.#options.trailer);
  }

  /** @returns behind what it took */
  #readLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(LF, at);
    const taken = bytes.subarray(at, end === -1 ? undefined : end + 1);
    const max = this.#place === 'trailer' ? trailerLineBytesMax : chunkLineBytesMax;
    if (this.#lineBytes + taken.length > max) throw malformed('a line is too long.');
    if (this.#line.length < max) this.#line = new Uint8Array(max);
    this.#line.set(taken, this.#lineBytes);
    this.#lineBytes += taken.length;
    if (end !== -1) this.#takeLine(this.#finishLine());
    return at + taken.length;
  }

  #finishLine(): string {
    const length = this.#lineBytes - 2;
    const text = this.#line[length] === CR ? decodeUtf8(this.#line.subarray(0, length)) : undefined;
    if (text === undefined) throw malformed('a line does not end in CR LF.');
    this.#lineBytes = 0;
    return text;
  }

  #takeLine(line: string): void {
    if (this.#place === 'line') this.#beginChunk(line);
    else if (this.#place === 'data-end') this.#takeLineEnd(line);
    else if (line === '') this.#endTrailer();
    else this.#takeTrailer(line);
  }

  #takeLineEnd(line: string): void {
    if (line !== '') throw malformed('a chunk is longer than it says.');
    this.#endChunk();
  }

  #beginChunk(line: string): void {
    const { signing, contentBytes } = this.#options;
    const pattern = signing ? /^([0-9a-f]{1,10});chunk-signature=([0-9a-f]{64})$/i : /^([0-9a-f]{1,10})$/i;
    const [, hexSize, signature = ''] = pattern.exec(line) ?? [];
    if (hexSize === undefined) throw malformed('the line before a chunk is not its size and signature.');
    const size = Number.parseInt(hexSize, 16);
    this.#contentBytes += size;
    if (this.#contentBytes > contentBytes)
      throw malformed('there is more than x-amz-decoded-content-length.');
    this.#checkChunkSize(size);
    this.#left = size;
    this.#claimedSignature = signature;
    this.#sha256 = signing?.newSha256();
    this.#isLastChunk = size === 0;
    if (!this.#isLastChunk) this.#place = 'data';
    else this.#endChunk();
  }

  /** Behind a short chunk only the empty one may follow. */
  #checkChunkSize(size: number): void {
    if (this.#options.signing === undefined || size === 0) return;
    if (this.#hadShortChunk) throw new OssError('InvalidChunkSizeError');
    this.#hadShortChunk = size < signedChunkBytesMin;
  }

  #endChunk(): void {
    const { signing, contentBytes } = this.#options;
    if (signing && this.#sha256) {
      const emptyHash = encodeHex(signing.hashes.sha256(new Uint8Array(0)));
      this.#checkSignature(
        signing,
        'PAYLOAD',
        [emptyHash, encodeHex(this.#sha256.digest())],
        this.#claimedSignature,
      );
    }
    if (!this.#isLastChunk) {
      this.#place = 'line';
      return;
    }
    if (this.#contentBytes < contentBytes) throw new OssError('IncompleteBody');
    this.#place = 'trailer';
  }

  #takeTrailer(line: string): void {
    const [, name = '', value = ''] = /^([a-z0-9-]+):[ \t]*([!-~]+)$/.exec(line) ?? [];
    const isKnown =
      name === this.#options.trailer || (name === trailerSignature && this.#options.signing !== undefined);
    if (this.#options.trailer === undefined || !isKnown || this.#trailers.has(name)) {
      throw new OssError('MalformedTrailerError');
    }
    this.#trailers.set(name, value);
  }

  #endTrailer(): void {
    const { signing, trailer } = this.#options;
    this.#place = 'done';
    if (trailer === undefined) return;
    const value = this.#trailers.get(trailer);
    if (value === undefined) throw new OssError('MalformedTrailerError');
    if (!signing) return;
    const hash = encodeHex(signing.hashes.sha256(`${trailer}:${value}\n`));
    this.#checkSignature(signing, 'TRAILER', [hash], this.#trailers.get(trailerSignature) ?? '');
  }

  /** Each signature covers the one before, so that no chunk can be left out or moved. */
  #checkSignature(
    signing: ChunkSigning,
    of: 'PAYLOAD' | 'TRAILER',
    hashes: readonly string[],
    claimed: string,
  ): void {
    const { scope, signingKey } = signing;
    const text = [
      `${s3Algorithm}-${of}`,
      scope.dateTime,
      writeS3Scope(scope),
      this.#signature,
      ...hashes,
    ].join('\n');
    this.#signature = signS3V4(signing.hashes, signingKey, text);
    const given = encodeUtf8(claimed);
    if (signing.hashes.equal(this.#signature, given)) return;
    throw new OssError('SignatureDoesNotMatch.chunk', { SignatureProvided: claimed, StringToSign: text });
  }
}

function malformed(problem: string): OssError {
  return new OssError('InvalidRequest.s3Chunk', { problem });
}
