// Forms written byte for byte, for cases in which the multipart body itself is the matter.

import type { Fields } from './post-form.ts';

export const rawBoundary = 'form-boundary';
export const rawContentType = `multipart/form-data; boundary=${rawBoundary}`;

/** One part: its header lines, and its body. */
export type RawPart = readonly [headerLines: string, body: string];

export function fieldPart(name: string, value: string): RawPart {
  return [`Content-Disposition: form-data; name="${name}"`, value];
}

export function filePart(content = 'hello'): RawPart {
  return [
    'Content-Disposition: form-data; name="file"; filename="file.txt"\r\nContent-Type: text/plain',
    content,
  ];
}

export function fieldParts(fields: Fields): RawPart[] {
  return Object.entries(fields).map(([name, value]) => fieldPart(name, value));
}

/** The body with its closing boundary. */
export function writeParts(parts: readonly RawPart[]): string {
  return `${writeOpenParts(parts)}\r\n--${rawBoundary}--\r\n`;
}

/** The body up to the last part's last byte. */
export function writeOpenParts(parts: readonly RawPart[]): string {
  return parts.map(([lines, body]) => `--${rawBoundary}\r\n${lines}\r\n\r\n${body}`).join('\r\n');
}
