// Which store the object commands talk to, and with which key: the flags and variables that users of ossutil know, and Postern's own.
// Flags win over POSTERN_* variables, these over OSS_* variables.

import type { SigningKey } from '@postern/protocol';
import type { OssClient, SignVersion } from '@postern/sdk/client';
import { type Command, Option } from 'commander';
import { UsageError } from './command-error.ts';
import { developmentKey } from './development/development-key.ts';
import { isLoopback } from './run-server.ts';

/** Where the development server is. */
export const endpointDefault = 'http://127.0.0.1:9780';
const regionDefault = 'cn-hangzhou';

export interface Connection {
  readonly endpoint: string;
  readonly accessKey: SigningKey;
  readonly region: string;
  readonly signVersion: SignVersion;
  readonly addressing: 'path' | undefined;
}

/** @param defaults where a command differs */
export function addConnectionFlags(
  command: Command,
  { signVersion = 'v4' }: { readonly signVersion?: SignVersion } = {},
): Command {
  return command
    .option(
      '-e, --endpoint <url>',
      `the store (default: ${endpointDefault}; env: POSTERN_ENDPOINT, OSS_ENDPOINT)`,
    )
    .option('-i, --access-key-id <id>', 'the access key id (env: POSTERN_ACCESS_KEY_ID, OSS_ACCESS_KEY_ID)')
    .option(
      '-k, --access-key-secret <secret>',
      'its secret; a variable is safer, since other users can read a command line (env: POSTERN_ACCESS_KEY_SECRET, OSS_ACCESS_KEY_SECRET)',
    )
    .option(
      '-t, --sts-token <token>',
      'the security token of a temporary key (env: POSTERN_SESSION_TOKEN, OSS_SESSION_TOKEN)',
    )
    .option('--region <region>', `the region to sign for (default: ${regionDefault}; env: OSS_REGION)`)
    .addOption(
      new Option('--sign-version <version>', 'how to sign').choices(['v1', 'v4']).default(signVersion),
    )
    .option('--force-path-style', 'address buckets by path on any endpoint');
}

/** @throws UsageError when half a key was given, or none for a store that is not on this machine */
export function findConnection(command: Command, env: NodeJS.ProcessEnv = process.env): Connection {
  const flags = command.opts();
  const endpoint = flags.endpoint ?? findEndpointInEnv(env) ?? endpointDefault;
  return {
    endpoint,
    accessKey: findAccessKey(flags, env, endpoint),
    region: flags.region ?? given(env, 'OSS_REGION') ?? regionDefault,
    signVersion: flags.signVersion,
    addressing: flags.forcePathStyle ? 'path' : undefined,
  };
}

export async function connect(command: Command): Promise<OssClient> {
  const { addressing, ...connection } = findConnection(command);
  const { OssClient } = await import('@postern/sdk/client');
  try {
    return new OssClient({ ...connection, ...(addressing ? { addressing } : {}) });
  } catch (cause) {
    if (cause instanceof TypeError) throw new UsageError(`--endpoint: ${cause.message}`, { cause });
    throw cause;
  }
}

/** All of it from one place: the variables of Postern, or else those of OSS. */
export function findKeyInEnv(env: NodeJS.ProcessEnv): Partial<SigningKey> {
  const [found = {}] = ['POSTERN', 'OSS']
    .map((prefix) => ({
      accessKeyId: given(env, `${prefix}_ACCESS_KEY_ID`),
      accessKeySecret: given(env, `${prefix}_ACCESS_KEY_SECRET`),
      securityToken: given(env, `${prefix}_SESSION_TOKEN`),
    }))
    .filter((key) => key.accessKeyId !== undefined || key.accessKeySecret !== undefined);
  return found as Partial<SigningKey>;
}

export function findEndpointInEnv(env: NodeJS.ProcessEnv): string | undefined {
  return given(env, 'POSTERN_ENDPOINT') ?? given(env, 'OSS_ENDPOINT');
}

/** A flag wins. The token belongs to the key that it came with. */
function findAccessKey(flags: Record<string, string>, env: NodeJS.ProcessEnv, endpoint: string): SigningKey {
  const fromEnv = findKeyInEnv(env);
  const accessKeyId = flags.accessKeyId ?? fromEnv.accessKeyId;
  const accessKeySecret = flags.accessKeySecret ?? fromEnv.accessKeySecret;
  const securityToken =
    flags.stsToken ?? (flags.accessKeyId === undefined ? fromEnv.securityToken : undefined);
  if (accessKeyId !== undefined && accessKeySecret !== undefined) {
    return { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
  }
  if (accessKeyId === undefined && accessKeySecret === undefined && isOnThisMachine(endpoint))
    return developmentKey;
  throw new UsageError(
    accessKeyId === undefined
      ? 'no access key id: give -i ID, or set POSTERN_ACCESS_KEY_ID or OSS_ACCESS_KEY_ID'
      : 'no access key secret: set POSTERN_ACCESS_KEY_SECRET or OSS_ACCESS_KEY_SECRET, or give -k SECRET',
  );
}

/** An empty variable is how compose files and CI say "not set". */
function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

/** The published key is only ever sent to this machine. */
function isOnThisMachine(endpoint: string): boolean {
  const url = URL.parse(endpoint.includes('://') ? endpoint : `http://${endpoint}`);
  return url !== null && isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'));
}
