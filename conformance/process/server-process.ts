// A server as operators run it: `postern serve` in a process of its own, over a data directory. What it says when it starts tells when it
// is ready and where it listens.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import type { Target } from '../target.ts';

const main = path.resolve(import.meta.dirname, '../../packages/cli/src/main.ts');
const key = { accessKeyId: 'process-key', accessKeySecret: 'secret-of-the-process-key' };
const environment = {
  ...process.env,
  POSTERN_ACCESS_KEY_ID: key.accessKeyId,
  POSTERN_ACCESS_KEY_SECRET: key.accessKeySecret,
};

/** Where and what to serve. */
export interface Served {
  readonly dataDir: string;
  readonly bucket: string;
}

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All that it wrote for its operator. */
  readonly stderr: string;
}

/** A server that has said where it listens. */
export class ServerProcess implements Target {
  readonly endpoint: string;
  readonly accessKeyId = key.accessKeyId;
  readonly accessKeySecret = key.accessKeySecret;
  readonly isOurs = true;
  readonly #child: Child;
  readonly #ended: Promise<Ended>;

  /** @throws Error with what it wrote, when it ends instead of listening */
  static async start(served: Served): Promise<ServerProcess> {
    const child = spawnServer(served);
    const ended = endOf(child);
    const endpoint = await Promise.race([
      findEndpoint(child.stdout),
      ended.then(({ exitCode, stderr }) => {
        throw new Error(`the server ended with ${exitCode}: ${stderr}`);
      }),
    ]);
    return new ServerProcess(child, ended, endpoint);
  }

  /** Starts one that is expected not to come up. */
  static startInVain(served: Served): Promise<Ended> {
    const child = spawnServer(served);
    child.stdout.resume();
    return endOf(child);
  }

  private constructor(child: Child, ended: Promise<Ended>, endpoint: string) {
    this.#child = child;
    this.#ended = ended;
    this.endpoint = endpoint;
  }

  /** Resolves when the process is gone. A second signal to a process that is gone does nothing. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended> {
    this.#child.kill(signal);
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal('SIGKILL');
  }

  /** What the process has in memory now, in bytes. */
  residentBytes(): number {
    return this.#memory('VmRSS');
  }

  /** The most that it has had in memory since {@link resetPeak}, in bytes. */
  peakBytes(): number {
    return this.#memory('VmHWM');
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, '5');
  }

  #memory(field: string): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const kibibytes = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kibibytes === undefined) throw new Error(`/proc tells no ${field}`);
    return Number(kibibytes) * 1024;
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function spawnServer({ dataDir, bucket }: Served): Child {
  const flags = ['--data-dir', dataDir, '--bucket', bucket, '--port', '0', '--admin-port', 'off'];
  return spawn(process.execPath, [main, 'serve', ...flags, '--log', 'silent'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function findEndpoint(stdout: Readable): Promise<string> {
  let said = '';
  for await (const piece of stdout.iterator({ destroyOnReturn: false })) {
    said += piece;
    const found = /^Objects and forms: (\S+)$/m.exec(said)?.[1];
    if (found === undefined) continue;
    // Nobody listens any more, and a full pipe would stop it.
    stdout.resume();
    return found;
  }
  return new Promise(() => {});
}

async function endOf(child: Child): Promise<Ended> {
  const [[exitCode, signal], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { exitCode, signal, stderr };
}

/** Removed after the last test of the file. */
export function makeDataDir(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-process-'));
  after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'data');
}
