// Makes policies that cannot be malformed: what the types do not rule out is refused with a sentence that says what to write instead,
// and the result has been read back by the reader that storage uses (PostObject reference, "Policy").

import {
  type Condition,
  fileBytesMax,
  type Policy,
  parsePolicyJson,
  policyConditionsMax,
  writeExpiration,
  writePolicy,
} from '@postern/protocol';
import { checkBucket } from './bucket-url.ts';
import { checkCondition, equals, oneOf, sizeBetween, startsWith } from './conditions.ts';
import { type Duration, parseDuration } from './duration.ts';
import { checkKey, checkKeyPrefix, splitKey } from './key-rule.ts';

/** Until when, in one of three ways. */
export type Expiry =
  | { readonly expiresIn: Duration; readonly expiresInSeconds?: never; readonly expiresAtMs?: never }
  | { readonly expiresInSeconds: number; readonly expiresIn?: never; readonly expiresAtMs?: never }
  | { readonly expiresAtMs: number; readonly expiresIn?: never; readonly expiresInSeconds?: never };

/** Under which name. `${filename}` stands for the name of the file that is chosen. */
export type KeyRule =
  /** Exactly this name; up to the first `${filename}` if there is one in it. */
  | { readonly key: string; readonly keyPrefix?: never }
  /** Any name that begins so. */
  | { readonly keyPrefix: string; readonly key?: never };

interface Limits {
  readonly bucket: string;
  /** Smallest file accepted. Default 1: an empty file is nearly always a browser's mistake. */
  readonly minBytes?: number;
  /** Largest file accepted. Default 5 GB, the most that a form can carry. */
  readonly maxBytes?: number;
  /** Media types that the browser may declare for the file: `['image/png', 'application/pdf']`, or one family: `['image/*']`. */
  readonly contentTypes?: readonly string[];
  /** Further conditions, made with {@link equals}, {@link startsWith}, {@link oneOf}, {@link noneOf}, {@link sizeBetween}. */
  readonly conditions?: readonly Condition[];
  /** The time now, for `expiresIn`; milliseconds since the epoch. Default: the clock. */
  readonly nowMs?: number;
}

export type PolicyOptions = Limits & Expiry & KeyRule;

/**
 * A policy for one bucket, always with a range of sizes; frozen.
 * @throws TypeError that says which option is wrong and how to write it
 */
export function createPolicy(options: PolicyOptions): Policy {
  const { bucket, minBytes = 1, maxBytes = fileBytesMax, conditions = [], contentTypes } = options;
  checkBucket(bucket);
  const all: Condition[] = [
    equals('bucket', bucket),
    ...conditions.map(checkCondition),
    keyCondition(options),
    ...(contentTypes ? [contentTypeCondition(contentTypes)] : []),
    sizeBetween(minBytes, maxBytes),
  ];
  if (all.length > policyConditionsMax) throw new TypeError(`over ${policyConditionsMax} conditions`);
  const expiration = writeExpiration(findExpiry(options));
  // Read back as storage will read it: what cannot be sent cannot be made.
  return deepFreeze(parsePolicyJson(writePolicy({ expiration, expiresAtMs: 0, conditions: all })));
}

function keyCondition({ key, keyPrefix }: KeyRule): Condition {
  if (keyPrefix !== undefined) return startsWith('key', checkKeyPrefix(keyPrefix));
  const { fixed, isWhole } = splitKey(checkKey(key));
  // A condition sees `${filename}` as it is sent. Only the part before it is demanded, so that no `$` needs to be escaped in the policy,
  // which is where storage services differ.
  return isWhole ? equals('key', fixed) : startsWith('key', fixed);
}

function contentTypeCondition(contentTypes: readonly string[]): Condition {
  for (const type of contentTypes) {
    if (typeof type !== 'string' || !/^[\w.+-]+\/(\*|[\w.+-]+)$/.test(type)) {
      throw new TypeError(`not a media type: ${JSON.stringify(type)}; write e.g. "image/png" or "image/*"`);
    }
  }
  const [family] = contentTypes.filter((type) => type.endsWith('/*'));
  if (family === undefined) return oneOf('content-type', contentTypes);
  if (contentTypes.length > 1) {
    throw new TypeError(`a policy can demand either one family of types ("${family}") or a list of types`);
  }
  return startsWith('content-type', family.slice(0, -1));
}

// --- Expiry ---

const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function findExpiry({
  expiresIn,
  expiresInSeconds,
  expiresAtMs,
  nowMs = Date.now(),
}: Limits & Expiry): number {
  const given = [expiresIn, expiresInSeconds, expiresAtMs].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new TypeError(
      'say until when the form can be used, in one way: expiresIn, expiresInSeconds or expiresAtMs',
    );
  }
  const atMs =
    expiresAtMs ??
    nowMs + (expiresIn === undefined ? Number(expiresInSeconds) * 1000 : parseDuration(expiresIn));
  if (!Number.isFinite(atMs) || atMs > lastMs) throw new TypeError(`not a time to expire at: ${given[0]}`);
  if (atMs <= nowMs) throw new TypeError(`the form would have expired already (${given[0]})`);
  return Math.floor(atMs);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
