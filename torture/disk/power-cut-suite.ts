// Cuts the power of the disk in the middle of writes: what was not flushed is gone, which a killed process never shows. The server is
// killed with it, the disk mounted again, and every key, byte and file checked as after a crash.

import { setTimeout as delay } from 'node:timers/promises';
import { seededNumbers } from '../../conformance/process/pseudo-random.ts';
import { describeProblem, prepare } from '../crash/crash-suite.ts';
import { Crew } from '../crash/crew.ts';
import { Violation } from '../crash/inspect.ts';
import { ServerChild } from '../crash/server-child.ts';
import { isDone, type Outcome, type Torture } from '../suite.ts';
import { CutDisk, NoDisk } from './mounted-disk.ts';

/** The power goes this long after the first change, at most. */
const cutMsMax = 1_500;

export async function powerCutSuite(torture: Torture): Promise<Outcome> {
  const choose = seededNumbers(torture.seed);
  const crew = await Crew.open(torture.seed, choose);
  let cuts = 0;
  const violations: string[] = [];
  try {
    using disk = new CutDisk();
    await prepare(disk.dataDir);
    while (!isDone(torture, cuts)) {
      await cutOnce(disk, crew, choose(cutMsMax));
      disk.restorePower();
      torture.tellProgress(`${++cuts} power cuts`);
    }
    await using server = await ServerChild.start(disk.dataDir);
    if (!server || !(await crew.check(server, disk.dataDir)))
      throw new Violation('the last server died by itself');
  } catch (error) {
    const cannot = error instanceof NoDisk && cuts === 0;
    if (cannot) return { summary: [], violations: [], skipped: `no disk of our own here (${error.message})` };
    violations.push(`seed ${torture.seed}, power cut ${cuts}: ${describeProblem(error)}`);
  } finally {
    crew.close();
  }
  return {
    summary: [`${cuts} power cuts on ext4, over ${crew.acknowledged} acknowledged changes`],
    violations,
  };
}

/** Checks what the last cut left, then lets the clients change things until the disk is gone. */
async function cutOnce(disk: CutDisk, crew: Crew, afterMs: number): Promise<void> {
  await using server = await ServerChild.start(disk.dataDir);
  if (!server || !(await crew.check(server, disk.dataDir))) throw new Violation('a server died by itself');
  const working = crew.work(server, Number.POSITIVE_INFINITY);
  // Told again below.
  working.catch(() => {});
  await Promise.race([delay(afterMs), working]);
  // A process does not outlive the power of its machine: what it would be told of a dead disk, and say of it, is not part of this. What
  // it had said before counts, also where it has not been heard yet.
  server.freeze();
  disk.cutPower();
  await server.kill();
  await working;
}
