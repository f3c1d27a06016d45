// The server as a child process: started over a data directory, perhaps with a point to die at, and watched until it is gone.

import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { CrashPoint } from '@postern/storage';
import type { Target } from '../../conformance/target.ts';
import { servedKey } from './names.ts';

/** Die at this point, at its n-th passing. */
export interface CrashPlan {
  readonly point: CrashPoint;
  readonly passing: number;
}

const script = path.join(import.meta.dirname, 'served.ts');

/** How long a process that was killed, or whose connections broke, may take to be gone. */
const dyingMsMax = 10_000;

export class ServerChild implements Target {
  readonly accessKeyId = servedKey.accessKeyId;
  readonly accessKeySecret = servedKey.accessKeySecret;
  readonly isOurs = true;
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;

  /**
   * @returns undefined when it died by SIGKILL before it listened
   * @throws Error with what it wrote, when it ended in any other way
   */
  static async start(
    dataDir: string,
    { crash, threads = 2 }: { readonly crash?: CrashPlan | undefined; readonly threads?: number } = {},
  ): Promise<ServerChild | undefined> {
    const child = spawn(process.execPath, [script, dataDir, String(threads)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: path.join(tmpdir(), 'postern-torture-compile-cache'),
        ...(crash && { TEST_CRASH_AT: `${crash.point}:${crash.passing}` }),
      },
    });
    const complaints = text(child.stderr);
    const { promise: gone, resolve, reject } = Promise.withResolvers<void>();
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else
        complaints.then(
          (said) => reject(new Error(`the server ended with ${code ?? signal}: ${said}`)),
          reject,
        );
    });
    // Whoever waits is told; nobody has to.
    gone.catch(() => {});
    const endpoint = await Promise.race([firstLine(child), gone]);
    return endpoint === undefined ? undefined : new ServerChild(child, gone, endpoint);
  }

  private constructor(child: ChildProcess, gone: Promise<void>, endpoint: string) {
    this.#child = child;
    this.#gone = gone;
    this.endpoint = endpoint;
  }

  get isGone(): boolean {
    return this.#child.signalCode !== null || this.#child.exitCode !== null;
  }

  /** It does nothing more; what the system is doing for it comes to an end. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Resolves when the process is gone. */
  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.waitGone();
  }

  /** @throws Error when it does not die, or not by SIGKILL */
  async waitGone(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('a connection broke, but the server lives')), dyingMsMax);
    });
    await Promise.race([this.#gone, late]).finally(() => clearTimeout(timer));
  }

  /** Kills it, unless it has ended already, in whatever way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone.catch(() => {});
  }
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return line;
  return new Promise(() => {});
}
