// `postern mb`: make a bucket.

import { Command, Option } from 'commander';
import { addConnectionFlags, connect } from '../connection.ts';
import { parseBucketUrl } from '../oss-url.ts';

export function mbCommand(): Command {
  const command = new Command('mb')
    .summary('Make a bucket')
    .description('Make a bucket. One of your own that exists already is left as it is, but for its ACL.')
    .argument('<address>', 'oss://bucket')
    .addOption(
      new Option('--acl <acl>', 'who may use it without a signature').choices([
        'private',
        'public-read',
        'public-read-write',
      ]),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ postern mb oss://uploads\n  $ postern mb oss://site --acl public-read',
    )
    .action(async (address: string, options: { acl?: string }) => {
      const bucket = parseBucketUrl(address);
      const client = await connect(command);
      await client.createBucket(bucket, options);
    });
  return addConnectionFlags(command);
}
