// `postern stat`: what the store knows of an object or a bucket.

import type { OssClient } from '@postern/sdk/client';
import { writeSize } from '@postern/sdk/sign';
import { Command } from 'commander';
import { addConnectionFlags, connect } from '../connection.ts';
import { parseOssUrl, showText } from '../oss-url.ts';

export function statCommand(): Command {
  const command = new Command('stat')
    .summary('Show what the store knows of an object or a bucket')
    .description('Show what the store knows of an object or a bucket.')
    .argument('<address>', 'oss://bucket or oss://bucket/key')
    .addHelpText('after', '\nExamples:\n  $ postern stat oss://demo/photo.jpg\n  $ postern stat oss://demo')
    .action(async (address: string) => {
      const { bucket, key } = parseOssUrl(address);
      const client = await connect(command);
      const facts =
        key === '' ? await describeBucket(client, bucket) : await describeObject(client, bucket, key);
      const width = Math.max(...facts.map(([name]) => name.length));
      for (const [name, value] of facts) console.log(`${name.padEnd(width)}  ${showText(value)}`);
    });
  return addConnectionFlags(command);
}

type Fact = readonly [name: string, value: string];

async function describeBucket(client: OssClient, bucket: string): Promise<Fact[]> {
  const info = await client.getBucketInfo(bucket);
  const facts: Fact[] = [
    ['Name', info.name],
    ['ACL', info.acl],
    ['Created', writeIso(info.createdAtMs)],
    ['Owner', info.owner],
    ['Location', info.location],
    ['Endpoint', info.extranetEndpoint],
    ['Storage class', info.storageClass],
    ['Versioning', info.versioning],
  ];
  return facts.filter(([, value]) => value !== '');
}

/** Headers that say something of the answer and nothing of the object. */
const answerHeaders = [
  'accept-ranges',
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'vary',
  'x-content-type-options',
  'x-oss-request-id',
  'x-oss-server-time',
];

async function describeObject(client: OssClient, bucket: string, key: string): Promise<Fact[]> {
  const { size, headers } = await client.headObject(bucket, key);
  const named = [...headers].filter(([name]) => !answerHeaders.includes(name));
  return [['size', `${size} (${writeSize(size)})`], ...named.sort()];
}

function writeIso(timeMs: number): string {
  return Number.isNaN(timeMs) ? '' : new Date(timeMs).toISOString();
}
