// The key under which secrets are kept in the data folder: AES-256-GCM, with a file of its own that may lie elsewhere. Decision
// 0007 says what that protects from and what it does not.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import path from 'node:path';
import { createOwnerOnly, readOwnerOnly, SecretFileError } from './owner-only-file.ts';

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

/** Where the key of a data folder is, and where it is unless that says otherwise. */
export interface SecretKeyPlace {
  readonly dataDir: string;
  readonly secretKeyFile?: string | undefined;
}

export const secretKeyFileName = 'secret.key';

export function findSecretKeyFile({ dataDir, secretKeyFile }: SecretKeyPlace): string {
  return secretKeyFile ?? path.join(dataDir, secretKeyFileName);
}

/**
 * @returns undefined when there is no such file
 * @throws SecretFileError when it cannot be read, is open to other users, or holds something else
 */
export async function readSecretKey(file: string): Promise<SecretKey | undefined> {
  const text = await readOwnerOnly(file);
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{64}\n?$/.test(text))
    throw new SecretFileError(`${file}: expected 64 hex digits. Restore it from a copy.`);
  return Buffer.from(text.trim(), 'hex');
}

/** The key in the file, made if there is none: on disk before anything is sealed under it. @throws SecretFileError */
export async function keepSecretKey(file: string): Promise<SecretKey> {
  const kept = await readSecretKey(file);
  if (kept) return kept;
  const text = `${randomBytes(keyBytes).toString('hex')}\n`;
  await createOwnerOnly(file, text).catch((cause: NodeJS.ErrnoException) => {
    throw new SecretFileError(`${file}: cannot be made (${cause.code ?? cause.message})`, { cause });
  });
  // Perhaps another process made it first.
  return (await readSecretKey(file)) as SecretKey;
}
