// The data port under TLS: what it says of itself, certificates that are replaced while it runs, and files that cannot be used.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { writeFormFrame } from '@postern/protocol';
import { startServer } from '../src/start-server.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'postern-tls-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => path.join(folder, name);

/** A self-signed certificate for localhost, as `NAME.crt` and `NAME.key`. */
function makePair(name: string): boolean {
  const line = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name} -keyout ${file(`${name}.key`)} -out ${file(`${name}.crt`)}`;
  return spawnSync('openssl', line.split(' '), { stdio: 'ignore' }).status === 0;
}

const skip = !(makePair('one') && makePair('two')) && 'openssl is not installed';

async function usePair(name: string, keyName = name): Promise<void> {
  await copyFile(file(`${keyName}.key`), file('used.key'));
  await copyFile(file(`${name}.crt`), file('used.crt'));
}

const tls = { certFile: file('used.crt'), keyFile: file('used.key'), checkEveryMs: 20 };

/** The name in the certificate that a new connection gets. */
function certificateName(endpoint: string): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** @returns status, and the body */
function post(url: string, fields: Record<string, string>): Promise<[number | undefined, string]> {
  const { head, tail, contentType } = writeFormFrame('boundary', Object.entries(fields), {});
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { 'content-type': contentType },
      rejectUnauthorized: false,
      agent: false,
    };
    const sent = request(url, options, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece);
      resolve([response.statusCode, Buffer.concat(pieces).toString()]);
    });
    sent.on('error', reject).end(Buffer.concat([head, Buffer.from('hello'), tail]));
  });
}

/** @returns whether it was taken up, and the session to go on with */
function connectAgain(endpoint: string, session?: Buffer): Promise<{ isReused: boolean; session: Buffer }> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    // With TLS 1.3 tickets come after the handshake, at a moment that nobody is told.
    const options = {
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      ...(session && { session }),
    } as const;
    const socket = connect({ host: hostname, port: Number(port), ...options }, () => {
      resolve({ isReused: socket.isSessionReused(), session: socket.getSession() as Buffer });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('a session is taken up by whichever thread has the connection', {
  skip: process.platform === 'linux' ? skip : 'several threads share a port only on Linux',
}, async () => {
  await usePair('one');
  const dataDir = mkdtempSync(path.join(folder, 'data-'));
  await using server = await startServer({ port: 0, dataDir, tls, threads: 3 });
  await server.allListening;
  const { session } = await connectAgain(server.endpoint);
  for (let i = 0; i < 30; i++) assert.ok((await connectAgain(server.endpoint, session)).isReused);
});

test('a form goes through, and every address says https', { skip }, async () => {
  await usePair('one');
  await using server = await startServer({
    port: 0,
    memory: true,
    tls,
    buckets: [{ name: 'open', acl: 'public-read-write' }],
  });
  assert.match(server.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/);
  const [status, text] = await post(`${server.endpoint}/open/`, {
    key: 'a.txt',
    success_action_status: '201',
  });
  assert.equal(status, 201, text);
  assert.ok(text.includes(`<Location>${server.endpoint}/open/a.txt</Location>`), text);
  await assert.rejects(fetch(server.endpoint.replace('https', 'http')), 'plain HTTP is not spoken');
  assert.equal(await certificateName(server.endpoint), 'one', 'and did no harm');
});

test('replaced files count from the next connection on, unless they cannot be used', { skip }, async () => {
  await usePair('one');
  const lines: string[] = [];
  const said = new Map<RegExp, () => void>();
  const destination = {
    write(line: string) {
      lines.push(line);
      for (const [pattern, resolve] of said) if (pattern.test(line)) resolve();
    },
  };
  const logged = (pattern: RegExp) => new Promise<void>((resolve) => said.set(pattern, resolve));
  await using server = await startServer({
    port: 0,
    memory: true,
    tls,
    log: { pretty: false, level: 'info', destination },
  });
  assert.equal(await certificateName(server.endpoint), 'one');

  const refused = logged(/the certificate was not replaced/);
  await writeFile(tls.certFile, 'not a certificate');
  await refused;
  assert.equal(await certificateName(server.endpoint), 'one');

  const replaced = logged(/the certificate was replaced/);
  await usePair('two');
  await replaced;
  assert.equal(await certificateName(server.endpoint), 'two');
});

for (const [what, prepare] of [
  ['a key of another certificate', () => usePair('one', 'two')],
  ['a file that is not there', () => rmSync(tls.keyFile)],
  ['something else', () => writeFile(tls.certFile, 'nothing')],
] as const)
  test(`does not start with ${what}`, { skip }, async () => {
    await usePair('one');
    await prepare();
    await assert.rejects(startServer({ port: 0, memory: true, tls }), {
      name: 'TlsFilesError',
      message: /^The certificate .*used\.crt with the key .*used\.key cannot be used: /,
    });
  });
