// A small notation for form bodies in tests: parts as lines, the boundary as `B`, every line end written out.

import { OssError, type PostForm, PostFormReader, parseFormContentType } from '../src/index.ts';

export const boundary = 'B';

/** `part('name="key"', 'a.txt')`: one whole part with its delimiter. */
export function part(parameters: string, value: string, ...headers: string[]): string {
  const lines = [`Content-Disposition: form-data; ${parameters}`, ...headers];
  return `--B\r\n${lines.join('\r\n')}\r\n\r\n${value}\r\n`;
}

export const field = (name: string, value: string) => part(`name="${name}"`, value);
export const file = (value: string, parameters = '; filename="f.txt"') =>
  part(`name="file"${parameters}`, value);
export const close = '--B--\r\n';

export interface ReadForm {
  readonly form: PostForm;
  readonly fields: Record<string, string>;
  readonly file: string;
  /** Where the file begins in the body, by what the reader says is left. */
  readonly fileAt: number;
}

/** Reads a whole body, cut into chunks of the given sizes (the rest in one); text is taken byte for byte (latin1). */
export function readForm(
  body: string | Uint8Array,
  cuts: readonly number[] = [],
  contentType = 'multipart/form-data; boundary=B',
): ReadForm {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const reader = new PostFormReader(parseFormContentType(contentType));
  let form: PostForm | undefined;
  let pushed = 0;
  let fileAt = Number.NaN;
  const pieces: Uint8Array[] = [];
  for (const chunk of cut(bytes, cuts)) {
    reader.push(chunk);
    pushed += chunk.length;
    for (let event = reader.next(); event !== undefined; event = reader.next()) {
      if (event.kind === 'file') {
        form = event.form;
        fileAt = pushed - reader.unreadBytes;
      } else pieces.push(Buffer.from(event.bytes));
    }
    // The chunk was only lent.
    chunk.fill(0x21);
  }
  reader.end();
  if (!form) throw new Error('the reader ended well without a file');
  const fields = Object.fromEntries([...form.fields].map(({ name, value }) => [name, value]));
  return { form, fields, fileAt, file: Buffer.concat(pieces).toString('latin1') };
}

/** What came of a body: its content as text, or the name of the refusal; anything but an OssError is thrown. */
export function outcome(
  body: string | Uint8Array,
  cuts: readonly number[] = [],
  contentType?: string,
): string {
  try {
    const { form, fields, file } = readForm(body, cuts, contentType);
    return JSON.stringify([fields, form.file, file]);
  } catch (error) {
    if (error instanceof OssError) return error.row;
    throw error;
  }
}

/** Node's buffers, as a server gets them: their `slice` copies nothing. */
function* cut(bytes: Uint8Array, cuts: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (const size of cuts) {
    if (at >= bytes.length) return;
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
  if (at < bytes.length) yield Buffer.from(bytes.subarray(at));
}
