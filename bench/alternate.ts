// How a case is measured: every contender is started and warmed up, and then they take turns, A B C A B C, so that whatever else the
// machine does meets all of them alike.

import type { Bench } from './bench-run.ts';
import type { CaseResult, ContenderResult, Figures } from './figures.ts';
import { watchStolenTime } from './process-meter.ts';

/** When a virtual machine's host gives more of the time to others than this, a turn says more of them than of the server. */
export const stolenShareMax = 0.05;
/** Such turns are taken again, so often for each contender of a case: where it is always so, a run is to end all the same. */
const repeatsMax = 3;

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
  const running: { readonly entrant: Entrant; readonly side: Side; readonly turns: Turn[] }[] = [];
  const contenders: ContenderResult[] = [];
  const roundCount = rounds ?? bench.rounds;
  try {
    for (const entrant of entrants.filter((each) => takesPart(each, bench))) {
      bench.tell(`${entrant.name} starts`);
      const side = await entrant.start(bench);
      if (typeof side === 'string') contenders.push(absent(entrant, side));
      else running.push({ entrant, side, turns: [] });
    }
    for (const { entrant, side } of running) {
      bench.tell(`${entrant.name} warms up`);
      await side.warmUp();
    }
    for (let round = 1; round <= roundCount; round++) {
      for (const { entrant, side, turns } of running) {
        bench.tell(`round ${round} of ${roundCount}: ${entrant.name}`);
        const repeated = turns.reduce((sum, { repeats }) => sum + repeats, 0);
        turns.push(await takeTurn(side, repeatsMax - repeated));
      }
    }
  } finally {
    for (const { side } of running) await side.stop();
  }
  const present = running.map(({ entrant: { name, title }, side, turns }) => ({
    ...{ name, title },
    rounds: turns.map(({ figures }) => figures),
    stolenShares: turns.map(({ stolenShare }) => stolenShare),
    ...side.tally,
  }));
  return { name, title, contenders: [...present, ...contenders] };
}

interface Turn {
  readonly figures: Figures;
  readonly stolenShare: number;
  readonly repeats: number;
}

/** The least disturbed of several, where the first was disturbed too much: what the server did in it plays no part in the choice. */
export async function takeTurn(
  side: Pick<Side, 'measure'>,
  repeatsLeft: number,
  watch = watchStolenTime,
): Promise<Turn> {
  const readStolenShare = watch();
  const figures = await side.measure();
  const stolenShare = readStolenShare();
  if (stolenShare <= stolenShareMax || repeatsLeft === 0) return { figures, stolenShare, repeats: 0 };
  const other = await takeTurn(side, repeatsLeft - 1, watch);
  const repeats = other.repeats + 1;
  return other.stolenShare < stolenShare ? { ...other, repeats } : { figures, stolenShare, repeats };
}

function takesPart({ peer, isFullOnly }: Entrant, { peers, isQuick }: Bench): boolean {
  if (isQuick && isFullOnly) return false;
  return peer === undefined || peers === undefined || peers.has(peer);
}

function absent({ name, title }: Entrant, obstacle: string): ContenderResult {
  return { name, title, obstacle, rounds: [], stolenShares: [], succeeded: 0, failed: 0 };
}
