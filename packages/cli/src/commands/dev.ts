// `postern dev`, and `postern` alone: everything needed to see an upload work within a minute. Listens on loopback addresses only, with
// a published access key, a bucket that anybody can read, and a page to upload from.

import type { RunningServer } from '@postern/server';
import { Command } from 'commander';
import { UsageError } from '../command-error.ts';
import { developmentKey } from '../development/development-key.ts';
import { uploadPagePath, uploadPageRoutes } from '../development/upload-page-routes.ts';
import { writeWelcome } from '../development/welcome.ts';
import { findGivenAccessKey } from '../given-access-key.ts';
import { isLoopback, runUntilSignal, serverOptions, startServerOrExplain } from '../run-server.ts';
import { addSettingFlags, loadSettings } from '../setting-flags.ts';
import { type BucketSpec, leniencies, type Settings } from '../settings.ts';

/** Anybody may read it, so that the link to what was just uploaded works in a browser and in curl. */
const demoBucket: BucketSpec = { name: 'demo', acl: 'public-read' };

const developmentDefaults: Partial<Settings> = { callbackAllowPrivate: true };

export function devCommand(): Command {
  const command = new Command('dev')
    .summary('Start the development server on this machine, with an upload page')
    .description(
      'Start the development server (what `postern` alone does): on this machine only, with a published access key, a bucket "demo" and an upload page.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ postern
  $ postern dev --port 0 --admin-port 0 --memory   on free ports, leaving nothing behind`,
    )
    .action(async () => dev((await loadSettings(command, developmentDefaults)).values));
  return addSettingFlags(command, developmentDefaults);
}

async function dev(settings: Settings): Promise<void> {
  if (!isLoopback(settings.host)) {
    throw new UsageError(
      `--host: the development server listens on this machine only, not on ${settings.host}; postern serve is for others`,
    );
  }
  const accessKey = findGivenAccessKey(settings) ?? developmentKey;
  const isDemo = ({ name }: BucketSpec) => name === demoBucket.name;
  const buckets = settings.buckets.some(isDemo) ? settings.buckets : [demoBucket, ...settings.buckets];

  // The page's routes are handed in before the server knows its port, and are asked only after.
  let server: RunningServer | undefined;
  const findEndpoint = () => (server as RunningServer).endpoint;
  server = await startServerOrExplain(settings, {
    ...serverOptions(settings),
    // One user is not worth several, unless it is what they want to try.
    ...(settings.threads === 'auto' && { threads: 1 }),
    buckets,
    accessKeys: [accessKey],
    development: true,
    adminRoutes: uploadPageRoutes({ findEndpoint, accessKey, bucket: demoBucket.name, clock: Date.now }),
  });
  const facts = {
    endpoint: server.endpoint,
    adminEndpoint: server.adminEndpoint,
    uploadPage: server.adminEndpoint && `${server.adminEndpoint}${uploadPagePath}`,
    accessKey,
    bucket: demoBucket.name,
    storedIn: settings.memory ? undefined : settings.dataDir,
    leniencies: [
      'Pages of this machine may read every answer (CORS), and refused forms carry their explanation.',
      ...leniencies(settings),
    ],
    nowMs: Date.now(),
  };
  // Whoever has read that it runs may stop it.
  const stopped = runUntilSignal(server, settings);
  console.log(writeWelcome(facts));
  await stopped;
}
