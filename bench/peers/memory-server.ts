// The process that times `startServer({ memory: true })`, as a test suite would call it.

import { startServer } from '@postern/server';

const startedMs = performance.now();
const server = await startServer({ port: 0, memory: true, buckets: ['bench'] });
console.log(`started in ${performance.now() - startedMs}`);
process.once('SIGTERM', () => void server.close(0));
