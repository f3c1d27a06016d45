// A server in a child process, its output in a file: a pipe would have to be read, and reading costs the machine that is measured.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const startMsMax = 120_000;
const stopMsMax = 20_000;
const hurryMs = 2000;
const pollMs = 5;

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What it writes, appended to this file. */
  readonly logFile: string;
  /** How to know that it is ready: its output, whose first group is the port, or the port that it was told. */
  readonly ready: RegExp | { readonly port: number };
}

export interface ChildServer {
  readonly pids: readonly number[];
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
  endWithUs(child);
  await once(child, 'spawn');
  try {
    const port = await waitUntilReady(child, logFile, ready);
    return { pids: [child.pid as number], port, stop: () => stopChild(child) };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}

const children = new Set<ChildProcess>();
process.once('exit', () => signalChildren('SIGTERM'));

/** However this process ends, short of being killed: the child is told to end too. */
export function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** At once: nobody wants their data any more. */
export async function endChildren(): Promise<void> {
  const ended = Array.from(children, (child) => once(child, 'exit'));
  // The relay ends the nginx below it, which takes a moment.
  signalChildren('SIGTERM');
  await Promise.race([Promise.all(ended), sleep(hurryMs)]);
  signalChildren('SIGKILL');
  await Promise.all(ended);
}

function signalChildren(signal: NodeJS.Signals): void {
  for (const child of children) child.kill(signal);
}

/** For servers that cannot choose one themselves. */
export async function findFreePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function waitUntilReady(
  child: ChildProcess,
  logFile: string,
  ready: ChildCommand['ready'],
): Promise<number> {
  const endsMs = performance.now() + startMsMax;
  for (;;) {
    const port = await findPort(logFile, ready);
    if (port !== undefined) return port;
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > endsMs) {
      const said = readFileSync(logFile, 'utf8').slice(-2000);
      throw new Error(`${child.spawnargs.join(' ')} did not start:\n${said}`);
    }
    await sleep(pollMs);
  }
}

async function findPort(logFile: string, ready: ChildCommand['ready']): Promise<number | undefined> {
  if (!(ready instanceof RegExp)) return (await isOpen(ready.port)) ? ready.port : undefined;
  const port = ready.exec(readFileSync(logFile, 'utf8'))?.[1];
  return port === undefined ? undefined : Number(port);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await ended;
  clearTimeout(timer);
}
