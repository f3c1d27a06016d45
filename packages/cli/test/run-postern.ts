// Runs the command as a user does: a process with arguments, a folder and an environment of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

const main = path.join(import.meta.dirname, '../src/main.ts');

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** @param line the arguments, separated by blanks; `'…'` keeps blanks together */
export function startPostern(line: string, { cwd, env = {} }: RunOptions = {}): ChildProcess {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  // Nothing of the tester's own settings may leak in.
  const { PATH = '', HOME = '' } = process.env;
  return spawn(process.execPath, [main, ...words], { cwd, env: { PATH, HOME, NO_COLOR: '1', ...env } });
}

export async function runPostern(line: string, options: RunOptions = {}): Promise<Finished> {
  const child = startPostern(line, options);
  child.stdin?.end(options.input ?? '');
  const [out, err] = await Promise.all([
    text(child.stdout as never),
    text(child.stderr as never),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, out, err };
}

/** Everything the process has said so far, once `pattern` is in it. Fails when the process ends before. */
export async function waitForOutput(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    const read = (chunk: string) => {
      said += chunk;
      const match = pattern.exec(said);
      if (match) resolve(match);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', (code) => reject(new Error(`ended with ${code}, having said:\n${said}`)));
  });
}

/** A folder that is gone after the test. */
export async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-cli-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
