// What the user guide compares the form upload with: the browser sends the file to the application's server, which takes it apart with
// multer, on disk or in memory, and passes it on to storage. Storage is nginx by WebDAV here, the fastest there is among the peers.

import { findNginxObstacle } from './nginx.ts';
import { nodePeer } from './node-peer.ts';
import { installNpmPeers } from './npm-peers.ts';

const findObstacle = async () => installNpmPeers() ?? (await findNginxObstacle());

export const relayDisk = nodePeer(
  { name: 'relay-disk', title: 'Relay: multer on disk, then PUT to nginx', findObstacle },
  'relay-server.ts',
  ['disk'],
);

export const relayMemory = nodePeer(
  { name: 'relay-memory', title: 'Relay: multer in memory, then PUT to nginx', findObstacle },
  'relay-server.ts',
  ['memory'],
);
