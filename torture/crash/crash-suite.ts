// Kills the server at every crash point and at random moments, starts it again over the same data, and looks whether every promise was
// kept. Each start is also the check of the kill before it, so a server dies while it recovers and while it collects garbage, too.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CRASH_POINTS, type CrashPoint } from '@postern/storage';
import { sendSigned } from '../../conformance/http.ts';
import { seededNumbers } from '../../conformance/process/pseudo-random.ts';
import { isDone, type Outcome, type Torture } from '../suite.ts';
import { WrongAnswer } from './client.ts';
import { Crew } from './crew.ts';
import { Violation } from './inspect.ts';
import { suspendedBucket, versionedBucket } from './names.ts';
import { type CrashPlan, ServerChild } from './server-child.ts';

/** Data directories that are tortured side by side. */
const lanes = 2;

/** A point that is not passed often enough within so many changes is given up, and the server killed where it is. */
const changesMax = 400;
/** Kills at random moments come this long after the first change, at most. */
const randomKillMsMax = 400;

/** How many passings a plan may wait for. The sweep finds little at a start, the others go by all the time. */
const passingsMax: Partial<Record<CrashPoint, number>> = {
  'stray-removed': 2,
  'callback-sent': 5,
  'callback-answered': 5,
  'put-discarded': 10,
  'part-durable': 10,
  'part-committed': 10,
  'upload-completed': 5,
  'append-durable': 10,
  'append-committed': 10,
  'garbage-forgotten': 10,
  'segment-made': 5,
  'segment-removed': 5,
  'blob-copied': 5,
  'blob-moved': 5,
};
const passingsMaxOthers = 25;

const points = Object.keys(CRASH_POINTS) as CrashPoint[];

type Kill = CrashPoint | 'random';

/** One after the other, so that each gets its share. A stray blob can be removed only where a crash has just left one. */
const turns: readonly Kill[] = points.flatMap((point): Kill[] =>
  point === 'stray-removed' ? ['random', 'blob-half-written', point, 'random'] : [point],
);

export async function crashSuite(torture: Torture): Promise<Outcome> {
  const kills = new Map<Kill, number>();
  let killed = 0;
  const countKill = (kill: Kill) => {
    kills.set(kill, (kills.get(kill) ?? 0) + 1);
    killed++;
    torture.tellProgress(`${killed} kills`);
  };
  const results = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => {
      const rounds = torture.rounds === undefined ? undefined : Math.ceil(torture.rounds / lanes);
      return new Lane({ ...torture, rounds, seed: torture.seed + lane }, countKill).run();
    }),
  );
  const changes = results.reduce((sum, result) => sum + result.acknowledged, 0);
  const missed = points.filter((point) => !kills.has(point));
  return {
    summary: [
      `${killed} kills, ${killed - (kills.get('random') ?? 0)} of them at a crash point, over ${changes} acknowledged changes`,
      [...kills].map(([kill, count]) => `${kill} ${count}`).join(', '),
      ...(missed.length > 0 ? [`not reached: ${missed.join(', ')}`] : []),
    ],
    violations: results.flatMap(({ violations }) => violations),
  };
}

/** One data directory, its crew, and the servers that live and die over it one after the other. */
class Lane {
  readonly #torture: Torture;
  readonly #countKill: (kill: Kill) => void;
  readonly #choose: (bound: number) => number;
  #kills = 0;
  #planned: number;

  constructor(torture: Torture, countKill: (kill: Kill) => void) {
    this.#torture = torture;
    this.#countKill = countKill;
    this.#choose = seededNumbers(torture.seed);
    // Lanes do not go through the points in step, so that a short run comes by many of them.
    this.#planned = torture.seed % turns.length;
  }

  async run(): Promise<{ acknowledged: number; violations: readonly string[] }> {
    const folder = mkdtempSync(path.join(tmpdir(), 'postern-torture-'));
    const dataDir = path.join(folder, 'data');
    const crew = await Crew.open(this.#torture.seed, this.#choose);
    let plan: CrashPlan | undefined;
    try {
      await prepare(dataDir);
      while (!isDone(this.#torture, this.#kills)) {
        plan = this.#nextPlan();
        await this.#killOnce(dataDir, crew, plan);
      }
      plan = undefined;
      await checkLast(dataDir, crew);
      rmSync(folder, { recursive: true });
      return { acknowledged: crew.acknowledged, violations: [] };
    } catch (error) {
      const where = plan ? `${plan.point}:${plan.passing}` : 'no point';
      const what = describeProblem(error);
      const violation = `seed ${this.#torture.seed}, kill ${this.#kills}, armed with ${where}: ${what} (see ${dataDir})`;
      return { acknowledged: crew.acknowledged, violations: [violation] };
    } finally {
      crew.close();
    }
  }

  /** Checks what the last kill left, then lets the clients change things until the server is gone. */
  async #killOnce(dataDir: string, crew: Crew, plan: CrashPlan | undefined): Promise<void> {
    await using server = await ServerChild.start(dataDir, {
      crash: plan,
      // One, two, three, and again.
      threads: 1 + (this.#kills % 3),
    });
    const kill = plan?.point ?? 'random';
    if (server === undefined || !(await crew.check(server, dataDir))) return this.#count(kill);

    const working = crew.work(server, changesMax);
    // Told again below.
    working.catch(() => {});
    if (plan === undefined) {
      await Promise.race([delay(this.#choose(randomKillMsMax)), working]);
      await server.kill();
    }
    await working;
    if (server.isGone) return this.#count(kill);
    await server.kill();
    this.#count('random');
  }

  #count(kill: Kill): void {
    this.#kills++;
    this.#countKill(kill);
  }

  #nextPlan(): CrashPlan | undefined {
    const point = turns[this.#planned++ % turns.length] as Kill;
    if (point === 'random') return undefined;
    return { point, passing: 1 + this.#choose(passingsMax[point] ?? passingsMaxOthers) };
  }
}

/** What was promised and not kept is said in a line; anything else may be a fault of the suite, and is told with its stack. */
export function describeProblem(error: unknown): string | undefined {
  const { message, stack } = error as Error;
  return error instanceof Violation || error instanceof WrongAnswer ? message : stack;
}

async function checkLast(dataDir: string, crew: Crew): Promise<void> {
  await using server = await ServerChild.start(dataDir);
  if (!server || !(await crew.check(server, dataDir))) throw new Violation('the last server died by itself');
}

/** The first start, at which nothing dies: the buckets are made. */
export async function prepare(dataDir: string): Promise<void> {
  await using server = await ServerChild.start(dataDir);
  if (!server) throw new Error('the first server died by itself');
  await setVersioning(server, versionedBucket, 'Enabled');
  await setVersioning(server, suspendedBucket, 'Enabled');
  await setVersioning(server, suspendedBucket, 'Suspended');
}

async function setVersioning(server: ServerChild, bucket: string, wanted: string): Promise<void> {
  const { status, text } = await sendSigned(server, {
    method: 'PUT',
    path: `/${bucket}/?versioning`,
    body: `<VersioningConfiguration><Status>${wanted}</Status></VersioningConfiguration>`,
  });
  if (status !== 200) throw new Error(`versioning of ${bucket} was not set: ${text}`);
}
