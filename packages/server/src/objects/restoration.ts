// Objects in an archive class, which cannot be read before they are restored, and only for some days (RestoreObject reference). Nothing
// is really anywhere else here: the states are kept so that programs made for them meet them. An object remembers its restoration as a
// header of its own form, which is never shown as it is.

import { formatHttpDate, OssError } from '@postern/protocol';
import type { RestoreTier } from '@postern/protocol/xml';
import type { ObjectSummary } from '@postern/storage';

/** How long a restoration is under way. The cloud takes from a minute to two days. */
export const restorationMs = 10_000;

/** How long is left of it, and of what it brings. */
export interface Restoration {
  readonly readyAtMs: number;
  readonly expiresAtMs: number;
}

/** The classes that have to be restored, and the tier of a restoration that names none; undefined where a request may not name one. */
const archiveClasses: Readonly<Record<string, { readonly defaultTier: RestoreTier | undefined }>> = {
  Archive: { defaultTier: undefined },
  ColdArchive: { defaultTier: 'Standard' },
  DeepColdArchive: { defaultTier: 'Standard' },
};

/** Undefined for a class whose objects can always be read. */
export function findArchiveClass(storageClass: string) {
  return Object.hasOwn(archiveClasses, storageClass) ? archiveClasses[storageClass] : undefined;
}

/** Where the object keeps it. */
export const restorationHeader = 'x-oss-restore';

export function writeRestoration({ readyAtMs, expiresAtMs }: Restoration): string {
  return `${readyAtMs} ${expiresAtMs}`;
}

/** Undefined for an object that is not being restored, or has been archived again. */
export function findRestoration(
  { storageClass, headers }: Pick<ObjectSummary, 'storageClass' | 'headers'>,
  nowMs: number,
): Restoration | undefined {
  const text = headers[restorationHeader];
  if (text === undefined || !findArchiveClass(storageClass)) return undefined;
  const [readyAtMs = 0, expiresAtMs = 0] = text.split(' ').map(Number);
  return nowMs < expiresAtMs ? { readyAtMs, expiresAtMs } : undefined;
}

/** As clients are told of it, in a header and in lists. */
export function describeRestoration({ readyAtMs, expiresAtMs }: Restoration, nowMs: number): string {
  if (nowMs < readyAtMs) return 'ongoing-request="true"';
  return `ongoing-request="false", expiry-date="${formatHttpDate(expiresAtMs)}"`;
}

/** @throws OssError InvalidObjectState when the object is in the archive now */
export function checkNotArchived(record: ObjectSummary, nowMs: number): void {
  if (!findArchiveClass(record.storageClass)) return;
  const restoration = findRestoration(record, nowMs);
  if (!restoration || nowMs < restoration.readyAtMs)
    throw new OssError('InvalidObjectState', { Key: record.key });
}
