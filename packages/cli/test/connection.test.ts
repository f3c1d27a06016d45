// Which store and which key a command uses: flags over Postern's variables over those of OSS, and a key always whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { addConnectionFlags, endpointDefault, findConnection } from '../src/connection.ts';
import { developmentKey } from '../src/development/development-key.ts';

function find(line: string, env: NodeJS.ProcessEnv = {}) {
  const command = addConnectionFlags(new Command());
  command.parse(line === '' ? [] : line.split(' '), { from: 'user' });
  return findConnection(command, env);
}

const oss = { OSS_ACCESS_KEY_ID: 'o', OSS_ACCESS_KEY_SECRET: 'os', OSS_SESSION_TOKEN: 'ot' };
const postern = { POSTERN_ACCESS_KEY_ID: 'p', POSTERN_ACCESS_KEY_SECRET: 'ps' };

const KEYS: readonly (readonly [what: string, line: string, env: NodeJS.ProcessEnv, key: object])[] = [
  ['nothing said', '', {}, developmentKey],
  ['empty variables', '', { POSTERN_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_ID: '' }, developmentKey],
  ['variables of OSS', '', oss, { accessKeyId: 'o', accessKeySecret: 'os', securityToken: 'ot' }],
  ["Postern's before those of OSS", '', { ...oss, ...postern }, { accessKeyId: 'p', accessKeySecret: 'ps' }],
  ['flags before both', '-i f -k fs', { ...oss, ...postern }, { accessKeyId: 'f', accessKeySecret: 'fs' }],
  ['a token of another key', '-i f -k fs', oss, { accessKeyId: 'f', accessKeySecret: 'fs' }],
  [
    'a token of its own',
    '-i f -k fs -t ft',
    oss,
    { accessKeyId: 'f', accessKeySecret: 'fs', securityToken: 'ft' },
  ],
];
for (const [what, line, env, key] of KEYS) {
  test(`the key: ${what}`, () => assert.deepEqual(find(line, env).accessKey, key));
}

const ENDPOINTS: readonly (readonly [line: string, env: NodeJS.ProcessEnv, endpoint: string])[] = [
  ['', {}, endpointDefault],
  ['', { OSS_ENDPOINT: 'http://127.0.0.2' }, 'http://127.0.0.2'],
  ['', { OSS_ENDPOINT: 'http://127.0.0.2', POSTERN_ENDPOINT: 'http://127.0.0.3' }, 'http://127.0.0.3'],
  ['-e http://127.0.0.4', { POSTERN_ENDPOINT: 'http://127.0.0.3' }, 'http://127.0.0.4'],
];
for (const [line, env, endpoint] of ENDPOINTS) {
  test(`the store: ${line} ${JSON.stringify(env)}`, () => assert.equal(find(line, env).endpoint, endpoint));
}

const REFUSED: readonly (readonly [what: string, line: string, env: NodeJS.ProcessEnv, message: RegExp])[] = [
  ['the published key for another machine', '-e https://files.example.com', {}, /^no access key id/],
  ['half a key', '-i f', {}, /^no access key secret/],
  ['the other half', '-k fs', {}, /^no access key id/],
];
for (const [what, line, env, message] of REFUSED) {
  test(`refused: ${what}`, () => assert.throws(() => find(line, env), { name: 'UsageError', message }));
}
