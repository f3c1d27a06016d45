// What becomes of an object by which rules, and when: tables, and laws on random rules and objects.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colderStorageClasses, type LifecycleRule } from '@postern/protocol/xml';
import fc from 'fast-check';
import {
  findExpiration,
  planUpload,
  planVersion,
  prefixesToScan,
  type VersionFacts,
} from '../src/buckets/lifecycle-plan.ts';

const at = (text: string) => Date.parse(`2024-${text}Z`);
const dayMs = 86_400_000;

const noAction: LifecycleRule = {
  id: 'r',
  isEnabled: true,
  prefix: '',
  tags: [],
  exceptions: [],
  sizeGreaterThan: undefined,
  sizeLessThan: undefined,
  expiration: undefined,
  transitions: [],
  noncurrentExpirationDays: undefined,
  noncurrentTransitions: [],
  abortUploads: undefined,
};
const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({ ...noAction, ...more });
const days = (count: number) => ({ kind: 'days', days: count }) as const;

/** Put on 10 March at 15:00, so that its first day begins on the 11th. */
const version: VersionFacts = {
  key: 'a/b.txt' as VersionFacts['key'],
  isLatest: true,
  isDeleteMarker: false,
  modifiedAtMs: at('03-10T15:00:00'),
  size: 100,
  storageClass: 'Standard',
  tags: [],
  isOnly: true,
};
const older: Partial<VersionFacts> = {
  isLatest: false,
  isOnly: false,
  noncurrentSinceMs: at('03-20T00:00:00'),
};
const marker: Partial<VersionFacts> = { isDeleteMarker: true, size: 0 };

/** The step, in short: `expire`, `erase`, the class, or `nothing`. */
function step(rules: readonly LifecycleRule[], facts: Partial<VersionFacts>, now: string): string {
  const planned = planVersion(rules, { ...version, ...facts }, at(now));
  return planned?.kind === 'transition' ? planned.storageClass : (planned?.kind ?? 'nothing');
}

const inOneDay = rule({ expiration: days(1) });
const markers = rule({ expiration: { kind: 'delete-marker' } });
const erasesOlder = rule({ noncurrentExpirationDays: 3 });
const cools = rule({
  transitions: [
    { time: days(1), storageClass: 'IA' },
    { time: days(5), storageClass: 'Archive' },
  ],
});
const coolsOlder = rule({ noncurrentTransitions: [{ days: 1, storageClass: 'ColdArchive' }] });
const wantsTag = rule({ expiration: days(1), tags: [{ key: 'k', value: 'v' }] });

const table: readonly [
  what: string,
  rules: readonly LifecycleRule[],
  facts: Partial<VersionFacts>,
  now: string,
  step: string,
][] = [
  ['a day is a whole day', [inOneDay], {}, '03-11T23:59:59.999', 'nothing'],
  ['and then it is over', [inOneDay], {}, '03-12T00:00:00', 'expire'],
  [
    'midnight begins the day that follows',
    [inOneDay],
    { modifiedAtMs: at('03-10T00:00:00') },
    '03-11T00:00:00',
    'expire',
  ],
  ['no rules', [], {}, '12-31T00:00:00', 'nothing'],
  ['a disabled rule', [rule({ expiration: days(1), isEnabled: false })], {}, '12-31T00:00:00', 'nothing'],
  ['another prefix', [rule({ expiration: days(1), prefix: 'a/c' })], {}, '12-31T00:00:00', 'nothing'],
  ['its prefix', [rule({ expiration: days(1), prefix: 'a/b' })], {}, '12-31T00:00:00', 'expire'],
  ['no tags', [wantsTag], {}, '12-31T00:00:00', 'nothing'],
  ['another tag', [wantsTag], { tags: [{ key: 'k', value: 'w' }] }, '12-31T00:00:00', 'nothing'],
  [
    'its tag among others',
    [wantsTag],
    {
      tags: [
        { key: 'j', value: 'v' },
        { key: 'k', value: 'v' },
      ],
    },
    '12-31T00:00:00',
    'expire',
  ],
  [
    'an exception by prefix',
    [rule({ expiration: days(1), exceptions: [{ prefix: 'a/', tag: undefined }] })],
    {},
    '12-31T00:00:00',
    'nothing',
  ],
  [
    'an exception by prefix and tag needs both',
    [rule({ expiration: days(1), exceptions: [{ prefix: 'a/', tag: { key: 'k', value: 'v' } }] })],
    {},
    '12-31T00:00:00',
    'expire',
  ],
  [
    'not large enough',
    [rule({ expiration: days(1), sizeGreaterThan: 100 })],
    {},
    '12-31T00:00:00',
    'nothing',
  ],
  [
    'large enough',
    [rule({ expiration: days(1), sizeGreaterThan: 99, sizeLessThan: 101 })],
    {},
    '12-31T00:00:00',
    'expire',
  ],
  ['not small enough', [rule({ expiration: days(1), sizeLessThan: 100 })], {}, '12-31T00:00:00', 'nothing'],
  [
    'older than the date',
    [rule({ expiration: { kind: 'created-before', timeMs: at('03-11T00:00:00') } })],
    {},
    '03-11T00:00:00',
    'expire',
  ],
  [
    'a date that is still to come',
    [rule({ expiration: { kind: 'created-before', timeMs: at('06-01T00:00:00') } })],
    {},
    '05-31T23:59:59',
    'nothing',
  ],
  [
    'not older than the date',
    [rule({ expiration: { kind: 'created-before', timeMs: at('03-10T00:00:00') } })],
    {},
    '12-31T00:00:00',
    'nothing',
  ],
  [
    'from a date on',
    [rule({ expiration: { kind: 'date', timeMs: at('02-01T00:00:00') } })],
    {},
    '03-10T15:00:01',
    'expire',
  ],
  [
    'before that date',
    [rule({ expiration: { kind: 'date', timeMs: at('04-01T00:00:00') } })],
    {},
    '03-31T00:00:00',
    'nothing',
  ],

  ['expiration does not touch older versions', [inOneDay], older, '12-31T00:00:00', 'nothing'],
  ['an older version, since it is older', [erasesOlder], older, '03-22T23:59:59', 'nothing'],
  ['an older version, long enough', [erasesOlder], older, '03-23T00:00:00', 'erase'],
  ['an older delete marker', [erasesOlder], { ...older, ...marker }, '03-23T00:00:00', 'erase'],
  [
    'of an older version nobody knows since when',
    [erasesOlder],
    { ...older, noncurrentSinceMs: undefined },
    '12-31T00:00:00',
    'nothing',
  ],
  [
    'rules for older versions do not touch the newest',
    [erasesOlder, coolsOlder],
    {},
    '12-31T00:00:00',
    'nothing',
  ],

  ['a delete marker with nothing behind it', [markers], marker, '03-10T15:00:01', 'erase'],
  [
    'a delete marker that hides something',
    [markers],
    { ...marker, isOnly: false },
    '12-31T00:00:00',
    'nothing',
  ],
  ['a delete marker expires only by its own rule', [inOneDay, cools], marker, '12-31T00:00:00', 'nothing'],
  ['the rule of delete markers leaves objects alone', [markers], {}, '12-31T00:00:00', 'nothing'],

  ['warm at first', [cools], {}, '03-11T00:00:00', 'nothing'],
  ['then cooler', [cools], {}, '03-12T00:00:00', 'IA'],
  ['once is enough', [cools], { storageClass: 'IA' }, '03-13T00:00:00', 'nothing'],
  ['then cold', [cools], { storageClass: 'IA' }, '03-16T00:00:00', 'Archive'],
  ['the steps between may be missed', [cools], {}, '03-16T00:00:00', 'Archive'],
  ['never warmer', [cools], { storageClass: 'DeepColdArchive' }, '12-31T00:00:00', 'nothing'],
  ['the end comes before a move', [cools, rule({ expiration: days(6) })], {}, '03-17T00:00:00', 'expire'],
  ['older versions move by their own rule', [cools, coolsOlder], older, '03-21T00:00:00', 'ColdArchive'],
  ['delete markers do not move', [coolsOlder], { ...older, ...marker }, '12-31T00:00:00', 'nothing'],
];
for (const [what, rules, facts, now, expected] of table) {
  test(what, () => assert.equal(step(rules, facts, now), expected));
}

test('when an object will expire: by the earliest rule', () => {
  const rules = [
    rule({ id: 'late', expiration: days(9) }),
    rule({ id: 'early', expiration: days(2) }),
    rule({ id: 'off', expiration: days(1), isEnabled: false }),
  ];
  assert.deepEqual(findExpiration(rules, version), { atMs: at('03-13T00:00:00'), ruleId: 'early' });
  assert.equal(findExpiration(rules, { ...version, ...older }), undefined);
  assert.equal(findExpiration([cools, markers], version), undefined);
});

test('uploads that nobody completed', () => {
  const rules = [rule({ id: 'u', prefix: 'a/', abortUploads: days(1) })];
  const upload = { key: 'a/x', initiatedAtMs: at('03-10T15:00:00') };
  assert.equal(planUpload(rules, upload, at('03-11T23:59:59')), undefined);
  assert.equal(planUpload(rules, upload, at('03-12T00:00:00')), 'u');
  assert.equal(planUpload(rules, { ...upload, key: 'b' }, at('12-31T00:00:00')), undefined);
  assert.equal(planUpload([inOneDay], upload, at('12-31T00:00:00')), undefined);
});

test('prefixes within others are not scanned twice', () => {
  const rules = ['b', 'a/b', 'a/', 'a/', 'ab'].map((prefix) => rule({ prefix }));
  assert.deepEqual(prefixesToScan([...rules, rule({ prefix: 'z', isEnabled: false })]), ['a/', 'ab', 'b']);
  assert.deepEqual(prefixesToScan([...rules, rule({ prefix: '' })]), ['']);
});

// --- Laws ---

const time = fc.oneof(
  fc.record({ kind: fc.constant('days' as const), days: fc.integer({ min: 1, max: 30 }) }),
  fc.record({
    kind: fc.constantFrom('created-before' as const, 'date' as const),
    timeMs: fc.integer({ min: 0, max: 60 }).map((day) => at('03-01T00:00:00') + day * dayMs),
  }),
);
const storageClass = fc.constantFrom(...colderStorageClasses);
const anyRule: fc.Arbitrary<LifecycleRule> = fc
  .record({
    isEnabled: fc.boolean(),
    prefix: fc.constantFrom('', 'a/', 'b/'),
    expiration: fc.option(fc.oneof(time, fc.constant({ kind: 'delete-marker' as const })), {
      nil: undefined,
    }),
    transitions: fc.array(fc.record({ time, storageClass }), { maxLength: 3 }),
    noncurrentExpirationDays: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  })
  .map(rule);
const anyVersion: fc.Arbitrary<VersionFacts> = fc
  .record({
    isLatest: fc.boolean(),
    isDeleteMarker: fc.boolean(),
    isOnly: fc.boolean(),
    minute: fc.nat(20_000),
  })
  .map(({ minute, ...facts }) => ({
    ...version,
    ...facts,
    modifiedAtMs: at('03-01T00:00:00') + minute * 60_000,
    noncurrentSinceMs: facts.isLatest ? undefined : at('03-20T00:00:00'),
  }));
const now = fc.nat(100_000).map((minute) => at('03-01T00:00:00') + minute * 60_000);

test('what is due stays due, and nothing is due before its first day is over', () => {
  fc.assert(
    fc.property(
      fc.array(anyRule, { maxLength: 4 }),
      anyVersion,
      now,
      fc.nat(1e9),
      (rules, facts, nowMs, moreMs) => {
        const planned = planVersion(rules, facts, nowMs);
        const later = planVersion(rules, facts, nowMs + moreMs);
        if (planned?.kind === 'expire' || planned?.kind === 'erase') assert.equal(later?.kind, planned.kind);
        if (planned) assert.ok(later);
      },
    ),
  );
});

test('a disabled rule changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 4 }), anyVersion, now, (rules, facts, nowMs) => {
      const enabled = rules.filter(({ isEnabled }) => isEnabled);
      assert.deepEqual(planVersion(rules, facts, nowMs), planVersion(enabled, facts, nowMs));
      if (enabled.length === 0) assert.equal(planVersion(rules, facts, nowMs), undefined);
    }),
  );
});

test('an object expires at the moment that was announced', () => {
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 4 }), anyVersion, (rules, facts) => {
      const expiration = findExpiration(rules, facts);
      if (expiration === undefined) return;
      assert.equal(planVersion(rules, facts, expiration.atMs)?.kind, 'expire');
      assert.notEqual(planVersion(rules, facts, expiration.atMs - 1)?.kind, 'expire');
    }),
  );
});
