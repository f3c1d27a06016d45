// Splits a multipart body into its parts: bytes in, events out, synchronous, correct wherever the chunks are cut. File bytes are handed
// on as views of the chunk they came in; only the few bytes at a chunk's end that may begin a delimiter are kept and copied.
// RFC 2046 section 5.1, with bounds.

import { OssError } from '../errors.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { type PartHeader, parsePartHeader, refuseLongHeader } from './part-header.ts';

export const partHeaderBytesMax = 16 * 1024;
export const preambleBytesMax = 4 * 1024;
/** Blanks between a boundary and the end of its line, which RFC 2046 allows to be added on the way. */
export const boundaryPaddingBytesMax = 64;

export type MultipartEvent =
  | { readonly kind: 'part-begin'; readonly header: PartHeader }
  /** Never empty; a view that is valid as long as the chunk pushed. */
  | { readonly kind: 'part-bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'part-end' }
  /** Bytes after the closing delimiter, which mean nothing. */
  | { readonly kind: 'epilogue'; readonly byteCount: number };

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const nothing = new Uint8Array(0);
const lineEnd = Uint8Array.of(CR, LF);

/** A state reads from `at`, leaves at most one event, and says how far it got, or that it needs more bytes than there are. */
type State = (data: Uint8Array, at: number) => number;
const needMore = -1;

export class MultipartReader {
  /** CR LF `--` boundary. */
  readonly #delimiter: Uint8Array;
  /** For each byte, how far the search may jump when the window ends in it. */
  readonly #jumps: Uint8Array;
  #state: State = this.#readPreamble;
  /** What was pushed last, dealt with up to `#at`. */
  #data: Uint8Array = nothing;
  #at = 0;
  /** What of the last chunk could not be judged yet. It starts as a line end, so that the first delimiter looks like all others. */
  #held: Uint8Array = lineEnd;
  #preambleBytes = -lineEnd.length;
  /** Where the search for a header's end goes on, counted from the header's begin. */
  #headerSearched = 0;
  #isInPart = false;
  #event: MultipartEvent | undefined;

  /** @param boundary as in the Content-Type, already checked */
  constructor(boundary: string) {
    this.#delimiter = encodeUtf8(`\r\n--${boundary}`);
    this.#jumps = new Uint8Array(256).fill(this.#delimiter.length);
    const last = this.#delimiter.length - 1;
    for (let i = 0; i < last; i++) this.#jumps[this.#delimiter[i] as number] = last - i;
  }

  /** The next bytes of the body; to be called when {@link next} has nothing more to tell of those before. */
  push(chunk: Uint8Array): void {
    const beginsWhole = this.#held === lineEnd && this.#beginsWithDelimiter(chunk);
    if (beginsWhole) this.#state = this.#readDelimiter;
    this.#data = beginsWhole || this.#held.length === 0 ? chunk : join(this.#held, chunk);
    this.#at = beginsWhole ? -lineEnd.length : 0;
    this.#held = nothing;
  }

  /**
   * Undefined when more bytes are needed. One event at a time, so that each is dealt with before the bytes behind it are judged: which of
   * two faults of a form is reported must not depend on how the network cut it.
   *
   * @throws OssError MalformedPOSTRequest and the errors of {@link parsePartHeader}; the reader is of no use afterwards
   */
  next(): MultipartEvent | undefined {
    const data = this.#data;
    while (this.#at < data.length) {
      const next = this.#state(data, this.#at);
      if (next === needMore) {
        // Not `slice`, which of Node's buffers is a view: the chunk was only lent.
        this.#held = new Uint8Array(data.subarray(this.#at));
        break;
      }
      this.#at = next;
      const event = this.#event;
      if (event === undefined) continue;
      this.#event = undefined;
      return event;
    }
    // It was only lent.
    this.#data = nothing;
    this.#at = 0;
    return undefined;
  }

  /** How many of the bytes that were pushed lie behind the last event. */
  get unreadBytes(): number {
    return this.#data.length - this.#at + this.#held.length;
  }

  /** The body is over. @throws OssError MalformedPOSTRequest.truncated unless the closing delimiter was seen */
  end(): void {
    const closes =
      this.#state === this.#readDelimiter && this.#judgeDelimiter(this.#held, 0, true).kind === 'close';
    if (!closes && this.#state !== this.#readEpilogue) throw new OssError('MalformedPOSTRequest.truncated');
  }

  /** Then the line end in front of it need not be put there, which would mean to copy the chunk. */
  #beginsWithDelimiter(chunk: Uint8Array): boolean {
    const before = lineEnd.length;
    for (let i = before; i < this.#delimiter.length; i++) {
      if (chunk[i - before] !== this.#delimiter[i]) return false;
    }
    const { kind } = this.#judgeDelimiter(chunk, -before, false);
    return kind === 'part' || kind === 'close';
  }

  #readPreamble(data: Uint8Array, at: number): number {
    const end = this.#findDelimiter(data, at);
    this.#preambleBytes += end - at;
    if (this.#preambleBytes > preambleBytesMax) throw new OssError('MalformedPOSTRequest');
    return this.#enterDelimiter(data, at, end);
  }

  #readBody(data: Uint8Array, at: number): number {
    const end = this.#findDelimiter(data, at);
    if (end > at) this.#event = { kind: 'part-bytes', bytes: data.subarray(at, end) };
    return this.#enterDelimiter(data, at, end);
  }

  /** The bytes from `at` to `end` are dealt with; at `end` is a whole delimiter, or the begin of one, or the data's end. */
  #enterDelimiter(data: Uint8Array, at: number, end: number): number {
    const isWhole = data.length - end >= this.#delimiter.length;
    if (isWhole) this.#state = this.#readDelimiter;
    return isWhole || end > at ? end : needMore;
  }

  #readDelimiter(data: Uint8Array, at: number): number {
    const delimiter = this.#judgeDelimiter(data, at, false);
    switch (delimiter.kind) {
      case 'unknown':
        return needMore;
      case 'data':
        // Looks like a delimiter but goes on: `--boundaryX` is content.
        this.#state = this.#isInPart ? this.#readBody : this.#readPreamble;
        if (this.#isInPart)
          this.#event = { kind: 'part-bytes', bytes: data.subarray(at, at + this.#delimiter.length) };
        else this.#preambleBytes += this.#delimiter.length;
        return at + this.#delimiter.length;
      case 'part':
        this.#endPart();
        this.#headerSearched = 0;
        this.#state = this.#readHeader;
        return delimiter.end;
      case 'close':
        this.#endPart();
        this.#state = this.#readEpilogue;
        return delimiter.end;
    }
  }

  /** What follows the delimiter at `at`: padding and a line end begin a part, `--` closes, anything else makes it data. */
  #judgeDelimiter(
    data: Uint8Array,
    at: number,
    isWhole: boolean,
  ): { kind: 'part' | 'close' | 'data' | 'unknown'; end: number } {
    let i = at + this.#delimiter.length;
    const unknown = { kind: isWhole ? 'data' : 'unknown', end: at } as const;
    let kind: 'part' | 'close' = 'part';
    if (data[i] === DASH) {
      if (i + 1 >= data.length) return unknown;
      if (data[i + 1] !== DASH) return { kind: 'data', end: at };
      kind = 'close';
      i += 2;
    }
    const paddingEnd = i + boundaryPaddingBytesMax;
    while (i < paddingEnd && (data[i] === 0x20 || data[i] === 0x09)) i++;
    if (i >= data.length) return isWhole && kind === 'close' ? { kind, end: i } : unknown;
    if (data[i] !== CR) return { kind: 'data', end: at };
    if (i + 1 >= data.length) return isWhole && kind === 'close' ? { kind, end: i } : unknown;
    return data[i + 1] === LF ? { kind, end: i + 2 } : { kind: 'data', end: at };
  }

  #endPart(): void {
    if (this.#isInPart) this.#event = { kind: 'part-end' };
    this.#isInPart = false;
  }

  #readHeader(data: Uint8Array, at: number): number {
    const end = findHeaderEnd(data, at + this.#headerSearched);
    if ((end === -1 ? data.length : end) - at > partHeaderBytesMax) {
      throw refuseLongHeader(latin1(data.subarray(at, at + partHeaderBytesMax)));
    }
    if (end === -1) {
      // The last three bytes may be the begin of the CR LF CR LF that is looked for.
      this.#headerSearched = Math.max(0, data.length - at - 3);
      return needMore;
    }
    this.#event = { kind: 'part-begin', header: parsePartHeader(latin1(data.subarray(at, end))) };
    this.#isInPart = true;
    this.#state = this.#readBody;
    // An empty body is followed by the delimiter's own CR LF, which must not be the header's last.
    return end + 4;
  }

  #readEpilogue(data: Uint8Array, at: number): number {
    this.#event = { kind: 'epilogue', byteCount: data.length - at };
    return data.length;
  }

  /** The first place from `from` on where the delimiter stands, or where the data ends in the begin of one, or the data's end. */
  #findDelimiter(data: Uint8Array, from: number): number {
    const delimiter = this.#delimiter;
    const last = delimiter.length - 1;
    const lastByte = delimiter[last];
    let i = from + last;
    while (i < data.length) {
      const byte = data[i] as number;
      if (byte === lastByte && this.#standsAt(data, i - last, last)) return i - last;
      i += this.#jumps[byte] as number;
    }
    for (
      let at = data.indexOf(CR, Math.max(from, data.length - last));
      at !== -1;
      at = data.indexOf(CR, at + 1)
    ) {
      if (this.#standsAt(data, at, data.length - at)) return at;
    }
    return data.length;
  }

  #standsAt(data: Uint8Array, at: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (data[at + i] !== this.#delimiter[i]) return false;
    return true;
  }
}

/** Where the CR LF CR LF begins that ends a header, or -1. */
function findHeaderEnd(data: Uint8Array, from: number): number {
  for (let at = data.indexOf(CR, from); at !== -1; at = data.indexOf(CR, at + 1)) {
    if (data[at + 1] === LF && data[at + 2] === CR && data[at + 3] === LF) return at;
  }
  return -1;
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** @param bytes at most 16 KiB: they become arguments of one call */
function latin1(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  // As long in characters as in bytes: all of it is ASCII, as most headers are.
  if (text?.length === bytes.length) return text;
  return String.fromCharCode(...bytes);
}
