// What `postern dev` says when it has started: where everything is, the key, and lines to copy.

import { createPostForm } from '@postern/sdk/sign';
import type { AccessKeyPair } from '../access-key-file.ts';
import { endpointDefault } from '../connection.ts';

export interface WelcomeFacts {
  readonly endpoint: string;
  readonly adminEndpoint: string | undefined;
  readonly uploadPage: string | undefined;
  readonly accessKey: AccessKeyPair;
  readonly bucket: string;
  /** The data folder; undefined when nothing is kept. */
  readonly storedIn: string | undefined;
  readonly leniencies: readonly string[];
  readonly nowMs: number;
}

export function writeWelcome(facts: WelcomeFacts): string {
  const { endpoint, adminEndpoint, uploadPage, accessKey, bucket, storedIn, leniencies } = facts;
  return `
  Postern is ready (development server)

  Upload page         ${uploadPage ?? 'off (--admin-port off)'}
  Objects and forms   ${endpoint}
  Admin port          ${adminEndpoint ?? 'off'}
  Bucket              ${bucket}, readable by anybody
  Access key id       ${accessKey.accessKeyId}
  Access key secret   ${accessKey.accessKeySecret}
  Stored in           ${storedIn ?? 'memory, until this stops'}

  Upload with curl, by a form that works for a day:
${indent(writeCurl(facts))}

  With ali-oss:
${indent(writeAliOss(facts))}

  With this command:
    postern form --bucket=${bucket} --endpoint=${new URL(endpoint).host} --id=${accessKey.accessKeyId} \\
      --key=${accessKey.accessKeySecret} --out=post.html
    postern cp README.md oss://${bucket}/${endpoint === endpointDefault ? '' : ` -e ${endpoint}`}

${leniencies.map((sentence) => `  Note: ${sentence}`).join('\n')}
`;
}

function writeCurl({ endpoint, accessKey, bucket, nowMs }: WelcomeFacts): string {
  const { url, fields } = createPostForm({
    endpoint,
    bucket,
    credentials: accessKey,
    keyPrefix: 'uploads/',
    expiresIn: '24h',
    overwrite: true,
    nowMs,
  });
  const lines = Object.entries(fields).map(([name, value]) => `  -F '${name}=${value}' \\`);
  return [`curl ${url} \\`, ...lines, "  -F 'file=@README.md'"].join('\n');
}

function writeAliOss({ endpoint, accessKey, bucket }: WelcomeFacts): string {
  return `const client = new OSS({
  endpoint: '${endpoint}', bucket: '${bucket}',
  accessKeyId: '${accessKey.accessKeyId}', accessKeySecret: '${accessKey.accessKeySecret}',
});`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
