// The file of a thread that listens: see listening-threads.ts, which is its other side.

import { parentPort, workerData } from 'node:worker_threads';
import { joinStorage } from '@postern/storage';
import type { TakeNonce } from './access/nonce-memory.ts';
import type { CallbackKey } from './callback/callback-key.ts';
import { openDataPort } from './data-port.ts';
import { createLog } from './http/access-log.ts';
import { FreeSpace, measureFreeBytes } from './http/free-space.ts';
import { GatheredLines } from './http/gathered-lines.ts';
import { Load } from './http/load.ts';
import { watchIdentities } from './identities/watch-identities.ts';
import type { FromThread, Question, ThreadPlan, ToThread } from './listening-threads.ts';

if (parentPort) await run(parentPort, workerData as ThreadPlan);

type Port = NonNullable<typeof parentPort>;

async function run(port: Port, plan: ThreadPlan): Promise<void> {
  const send = (message: FromThread) => port.postMessage(message);
  const ask = asker(port, send);
  const closing = new Promise<number>((resolve) => {
    port.on('message', (message: ToThread) => {
      if (message.kind === 'close') resolve(message.graceMs);
    });
  });
  const lines = new GatheredLines({ write: (text) => send({ kind: 'lines', text }) });
  process.once('exit', () => lines.flush());
  const log = createLog({ pretty: false, level: plan.logLevel, destination: lines });

  const store = await joinStorage(plan.share, {
    reportProblem: (error) => log.error({ error }, 'storage'),
  });
  try {
    const { dataDir } = plan.share;
    const place = { dataDir, secretKeyFile: plan.secretKeyFile };
    const identities = await watchIdentities(place, {
      // Said once, by the thread that has started this one.
      onChange: () => {},
      onProblem: (error) => log.error({ error }, 'users, roles and policies stay as they were'),
    });
    try {
      const { limits, load, freeBytesMin, dataPort } = plan;
      const clock = Date.now;
      const measure = () => measureFreeBytes(dataDir);
      const freeSpace = freeBytesMin === 0 ? undefined : new FreeSpace({ freeBytesMin, measure, clock });
      const listener = await openDataPort(dataPort, {
        ...{ store, identities, log, clock },
        load: new Load(limits, freeSpace, load),
        callbackKey: () => ask({ kind: 'callback-key' }) as Promise<CallbackKey>,
        takeNonce: (...given) => ask({ kind: 'nonce', given }) as ReturnType<TakeNonce>,
      });
      send({ kind: 'listening' });
      await listener.close(await closing);
    } finally {
      identities.close();
    }
  } finally {
    await store.close();
    // The thread ends by itself when the last request that was cut off has been logged.
    port.unref();
  }
}

function asker(port: Port, send: (message: FromThread) => void): (question: Question) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  port.on('message', (message: ToThread) => {
    if (message.kind === 'close') return;
    const asking = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'answer') asking?.resolve(message.answer);
    else asking?.reject(new Error(message.reason));
  });
  return (question) => {
    const id = ++asked;
    const asking = Promise.withResolvers<unknown>();
    waiting.set(id, asking);
    send({ kind: 'question', id, question });
    return asking.promise;
  };
}
