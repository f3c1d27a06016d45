// `npm run torture`: breaks the server in every way that a machine or a stranger can, and looks whether it keeps its promises.
//
//   npm run torture -- [--suite NAME]… [--minutes N] [--rounds N] [--seed N]
//
// --suite     crash, power-cut, disk-full, fault, fuzz; all of them when none is named
// --minutes   for all suites together (default 10)
// --rounds    instead of the time: how many kills, cuts, fills, runs or forms each suite makes
// --seed      the plan of an earlier run, which printed it
//
// Exit code 0: every promise was kept; 1: one was broken, and it says which; 2: the command line is wrong. A suite that this machine does not
// allow says so; with TEST_NO_SKIPS=1 that is a 1.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { crashSuite } from './crash/crash-suite.ts';
import { diskFullSuite } from './disk/disk-full-suite.ts';
import { powerCutSuite } from './disk/power-cut-suite.ts';
import { faultSuite } from './fault-suite.ts';
import { fuzzSuite } from './fuzz/fuzz-suite.ts';
import type { Outcome, Suite } from './suite.ts';

/** Each with its share of the time. */
const suites: Readonly<Record<string, { readonly run: Suite; readonly share: number }>> = {
  crash: { run: crashSuite, share: 5 },
  'power-cut': { run: powerCutSuite, share: 2 },
  'disk-full': { run: diskFullSuite, share: 1 },
  fault: { run: faultSuite, share: 1 },
  fuzz: { run: fuzzSuite, share: 3 },
};

const maySkipNothing = process.env.TEST_NO_SKIPS === '1';

/** Between two lines of progress. */
const progressEveryMs = 5_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    console.error(`torture: ${options}`);
    return 2;
  }
  const { names, seed, minutes, rounds } = options;
  console.log(`seed ${seed} (replay: npm run torture -- --seed ${seed})`);
  let isBroken = false;
  const sharesOf = (some: readonly string[]) =>
    some.reduce((sum, name) => sum + (suites[name]?.share ?? 0), 0);
  const endsAtMs = Date.now() + minutes * 60_000;
  for (const [at, name] of names.entries()) {
    const suite = suites[name] as (typeof suites)[string];
    const leftMs = Math.max(0, endsAtMs - Date.now());
    const untilMs = Date.now() + (leftMs * suite.share) / sharesOf(names.slice(at));
    const startedMs = Date.now();
    console.log(`${name}: ${rounds === undefined ? formatSeconds(untilMs - startedMs) : `${rounds} rounds`}`);
    const outcome = await suite.run({ seed, untilMs, rounds, tellProgress: progressOf(name) });
    tell(name, outcome, Date.now() - startedMs);
    isBroken ||= outcome.violations.length > 0 || (outcome.skipped !== undefined && maySkipNothing);
  }
  return isBroken ? 1 : 0;
}

/** @returns what is wrong with the command line, or what it says */
function readOptions() {
  const number = { type: 'string' } as const;
  const options = {
    suite: { type: 'string', multiple: true },
    seed: number,
    minutes: number,
    rounds: number,
  } as const;
  let given: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    given = parseArgs({ options }).values;
  } catch (error) {
    return (error as Error).message;
  }
  const names = given.suite ?? Object.keys(suites);
  const unknown = names.find((name) => !Object.hasOwn(suites, name));
  if (unknown !== undefined) return `there is no suite ${unknown}, only ${Object.keys(suites).join(', ')}`;
  const seed = Number(given.seed ?? randomInt(2 ** 31));
  const minutes = Number(given.minutes ?? 10);
  const rounds = given.rounds === undefined ? undefined : Number(given.rounds);
  if (!Number.isSafeInteger(seed) || seed < 0) return '--seed takes a whole number';
  if (!(minutes > 0)) return '--minutes takes a number above 0';
  if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0))
    return '--rounds takes a whole number above 0';
  return { names, seed, minutes, rounds };
}

function progressOf(name: string): (progress: string) => void {
  let toldMs = Date.now();
  return (progress) => {
    if (Date.now() - toldMs < progressEveryMs) return;
    toldMs = Date.now();
    console.log(`  ${name}: ${progress}`);
  };
}

function tell(name: string, { summary, violations, skipped }: Outcome, tookMs: number): void {
  const verdict = skipped !== undefined ? `not run: ${skipped}` : `${violations.length} violations`;
  console.log(`${name}: ${verdict}, ${formatSeconds(tookMs)}`);
  for (const line of summary) console.log(`  ${line}`);
  for (const violation of violations) console.error(`  VIOLATION ${violation}`);
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
