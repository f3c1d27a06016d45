// What the suites run against: a server of ours in this process, or any endpoint that the environment names.
//
//   CONFORMANCE_ENDPOINT=http://…   with CONFORMANCE_KEY_ID, CONFORMANCE_KEY_SECRET
//   CONFORMANCE_THREADS=3           ours, over a data directory, where nothing that a test chooses asks for one thread

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type RunningServer, type ServerOptions, startServer } from '@postern/server';
import { askerOf, recordAs } from './record.ts';

export interface Target {
  /** E.g. `http://127.0.0.1:9780`; buckets are addressed by path. */
  readonly endpoint: string;
  /** Of ours, when it was opened with an admin port. */
  readonly adminEndpoint?: string | undefined;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of a session, in whose place a copy of the target asks. */
  readonly securityToken?: string;
  /** Whether it is ours, in this process, so that its settings and clock can be chosen. */
  readonly isOurs: boolean;
  /** Of ours: carries out what is due by lifecycle rules. */
  readonly runLifecycle?: RunningServer['runLifecycle'];
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param options of our own server; an endpoint from the environment is taken as it is
 * @param asker whose requests these are, in the record of what was seen
 */
export async function openTarget(
  options: ServerOptions = {},
  asker = askerOf(process.argv[1] ?? ''),
): Promise<Target> {
  const endpoint = process.env.CONFORMANCE_ENDPOINT;
  if (endpoint !== undefined) {
    return {
      endpoint,
      accessKeyId: process.env.CONFORMANCE_KEY_ID ?? '',
      accessKeySecret: process.env.CONFORMANCE_KEY_SECRET ?? '',
      isOurs: false,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const destination = recordAs(asker);
  const log = destination && { log: { level: 'info', pretty: false, destination } as const };
  const threaded = chooseThreads(options);
  const server = await startServer({
    ...{ port: 0, memory: true, bucketsMax: 10_000 },
    ...log,
    ...options,
    ...threaded,
  });
  await server.allListening;
  return {
    endpoint: server.endpoint,
    adminEndpoint: server.adminEndpoint,
    ...server.credentials,
    isOurs: true,
    runLifecycle: () => server.runLifecycle(),
    [Symbol.asyncDispose]: async () => {
      await server.close(0);
      if (threaded) rmSync(threaded.dataDir, { recursive: true });
    },
  };
}

const forOneThread = ['threads', 'dataDir', 'store', 'identities', 'clock', 'measureFreeBytes'] as const;

function chooseThreads(options: ServerOptions) {
  const threads = Number(process.env.CONFORMANCE_THREADS ?? 1);
  if (threads === 1 || forOneThread.some((name) => options[name] !== undefined)) return undefined;
  return { threads, memory: false, dataDir: mkdtempSync(path.join(tmpdir(), 'postern-conformance-')) };
}

/** A bucket name that nothing else uses. */
export function newBucketName(): string {
  return `conformance-${randomBytes(6).toString('hex')}`;
}
