// Files that only their user may read: secrets, and what is sealed under them.

import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** A file of secrets is missing, damaged or open to others. The message is the whole explanation, with what to do. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
}

const ownerOnly = 0o600;

/** Whole or not at all, and on disk when it resolves. @throws the system's error */
export async function writeOwnerOnly(file: string, text: string): Promise<void> {
  await writeUnfinished(file, text, (unfinished) => rename(unfinished, file));
  await flushFolder(file);
}

/** {@link writeOwnerOnly} unless there is such a file already: of several who try at once, one makes it. @returns whether it did */
export async function createOwnerOnly(file: string, text: string): Promise<boolean> {
  try {
    await writeUnfinished(file, text, (unfinished) => link(unfinished, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await flushFolder(file);
  return true;
}

/** Under another name, which is gone afterwards: also of a disk that has no room for the text. */
async function writeUnfinished(
  file: string,
  text: string,
  giveName: (unfinished: string) => Promise<void>,
): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(unfinished, 'wx', ownerOnly);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await giveName(unfinished);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function flushFolder(file: string): Promise<void> {
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * @returns undefined when there is no such file
 * @throws SecretFileError when it cannot be read, or other users can read it
 */
export async function readOwnerOnly(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new SecretFileError(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  if (text !== undefined) await checkOwnerOnly(file);
  return text;
}

async function checkOwnerOnly(file: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows keeps no such bits.
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return;
  throw new SecretFileError(`${file}: other users can read this secret. Run: chmod 600 ${file}`);
}
