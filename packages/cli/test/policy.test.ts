// `postern policy` as a person runs it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { policyCommand } from '../src/commands/policy.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'postern-policy-'));
after(() => rmSync(folder, { recursive: true }));

/** Files of the folder in which the commands run. */
const soon = new Date(Date.now() + 3_600_000).toISOString();
const strict = `{"expiration":"${soon}","conditions":[{"bucket":"examplebucket"},["starts-with","$key","user/eric/"],["content-length-range",1,1048576]]}`;
const FILES: Record<string, string> = {
  'strict.json': strict,
  'strict.txt': `${Buffer.from(strict).toString('base64')}\n`,
  'loose.json': '{"expiration":"2115-01-27T10:56:19Z","conditions":[["starts-with","$key",""]]}',
  'broken.json': '{"expiration":"2115-01-27T10:56:19Z",\n  "conditions":[["eq" "$key", "a"]]}',
  'no-mode.json': '{"expiration":"2115-01-27T10:56:19Z","conditions":[["$key", "a"]]}',
  'url-safe.txt': `${Buffer.from('{"expiration":"2115-01-27T10:56:19Z","conditions":[{"x":"???>>>"}]}').toString('base64url')}`,
  'fields.json': '{"Key":"user/bob/a.png"}',
  'signed.json': JSON.stringify({
    url: 'http://x/',
    fields: { key: 'user/eric/a.png', OSSAccessKeyId: 'id', Signature: 'AAAA', policy: 'e30=' },
  }),
  'list.json': '["key"]',
};
for (const [name, content] of Object.entries(FILES)) writeFileSync(path.join(folder, name), content);

function policy(
  line: string,
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
) {
  const main = path.join(import.meta.dirname, '../src/main.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'policy', ...line.split(' ')], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

// --- Lint ---

for (const file of ['strict.json', 'strict.txt']) {
  test(`lint ${file}: nothing to say`, () => {
    assert.deepEqual(policy(`lint ${file}`), { status: 0, stdout: `${file}: no problems\n`, stderr: '' });
  });
}

test('lint: one line for each problem', () => {
  const { status, stdout, stderr } = policy('lint loose.json');
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => /^loose\.json: warning: .* \[([a-z-]+)\]$/.exec(line)?.[1]),
    ['long-validity', 'no-bucket', 'any-key', 'no-size-limit'],
  );
  assert.deepEqual([status, stderr], [1, 'postern: loose.json: 4 problems\n']);
});

const MALFORMED: [file: string, line: RegExp][] = [
  ['broken.json', /^broken\.json:2:23: error: Invalid Policy: Invalid JSON: .* \[malformed\]\n$/],
  ['no-mode.json', /^no-mode\.json: error: Invalid Policy: .*\["\$key", "a"\].* \[malformed\]\n$/],
  ['url-safe.txt', /^url-safe\.txt: error: The policy field is URL-safe Base64 .* \[policy-url-safe\]\n$/],
];
for (const [file, line] of MALFORMED) {
  test(`lint ${file}: what is malformed, and where`, () => {
    const { status, stdout } = policy(`lint ${file}`);
    assert.match(stdout, line);
    assert.equal(status, 1);
  });
}

test('lint: from standard input, in Chinese, as JSON', () => {
  const { stdout } = policy('lint --lang zh -', { input: FILES['loose.json'] ?? '' });
  assert.match(stdout, /^standard input: warning: 策略有效期超过 24 小时/);
  const { status, stdout: json } = policy('lint --json broken.json');
  assert.equal(status, 1);
  const [{ level, rule, line, column }] = JSON.parse(json);
  assert.deepEqual({ level, rule, line, column }, { level: 'error', rule: 'malformed', line: 2, column: 23 });
});

test('lint: a file that is not there', () => {
  const { status, stderr } = policy('lint nowhere.json');
  assert.equal(status, 2);
  assert.match(stderr, /^postern: cannot read nowhere\.json: ENOENT/);
});

// --- Explain ---

test('explain without a form: what is wanted', () => {
  const { status, stdout } = policy('explain strict.txt');
  assert.equal(status, 0);
  assert.equal(
    stdout,
    `condition             wanted
$bucket eq            examplebucket
$key starts-with      user/eric/
content-length-range  [1, 1048576]

valid until ${soon}
`,
  );
});

test('explain with a form: what it gets, and what does not hold', () => {
  const { stdout } = policy('explain strict.json --form fields.json --size 2MB');
  assert.equal(
    stdout,
    `condition             wanted         got
$bucket eq            examplebucket  examplebucket   holds
$key starts-with      user/eric/     user/bob/a.png  FAILS
content-length-range  [1, 1048576]   2097152         FAILS

valid until ${soon}
The policy wants $key to begin with "user/eric/", but the form has "user/bob/a.png".
`,
  );
});

test('explain in Chinese, as LANG says; wide characters are two columns', () => {
  const { stdout } = policy('explain strict.json --form fields.json', { env: { LANG: 'zh_CN.UTF-8' } });
  const lines = stdout.split('\n');
  assert.equal(lines[0], '条件                  要求           实际');
  assert.equal(lines[2], '$key starts-with      user/eric/     user/bob/a.png  不满足');
});

test('explain a signed form, with the secret from a variable', () => {
  const { stdout, stderr } = policy('explain strict.json --form signed.json --secret-env S --json', {
    env: { S: 'a-long-secret' },
  });
  const explanation = JSON.parse(stdout);
  assert.equal(explanation.signature.state, 'wrong');
  assert.equal(explanation.conditions[1].verdict, 'holds');
  assert.ok(!stdout.includes('a-long-secret'));
  assert.match(stderr, /the form carries another policy/);
});

test('explain for another bucket', () => {
  const { stdout } = policy('explain strict.json --form fields.json --bucket other');
  assert.match(stdout, /\$bucket eq +examplebucket +other +FAILS/);
});

test('explain what cannot be read', () => {
  const { status, stdout } = policy('explain broken.json');
  assert.equal(status, 0);
  assert.match(stdout, /line 2, column 23/);
});

const REFUSALS: [line: string, message: RegExp][] = [
  ['explain strict.json --form nowhere.json', /cannot read .*nowhere\.json/],
  ['explain strict.json --form broken.json', /broken\.json: .*JSON/],
  ['explain strict.json --form list.json', /list\.json: fields must be a JSON object/],
  ['explain strict.json --size big', /--size: not a size: "big"/],
  ['explain strict.json --secret-env NOT_SET', /the variable NOT_SET is not set/],
];
for (const [line, message] of REFUSALS) {
  test(`refused: ${line}`, async () => {
    const words = line.replaceAll(/(\S+\.json)/g, `${folder}/$1`).split(' ');
    await assert.rejects(policyCommand().parseAsync(words, { from: 'user' }), {
      name: 'UsageError',
      message,
    });
  });
}
