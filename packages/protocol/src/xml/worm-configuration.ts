// The retention policy of a bucket ("write once, read many"): InitiateBucketWorm, ExtendBucketWorm, GetBucketWorm. What it forbids, and when,
// is decided where objects change.

import { OssError } from '../errors.ts';
import { formatIsoSeconds } from '../time.ts';
import { findText, readXml } from './read-xml.ts';
import { writeXml } from './write-xml.ts';

/** 70 years. */
export const wormDaysMax = 25_550;

export interface WormConfiguration {
  readonly id: string;
  /** Locked it can only be made longer, and never be removed. */
  readonly isLocked: boolean;
  /** How long each object is kept after it was last modified. */
  readonly days: number;
  readonly createdAtMs: number;
}

export function writeWormConfiguration({ id, isLocked, days, createdAtMs }: WormConfiguration): string {
  return writeXml([
    'WormConfiguration',
    [
      ['WormId', id],
      ['State', isLocked ? 'Locked' : 'InProgress'],
      ['RetentionPeriodInDays', days],
      // Without the zone, as OSS writes it here.
      ['CreationDate', formatIsoSeconds(createdAtMs).replace('.000Z', '')],
    ],
  ]);
}

/** @returns the days. @throws OssError MalformedXML, InvalidWORMConfiguration.days, InvalidWORMConfiguration.daysRange */
export function parseInitiateWorm(document: string | Uint8Array): number {
  return parseRetention(document, 'InitiateWormConfiguration');
}

/** @returns the days. @throws OssError as {@link parseInitiateWorm} */
export function parseExtendWorm(document: string | Uint8Array): number {
  return parseRetention(document, 'ExtendWormConfiguration');
}

function parseRetention(document: string | Uint8Array, rootName: string): number {
  const text = findText(readXml(document, rootName), 'RetentionPeriodInDays')?.trim();
  if (text === undefined) throw new OssError('MalformedXML');
  if (!/^-?[0-9]{1,10}$/.test(text)) throw new OssError('InvalidWORMConfiguration.days');
  const days = Number(text);
  if (days < 1 || days > wormDaysMax) throw new OssError('InvalidWORMConfiguration.daysRange');
  return days;
}
