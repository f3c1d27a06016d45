// The child process of the crash suite: a server over a data directory, whose superseded bodies leave the disk at once, so that the
// garbage collector is killed as often as everything else, and where all are read again all the time: one that is damaged ends it.
// Tells its parent where it listens.
//
//   node served.ts DATA_DIR THREADS

import { writeSync } from 'node:fs';
import { damagedObjectMessage, startServer } from '@postern/server';
import { buckets, servedKey, servedSegmentBytes } from './names.ts';

const [dataDir = '', threads] = process.argv.slice(2);

const { endpoint, allListening } = await startServer({
  port: 0,
  threads: Number(threads),
  dataDir,
  buckets,
  accessKeys: [servedKey],
  callbackAllowPrivate: true,
  // The disks of these suites are smaller than what a server keeps free; how full they get is the very subject.
  freeBytesMin: 0,
  // What a thread has found another one must not remove before it has been opened.
  garbage: { graceMs: threads === '1' ? 0 : 100, everyMs: 30 },
  segmentBytes: servedSegmentBytes,
  log: { pretty: false, level: 'error', destination: { write: endIfDamaged } },
  scrub: { roundMs: 0, bytesPerSecond: 8 * 1024 ** 2 },
});
await allListening;
process.stdout.write(`${endpoint}\n`);

function endIfDamaged(line: string): void {
  if (!line.includes(damagedObjectMessage)) return;
  writeSync(process.stderr.fd, line);
  process.exit(1);
}
