// The key pair that signs callbacks, and the rule of the signature: RSA with MD5, PKCS #1 v1.5, over the decoded path, the query, a line
// break and the body (PostObject reference: callback). MD5 is the protocol's choice and what every verifier in the field computes. The
// public key is served at a fixed path of the data port; every callback names that URL.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { decodeBase64, encodeBase64, encodeUtf8 } from '@postern/protocol';
import type { Reply } from '../call.ts';
import { readOwnerOnly, SecretFileError, writeOwnerOnly } from '../identities/owner-only-file.ts';
import {
  findSecretKeyFile,
  keepSecretKey,
  readSecretKey,
  type SecretKey,
  type SecretKeyPlace,
} from '../identities/secret-key-file.ts';

export interface CallbackKey {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyPem: string;
}

/** Asked with every callback, so that a server that never sends one need not have made a key. */
export type CallbackKeySource = () => Promise<CallbackKey>;

/** What a signature covers, as it is on the wire. */
export interface SignedCallback {
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
  readonly body: Uint8Array | string;
}

/** On the data port. `-` can name no bucket, so no object can stand here. */
export const callbackPublicKeyPath = '/-/callback-public-key.pem';

const digest = 'RSA-MD5';

/** The value of the Authorization header. */
export function signCallback({ privateKey }: CallbackKey, signed: SignedCallback): string {
  return encodeBase64(sign(digest, bytesToSign(signed), privateKey));
}

/**
 * Whether a callback was signed by the owner of this public key. The caller answers for whose key it is: fetched once from a server it
 * knows, never from wherever `x-oss-pub-key-url` points, which a forger fills in as well.
 *
 * @throws Error when `publicKeyPem` is no public key
 */
export function verifyCallback({
  publicKeyPem,
  authorization,
  ...signed
}: SignedCallback & { readonly publicKeyPem: string; readonly authorization: string }): boolean {
  const signature = decodeBase64(authorization);
  return signature !== undefined && verify(digest, bytesToSign(signed), publicKeyPem, signature);
}

function bytesToSign({ path, query, body }: SignedCallback): Uint8Array {
  return Buffer.concat([
    decodePathBytes(path),
    encodeUtf8(`${query}\n`),
    typeof body === 'string' ? encodeUtf8(body) : body,
  ]);
}

/** To bytes, not to text: `%FF` is one byte for a verifier, though it is no UTF-8. What is no escape stays, and so does `+`. */
function decodePathBytes(path: string): Uint8Array {
  const parts = path.split(/(%[0-9A-Fa-f]{2})/);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Uint8Array.of(Number.parseInt(part.slice(1), 16)) : encodeUtf8(part),
    ),
  );
}

/** What `GET` {@link callbackPublicKeyPath} is answered with. */
export async function replyWithCallbackKey(key: CallbackKeySource): Promise<Reply> {
  const { publicKeyPem } = await key();
  const headers = { 'content-type': 'application/x-pem-file', 'cache-control': 'public, max-age=3600' };
  return { status: 200, headers, body: publicKeyPem };
}

/** For a store that keeps nothing: made when first asked for, gone with the process. */
export function makeCallbackKey(): CallbackKeySource {
  return once(async () => parsePrivateKeyPem(await generatePrivateKeyPem()));
}

/**
 * The key of a data folder, encrypted under the folder's secret key (PKCS #8, as any tool can read it). Made when it is first asked for. One
 * that an earlier version kept in the clear is encrypted. The folder must exist and belong to one server at a time.
 *
 * @throws SecretFileError when a file cannot be read or written, is open to other users or holds something else, or the secret key is
 *   missing
 */
export async function openCallbackKey(place: SecretKeyPlace): Promise<CallbackKeySource> {
  const file = path.join(place.dataDir, 'callback-key.pem');
  const pem = await readOwnerOnly(file);
  const kept = pem === undefined ? undefined : await readPrivateKey(pem, file, place);
  if (kept && !pem?.includes(encryptedMark)) await writeKeyFile(file, kept.privateKey, place);
  return kept ? async () => kept : once(() => makeKeyFile(file, place));
}

/** All who ask meanwhile get the one that is being made; after a failure (a full disk) the next to ask tries again. */
function once(make: CallbackKeySource): CallbackKeySource {
  let made: Promise<CallbackKey> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** PEM names what it holds; an encrypted key is called so. */
const encryptedMark = 'BEGIN ENCRYPTED PRIVATE KEY';

async function makeKeyFile(file: string, place: SecretKeyPlace): Promise<CallbackKey> {
  const key = parsePrivateKeyPem(await generatePrivateKeyPem());
  await writeKeyFile(file, key.privateKey, place);
  return key;
}

async function writeKeyFile(file: string, privateKey: KeyObject, place: SecretKeyPlace): Promise<void> {
  const secretKey = await keepSecretKey(findSecretKeyFile(place));
  const encryption = { cipher: 'aes-256-cbc', passphrase: passphraseOf(secretKey) };
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }) as string;
  await writeOwnerOnly(file, pem).catch((cause: NodeJS.ErrnoException) => {
    throw new SecretFileError(`${file}: cannot be written (${cause.code ?? cause.message})`, { cause });
  });
}

function passphraseOf(secretKey: SecretKey): string {
  return Buffer.from(secretKey).toString('hex');
}

/** @throws SecretFileError */
async function readPrivateKey(pem: string, file: string, place: SecretKeyPlace): Promise<CallbackKey> {
  const secretKeyFile = findSecretKeyFile(place);
  const secretKey = await readSecretKey(secretKeyFile);
  const advice = 'Restore it from a copy, or remove it to have a new key pair made.';
  if (pem.includes(encryptedMark) && secretKey === undefined)
    throw new SecretFileError(`${secretKeyFile}: is missing; ${file} is encrypted under it. Restore it.`);
  try {
    return parsePrivateKeyPem(pem, secretKey && passphraseOf(secretKey));
  } catch (cause) {
    const message = `${file}: does not hold an RSA private key that ${secretKeyFile} opens. ${advice}`;
    throw new SecretFileError(message, { cause });
  }
}

async function generatePrivateKeyPem(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}

function parsePrivateKeyPem(pem: string, passphrase = ''): CallbackKey {
  const privateKey = createPrivateKey({ key: pem, format: 'pem', passphrase });
  if (privateKey.asymmetricKeyType !== 'rsa') throw new Error(`the key is ${privateKey.asymmetricKeyType}`);
  const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
  return { privateKey, publicKeyPem };
}
