// Checksums of 64 bits against published check values, against the definition bit by bit, and cut anywhere.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { crcPieceBytes } from '../src/crc-module.ts';
import { Crc64, joinCrc64 } from '../src/crc64.ts';
import { digestsOf, RunningDigests } from '../src/digests.ts';

const vectors: readonly (readonly [text: string, crc64: string])[] = [
  ['', '0'],
  ['123456789', '11051210869376104954'],
  ['Hello OSS', '5213097489099810948'],
  ['hello world', '5981764153023615706'],
];

/** No two parts of it are alike. */
const varied = createHash('shake256', { outputLength: crcPieceBytes + 4096 })
  .update('varied')
  .digest();

const around = (length: number): readonly number[] => [length - 1, length, length + 1];

describe('CRC-64/NVME', () => {
  test('of the digits, which its catalogue publishes, and of everything before them', () => {
    const nvme = new Crc64('nvme');
    nvme.update(Buffer.from('12345'));
    nvme.update(Buffer.from('6789'));
    assert.equal(nvme.digest(), 0xae8b14860a799888n.toString());
  });

  test('is what its definition says, at every length around those that it is summed in', () => {
    for (const length of [...around(2 * 1613), ...around(2 * 1613 + 64), 30_000]) {
      const nvme = new Crc64('nvme');
      nvme.update(varied.subarray(0, length));
      const expected = crc64ByDefinition(varied.subarray(0, length), 0x9a6c9329ac4bc9b5n);
      assert.equal(nvme.digest(), expected, `${length} bytes`);
    }
  });
});

describe('CRC-64/XZ', () => {
  for (const [text, expected] of vectors) {
    test(`of '${text}'`, () => assert.equal(crc64(Buffer.from(text)), expected));
  }

  test('is what its definition says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        assert.equal(crc64(bytes), crc64ByDefinition(bytes));
      }),
    );
  });

  test('is what its definition says, at every length around those that it is summed in', () => {
    // Slices of 16; from twice the degree of the sparse multiple on rounds of 64; all the module's memory; a little more.
    const lengths = [16, 32, 48, 2 * 1476, 2 * 1476 + 64, 65_536, crcPieceBytes, crcPieceBytes + 2 * 1476];
    for (const length of lengths.flatMap(around)) {
      const part = varied.subarray(0, length);
      assert.equal(crc64(part), crc64ByDefinition(part), `${length} bytes`);
    }
  });

  test('of much is what its definition says, wherever it is cut', () => {
    const bytes = fc.uint8Array({ minLength: 2900, maxLength: 9000, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.nat({ max: 9000 }), (body, cut) => {
        const crc = new Crc64();
        crc.update(body.subarray(0, cut));
        crc.update(body.subarray(cut));
        assert.equal(crc.digest(), crc64ByDefinition(body));
      }),
      { numRuns: 40 },
    );
  });

  test('does not depend on where the bytes are cut, nor where they lie in memory', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat({ max: 8 }), (chunks, offset) => {
        const crc = new Crc64();
        for (const chunk of chunks) {
          const moved = Buffer.concat([Buffer.alloc(offset), chunk]).subarray(offset);
          crc.update(moved);
        }
        assert.equal(crc.digest(), crc64(Buffer.concat(chunks)));
      }),
    );
  });
});

describe('checksums joined', () => {
  const summed = (bytes: Uint8Array) => ({ size: bytes.length, crc64: crc64(bytes) });

  test('are the checksum of the pieces put together', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (pieces) => {
        assert.equal(joinCrc64(pieces.map(summed)), crc64(Buffer.concat(pieces)));
      }),
    );
  });

  test('do not depend on which are joined first, however long the pieces are', () => {
    const size = fc.maxSafeNat().map((bytes) => Math.floor(bytes / 64));
    const piece = fc.record({ size, crc64: fc.bigInt(0n, 2n ** 64n - 1n).map(String) });
    fc.assert(
      fc.property(piece, piece, piece, (a, b, c) => {
        const ab = { size: a.size + b.size, crc64: joinCrc64([a, b]) };
        const bc = { size: b.size + c.size, crc64: joinCrc64([b, c]) };
        assert.equal(joinCrc64([ab, c]), joinCrc64([a, bc]));
      }),
    );
  });
});

describe('digests', () => {
  test('are those of OSS', () => {
    const expected = { size: 9, md5: 'F0F18C2C66AE1DD512BDCD4366F76DA3', crc64: '5213097489099810948' };
    assert.deepEqual(digestsOf(Buffer.from('Hello OSS')), expected);
    const running = new RunningDigests();
    for (const chunk of ['Hel', '', 'lo OSS']) running.update(Buffer.from(chunk));
    assert.deepEqual(running.finish(), expected);
  });

  test('of nothing', () => {
    const expected = { size: 0, md5: 'D41D8CD98F00B204E9800998ECF8427E', crc64: '0' };
    assert.deepEqual(digestsOf(new Uint8Array()), expected);
    assert.deepEqual(new RunningDigests().finish(), expected);
  });
});

function crc64(bytes: Uint8Array): string {
  const crc = new Crc64();
  crc.update(bytes);
  return crc.digest();
}

function crc64ByDefinition(bytes: Uint8Array, polynomial = 0xc96c5795d7870f42n): string {
  let crc = 0xffffffffffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? polynomial : 0n);
  }
  return (crc ^ 0xffffffffffffffffn).toString();
}
