// Version ids: 64 URL-safe characters that begin with `CAEQ`, as the ids of OSS do. Clients treat them as opaque; ours carry the time
// of writing and 128 random bits, so that no two are ever equal.

/** @param random 32 ASCII hex digits */
export function makeVersionId(nowMs: number, random: string): string {
  // Field 1: 1 (the format); 2: 1 (the shard); 3: the time in milliseconds, shifted by 20 bits; 4: the random text.
  const bytes = Uint8Array.of(
    ...[0x08, 0x01, 0x10, 0x01, 0x18, ...varint9(BigInt(nowMs) << 20n), 0x22, 0x20],
    ...Buffer.from(random, 'latin1'),
  );
  return Buffer.from(bytes).toString('base64').replaceAll('+', '.').replaceAll('/', '_');
}

/** A protobuf varint of always nine bytes: enough for 63 bits, and the length of the id does not depend on the clock. */
function varint9(value: bigint): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < 9; i++) {
    const more = i < 8 ? 0x80 : 0;
    bytes.push(Number((value >> BigInt(7 * i)) & 0x7fn) | more);
  }
  return bytes;
}
