// Version ids: 64 URL-safe characters that begin with `CAEQ`, as the ids of OSS do. Clients treat them as opaque; ours carry the time
// of writing and 128 random bits, so that no two are ever equal.

/** @param random 32 ASCII hex digits */
export function makeVersionId(nowMs: number, random: string): string {
  writeVarint9(message, timeAt, nowMs);
  message.write(random, randomAt, 'latin1');
  return message.toString('base64url').replaceAll('-', '.');
}

// Field 1: 1 (the format); 2: 1 (the shard); 3: the time in milliseconds, shifted by 20 bits; 4: the random text.
const message = Buffer.alloc(48);
const timeAt = 5;
const randomAt = 16;
message.set([0x08, 0x01, 0x10, 0x01, 0x18]);
message.set([0x22, 0x20], randomAt - 2);

/**
 * `nowMs * 2 ** 20` as a protobuf varint of always nine bytes: enough for 63 bits, and the length of the id does not depend on the clock.
 * Seven bits a byte, the lowest first; the lowest twenty are 0. In two halves, since the product is too large for an integer.
 */
function writeVarint9(bytes: Uint8Array, at: number, nowMs: number): void {
  const low = (nowMs * 2 ** 6) % 2 ** 28;
  const high = Math.floor(nowMs / 2 ** 22);
  bytes.fill(0x80, at, at + 2);
  for (let i = 0; i < 4; i++) bytes[at + 2 + i] = ((low >>> (7 * i)) & 0x7f) | 0x80;
  for (let i = 0; i < 3; i++) bytes[at + 6 + i] = ((high >>> (7 * i)) & 0x7f) | (i < 2 ? 0x80 : 0);
}
