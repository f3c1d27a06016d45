// `postern presign`: an address that lets whoever has it do one thing to one object for a while.

import { presignedSecondsMax } from '@postern/protocol';
import { type Duration, parseDuration } from '@postern/sdk/sign';
import { Command, Option } from 'commander';
import { UsageError } from '../command-error.ts';
import { addConnectionFlags, connect, findConnection } from '../connection.ts';
import { parseObjectUrl } from '../oss-url.ts';

export function presignCommand(): Command {
  const command = new Command('presign')
    .summary('Print an address that works for a while')
    .description('Print an address that lets anybody read (or, with --method, write) one object for a while.')
    .argument('<address>', 'oss://bucket/key')
    .option('--expires <time>', 'how long it works, e.g. 90s, 10m, 2h, 7d', '10m')
    .addOption(
      new Option('--method <method>', 'what it allows')
        .choices(['GET', 'HEAD', 'PUT', 'DELETE'])
        .default('GET'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ postern presign oss://demo/report.pdf --expires 1h
  $ curl -T report.pdf "$(postern presign oss://demo/report.pdf --method PUT)"

A signed PUT cannot limit the size or the type of what is sent; a signed form can: postern form --help`,
    )
    .action(async (address: string, options: { expires: string; method: string }) => {
      const target = parseObjectUrl(address);
      const seconds = parseExpires(options.expires);
      if (findConnection(command).signVersion === 'v4' && seconds > presignedSecondsMax) {
        throw new UsageError('--expires: a V4 signature lasts 7d at most');
      }
      console.log((await connect(command)).presign(options.method, target, seconds));
    });
  return addConnectionFlags(command);
}

function parseExpires(text: string): number {
  try {
    return parseDuration(text as Duration) / 1000;
  } catch (cause) {
    throw new UsageError(`--expires: ${(cause as Error).message}`, { cause });
  }
}
