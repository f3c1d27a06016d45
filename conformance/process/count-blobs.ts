// How many bodies lie on the disk outside the index, as docs/disk-format.md tells it to whoever looks from outside: files of their own, and
// entries of segments that are not marked as removed.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const pageBytes = 4096;

export function countBlobs(dataDir: string): number {
  const files = globSync('??/*', { cwd: path.join(dataDir, 'blobs') });
  const segments = globSync(path.join(dataDir, 'blobs/segments/*-*'));
  return segments.reduce((sum, segment) => sum + countEntries(segment), files.length);
}

function countEntries(segment: string): number {
  const [opening, number = ''] = path.basename(segment).split('-');
  const bytes = readIfThere(segment);
  let entries = 0;
  for (let page = 0; page * pageBytes + 36 <= bytes.length; ) {
    const entry = bytes.subarray(page * pageBytes);
    const mark = entry.toString('latin1', 0, 8);
    const isHere =
      entry.toString('hex', 8, 12) === opening &&
      entry.readUInt32LE(12) === Number.parseInt(number, 16) &&
      entry.readUInt32LE(16) === page;
    const isEntry = isHere && (mark === 'PSTNBODY' || mark === 'PSTNDEAD');
    if (isEntry && mark === 'PSTNBODY') entries++;
    page += isEntry ? Math.max(1, entry.readUInt32LE(20)) : 1;
  }
  return entries;
}

/** It may just have been removed. */
function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
