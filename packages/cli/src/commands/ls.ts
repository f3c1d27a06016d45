// `postern ls`: buckets, or the objects of one.

import { writeSize } from '@postern/sdk/sign';
import { Command } from 'commander';
import { addConnectionFlags, connect } from '../connection.ts';
import { parseOssUrl, writeOssUrl } from '../oss-url.ts';

export function lsCommand(): Command {
  const command = new Command('ls')
    .summary('List buckets, or the objects of one')
    .description('List buckets, or the objects whose names begin with the given one.')
    .argument('[address]', 'oss://bucket or oss://bucket/prefix; without it, the buckets')
    .option('-d, --directory', 'stop at the next "/", as if names were folders')
    .option('-s, --short-format', 'names only')
    .addHelpText(
      'after',
      '\nExamples:\n  $ postern ls\n  $ postern ls -d oss://demo/photos/\n  $ postern ls -s oss://demo | wc -l',
    )
    .action(async (address: string | undefined, options: ListOptions) => {
      if (address === undefined) return listBuckets(command, options);
      return listObjects(command, address, options);
    });
  return addConnectionFlags(command);
}

interface ListOptions {
  readonly directory?: true;
  readonly shortFormat?: true;
}

async function listBuckets(command: Command, { shortFormat }: ListOptions): Promise<void> {
  const client = await connect(command);
  let count = 0;
  for await (const { name, createdAtMs, storageClass } of client.listBuckets()) {
    count += 1;
    const address = `oss://${name}`;
    console.log(shortFormat ? address : `${writeTime(createdAtMs)}  ${storageClass.padEnd(11)}  ${address}`);
  }
  if (!shortFormat) console.log(count === 1 ? '1 bucket' : `${count} buckets`);
}

async function listObjects(command: Command, address: string, options: ListOptions): Promise<void> {
  const { bucket, key: prefix } = parseOssUrl(address);
  const client = await connect(command);
  let count = 0;
  let bytes = 0;
  for await (const page of client.listObjects(bucket, { prefix, delimiter: options.directory ? '/' : '' })) {
    for (const folder of page.commonPrefixes) {
      console.log(
        options.shortFormat
          ? writeOssUrl(bucket, folder)
          : `${' '.repeat(34)}  ${writeOssUrl(bucket, folder)}`,
      );
    }
    for (const { key, size, modifiedAtMs } of page.objects) {
      count += 1;
      bytes += size;
      const name = writeOssUrl(bucket, key);
      console.log(
        options.shortFormat ? name : `${writeTime(modifiedAtMs)}  ${String(size).padStart(13)}  ${name}`,
      );
    }
  }
  if (!options.shortFormat)
    console.log(`${count === 1 ? '1 object' : `${count} objects`}, ${writeSize(bytes)}`);
}

/** `2025-04-11 06:41:24`, UTC. */
function writeTime(timeMs: number): string {
  return Number.isNaN(timeMs)
    ? '-'.padEnd(19)
    : new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
}
