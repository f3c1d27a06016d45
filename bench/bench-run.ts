// What a case needs to run: how long and how often to measure, folders on the disk that is measured, and somewhere to tell how far it is.

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CaseResult } from './figures.ts';

export interface Bench {
  readonly rounds: number;
  readonly isQuick: boolean;
  /** Of one contender's load in one round. */
  readonly burstMs: number;
  /** Of one turn before the first round, and how many of them there are at most: compilers and caches settle. */
  readonly warmUpMs: number;
  readonly warmUpTurnsMax: number;
  /** Where filled stores are kept from one run to the next. */
  readonly cacheFolder: string;
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

/** For so long after many files were deleted, ext4 may make new ones many times slower. */
const deletionEchoMs = 5 * 60_000;
/** Beside the folders of the runs: when the last one removed its own. */
const removalStamp = '.postern-bench-removed';

/**
 * Folders for one run. What a case has written stays until the end: file systems make new files much slower right after many were
 * deleted, and the next case would pay for it.
 */
export class BenchFolders {
  readonly #root: string;
  readonly #stamp: string;
  #count = 0;

  /** @param parent where the run makes its own folder */
  constructor(parent: string) {
    mkdirSync(parent, { recursive: true });
    this.#stamp = path.join(parent, removalStamp);
    this.#root = mkdtempSync(path.join(parent, 'postern-bench-'));
  }

  make(name: string): string {
    const folder = path.join(this.#root, `${++this.#count}-${name}`);
    mkdirSync(folder);
    return folder;
  }

  /** A sentence when an earlier run may make this one look slow. @param nowMs since the epoch */
  findEcho(nowMs: number): string | undefined {
    const removedMs = statSync(this.#stamp, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
    const seconds = Math.round((nowMs - removedMs) / 1000);
    if (seconds * 1000 > deletionEchoMs) return undefined;
    return `An earlier run removed its files ${seconds} s ago: whoever makes a file for each object may look slower than it is.`;
  }

  removeAll(): void {
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    writeFileSync(this.#stamp, '');
  }
}
