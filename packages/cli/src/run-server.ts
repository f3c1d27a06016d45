// What `serve` and `dev` share: starting with an explanation when that fails, and running until a signal says to stop.

import type { RunningServer, ServerOptions } from '@postern/server';
import { CommandError } from './command-error.ts';
import { findPortOwner } from './find-port-owner.ts';
import type { Settings } from './settings.ts';

/** The options that follow from the settings alone. */
export function serverOptions(settings: Settings): ServerOptions {
  const { host, port, adminPort, region, strictRegion, baseDomains, activeContent, callbackAllowPrivate } =
    settings;
  return {
    host,
    port,
    adminPort,
    region,
    strictRegion,
    baseDomains,
    activeContent,
    callbackAllowPrivate,
    buckets: settings.buckets,
    ...(settings.memory ? { memory: true } : { dataDir: settings.dataDir }),
    ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
    ...(settings.redirectHosts === undefined ? {} : { redirectHosts: settings.redirectHosts }),
    log: settings.log === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : settings.log,
  };
}

/** @throws CommandError when a port is busy or may not be used, or the data folder cannot be */
export async function startServerOrExplain(
  settings: Settings,
  options: ServerOptions,
): Promise<RunningServer> {
  const { startServer } = await import('@postern/server');
  try {
    return await startServer(options);
  } catch (error) {
    throw (await explainStart(error as NodeJS.ErrnoException & { port?: number }, settings)) ?? error;
  }
}

async function explainStart(
  error: NodeJS.ErrnoException & { port?: number },
  settings: Settings,
): Promise<CommandError | undefined> {
  const cause = { cause: error };
  const { flag, env } =
    error.port === settings.adminPort
      ? { flag: '--admin-port', env: 'POSTERN_ADMIN_PORT' }
      : { flag: '--port', env: 'POSTERN_PORT' };
  switch (error.code) {
    case 'EADDRINUSE': {
      const owner = await findPortOwner(error.port ?? settings.port);
      const by = owner ? ` by ${owner}` : '';
      return new CommandError(
        `Port ${error.port} is in use${by}. Stop that, or choose another with ${flag} PORT (or ${env}); 0 picks a free one.`,
        cause,
      );
    }
    case 'EACCES':
      if (error.syscall === 'listen') {
        return new CommandError(
          `Port ${error.port} needs more rights than this user has. Choose one above 1023 with ${flag} (or ${env}).`,
          cause,
        );
      }
      return new CommandError(
        `${error.path ?? settings.dataDir}: cannot be written by user ${process.getuid?.() ?? ''}. Let that user write it, or choose another folder with --data-dir (or POSTERN_DATA_DIR).`,
        cause,
      );
    case 'EADDRNOTAVAIL':
      return new CommandError(
        `${settings.host} is not an address of this machine. Choose one with --host (or POSTERN_HOST).`,
        cause,
      );
    default:
      return undefined;
  }
}

/** Resolves once the server has closed after SIGINT or SIGTERM; what is under way is finished first. A second signal ends at once. */
export async function runUntilSignal(server: RunningServer): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  await new Promise<void>((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
  });
  for (const signal of signals) process.once(signal, () => process.exit(1));
  console.error('Stopping: finishing what is under way. Again to stop at once.');
  await server.close();
}

/** Whether only this machine can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
