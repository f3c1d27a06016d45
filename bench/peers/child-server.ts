// A server in a child process, its output in a file: a pipe would have to be read, and reading costs the machine that is measured.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const startMsMax = 120_000;
const stopMsMax = 20_000;
const pollMs = 5;

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What it writes, appended to this file. */
  readonly logFile: string;
  /** Its first group is the port, once this is in the log. */
  readonly ready: RegExp;
}

export interface ChildServer {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** @throws Error with the end of its output, when it ends or stays silent */
export async function startChildServer({
  command,
  args,
  environment,
  logFile,
  ready,
}: ChildCommand): Promise<ChildServer> {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await once(child, 'spawn');
  try {
    const port = await waitUntilReady(child, logFile, ready);
    return { pid: child.pid as number, port, stop: () => stopChild(child) };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}

async function waitUntilReady(child: ChildProcess, logFile: string, ready: RegExp): Promise<number> {
  const endsMs = performance.now() + startMsMax;
  for (;;) {
    const said = readFileSync(logFile, 'utf8');
    const port = ready.exec(said)?.[1];
    if (port !== undefined) return Number(port);
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > endsMs)
      throw new Error(`${child.spawnargs.join(' ')} did not start:\n${said.slice(-2000)}`);
    await sleep(pollMs);
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await ended;
  clearTimeout(timer);
}
