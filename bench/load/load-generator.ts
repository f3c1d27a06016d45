// The bench's end of the load generator's process. One process for a whole case: its code is compiled once, before anything is measured.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { LoadJob, LoadResult } from './load-job.ts';

const entry = path.join(import.meta.dirname, 'generator-process.ts');

type FromGenerator =
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly message: string };

export class LoadGenerator {
  readonly #process: ChildProcess = fork(entry, { serialization: 'advanced', execArgv: [] });

  /** One job at a time. @throws Error when no connection can be made or an answer cannot be read */
  async run(job: LoadJob): Promise<LoadResult> {
    const ended = new AbortController();
    const failed = once(this.#process, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`the load generator ended with ${code}`);
    });
    this.#process.send(job);
    try {
      const [told] = (await Promise.race([
        once(this.#process, 'message', { signal: ended.signal }),
        failed,
      ])) as [FromGenerator];
      if (told.kind === 'failed') throw new Error(`the load generator: ${told.message}`);
      return told.result;
    } finally {
      ended.abort();
      failed.catch(() => {});
    }
  }

  close(): void {
    this.#process.kill();
  }
}
