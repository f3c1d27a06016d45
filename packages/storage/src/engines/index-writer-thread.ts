// The thread that runs sqlite-writer.ts, and a head start for it: a thread takes as long to start as Node itself, and does so beside
// whatever the process loads meanwhile.

import path from 'node:path';
import { Worker } from 'node:worker_threads';

/** This file runs as it is, or compiled: so does the writer's beside it. */
const writerFile = new URL(`./sqlite-writer${path.extname(import.meta.url)}`, import.meta.url);

/** A thread that nobody has taken by then is not wanted. */
const keptMs = 10_000;

/** Started ahead, for the next store that is opened. */
let prepared: Worker | undefined;

/** For who may be about to open a store in a directory. A process that ends without having done so is not kept alive. */
export function prepareIndexWriter(): void {
  if (prepared) return;
  const thread = startThread();
  thread.unref();
  const forget = () => {
    if (prepared === thread) prepared = undefined;
  };
  // Nobody waits for it yet: the next one will fail too, and be asked why.
  thread.once('error', forget).once('exit', forget);
  const dismiss = () => {
    if (prepared === thread) void thread.terminate();
  };
  setTimeout(dismiss, keptMs).unref();
  prepared = thread;
}

/** The one that was prepared, or another. It waits to be told what to open. */
export function takeIndexWriter(): Worker {
  const thread = prepared ?? startThread();
  prepared = undefined;
  thread.ref();
  return thread;
}

function startThread(): Worker {
  // The flags of the process are not for its workers: `node --input-type=module --eval …` would start none.
  return new Worker(writerFile, { name: 'index-writer', execArgv: [] });
}
