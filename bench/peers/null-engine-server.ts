// The process of the null engine: as many threads as the server has, each with all of it but the store.

import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { defaultServerSettings } from '@postern/server';
import { type BlobStore, type BlobWriter, createObjectStore, drawRandomBytes } from '@postern/storage';
import { NonceMemory } from '../../packages/server/src/access/nonce-memory.ts';
import { makeCallbackKey } from '../../packages/server/src/callback/callback-key.ts';
import { openDataPort } from '../../packages/server/src/data-port.ts';
import { openLog } from '../../packages/server/src/http/access-log.ts';
import { GatheredLines } from '../../packages/server/src/http/gathered-lines.ts';
import { defaultLoadLimits, Load, makeSharedLoad } from '../../packages/server/src/http/load.ts';
import { fixedIdentities } from '../../packages/server/src/identities/identity-source.ts';
import { NullMetadataStore } from './null-metadata-store.ts';
import { accessKey, bucket, threads } from './postern.ts';

const nullBlobWriter: BlobWriter = {
  write: async () => {},
  finish: async () => ({ blobId: 'none' }),
  abort: async () => {},
};

const nullBlobs: BlobStore = {
  create: async () => nullBlobWriter,
  async *read() {},
  remove: async () => {},
  async *list() {},
  close: async () => {},
};

interface Given {
  readonly port: number;
  readonly sharedLoad: SharedArrayBuffer;
}

async function listen({ port, sharedLoad }: Given, log: ReturnType<typeof openLog>['log']): Promise<number> {
  const account = 'bench';
  const store = createObjectStore({
    ...{ metadata: new NullMetadataStore(), blobs: nullBlobs, clock: Date.now, randomBytes: drawRandomBytes },
    reportProblem: (problem) => console.error(problem),
  });
  await store.createBucket({ name: bucket, owner: account, acl: 'private', storageClass: 'Standard' });
  const nonces = new NonceMemory();
  const plan = {
    ...{ host: '127.0.0.1', port, sharesPort: threads > 1, tls: undefined, timeouts: undefined, account },
    settings: { ...defaultServerSettings, scheme: 'http' as const },
    keys: [{ ...accessKey, account }],
    ticketKeys: new Uint8Array(),
  };
  const listener = await openDataPort(plan, {
    ...{ store, log, clock: Date.now, identities: fixedIdentities(), callbackKey: makeCallbackKey() },
    takeNonce: nonces.take.bind(nonces),
    load: new Load(defaultLoadLimits, undefined, threads > 1 ? sharedLoad : undefined),
  });
  return listener.port;
}

if (isMainThread) {
  const { log, writeLines } = openLog({ pretty: false, level: 'info' });
  const sharedLoad = makeSharedLoad();
  const port = await listen({ port: 0, sharedLoad }, log);
  for (let thread = 1; thread < threads; thread++) {
    const given: Given = { port, sharedLoad };
    const worker = new Worker(new URL(import.meta.url), { workerData: given });
    await once(worker, 'message');
    worker.on('message', writeLines);
  }
  console.log(`listening on ${port}`);
  process.once('SIGTERM', () => process.exit());
} else {
  const destination = new GatheredLines({ write: (text) => parentPort?.postMessage(text) });
  const { log } = openLog({ pretty: false, level: 'info', destination });
  await listen(workerData as Given, log);
  parentPort?.postMessage('listening');
}
