// The child process of the crash suite: a server over a data directory, whose superseded bodies leave the disk at once, so that the
// garbage collector is killed as often as everything else, and where all are read again all the time: one that is damaged ends it.
// Tells its parent where it listens.
//
//   node served.ts DATA_DIR

import { writeSync } from 'node:fs';
import { damagedObjectMessage, startServer } from '@postern/server';
import { buckets, servedKey, servedSegmentBytes } from './names.ts';

const [dataDir = ''] = process.argv.slice(2);

const { endpoint } = await startServer({
  port: 0,
  dataDir,
  buckets,
  accessKeys: [servedKey],
  callbackAllowPrivate: true,
  // The disks of these suites are smaller than what a server keeps free; how full they get is the very subject.
  freeBytesMin: 0,
  garbage: { graceMs: 0, everyMs: 30 },
  segmentBytes: servedSegmentBytes,
  log: { pretty: false, level: 'error', destination: { write: endIfDamaged } },
  scrub: { roundMs: 0, bytesPerSecond: 8 * 1024 ** 2 },
});
process.stdout.write(`${endpoint}\n`);

function endIfDamaged(line: string): void {
  if (!line.includes(damagedObjectMessage)) return;
  writeSync(process.stderr.fd, line);
  process.exit(1);
}
