// Tags as a header gives them: `reads` what they are, `refuses` with the row of the catalogue.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OssError } from '../src/errors.ts';
import { objectTagsMax, parseTaggingHeader, type Tag } from '../src/object-tags.ts';
import { encodeComponent } from '../src/percent.ts';

const many = (count: number) => Array.from({ length: count }, (_, at) => `k${at}=v`).join('&');

const reads: readonly (readonly [header: string | undefined, tags: string])[] = [
  [undefined, ''],
  ['', ''],
  ['a=1', 'a:1'],
  ['a=1&b=2', 'a:1 b:2'],
  ['b=2&a=1&', 'b:2 a:1'],
  ['a=&b', 'a: b:'],
  ['A=1&a=2', 'A:1 a:2'],
  ['a+b=c%20d', 'a b:c d'],
  ['%2B-%3D._%3A%2F=%2B-%3D._%3A%2F', '+-=._:/:+-=._:/'],
  [`${'k'.repeat(128)}=${'v'.repeat(256)}`, `${'k'.repeat(128)}:${'v'.repeat(256)}`],
];
for (const [header, expected] of reads) {
  test(`reads ${header?.slice(0, 40)}`, () => {
    const tags = parseTaggingHeader(header);
    assert.equal(tags.map(({ key, value }) => `${key}:${value}`).join(' '), expected);
  });
}
test(`reads ${objectTagsMax} tags`, () => {
  assert.equal(parseTaggingHeader(many(objectTagsMax)).length, objectTagsMax);
});

const refused: readonly (readonly [header: string, row: string])[] = [
  ['aa=bb=cc', 'InvalidArgument.tagging'],
  ['a=1&a=2', 'InvalidArgument.tagging'],
  ['a=%', 'InvalidArgument.tagging'],
  ['a=%ff', 'InvalidArgument.tagging'],
  ['ä=1', 'InvalidArgument.tagging'],
  [`${'a'.repeat(20_000)}=1`, 'InvalidArgument.tagging'],
  [many(objectTagsMax + 1), 'InvalidTag.tooMany'],
  ['=1', 'InvalidTag.keyLength'],
  [`${'k'.repeat(129)}=1`, 'InvalidTag.keyLength'],
  ['a%26=1', 'InvalidTag.key'],
  ['%E6%A0%87=1', 'InvalidTag.key'],
  [`a=${'v'.repeat(257)}`, 'InvalidTag.value'],
  ['a=b%0A', 'InvalidTag.value'],
];
for (const [header, row] of refused) {
  test(`refuses ${header.slice(0, 40)}`, () => {
    assert.throws(
      () => parseTaggingHeader(header),
      (error) => error instanceof OssError && error.row === row,
    );
  });
}

test('whatever tags there may be, they are read as they were written', () => {
  const letters = [...'AZaz09 +-=._:/'];
  const text = (minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...letters), minLength, maxLength });
  const tags = fc.uniqueArray(
    fc.tuple(text(1, 128), text(0, 256)).map(([key, value]): Tag => ({ key, value })),
    { maxLength: objectTagsMax, selector: ({ key }) => key },
  );
  fc.assert(
    fc.property(tags, (given) => {
      const header = given
        .map(({ key, value }) => `${encodeComponent(key)}=${encodeComponent(value)}`)
        .join('&');
      assert.deepEqual(parseTaggingHeader(header), given);
    }),
  );
});
