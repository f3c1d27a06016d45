// Dates on the wire: both directions of each spelling, and what is no date.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  formatBasicDate,
  formatHttpDate,
  formatIsoSeconds,
  parseBasicDate,
  parseHttpDate,
} from '../src/time.ts';

const spellings: readonly [timeMs: number, http: string, iso: string, basic: string][] = [
  [0, 'Thu, 01 Jan 1970 00:00:00 GMT', '1970-01-01T00:00:00.000Z', '19700101T000000Z'],
  [1702743657_000, 'Sat, 16 Dec 2023 16:20:57 GMT', '2023-12-16T16:20:57.000Z', '20231216T162057Z'],
  [1744353684_000, 'Fri, 11 Apr 2025 06:41:24 GMT', '2025-04-11T06:41:24.000Z', '20250411T064124Z'],
  [1709164800_000, 'Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00.000Z', '20240229T000000Z'],
];

test('a date of any day is the one that ECMAScript writes', () => {
  const anyDay = fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(anyDay, (timeMs) => {
      assert.equal(formatIsoSeconds(timeMs), `${new Date(timeMs).toISOString().slice(0, 19)}.000Z`);
    }),
  );
});

for (const [timeMs, http, iso, basic] of spellings) {
  test(http, () => {
    assert.deepEqual(
      [formatHttpDate(timeMs), formatIsoSeconds(timeMs + 999), formatBasicDate(timeMs + 999)],
      [http, iso, basic],
    );
    assert.deepEqual([parseHttpDate(http), parseBasicDate(basic)], [timeMs, timeMs]);
  });
}

test('the day of the week is not held against the client', () => {
  assert.equal(parseHttpDate('Mon, 11 Apr 2025 06:41:24 GMT'), 1744353684_000);
});

const noHttpDates = [
  '',
  'Fri, 11 Apr 2025 06:41:24',
  'Fri, 11 Apr 2025 06:41:24 UTC',
  'Fri, 11 Apr 2025 06:41:24 +0800',
  'Fri, 11 Foo 2025 06:41:24 GMT',
  'Fri, 31 Feb 2025 06:41:24 GMT',
  'Fri, 11 Apr 2025 24:00:00 GMT',
  'Fri, 11 Apr 2025 06:60:24 GMT',
  'Friday, 11-Apr-25 06:41:24 GMT',
  'Fri Apr 11 06:41:24 2025',
  '2025-04-11T06:41:24.000Z',
  'Fri, 11 Apr 0025 06:41:24 GMT',
];
for (const text of noHttpDates) {
  test(`no HTTP date: ${text}`, () => assert.equal(parseHttpDate(text), undefined));
}

const noBasicDates = [
  '',
  '20250411',
  '20250411T064124',
  '20250230T000000Z',
  '20251301T000000Z',
  '2025-04-11T06:41:24Z',
  '20250411T246000Z',
];
for (const text of noBasicDates) {
  test(`no basic date: ${text}`, () => assert.equal(parseBasicDate(text), undefined));
}

test('dates read back as they were written', () => {
  const anySecond = fc.integer({ min: 0, max: 253402300799 });
  fc.assert(
    fc.property(anySecond, (second) => {
      assert.equal(parseHttpDate(formatHttpDate(second * 1000)), second * 1000);
      assert.equal(parseBasicDate(formatBasicDate(second * 1000)), second * 1000);
    }),
  );
});
