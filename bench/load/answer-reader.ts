// Finds where one answer ends and whether it was a success: status and length, nothing else, since the generator shares the machine
// with the server that it measures.

/** Before which the head of an answer has ended. */
const headBytesMax = 16 * 1024;

type State =
  | { readonly kind: 'head'; readonly before: Buffer }
  | { readonly kind: 'body'; left: number }
  | { readonly kind: 'chunks'; last: string };

const noBytes = Buffer.alloc(0);

export class AnswerReader {
  readonly #isHead: boolean;
  #state: State = { kind: 'head', before: noBytes };
  #status = 0;
  #firstBytes = '';
  /** The server will close the connection after the answer. */
  isLast = false;

  constructor(isHead: boolean) {
    this.#isHead = isHead;
  }

  get isSuccess(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  /** Whether any of the next answer is here. */
  get hasBegun(): boolean {
    return this.#state.kind !== 'head' || this.#state.before.length > 0;
  }

  /** For a person: how the answer begins. */
  get beginning(): string {
    return this.#firstBytes;
  }

  /** @returns whether the answer is whole. One connection has one request under way, so nothing follows it */
  push(bytes: Buffer): boolean {
    switch (this.#state.kind) {
      case 'head':
        return this.#readHead(bytes);
      case 'body':
        this.#state.left -= bytes.length;
        return this.#state.left <= 0 && this.#end();
      case 'chunks':
        return this.#readChunks(bytes);
    }
  }

  #readHead(next: Buffer): boolean {
    const { before } = this.#state as Extract<State, { kind: 'head' }>;
    const bytes = before.length === 0 ? next : Buffer.concat([before, next]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) {
      if (bytes.length > headBytesMax) throw new Error('an answer whose head does not end');
      // A copy: the generator reads every socket into the same memory.
      this.#state = { kind: 'head', before: Buffer.from(bytes) };
      return false;
    }
    const head = bytes.toString('latin1', 0, end);
    this.#status = Number(head.slice(9, 12));
    if (!this.isSuccess) this.#firstBytes = bytes.toString('utf8', 0, 1000);
    this.isLast = /\r\nconnection: *close/i.test(head);
    if (this.#isHead || this.#status === 204 || this.#status === 304) return this.#end();
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      this.#state = { kind: 'body', left: Number(length) - (bytes.length - end - 4) };
      return this.#state.left <= 0 && this.#end();
    }
    if (!/\r\ntransfer-encoding: *chunked/i.test(head))
      throw new Error(`an answer without a length: ${head}`);
    this.#state = { kind: 'chunks', last: '' };
    return this.#readChunks(bytes.subarray(end + 4));
  }

  #readChunks(bytes: Buffer): boolean {
    const state = this.#state as Extract<State, { kind: 'chunks' }>;
    state.last = (state.last + bytes.toString('latin1', Math.max(bytes.length - 5, 0))).slice(-5);
    return state.last === '0\r\n\r\n' && this.#end();
  }

  #end(): boolean {
    this.#state = { kind: 'head', before: noBytes };
    return true;
  }
}
