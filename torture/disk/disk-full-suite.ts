// Fills the disk of a running server until it refuses, and makes room again. Whatever it acknowledged is there, it says so in answers rather
// than dying, reading goes on, and with room on the disk it takes uploads again without being started anew.

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { seededNumbers } from '../../conformance/process/pseudo-random.ts';
import { describeProblem, prepare } from '../crash/crash-suite.ts';
import { Crew } from '../crash/crew.ts';
import { Violation } from '../crash/inspect.ts';
import { ServerChild } from '../crash/server-child.ts';
import { isDone, type Outcome, type Torture } from '../suite.ts';
import { MemoryDisk, NoDisk } from './mounted-disk.ts';

const mebibyte = 1024 ** 2;
/** All that the clients ever keep has room on it, with the log of the index and segments half in use: it is full only when it was filled up. */
const diskBytes = 128 * mebibyte;
/** How much is left to the server when the disk is nearly full: what a few changes take. */
const roomBytesMax = 2 * mebibyte;
/** Once there is room again, this many changes must go through. */
const changesAfterwards = 40;
/** Until the first is refused; more would mean that the disk does not fill up. */
const changesMax = 2_000;

export async function diskFullSuite(torture: Torture): Promise<Outcome> {
  const choose = seededNumbers(torture.seed);
  const crew = await Crew.open(torture.seed, choose);
  let fills = 0;
  const violations: string[] = [];
  try {
    using disk = new MemoryDisk(diskBytes);
    await prepare(disk.dataDir);
    await using server = await ServerChild.start(disk.dataDir);
    if (!server) throw new Violation('the server died by itself');
    while (!isDone(torture, fills)) {
      await fillOnce(disk, server, crew, choose(roomBytesMax));
      torture.tellProgress(`${++fills} times full`);
    }
    await server.kill();
    await using again = await ServerChild.start(disk.dataDir);
    if (!again || !(await crew.check(again, disk.dataDir)))
      throw new Violation('the last server died by itself');
  } catch (error) {
    const cannot = error instanceof NoDisk && fills === 0;
    if (cannot) return { summary: [], violations: [], skipped: `no disk of our own here (${error.message})` };
    violations.push(`seed ${torture.seed}, disk full for the ${fills + 1}th time: ${describeProblem(error)}`);
  } finally {
    crew.close();
  }
  return {
    summary: [`${fills} times full, over ${crew.acknowledged} acknowledged changes, one server`],
    violations,
  };
}

async function fillOnce(disk: MemoryDisk, server: ServerChild, crew: Crew, roomBytes: number): Promise<void> {
  const ballast = path.join(disk.mountPoint, 'ballast');
  fillUp(ballast, roomBytes);
  crew.isDiskFull = true;
  try {
    await crew.work(server, changesMax);
  } finally {
    crew.isDiskFull = false;
  }
  if (server.isGone) throw new Violation('the server died of a full disk');
  rmSync(ballast);
  // Before anything else is written: nothing that was acknowledged is lost.
  if (!(await crew.check(server, disk.dataDir)))
    throw new Violation('the server died after the disk was full');
  await crew.work(server, changesAfterwards);
  if (!(await crew.check(server, disk.dataDir)))
    throw new Violation('the server died after the disk was full');
}

/** Takes all of the disk but `roomBytes`. */
function fillUp(file: string, roomBytes: number): void {
  const piece = Buffer.alloc(256 * 1024);
  const handle = openSync(file, 'w');
  const room = `${file}-room`;
  const roomHandle = openSync(room, 'w');
  writeSync(roomHandle, Buffer.alloc(roomBytes));
  closeSync(roomHandle);
  try {
    while (writeSync(handle, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
    rmSync(room);
  }
}
