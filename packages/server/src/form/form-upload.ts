// The body of a form upload as it comes in: first its fields, then its file, which ends only when the closing boundary and the end of the
// body were seen; then what the sender said the whole of it would hash to. Whoever waits for these stores nothing of a broken form.

import { createHash, type Hash } from 'node:crypto';
import { OssError, type PostForm, PostFormReader, parseFormContentType } from '@postern/protocol';
import type { BodyCheck } from '../body/body-check.ts';
import { checkContentMd5, parseContentMd5 } from '../body/content-md5.ts';
import type { OssRequest, RequestTrace } from '../call.ts';

export class FormUpload {
  readonly #request: OssRequest;
  readonly #trace: RequestTrace;
  readonly #reader: PostFormReader;
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;
  /** Content-MD5, in upper-case hex. It covers the body with all its fields and boundaries, not the file (PostObject reference). */
  readonly #declaredMd5: string | undefined;
  readonly #hash: Hash | undefined;
  /** Of the whole body, whoever reads it. */
  #bytesRead = 0;

  /**
   * @param trace is told the fields, and how much of the file came in
   * @throws OssError what {@link parseFormContentType} throws, MissingContentLength, InvalidDigest.malformed
   */
  constructor(request: OssRequest, trace: RequestTrace) {
    this.#reader = new PostFormReader(parseFormContentType(request.headers.get('content-type')));
    if (request.contentLength === undefined && !request.headers.has('transfer-encoding')) {
      throw new OssError('MissingContentLength');
    }
    this.#declaredMd5 = parseContentMd5(request.headers.get('content-md5'));
    this.#hash = this.#declaredMd5 === undefined ? undefined : createHash('md5');
    this.#request = request;
    this.#trace = trace;
    this.#chunks = request.body[Symbol.asyncIterator]();
  }

  /**
   * Reads up to the file's first byte. To be called once, before {@link file}.
   * @throws OssError what is wrong with the form so far, ServiceUnavailable when the fields of all forms are too much to keep
   */
  async readFields(): Promise<PostForm> {
    for (;;) {
      const chunk = await this.#readChunk();
      if (chunk === undefined) throw new OssError('IncorrectNumberOfFilesInPOSTRequest.none');
      this.#request.load.holdFields(this.#reader.heldBytes + chunk.length);
      this.#reader.push(chunk);
      const event = this.#reader.next();
      // The first event there is: the file begins.
      if (event?.kind !== 'file') continue;
      // What follows is not kept in memory.
      this.#request.load.holdFields(this.#reader.heldBytes);
      this.#trace.form = event.form;
      return event.form;
    }
  }

  /** What the rest of the body amounts to, from the file's first byte on, by the request's own word; when it gave none, what has come of it. */
  get bytesLeftAtLeast(): number {
    const { unreadBytes } = this.#reader;
    return unreadBytes + Math.max(0, (this.#request.contentLength ?? 0) - this.#bytesRead);
  }

  /** The file's bytes. Ends after the whole body was read and found good, by the checks too. @throws OssError */
  async *file(checks: readonly BodyCheck[]): AsyncGenerator<Uint8Array, void, void> {
    this.#trace.fileBytes = 0;
    for (;;) {
      for (let event = this.#reader.next(); event !== undefined; event = this.#reader.next()) {
        if (event.kind !== 'file-bytes') continue;
        const { bytes } = event;
        this.#trace.fileBytes += bytes.length;
        for (const check of checks) check.take(bytes.length);
        yield bytes;
      }
      const chunk = await this.#readChunk();
      if (chunk === undefined) break;
      this.#reader.push(chunk);
    }
    for (const check of checks) check.end();
  }

  /** To be called once, when {@link file} has ended. @throws OssError InvalidDigest */
  checkMd5(): void {
    if (this.#hash) checkContentMd5(this.#declaredMd5, this.#hash.digest('hex').toUpperCase());
  }

  /** Undefined when the body has ended as it should. */
  async #readChunk(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#chunks.next();
    if (done) {
      this.#reader.end();
      return undefined;
    }
    this.#bytesRead += value.length;
    this.#hash?.update(value);
    return value;
  }
}
