// The load generator's own process: one job in, one result out, until its parent goes.

import { generateLoad } from './generate-load.ts';
import type { LoadJob } from './load-job.ts';

process.on('message', async (job: LoadJob) => {
  try {
    process.send?.({ kind: 'done', result: await generateLoad(job) });
  } catch (error) {
    process.send?.({ kind: 'failed', message: (error as Error).message });
  }
});
process.on('disconnect', () => process.exit());
