// Files that only their user may read.

import { open, rename, stat } from 'node:fs/promises';
import { CommandError } from './command-error.ts';

const ownerOnly = 0o600;

/** Whole or not at all, and on disk when it resolves. @throws the system's error */
export async function writeOwnerOnly(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  const handle = await open(unfinished, 'wx', ownerOnly);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
}

/** @throws CommandError when other users can read it */
export async function checkOwnerOnly(file: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows keeps no such bits.
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return;
  throw new CommandError(`${file}: other users can read this secret. Run: chmod 600 ${file}`);
}
