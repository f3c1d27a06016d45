// Checksums of 64 bits, reflected, start and final XOR all ones: CRC-64/XZ, which OSS answers as `x-oss-hash-crc64ecma`, and CRC-64/NVME,
// which S3 calls `crc64nvme`. Written as an unsigned decimal. The work is done by crc-module.ts.

import { type AddToCrc, type CrcPolynomial, makeCrcModule } from './crc-module.ts';

/** 0x42F0E1EBA9EA3693 with its bits reversed. */
const xzPolynomial = 0xc96c5795d7870f42n;
/** 0xAD93D23594C93659 with its bits reversed. */
const nvmePolynomial = 0x9a6c9329ac4bc9b5n;

/** Their sparse multiples were found by search (docs/decisions/0018). */
const POLYNOMIALS = {
  xz: { bits: xzPolynomial, sparseMultiple: [1476, 1343, 1035, 1025, 829, 744, 489, 234, 109, 0] },
  nvme: { bits: nvmePolynomial, sparseMultiple: [1613, 1387, 804, 759, 677, 579, 350, 102, 83, 0] },
} as const satisfies Record<string, CrcPolynomial>;

/** Each made when it is first wanted: a server starts without them. */
const modules: Partial<Record<keyof typeof POLYNOMIALS, AddToCrc>> = {};

export class Crc64 {
  readonly #add: AddToCrc;
  #checksum = -1n;

  constructor(kind: keyof typeof POLYNOMIALS = 'xz') {
    modules[kind] ??= makeCrcModule(POLYNOMIALS[kind]);
    this.#add = modules[kind];
  }

  update(bytes: Uint8Array): void {
    this.#checksum = this.#add(this.#checksum, bytes);
  }

  /** The checksum of everything so far, as an unsigned decimal. */
  digest(): string {
    return BigInt.asUintN(64, ~this.#checksum).toString();
  }
}

/** A piece of a body and its checksum. */
export interface SummedPiece {
  /** Bytes. */
  readonly size: number;
  /** Unsigned decimal. */
  readonly crc64: string;
}

/**
 * The CRC-64/XZ of the pieces put together, from theirs alone: a checksum is a remainder modulo the polynomial, so appending n bytes
 * multiplies it by x^8n.
 */
export function joinCrc64(pieces: Iterable<SummedPiece>): string {
  const factors = new Map<number, Polynomial>();
  let joined: Polynomial = [0, 0];
  for (const { size, crc64 } of pieces) {
    // Most pieces of a body are equally long.
    const factor = factors.get(size) ?? powerOfX(8 * size);
    factors.set(size, factor);
    const [high, low] = multiply(joined, factor);
    const [pieceHigh, pieceLow] = polynomialOf(BigInt(crc64));
    joined = [high ^ pieceHigh, low ^ pieceLow];
  }
  return ((BigInt(joined[0] >>> 0) << 32n) | BigInt(joined[1] >>> 0)).toString();
}

/** 64 coefficients in two halves of 32 bits, that of x^0 in the highest bit of the first. */
type Polynomial = readonly [high: number, low: number];

const one: Polynomial = [1 << 31, 0];

/** Enough for the bits of any size that a number can hold exactly. */
const powersCount = 56;

const [polynomialHigh, polynomialLow] = polynomialOf(xzPolynomial);

/** x^1, x^2, x^4, x^8 …, modulo the polynomial. */
const POWERS: readonly Polynomial[] = squaresOf([1 << 30, 0], powersCount);

function squaresOf(first: Polynomial, count: number): readonly Polynomial[] {
  const squares = [first];
  while (squares.length < count) {
    const last = squares.at(-1) as Polynomial;
    squares.push(multiply(last, last));
  }
  return squares;
}

/** x to this power, a whole number up to 2^53. */
function powerOfX(exponent: number): Polynomial {
  let power = one;
  for (let at = 0, left = exponent; left > 0; at++, left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = multiply(power, POWERS[at] as Polynomial);
  }
  return power;
}

/** Modulo the polynomial. */
function multiply([aHigh, aLow]: Polynomial, b: Polynomial): Polynomial {
  let [bHigh, bLow] = b;
  let high = 0;
  let low = 0;
  for (let bit = 0; bit < 64; bit++) {
    const coefficient = bit < 32 ? (aHigh >>> (31 - bit)) & 1 : (aLow >>> (63 - bit)) & 1;
    if (coefficient === 1) {
      high ^= bHigh;
      low ^= bLow;
    }
    const carried = bLow & 1;
    bLow = (bLow >>> 1) | (bHigh << 31);
    bHigh >>>= 1;
    if (carried === 1) {
      bHigh ^= polynomialHigh;
      bLow ^= polynomialLow;
    }
  }
  return [high, low];
}

function polynomialOf(bits: bigint): Polynomial {
  return [Number(bits >> 32n) | 0, Number(bits & 0xffff_ffffn) | 0];
}
