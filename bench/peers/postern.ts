// The server itself, as operators run it: `postern serve` of the packages as they are published, over a folder on disk, with policies,
// access checks, and its log in a file.

import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseBucketName } from '@postern/protocol';
import { ossRequests } from '../load/oss-requests.ts';
import { startChildServer } from './child-server.ts';
import type { Peer } from './peer.ts';

export const bucket = parseBucketName('bench');
/** That take requests: as many as `postern serve` would choose by itself, on a machine of up to eight processors. */
export const threads = Math.min(availableParallelism(), 8);
export const accessKey = { accessKeyId: 'bench-key', accessKeySecret: 'secret-of-the-bench-key' };
const root = path.resolve(import.meta.dirname, '../..');
/** Apart from dist/, which somebody may be about to publish, and where it finds the packages of this repository, not those of the peers. */
const builtFolder = path.join(root, 'node_modules', '.cache', 'postern-bench');
const main = path.join(builtFolder, 'cli', 'node', 'main.js');
const host = '127.0.0.1';

/** The packages from this source; to be called before any case runs. @throws Error when it fails; it says why itself */
export function buildPostern(): void {
  const build = [path.join(root, 'scripts', 'build.ts'), builtFolder];
  execFileSync(process.execPath, build, { stdio: ['ignore', 'ignore', 'inherit'] });
}

export const serveArguments = (dataDir: string): string[] => [
  main,
  'serve',
  ...['--data-dir', dataDir, '--bucket', bucket, '--port', '0', '--admin-port', 'off', '--log', 'json'],
  ...['--threads', `${threads}`],
];

export const serveEnvironment = {
  POSTERN_ACCESS_KEY_ID: accessKey.accessKeyId,
  POSTERN_ACCESS_KEY_SECRET: accessKey.accessKeySecret,
};

export const postern: Peer = {
  name: 'postern',
  title: `Postern${threads > 1 ? `, ${threads} threads` : ''}: policy, permissions, digests, durable`,
  async start(folder, { environment, flags = [], dataDir = path.join(folder, 'data') } = {}) {
    const server = await startChildServer({
      command: process.execPath,
      args: [...serveArguments(dataDir), ...flags],
      environment: { ...serveEnvironment, ...environment },
      logFile: path.join(folder, 'server.log'),
      ready: /^Objects and forms: http:\/\/[^:]+:(\d+)$/m,
    });
    return { ...server, host, requests: ossRequests({ host, port: server.port, bucket, ...accessKey }) };
  },
};
