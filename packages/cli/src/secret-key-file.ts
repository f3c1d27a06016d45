// The key under which secrets are kept in the data folder: AES-256-GCM, with a file of its own that may lie elsewhere. Decision
// 0007 says what that protects from and what it does not.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CommandError } from './command-error.ts';
import { checkOwnerOnly, writeOwnerOnly } from './owner-only-file.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** As it stands in a file: nonce, ciphertext and tag in base64. */
export type SealedText = string;

export type SecretKey = Uint8Array;

/** @param context bound to the text: it opens only together with the same one */
export function sealText(key: SecretKey, text: string, context: string): SealedText {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64',
  );
}

/** @returns undefined when it was sealed under another key or context, or was changed */
export function openText(key: SecretKey, sealed: SealedText, context: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    // Node says no more than that it does not fit.
    return undefined;
  }
}

/**
 * @returns undefined when there is no such file
 * @throws CommandError when it cannot be read, is open to other users, or holds something else
 */
export async function readSecretKey(file: string): Promise<SecretKey | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new CommandError(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  if (text === undefined) return undefined;
  await checkOwnerOnly(file);
  if (!/^[0-9a-f]{64}\n?$/.test(text))
    throw new CommandError(`${file}: expected 64 hex digits. Restore it from a copy.`);
  return Buffer.from(text.trim(), 'hex');
}

/** On disk before anything is sealed under it. @throws CommandError */
export async function makeSecretKey(file: string): Promise<SecretKey> {
  const key = randomBytes(keyBytes);
  await writeOwnerOnly(file, `${key.toString('hex')}\n`).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(`${file}: cannot be made (${cause.code ?? cause.message})`, { cause });
  });
  return key;
}
