// The ceiling: node:http reading the request to its end and throwing it away, or serving bytes from memory. Nothing that is written for
// Node's own HTTP server can be faster.

import { nodePeer } from './node-peer.ts';

export const nodeHttp = nodePeer(
  {
    name: 'node-http',
    title: 'node:http alone, one thread: the body thrown away, or the same bytes from memory',
    keepsNothing: true,
  },
  'node-http-server.ts',
);
