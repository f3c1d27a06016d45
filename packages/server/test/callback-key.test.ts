// The signature that a receiver checks, and the key file that must survive a restart.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import {
  callbackPublicKeyPath,
  makeCallbackKey,
  openCallbackKey,
  replyWithCallbackKey,
  signCallback,
  verifyCallback,
} from '../src/callback/callback-key.ts';

const inMemory = makeCallbackKey();
const sent = { path: '/a%20b/%E4%B8%AD%ff%zz+', query: '?id=1%202&index=2', body: 'bucket=examplebucket' };

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-key-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the signature is RSA-MD5 over decoded path, query, line break, body', async () => {
  const key = await inMemory();
  const text = Buffer.concat([
    Buffer.from('/a b/中'),
    Uint8Array.of(0xff),
    Buffer.from('%zz+?id=1%202&index=2\nbucket=examplebucket'),
  ]);
  const verifier = createVerify('RSA-MD5').update(text);
  assert.ok(verifier.verify(key.publicKeyPem, signCallback(key, sent), 'base64'));
});

test('verifyCallback accepts what signCallback signed and nothing else', async () => {
  const key = await inMemory();
  const other = await makeCallbackKey()();
  const { publicKeyPem } = key;
  const authorization = signCallback(key, sent);

  assert.ok(verifyCallback({ ...sent, publicKeyPem, authorization }));
  assert.ok(verifyCallback({ ...sent, body: Buffer.from(sent.body), publicKeyPem, authorization }));
  for (const forged of [
    { path: '/other' },
    { query: '' },
    { body: `${sent.body} ` },
    { publicKeyPem: other.publicKeyPem },
    { authorization: '' },
    { authorization: '!' },
    { authorization: authorization.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')) },
    { authorization: authorization.slice(0, -4) },
  ]) {
    assert.equal(verifyCallback({ ...sent, publicKeyPem, authorization, ...forged }), false);
  }
});

test('the public key is served as PEM where no bucket can be', async () => {
  const reply = await replyWithCallbackKey(inMemory);
  assert.equal(reply.status, 200);
  assert.equal(createPublicKey(reply.body as string).asymmetricKeyDetails?.modulusLength, 2048);
  assert.match(callbackPublicKeyPath, /^\/-\//);
});

test('a key in memory is made once', async () => {
  const key = makeCallbackKey();
  const [first, second] = await Promise.all([key(), key()]);
  assert.equal(first, second);
});

test('a data folder keeps its key, encrypted and readable by its owner alone, made when it is wanted', () =>
  withFolder(async (dataDir) => {
    const source = await openCallbackKey({ dataDir });
    assert.deepEqual(await readdir(dataDir), []);
    const [first, same] = await Promise.all([source(), source()]);
    assert.equal(first, same);
    const second = await (await openCallbackKey({ dataDir }))();
    assert.equal(first.publicKeyPem, second.publicKeyPem);
    assert.deepEqual((await readdir(dataDir)).sort(), ['callback-key.pem', 'secret.key']);
    for (const file of await readdir(dataDir)) {
      assert.equal((await stat(path.join(dataDir, file))).mode & 0o777, 0o600, file);
    }
    const pem = await readFile(path.join(dataDir, 'callback-key.pem'), 'utf8');
    assert.match(pem, /ENCRYPTED PRIVATE KEY/);
    const passphrase = (await readFile(path.join(dataDir, 'secret.key'), 'utf8')).trim();
    assert.equal(createPrivateKey({ key: pem, passphrase }).asymmetricKeyType, 'rsa');
  }));

test('a key that could not be kept is made when it is asked for again', () =>
  withFolder(async (folder) => {
    const dataDir = path.join(folder, 'later');
    const key = await openCallbackKey({ dataDir });
    await assert.rejects(key());
    await mkdir(dataDir);
    assert.match((await key()).publicKeyPem, /PUBLIC KEY/);
  }));

test('a key that was kept in the clear is encrypted, and stays the same', () =>
  withFolder(async (dataDir) => {
    const file = path.join(dataDir, 'callback-key.pem');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await writeFile(file, privateKey, { mode: 0o600 });
    for (let start = 0; start < 2; start++) {
      assert.equal((await (await openCallbackKey({ dataDir }))()).publicKeyPem, publicKey);
      assert.match(await readFile(file, 'utf8'), /ENCRYPTED PRIVATE KEY/);
    }
  }));

test('without its secret key, or with another one, there is no start', () =>
  withFolder(async (dataDir) => {
    await (await openCallbackKey({ dataDir }))();
    const secretKeyFile = path.join(dataDir, 'secret.key');
    await writeFile(secretKeyFile, 'a'.repeat(64));
    await assert.rejects(openCallbackKey({ dataDir }), /does not hold an RSA private key that .* opens/);
    await rm(secretKeyFile);
    await assert.rejects(openCallbackKey({ dataDir }), /secret.key: is missing/);
  }));

test('a key file that cannot be written leaves nothing, and the next to ask tries again', () =>
  withFolder(async (dataDir) => {
    const key = await openCallbackKey({ dataDir });
    const inTheWay = path.join(dataDir, 'callback-key.pem');
    await mkdir(inTheWay);
    await assert.rejects(key(), /callback-key\.pem: cannot be written/);
    assert.deepEqual((await readdir(dataDir)).toSorted(), ['callback-key.pem', 'secret.key']);
    await rm(inTheWay, { recursive: true });
    await key();
  }));

test('a key file that holds something else stops the start and is left alone', () =>
  withFolder(async (dataDir) => {
    const file = path.join(dataDir, 'callback-key.pem');
    const curve = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    for (const content of ['', 'not a key', curve.privateKey]) {
      await writeFile(file, content, { mode: 0o600 });
      await assert.rejects(openCallbackKey({ dataDir }), /does not hold an RSA private key/);
      assert.equal(await readFile(file, 'utf8'), content);
    }
  }));
