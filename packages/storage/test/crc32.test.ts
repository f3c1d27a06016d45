// The checksum of what is on disk against Node's.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32 as crc32OfNode } from 'node:zlib';
import fc from 'fast-check';
import { crcPieceBytes } from '../src/crc-module.ts';
import { crc32 } from '../src/crc32.ts';

const kibibyte = 1024;

/** No two parts of it are alike. */
const varied = createHash('shake256', { outputLength: 3 * crcPieceBytes })
  .update('varied')
  .digest();

test('of the digits, which its catalogue publishes', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
});

test("is Node's, at every length around those that it is summed in", () => {
  const lengths = [
    0,
    kibibyte,
    4 * kibibyte,
    64 * kibibyte,
    crcPieceBytes,
    crcPieceBytes + 600,
    2 * crcPieceBytes,
  ];
  for (const start of lengths) {
    for (let length = Math.max(0, start - 70); length <= start + 70; length++) {
      const bytes = varied.subarray(0, length);
      assert.equal(crc32(bytes), crc32OfNode(bytes), `${length} bytes`);
    }
  }
});

test("is Node's after other bytes, wherever they lie in memory", () => {
  const range = fc.tuple(fc.nat({ max: 70_000 }), fc.nat({ max: 70_000 }));
  fc.assert(
    fc.property(range, fc.nat({ max: 0xffff_ffff }), ([start, length], before) => {
      const bytes = varied.subarray(start, start + length);
      assert.equal(crc32(bytes, before), crc32OfNode(bytes, before));
    }),
  );
});
