// `postern serve`: the server for others to use. Its access key comes from the environment or the configuration file, or is made at the
// first start, shown once, and kept in the data folder.

import { Command } from 'commander';
import { type AccessKeyPair, keepAccessKey, makeAccessKey } from '../access-key-file.ts';
import { UsageError } from '../command-error.ts';
import { developmentKey } from '../development/development-key.ts';
import { findGivenAccessKey } from '../given-access-key.ts';
import { isLoopback, runUntilSignal, serverOptions, startServerOrExplain } from '../run-server.ts';
import { addSettingFlags, loadSettings } from '../setting-flags.ts';
import { leniencies, type Settings } from '../settings.ts';

export function serveCommand(): Command {
  const command = new Command('serve')
    .summary('Run the server for others')
    .description(
      'Run the server. The access key is read from POSTERN_ACCESS_KEY_ID and POSTERN_ACCESS_KEY_SECRET; without them a key is made at the first start, shown once, and kept in the data folder.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ postern serve --data-dir /srv/postern --bucket uploads
  $ postern serve --host 0.0.0.0 --public-url https://files.example.com
  $ postern config print --origin   what would be used, and where it comes from`,
    )
    .action(async () => serve((await loadSettings(command)).values));
  return addSettingFlags(command);
}

async function serve(settings: Settings): Promise<void> {
  const options = serverOptions(settings);
  const key = await findAccessKey(settings);
  checkNotPublished(settings, key.pair);
  // Before anything can fail: this may be the only time that the secret is shown.
  console.log(key.lines.join('\n'));
  const server = await startServerOrExplain(settings, { ...options, accessKeys: [key.pair] });
  const lines = [
    `Objects and forms: ${server.endpoint}`,
    ...(server.adminEndpoint ? [`Health:            ${server.adminEndpoint}`] : []),
    ...leniencies(settings).map((sentence) => `Note: ${sentence}`),
  ];
  // Whoever has read that it runs may stop it.
  const stopped = runUntilSignal(server, settings);
  console.log(lines.join('\n'));
  await stopped;
}

interface FoundKey {
  readonly pair: AccessKeyPair;
  /** What the operator is told about it. */
  readonly lines: readonly string[];
}

async function findAccessKey(settings: Settings): Promise<FoundKey> {
  const given = findGivenAccessKey(settings);
  if (given) return { pair: given, lines: [`Access key id: ${given.accessKeyId}`] };
  if (settings.memory) {
    const pair = makeAccessKey();
    return { pair, lines: showSecret(pair, 'for this run only') };
  }
  const { key: pair, file, madeNow } = await keepAccessKey(settings);
  if (madeNow) return { pair, lines: showSecret(pair, `shown this once, kept sealed in ${file}`) };
  return { pair, lines: [`Access key id: ${pair.accessKeyId} (postern config access-key shows its secret)`] };
}

function showSecret({ accessKeyId, accessKeySecret }: AccessKeyPair, remark: string): string[] {
  return [`Access key id:     ${accessKeyId}`, `Access key secret: ${accessKeySecret}   (${remark})`];
}

/** Everybody knows the development key. */
function checkNotPublished({ host }: Settings, { accessKeySecret }: AccessKeyPair): void {
  if (isLoopback(host) || accessKeySecret !== developmentKey.accessKeySecret) return;
  throw new UsageError(
    `the development key is published, so a server that uses it cannot listen on ${host}: set another POSTERN_ACCESS_KEY_ID and POSTERN_ACCESS_KEY_SECRET, or unset both to have a key made`,
  );
}
