// `identities.json`: what is written is read again, secrets are sealed in it, damage is refused, and changes at the same time all stay.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { addAccessKey, addRole, addUser, attachPolicy, putPolicy } from '../src/identities/identity-book.ts';
import { changeIdentities, deriveSessionKey, readIdentities } from '../src/identities/identity-file.ts';
import { SecretFileError } from '../src/identities/owner-only-file.ts';

async function makePlace(context: TestContext) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'postern-identities-'));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  return { dataDir, file: path.join(dataDir, 'identities.json'), keyFile: path.join(dataDir, 'secret.key') };
}

const document = '{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:*","Resource":"*"}]}';

async function fill(place: { readonly dataDir: string }) {
  return changeIdentities(place, (empty) => {
    let book = addUser(empty, 'alice', { id: '21', nowMs: 1000 });
    book = addAccessKey(book, 'alice', {
      accessKeyId: 'PKA',
      accessKeySecret: 'a secret of alice',
      createdAtMs: 2000,
    });
    book = addRole(
      book,
      'r',
      { trustedUsers: ['alice'], maxSessionSeconds: 7200 },
      { id: '31', nowMs: 3000 },
    );
    book = putPolicy(book, 'p', document, { nowMs: 4000, replace: false });
    return attachPolicy(attachPolicy(book, 'p', { user: 'alice' }), 'AliyunOSSFullAccess', { role: 'r' });
  });
}

suite('the file of identities', () => {
  test('is read as it was written', async (context) => {
    const place = await makePlace(context);
    const written = await fill(place);
    assert.deepEqual((await readIdentities(place))?.book, written);
  });

  test('is not there before the first change', async (context) => {
    assert.equal(await readIdentities(await makePlace(context)), undefined);
  });

  test('is for its user alone, and holds no secret in the clear', async (context) => {
    const place = await makePlace(context);
    await fill(place);
    for (const file of [place.file, place.keyFile]) assert.equal((await stat(file)).mode & 0o777, 0o600);
    const text = await readFile(place.file, 'utf8');
    assert.equal(text.includes('a secret of alice'), false);
    assert.deepEqual((await readdir(place.dataDir)).toSorted(), [
      'identities.json',
      'identities.lock',
      'secret.key',
    ]);
  });

  test('gives sessions a key that is always the same, and not the secret key', async (context) => {
    const place = await makePlace(context);
    await fill(place);
    const first = await readIdentities(place);
    await changeIdentities(place, (book) => addUser(book, 'bob', { id: '22', nowMs: 0 }));
    const second = await readIdentities(place);
    assert.ok(first && second);
    assert.deepEqual(deriveSessionKey(first.secretKey), deriveSessionKey(second.secretKey));
    assert.notDeepEqual(Buffer.from(deriveSessionKey(first.secretKey)), Buffer.from(first.secretKey));
  });

  test('stays as it was when a change is refused', async (context) => {
    const place = await makePlace(context);
    await fill(place);
    const before = await readFile(place.file, 'utf8');
    await assert.rejects(fill(place), /there is a user alice already/);
    assert.equal(await readFile(place.file, 'utf8'), before);
  });

  test('keeps every change that processes make at once', async (context) => {
    const { dataDir } = await makePlace(context);
    const source = new URL('../src/identities/', import.meta.url).href;
    const script = `
      const { changeIdentities } = await import('${source}identity-file.ts');
      const { addUser } = await import('${source}identity-book.ts');
      const name = process.argv[1];
      for (const i of [1, 2, 3]) {
        await changeIdentities({ dataDir: ${JSON.stringify(dataDir)} }, (book) =>
          addUser(book, name + i, { id: '2' + name + i, nowMs: 0 }));
      }`;
    const names = ['a', 'b', 'c'];
    const codes = await Promise.all(
      names.map(async (name) => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, name], {
          stdio: 'inherit',
        });
        await once(child, 'close');
        return child.exitCode;
      }),
    );
    assert.deepEqual(codes, [0, 0, 0]);
    const users = (await readIdentities({ dataDir }))?.book.users.map(({ name }) => name).toSorted();
    assert.deepEqual(
      users,
      names.flatMap((name) => [1, 2, 3].map((i) => `${name}${i}`)),
    );
  });
});

suite('what cannot be used', () => {
  const damages: readonly (readonly [damage: string, change: (text: string) => string, reason: RegExp])[] = [
    ['half of it', (text) => text.slice(0, text.length / 2), /cannot be used: .*Restore it/],
    ['a later version', (text) => text.replace('"version": 1', '"version": 2'), /its version is not 1/],
    [
      'a sealed secret of another key',
      (text) => text.replace('"PKA"', '"PKB"'),
      /the secret of PKB is sealed under another key/,
    ],
    ['a status that is none', (text) => text.replace('"enabled"', '"open"'), /the status of PKA is open/],
    ['a policy that is none', (text) => text.replace('Deny', 'deny'), /Effect must be/],
    [
      'a policy that is gone',
      (text) => text.replace('"name": "p"', '"name": "q"'),
      /the policy p is attached and not there/,
    ],
    [
      'a list that is none',
      (text) => text.replace(/"trustedUsers": \[[^\]]*\]/, '"trustedUsers": "*"'),
      /trustedUsers is no list/,
    ],
    ['no object', () => '[]', /an object is missing/],
  ];
  for (const [damage, change, reason] of damages) {
    test(damage, async (context) => {
      const place = await makePlace(context);
      await fill(place);
      await writeFile(place.file, change(await readFile(place.file, 'utf8')));
      await assert.rejects(
        readIdentities(place),
        (error) => error instanceof SecretFileError && reason.test(error.message),
      );
      // A change must not build on it either.
      await assert.rejects(
        changeIdentities(place, (book) => book),
        SecretFileError,
      );
    });
  }

  test('a secret key that is missing, or another one', async (context) => {
    const place = await makePlace(context);
    await fill(place);
    await writeFile(place.keyFile, `${'0'.repeat(64)}\n`);
    await assert.rejects(readIdentities(place), /sealed under another key/);
    await rm(place.keyFile);
    await assert.rejects(readIdentities(place), /secret\.key: is missing/);
  });

  test('files that others can read', async (context) => {
    const place = await makePlace(context);
    await fill(place);
    await chmod(place.file, 0o644);
    await assert.rejects(readIdentities(place), /chmod 600/);
  });
});
