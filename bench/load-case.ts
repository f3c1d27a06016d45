// A case that is a load: the same work for every contender, from the same load generator.

import { alternate, type Entrant, type Side, type Tally } from './alternate.ts';
import type { Bench, Case } from './bench-run.ts';
import type { Figures } from './figures.ts';
import { LatencyHistogram } from './load/latency-histogram.ts';
import { LoadGenerator } from './load/load-generator.ts';
import type { LoadJob, LoadResult, RequestPlan } from './load/load-job.ts';
import type { Peer, RequestMaker, RunningPeer, StartOptions } from './peers/peer.ts';
import { peakMemoryBytes, processMicros } from './process-meter.ts';

export interface Contender {
  readonly peer: Peer;
  /** The peer's own unless several contenders of a case have the same peer. */
  readonly name?: string;
  readonly title?: string;
  readonly isFullOnly?: boolean;
  readonly start?: StartOptions;
  /** Where the server is to keep its store, filled; instead of an empty one. */
  readonly fill?: (bench: Bench, folder: string) => Promise<{ readonly dataDir: string }>;
  /** Names of new objects begin after those that `fill` made. */
  readonly firstNumber?: number;
  /** Instead of the case's own. */
  readonly plan?: (requests: RequestMaker) => RequestPlan | undefined;
}

export interface LoadCase {
  readonly name: string;
  readonly title: string;
  readonly isQuick?: boolean;
  readonly contenders: readonly Contender[];
  /** Beside them, what is no server. */
  readonly yardsticks?: readonly Entrant[];
  readonly connections: number;
  /** Of the file in each request, or in each answer. */
  readonly bytes: number;
  /** Of every contender that has none of its own. */
  readonly plan?: (requests: RequestMaker) => RequestPlan | undefined;
  /** Uploads to be there before, made by puts that are not measured. */
  readonly objectsBefore?: number;
  readonly isHead?: boolean;
  /** Of one burst, where time alone would be too much or too little. */
  readonly requestsPerBurst?: number;
  /** Instead of as fast as answers come: at this share of what the contender managed while it warmed up. */
  readonly loadShare?: number;
  readonly rounds?: number;
  readonly isWarmedUp?: boolean;
}

/** When a burst is bounded by its requests alone. */
const unboundedMs = 10 * 60_000;
/** A contender is warm when so many turns in a row were hardly better than the best before them. */
const steadyTurns = 2;
const riseFactor = 1.03;
/** Connections of what fills a server before its case. */
const fillConnections = 16;

export function loadCase(load: LoadCase): Case {
  const { name, title, isQuick = false } = load;
  return { name, title, isQuick, run: (bench) => runLoadCase(load, bench) };
}

async function runLoadCase(load: LoadCase, bench: Bench) {
  const generator = new LoadGenerator();
  const entrants = load.contenders.map((contender) => loadEntrant(load, contender, generator));
  try {
    return await alternate(load, [...entrants, ...(load.yardsticks ?? [])], bench);
  } finally {
    generator.close();
  }
}

function loadEntrant(load: LoadCase, contender: Contender, generator: LoadGenerator): Entrant {
  const { peer, name = peer.name, title = peer.title, isFullOnly = false } = contender;
  const start = (bench: Bench) => startSide(load, contender, name, bench, generator);
  return { name, title, peer: peer.name, isFullOnly, start };
}

async function startSide(
  load: LoadCase,
  { peer, fill, start, plan: ownPlan, firstNumber = 0 }: Contender,
  name: string,
  bench: Bench,
  generator: LoadGenerator,
): Promise<Side | string> {
  const obstacle = await peer.findObstacle?.();
  if (obstacle !== undefined) return obstacle;
  const folder = bench.folders.make(`${load.name}-${name}`);
  const filled = await fill?.(bench, folder);
  const running = await peer.start(folder, { ...start, ...filled });
  const plan = (ownPlan ?? load.plan)?.(running.requests);
  if (plan === undefined) {
    await running.stop();
    return 'it has no such operation';
  }
  try {
    if (load.objectsBefore) await putBefore(load, load.objectsBefore, running, generator);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return new LoadSide(load, peer, running, plan, firstNumber, bench, generator);
}

async function putBefore(
  { bytes, name }: LoadCase,
  count: number,
  { host, port, requests }: RunningPeer,
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

class LoadSide implements Side {
  readonly #load: LoadCase;
  readonly #peer: Peer;
  readonly #running: RunningPeer;
  readonly #plan: RequestPlan;
  readonly #bench: Bench;
  readonly #generator: LoadGenerator;
  #nextNumber: number;
  #requestsPerSecond: number | undefined;
  #succeeded = 0;
  #failed = 0;
  #firstFailure: string | undefined;
  #generatorMs = 0;
  #elapsedMs = 0;

  constructor(
    load: LoadCase,
    peer: Peer,
    running: RunningPeer,
    plan: RequestPlan,
    firstNumber: number,
    bench: Bench,
    generator: LoadGenerator,
  ) {
    this.#load = load;
    this.#peer = peer;
    this.#running = running;
    this.#plan = plan;
    this.#nextNumber = firstNumber;
    this.#bench = bench;
    this.#generator = generator;
  }

  get tally(): Tally {
    const generatorShare = this.#generatorMs / this.#elapsedMs;
    return {
      ...{ succeeded: this.#succeeded, failed: this.#failed, firstFailure: this.#firstFailure },
      generatorShare,
    };
  }

  async warmUp(): Promise<void> {
    const { isWarmedUp = true, loadShare } = this.#load;
    if (!isWarmedUp) return;
    const requestsPerSecond = await this.#runUntilSteady();
    if (loadShare !== undefined) this.#requestsPerSecond = requestsPerSecond * loadShare;
  }

  /** @returns the best rate of a turn */
  async #runUntilSteady(): Promise<number> {
    const { warmUpMs, warmUpTurnsMax } = this.#bench;
    let best = 0;
    let turnsSinceRise = 0;
    for (let turn = 1; turn <= warmUpTurnsMax && turnsSinceRise < steadyTurns; turn++) {
      const { succeeded, elapsedMs } = await this.#run(warmUpMs);
      const rate = succeeded / (elapsedMs / 1000);
      turnsSinceRise = rate > best * riseFactor ? 0 : turnsSinceRise + 1;
      best = Math.max(best, rate);
    }
    return best;
  }

  async measure(): Promise<Figures> {
    const { pids } = this.#running;
    const microsBefore = processMicros(pids);
    const result = await this.#run(this.#bench.burstMs);
    const micros = processMicros(pids) - microsBefore;
    this.#succeeded += result.succeeded;
    this.#failed += result.failed;
    this.#firstFailure ??= result.firstFailure;
    this.#generatorMs += result.generatorCpuMs;
    this.#elapsedMs += result.elapsedMs;
    return burstFigures(this.#load, result, micros, peakMemoryBytes(pids));
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }

  async #run(burstMs: number): Promise<LoadResult> {
    const { host, port } = this.#running;
    const { connections, isHead = false, requestsPerBurst } = this.#load;
    const job: LoadJob = {
      ...{ host, port, plan: this.#plan, connections, isHead, firstNumber: this.#nextNumber },
      durationMs: requestsPerBurst === undefined ? burstMs : unboundedMs,
      requestsMax: requestsPerBurst ?? this.#requestsMax(),
      requestsPerSecond: this.#requestsPerSecond,
    };
    const result = await this.#generator.run(job);
    this.#nextNumber = result.nextNumber;
    return result;
  }

  #requestsMax(): number {
    const { connections, bytes } = this.#load;
    if (this.#peer.keepsNothing) return Number.POSITIVE_INFINITY;
    return Math.max(connections, Math.ceil(this.#bench.burstBytesMax / Math.max(bytes, 1)));
  }
}

function burstFigures(
  { bytes, loadShare, isHead = false }: LoadCase,
  { succeeded, elapsedMs, latencies }: LoadResult,
  micros: number,
  peakBytes: number,
): Figures {
  const histogram = new LatencyHistogram(latencies);
  const requestsPerSecond = succeeded / (elapsedMs / 1000);
  const [p50Ms, p99Ms] = [histogram.percentile(0.5), histogram.percentile(0.99)];
  return {
    requestsPerSecond,
    ...(bytes > 0 && !isHead && { megabytesPerSecond: (requestsPerSecond * bytes) / 1e6 }),
    ...{ p50Ms, p99Ms },
    ...(loadShare !== undefined && { tailRatio: p99Ms / p50Ms }),
    cpuMicros: micros / succeeded,
    peakMegabytes: peakBytes / 1e6,
  };
}
