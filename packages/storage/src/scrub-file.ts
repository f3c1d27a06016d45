// Where the scrubber has got to, kept as `scrub.json` in the data directory. It is no part of what is stored: without it, or with one that
// cannot be read, the next round begins anew.

import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ScrubMemory, ScrubRound } from './scrub.ts';

export const scrubFileName = 'scrub.json';

export function scrubFile(dataDir: string): ScrubMemory {
  const file = path.join(dataDir, scrubFileName);
  return {
    load: async () => parseRound(await readIfPresent(file)),
    save: async (round) => {
      // Not flushed: a crash costs no more than a round begun anew.
      await writeFile(`${file}.new`, `${JSON.stringify(round, undefined, 2)}\n`, { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  };
}

/** For a store that keeps nothing itself. */
export function scrubNote(): ScrubMemory {
  let last: ScrubRound | undefined;
  return {
    load: async () => last,
    save: async (round) => {
      last = round;
    },
  };
}

async function readIfPresent(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Undefined for what is no round: torn by a crash, or not ours. */
function parseRound(text: string): ScrubRound | undefined {
  const { startedAtMs, versions, bytes, faults, isOver, position } = parseFields(text);
  if (![startedAtMs, versions, bytes, faults].every((count) => Number.isSafeInteger(count))) return undefined;
  if (typeof isOver !== 'boolean' || (position !== undefined && !isPosition(position))) return undefined;
  return { startedAtMs, versions, bytes, faults, isOver, position } as ScrubRound;
}

function parseFields(text: string): Partial<Record<keyof ScrubRound, unknown>> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    // Not JSON.
    return {};
  }
}

/** What it names need not exist any more. */
function isPosition(position: unknown): boolean {
  const { bucket, key, versionId } = { ...(position as Partial<Record<string, unknown>>) };
  const isText = (value: unknown) => typeof value === 'string';
  return isText(bucket) && isText(key) && (versionId === undefined || isText(versionId));
}
