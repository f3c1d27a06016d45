// `identities.json`: the users, roles and policies of a store, in its data folder, for its user alone; the secrets of access keys are sealed
// under the secret key (decision 0007). It is written whole, by one process at a time, whether a server runs or not.

import { hkdfSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { emptyBook, type IdentityBook, type Role, type User, type UserAccessKey } from './identity-book.ts';
import { IdentityIndex } from './identity-index.ts';
import { readOwnerOnly, SecretFileError, writeOwnerOnly } from './owner-only-file.ts';
import {
  findSecretKeyFile,
  keepSecretKey,
  openText,
  readSecretKey,
  type SecretKey,
  type SecretKeyPlace,
  sealText,
} from './secret-key-file.ts';

export const identityFileName = 'identities.json';
const lockFileName = 'identities.lock';
/** Of the file. A file with other numbers is refused. */
const formatVersion = 1;
/** How long a change waits for another one. */
const lockWaitMs = 10_000;

export interface KeptIdentities {
  readonly book: IdentityBook;
  readonly secretKey: SecretKey;
}

/**
 * @returns undefined when there is no file: the store has no users
 * @throws SecretFileError when it cannot be read or used, or the secret key is missing or another one
 */
export async function readIdentities(place: SecretKeyPlace): Promise<KeptIdentities | undefined> {
  const file = path.join(place.dataDir, identityFileName);
  const text = await readOwnerOnly(file);
  if (text === undefined) return undefined;
  const secretKeyFile = findSecretKeyFile(place);
  const secretKey = await readSecretKey(secretKeyFile);
  if (!secretKey)
    throw new SecretFileError(
      `${secretKeyFile}: is missing; the secrets in ${file} are sealed under it. Restore it.`,
    );
  return { book: parseBook(file, text, secretKey), secretKey };
}

/**
 * Replaces the book in the file by what `change` makes of it. The folder and the secret key are made if they are not there.
 *
 * @throws SecretFileError as {@link readIdentities}, and when the file is being changed or cannot be written; what `change` throws
 */
export async function changeIdentities(
  place: SecretKeyPlace,
  change: (book: IdentityBook) => IdentityBook,
): Promise<IdentityBook> {
  const file = path.join(place.dataDir, identityFileName);
  const { lockFile } = await import('@postern/storage');
  await makeFolder(place.dataDir);
  const lock = lockFile(path.join(place.dataDir, lockFileName), lockWaitMs);
  if (!lock) throw new SecretFileError(`${file}: is being changed by another process`);
  try {
    const kept = await readIdentities(place);
    const changed = change(kept?.book ?? emptyBook);
    const secretKey = kept?.secretKey ?? (await keepSecretKey(findSecretKeyFile(place)));
    await writeOwnerOnly(file, writeBook(changed, secretKey));
    return changed;
  } finally {
    lock.release();
  }
}

async function makeFolder(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new SecretFileError(`${dataDir}: cannot be made (${cause.code ?? cause.message})`, { cause });
  });
}

/** What the tokens of sessions are sealed under: follows from the secret key, so that they outlive a restart. */
export function deriveSessionKey(secretKey: SecretKey): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secretKey, '', 'postern session tokens', 32));
}

// --- The format ---

function writeBook({ users, roles, policies }: IdentityBook, secretKey: SecretKey): string {
  const time = (timeMs: number) => new Date(timeMs).toISOString();
  const document = {
    version: formatVersion,
    users: users.map(({ id, name, createdAtMs, policies: attached, accessKeys }) => ({
      ...{ id, name, createdAt: time(createdAtMs), policies: attached },
      accessKeys: accessKeys.map(({ accessKeyId, accessKeySecret, status, createdAtMs: madeAtMs }) => ({
        ...{ accessKeyId, status, createdAt: time(madeAtMs) },
        sealedSecret: sealText(secretKey, accessKeySecret, accessKeyId),
      })),
    })),
    roles: roles.map(({ createdAtMs, ...role }) => ({ ...role, createdAt: time(createdAtMs) })),
    policies: policies.map(({ name, createdAtMs, document: text }) => ({
      ...{ name, createdAt: time(createdAtMs), document: text },
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Inverse of {@link writeBook}; everything in it is looked at, so that what is used later is what it says. */
function parseBook(file: string, text: string, secretKey: SecretKey): IdentityBook {
  try {
    const document = new Fields(JSON.parse(text));
    if (document.number('version') !== formatVersion) throw new Error(`its version is not ${formatVersion}`);
    const book: IdentityBook = {
      users: document.list('users').map((user) => parseUser(user, secretKey)),
      roles: document.list('roles').map(parseRole),
      policies: document
        .list('policies')
        .map((policy) => ({ ...parseMade(policy), document: policy.text('document') })),
    };
    // Also finds policies that are none, and attached ones that are not there.
    new IdentityIndex(book);
    return book;
  } catch (cause) {
    const { message } = cause as Error;
    throw new SecretFileError(`${file}: cannot be used: ${message}. Restore it from a copy.`, { cause });
  }
}

function parseUser(fields: Fields, secretKey: SecretKey): User {
  const accessKeys = fields.list('accessKeys').map((key) => parseAccessKey(key, secretKey));
  return { id: fields.text('id'), ...parseMade(fields), policies: fields.texts('policies'), accessKeys };
}

function parseAccessKey(fields: Fields, secretKey: SecretKey): UserAccessKey {
  const accessKeyId = fields.text('accessKeyId');
  const accessKeySecret = openText(secretKey, fields.text('sealedSecret'), accessKeyId);
  if (accessKeySecret === undefined)
    throw new Error(`the secret of ${accessKeyId} is sealed under another key`);
  const status = fields.text('status');
  if (status !== 'enabled' && status !== 'disabled')
    throw new Error(`the status of ${accessKeyId} is ${status}`);
  return { accessKeyId, accessKeySecret, status, createdAtMs: fields.time('createdAt') };
}

function parseRole(fields: Fields): Role {
  return {
    id: fields.text('id'),
    ...parseMade(fields),
    policies: fields.texts('policies'),
    trustedUsers: fields.texts('trustedUsers'),
    maxSessionSeconds: fields.number('maxSessionSeconds'),
  };
}

function parseMade(fields: Fields) {
  return { name: fields.text('name'), createdAtMs: fields.time('createdAt') };
}

/** An object of the document, asked for its members by what they must be. */
class Fields {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error('an object is missing');
    this.#members = value as Record<string, unknown>;
  }

  text(name: string): string {
    const value = this.#members[name];
    if (typeof value !== 'string') throw new Error(`${name} is no text`);
    return value;
  }

  number(name: string): number {
    const value = this.#members[name];
    if (typeof value !== 'number') throw new Error(`${name} is no number`);
    return value;
  }

  time(name: string): number {
    const timeMs = Date.parse(this.text(name));
    if (Number.isNaN(timeMs)) throw new Error(`${name} is no time`);
    return timeMs;
  }

  texts(name: string): readonly string[] {
    const values = this.#array(name);
    if (!values.every((value) => typeof value === 'string')) throw new Error(`${name} is no list of texts`);
    return values;
  }

  list(name: string): readonly Fields[] {
    return this.#array(name).map((value) => new Fields(value));
  }

  #array(name: string): readonly unknown[] {
    const value = this.#members[name];
    if (!Array.isArray(value)) throw new Error(`${name} is no list`);
    return value;
  }
}
