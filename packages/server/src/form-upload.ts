// The body of a form upload as it comes in: first its fields, then its file, which ends only when the closing boundary and the end of the
// body were seen; then what the sender said the whole of it would hash to. Whoever waits for these stores nothing of a broken form.

import { createHash, type Hash } from 'node:crypto';
import {
  OssError,
  type PostForm,
  type PostFormEvent,
  PostFormReader,
  parseFormContentType,
} from '@postern/protocol';
import type { OssRequest, RequestTrace } from './call.ts';
import { checkContentMd5, parseContentMd5 } from './content-md5.ts';

export class FormUpload {
  readonly #request: OssRequest;
  readonly #trace: RequestTrace;
  readonly #events: AsyncGenerator<PostFormEvent, void, void>;
  /** Content-MD5, in upper-case hex. It covers the body with all its fields and boundaries, not the file (PostObject reference). */
  readonly #declaredMd5: string | undefined;
  readonly #hash: Hash | undefined;
  /** Of the whole body, whoever reads it. */
  #bytesRead = 0;
  #hasFields = false;

  /**
   * @param trace is told the fields, and how much of the file came in
   * @throws OssError what {@link parseFormContentType} throws, MissingContentLength, InvalidDigest.malformed
   */
  constructor(request: OssRequest, trace: RequestTrace) {
    const reader = new PostFormReader(parseFormContentType(request.headers.get('content-type')));
    if (request.contentLength === undefined && !request.headers.has('transfer-encoding')) {
      throw new OssError('MissingContentLength');
    }
    this.#declaredMd5 = parseContentMd5(request.headers.get('content-md5'));
    this.#hash = this.#declaredMd5 === undefined ? undefined : createHash('md5');
    this.#request = request;
    this.#trace = trace;
    this.#events = this.#read(reader);
  }

  /**
   * Reads up to the file's first byte. To be called once, before {@link file}.
   * @throws OssError what is wrong with the form so far, ServiceUnavailable when the fields of all forms are too much to keep
   */
  async readFields(): Promise<PostForm> {
    const { value } = await this.#events.next();
    if (value?.kind !== 'file') throw new OssError('IncorrectNumberOfFilesInPOSTRequest.none');
    this.#trace.form = value.form;
    return value.form;
  }

  /** What the rest of the body amounts to at least, by the request's own word; 0 when it gave none. */
  get bytesLeftAtLeast(): number {
    return Math.max(0, (this.#request.contentLength ?? 0) - this.#bytesRead);
  }

  /** The file's bytes. Ends after the whole body was read and found good. @throws OssError */
  async *file(): AsyncGenerator<Uint8Array, void, void> {
    this.#trace.fileBytes = 0;
    for await (const event of this.#events) {
      if (event.kind !== 'file-bytes') continue;
      this.#trace.fileBytes += event.bytes.length;
      yield event.bytes;
    }
  }

  /** To be called once, when {@link file} has ended. @throws OssError InvalidDigest */
  checkMd5(): void {
    if (this.#hash) checkContentMd5(this.#declaredMd5, this.#hash.digest('hex').toUpperCase());
  }

  async *#read(reader: PostFormReader): AsyncGenerator<PostFormEvent, void, void> {
    for await (const chunk of this.#request.body) {
      this.#bytesRead += chunk.length;
      this.#hash?.update(chunk);
      if (!this.#hasFields) this.#request.load.holdFields(reader.heldBytes + chunk.length);
      for (const event of reader.push(chunk)) {
        if (event.kind === 'file') this.#keepFields(reader);
        yield event;
      }
    }
    reader.end();
  }

  /** What follows is the file, which is not kept in memory. */
  #keepFields(reader: PostFormReader): void {
    this.#hasFields = true;
    this.#request.load.holdFields(reader.heldBytes);
  }
}
