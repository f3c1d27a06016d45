// The inner loop of a CRC of up to 64 bits as a WebAssembly module, put together here instruction by instruction: JavaScript has neither 64-bit arithmetic,
// except as BigInt, nor operations on 16 bytes at once. A checksum is a remainder, and does not change when multiples of its polynomial are
// added to the bytes. So of many bytes all but the last thousand are cleared first, from the front, by adding a multiple that has only a
// few terms, each of a power of x^8: whole bytes move, 16 at once, and no table is asked. The rest goes through tables, 16 bytes at a time.
//
//   memory   0        tables: what a byte does to the checksum when 0 … 15 more bytes follow it, 256 entries of eight bytes each
//            32 KiB   room for the last bytes
//            …        zeros: what comes before the first byte
//            …        the bytes to be summed
//   update   (checksum, end of the bytes) → checksum; both before the final XOR

const wordBytes = 8;
const sliceBytes = 2 * wordBytes;
const tableBytes = 256 * 8;

/** What one round of the loop clears: enough that counting costs nothing. */
const roundBytes = 64;
/** The degree of every sparse multiple is at most this, in bytes. */
const degreeMax = 1664;

const lastBytesAt = sliceBytes * tableBytes;
const zerosAt = lastBytesAt + degreeMax + 2 * roundBytes;
const dataAt = zerosAt + degreeMax;
const memoryPages = 2;
/** What is summed in one go. */
export const crcPieceBytes = memoryPages * 65_536 - dataAt;

/** Fewer bytes than that many times the degree are summed sooner than cleared. */
const clearedDegreesMin = 2;

/** As much of it as is used here: the types of Node have none of its values. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
};

/** @returns the checksum with these bytes added; both before the final XOR */
export type AddToCrc = (checksum: bigint, bytes: Uint8Array) => bigint;

export interface CrcPolynomial {
  /** With its bits reversed, that of x^0 the highest of them. */
  readonly bits: bigint;
  /**
   * A multiple of it with few terms: n stands for x^8n, the highest comes first, and the last is 0. At most {@link degreeMax}; the first two
   * are at least {@link roundBytes} apart, so that no round needs what it has itself changed.
   */
  readonly sparseMultiple: readonly number[];
}

export function makeCrcModule({ bits, sparseMultiple }: CrcPolynomial): AddToCrc {
  const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages });
  fillTables(new DataView(memory.buffer), bits);
  const module = new WebAssembly.Module(assemble(sparseMultiple));
  const { exports } = new WebAssembly.Instance(module, { js: { memory } });
  const update = exports.update as (checksum: bigint, end: number) => bigint;
  const data = new Uint8Array(memory.buffer, dataAt, crcPieceBytes);
  return (before, bytes) => {
    let checksum = before;
    for (let at = 0; at < bytes.length; at += crcPieceBytes) {
      const piece = bytes.length <= crcPieceBytes ? bytes : bytes.subarray(at, at + crcPieceBytes);
      data.set(piece);
      checksum = update(checksum, dataAt + piece.length);
    }
    return checksum;
  };
}

function fillTables(memory: DataView, polynomial: bigint): void {
  const polynomialHigh = Number(BigInt.asIntN(32, polynomial >> 32n));
  const polynomialLow = Number(BigInt.asIntN(32, polynomial));
  const low = new Int32Array(256);
  const high = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    low[byte] = byte;
    for (let bit = 0; bit < 8; bit++) {
      const carried = ((low[byte] as number) & 1) === 1;
      low[byte] = ((low[byte] as number) >>> 1) | ((high[byte] as number) << 31);
      high[byte] = (high[byte] as number) >>> 1;
      if (!carried) continue;
      low[byte] = (low[byte] as number) ^ polynomialLow;
      high[byte] = (high[byte] as number) ^ polynomialHigh;
    }
  }
  const byteLow = low.slice();
  const byteHigh = high.slice();
  for (let following = 0; following < sliceBytes; following++) {
    for (let byte = 0; byte < 256; byte++) {
      const entryLow = low[byte] as number;
      const entryHigh = high[byte] as number;
      const at = following * tableBytes + byte * 8;
      memory.setInt32(at, entryLow, true);
      memory.setInt32(at + 4, entryHigh, true);
      // One byte of zeros more.
      const index = entryLow & 0xff;
      low[byte] = ((entryLow >>> 8) | (entryHigh << 24)) ^ (byteLow[index] as number);
      high[byte] = (entryHigh >>> 8) ^ (byteHigh[index] as number);
    }
  }
}

// --- The instructions ---

type Code = readonly number[];

const i32 = 0x7f;
const i64 = 0x7e;
const noResult = 0x40;

const i32Const = (value: number): Code => [0x41, ...signed(value)];
const i64Const = (value: number): Code => [0x42, ...signed(value)];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const i32Load8 = (offset: number): Code => [0x2d, 0, ...unsigned(offset)];
const i64Load = (offset: number): Code => [0x29, 3, ...unsigned(offset)];
const i64Store = (offset: number): Code => [0x37, 3, ...unsigned(offset)];
const v128Load = (offset: number): Code => [0xfd, 0x00, 0, ...unsigned(offset)];
const v128Store = (offset: number): Code => [0xfd, 0x0b, 0, ...unsigned(offset)];
const v128Xor: Code = [0xfd, 0x51];
const memoryCopy: Code = [0xfc, 0x0a, 0, 0];
const memoryFill: Code = [0xfc, 0x0b, 0];
const i32Add: Code = [0x6a];
const i32Sub: Code = [0x6b];
const i32And: Code = [0x71];
const i32ShiftLeft: Code = [0x74];
const i32LessThan: Code = [0x49];
const i32IsZero: Code = [0x45];
const i32Xor: Code = [0x73];
const i64ToI32: Code = [0xa7];
const i64Xor: Code = [0x85];
const i64ShiftLeft: Code = [0x86];
const i64ShiftRight: Code = [0x88];
const end: Code = [0x0b];

/** Does the body while the condition holds. */
const loopWhile = (condition: Code, ...body: Code[]): Code => [
  ...[0x03, noResult, ...condition, 0x04, noResult],
  ...body.flat(),
  ...[0x0c, 1, ...end, ...end],
];
const onlyIf = (condition: Code, ...body: Code[]): Code => [
  ...condition,
  0x04,
  noResult,
  ...body.flat(),
  ...end,
];

// The locals of `update`: its arguments, then its own.
const checksum = 0;
const dataEnd = 1;
const at = 2;
const clearedEnd = 3;
const before = 4;
const word = 5;
const ownLocals: Code = [2, 3, i32, 1, i64];

/** The effect of all eight bytes of `word` when so many more follow them. */
function lookUpWord(following: number): Code {
  const lookUps = Array.from({ length: wordBytes }, (_, byte) => {
    // The first byte has the most others behind it. Shifted to where it counts entries of eight bytes.
    const table = (following + wordBytes - 1 - byte) * tableBytes;
    const shift =
      byte === 0 ? [...i64Const(3), ...i64ShiftLeft] : [...i64Const(8 * byte - 3), ...i64ShiftRight];
    return [...get(word), ...shift, ...i64ToI32, ...i32Const(0xff << 3), ...i32And, ...i64Load(table)];
  });
  return lookUps.flatMap((lookUp, byte) => (byte === 0 ? lookUp : [...lookUp, ...i64Xor]));
}

const advance = (local: number, bytes: number): Code => [
  ...[...get(local), ...i32Const(bytes), ...i32Add, ...set(local)],
];
const isLeft = (bytes: number): Code => [
  ...[...get(dataEnd), ...get(at), ...i32Sub],
  ...[...i32Const(bytes), ...i32LessThan, ...i32IsZero],
];

/**
 * To each byte from `at` to the end, in rounds: what clearing the bytes before it has added. `before` is a degree before where they stood at
 * first; what is there may be what this very loop has written.
 */
function addCleared(endLocal: number, lowerTerms: readonly number[]): Code {
  const steps = Array.from({ length: roundBytes / 16 }, (_, step) => [
    ...[...get(at), ...get(at), ...v128Load(16 * step)],
    ...lowerTerms.flatMap((term) => [...get(before), ...v128Load(16 * step + term), ...v128Xor]),
    ...v128Store(16 * step),
  ]);
  return loopWhile(
    [...get(at), ...get(endLocal), ...i32LessThan],
    ...steps,
    advance(at, roundBytes),
    advance(before, roundBytes),
  );
}

/** Leaves the last bytes, `degree` and less than a round, to be summed, with what all others have added to them. */
function clear(sparseMultiple: readonly number[]): Code {
  const [degree = 0, ...lowerTerms] = sparseMultiple;
  const leftBytes: Code = [...get(dataEnd), ...get(clearedEnd), ...i32Sub];
  return onlyIf(
    isLeft(clearedDegreesMin * degree),
    [...get(at), ...get(at), ...i64Load(0), ...get(checksum), ...i64Xor, ...i64Store(0)],
    [...i64Const(0), ...set(checksum)],
    [...get(dataEnd), ...get(at), ...i32Sub, ...i32Const(degree), ...i32Sub],
    [...i32Const(-roundBytes), ...i32And, ...get(at), ...i32Add, ...set(clearedEnd)],
    [...i32Const(lastBytesAt), ...get(clearedEnd), ...leftBytes, ...memoryCopy],
    // They are not cleared, and so add nothing to those behind them.
    [...get(clearedEnd), ...i32Const(0), ...leftBytes, ...memoryFill],
    [...get(at), ...i32Const(degree), ...i32Sub, ...set(before)],
    addCleared(clearedEnd, lowerTerms),
    [...i32Const(lastBytesAt), ...set(at)],
    [...leftBytes, ...i32Const(lastBytesAt), ...i32Add, ...set(dataEnd)],
    addCleared(dataEnd, lowerTerms),
    [...i32Const(lastBytesAt), ...set(at)],
  );
}

const addSlices: Code = loopWhile(
  isLeft(sliceBytes),
  [...get(at), ...i64Load(0), ...get(checksum), ...i64Xor, ...set(word)],
  lookUpWord(wordBytes),
  [...get(at), ...i64Load(wordBytes), ...set(word)],
  lookUpWord(0),
  [...i64Xor, ...set(checksum)],
  advance(at, sliceBytes),
);

const addBytes: Code = loopWhile(
  isLeft(1),
  [...get(checksum), ...i64ToI32, ...get(at), ...i32Load8(0), ...i32Xor, ...i32Const(0xff), ...i32And],
  [...i32Const(3), ...i32ShiftLeft, ...i64Load(0)],
  [...get(checksum), ...i64Const(8), ...i64ShiftRight, ...i64Xor, ...set(checksum)],
  advance(at, 1),
);

// --- The module ---

function assemble(sparseMultiple: readonly number[]): Uint8Array<ArrayBuffer> {
  const body: Code = [
    ...[...ownLocals, ...i32Const(dataAt), ...set(at)],
    ...[...clear(sparseMultiple), ...addSlices, ...addBytes, ...get(checksum), ...end],
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, i64, i32, 1, i64]),
    ...section(2, [1, ...name('js'), ...name('memory'), 2, 0, memoryPages]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('update'), 0, 0]),
    ...section(10, [1, ...sized(body)]),
  ]);
}

const section = (id: number, content: Code): Code => [id, ...sized(content)];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const name = (text: string): Code => sized(Array.from(text, (letter) => letter.charCodeAt(0)));

/** LEB128: seven bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
