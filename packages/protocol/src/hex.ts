// Hexadecimal in lower case, as V4 signatures are written.

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower case, two digits a byte. */
export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += digits[byte] as string;
  return text;
}

/** `47 45 54 0a`: how errors show the bytes of a text, so that characters that do not show can be found. */
export function encodeSpacedHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => digits[byte]).join(' ');
}
