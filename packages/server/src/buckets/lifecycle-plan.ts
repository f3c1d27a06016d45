// What becomes of an object by the lifecycle rules of its bucket, and when (guide, "Lifecycle rules based on the last modified time").
// Pure: rules, what is known of the object, and the time.
//
// Days are counted from the first midnight (UTC) after the object was last modified, as in OSS: with a rule of 30 days an object of
// 27 October 15:00 is due on 27 November at 00:00, 28 October being the first of the days.

import {
  type ColderStorageClass,
  colderStorageClasses,
  type LifecycleRule,
  type LifecycleTime,
} from '@postern/protocol/xml';
import type { ObjectSummary } from '@postern/storage';

const dayMs = 24 * 60 * 60 * 1000;

/** What is to be done with a version now. */
export type LifecycleStep =
  /** Delete it, as a client would: in a versioned bucket, hide it behind a delete marker. */
  | { readonly kind: 'expire'; readonly ruleId: string }
  /** Remove this version, or this delete marker, for good. */
  | { readonly kind: 'erase'; readonly ruleId: string }
  | { readonly kind: 'transition'; readonly storageClass: ColderStorageClass; readonly ruleId: string };

/** What rules ask of a version. */
export interface VersionFacts
  extends Pick<
    ObjectSummary,
    'key' | 'isLatest' | 'isDeleteMarker' | 'modifiedAtMs' | 'size' | 'storageClass' | 'tags'
  > {
  /** When the next newer version came; undefined for the newest. */
  readonly noncurrentSinceMs?: number | undefined;
  /** Whether its key has no other version. */
  readonly isOnly: boolean;
}

/** The one thing to do, if any: whatever ends a version comes before what moves it, and of several moves the farthest counts. */
export function planVersion(
  rules: readonly LifecycleRule[],
  version: VersionFacts,
  nowMs: number,
): LifecycleStep | undefined {
  const applying = rules.filter((rule) => rule.isEnabled && isChosen(rule, version));
  if (version.isDeleteMarker && version.isLatest) return planDeleteMarker(applying, version);
  const isDue = (atMs: number | undefined) => atMs !== undefined && atMs <= nowMs;
  const ending = applying.find((rule) => isDue(endsAtMs(rule, version)));
  if (ending) return { kind: version.isLatest ? 'expire' : 'erase', ruleId: ending.id };
  if (version.isDeleteMarker) return undefined;
  const moves = applying.flatMap((rule) =>
    movesOf(rule, version)
      .filter(({ atMs }) => isDue(atMs))
      .map(({ storageClass }) => ({ kind: 'transition' as const, storageClass, ruleId: rule.id })),
  );
  return moves
    .filter(({ storageClass }) => coldness(storageClass) > coldness(version.storageClass))
    .toSorted((a, b) => coldness(b.storageClass) - coldness(a.storageClass))[0];
}

/** A delete marker that hides nothing any more. */
function planDeleteMarker(
  rules: readonly LifecycleRule[],
  { isOnly }: VersionFacts,
): LifecycleStep | undefined {
  const rule = rules.find(({ expiration }) => expiration?.kind === 'delete-marker');
  return rule && isOnly ? { kind: 'erase', ruleId: rule.id } : undefined;
}

/** When an object expires, and by which rule: the earliest counts. Undefined: no rule says so. */
export function findExpiration(
  rules: readonly LifecycleRule[],
  version: VersionFacts,
): { readonly atMs: number; readonly ruleId: string } | undefined {
  if (!version.isLatest || version.isDeleteMarker) return undefined;
  return rules
    .filter((rule) => rule.isEnabled && isChosen(rule, version))
    .flatMap((rule) => {
      const atMs = endsAtMs(rule, version);
      return atMs === undefined ? [] : [{ atMs, ruleId: rule.id }];
    })
    .toSorted((a, b) => a.atMs - b.atMs)[0];
}

/** By which rule an upload in parts that nobody completed is to be aborted now. */
export function planUpload(
  rules: readonly LifecycleRule[],
  upload: { readonly key: string; readonly initiatedAtMs: number },
  nowMs: number,
): string | undefined {
  const rule = rules.find(({ isEnabled, prefix, abortUploads }) => {
    if (!isEnabled || abortUploads === undefined || !upload.key.startsWith(prefix)) return false;
    const atMs = dueAtMs(abortUploads, upload.initiatedAtMs);
    return atMs !== undefined && atMs <= nowMs;
  });
  return rule?.id;
}

/** The prefixes under which some enabled rule finds objects; none lies within another. */
export function prefixesToScan(rules: readonly LifecycleRule[]): string[] {
  const prefixes = rules.filter(({ isEnabled }) => isEnabled).map(({ prefix }) => prefix);
  return [...new Set(prefixes)]
    .filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)))
    .sort();
}

// --- Which objects ---

function isChosen(rule: LifecycleRule, version: VersionFacts): boolean {
  const { tags, key, size } = version;
  const has = (wanted: { readonly key: string; readonly value: string }) =>
    tags.some((tag) => tag.key === wanted.key && tag.value === wanted.value);
  return (
    key.startsWith(rule.prefix) &&
    rule.tags.every(has) &&
    (rule.sizeGreaterThan === undefined || size > rule.sizeGreaterThan) &&
    (rule.sizeLessThan === undefined || size < rule.sizeLessThan) &&
    !rule.exceptions.some(({ prefix, tag }) => key.startsWith(prefix) && (tag === undefined || has(tag)))
  );
}

// --- When ---

/** When the rule ends the version; undefined: never. */
function endsAtMs(rule: LifecycleRule, version: VersionFacts): number | undefined {
  const { expiration, noncurrentExpirationDays: days } = rule;
  if (!version.isLatest) return days === undefined ? undefined : noncurrentAtMs(days, version);
  if (expiration === undefined || expiration.kind === 'delete-marker') return undefined;
  return dueAtMs(expiration, version.modifiedAtMs);
}

function movesOf(
  rule: LifecycleRule,
  version: VersionFacts,
): { readonly atMs: number | undefined; readonly storageClass: ColderStorageClass }[] {
  if (version.isLatest) {
    return rule.transitions.map(({ time, storageClass }) => ({
      atMs: dueAtMs(time, version.modifiedAtMs),
      storageClass,
    }));
  }
  return rule.noncurrentTransitions.map(({ days, storageClass }) => ({
    atMs: noncurrentAtMs(days, version),
    storageClass,
  }));
}

function noncurrentAtMs(days: number, { noncurrentSinceMs }: VersionFacts): number | undefined {
  return noncurrentSinceMs === undefined ? undefined : dueAtMs({ kind: 'days', days }, noncurrentSinceMs);
}

/** A date in the future is waited for, even by what is older already. */
function dueAtMs(time: LifecycleTime, sinceMs: number): number | undefined {
  switch (time.kind) {
    case 'days':
      return Math.ceil(sinceMs / dayMs) * dayMs + time.days * dayMs;
    case 'created-before':
      return sinceMs < time.timeMs ? time.timeMs : undefined;
    case 'date':
      return time.timeMs;
  }
}

/** Standard is the warmest; a class that is none of ours is left where it is. */
function coldness(storageClass: string): number {
  if (storageClass === 'Standard') return 0;
  const rank = (colderStorageClasses as readonly string[]).indexOf(storageClass);
  return rank < 0 ? Number.POSITIVE_INFINITY : rank + 1;
}
