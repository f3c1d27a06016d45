// The process of s3rver.

import { createRequire } from 'node:module';
import path from 'node:path';
import { bucket } from './postern.ts';

interface S3rver {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

// Its types, and itself, are there only once the bench has installed it.
const load = createRequire(import.meta.url);
const Server = load('s3rver') as new (options: object) => S3rver;

const server = new Server({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory: path.join(process.argv[2] as string, 'data'),
  configureBuckets: [{ name: bucket }],
});
const { port } = await server.run();
console.log(`listening on ${port}`);
process.once('SIGTERM', () => process.exit());
