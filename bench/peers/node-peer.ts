// A peer that is a script of ours, run by the Node that runs the bench: what it says when it listens, and which requests it takes.

import path from 'node:path';
import { ossRequests } from '../load/oss-requests.ts';
import { startChildServer } from './child-server.ts';
import type { Peer } from './peer.ts';
import { accessKey, bucket } from './postern.ts';

const host = '127.0.0.1';

/** @param script in this folder; it gets its folder and `args` as arguments and writes `listening on PORT` */
export function nodePeer(facts: Omit<Peer, 'start'>, script: string, args: readonly string[] = []): Peer {
  return {
    ...facts,
    async start(folder) {
      const server = await startChildServer({
        command: process.execPath,
        args: [path.join(import.meta.dirname, script), folder, ...args],
        logFile: path.join(folder, 'server.log'),
        ready: /^listening on (\d+)$/m,
      });
      return { ...server, host, requests: ossRequests({ host, port: server.port, bucket, ...accessKey }) };
    },
  };
}
