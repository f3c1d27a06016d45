// `npm run bench`: starts the server and its peers, gives them the same work in turns, and says what it cost each of them.
//
//   npm run bench -- [NAME…] [--quick] [--peer NAME]… [--rounds N] [--seconds S] [--data DIR] [--cache DIR]
//                    [--json FILE] [--svg FILE] [--docs] [--from FILE] [--list]
//
// NAME        a case, or how the names of several begin: form-4k-64, form, put-64k
// --quick     the main cases, or those named, in short rounds
// --peer      only these peers: postern, null, node-http, nginx, s3rver, relay-disk, relay-memory, ceph-rgw
// --rounds    how often each contender has its turn (3)
// --seconds   how long a turn lasts (2, quick 1)
// --data      a folder on the disk to measure on (default: the system's for temporary files)
// --cache     where filled stores are kept for the next run (default: the user's cache folder)
// --json      writes everything that was measured to this file
// --svg       draws the comparison of all peers
// --docs      writes docs/performance.md and its picture
// --from      reports on the JSON of an earlier run instead of measuring
// --list      says which cases there are
//
// Exit code 0: every case ran and every request succeeded, whatever the targets say; 1: not so; 2: the command line is wrong.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Bench, BenchFolders } from './bench-run.ts';
import { CASES } from './cases.ts';
import { type Asked, readCommandLine } from './command-line.ts';
import type { CaseResult } from './figures.ts';
import { describeMachine } from './machine.ts';
import { endChildren } from './peers/child-server.ts';
import { buildPostern } from './peers/postern.ts';
import { createProgress } from './progress.ts';
import { writeCase, writeTargets } from './report.ts';
import { judgeTargets } from './targets.ts';
import { PLOTTED, type Run, writePerformancePage } from './write-docs.ts';
import { writePlot } from './write-plot.ts';

const docsFolder = path.resolve(import.meta.dirname, '../docs');
const burstBytesMax = 1024 ** 3;

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = readCommandLine(process.argv.slice(2));
  if (typeof asked === 'string') return refuse(asked);
  if (asked.isListing) {
    for (const { name, title, isQuick } of CASES)
      console.log(`${name.padEnd(20)} ${isQuick ? 'quick' : '     '}  ${title}`);
    return 0;
  }
  if (asked.fromFile !== undefined) {
    const run = JSON.parse(readFileSync(asked.fromFile, 'utf8')) as Run;
    for (const result of run.results) console.log(`${writeCase(result)}\n`);
    writeOutcome(asked, { ...run, verdicts: judgeTargets(run.results) });
    return 0;
  }
  if (process.platform !== 'linux') return refuse('costs are read from /proc, which only Linux has');
  const startedAt = new Date().toISOString();
  const machine = describeMachine(asked.dataFolder);
  console.log(`${machine.join('\n')}\n`);
  const { results, failures } = await runCases(asked);
  const { isQuick } = asked;
  writeOutcome(asked, { startedAt, isQuick, machine, results, verdicts: judgeTargets(results) });
  for (const failure of failures) console.error(`bench: ${failure}`);
  return failures.length > 0 ? 1 : 0;
}

function refuse(sentence: string): number {
  console.error(`bench: ${sentence}`);
  return 2;
}

async function runCases(asked: Asked): Promise<{ results: CaseResult[]; failures: string[] }> {
  const { cases, dataFolder } = asked;
  const folders = new BenchFolders(dataFolder);
  const echo = folders.findEcho(Date.now());
  if (echo !== undefined) console.log(`${echo}\n`);
  const progress = createProgress(process.stderr, cases.length);
  const bench: Bench = { ...asked, folders, burstBytesMax, tell: (text) => progress.tell(text) };
  cleanUpOnSignal(folders);
  bench.tell('the packages are built');
  buildPostern();
  const results: CaseResult[] = [];
  const failures: string[] = [];
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

function cleanUpOnSignal(folders: BenchFolders): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      // They would go on writing into the folders.
      await endChildren();
      folders.removeAll();
      process.exit(1);
    });
  }
}

function findFailures({ name, contenders }: CaseResult): string[] {
  return contenders
    .filter(({ failed }) => failed > 0)
    .map((contender) => `${name}: ${contender.failed} requests to ${contender.name} failed`);
}

function writeOutcome({ jsonFile, svgFile, isForDocs }: Asked, run: Run): void {
  if (run.verdicts.length > 0) console.log(writeTargets(run.verdicts));
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(run, null, 1)}\n`);
  const plotted = run.results.filter(({ name }) => PLOTTED.includes(name));
  if (svgFile !== undefined) writeFileSync(svgFile, writePlot(plotted));
  if (!isForDocs) return;
  writeFileSync(path.join(docsFolder, 'performance.md'), writePerformancePage(run));
  writeFileSync(path.join(docsFolder, 'performance.svg'), writePlot(plotted));
}
