// The settings table: who wins, what is refused and by which name, and that the reference in docs is what the table says.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import {
  defaultFreeBytesMin,
  defaultLifecycleEveryMs,
  defaultLoadLimits,
  defaultServerSettings,
  type LoadLimits,
} from '@postern/server';
import { UsageError } from '../src/command-error.ts';
import { readSettings, type SettingSources } from '../src/read-settings.ts';
import { flagName, leniencies, type SettingName, settingNames, settingRow } from '../src/settings.ts';
import { settingsReferenceFile, writeSettingsReference } from '../src/settings-reference.ts';

const read = (sources: Partial<SettingSources>) => readSettings({ flags: {}, env: {}, ...sources });
const file = (values: Record<string, unknown>) => ({ name: 'postern.config.json', values });

suite('precedence', () => {
  const all = {
    flags: { port: '1' },
    env: { POSTERN_PORT: '2' },
    file: file({ port: 3 }),
    defaults: { port: 4 },
  } as const;
  for (const [title, sources, port, origin] of [
    ['flag', all, 1, 'flag'],
    ['environment', { ...all, flags: {} }, 2, 'environment'],
    ['empty variable is not set', { ...all, flags: {}, env: { POSTERN_PORT: '' } }, 3, 'file'],
    ['file', { file: all.file, defaults: all.defaults }, 3, 'file'],
    ["command's default", { defaults: all.defaults }, 4, 'default'],
    ['default', {}, 9780, 'default'],
  ] as const) {
    test(title, () => {
      const { values, origins } = read(sources);
      assert.equal(values.port, port);
      assert.equal(origins.port.kind, origin);
    });
  }
});

suite('values', () => {
  for (const [name, text, value] of [
    ['port', '0', 0],
    ['port', '65535', 65535],
    ['adminPort', 'off', false],
    ['host', '::1', '::1'],
    ['memory', '1', true],
    ['memory', 'false', false],
    ['buckets', 'one-b', [{ name: 'one-b' }]],
    ['buckets', 'one-b, two:public-read', [{ name: 'one-b' }, { name: 'two', acl: 'public-read' }]],
    ['baseDomains', 'oss.localhost,files.example.com', ['oss.localhost', 'files.example.com']],
    ['publicUrl', 'https://files.example.com', 'https://files.example.com'],
    ['activeContent', 'inline', 'inline'],
    ['fieldBytesMax', '64MB', 64 * 1024 ** 2],
    ['fieldBytesMax', '1.5 KB', 1536],
    ['fieldBytesMax', '1000', 1000],
    ['uploadsMax', '7', 7],
  ] as const satisfies readonly (readonly [SettingName, string, unknown])[]) {
    test(`${name} ${text}`, () => {
      assert.deepEqual(read({ flags: { [name]: text } }).values[name], value);
      assert.deepEqual(read({ env: { [settingRow(name).env]: text } }).values[name], value);
    });
  }
});

suite('refused, by the name that was typed', () => {
  for (const [title, sources, message] of [
    ['flag', { flags: { port: 'banana' } }, /^--port: expected a port number from 0 to 65535, got "banana"$/],
    [
      'environment',
      { env: { POSTERN_PORT: '70000' } },
      /^POSTERN_PORT: expected a port number .*, got "70000"$/,
    ],
    [
      'file',
      { file: file({ port: '9780' }) },
      /^"port" in postern.config.json: expected a port .*, got "9780"$/,
    ],
    [
      'size',
      { flags: { fieldBytesMax: '10 apples' } },
      /^--field-bytes-max: expected a size such as .*, got "10 apples"$/,
    ],
    [
      'no connection at all',
      { flags: { connectionsMax: '0' } },
      /^--connections-max: expected a number from 1 /,
    ],
    ['blank in a number', { flags: { port: ' 80' } }, /^--port/],
    [
      'a word that every object knows',
      { env: { POSTERN_MEMORY: 'constructor' } },
      /^POSTERN_MEMORY: expected true or false, got "constructor"$/,
    ],
    ['boolean', { env: { POSTERN_MEMORY: 'yes' } }, /^POSTERN_MEMORY: expected true or false, got "yes"$/],
    ['enum', { flags: { log: 'xml' } }, /^--log: expected one of auto, json, pretty, silent, got "xml"$/],
    [
      'bucket name',
      { flags: { buckets: ['ok-name', 'Bad'] } },
      /^--bucket: expected a list.*got "ok-name,Bad"$/,
    ],
    ['bucket ACL', { flags: { buckets: 'b-1:public' } }, /^--bucket: .*private, public-read/],
    ['list in the file', { file: file({ buckets: 'demo' }) }, /^"buckets" in /],
    ['address with a path', { flags: { publicUrl: 'https://a.example/x' } }, /^--public-url/],
    ['region with its prefix', { flags: { region: 'oss-cn-hangzhou' } }, /^--region: .*without "oss-"/],
    [
      'unknown key',
      { file: file({ prot: 1 }) },
      /^"prot" in postern.config.json: there is no such setting \(did you mean "port"\?\)$/,
    ],
    [
      'unknown variable',
      { env: { POSTERN_DATADIR: 'x' } },
      /^POSTERN_DATADIR: .*\(did you mean "POSTERN_DATA_DIR"\?\)$/,
    ],
    ['far from any', { file: file({ colour: 1 }) }, /no such setting$/],
    ['a secret is not repeated', { env: { POSTERN_ACCESS_KEY_SECRET: 'with blank' } }, /without blanks$/],
  ] as const) {
    test(title, () => {
      assert.throws(
        () => read(sources as Partial<SettingSources>),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }

  test('all mistakes at once', () => {
    const sources = { flags: { port: 'x' }, env: { POSTERN_LOG: 'y' }, file: file({ z: 1 }) };
    assert.throws(
      () => read(sources),
      (error: Error) => error.message.split('\n').length === 3,
    );
  });
});

test('names follow one pattern and none is used twice', () => {
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const singular = (name: string) => name.replace(/s$/, '');
  for (const name of settingNames) {
    assert.equal(settingRow(name).env, `POSTERN_${kebab(name).replaceAll('-', '_').toUpperCase()}`);
    const flag = flagName(name);
    if (flag) assert.ok([`--${kebab(name)}`, `--${singular(kebab(name))}`].includes(flag), flag);
  }
  assert.equal(new Set(settingNames.map((name) => settingRow(name).env)).size, settingNames.length);
});

test('a printed value reads back as itself', () => {
  for (const name of settingNames) {
    const { kind, default: value } = settingRow(name);
    if (value !== undefined) assert.deepEqual(kind.parse(kind.print(value)), value, name);
  }
});

test('what is lax is said', () => {
  const { values } = read({ flags: { callbackAllowPrivate: true, strictRegion: true } });
  assert.deepEqual(leniencies(values), ['Upload callbacks may reach loopback and private addresses.']);
});

test('docs/settings.md is what the table says', async () => {
  const committed = await readFile(settingsReferenceFile, 'utf8');
  assert.equal(committed, writeSettingsReference(), 'run: node packages/cli/src/settings-reference.ts');
});

test('limits that nobody set are those of the server', () => {
  const { values } = read({});
  const limits = Object.keys(defaultLoadLimits) as (keyof LoadLimits)[];
  assert.deepEqual(Object.fromEntries(limits.map((name) => [name, values[name]])), defaultLoadLimits);
  assert.equal(values.freeBytesMin, defaultFreeBytesMin);
  assert.equal(values.bucketsMax, defaultServerSettings.bucketsMax);
  assert.equal(values.lifecycleEvery, defaultLifecycleEveryMs / 1000);
});
