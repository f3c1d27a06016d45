// UTF-8 both ways, strictly: bytes that are not UTF-8 are refused rather than replaced, and a byte order mark is a character like any
// other, so that decoding never loses a byte that somebody signed.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An unpaired surrogate becomes U+FFFD: ask `text.isWellFormed()` first where that matters. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text, or undefined when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // TextDecoder has no other way to say "not UTF-8", and nothing else can fail here.
    return undefined;
  }
}
