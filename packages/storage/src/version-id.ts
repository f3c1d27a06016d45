// Version ids: 64 URL-safe characters that begin with `CAEQ`, as the ids of OSS do. Clients treat them as opaque; ours carry the time
// of writing and 128 random bits, so that no two are ever equal.

/** @param random 32 ASCII hex digits */
export function makeVersionId(nowMs: number, random: string): string {
  const bytes = Buffer.alloc(48);
  // Field 1: 1 (the format); 2: 1 (the shard); 3: the time in milliseconds, shifted by 20 bits; 4: the random text.
  bytes.set([0x08, 0x01, 0x10, 0x01, 0x18]);
  writeVarint9(bytes, 5, nowMs);
  bytes.set([0x22, 0x20], 14);
  bytes.write(random, 16, 'latin1');
  return bytes.toString('base64').replaceAll('+', '.').replaceAll('/', '_');
}

/**
 * `nowMs * 2 ** 20` as a protobuf varint of always nine bytes: enough for 63 bits, and the length of the id does not depend on the clock.
 * By division, since the product is too large for an integer: seven bits a byte, the lowest first.
 */
function writeVarint9(bytes: Uint8Array, at: number, nowMs: number): void {
  for (let i = 0; i < 9; i++) {
    const more = i < 8 ? 0x80 : 0;
    bytes[at + i] = (Math.floor(nowMs * 2 ** (20 - 7 * i)) % 0x80) | more;
  }
}
