// A form upload as it streams in: the fields, then the file, then a rest that is read past. PostObject reference: `file` is the last
// field that counts; what comes after it (a submit button) is ignored, and its values are never used.

import { OssError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { type MultipartEvent, MultipartReader } from './multipart-reader.ts';
import type { PartHeader } from './part-header.ts';
import { type PostField, PostFields, type PostForm } from './post-fields.ts';

export const fieldValueBytesMax = 2 * 1024 * 1024;
/** The values of all fields before the file together. */
export const fieldBytesMax = 8 * 1024 * 1024;
/** Parts, the file included. Not documented; a form has some twenty. */
export const partsMax = 100;
/** What may follow the file: parts that are ignored, and an epilogue. Not documented. */
export const trailingBytesMax = 1024 * 1024;

export type PostFormEvent =
  /** The fields are complete; the file's bytes follow. */
  | { readonly kind: 'file'; readonly form: PostForm }
  /** A piece of the file, never empty; valid as long as the chunk pushed. */
  | { readonly kind: 'file-bytes'; readonly bytes: Uint8Array };

/** What the part that is being read is for. */
type Part = { readonly kind: 'none' | 'file' | 'ignored' } | FieldPart;

interface FieldPart {
  readonly kind: 'field';
  readonly name: string;
  /** Its first `byteCount` are the value as far as it came. */
  bytes: Uint8Array;
  byteCount: number;
  /** `bytes` is a view of the chunk, which is ours only until the next. */
  isLent: boolean;
}

const nothing = new Uint8Array(0);

export class PostFormReader {
  readonly #multipart: MultipartReader;
  readonly #fields = new Map<string, PostField>();
  #part: Part = { kind: 'none' };
  #partCount = 0;
  #fieldBytes = 0;
  #nameBytes = 0;
  #trailingBytes = 0;
  #hasFile = false;

  /** @param boundary from {@link parseFormContentType} */
  constructor(boundary: string) {
    this.#multipart = new MultipartReader(boundary);
  }

  /** What is kept of the fields so far: their names and values. */
  get heldBytes(): number {
    return this.#nameBytes + this.#fieldBytes;
  }

  /** The next bytes of the body; to be called when {@link next} has nothing more to tell of those before. */
  push(chunk: Uint8Array): void {
    this.#multipart.push(chunk);
  }

  /**
   * Undefined when more bytes are needed. Deciding on the form before asking for the next event means that nothing behind it is judged
   * first.
   *
   * @throws OssError what is wrong with the form, checked before the bytes concerned are kept; the reader is of no use afterwards
   */
  next(): PostFormEvent | undefined {
    for (let event = this.#multipart.next(); event !== undefined; event = this.#multipart.next()) {
      const made = this.#take(event);
      if (made !== undefined) return made;
    }
    if (this.#part.kind === 'field' && this.#part.isLent) makeRoom(this.#part, this.#part.byteCount);
    return undefined;
  }

  /** How many of the bytes that were pushed lie behind the last event. */
  get unreadBytes(): number {
    return this.#multipart.unreadBytes;
  }

  /**
   * The body is over: only after this may the file count as received.
   * @throws OssError MalformedPOSTRequest.truncated, IncorrectNumberOfFilesInPOSTRequest.none
   */
  end(): void {
    this.#multipart.end();
    if (!this.#hasFile) throw new OssError('IncorrectNumberOfFilesInPOSTRequest.none');
  }

  #take(event: MultipartEvent): PostFormEvent | undefined {
    switch (event.kind) {
      case 'part-begin':
        return this.#beginPart(event.header);
      case 'part-bytes':
        return this.#takeBytes(event.bytes);
      case 'part-end':
        this.#endPart();
        return undefined;
      case 'epilogue':
        this.#countTrailing(event.byteCount);
        return undefined;
    }
  }

  #beginPart(header: PartHeader): PostFormEvent | undefined {
    this.#partCount++;
    if (this.#partCount > partsMax) throw new OssError('InvalidArgument.tooManyFields', { limit: partsMax });
    // The name decides, never a filename: some clients send one with every part, others none with the file.
    const lowerName = header.name.toLowerCase();
    if (this.#hasFile) {
      if (lowerName === 'file') throw new OssError('IncorrectNumberOfFilesInPOSTRequest');
      this.#part = { kind: 'ignored' };
      return undefined;
    }
    if (lowerName === 'file') {
      this.#hasFile = true;
      this.#part = { kind: 'file' };
      const file = { fileName: header.fileName, contentType: header.contentType };
      return { kind: 'file', form: { fields: new PostFields(this.#fields.values()), file } };
    }
    if (this.#fields.has(lowerName)) {
      throw new OssError('InvalidArgument.duplicateField', { field: header.name, ArgumentName: header.name });
    }
    this.#nameBytes += header.name.length;
    this.#part = { kind: 'field', name: header.name, bytes: nothing, byteCount: 0, isLent: false };
    return undefined;
  }

  #takeBytes(bytes: Uint8Array): PostFormEvent | undefined {
    const part = this.#part;
    if (part.kind === 'file') return { kind: 'file-bytes', bytes };
    if (part.kind === 'field') this.#keepValue(part, bytes);
    else this.#countTrailing(bytes.length);
    return undefined;
  }

  #keepValue(part: FieldPart, bytes: Uint8Array): void {
    const byteCount = part.byteCount + bytes.length;
    this.#fieldBytes += bytes.length;
    if (byteCount > fieldValueBytesMax) {
      throw new OssError('FieldItemTooLong', { MaxSizeAllowed: fieldValueBytesMax, ProposedSize: byteCount });
    }
    if (this.#fieldBytes > fieldBytesMax) {
      throw new OssError('MaxPOSTPreDataLengthExceededError', {
        MaxSizeAllowed: fieldBytesMax,
        ProposedSize: this.#fieldBytes,
      });
    }
    // Most values lie in one chunk, and are read where they lie.
    if (part.byteCount === 0) {
      part.bytes = bytes;
      part.isLent = true;
    } else {
      if (byteCount > part.bytes.length || part.isLent) makeRoom(part, byteCount);
      part.bytes.set(bytes, part.byteCount);
    }
    part.byteCount = byteCount;
  }

  #endPart(): void {
    const part = this.#part;
    this.#part = { kind: 'none' };
    if (part.kind !== 'field') return;
    this.#fields.set(part.name.toLowerCase(), { name: part.name, value: decodeValue(part) });
  }

  #countTrailing(byteCount: number): void {
    this.#trailingBytes += byteCount;
    if (this.#trailingBytes > trailingBytesMax) throw new OssError('MalformedPOSTRequest');
  }
}

/** Into one buffer that doubles: a list of pieces would cost a hundred bytes for each byte of a client that sends them one at a time. */
function makeRoom(part: FieldPart, byteCount: number): void {
  const larger = new Uint8Array(Math.max(byteCount, 2 * part.byteCount));
  larger.set(part.bytes.subarray(0, part.byteCount));
  part.bytes = larger;
  part.isLent = false;
}

function decodeValue({ name, bytes, byteCount }: FieldPart): string {
  const value = decodeUtf8(bytes.subarray(0, byteCount));
  if (value !== undefined) return value;
  if (name.toLowerCase() === 'key') throw new OssError('InvalidObjectName');
  throw new OssError('InvalidArgument.notUtf8', { field: name, ArgumentName: name });
}
