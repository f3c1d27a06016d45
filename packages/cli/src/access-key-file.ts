// The access key that a server makes for itself at its first start and keeps in `<data-dir>/access-key.json`, readable by its user alone,
// its secret sealed under the secret key of the data folder.

import { randomBytes } from 'node:crypto';
import { access, constants, mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  findSecretKeyFile,
  keepSecretKey,
  openText,
  readOwnerOnly,
  readSecretKey,
  type SealedText,
  type SecretKey,
  sealText,
  writeOwnerOnly,
} from '@postern/server/identities';
import { CommandError } from './command-error.ts';
import type { Settings } from './settings.ts';

export interface AccessKeyPair {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

export const accessKeyFileName = 'access-key.json';

export interface KeptAccessKey {
  readonly key: AccessKeyPair;
  readonly file: string;
  readonly madeNow: boolean;
}

/** Where the key is kept, and what it is sealed under. */
type KeySettings = Pick<Settings, 'dataDir' | 'secretKeyFile'>;

/**
 * The key kept in the data folder, made if there is none. The folder is made too, and so is the secret key. A key that an earlier
 * version kept in the clear is sealed.
 *
 * @throws CommandError, SecretFileError when a file is damaged or open to other users, the secret key is missing, or the folder cannot be written
 */
export async function keepAccessKey(settings: KeySettings): Promise<KeptAccessKey> {
  const { dataDir } = settings;
  await makeDataDir(dataDir);
  const file = path.join(dataDir, accessKeyFileName);
  const kept = await readAccessKeyFile(file);
  if (kept !== undefined && 'sealedSecret' in kept) {
    return { key: await unseal(kept, file, settings), file, madeNow: false };
  }
  const key = kept ?? makeAccessKey();
  const secretKey = await keepSecretKey(findSecretKeyFile(settings));
  await writeAccessKey(file, key, secretKey).catch((cause) => {
    throw cannotWrite(dataDir, cause);
  });
  return { key, file, madeNow: kept === undefined };
}

/** The key kept in the data folder; undefined when there is none. Changes nothing. @throws as {@link keepAccessKey} */
export async function findKeptAccessKey(settings: KeySettings): Promise<AccessKeyPair | undefined> {
  const file = path.join(settings.dataDir, accessKeyFileName);
  const kept = await readAccessKeyFile(file);
  return kept !== undefined && 'sealedSecret' in kept ? unseal(kept, file, settings) : kept;
}

export function makeAccessKey(): AccessKeyPair {
  return {
    accessKeyId: `PK${randomBytes(9).toString('hex').toUpperCase()}`,
    accessKeySecret: randomBytes(20).toString('hex'),
  };
}

interface SealedAccessKey {
  readonly accessKeyId: string;
  readonly sealedSecret: SealedText;
}

async function unseal(
  { accessKeyId, sealedSecret }: SealedAccessKey,
  file: string,
  settings: KeySettings,
): Promise<AccessKeyPair> {
  const secretKeyFile = findSecretKeyFile(settings);
  const advice = `Restore it, or remove ${file} to have a new access key made.`;
  const secretKey = await readSecretKey(secretKeyFile);
  if (!secretKey)
    throw new CommandError(
      `${secretKeyFile}: is missing; the secret in ${file} is sealed under it. ${advice}`,
    );
  const accessKeySecret = openText(secretKey, sealedSecret, accessKeyId);
  if (accessKeySecret !== undefined) return { accessKeyId, accessKeySecret };
  throw new CommandError(
    `${secretKeyFile}: is not the key under which the secret in ${file} is sealed. ${advice}`,
  );
}

async function readAccessKeyFile(file: string): Promise<AccessKeyPair | SealedAccessKey | undefined> {
  const text = await readOwnerOnly(file);
  if (text === undefined) return undefined;
  return parseAccessKey(file, text);
}

function parseAccessKey(file: string, text: string): AccessKeyPair | SealedAccessKey {
  try {
    const { accessKeyId, accessKeySecret, sealedSecret } = JSON.parse(text);
    if (typeof accessKeyId === 'string') {
      if (typeof sealedSecret === 'string') return { accessKeyId, sealedSecret };
      if (typeof accessKeySecret === 'string') return { accessKeyId, accessKeySecret };
    }
  } catch (cause) {
    throw new CommandError(`${file}: is not JSON. Restore it, or remove it to have a new key made.`, {
      cause,
    });
  }
  throw new CommandError(`${file}: has no accessKeyId and sealedSecret. Restore it, or remove it.`);
}

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw cannotWrite(dataDir, cause as NodeJS.ErrnoException);
  }
}

function cannotWrite(dataDir: string, cause: NodeJS.ErrnoException): CommandError {
  if (cause.code === 'EEXIST' || cause.code === 'ENOTDIR') {
    return new CommandError(`${dataDir}: is not a folder. Choose another with --data-dir.`, { cause });
  }
  return new CommandError(
    `${dataDir}: cannot be written by user ${process.getuid?.() ?? process.env.USERNAME} (${cause.code ?? cause.message}). Let that user write the folder, or choose another with --data-dir.`,
    { cause },
  );
}

/** On disk before anybody is told the key. */
async function writeAccessKey(
  file: string,
  { accessKeyId, accessKeySecret }: AccessKeyPair,
  secretKey: SecretKey,
): Promise<void> {
  const sealed: SealedAccessKey = {
    accessKeyId,
    sealedSecret: sealText(secretKey, accessKeySecret, accessKeyId),
  };
  await writeOwnerOnly(file, `${JSON.stringify(sealed, undefined, 2)}\n`);
}
