// What a case needs to run: how long and how often to measure, folders on the disk that is measured, and somewhere to tell how far it is.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { CaseResult } from './figures.ts';

export interface Bench {
  readonly rounds: number;
  /** Of one contender's load in one round. */
  readonly burstMs: number;
  /** Before the first round: compilers and caches settle. */
  readonly warmUpMs: number;
  /** How much one burst may write to disk. */
  readonly burstBytesMax: number;
  /** Peers that take part; undefined: all. */
  readonly peers: ReadonlySet<string> | undefined;
  readonly folders: BenchFolders;
  readonly tell: (progress: string) => void;
}

export interface Case {
  readonly name: string;
  readonly title: string;
  /** Part of `--quick`. */
  readonly isQuick: boolean;
  run(bench: Bench): Promise<CaseResult>;
}

/**
 * Folders for one run. What a case has written stays until the end: file systems make new files much slower right after many were
 * deleted, and the next case would pay for it.
 */
export class BenchFolders {
  readonly #root: string;
  #count = 0;

  /** @param parent where the run makes its own folder */
  constructor(parent: string) {
    mkdirSync(parent, { recursive: true });
    this.#root = mkdtempSync(path.join(parent, 'postern-bench-'));
  }

  make(name: string): string {
    const folder = path.join(this.#root, `${++this.#count}-${name}`);
    mkdirSync(folder);
    return folder;
  }

  removeAll(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
