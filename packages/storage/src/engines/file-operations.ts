// The file operations that a store of files is made of, as an argument: Node's own, or in a test those of a disk that is full or fails.

import { mkdir, open, opendir, rm } from 'node:fs/promises';
import { DiskFull, saysNoRoom, VolumeFailed } from '../write-fault.ts';
import { delayFlush } from './flush-delay.ts';

export interface FileOperations {
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  readonly opendir: typeof opendir;
  readonly rm: typeof rm;
}

export const nodeFiles: FileOperations = { mkdir, open, opendir, rm };

/** @throws DiskFull, or what `write` throws */
export async function writing<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (saysNoRoom(error)) throw diskFull(error);
    throw error;
  }
}

/**
 * A flush of one file that nobody else has written to. File systems that place data late find out here that there is no room.
 * @throws DiskFull, VolumeFailed
 */
export async function flushing(flush: () => Promise<void>): Promise<void> {
  try {
    await delayFlush();
    await writing(flush);
  } catch (error) {
    if (error instanceof DiskFull) throw error;
    throw new VolumeFailed(`A flush to disk failed: ${(error as Error).message}`, { cause: error });
  }
}

export function diskFull(cause: unknown): DiskFull {
  return new DiskFull('There is no space left on the disk.', { cause });
}
