// A case that is a load: every contender is started, warmed up, and then they take turns, A B C A B C, with the same work from the same
// load generator.

import type { Bench, Case } from './bench-run.ts';
import type { CaseResult, ContenderResult, Figures } from './figures.ts';
import { LatencyHistogram } from './load/latency-histogram.ts';
import { LoadGenerator } from './load/load-generator.ts';
import type { LoadResult, RequestPlan } from './load/load-job.ts';
import type { Peer, RequestMaker, RunningPeer, StartOptions } from './peers/peer.ts';
import { peakMemoryBytes, processMicros } from './process-meter.ts';

export interface Contender {
  readonly peer: Peer;
  /** The peer's own unless several contenders of a case have the same peer. */
  readonly name?: string;
  readonly title?: string;
  readonly start?: StartOptions;
  /** Brings the folder into the state that the server is to find. */
  readonly fill?: (folder: string, bench: Bench) => Promise<void>;
  /** Instead of the case's own. */
  readonly plan?: (requests: RequestMaker) => RequestPlan | undefined;
}

export interface LoadCase {
  readonly name: string;
  readonly title: string;
  readonly isQuick?: boolean;
  readonly contenders: readonly Contender[];
  readonly connections: number;
  /** Of the file in each request, or in each answer. */
  readonly bytes: number;
  readonly plan: (requests: RequestMaker) => RequestPlan | undefined;
  /** Uploads to be there before, made by puts that are not measured. */
  readonly objectsBefore?: number;
  readonly isHead?: boolean;
  /** Of one burst, where time alone would be too much or too little. */
  readonly requestsPerBurst?: number;
}

/** When a burst is bounded by its requests alone. */
const unboundedMs = 10 * 60_000;
/** Connections of what fills a server before its case. */
const fillConnections = 16;

export function loadCase(load: LoadCase): Case {
  const { name, title, isQuick = false } = load;
  return { name, title, isQuick, run: (bench) => runLoadCase(load, bench) };
}

/** A contender whose server runs. */
interface Side {
  readonly contender: Contender;
  readonly name: string;
  readonly running: RunningPeer;
  readonly plan: RequestPlan;
  nextNumber: number;
  readonly rounds: Figures[];
  succeeded: number;
  failed: number;
  firstFailure: string | undefined;
  generatorMs: number;
  elapsedMs: number;
}

async function runLoadCase(load: LoadCase, bench: Bench): Promise<CaseResult> {
  const generator = new LoadGenerator();
  const sides: Side[] = [];
  const absent: ContenderResult[] = [];
  try {
    for (const contender of load.contenders) {
      const name = contender.name ?? contender.peer.name;
      if (bench.peers && !bench.peers.has(contender.peer.name)) continue;
      bench.tell(`${name} starts`);
      const side = await startSide(load, contender, name, bench, generator);
      if (typeof side !== 'string') sides.push(side);
      else absent.push({ ...resultBase(name, contender), obstacle: side });
    }
    for (const side of sides) {
      bench.tell(`${side.name} warms up`);
      await runBurst(load, side, bench, generator, bench.warmUpMs);
    }
    for (let round = 1; round <= bench.rounds; round++) {
      for (const side of sides) {
        bench.tell(`round ${round} of ${bench.rounds}: ${side.name}`);
        await measureBurst(load, side, bench, generator);
      }
    }
  } finally {
    generator.close();
    for (const side of sides) await side.running.stop();
  }
  return { name: load.name, title: load.title, contenders: [...sides.map(resultOf), ...absent] };
}

function resultBase(name: string, { title, peer }: Contender): ContenderResult {
  return { name, title: title ?? peer.title, rounds: [], succeeded: 0, failed: 0 };
}

function resultOf(side: Side): ContenderResult {
  const { name, contender, rounds, succeeded, failed, firstFailure, generatorMs, elapsedMs } = side;
  const generatorShare = generatorMs / elapsedMs;
  return { ...resultBase(name, contender), rounds, succeeded, failed, firstFailure, generatorShare };
}

/** @returns a sentence when it cannot take part */
async function startSide(
  load: LoadCase,
  contender: Contender,
  name: string,
  bench: Bench,
  generator: LoadGenerator,
): Promise<Side | string> {
  const obstacle = await contender.peer.findObstacle?.();
  if (obstacle !== undefined) return obstacle;
  const folder = bench.folders.make(`${load.name}-${name}`);
  await contender.fill?.(folder, bench);
  const running = await contender.peer.start(folder, contender.start);
  const plan = (contender.plan ?? load.plan)(running.requests);
  if (plan === undefined) {
    await running.stop();
    return 'it has no such operation';
  }
  const counts = { succeeded: 0, failed: 0, firstFailure: undefined, generatorMs: 0, elapsedMs: 0 };
  const side: Side = { contender, name, running, plan, nextNumber: 0, rounds: [], ...counts };
  if (load.objectsBefore) await putBefore(load, load.objectsBefore, side, generator);
  return side;
}

async function putBefore(
  { bytes, name }: LoadCase,
  count: number,
  { running: { host, port, requests } }: Side,
  generator: LoadGenerator,
): Promise<void> {
  const { succeeded, firstFailure } = await generator.run({
    ...{ host, port, isHead: false, firstNumber: 0, durationMs: unboundedMs },
    plan: (requests.put ?? requests.upload)({ bytes }),
    connections: Math.min(count, fillConnections),
    requestsMax: count,
  });
  if (succeeded < count)
    throw new Error(`${name}: ${count - succeeded} objects could not be put: ${firstFailure}`);
}

async function runBurst(
  load: LoadCase,
  side: Side,
  bench: Bench,
  generator: LoadGenerator,
  burstMs: number,
): Promise<LoadResult> {
  const { host, port } = side.running;
  const { connections, isHead = false, requestsPerBurst } = load;
  const bytesMax = side.contender.peer.keepsNothing ? Number.POSITIVE_INFINITY : bench.burstBytesMax;
  const result = await generator.run({
    ...{ host, port, plan: side.plan, connections, isHead, firstNumber: side.nextNumber },
    durationMs: requestsPerBurst === undefined ? burstMs : unboundedMs,
    requestsMax: requestsPerBurst ?? Math.max(connections, Math.ceil(bytesMax / Math.max(load.bytes, 1))),
  });
  side.nextNumber = result.nextNumber;
  return result;
}

async function measureBurst(
  load: LoadCase,
  side: Side,
  bench: Bench,
  generator: LoadGenerator,
): Promise<void> {
  const { pid } = side.running;
  const microsBefore = processMicros(pid);
  const result = await runBurst(load, side, bench, generator, bench.burstMs);
  const micros = processMicros(pid) - microsBefore;
  side.rounds.push(burstFigures(result, load.bytes, micros, peakMemoryBytes(pid)));
  side.succeeded += result.succeeded;
  side.failed += result.failed;
  side.firstFailure ??= result.firstFailure;
  side.generatorMs += result.generatorCpuMs;
  side.elapsedMs += result.elapsedMs;
}

function burstFigures(
  { succeeded, elapsedMs, latencies }: LoadResult,
  bytes: number,
  micros: number,
  peakBytes: number,
): Figures {
  const histogram = new LatencyHistogram(latencies);
  const requestsPerSecond = succeeded / (elapsedMs / 1000);
  return {
    requestsPerSecond,
    ...(bytes > 0 && { megabytesPerSecond: (requestsPerSecond * bytes) / 1e6 }),
    p50Ms: histogram.percentile(0.5),
    p99Ms: histogram.percentile(0.99),
    cpuMicros: micros / succeeded,
    peakMegabytes: peakBytes / 1e6,
  };
}
