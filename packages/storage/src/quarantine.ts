// Where the check of a store puts an object version whose body is lost or damaged: out of the index, so that nobody is served it or
// finds it in a listing, and kept, so that nothing is deleted that somebody may still want. The folder `quarantine` of the data directory has
// for each version `SEQUENCE.json` (the reason and the whole row of the index) and, when there is a body, `SEQUENCE.blob` (the
// blob's file) or `SEQUENCE.body` (the bytes of a small one); of a body in parts, the same for each part under the part's number. Putting
// the same version there again changes nothing.

import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { flushFolder } from './engines/flush-folder.ts';
import { writeFlushed } from './engines/write-flushed.ts';

const folderName = 'quarantine';

export interface QuarantinedVersion {
  readonly sequence: number;
  readonly reason: string;
  /** The row of the index, column by column, and the name of its bucket. */
  readonly row: Readonly<Record<string, unknown>>;
  /** What is left of its body: of its parts, when it has any. */
  readonly bodies: readonly QuarantinedBody[];
}

/** Its file is named after the number of the version, or of the part. */
export type QuarantinedBody =
  | { readonly kind: 'blob'; readonly sequence: number; readonly saveAs: (file: string) => Promise<void> }
  | { readonly kind: 'inline'; readonly sequence: number; readonly bytes: Uint8Array };

/** Durable when it resolves; only then may the version be taken out of the index. @returns the file that tells of it */
export async function putInQuarantine(dataDir: string, version: QuarantinedVersion): Promise<string> {
  const { sequence, reason, row, bodies } = version;
  const folder = path.join(dataDir, folderName);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) await flushFolder(dataDir);
  for (const body of bodies) {
    if (body.kind === 'blob') await body.saveAs(path.join(folder, `${body.sequence}.blob`));
    else await writeFlushed(path.join(folder, `${body.sequence}.body`), body.bytes);
  }
  const told = path.join(folder, `${sequence}.json`);
  await writeFlushed(told, Buffer.from(`${JSON.stringify({ reason, ...row }, undefined, 2)}\n`));
  await flushFolder(folder);
  return told;
}

/** How many versions are there. */
export async function countQuarantined(dataDir: string): Promise<number> {
  const names = await readdir(path.join(dataDir, folderName)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith('.json')).length;
}
