// CRC-64/XZ, the checksum that OSS answers as `x-oss-hash-crc64ecma`: polynomial 0x42F0E1EBA9EA3693, reflected, start and final XOR
// all ones, written as an unsigned decimal. Eight bytes at a time through tables (slicing), the 64 bits held as two halves of 32,
// because BigInt arithmetic for each byte is a hundred times slower.

/** 0x42F0E1EBA9EA3693 with its bits reversed, in halves. */
const polynomialHigh = 0xc96c5795 | 0;
const polynomialLow = 0xd7870f42 | 0;

/** `HIGH[256 * n + b]`, `LOW[256 * n + b]`: what byte b does to the checksum when n more bytes follow it in its group of eight. */
const HIGH = new Int32Array(256 * 8);
const LOW = new Int32Array(256 * 8);
fillTables();

export class Crc64 {
  #high = -1;
  #low = -1;

  update(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const groupsEnd = bytes.length - (bytes.length % 8);
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < groupsEnd; i += 8) {
      const first = view.getInt32(i, true) ^ low;
      const second = view.getInt32(i + 4, true) ^ high;
      const a = 0x700 | (first & 0xff);
      const b = 0x600 | ((first >>> 8) & 0xff);
      const c = 0x500 | ((first >>> 16) & 0xff);
      const d = 0x400 | (first >>> 24);
      const e = 0x300 | (second & 0xff);
      const f = 0x200 | ((second >>> 8) & 0xff);
      const g = 0x100 | ((second >>> 16) & 0xff);
      const h = second >>> 24;
      // biome-ignore format: one half of the checksum a line
      high = at(HIGH, a) ^ at(HIGH, b) ^ at(HIGH, c) ^ at(HIGH, d) ^ at(HIGH, e) ^ at(HIGH, f) ^ at(HIGH, g) ^ at(HIGH, h);
      low =
        at(LOW, a) ^ at(LOW, b) ^ at(LOW, c) ^ at(LOW, d) ^ at(LOW, e) ^ at(LOW, f) ^ at(LOW, g) ^ at(LOW, h);
    }
    for (let i = groupsEnd; i < bytes.length; i++) {
      const byte = (low ^ (bytes[i] as number)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ at(LOW, byte);
      high = (high >>> 8) ^ at(HIGH, byte);
    }
    this.#high = high;
    this.#low = low;
  }

  /** The checksum of everything so far, as an unsigned decimal. */
  digest(): string {
    return ((BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0)).toString();
  }
}

/** The table's entry, which is there: the indices above are made of one byte and the number of a slice. */
function at(table: Int32Array, index: number): number {
  return table[index] as number;
}

function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const carried = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (carried) {
        high ^= polynomialHigh;
        low ^= polynomialLow;
      }
    }
    HIGH[byte] = high;
    LOW[byte] = low;
  }
  for (let index = 256; index < HIGH.length; index++) {
    const high = at(HIGH, index - 256);
    const low = at(LOW, index - 256);
    HIGH[index] = (high >>> 8) ^ at(HIGH, low & 0xff);
    LOW[index] = ((low >>> 8) | (high << 24)) ^ at(LOW, low & 0xff);
  }
}
