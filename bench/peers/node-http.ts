// The ceiling: node:http reading the request to its end and throwing it away, or serving bytes from memory. Nothing that is written for
// Node's own HTTP server can be faster.

import path from 'node:path';
import { ossRequests } from '../load/oss-requests.ts';
import { startChildServer } from './child-server.ts';
import type { Peer } from './peer.ts';
import { accessKey, bucket } from './postern.ts';

const entry = path.join(import.meta.dirname, 'node-http-server.ts');
const host = '127.0.0.1';

export const nodeHttp: Peer = {
  name: 'node-http',
  title: 'node:http alone: the body thrown away, or the same bytes from memory',
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
