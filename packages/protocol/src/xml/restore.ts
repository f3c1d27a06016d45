// What RestoreObject asks for: how many days an archived object stays readable, and how soon (RestoreObject reference).

import { OssError } from '../errors.ts';
import { findChildren, findText, findWord, readXml } from './read-xml.ts';

export const restoreTiers = ['Expedited', 'Standard', 'Bulk'] as const;
export type RestoreTier = (typeof restoreTiers)[number];

export const restoreDaysDefault = 1;
export const restoreDaysMax = 365;

export interface RestoreRequest {
  readonly days: number;
  /** Undefined when the document has no JobParameters. */
  readonly tier: RestoreTier | undefined;
}

/** @param document may be empty: all of it is optional. @throws OssError MalformedXML */
export function parseRestoreRequest(document: string): RestoreRequest {
  if (document === '') return { days: restoreDaysDefault, tier: undefined };
  const root = readXml(document, 'RestoreRequest');
  const [job, second] = findChildren(root, 'JobParameters');
  if (second !== undefined) throw new OssError('MalformedXML');
  return {
    days: parseDays(findWord(root, 'Days')),
    tier: job && parseTier(findText(job, 'Tier')?.trim()),
  };
}

function parseDays(text: string | undefined): number {
  if (text === undefined) return restoreDaysDefault;
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > restoreDaysMax) throw new OssError('MalformedXML');
  return days;
}

/** Without a word of its own: the ordinary one. */
function parseTier(text = 'Standard'): RestoreTier {
  const tier = restoreTiers.find((known) => known === text);
  if (tier === undefined) throw new OssError('MalformedXML');
  return tier;
}
