// `postern form` as a person runs it: what it prints, what it saves, what it refuses.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { formCommand } from '../src/commands/form.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'postern-form-'));
after(() => rmSync(folder, { recursive: true }));

const secret = 'ZQNJzf4QJRkrH4';
const usual = '--bucket=oss-sample --endpoint=127.0.0.1:9780 --id=tphpxp';

function form(line: string, env: Record<string, string> = {}) {
  const main = path.join(import.meta.dirname, '../src/main.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, 'form', ...line.split(' ').filter((word) => word !== '')],
    { cwd: folder, env: { PATH: process.env.PATH ?? '', ...env }, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

function page(file = 'post.html'): { html: string; fields: Record<string, string> } {
  const html = readFileSync(path.join(folder, file), 'utf8');
  const inputs = html.matchAll(/<input type="(?:hidden|submit)" name="([^"]*)" value="([^"]*)">/g);
  return {
    html,
    fields: Object.fromEntries(Array.from(inputs, ([, name = '', value = '']) => [name, value])),
  };
}

function policyOf({ fields }: ReturnType<typeof page>): { expiration: string; conditions: unknown[] } {
  return JSON.parse(Buffer.from(fields.policy ?? '', 'base64').toString());
}

test('a secret that begins like a flag of postern itself is a secret', () => {
  for (const odd of ['-Vxyz', '-hxyz', '--version']) {
    const { status, stdout } = form(`${usual} --key ${odd} --out=odd.html`);
    assert.equal(status, 0, stdout);
    const { fields } = page('odd.html');
    const expected = createHmac('sha1', odd)
      .update(fields.policy ?? '')
      .digest('base64');
    assert.equal(fields.Signature, expected);
  }
});

test('the command of the user guide', () => {
  const { status, stdout, stderr } = form(`${usual} --key=${secret} --out=post.html`);
  assert.deepEqual([status, stderr], [0, '']);
  const { html, fields } = page();
  const { policy = '', Signature } = fields;
  assert.deepEqual(Object.keys(fields), [
    'OSSAccessKeyId',
    'policy',
    'Signature',
    'key',
    'success_action_redirect',
    'success_action_status',
    'x-oss-forbid-overwrite',
    'submit',
  ]);
  assert.deepEqual(
    [fields.OSSAccessKeyId, fields.key, fields.success_action_redirect, fields.success_action_status],
    ['tphpxp', 'upload/${filename}', '', '201'],
  );
  assert.equal(Signature, createHmac('sha1', secret).update(policy).digest('base64'));
  assert.match(html, /<form action="http:\/\/127\.0\.0\.1:9780\/oss-sample\/"/);
  assert.match(html, /<input type="file" id="file" name="file"/);
  assert.ok(!html.includes(secret) && !stdout.includes(secret));

  const { expiration } = policyOf(page());
  assert.equal(
    stdout,
    `policy:
${Buffer.from(policy, 'base64').toString()}
policy in base64:
${policy}
signature:
${Signature}
form is saved into post.html
this page contains no secret; it works until ${expiration}
`,
  );
});

test('conditions follow the flags', () => {
  const flags =
    '--prefix cv/ --max-size 10MB --redirect https://site.example/thanks --status 200 --content-type application/pdf --expires 2115-01-27T10:56:19Z --out all.html';
  const { status, stderr } = form(`${usual} --key=${secret} ${flags}`);
  assert.equal(status, 0);
  assert.match(stderr, /^warning: whoever has this page can upload until 2115-01-27T10:56:19\.000Z/);
  const saved = page('all.html');
  assert.deepEqual(policyOf(saved), {
    expiration: '2115-01-27T10:56:19.000Z',
    conditions: [
      ['eq', '$bucket', 'oss-sample'],
      ['in', '$success_action_redirect', ['', 'https://site.example/thanks']],
      ['eq', '$success_action_status', '200'],
      ['eq', '$x-oss-forbid-overwrite', 'true'],
      ['eq', '$x-oss-content-type', 'application/pdf'],
      ['starts-with', '$key', 'cv/'],
      ['content-length-range', 1, 10_485_760],
    ],
  });
  assert.match(saved.html, /role="note"/);
  assert.match(saved.html, /form-action http:\/\/127\.0\.0\.1:9780 https:\/\/site\.example;/);
});

test('V4, a token, an overwrite, a cloud endpoint and Chinese', () => {
  const flags =
    '--bucket b-1 --endpoint oss-cn-hangzhou.aliyuncs.com --id STS.A --token TOKEN --v4 --region cn-hangzhou --overwrite --lang zh --out v4.html';
  assert.equal(form(`${flags} --key=${secret}`).status, 0);
  const { html, fields } = page('v4.html');
  assert.match(fields['x-oss-credential'] ?? '', /^STS\.A\/\d{8}\/cn-hangzhou\/oss\/aliyun_v4_request$/);
  assert.match(fields['x-oss-signature'] ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual([fields['x-oss-security-token'], fields['x-oss-forbid-overwrite']], ['TOKEN', undefined]);
  assert.match(html, /<form action="https:\/\/b-1\.oss-cn-hangzhou\.aliyuncs\.com\/"/);
  assert.match(html, /<html lang="zh">/);
});

test('key and endpoint come from the environment; Postern’s own variables win', () => {
  const oss = {
    OSS_ACCESS_KEY_ID: 'cloud',
    OSS_ACCESS_KEY_SECRET: 'cloud-secret',
    OSS_ENDPOINT: 'localhost:1',
  };
  assert.equal(form('--bucket b-1', oss).status, 0);
  assert.equal(page().fields.OSSAccessKeyId, 'cloud');
  const own = {
    POSTERN_ACCESS_KEY_ID: 'local',
    POSTERN_ACCESS_KEY_SECRET: 'local-secret',
    LANG: 'zh_CN.UTF-8',
  };
  assert.equal(form('--bucket b-1', { ...oss, ...own }).status, 0);
  assert.equal(page().fields.OSSAccessKeyId, 'local');
  assert.match(page().html, /<html lang="zh">/);
});

test('a missing flag is told after the usage', () => {
  const { status, stdout, stderr } = form(usual);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^Usage: postern form /);
  assert.match(stderr, /\npostern: missing: --key\n$/);
});

const REFUSALS: [flags: string, status: number, message: string][] = [
  ['--bucket No', 2, 'not a bucket name: "No"'],
  ['--expires soon', 2, 'not a duration: "soon"'],
  ['--expires 2030-01-01', 2, '"2030-01-01" is not a time'],
  ['--expires 2020-01-01T00:00:00Z', 2, 'would have expired already'],
  ['--max-size 10XB', 2, 'not a size: "10XB"'],
  ['--max-size 6GB', 2, '5 GB'],
  ['--prefix /a', 2, 'makes no object name'],
  ['--redirect thanks.html', 2, 'must be a full http or https address'],
  ['--status 202', 2, 'Allowed choices are 200, 201, 204'],
  ['--v4', 2, '--v4 needs --region'],
  ['--region cn-hangzhou', 2, 'add --v4'],
  ['--id STS.A', 2, 'securityToken is missing'],
  [`--prefix ${secret}/`, 2, 'the secret occurs in'],
  ['--out no/such/folder.html', 1, 'cannot save the page'],
];
for (const [flags, status, message] of REFUSALS) {
  test(`refused: ${flags}`, async () => {
    const quiet = formCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    const words = `${usual} --key=${secret} --out ${folder}/refused.html ${flags}`.split(' ');
    await assert.rejects(quiet.parseAsync(words, { from: 'user' }), (error: Error) => {
      assert.equal(
        error.name,
        status === 1 ? 'CommandError' : flags.startsWith('--status') ? 'CommanderError' : 'UsageError',
      );
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
    assert.ok(!existsSync(path.join(folder, 'refused.html')));
  });
}
