// JSON for documents that somebody signed: whatever two readers could understand differently is refused. No duplicate keys, comments,
// trailing commas or unpaired surrogates; bounded depth; objects are Maps, so that a key called `__proto__` is a key; a number keeps its
// source text until somebody judges it. One addition of OSS: `\$` in a string stands for `$` (PostObject reference, "Escape characters").

/** Arrays and objects inside each other. A policy needs four. */
export const jsonDepthMax = 8;

export type JsonValue = string | boolean | null | JsonNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** A number as it is written: `1.0`, `1e400` and `-0` are not yet anything else. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What is wrong with a text that should be JSON, and where. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;

  constructor(problem: string, line: number, column: number) {
    super(`${problem} at line ${line}, column ${column}`);
    this.line = line;
    this.column = column;
  }
}

/** @throws JsonError at the first problem */
export function parseStrictJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  const value = reader.readValue(0);
  reader.readEnd();
  return value;
}

/** The whole number of 0 or more that is written plainly and kept exactly (up to 2^53 - 1), else undefined. */
export function exactCount(value: JsonValue): number | undefined {
  if (!(value instanceof JsonNumber) || !/^(0|[1-9][0-9]{0,15})$/.test(value.text)) return undefined;
  const count = Number(value.text);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** On one line, with `gap` after each comma and colon: a blank as OSS echoes conditions, or nothing. */
export function formatJson(value: JsonValue, gap: ' ' | '' = ' '): string {
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Map) {
    const members = Array.from(
      value,
      ([key, member]) => `${JSON.stringify(key)}:${gap}${formatJson(member, gap)}`,
    );
    return `{${members.join(`,${gap}`)}}`;
  }
  if (Array.isArray(value)) return `[${value.map((item) => formatJson(item, gap)).join(`,${gap}`)}]`;
  return JSON.stringify(value);
}

const blanks = /[ \t\n\r]*/y;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// All but the quote, the backslash and the control characters, which a string may not hold.
const plainCharacters = /[ !#-[\]-\uffff]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  $: '$',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const words: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** Recursive descent; the depth bound keeps the stack small. */
class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(depth: number): JsonValue {
    this.#skipBlanks();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject(depth + 1);
      case '[':
        return this.#readArray(depth + 1);
      case '"':
        return this.#readString();
      default:
        return this.#readWordOrNumber();
    }
  }

  readEnd(): void {
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail(`unexpected ${this.#here()} after the end`);
  }

  #readObject(depth: number): JsonObject {
    this.#checkDepth(depth);
    const members = new Map<string, JsonValue>();
    this.#at++;
    if (this.#skip('}')) return members;
    do {
      this.#skipBlanks();
      if (this.#text[this.#at] !== '"') this.#fail(`a name in quotes expected, not ${this.#here()}`);
      const start = this.#at;
      const key = this.#readString();
      if (members.has(key)) {
        this.#at = start;
        this.#fail('a name that occurs twice');
      }
      if (!this.#skip(':')) this.#fail(`: expected, not ${this.#here()}`);
      members.set(key, this.readValue(depth));
    } while (this.#skip(','));
    if (!this.#skip('}')) this.#fail(`, or } expected, not ${this.#here()}`);
    return members;
  }

  #readArray(depth: number): JsonValue[] {
    this.#checkDepth(depth);
    const items: JsonValue[] = [];
    this.#at++;
    if (this.#skip(']')) return items;
    do {
      items.push(this.readValue(depth));
    } while (this.#skip(','));
    if (!this.#skip(']')) this.#fail(`, or ] expected, not ${this.#here()}`);
    return items;
  }

  #readString(): string {
    const start = this.#at;
    let text = '';
    this.#at++;
    for (;;) {
      text += this.#match(plainCharacters);
      const stop = this.#text[this.#at];
      if (stop === '"') break;
      if (stop !== '\\')
        this.#fail(stop === undefined ? 'a string that does not end' : `a raw ${this.#here()}`);
      text += this.#readEscape();
    }
    this.#at++;
    if (!text.isWellFormed()) {
      // Half a character would match the beginning of a whole one.
      this.#at = start;
      this.#fail('half of a surrogate pair in a string');
    }
    return text;
  }

  #readEscape(): string {
    const letter = this.#text[this.#at + 1];
    const plain = letter === undefined ? undefined : escapes[letter];
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('an unknown escape');
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #readWordOrNumber(): boolean | null | JsonNumber {
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    const number = this.#match(numberPattern);
    if (number === '') this.#fail(`a value expected, not ${this.#here()}`);
    return new JsonNumber(number);
  }

  #checkDepth(depth: number): void {
    if (depth > jsonDepthMax) this.#fail(`nested more than ${jsonDepthMax} deep`);
  }

  #skipBlanks(): void {
    this.#match(blanks);
  }

  /** Steps over blanks and then `mark`, if that is what follows. */
  #skip(mark: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [matched = ''] = pattern.exec(this.#text) ?? [];
    this.#at += matched.length;
    return matched;
  }

  /** The next character, fit to be shown. */
  #here(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return 'the end';
    if (code > 0x20 && code < 0x7f) return String.fromCharCode(code);
    return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }

  #fail(problem: string): never {
    const before = this.#text.slice(0, this.#at);
    const lineStart = before.lastIndexOf('\n') + 1;
    throw new JsonError(problem, before.split('\n').length, this.#at - lineStart + 1);
  }
}
