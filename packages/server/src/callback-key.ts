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
import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { decodeBase64, encodeBase64, encodeUtf8 } from '@postern/protocol';
import type { Reply } from './call.ts';

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
  let made: Promise<CallbackKey> | undefined;
  return () => {
    made ??= generatePrivateKeyPem().then(parsePrivateKeyPem);
    return made;
  };
}

/**
 * The key of a data folder, made at first start. The folder must exist and belong to one server at a time.
 *
 * @throws Error when the file cannot be read or written, or holds something else
 */
export async function openCallbackKey(dataFolder: string): Promise<CallbackKeySource> {
  const file = path.join(dataFolder, 'callback-key.pem');
  const pem = (await readIfPresent(file)) ?? (await createKeyFile(file));
  const key = readPrivateKey(pem, file);
  return async () => key;
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: a crash leaves a `.new` file, which the next start writes over. */
async function createKeyFile(file: string): Promise<string> {
  const pem = await generatePrivateKeyPem();
  const draft = await open(`${file}.new`, 'w', 0o600);
  try {
    // The mode given to open counts for a new file only.
    await draft.chmod(0o600);
    await draft.writeFile(pem);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${file}.new`, file);
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return pem;
}

function readPrivateKey(pem: string, file: string): CallbackKey {
  try {
    return parsePrivateKeyPem(pem);
  } catch (error) {
    const advice = 'Restore it from a copy, or remove it to have a new key pair made.';
    throw new Error(`${file} does not hold an RSA private key. ${advice}`, { cause: error });
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

function parsePrivateKeyPem(pem: string): CallbackKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'rsa') throw new Error(`the key is ${privateKey.asymmetricKeyType}`);
  const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
  return { privateKey, publicKeyPem };
}
