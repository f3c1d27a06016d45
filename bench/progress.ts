// How far a run is: one line that is written over on a terminal; elsewhere a line for each case, and one now and then.

import type { WriteStream } from 'node:tty';

/** Where lines cannot be written over. */
const lineEveryMs = 10_000;

export interface Progress {
  startCase(name: string): void;
  tell(text: string): void;
  /** Before other output. */
  clear(): void;
}

export function createProgress(
  out: Pick<WriteStream, 'write' | 'isTTY' | 'columns'>,
  caseCount: number,
): Progress {
  let at = 0;
  let toldMs = 0;
  let heading = '';
  const clear = () => {
    if (out.isTTY) out.write('\r\x1b[K');
  };
  return {
    startCase(name) {
      heading = `[${++at}/${caseCount}] ${name}`;
      if (!out.isTTY) out.write(`${heading}\n`);
    },
    tell(text) {
      if (out.isTTY) {
        clear();
        out.write(`${heading}: ${text}`.slice(0, (out.columns ?? 80) - 1));
      } else if (performance.now() - toldMs > lineEveryMs) {
        toldMs = performance.now();
        out.write(`${heading}: ${text}\n`);
      }
    },
    clear,
  };
}
