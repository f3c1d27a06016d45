// The null engine: our server in full, digests included, over engines that keep nothing. What is left of a request when storage costs
// nothing: the difference to it is the price of storing.

import path from 'node:path';
import { ossRequests } from '../load/oss-requests.ts';
import { startChildServer } from './child-server.ts';
import type { Peer } from './peer.ts';
import { accessKey, bucket } from './postern.ts';

const entry = path.join(import.meta.dirname, 'null-engine-server.ts');
const host = '127.0.0.1';

export const nullEngine: Peer = {
  name: 'null',
  title: 'The null engine: all of Postern (MD5 and CRC-64 too) but keeping the bytes',
  keepsNothing: true,
  async start(folder) {
    const server = await startChildServer({
      command: process.execPath,
      args: [entry],
      logFile: path.join(folder, 'server.log'),
      ready: /^listening on (\d+)$/m,
    });
    return { ...server, host, requests: ossRequests({ host, port: server.port, bucket, ...accessKey }) };
  },
};
