// Identities that are kept: users, roles and the sessions of before a restart, and a server that finds them damaged.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startServer } from '@postern/server';
import {
  addAccessKey,
  addRole,
  addUser,
  attachPolicy,
  changeIdentities,
  removeRole,
} from '@postern/server/identities';
import { sendSigned } from '../http.ts';
import { assumeRole, readSessionKey } from '../sts-request.ts';
import type { Target } from '../target.ts';
import { checkRefusal } from '../trial-bucket.ts';

const app = { accessKeyId: 'PKAPP', accessKeySecret: 'secret-of-app' };

async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-sessions-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await changeIdentities({ dataDir: folder }, (empty) => {
    let book = addUser(empty, 'app', { id: '21', nowMs: 0 });
    book = addAccessKey(book, 'app', { ...app, createdAtMs: 0 });
    const terms = { trustedUsers: ['app'], maxSessionSeconds: 3600 };
    book = addRole(book, 'uploader', terms, { id: '31', nowMs: 0 });
    return attachPolicy(book, 'AliyunOSSFullAccess', { role: 'uploader' });
  });
  return folder;
}

/** A server on the folder, for as long as `work` takes. */
async function serve<Result>(dataDir: string, work: (target: Target) => Promise<Result>): Promise<Result> {
  await using server = await startServer({ port: 0, dataDir, buckets: ['uploads'] });
  return await work({
    endpoint: server.endpoint,
    ...server.credentials,
    isOurs: true,
    [Symbol.asyncDispose]: async () => {},
  });
}

const put = (target: Target) => sendSigned(target, { method: 'PUT', path: '/uploads/a', body: 'hello' });

test('a session outlives a restart, and ends with its role', async (context) => {
  const dataDir = await makeFolder(context);
  const session = await serve(dataDir, async (target) => {
    const key = readSessionKey(await assumeRole(target, app, 'uploader'));
    assert.equal((await put({ ...target, ...key })).status, 200);
    return key;
  });
  await serve(dataDir, async (target) => {
    assert.equal((await put({ ...target, ...session })).status, 200);
  });
  await changeIdentities({ dataDir }, (book) => removeRole(book, 'uploader'));
  await serve(dataDir, async (target) => {
    checkRefusal(await put({ ...target, ...session }), '403 InvalidSecurityToken');
  });
});

test('a session ends with the secret key that it was sealed under', async (context) => {
  const [here, elsewhere] = [await makeFolder(context), await makeFolder(context)];
  const session = await serve(here, async (target) =>
    readSessionKey(await assumeRole(target, app, 'uploader')),
  );
  await serve(elsewhere, async (target) => {
    checkRefusal(await put({ ...target, ...session }), '403 InvalidSecurityToken');
  });
});

test('a server does not start without the users that it should know', async (context) => {
  const dataDir = await makeFolder(context);
  await writeFile(path.join(dataDir, 'identities.json'), '{}');
  await assert.rejects(startServer({ port: 0, dataDir }), /identities\.json: cannot be used/);
});
