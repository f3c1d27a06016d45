// The child process of the crash suite: a server over a data directory, whose superseded bodies leave the disk at once, so that the
// garbage collector is killed as often as everything else. Tells its parent where it listens.
//
//   node served.ts DATA_DIR

import { startServer } from '@postern/server';
import { plainBucket, servedKey, versionedBucket } from './names.ts';

const [dataDir = ''] = process.argv.slice(2);

const { endpoint } = await startServer({
  port: 0,
  dataDir,
  buckets: [plainBucket, versionedBucket],
  accessKeys: [servedKey],
  callbackAllowPrivate: true,
  // The disks of these suites are smaller than what a server keeps free; how full they get is the very subject.
  freeBytesMin: 0,
  garbage: { graceMs: 0, everyMs: 30 },
});
process.stdout.write(`${endpoint}\n`);
