// The inner loop of a CRC-64 as a WebAssembly module, put together here instruction by instruction: 64-bit arithmetic, which JavaScript
// has only as BigInt, makes it about twice as fast as tables of 32-bit halves. The algorithm is the braided one of zlib: four words of
// eight bytes are carried along side by side, so that no table lookup has to wait for the one before it.
//
//   memory   0        tables: what a byte does to the checksum when 0 … 7 more bytes follow it, 256 entries of eight bytes each
//            16 KiB   the same for 24 … 31 more bytes: what a byte of a braid does to the group after its own
//            32 KiB   the bytes to be summed
//   update   (checksum, end of the bytes) → checksum; both before the final XOR

const wordBytes = 8;
const braids = 4;
const groupBytes = braids * wordBytes;

const tableBytes = 256 * 8;
const nearTablesAt = 0;
const farTablesAt = wordBytes * tableBytes;
const dataAt = 2 * wordBytes * tableBytes;
const memoryPages = 2;
const memoryBytes = memoryPages * 65_536;

/** As much of it as is used here: the types of Node have none of its values. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
};

export interface Crc64Module {
  /** Where to put the bytes: as many of them as fit. */
  readonly data: Uint8Array;
  /** @param length how many of the bytes in `data` to add to the checksum */
  update(checksum: bigint, length: number): bigint;
}

/** @param polynomial with its bits reversed */
export function makeCrc64Module(polynomial: bigint): Crc64Module {
  const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages });
  fillTables(new DataView(memory.buffer), polynomial);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble()), { js: { memory } });
  const update = exports.update as (checksum: bigint, end: number) => bigint;
  return {
    data: new Uint8Array(memory.buffer, dataAt, memoryBytes - dataAt),
    update: (checksum, length) => update(checksum, dataAt + length),
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
  for (let following = 0; following < groupBytes; following++) {
    const [tablesAt, first] =
      following < wordBytes ? [nearTablesAt, 0] : [farTablesAt, groupBytes - wordBytes];
    for (let byte = 0; byte < 256; byte++) {
      const entryLow = low[byte] as number;
      const entryHigh = high[byte] as number;
      if (following >= first) {
        const at = tablesAt + (following - first) * tableBytes + byte * 8;
        memory.setInt32(at, entryLow, true);
        memory.setInt32(at + 4, entryHigh, true);
      }
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
const word = 3;
const braid = (number: number): number => 4 + number;
const ownLocals: Code = [2, 1, i32, 1 + braids, i64];

/** The effect of all eight bytes of `word`. */
function lookUpWord(tablesAt: number): Code {
  const lookUps = Array.from({ length: wordBytes }, (_, byte) => {
    // The first byte has the most others behind it. Shifted to where it counts entries of eight bytes.
    const table = tablesAt + (wordBytes - 1 - byte) * tableBytes;
    const shift =
      byte === 0 ? [...i64Const(3), ...i64ShiftLeft] : [...i64Const(8 * byte - 3), ...i64ShiftRight];
    return [...get(word), ...shift, ...i64ToI32, ...i32Const(0xff << 3), ...i32And, ...i64Load(table)];
  });
  return lookUps.flatMap((lookUp, byte) => (byte === 0 ? lookUp : [...lookUp, ...i64Xor]));
}

const advance = (bytes: number): Code => [...get(at), ...i32Const(bytes), ...i32Add, ...set(at)];
const isLeft = (bytes: number): Code => [
  ...[...get(dataEnd), ...get(at), ...i32Sub],
  ...[...i32Const(bytes), ...i32LessThan, ...i32IsZero],
];

/** Every group but the last: each braid by itself. */
const carryBraids: Code = loopWhile(
  isLeft(2 * groupBytes),
  ...Array.from(
    { length: braids },
    (_, number): Code => [
      ...[...get(at), ...i64Load(number * wordBytes), ...get(braid(number)), ...i64Xor, ...set(word)],
      ...[...lookUpWord(farTablesAt), ...set(braid(number))],
    ],
  ),
  advance(groupBytes),
);

/** The last group: its words one after the other, each with what its braid has carried so far. */
const joinBraids: Code = onlyIf(
  isLeft(groupBytes),
  [...get(checksum), ...set(braid(0)), ...i64Const(0), ...set(checksum)],
  carryBraids,
  ...Array.from(
    { length: braids },
    (_, number): Code => [
      ...[...get(at), ...i64Load(number * wordBytes), ...get(braid(number)), ...i64Xor],
      ...[...get(checksum), ...i64Xor, ...set(word)],
      ...[...lookUpWord(nearTablesAt), ...set(checksum)],
    ],
  ),
  advance(groupBytes),
);

const addBytes: Code = loopWhile(
  isLeft(1),
  [...get(checksum), ...i64ToI32, ...get(at), ...i32Load8(0), ...i32Xor, ...i32Const(0xff), ...i32And],
  [...i32Const(3), ...i32ShiftLeft, ...i64Load(nearTablesAt)],
  [...get(checksum), ...i64Const(8), ...i64ShiftRight, ...i64Xor, ...set(checksum)],
  advance(1),
);

// --- The module ---

function assemble(): Uint8Array<ArrayBuffer> {
  const body: Code = [
    ...[...ownLocals, ...i32Const(dataAt), ...set(at)],
    ...[...joinBraids, ...addBytes, ...get(checksum), ...end],
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
