// s3rver: the object store in Node that most tests of browser uploads have used. It takes the same forms, and checks nothing of them.

import { nodePeer } from './node-peer.ts';
import { installNpmPeers } from './npm-peers.ts';

export const s3rver = nodePeer(
  {
    name: 's3rver',
    title: 's3rver: form posts that nobody checks, nothing flushed',
    findObstacle: async () => installNpmPeers(),
  },
  's3rver-server.ts',
);
