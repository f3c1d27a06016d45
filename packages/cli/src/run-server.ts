// What `serve` and `dev` share: starting with an explanation when that fails, and running until a signal says to stop.

import { availableParallelism } from 'node:os';
import type { RunningServer, ServerOptions } from '@postern/server';
import { CommandError, UsageError } from './command-error.ts';
import { findPortOwner } from './find-port-owner.ts';
import { type Settings, settingRow } from './settings.ts';

/** The options that follow from the settings alone. */
export function serverOptions(settings: Settings): ServerOptions {
  return {
    host: settings.host,
    port: settings.port,
    adminPort: settings.adminPort,
    region: settings.region,
    strictRegion: settings.strictRegion,
    refuseV1: settings.refuseV1,
    baseDomains: settings.baseDomains,
    activeContent: settings.activeContent,
    callbackAllowPrivate: settings.callbackAllowPrivate,
    bucketsMax: settings.bucketsMax,
    buckets: settings.buckets,
    limits: settings,
    threads: chooseThreads(settings),
    ...findTls(settings),
    freeBytesMin: settings.freeBytesMin,
    lifecycleEveryMs: settings.lifecycleEvery === false ? false : settings.lifecycleEvery * 1000,
    scrub: findScrub(settings),
    ...(settings.memory
      ? { memory: true }
      : { dataDir: settings.dataDir, secretKeyFile: settings.secretKeyFile }),
    ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
    ...(settings.redirectHosts === undefined ? {} : { redirectHosts: settings.redirectHosts }),
    log: settings.log === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : settings.log,
  };
}

/** Beyond it the one thread that writes the index sets the pace. */
const autoThreadsMax = 8;

/** @throws UsageError when there are to be several, and cannot be */
function chooseThreads({ threads, memory }: Settings): number {
  const isLinux = process.platform === 'linux';
  if (isLinux && !memory)
    return threads === 'auto' ? Math.min(availableParallelism(), autoThreadsMax) : threads;
  if (threads === 'auto' || threads === 1) return 1;
  const why = isLinux ? 'a store in memory has one thread' : 'only Linux lets threads share a port';
  throw new UsageError(`--threads ${threads}: ${why}`);
}

function findScrub({ scrubDays, scrubRate }: Settings): NonNullable<ServerOptions['scrub']> {
  return scrubDays !== false && { roundMs: scrubDays * 24 * 60 * 60 * 1000, bytesPerSecond: scrubRate };
}

/** @throws UsageError when only one of the two files is given */
function findTls({ tlsCert, tlsKey }: Settings): Pick<ServerOptions, 'tls'> {
  if (tlsCert !== undefined && tlsKey !== undefined) return { tls: { certFile: tlsCert, keyFile: tlsKey } };
  if (tlsCert === undefined && tlsKey === undefined) return {};
  throw new UsageError(
    `${tlsCert === undefined ? '--tls-cert' : '--tls-key'} is missing: TLS needs both files, the certificate and its key`,
  );
}

/** @throws CommandError when a port is busy or may not be used, or the data folder or the certificate cannot be */
export async function startServerOrExplain(
  settings: Settings,
  options: ServerOptions,
): Promise<RunningServer> {
  const { startServer, StorageError, TlsFilesError } = await import('@postern/server');
  try {
    return await startServer(options);
  } catch (error) {
    const cause = { cause: error };
    if (error instanceof StorageError || error instanceof TlsFilesError)
      throw new CommandError(error.message, cause);
    const explanation = await explainListen(error as ListenError, settings);
    throw explanation === undefined ? error : new CommandError(explanation, cause);
  }
}

type ListenError = NodeJS.ErrnoException & { readonly port?: number };

/** @returns undefined for what did not come from binding an address */
async function explainListen(
  { code, port = 0 }: ListenError,
  settings: Settings,
): Promise<string | undefined> {
  const name = port === settings.adminPort ? 'adminPort' : 'port';
  const choose = `${settingRow(name).flag} (or ${settingRow(name).env})`;
  switch (code) {
    case 'EADDRINUSE': {
      const owner = await findPortOwner(port);
      const by = owner ? ` by ${owner}` : '';
      return `Port ${port} is in use${by}. Stop that, or choose another with ${choose}; 0 picks a free one.`;
    }
    case 'EACCES':
      return `Port ${port} needs more rights than this user has. Choose one above 1023 with ${choose}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${settings.host} is not an address of this machine. Choose one with --host (or POSTERN_HOST).`;
    default:
      return undefined;
  }
}

/**
 * Resolves once the server has closed after SIGINT or SIGTERM; what is under way has the settings' grace to finish. A second signal
 * ends at once, with 1.
 */
export async function runUntilSignal(
  server: RunningServer,
  { grace: graceSeconds }: Settings,
): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  await new Promise<void>((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
  });
  for (const signal of signals) process.once(signal, () => process.exit(1));
  console.error('Stopping: finishing what is under way. Again to stop at once.');
  await server.close(graceSeconds * 1000);
}

/** Whether only this machine can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
