// The null engine: our server in full, digests included, over engines that keep nothing. What is left of a request when storage costs
// nothing: the difference to it is the price of storing.

import { nodePeer } from './node-peer.ts';

export const nullEngine = nodePeer(
  {
    name: 'null',
    title: 'The null engine: all of Postern, MD5 and CRC-64 too, but keeping the bytes',
    keepsNothing: true,
  },
  'null-engine-server.ts',
);
