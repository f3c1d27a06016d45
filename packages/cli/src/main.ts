#!/usr/bin/env node
// The `postern` command: see command-line.ts. This file only has the compiled code of the last run used again, which halves the time to
// start. It is kept in the user's own cache folder: in a shared one, others could leave code there.

import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

// Where the folder cannot be written, Node starts as it would without.
enableCompileCache(path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'postern'));

const { runCommandLine } = await import('./command-line.ts');
// Not process.exit(): what was written to a pipe must arrive first.
process.exitCode = await runCommandLine(process.argv.slice(2));
