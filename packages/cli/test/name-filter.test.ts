// `--include` and `--exclude`: `+x` includes, `-x` excludes, in order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameFilter } from '../src/name-filter.ts';

const takes = (patterns: string, name: string) =>
  nameFilter(
    patterns
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => ({ kind: word.startsWith('+') ? 'include' : 'exclude', pattern: word.slice(1) })),
  )(name);

for (const [patterns, name, expected] of [
  ['', 'a.txt', true],
  ['+*.txt', 'a.txt', true],
  ['+*.txt', 'a/b.txt', true],
  ['+*.txt', 'a.jpg', false],
  ['-*.map', 'a.js', true],
  ['-*.map', 'a.map', false],
  ['-* +*.pdf', 'a.pdf', true],
  ['-* +*.pdf', 'a.txt', false],
  ['+*.pdf -secret*', 'secret.pdf', false],
  ['+?.txt', '简.txt', true],
  ['+?.txt', 'ab.txt', false],
  ['+a.b', 'axb', false],
  ['+a(1)[2]{3}^$|\\', 'a(1)[2]{3}^$|\\', true],
  ['+a*', 'a\nb', true],
] as const) {
  test(`${patterns || 'nothing'}: ${JSON.stringify(name)} ${expected ? 'taken' : 'left'}`, () => {
    assert.equal(takes(patterns, name), expected);
  });
}
