// `If-Match` and its kin, on reads and on the source of a copy (GetObject and CopyObject references; RFC 9110, section 13, for the
// order and for which of two conditions counts).

import { parseHttpDate } from '@postern/protocol';
import type { ObjectSummary } from '@postern/storage';

/** Conditions as sent; undefined when not given. */
export interface ReadConditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

/** `failed` is answered with 412, `not-modified` with 304. */
export type ConditionOutcome =
  | { readonly kind: 'met' }
  | { readonly kind: 'not-modified' }
  | { readonly kind: 'failed'; readonly condition: 'If-Match' | 'If-Unmodified-Since' };

/** A date that cannot be read is no condition. Dates have seconds, so the object's time is cut to seconds before comparing. */
export function judgeConditions(
  conditions: ReadConditions,
  record: Pick<ObjectSummary, 'etag' | 'modifiedAtMs'>,
): ConditionOutcome {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modifiedAtMs = Math.floor(record.modifiedAtMs / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, record.etag)) return { kind: 'failed', condition: 'If-Match' };
  } else if (modifiedAtMs > (dateOf(ifUnmodifiedSince) ?? Number.POSITIVE_INFINITY)) {
    return { kind: 'failed', condition: 'If-Unmodified-Since' };
  }
  if (ifNoneMatch !== undefined) {
    if (namesEtag(ifNoneMatch, record.etag)) return { kind: 'not-modified' };
  } else if (modifiedAtMs <= (dateOf(ifModifiedSince) ?? Number.NEGATIVE_INFINITY)) {
    return { kind: 'not-modified' };
  }
  return { kind: 'met' };
}

/**
 * Whether the part asked for still belongs to what the client has (RFC 9110, section 13.1.5): a resumed download of an object that was
 * overwritten meanwhile has to start again, or the two halves of different objects become one file.
 *
 * @param ifRange the If-Range header: one entity tag, or a date that must be exactly the object's
 */
export function isRangeCurrent(
  ifRange: string | undefined,
  record: Pick<ObjectSummary, 'etag' | 'modifiedAtMs'>,
): boolean {
  if (ifRange === undefined) return true;
  const date = parseHttpDate(ifRange);
  if (date !== undefined) return date === Math.floor(record.modifiedAtMs / 1000) * 1000;
  return ifRange === `"${record.etag}"`;
}

/** A list of entity tags, quoted or bare, weak or not; `*` names every object. */
function namesEtag(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((item) => item.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((item) => item === '*' || item.toUpperCase() === etag);
}

function dateOf(header: string | undefined): number | undefined {
  return header === undefined ? undefined : parseHttpDate(header);
}
