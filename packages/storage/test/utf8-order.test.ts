// The order of names is that of their bytes, and what comes right after a name or a prefix is just that.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SortedMap } from '../src/engines/sorted-map.ts';
import { compareUtf8, firstAfter, firstAfterPrefix } from '../src/utf8-order.ts';
import { trickyText } from './tricky-text.ts';

const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('UTF-8 order', () => {
  test('is the order of bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        assert.equal(Math.sign(compareUtf8(a, b)), compareBytes(a, b));
      }),
    );
    fc.assert(
      fc.property(trickyText, trickyText, (a, b) => {
        assert.equal(Math.sign(compareUtf8(a, b)), compareBytes(a, b));
      }),
    );
  });

  test('nothing lies between a name and the first after it', () => {
    fc.assert(
      fc.property(trickyText, trickyText, (name, other) => {
        const isBehind = compareUtf8(other, name) > 0;
        assert.equal(isBehind, compareUtf8(other, firstAfter(name)) >= 0);
      }),
    );
  });

  test('the first after a prefix is behind all that begin with it, and before all else that is behind it', () => {
    fc.assert(
      fc.property(trickyText, trickyText, fc.boolean(), (prefix, other, extend) => {
        const name = extend ? prefix + other : other;
        const end = firstAfterPrefix(prefix);
        const isBeforeEnd = end === undefined || compareUtf8(name, end) < 0;
        const isBeforeOrIn = name.startsWith(prefix) || compareUtf8(name, prefix) < 0;
        assert.equal(isBeforeEnd, isBeforeOrIn);
      }),
    );
  });

  for (const [prefix, expected] of [
    ['a/', 'a0'],
    ['a\u007f', 'a\u0080'],
    ['a\uffff', 'a\u{10000}'],
    ['a\ud7ff', 'a\ue000'],
    ['a\u{10ffff}', 'b'],
    ['a\u{10ffff}\u{10ffff}', 'b'],
    ['\u{10ffff}', undefined],
    ['', undefined],
  ] as const) {
    test(`the first after ${JSON.stringify(prefix)}`, () => assert.equal(firstAfterPrefix(prefix), expected));
  }
});

describe('sorted map', () => {
  test('is a map whose values are read in order from any key', () => {
    const change = fc.record({ key: trickyText, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), trickyText, (changes, from) => {
        const map = new SortedMap<string>();
        const model = new Map<string, string>();
        for (const { key, remove } of changes) {
          if (remove) assert.equal(map.delete(key), model.delete(key));
          else map.set(key, `value of ${key}`);
          if (!remove) model.set(key, `value of ${key}`);
          assert.equal(map.get(key), model.get(key));
        }
        const expected = [...model].filter(([key]) => compareBytes(key, from) >= 0);
        expected.sort(([a], [b]) => compareBytes(a, b));
        assert.deepEqual(
          [...map.valuesFrom(from)],
          expected.map(([, value]) => value),
        );
        assert.equal(map.size, model.size);
      }),
    );
  });

  test('stays in order when it has many blocks, and when they empty again', () => {
    const map = new SortedMap<number>();
    const numbers = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_000);
    const keyOf = (number: number) => String(number).padStart(5, '0');
    for (const number of numbers) map.set(keyOf(number), number);
    assert.deepEqual(
      [...map.valuesFrom(keyOf(9_990))],
      [9990, 9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999],
    );
    for (const number of numbers) if (number !== 5_000) assert.equal(map.delete(keyOf(number)), true);
    assert.deepEqual([...map.valuesFrom('')], [5_000]);
    assert.equal(map.size, 1);
    map.set(keyOf(1), 1);
    assert.deepEqual([...map.valuesFrom('')], [1, 5_000]);
  });
});
