// Whether the rules of a lifecycle get in each other's way (PutBucketLifecycle; error pages 0014-00000079 to 0014-00000085): two that may
// meet in one object must not say the same, nor what cannot be in that order. Rules that choose by different tags, sizes or exceptions
// are not held against each other; should they meet, the earliest deletion counts, and else the coldest class.

import { OssError } from '../errors.ts';
import {
  type ColderStorageClass,
  colderStorageClasses,
  type LifecycleConfiguration,
  type LifecycleRule,
} from './lifecycle-configuration.ts';

/**
 * @param allowsOverlap `x-oss-allow-same-action-overlap`: rules are not held against each other at all
 * @throws OssError InvalidRequest.lifecycleTimes, InvalidArgument.lifecyclePrefix, .lifecycleOverlap, .lifecycleTransitionOverlap,
 *   .lifecycleOrder
 */
export function checkLifecycleConflicts({ rules }: LifecycleConfiguration, allowsOverlap: boolean): void {
  for (const rule of rules) checkTogether([rule]);
  if (allowsOverlap) return;
  for (const meeting of Object.values(Object.groupBy(rules, selectionBesidesPrefix))) {
    for (const [first, second] of overlappingPairs(meeting ?? [])) {
      checkSameActions(first, second);
      checkTogether([first, second]);
    }
  }
}

function selectionBesidesPrefix({ tags, exceptions, sizeGreaterThan, sizeLessThan }: LifecycleRule): string {
  const inOrder = tags.map(({ key, value }) => JSON.stringify([key, value])).sort();
  return JSON.stringify([inOrder, exceptions, sizeGreaterThan, sizeLessThan]);
}

/**
 * Sorted by prefix, the rules that one overlaps stand right behind it. There are few pairs: of a dozen rules that all overlap two have an
 * action in common, which ends it.
 */
function* overlappingPairs(rules: readonly LifecycleRule[]): Generator<[LifecycleRule, LifecycleRule]> {
  const sorted = rules.toSorted((a, b) => (a.prefix < b.prefix ? -1 : Number(a.prefix > b.prefix)));
  for (const [index, rule] of sorted.entries()) {
    for (let at = index + 1; sorted[at]?.prefix.startsWith(rule.prefix); at++) {
      yield [rule, sorted[at] as LifecycleRule];
    }
  }
}

function checkTogether(rules: readonly LifecycleRule[]): void {
  checkSameTimes(rules);
  checkOrder(rules);
}

/** Days and dates cannot be brought into one order. */
function checkSameTimes(rules: readonly LifecycleRule[]): void {
  const kinds = rules.flatMap(({ expiration, transitions }) => [
    ...transitions.map(({ time }) => time.kind),
    ...(expiration === undefined || expiration.kind === 'delete-marker' ? [] : [expiration.kind]),
  ]);
  if (kinds.includes('days') && kinds.some((kind) => kind !== 'days')) {
    throw new OssError('InvalidRequest.lifecycleTimes');
  }
}

function checkSameActions(first: LifecycleRule, second: LifecycleRule): void {
  const both = (has: (rule: LifecycleRule) => boolean) => has(first) && has(second);
  if (
    both((rule) => rule.expiration !== undefined && rule.expiration.kind !== 'delete-marker') ||
    both((rule) => rule.expiration?.kind === 'delete-marker') ||
    both((rule) => rule.noncurrentExpirationDays !== undefined) ||
    both((rule) => rule.abortUploads !== undefined)
  ) {
    throw new OssError('InvalidArgument.lifecycleOverlap');
  }
  for (const storageClass of colderStorageClasses) {
    const toClass = (step: { storageClass: ColderStorageClass }) => step.storageClass === storageClass;
    if (
      both((rule) => rule.transitions.some(toClass)) ||
      both((rule) => rule.noncurrentTransitions.some(toClass))
    ) {
      throw new OssError('InvalidArgument.lifecycleTransitionOverlap');
    }
  }
  if (first.prefix === second.prefix) throw new OssError('InvalidArgument.lifecyclePrefix');
}

/** A colder class comes later than a warmer one, and the end after all of them. */
function checkOrder(rules: readonly LifecycleRule[]): void {
  const current = rules.flatMap(({ transitions }) =>
    transitions.map(({ time, storageClass }) => ({
      at: time.kind === 'days' ? time.days : time.timeMs,
      storageClass,
    })),
  );
  const ends = rules.flatMap(({ expiration }) => {
    if (expiration === undefined || expiration.kind === 'delete-marker') return [];
    return [expiration.kind === 'days' ? expiration.days : expiration.timeMs];
  });
  const noncurrent = rules.flatMap(({ noncurrentTransitions }) =>
    noncurrentTransitions.map(({ days, storageClass }) => ({ at: days, storageClass })),
  );
  const noncurrentEnds = rules.flatMap(({ noncurrentExpirationDays: days }) =>
    days === undefined ? [] : [days],
  );
  checkColderLater(current, Math.min(...ends));
  checkColderLater(noncurrent, Math.min(...noncurrentEnds));
}

function checkColderLater(
  steps: readonly { readonly at: number; readonly storageClass: ColderStorageClass }[],
  endsAt: number,
): void {
  let warmerAt = Number.NEGATIVE_INFINITY;
  for (const storageClass of colderStorageClasses) {
    const times = steps.filter((step) => step.storageClass === storageClass).map(({ at }) => at);
    if (times.some((at) => at <= warmerAt || at >= endsAt)) {
      throw new OssError('InvalidArgument.lifecycleOrder');
    }
    warmerAt = times.reduce((latest, at) => Math.max(latest, at), warmerAt);
  }
}
