// Writes the body of a form upload, the way a browser would: the counterpart of post-form.ts for command lines, servers and tests.

import { encodeUtf8 } from '../utf8.ts';
import type { FilePart } from './post-fields.ts';

/** The bytes before and after the file's own, so that the file can be streamed between them. */
export interface FormFrame {
  readonly contentType: string;
  readonly head: Uint8Array<ArrayBuffer>;
  readonly tail: Uint8Array<ArrayBuffer>;
}

/**
 * @param boundary must occur in no value and not in the file: 16 random bytes in hex never do
 * @param fields in the order to send, all before the file
 */
export function writeFormFrame(
  boundary: string,
  fields: Iterable<readonly [name: string, value: string]>,
  file: Partial<FilePart>,
): FormFrame {
  let head = '';
  for (const [name, value] of fields) {
    head += `--${boundary}\r\nContent-Disposition: form-data; name="${escapeFormText(name)}"\r\n\r\n${value}\r\n`;
  }
  head += `--${boundary}\r\nContent-Disposition: form-data; name="file"`;
  if (file.fileName !== undefined) head += `; filename="${escapeFormText(file.fileName)}"`;
  if (file.contentType !== undefined) head += `\r\nContent-Type: ${file.contentType}`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    head: encodeUtf8(`${head}\r\n\r\n`),
    tail: encodeUtf8(`\r\n--${boundary}--\r\n`),
  };
}

/** WHATWG form encoding of names and file names. */
function escapeFormText(text: string): string {
  return text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
