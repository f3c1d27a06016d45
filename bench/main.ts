// `npm run bench`: starts the server and its peers, gives them the same work in turns, and says what it cost each of them.
//
//   npm run bench -- [NAME…] [--quick] [--peer NAME]… [--rounds N] [--seconds S] [--data DIR] [--cache DIR]
//                [--json FILE]
//
// NAME        a case, or how the names of several begin: form-4k-64, form, put-64k
// --quick     the main cases, or those named, in shorter rounds
// --list      says which cases there are
// --peer      only these peers: postern, null, node-http …
// --rounds    how often each contender has its turn (5, quick 3)
// --seconds   how long one turn lasts (3, quick 1.5)
// --data      a folder on the disk to measure on (default: the system's for temporary files)
// --cache     where filled stores are kept for the next run (default: the user's cache folder)
// --json      writes everything that was measured to this file
//
// Exit code 0: every case ran and every request succeeded, whatever the targets say; 1: not so; 2: the command line is wrong.

import { writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench, BenchFolders, type Case } from './bench-run.ts';
import { CASES } from './cases.ts';
import type { CaseResult } from './figures.ts';
import { describeMachine } from './machine.ts';
import { endChildren } from './peers/child-server.ts';
import { createProgress } from './progress.ts';
import { writeCase, writeTargets } from './report.ts';
import { judgeTargets } from './targets.ts';

const burstBytesMax = 1024 ** 3;
const defaults = {
  full: { rounds: 5, seconds: 3, warmUpMs: 2000 },
  quick: { rounds: 3, seconds: 1.5, warmUpMs: 1000 },
} as const;

const optionShapes = {
  quick: { type: 'boolean' },
  list: { type: 'boolean' },
  peer: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  data: { type: 'string' },
  cache: { type: 'string' },
  json: { type: 'string' },
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const given = readArguments();
  if (typeof given === 'string') {
    console.error(`bench: ${given}`);
    return 2;
  }
  const { cases, values } = given;
  if (values.list) {
    for (const { name, title, isQuick } of CASES)
      console.log(`${name.padEnd(20)} ${isQuick ? 'quick ' : '      '} ${title}`);
    return 0;
  }
  const machine = describeMachine(values.data ?? tmpdir());
  console.log(`${machine.join('\n')}\n`);
  const { results, failures } = await runCases(cases, given);
  const verdicts = judgeTargets(results);
  if (verdicts.length > 0) console.log(writeTargets(verdicts));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, results, verdicts }, null, 1)}\n`);
  for (const failure of failures) console.error(`bench: ${failure}`);
  return failures.length > 0 ? 1 : 0;
}

async function runCases(
  cases: readonly Case[],
  { values, rounds, seconds, warmUpMs }: Exclude<ReturnType<typeof readArguments>, string>,
): Promise<{ results: CaseResult[]; failures: string[] }> {
  const folders = new BenchFolders(values.data ?? tmpdir());
  const echo = folders.findEcho(Date.now());
  if (echo !== undefined) console.log(`${echo}\n`);
  const progress = createProgress(process.stderr, cases.length);
  const bench: Bench = {
    ...{ rounds, burstMs: seconds * 1000, warmUpMs, burstBytesMax, folders },
    isQuick: values.quick ?? false,
    cacheFolder: values.cache ?? defaultCacheFolder(),
    peers: values.peer && new Set(values.peer),
    tell: (text) => progress.tell(text),
  };
  const results: CaseResult[] = [];
  const failures: string[] = [];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      // They would go on writing into the folders.
      await endChildren();
      folders.removeAll();
      process.exit(1);
    });
  }
  try {
    for (const { name, run } of cases) {
      progress.startCase(name);
      try {
        const result = await run(bench);
        results.push(result);
        progress.clear();
        console.log(`${writeCase(result)}\n`);
        failures.push(...findFailures(result));
      } catch (error) {
        progress.clear();
        failures.push(`${name}: ${(error as Error).stack}`);
      }
    }
  } finally {
    progress.clear();
    folders.removeAll();
  }
  return { results, failures };
}

function findFailures({ name, contenders }: CaseResult): string[] {
  return contenders
    .filter(({ failed }) => failed > 0)
    .map((contender) => `${name}: ${contender.failed} requests to ${contender.name} failed`);
}

/** @returns what is wrong with the command line, or what it says */
function readArguments() {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof optionShapes; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ options: optionShapes, allowPositionals: true });
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  const unknown = positionals.find((asked) => !CASES.some(({ name }) => isNamed(name, asked)));
  if (unknown !== undefined) return `there is no case ${unknown}; --list says which there are`;
  const cases = CASES.filter(({ name, isQuick }) =>
    positionals.length > 0 ? positionals.some((asked) => isNamed(name, asked)) : isQuick || !values.quick,
  );
  const times = defaults[values.quick ? 'quick' : 'full'];
  const rounds = Number(values.rounds ?? times.rounds);
  const seconds = Number(values.seconds ?? times.seconds);
  if (!(Number.isSafeInteger(rounds) && rounds > 0)) return '--rounds takes a whole number above 0';
  if (!(seconds > 0)) return '--seconds takes a number above 0';
  if (process.platform !== 'linux') return 'costs are read from /proc, which only Linux has';
  return { cases, values, rounds, seconds, warmUpMs: Math.min(times.warmUpMs, seconds * 1000) };
}

function defaultCacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'postern-bench');
}

function isNamed(name: string, asked: string): boolean {
  return name === asked || name.startsWith(`${asked}-`);
}
