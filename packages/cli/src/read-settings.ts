// The settings in force: flags over environment over configuration file over defaults, each value with where it came from. Every
// mistake is reported at once, each by the name that the user typed, with what would have been right.

import { readFile } from 'node:fs/promises';
import { UsageError } from './command-error.ts';
import { didYouMean } from './did-you-mean.ts';
import { flagName, type SettingName, type Settings, settingNames, settingRow } from './settings.ts';

export const configFileDefault = 'postern.config.json';

/** Names that begin with POSTERN_ and are not settings of the server. */
const otherEnvNames = ['POSTERN_CONFIG', 'POSTERN_ENDPOINT', 'POSTERN_SESSION_TOKEN'];

export type Origin =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'file'; readonly file: string; readonly name: string }
  | { readonly kind: 'default' };

export interface SettingSources {
  /** What was typed, by setting; a flag without a value is `true` or `false`, a repeated one a list. */
  readonly flags: Readonly<Partial<Record<SettingName, string | boolean | readonly string[]>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigFile | undefined;
  /** What a command sets where nothing else is said. */
  readonly defaults?: Partial<Settings>;
}

export interface ConfigFile {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface SettingsInForce {
  readonly values: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

/** @throws UsageError with a line for each value and each name that is wrong */
export function readSettings(sources: SettingSources): SettingsInForce {
  const problems = [...findUnknownEnv(sources.env), ...(sources.file ? findUnknownKeys(sources.file) : [])];
  const found = settingNames.map((name) => {
    const typed = findTyped(name, sources);
    if (typed === undefined) {
      const value = sources.defaults?.[name] ?? settingRow(name).default;
      return [name, { value, origin: { kind: 'default' } as Origin }] as const;
    }
    const { kind } = settingRow(name);
    const value = typed.json ? kind.parseJson(typed.value) : kind.parse(String(typed.value));
    if (value === undefined) problems.push(describeProblem(name, typed));
    return [name, { value, origin: typed.origin }] as const;
  });
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    values: Object.fromEntries(found.map(([name, { value }]) => [name, value])) as Settings,
    origins: Object.fromEntries(
      found.map(([name, { origin }]) => [name, origin]),
    ) as SettingsInForce['origins'],
  };
}

interface Typed {
  readonly origin: Exclude<Origin, { kind: 'default' }>;
  readonly value: unknown;
  readonly json: boolean;
}

function findTyped(name: SettingName, { flags, env, file }: SettingSources): Typed | undefined {
  const flag = flags[name];
  if (flag !== undefined) {
    return { origin: { kind: 'flag', name: flagName(name) as string }, value: flag, json: false };
  }
  const envName = settingRow(name).env;
  const envValue = env[envName];
  // An empty variable is how compose files and CI say "not set".
  if (envValue !== undefined && envValue !== '') {
    return { origin: { kind: 'environment', name: envName }, value: envValue, json: false };
  }
  if (file !== undefined && Object.hasOwn(file.values, name)) {
    return { origin: { kind: 'file', file: file.name, name }, value: file.values[name], json: true };
  }
  return undefined;
}

function describeProblem(name: SettingName, { origin, value }: Typed): string {
  const { kind, secret } = settingRow(name);
  const got = secret ? '' : `, got ${JSON.stringify(Array.isArray(value) ? value.join(',') : value)}`;
  return `${describeOrigin(origin)}: expected ${kind.expects}${got}`;
}

/** The name the user typed, e.g. `--port`, `POSTERN_PORT` or `"port" in postern.config.json`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
    case 'environment':
      return origin.name;
    case 'file':
      return `"${origin.name}" in ${origin.file}`;
    case 'default':
      return 'default';
  }
}

function findUnknownEnv(env: SettingSources['env']): string[] {
  const known = [...settingNames.map((name) => settingRow(name).env), ...otherEnvNames];
  return Object.keys(env)
    .filter((name) => name.startsWith('POSTERN_') && !known.includes(name))
    .map((name) => `${name}: there is no such setting${didYouMean(name, known)}`);
}

function findUnknownKeys({ name: file, values }: ConfigFile): string[] {
  return Object.keys(values)
    .filter((key) => !(settingNames as readonly string[]).includes(key))
    .map((key) => `"${key}" in ${file}: there is no such setting${didYouMean(key, settingNames)}`);
}

/**
 * The configuration file that was named, or else the one in the working folder, if there is one.
 *
 * @throws UsageError when the named file cannot be read, or the file is not a JSON object
 */
export async function readConfigFile(named: string | undefined): Promise<ConfigFile | undefined> {
  const name = named ?? configFileDefault;
  const text = await readFile(name, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (named === undefined && cause.code === 'ENOENT') return undefined;
    throw new UsageError(`${name}: cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  if (text === undefined) return undefined;
  return { name, values: parseConfig(name, text) };
}

function parseConfig(name: string, text: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${name}: is not JSON (${(cause as Error).message})`, { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UsageError(`${name}: expected an object such as {"port": 9780}`);
  }
  return json as Record<string, unknown>;
}
