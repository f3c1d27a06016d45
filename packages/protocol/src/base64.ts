// Base64 as a signature needs it (RFC 4648, section 4): one text for one byte string and back. Lenient decoders skip what they do not
// know, so that many texts decode to the same bytes; here any deviation is refused: another alphabet, white space, wrong padding,
// and trailing bits that are not zero.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const notInAlphabet = 0xff;

const codeOf = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0));
const sextetOf = new Uint8Array(256).fill(notInAlphabet);
for (const [value, code] of codeOf.entries()) sextetOf[code] = value;
/** The two letters of each twelve bits: a text of few long pieces is made faster than one of many short ones. */
const pairs = Array.from({ length: 64 * 64 }, (_, bits) => `${alphabet[bits >> 6]}${alphabet[bits & 63]}`);

/** Standard alphabet, padded, no line breaks. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group =
      ((bytes[at] as number) << 16) |
      (left > 1 ? (bytes[at + 1] as number) << 8 : 0) |
      (left > 2 ? (bytes[at + 2] as number) : 0);
    text += pairs[group >> 12] as string;
    text += left > 2 ? pairs[group & 0xfff] : left > 1 ? `${alphabet[(group >> 6) & 63]}=` : '==';
  }
  return text;
}

/** The bytes, or undefined unless `text` is exactly what {@link encodeBase64} would write for them. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const pads = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const letters = text.length - pads;
  const bytes = new Uint8Array((text.length / 4) * 3 - pads);
  let bits = 0;
  let out = 0;
  for (let at = 0; at < letters; at++) {
    // A code over 255 indexes past the table; a '=' before the end is not in the alphabet.
    const value = sextetOf[text.charCodeAt(at)] ?? notInAlphabet;
    if (value === notInAlphabet) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    if (at % 4 !== 3) continue;
    bytes[out++] = bits >> 16;
    bytes[out++] = bits >> 8;
    bytes[out++] = bits;
  }
  if (pads === 1) {
    if ((bits & 0b11) !== 0) return undefined;
    bytes[out++] = bits >> 10;
    bytes[out++] = bits >> 2;
  }
  if (pads === 2) {
    if ((bits & 0b1111) !== 0) return undefined;
    bytes[out++] = bits >> 4;
  }
  return bytes;
}
