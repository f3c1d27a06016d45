// A new file survives a power cut only when the folder that names it has been flushed too.

import path from 'node:path';
import { type FileOperations, flushing, nodeFiles } from './file-operations.ts';

/** @throws DiskFull, VolumeFailed; what opening the folder throws, which says nothing of the disk: there may be no file descriptor left */
export async function flushFolder(
  folder: string,
  { open }: Pick<FileOperations, 'open'> = nodeFiles,
): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await flushing(() => handle.sync());
  } finally {
    await handle.close();
  }
}

/** After a recursive mkdir: everything that was made, each in its parent. @param firstMade what mkdir returned */
export async function flushMadeFolders(directory: string, firstMade: string): Promise<void> {
  const first = path.resolve(firstMade);
  for (let made = path.resolve(directory); made.length >= first.length; made = path.dirname(made)) {
    await flushFolder(path.dirname(made));
  }
}
