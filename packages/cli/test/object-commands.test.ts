// The object commands as transcripts against a server in this process: what is typed, what is said, how it exits.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startServer } from '@postern/server';
import { makeFolder, runPostern, startPostern } from './run-postern.ts';

/**
 * `$` lines are typed; the lines below are what comes out, stderr after stdout, runs of blanks as one. `…` is anything in a line, alone
 * in a line any lines; the exit code is told when it is not 0.
 */
async function play(transcript: string, cwd: string, env: Record<string, string>): Promise<void> {
  for (const step of transcript.split(/^\$ /m).slice(1)) {
    const [line = '', ...expected] = step.trimEnd().split('\n');
    const { code, out, err } = await runPostern(line, { cwd, env });
    const said = `${out}${err}${code === 0 ? '' : `exit ${code}\n`}`.trimEnd().replaceAll(/ +/g, ' ');
    const pattern = expected
      .map((wanted) => (wanted === '…' ? '[\\s\\S]*' : wanted.split('…').map(escapePattern).join('.*')))
      .join('\n');
    assert.match(said, new RegExp(`^${pattern}$`), `$ ${line}\n${said}`);
  }
}

const escapePattern = (part: string) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

test('a morning with the object commands', async (context) => {
  await using server = await startServer({
    port: 0,
    memory: true,
    accessKeys: [{ accessKeyId: 'ak', accessKeySecret: 'sk' }],
  });
  const folder = await makeFolder(context);
  await writeFile(path.join(folder, 'a.txt'), 'hello\n');
  await writeFile(path.join(folder, 'empty.bin'), '');
  const env = {
    OSS_ENDPOINT: server.endpoint,
    OSS_ACCESS_KEY_ID: 'ak',
    OSS_ACCESS_KEY_SECRET: 'sk',
  };
  await play(
    `
$ ls
0 buckets
$ mb oss://first --acl public-read
$ ls -s
oss://first
$ ls oss://first
0 objects, 0 B
$ cp a.txt oss://first/docs/
1 copied.
$ cp a.txt oss://first/docs/
postern: oss://first/docs/a.txt: exists; -f overwrites it
postern: 0 copied, 1 not copied
exit 1
$ cp -f a.txt oss://first/docs/ --sign-version v1
1 copied.
$ cp oss://first/docs/a.txt -
hello
$ cp oss://first/docs/a.txt 'oss://first/docs/简 b+c.txt'
1 copied.
$ cp empty.bin oss://first --acl private
1 copied.
$ ls oss://first
20… 6 oss://first/docs/a.txt
20… 6 oss://first/docs/简 b+c.txt
20… 0 oss://first/empty.bin
3 objects, 12 B
$ ls -d -s oss://first
oss://first/docs/
oss://first/empty.bin
$ stat oss://first/docs/a.txt
size 6 (6 B)
content-md5 …
content-type text/plain
etag "B1946AC92492D2347C6235B4D2611184"
…
$ stat oss://first
Name first
ACL public-read
…
$ cp -r oss://first/ down
3 copied.
$ cp -r oss://first/ down --include '*.txt' --exclude 'docs/简*'
postern: oss://first/docs/a.txt: down/docs/a.txt exists; -f overwrites it
postern: 0 copied, 1 not copied
exit 1
$ mb oss://second
$ cp -r down oss://second/copy --include '*.txt'
2 copied.
$ ls -s oss://second
oss://second/copy/docs/a.txt
oss://second/copy/docs/简 b+c.txt
$ rm oss://second/copy/docs/a.txt
$ rm -r -b oss://second
postern: Delete everything below oss://second/ and the bucket second? Nobody is there to ask: -f says yes
exit 2
$ rm -r -b -f oss://second
1 object deleted.
$ rm -b -f oss://first
postern: BucketNotEmpty: …
exit 1
$ stat oss://second
postern: NoSuchBucket: The specified bucket does not exist. (404, EC 0015-00000101, request …)
exit 1
$ cp oss://first/nothing .
postern: NoSuchKey: The specified key does not exist. (404, EC 0026-00000001, request …)
exit 1
$ ls -i ak -k wrong
postern: SignatureDoesNotMatch: …
postern: Is the secret the one of this key? …
exit 1
`,
    folder,
    env,
  );
  assert.equal(await readFile(path.join(folder, 'down/docs/简 b+c.txt'), 'utf8'), 'hello\n');
  assert.equal(await readFile(path.join(folder, 'down/empty.bin'), 'utf8'), '');

  const { out } = await runPostern('presign oss://first/empty.bin --expires 1m', { env });
  assert.equal((await fetch(out.trim())).status, 200);
  assert.equal((await fetch(out.trim().replace('empty', 'other'))).status, 403);
});

test('a name that would leave the folder is refused, the others are copied', async (context) => {
  await using server = await startServer({ port: 0, memory: true, buckets: ['hostile'] });
  const folder = await makeFolder(context);
  const { accessKeyId, accessKeySecret } = server.credentials;
  const env = {
    POSTERN_ENDPOINT: server.endpoint,
    POSTERN_ACCESS_KEY_ID: accessKeyId,
    POSTERN_ACCESS_KEY_SECRET: accessKeySecret,
  };
  await writeFile(path.join(folder, 'a.txt'), 'a');
  await play(
    `
$ cp a.txt oss://hostile/x/../../evil.txt
1 copied.
$ cp a.txt 'oss://hostile/x/good\u001b[31m.txt'
1 copied.
$ ls -s oss://hostile
oss://hostile/x/../../evil.txt
oss://hostile/x/good\\u001b[31m.txt
$ cp -r oss://hostile/x/ down
postern: oss://hostile/x/../../evil.txt: refused: this name would leave the folder it is copied to
postern: 1 copied, 1 not copied
exit 1
`,
    folder,
    env,
  );
});

test('what is said of a wrong command line', async (context) => {
  const folder = await makeFolder(context);
  await play(
    `
$ srve
postern: unknown command "srve" (did you mean "serve"?); see postern --help
exit 2
$ ls --recursve
postern: unknown option '--recursve'
exit 2
$ cp a.txt
postern: missing required argument 'to'
exit 2
$ cp a.txt b.txt
postern: one of the two must be an address such as oss://bucket/key
exit 2
$ cp oss://demo b.txt
postern: "oss://demo" names a bucket; an object is oss://demo/KEY
exit 2
$ rm oss://Bad_Name/a
postern: "oss://Bad_Name/a": a bucket name has 3 to 63 of a-z, 0-9 and "-", a letter or digit first and last
exit 2
$ cp nothing.txt oss://demo
postern: nothing.txt: there is no such file
exit 1
$ presign oss://demo/a --expires 8d
postern: --expires: a V4 signature lasts 7d at most
exit 2
$ ls -e https://files.example.com
postern: no access key id: give -i ID, or set POSTERN_ACCESS_KEY_ID or OSS_ACCESS_KEY_ID
exit 2
$ ls -i ak
postern: no access key secret: set POSTERN_ACCESS_KEY_SECRET or OSS_ACCESS_KEY_SECRET, or give -k SECRET
exit 2
$ ls -e ftp://a -i ak -k sk
postern: --endpoint: "ftp://a" is not an endpoint such as http://127.0.0.1:9780
exit 2
$ ls -e 127.0.0.1:1
postern: http://127.0.0.1:1: nothing listens there. Is the server running (postern), and is --endpoint right?
exit 1
`,
    folder,
    {},
  );
});

test('sign shows the published signatures', async (context) => {
  const folder = await makeFolder(context);
  const at = '-i ak -k sk --time 2022-12-28T10:27:41Z';
  const v1 = await runPostern(
    `sign request PUT oss://examplebucket/nelson -H 'Content-MD5: eB5eJF1ptWaXm4bijSPyxw==' -H 'Content-Type: text/html' -H 'x-oss-meta-author: alice' -H 'x-oss-meta-magic: abracadabra' --sign-version v1 ${at}`,
  );
  assert.match(v1.out, /^authorization: OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=$/m);

  const v4 = await runPostern(
    `sign request PUT 'oss://examplebucket/dir/a b+c.txt' -H 'Content-Type: text/plain' -H 'x-oss-object-acl: private' -i ak -k sk --time 2025-04-11T06:41:24Z`,
  );
  assert.match(v4.out, /d3a6b7a4ffb8b7238ff4a04144ecacbcfd143b4b4fb0488eb36e2f5909805590/);
  assert.match(v4.out, /Signature=980fbe23fb81fbd32782f5f85d1ea97cdc98151e09747f9e84c16e19360ca29e$/m);

  const policy = '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range",0,104857600]]}';
  await writeFile(path.join(folder, 'policy.json'), policy);
  const form = await runPostern(`sign policy policy.json -i ak -k sk`, { cwd: folder });
  assert.ok(form.out.includes(`\npolicy: ${Buffer.from(policy).toString('base64')}\n`));
  for (const { out } of [v1, v4, form]) assert.ok(!/\bsk\b/.test(out), 'the secret is not shown');
});

test('a reader who has seen enough hears nothing of it', async () => {
  const child = startPostern('--help');
  child.stdout?.destroy();
  const [err] = await Promise.all([text(child.stderr as never), once(child, 'close')]);
  assert.deepEqual([child.exitCode, err], [0, '']);
});
