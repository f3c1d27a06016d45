// `user`, `key`, `role` and `policy` as processes, and a server that runs on the same folder: what changes there counts soon after.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { OssClient } from '@postern/sdk/client';
import { makeFolder, runPostern, startPostern, waitForOutput } from './run-postern.ts';

/** Runs it on the folder `data`; it must succeed. @returns what it printed as JSON */
async function run(cwd: string, line: string, input = '') {
  const { code, out, err } = await runPostern(`${line} --data-dir data --json`, { cwd, input });
  assert.equal(code, 0, `${line}: ${err}`);
  return JSON.parse(out);
}

async function refusal(cwd: string, line: string): Promise<[number | null, string]> {
  const { code, err } = await runPostern(`${line} --data-dir data`, { cwd });
  return [code, err];
}

const uploadsOnly = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['oss:PutObject'], Resource: ['acs:oss:*:*:uploads/*'] }],
});

suite('the commands', () => {
  test('make users, keys, roles and policies, show them, and take them away', async (context) => {
    const cwd = await makeFolder(context);
    const alice = await run(cwd, 'user create alice');
    assert.match(alice.id, /^2\d{17}$/);
    const key = await run(cwd, 'key create alice');
    assert.match(key.accessKeyId, /^PK[0-9A-F]{18}$/);
    assert.match(key.accessKeySecret, /^[0-9a-f]{40}$/);
    await writeFile(path.join(cwd, 'uploads.json'), uploadsOnly);
    await run(cwd, 'policy create uploads-only uploads.json');
    await run(cwd, 'policy attach uploads-only --user alice');
    const role = await run(cwd, 'role create uploader --trust alice --max-session 7200');
    assert.equal(role.arn, 'acs:ram::postern:role/uploader');
    await run(cwd, 'policy attach AliyunOSSFullAccess --role uploader');

    const shown = await run(cwd, 'user show alice');
    assert.deepEqual(shown.policies, ['uploads-only']);
    assert.equal(shown.accessKeys[0].status, 'enabled');
    assert.equal(JSON.stringify(shown).includes(key.accessKeySecret), false);
    const { policies, trustedUsers, maxSessionSeconds } = await run(cwd, 'role show uploader');
    assert.deepEqual([policies, trustedUsers, maxSessionSeconds], [['AliyunOSSFullAccess'], ['alice'], 7200]);
    assert.deepEqual((await run(cwd, 'policy show uploads-only')).document, JSON.parse(uploadsOnly));

    await run(cwd, `key disable ${key.accessKeyId}`);
    assert.equal((await run(cwd, 'key list alice'))[0].status, 'disabled');
    await run(cwd, 'policy update uploads-only -', uploadsOnly.replace('PutObject', 'GetObject'));
    await run(cwd, 'role change uploader --trust *');
    assert.deepEqual((await run(cwd, 'role show uploader')).trustedUsers, ['*']);
    await run(cwd, 'policy detach uploads-only --user alice');
    await run(cwd, 'policy delete uploads-only');
    await run(cwd, `key delete ${key.accessKeyId}`);
    await run(cwd, 'user delete alice');
    await run(cwd, 'role delete uploader');
    assert.deepEqual(await run(cwd, 'user list'), []);
    assert.deepEqual(await run(cwd, 'role list'), []);
  });

  test('rotate a key: the new one at once, the old one no more, or until it is disabled', async (context) => {
    const cwd = await makeFolder(context);
    await run(cwd, 'user create app');
    const first = await run(cwd, 'key create app');
    const second = await run(cwd, `key rotate ${first.accessKeyId} --keep`);
    const statuses = async () =>
      (await run(cwd, 'key list app')).map(({ status }: { status: string }) => status);
    assert.deepEqual(await statuses(), ['enabled', 'enabled']);
    const [code, problem] = await refusal(cwd, `key rotate ${second.accessKeyId}`);
    assert.equal(code, 1);
    assert.match(problem, /app has two access keys already/);
    await run(cwd, `key delete ${first.accessKeyId}`);
    await run(cwd, `key rotate ${second.accessKeyId}`);
    assert.deepEqual(await statuses(), ['disabled', 'enabled']);
  });

  test('speak to people', async (context) => {
    const cwd = await makeFolder(context);
    const say = async (line: string) => (await runPostern(`${line} --data-dir data`, { cwd })).out;
    assert.match(
      await say('user create alice'),
      /^Made the user alice\. Its id, for policies of buckets: 2\d{17}\n$/,
    );
    assert.match(
      await say('key create alice'),
      /^Access key id: {5}PK\w+\nAccess key secret: \w+ {3}\(shown this once\)\n$/,
    );
    assert.match(await say('user list'), /^alice {2}2\d{17} {2}1 key {2}-\n$/);
    assert.equal(await say('policy list'), 'AliyunOSSFullAccess      -\nAliyunOSSReadOnlyAccess  -\n');
  });

  const refusals: readonly (readonly [line: string, code: number, problem: RegExp])[] = [
    ['user create a/b', 1, /a name has 1 to 64/],
    ['user show nobody', 1, /there is no user nobody/],
    ['key create nobody', 1, /there is no user nobody/],
    ['key disable PK0', 1, /no user has the access key PK0/],
    ['role create r --max-session 60', 1, /3600 to 43200/],
    ['role create r --max-session long', 2, /expected a number of seconds/],
    ['policy attach AliyunOSSFullAccess', 2, /either --user or --role/],
    ['policy attach AliyunOSSFullAccess --user a --role b', 2, /either --user or --role/],
    ['policy create p missing.json', 1, /missing\.json: cannot be read/],
    ['policy delete AliyunOSSFullAccess', 1, /every store has/],
  ];
  for (const [line, code, problem] of refusals) {
    test(`refused: ${line}`, async (context) => {
      const cwd = await makeFolder(context);
      const [found, said] = await refusal(cwd, line);
      assert.match(said, problem);
      assert.equal(found, code);
    });
  }
});

// --- With a server ---

async function startServer(context: TestContext, cwd: string) {
  const child = startPostern('serve --data-dir data --port 0 --admin-port off --bucket uploads', { cwd });
  const ended = once(child, 'close');
  context.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const [, endpoint = ''] = await waitForOutput(child, /Objects and forms: (\S+)/);
  return { endpoint, child };
}

/** The server looks every quarter of a second; a machine that is busy may take longer. */
const patienceMs = 10_000;

async function soon(isSo: () => Promise<boolean>): Promise<void> {
  const lastMs = Date.now() + patienceMs;
  while (!(await isSo())) {
    assert.ok(Date.now() < lastMs, 'the change was not taken up');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a running server takes up what changes', async (context) => {
  const cwd = await makeFolder(context);
  const { endpoint, child } = await startServer(context, cwd);
  await run(cwd, 'user create app');
  const accessKey = await run(cwd, 'key create app');
  const client = new OssClient({ endpoint, accessKey });
  const outcome = () =>
    client.putObject('uploads', 'a', 'hello').then(
      () => 'stored',
      (error: { code: string }) => error.code,
    );
  await soon(async () => (await outcome()) === 'AccessDenied');
  await run(cwd, 'policy create uploads-only -', uploadsOnly);
  await run(cwd, 'policy attach uploads-only --user app');
  await soon(async () => (await outcome()) === 'stored');
  await run(cwd, `key disable ${accessKey.accessKeyId}`);
  await soon(async () => (await outcome()) === 'InvalidAccessKeyId');
  await run(cwd, `key enable ${accessKey.accessKeyId}`);
  await soon(async () => (await outcome()) === 'stored');
  // What cannot be used changes nothing.
  const problem = waitForOutput(child, /users, roles and policies stay as they were/);
  await writeFile(path.join(cwd, 'data/identities.json'), '{}');
  await problem;
  assert.equal(await outcome(), 'stored');
});
