// The access key that a server makes for itself at its first start and keeps in `<data-dir>/access-key.json`, readable by its user alone.

import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { CommandError } from './command-error.ts';

export interface AccessKeyPair {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

export const accessKeyFileName = 'access-key.json';
const ownerOnly = 0o600;

export interface KeptAccessKey {
  readonly key: AccessKeyPair;
  readonly file: string;
  readonly madeNow: boolean;
}

/**
 * The key kept in `dataDir`, made if there is none. The folder is made too.
 *
 * @throws CommandError when the file is damaged or open to other users, or the folder cannot be written
 */
export async function keepAccessKey(dataDir: string): Promise<KeptAccessKey> {
  const file = path.join(dataDir, accessKeyFileName);
  const kept = await readAccessKey(file);
  if (kept) return { key: kept, file, madeNow: false };
  const key = makeAccessKey();
  await writeAccessKey(file, key).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(
      `${dataDir}: cannot be written by user ${process.getuid?.() ?? process.env.USERNAME} (${cause.code ?? cause.message}). Let that user write the folder, or choose another with --data-dir.`,
      { cause },
    );
  });
  return { key, file, madeNow: true };
}

export function makeAccessKey(): AccessKeyPair {
  return {
    accessKeyId: `PK${randomBytes(9).toString('hex').toUpperCase()}`,
    accessKeySecret: randomBytes(20).toString('hex'),
  };
}

async function readAccessKey(file: string): Promise<AccessKeyPair | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new CommandError(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  if (text === undefined) return undefined;
  await checkOwnerOnly(file);
  return parseAccessKey(file, text);
}

async function checkOwnerOnly(file: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows keeps no such bits.
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return;
  throw new CommandError(`${file}: other users can read this secret. Run: chmod 600 ${file}`);
}

function parseAccessKey(file: string, text: string): AccessKeyPair {
  try {
    const { accessKeyId, accessKeySecret } = JSON.parse(text);
    if (typeof accessKeyId === 'string' && typeof accessKeySecret === 'string') {
      return { accessKeyId, accessKeySecret };
    }
  } catch (cause) {
    throw new CommandError(`${file}: is not JSON. Restore it, or remove it to have a new key made.`, {
      cause,
    });
  }
  throw new CommandError(`${file}: has no accessKeyId and accessKeySecret. Restore it, or remove it.`);
}

/** Whole or not at all, and on disk before anybody is told the key. */
async function writeAccessKey(file: string, key: AccessKeyPair): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${process.pid}`;
  const handle = await open(unfinished, 'wx', ownerOnly);
  try {
    await handle.writeFile(`${JSON.stringify(key, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
}
