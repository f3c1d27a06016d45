// How a case is measured: every contender is started and warmed up, and then they take turns, A B C A B C, so that whatever else the
// machine does meets all of them alike.

import type { Bench } from './bench-run.ts';
import type { CaseResult, ContenderResult, Figures } from './figures.ts';

/** One server, or one way to use it, that a case measures. */
export interface Entrant {
  readonly name: string;
  readonly title: string;
  /** The peer that `--peer` names, when it has one. */
  readonly peer?: string;
  /** Left out by `--quick`. */
  readonly isFullOnly?: boolean;
  /** @returns a sentence when it cannot take part */
  start(bench: Bench): Promise<Side | string>;
}

/** A contender that is ready to be measured. */
export interface Side {
  warmUp(): Promise<void>;
  /** One turn. */
  measure(): Promise<Figures>;
  readonly tally: Tally;
  stop(): Promise<void>;
}

/** What went through so far. */
export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  readonly firstFailure?: string | undefined;
  readonly generatorShare?: number | undefined;
}

export async function alternate(
  { name, title, rounds }: { readonly name: string; readonly title: string; readonly rounds?: number },
  entrants: readonly Entrant[],
  bench: Bench,
): Promise<CaseResult> {
  const running: { readonly entrant: Entrant; readonly side: Side; readonly rounds: Figures[] }[] = [];
  const contenders: ContenderResult[] = [];
  const roundCount = rounds ?? bench.rounds;
  try {
    for (const entrant of entrants.filter((each) => takesPart(each, bench))) {
      bench.tell(`${entrant.name} starts`);
      const side = await entrant.start(bench);
      if (typeof side === 'string') contenders.push(absent(entrant, side));
      else running.push({ entrant, side, rounds: [] });
    }
    for (const { entrant, side } of running) {
      bench.tell(`${entrant.name} warms up`);
      await side.warmUp();
    }
    for (let round = 1; round <= roundCount; round++) {
      for (const { entrant, side, rounds: measured } of running) {
        bench.tell(`round ${round} of ${roundCount}: ${entrant.name}`);
        measured.push(await side.measure());
      }
    }
  } finally {
    for (const { side } of running) await side.stop();
  }
  const present = running.map(({ entrant, side, rounds: measured }) => ({
    ...{ name: entrant.name, title: entrant.title, rounds: measured },
    ...side.tally,
  }));
  return { name, title, contenders: [...present, ...contenders] };
}

function takesPart({ peer, isFullOnly }: Entrant, { peers, isQuick }: Bench): boolean {
  if (isQuick && isFullOnly) return false;
  return peer === undefined || peers === undefined || peers.has(peer);
}

function absent({ name, title }: Entrant, obstacle: string): ContenderResult {
  return { name, title, obstacle, rounds: [], succeeded: 0, failed: 0 };
}
