// The fields of a form before its file: looked up by name in any case, values as the exact text that was sent.

/** One field as it came. */
export interface PostField {
  /** As sent, e.g. `OSSAccessKeyId`. */
  readonly name: string;
  readonly value: string;
}

/**
 * Fields by case-insensitive name (PostObject reference: names in any case, values case-sensitive). No name occurs twice: the reader
 * refuses such a form, since "first wins" and "last wins" are how two programs come to disagree about what was signed.
 */
export class PostFields implements Iterable<PostField> {
  readonly #byLowerName = new Map<string, PostField>();

  constructor(fields: Iterable<PostField> = []) {
    for (const field of fields) this.#byLowerName.set(field.name.toLowerCase(), field);
  }

  get size(): number {
    return this.#byLowerName.size;
  }

  /** The value, undefined when there is no such field; an empty value is an empty string. */
  get(name: string): string | undefined {
    return this.#byLowerName.get(name.toLowerCase())?.value;
  }

  has(name: string): boolean {
    return this.#byLowerName.has(name.toLowerCase());
  }

  [Symbol.iterator](): IterableIterator<PostField> {
    return this.#byLowerName.values();
  }
}

/** What the file part says of itself. */
export interface FilePart {
  /** As sent: a bare name from a browser, but it may be a path. */
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
}

/** A form up to the first byte of its file. */
export interface PostForm {
  readonly fields: PostFields;
  readonly file: FilePart;
}
