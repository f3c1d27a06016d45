// Which bytes a Range header selects, of an object of 1000 bytes unless said otherwise. The first two tables are the examples of the
// OSS guide "Use HTTP Range requests to get OSS resources in segments".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RangeBehavior, selectByteRange } from '../src/objects/byte-range.ts';

function selected(header: string | undefined, behavior: RangeBehavior, size = 1000): string {
  const range = selectByteRange(header, size, behavior);
  return typeof range === 'string' ? range : `${range.from} to ${range.to}`;
}

const insideTheObject: readonly (readonly [string, string])[] = [
  ['bytes=0-499', '0 to 500'],
  ['bytes=500-999', '500 to 1000'],
  ['bytes=-500', '500 to 1000'],
  ['bytes=500-', '500 to 1000'],
  ['bytes=0-', '0 to 1000'],
  ['bytes=999-999', '999 to 1000'],
  ['bytes=-1000', '0 to 1000'],
  ['bytes=0-499,500-999', '0 to 500'],
];

const beyondTheObject: readonly (readonly [header: string, standard: string])[] = [
  ['bytes=500-2000', '500 to 1000'],
  ['bytes=0-1000', '0 to 1000'],
  ['bytes=-2000', '0 to 1000'],
  ['bytes=1000-2000', 'unsatisfiable'],
  ['bytes=1000-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=99999999999999999999999-', 'unsatisfiable'],
];

const noRange = [
  undefined,
  '',
  'bytes=',
  'bytes=-',
  'byte=0-499',
  'bytes=2-1',
  'bytes=a-b',
  'bytes=0x1-2',
  '0-1',
];

test('a range inside the object is honoured', () => {
  for (const [header, expected] of insideTheObject) {
    assert.equal(selected(header, 'oss'), expected, header);
    assert.equal(selected(header, 'standard'), expected, header);
  }
});

test('a range that reaches beyond the object is ignored, or clipped when the client asks for the standard', () => {
  for (const [header, expected] of beyondTheObject) {
    assert.equal(selected(header, 'oss'), 'whole', header);
    assert.equal(selected(header, 'standard'), expected, header);
  }
});

test('what is no range has no effect', () => {
  for (const header of noRange) {
    assert.equal(selected(header, 'oss'), 'whole', header);
    assert.equal(selected(header, 'standard'), 'whole', header);
  }
});

test('an empty object has no part', () => {
  for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) {
    assert.equal(selected(header, 'oss', 0), 'whole', header);
    assert.equal(selected(header, 'standard', 0), 'unsatisfiable', header);
  }
});
