// Direct I/O: bytes go from our memory to the disk without passing through the system's cache, which for bodies that nobody will read
// soon costs more than the disk does. Where a file system has none, files are written in the ordinary way.

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { FileOperations } from './file-operations.ts';
import { PageMemory, pageBytes, slabBytes } from './page-memory.ts';

/** Node's types have it everywhere, Node itself on Linux only. */
const directFlag: number | undefined = constants.O_DIRECT;

/** What a file is opened with so that writes pass the cache. */
export const directWriteFlags = directFlag ?? 0;

/** So that each write is also on disk when it returns, and found again. */
export const directFlushFlags = directWriteFlags | constants.O_DSYNC;

/** Tries it, with a file of its own. */
export async function hasDirectIo(folder: string, files: FileOperations): Promise<boolean> {
  if (directFlag === undefined) return false;
  const probe = path.join(folder, 'probe');
  let file: FileHandle | undefined;
  try {
    file = await files.open(probe, constants.O_CREAT | constants.O_WRONLY | directFlushFlags, 0o600);
    const page = new PageMemory(slabBytes).take() as Buffer;
    await file.write(page.fill(0), 0, pageBytes, 0);
    return true;
  } catch {
    // Whatever the reason is, the ordinary way will tell.
    return false;
  } finally {
    await file?.close();
    await files.rm(probe, { force: true });
  }
}

/** All of the pieces, one behind the other. */
export async function writePieces(
  file: FileHandle,
  pieces: readonly Buffer[],
  position: number,
): Promise<void> {
  let left = pieces;
  for (let at = position; left.length > 0; ) {
    const { bytesWritten } = await file.writev([...left], at);
    at += bytesWritten;
    left = dropBytes(left, bytesWritten);
  }
}

function dropBytes(pieces: readonly Buffer[], bytes: number): readonly Buffer[] {
  let dropped = 0;
  let whole = 0;
  while (whole < pieces.length && dropped + (pieces[whole] as Buffer).length <= bytes) {
    dropped += (pieces[whole++] as Buffer).length;
  }
  const [first, ...others] = pieces.slice(whole);
  return first === undefined ? [] : [first.subarray(bytes - dropped), ...others];
}
