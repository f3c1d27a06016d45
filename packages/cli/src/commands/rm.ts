// `postern rm`: delete one object, everything below a name, or a bucket. More than one object goes only with `-f` or a yes.

import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { CommandError, UsageError } from '../command-error.ts';
import { addConnectionFlags, connect } from '../connection.ts';
import { parseObjectUrl, parseOssUrl, writeOssUrl } from '../oss-url.ts';

interface RemoveOptions {
  readonly recursive?: true;
  readonly force?: true;
  readonly bucket?: true;
}

export function rmCommand(): Command {
  const command = new Command('rm')
    .summary('Delete objects, or a bucket')
    .description('Delete an object, with -r everything whose name begins with the given one.')
    .argument('<address>', 'oss://bucket/key')
    .option('-r, --recursive', 'delete every object whose name begins with this one')
    .option('-b, --bucket', 'delete the bucket too; it must be empty, or emptied with -r')
    .option('-f, --force', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ postern rm oss://demo/photo.jpg\n  $ postern rm -r -f oss://demo/photos/\n  $ postern rm -r -b oss://demo',
    )
    .action(async (address: string, options: RemoveOptions) => remove(command, address, options));
  return addConnectionFlags(command);
}

async function remove(command: Command, address: string, options: RemoveOptions): Promise<void> {
  const { recursive, bucket: withBucket, force } = options;
  const { bucket, key } = recursive || withBucket ? parseOssUrl(address) : parseObjectUrl(address);
  if (withBucket && key !== '') throw new UsageError(`-b deletes a bucket, and "${address}" names an object`);
  if ((recursive || withBucket) && !force) await askFirst(bucket, key, options);

  const client = await connect(command);
  if (recursive) {
    let count = 0;
    for await (const { objects } of client.listObjects(bucket, { prefix: key })) {
      await client.deleteObjects(
        bucket,
        objects.map((object) => object.key),
      );
      count += objects.length;
    }
    console.error(count === 1 ? '1 object deleted.' : `${count} objects deleted.`);
  } else if (!withBucket) {
    await client.deleteObject(bucket, key);
  }
  if (withBucket) await client.deleteBucket(bucket);
}

/** @throws UsageError when there is nobody to ask, CommandError when the answer is no */
async function askFirst(
  bucket: string,
  key: string,
  { recursive, bucket: withBucket }: RemoveOptions,
): Promise<void> {
  const what = [
    recursive ? `everything below ${writeOssUrl(bucket, key)}` : '',
    withBucket ? `the bucket ${bucket}` : '',
  ];
  const question = `Delete ${what.filter((part) => part !== '').join(' and ')}?`;
  if (!process.stdin.isTTY) throw new UsageError(`${question} Nobody is there to ask: -f says yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('nothing was deleted');
}
