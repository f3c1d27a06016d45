// How long it takes to start: a process until it says that it listens, a server in the process of a test, and a store with ten million
// keys, closed in order or killed.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { alternate, type Entrant } from '../alternate.ts';
import type { Bench, Case } from '../bench-run.ts';
import { copyFilledStore } from '../filled-store.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import { ossRequests } from '../load/oss-requests.ts';
import { endWithUs } from '../peers/child-server.ts';
import { accessKey, bucket, serveArguments, serveEnvironment } from '../peers/postern.ts';
import { peakMemoryBytes } from '../process-meter.ts';
import { manyKeys } from './reads.ts';

const host = '127.0.0.1';
const memoryServer = path.resolve(import.meta.dirname, '../peers/memory-server.ts');

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly startMs: number;
  readonly line: RegExpExecArray;
}

/** @param ready the line that it writes when it is ready */
async function startTimed(args: readonly string[], ready: RegExp): Promise<Started> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...serveEnvironment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithUs(child);
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
    said += piece;
    const line = ready.exec(said);
    if (line === null) continue;
    child.stdout.resume();
    return { child, startMs: performance.now() - startedMs, line };
  }
  throw new Error(`${args.join(' ')} ended before it listened: ${said}`);
}

async function end({ child }: Started, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

const serveReady = /^Objects and forms: http:\/\/[^:]+:(\d+)$/m;

/** Every turn is one start. */
function entrant(
  facts: Omit<Entrant, 'start'>,
  start: (bench: Bench) => Promise<() => Promise<{ startMs: number; peakMegabytes: number }>>,
): Entrant {
  return {
    ...facts,
    async start(bench) {
      const measureOnce = await start(bench);
      let succeeded = 0;
      return {
        warmUp: async () => void (await measureOnce()),
        async measure() {
          const figures = await measureOnce();
          succeeded++;
          return figures;
        },
        get tally() {
          return { succeeded, failed: 0 };
        },
        stop: async () => {},
      };
    },
  };
}

async function timeAndEnd(started: Started, startMs = started.startMs) {
  const peakMegabytes = peakMemoryBytes([started.child.pid as number]) / 1e6;
  await end(started, 'SIGTERM');
  return { startMs, peakMegabytes };
}

const emptyStarts: readonly Entrant[] = [
  entrant(
    { name: 'serve', title: '`postern serve` with a new store, until it listens' },
    async (bench) => async () => {
      const args = serveArguments(path.join(bench.folders.make('start-empty'), 'data'));
      return timeAndEnd(await startTimed(args, serveReady));
    },
  ),
  entrant(
    { name: 'memory', title: 'startServer({ memory: true }) in a process that has imported it' },
    async () => async () => {
      const started = await startTimed([memoryServer], /^started in ([\d.]+)$/m);
      return timeAndEnd(started, Number(started.line[1]));
    },
  ),
  entrant(
    { name: 'node', title: 'Node alone, until it has written a line' },
    async () => async () =>
      timeAndEnd(
        await startTimed(['--eval', 'console.log("ready");setInterval(() => {}, 1000)'], /^ready$/m),
      ),
  ),
];

const fullStarts: readonly Entrant[] = [
  entrant(
    { name: 'closed', title: '`postern serve` over 10 million keys, closed in order' },
    async (bench) => {
      const dataDir = await copyFilledStore(
        manyKeys('10m'),
        bench,
        path.join(bench.folders.make('closed'), 'data'),
      );
      return async () => timeAndEnd(await startTimed(serveArguments(dataDir), serveReady));
    },
  ),
  entrant({ name: 'killed', title: 'The same, killed in the middle of uploads' }, async (bench) => {
    const dataDir = await copyFilledStore(
      manyKeys('10m'),
      bench,
      path.join(bench.folders.make('killed'), 'data'),
    );
    let firstNumber = 0;
    return async () => {
      firstNumber = await killUnderLoad(dataDir, firstNumber);
      return timeAndEnd(await startTimed(serveArguments(dataDir), serveReady));
    };
  }),
];

const killAfterMs = 2000;
/** More than can have been used. */
const numbersPerKill = 1_000_000;

/** @returns the first number that was not used */
async function killUnderLoad(dataDir: string, firstNumber: number): Promise<number> {
  const started = await startTimed(serveArguments(dataDir), serveReady);
  const port = Number(started.line[1]);
  const generator = new LoadGenerator();
  const plan = ossRequests({ host, port, bucket, ...accessKey }).upload({ bytes: 4096 });
  const load = generator.run({
    ...{ host, port, plan, firstNumber, isHead: false, connections: 64 },
    durationMs: 2 * killAfterMs,
    requestsMax: Number.POSITIVE_INFINITY,
  });
  await sleep(killAfterMs);
  await end(started, 'SIGKILL');
  generator.close();
  // It cannot have come to its end.
  await load.catch(() => {});
  return firstNumber + numbersPerKill;
}

export const startCases: readonly Case[] = [
  {
    name: 'start-empty',
    title: 'Starting with nothing stored',
    isQuick: true,
    run: (bench) =>
      alternate({ name: 'start-empty', title: 'Starting with nothing stored' }, emptyStarts, bench),
  },
  {
    name: 'start-10m',
    title: 'Starting with ten million keys',
    isQuick: false,
    run: (bench) =>
      alternate({ name: 'start-10m', title: 'Starting with ten million keys' }, fullStarts, bench),
  },
];
