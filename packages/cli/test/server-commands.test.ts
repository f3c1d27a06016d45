// `serve`, `dev` and `config print` as processes: what they say, the key they keep, how they refuse and how they stop.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { writeFormFrame } from '@postern/protocol';
import { OssClient } from '@postern/sdk/client';
import { makeFolder, runPostern, startPostern, waitForOutput } from './run-postern.ts';

const anyPorts = '--port 0 --admin-port 0';

/** A server that is stopped after the test at the latest. */
function start(
  context: TestContext,
  line: string,
  cwd: string,
  env: Record<string, string> = {},
): ChildProcess {
  const child = startPostern(line, { cwd, env });
  context.after(() => child.kill('SIGKILL'));
  return child;
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM');
  await once(child, 'close');
  return child.exitCode;
}

const said = async (child: ChildProcess, pattern: RegExp) =>
  (await waitForOutput(child, pattern))[1] as string;

suite('serve', () => {
  test('makes a key at the first start, shows its secret once, and keeps it to itself', async (context) => {
    const folder = await makeFolder(context);
    const first = start(context, `serve --data-dir data --bucket one ${anyPorts}`, folder);
    const [, accessKeyId = '', accessKeySecret = '', endpoint = ''] = await waitForOutput(
      first,
      /Access key id: +(\S+)\nAccess key secret: (\S+) +\(shown this once[\s\S]*Objects and forms: (\S+)/,
    );
    const client = new OssClient({ endpoint, accessKey: { accessKeyId, accessKeySecret } });
    await client.putObject('one', 'a.txt', 'hello');
    assert.equal(await stop(first), 0);

    const file = path.join(folder, 'data/access-key.json');
    const kept = await readFile(file, 'utf8');
    assert.equal(JSON.parse(kept).accessKeyId, accessKeyId);
    assert.ok(!kept.includes(accessKeySecret));
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);

    const second = start(context, `serve --data-dir data ${anyPorts}`, folder);
    const again = await said(second, /config access-key shows its secret[\s\S]*Objects and forms: (\S+)/);
    const sameKey = new OssClient({ endpoint: again, accessKey: { accessKeyId, accessKeySecret } });
    assert.equal((await sameKey.headObject('one', 'a.txt')).size, 5);
    assert.equal(await stop(second), 0);
  });

  test('takes its key from the environment, and says what is lax', async (context) => {
    const folder = await makeFolder(context);
    const env = { POSTERN_ACCESS_KEY_ID: 'my-id', POSTERN_ACCESS_KEY_SECRET: 'my-secret' };
    const server = start(context, `serve --memory --callback-allow-private ${anyPorts}`, folder, env);
    const lines = await said(server, /(Access[\s\S]*private addresses)/);
    assert.match(lines, /Access key id: my-id\n/);
    assert.match(lines, /Note: Upload callbacks may reach/);
    assert.doesNotMatch(lines, /my-secret/);
  });

  test('says which port is busy, who has it, and what to do', async (context) => {
    const folder = await makeFolder(context);
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    context.after(() => blocker.close());
    const { port } = blocker.address() as { port: number };
    const { code, err } = await runPostern(`serve --memory --admin-port off --port ${port}`, { cwd: folder });
    assert.equal(code, 1);
    const owner = process.platform === 'linux' ? ` by process ${process.pid} \\(node.*\\)` : '.*';
    assert.match(
      err,
      new RegExp(`^postern: Port ${port} is in use${owner}\\. .*--port <port>.*POSTERN_PORT`),
    );

    const admin = await runPostern(`serve --memory --port 0 --admin-port ${port}`, { cwd: folder });
    assert.match(admin.err, /--admin-port <port>/);
  });

  test('says that the folder is none', async (context) => {
    const folder = await makeFolder(context);
    await writeFile(path.join(folder, 'data'), '');
    for (const command of [`serve --data-dir data ${anyPorts}`, `dev --data-dir data/inner ${anyPorts}`]) {
      const { code, err } = await runPostern(command, { cwd: folder });
      assert.equal(code, 1);
      assert.match(err, /^postern: .*data/);
      assert.doesNotMatch(err, /\n {4}at /);
    }
  });

  test('says that another server has the folder', async (context) => {
    const folder = await makeFolder(context);
    await said(start(context, `serve --data-dir data ${anyPorts}`, folder), /Objects and forms: (\S+)/);
    const { code, err } = await runPostern(`serve --data-dir data ${anyPorts}`, { cwd: folder });
    assert.equal(code, 1);
    assert.match(err, /^postern: .*data/);
  });

  for (const [title, line, env, message] of [
    [
      'the published key for others',
      'serve --memory --host 0.0.0.0',
      {
        POSTERN_ACCESS_KEY_ID: 'postern-development',
        POSTERN_ACCESS_KEY_SECRET: 'published-secret-for-development-only',
      },
      /the development key is published/,
    ],
    [
      'a certificate without its key',
      'serve --memory --tls-cert a.pem',
      {},
      /--tls-key is missing: TLS needs both files/,
    ],
    ['half a key', 'serve --memory', { POSTERN_ACCESS_KEY_ID: 'a' }, /POSTERN_ACCESS_KEY_SECRET is missing/],
    [
      'threads over memory',
      'serve --memory --threads 2',
      {},
      /--threads 2: a store in memory has one thread/,
    ],
    ['a wrong value', 'serve', { POSTERN_PORT: 'x' }, /POSTERN_PORT: expected a port number/],
    ['a variable that is none', 'serve', { POSTERN_DATADIR: 'x' }, /did you mean "POSTERN_DATA_DIR"/],
    ['a file that is not there', 'serve --config none.json', {}, /none\.json: cannot be read \(ENOENT\)/],
    ['development for others', 'dev --host 0.0.0.0', {}, /^postern: --host: .*this machine only/],
  ] as const) {
    test(`refuses ${title}`, async (context) => {
      const { code, err } = await runPostern(line, { cwd: await makeFolder(context), env });
      assert.equal(code, 2);
      assert.match(err, message);
    });
  }

  test('seals a key that was kept in the clear, under a key that lies elsewhere', async (context) => {
    const folder = await makeFolder(context);
    const file = path.join(folder, 'data/access-key.json');
    await mkdir(path.dirname(file));
    await writeFile(file, '{"accessKeyId":"old-id","accessKeySecret":"old-secret"}', { mode: 0o600 });
    const flags = '--data-dir data --secret-key-file elsewhere.key';
    const first = start(context, `serve ${flags} ${anyPorts}`, folder);
    await said(first, /Access key id: (old-id)[\s\S]*Objects and forms/);
    assert.equal(await stop(first), 0);
    assert.doesNotMatch(await readFile(file, 'utf8'), /old-secret/);
    if (process.platform !== 'win32') {
      assert.equal((await stat(path.join(folder, 'elsewhere.key'))).mode & 0o777, 0o600);
    }
    const shown = await runPostern(`config access-key ${flags}`, { cwd: folder });
    assert.equal(shown.out, 'Access key id:     old-id\nAccess key secret: old-secret\n', shown.err);

    const without = await runPostern(`serve --data-dir data ${anyPorts}`, { cwd: folder });
    assert.equal(without.code, 1);
    assert.match(without.err, /secret\.key: is missing; the secret in .* is sealed under it/);
    await writeFile(path.join(folder, 'other.key'), `${'0'.repeat(64)}\n`, { mode: 0o600 });
    const other = await runPostern('config access-key --data-dir data --secret-key-file other.key', {
      cwd: folder,
    });
    assert.equal(other.code, 1);
    assert.match(other.err, /other\.key: is not the key under which/);
  });

  test('refuses a key file that others can read', {
    skip: process.platform === 'win32' && 'no modes',
  }, async (context) => {
    const folder = await makeFolder(context);
    const file = path.join(folder, 'access-key.json');
    await writeFile(file, '{"accessKeyId":"a","accessKeySecret":"b"}');
    await chmod(file, 0o644);
    const { code, err } = await runPostern(`serve --data-dir . ${anyPorts}`, { cwd: folder });
    assert.equal(code, 1);
    assert.match(err, /other users can read this secret\. Run: chmod 600/);
  });
});

/** A server with a form on its way: the fields have been read, of the file nothing has come. */
async function startUpload(context: TestContext, flags: string) {
  const folder = await makeFolder(context);
  const server = start(
    context,
    `serve --memory --bucket open:public-read-write ${flags} ${anyPorts}`,
    folder,
  );
  const [, endpoint = '', admin = ''] = await waitForOutput(server, /forms: (\S+)\nHealth: +(\S+)/);
  const ended = once(server, 'close').then(() => server.exitCode);
  const { head, tail, contentType } = writeFormFrame('boundary', [['key', 'slow.txt']], {});
  const file = 'hello';
  const length = head.length + file.length + tail.length;
  const upload = request(`${endpoint}/open/`, {
    method: 'POST',
    headers: { 'content-type': contentType, 'content-length': length, expect: '100-continue' },
    agent: false,
  });
  const answered = once(upload, 'response').then(([answer]: IncomingMessage[]) => answer?.statusCode);
  answered.catch(() => {});
  upload.flushHeaders();
  await once(upload, 'continue');
  upload.write(head);
  return {
    server,
    ended,
    answered,
    admin,
    finish: () => upload.end(Buffer.concat([Buffer.from(file), tail])),
  };
}

suite('stopping', () => {
  test('an upload is finished, while the server says that it is not ready', async (context) => {
    const { server, ended, answered, admin, finish } = await startUpload(context, '--grace 600');
    server.kill('SIGTERM');
    for (;;) {
      const ready = await fetch(`${admin}/-/ready`);
      const text = await ready.text();
      if (ready.status === 200) continue;
      assert.deepEqual([ready.status, text], [503, '{"ready":false,"reason":"draining"}']);
      break;
    }
    assert.equal((await fetch(`${admin}/-/live`)).status, 200);
    finish();
    assert.equal(await answered, 204);
    assert.equal(await ended, 0);
  });

  test('an upload that outlasts the grace is cut off', async (context) => {
    const { server, ended, answered } = await startUpload(context, '--grace 0');
    server.kill('SIGTERM');
    await assert.rejects(answered);
    assert.equal(await ended, 0);
  });

  test('a second signal does not wait', async (context) => {
    const { server, ended, answered } = await startUpload(context, '--grace 600');
    server.kill('SIGINT');
    await waitForOutput(server, /Again to stop at once/);
    server.kill('SIGTERM');
    await assert.rejects(answered);
    assert.equal(await ended, 1);
  });
});

suite('dev', () => {
  test('one word, and there is a page, a bucket and a key', async (context) => {
    const folder = await makeFolder(context);
    const first = start(context, anyPorts, folder);
    const [, page = '', endpoint = ''] = await waitForOutput(
      first,
      /Upload page +(\S+)\n +Objects and forms +(\S+)[\s\S]*Note: /,
    );
    assert.match(await (await fetch(page)).text(), /Upload a file/);
    const accessKey = {
      accessKeyId: 'postern-development',
      accessKeySecret: 'published-secret-for-development-only',
    };
    await new OssClient({ endpoint, accessKey }).putObject('demo', 'a.pdf', '%PDF', {
      contentType: 'application/pdf',
    });
    const link = await fetch(`${endpoint}/demo/a.pdf`, { method: 'HEAD' });
    assert.deepEqual([link.status, link.headers.get('content-type')], [200, 'application/pdf']);
    assert.equal(await stop(first), 0);

    const second = start(context, `dev ${anyPorts}`, folder);
    const again = await said(second, /Objects and forms +(\S+)/);
    assert.equal((await fetch(`${again}/demo/a.pdf`)).status, 200, 'it is still there');
  });
});

suite('config print', () => {
  test('shows each value, where it comes from, and no secret', async (context) => {
    const folder = await makeFolder(context);
    await writeFile(
      path.join(folder, 'postern.config.json'),
      '{"region": "cn-beijing", "accessKeySecret": "hidden-one"}',
    );
    const { out } = await runPostern('config print --origin --port 1', {
      cwd: folder,
      env: { POSTERN_MEMORY: 'true' },
    });
    assert.match(out, /^port = 1 +# --port$/m);
    assert.match(out, /^memory = true +# POSTERN_MEMORY$/m);
    assert.match(out, /^region = cn-beijing +# "region" in postern\.config\.json$/m);
    assert.match(out, /^accessKeySecret = \(not shown\) +# "accessKeySecret"/m);
    assert.match(out, /^host = 127\.0\.0\.1 +# default$/m);
    assert.doesNotMatch(out, /hidden-one/);
  });
});
