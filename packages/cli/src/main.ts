#!/usr/bin/env node
// The `postern` command: see command-line.ts. This file only sets up what must be there before any other code runs. The compiled code of
// the last run is used again, which halves the time to start; it is kept in the user's own cache folder, since in a shared one others
// could leave code.

import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

// Said in the environment too, where the thread that writes the index looks. Where the folder cannot be written, Node starts as it would
// without.
process.env.NODE_COMPILE_CACHE ||= path.join(
  process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
  'postern',
);
enableCompileCache(process.env.NODE_COMPILE_CACHE);

// Node's pool has four threads for all file operations, and each write to the disk holds one for as long as the disk takes: with sixteen,
// 64 clients uploaded 318 bodies of 64 KiB a second instead of 116 (busy machine). To be set before the pool's first operation.
process.env.UV_THREADPOOL_SIZE ||= '16';

// Whoever reads the output may have seen enough (`| head`) and closed it: then nothing is left to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const { runCommandLine } = await import('./command-line.ts');
// Not process.exit(): what was written to a pipe must arrive first.
process.exitCode = await runCommandLine(process.argv.slice(2));
