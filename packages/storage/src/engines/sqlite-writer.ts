// The writer's thread: the only one that changes the SQLite index, so that waiting for the disk never stalls the sockets. Batches of
// changes come in, from the thread that has started it and from others that have joined, and for each one message goes back, after its
// commit. Batches that are there at the same time, of whomever, share a transaction.

import type { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { StorageError, type StorageFault } from '../storage-error.ts';
import { openForWriting, primaryCode, sqliteBusy, sqliteFull } from './sqlite-schema.ts';
import { SqliteWrites, type Write, type WriteOutcome } from './sqlite-writes.ts';

/** Errors lose their fields on the way between threads. */
export interface WriterFault {
  readonly message: string;
  readonly stack: string | undefined;
  /** Set when the database could not be opened for a reason that the operator can mend. */
  readonly storageFault: StorageFault | undefined;
  readonly kind: WriterFaultKind;
}

/** `busy`: another program has locked the database, nothing was begun. Of `other` the index may hold something or nothing. */
export type WriterFaultKind = 'disk-full' | 'busy' | 'other';

/**
 * `open` comes first, once, and `close` last. `join` makes `port` another way in, on which batches are sent and a `close` of its own ends
 * just that way.
 */
export type ToWriter =
  | { readonly kind: 'open'; readonly file: string }
  | { readonly kind: 'batch'; readonly writes: readonly Write[] }
  | { readonly kind: 'join'; readonly port: MessagePort }
  | { readonly kind: 'close' };

export type FromWriter =
  | { readonly kind: 'opened' }
  | { readonly kind: 'not-opened'; readonly fault: WriterFault }
  | { readonly kind: 'committed'; readonly outcomes: readonly SentOutcome[] }
  | { readonly kind: 'not-committed'; readonly fault: WriterFault };

export type SentOutcome =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly fault: WriterFault };

const FAULT_KINDS: ReadonlyMap<number | undefined, WriterFaultKind> = new Map([
  [sqliteFull, 'disk-full'],
  [sqliteBusy, 'busy'],
]);

if (parentPort) serveWriter(parentPort);

function serveWriter(parent: MessagePort): void {
  let index: OpenIndex | undefined;
  const ports = new Set([parent]);
  const listen = (port: MessagePort) => port.on('message', (message: ToWriter) => take(port, message));

  function take(port: MessagePort, message: ToWriter): void {
    const batches: Batch[] = [];
    const rest: (() => void)[] = [];
    const sort = (from: MessagePort, one: ToWriter) => {
      if (one.kind === 'batch') batches.push({ port: from, writes: one.writes });
      else rest.push(() => carryOut(from, one));
    };
    sort(port, message);
    if (batches.length > 0) {
      for (const other of ports)
        for (let next = receiveMessageOnPort(other); next; next = receiveMessageOnPort(other))
          sort(other, next.message);
      commitTogether(index as OpenIndex, batches);
    }
    for (const act of rest) act();
  }

  function carryOut(port: MessagePort, message: Exclude<ToWriter, { kind: 'batch' }>): void {
    if (message.kind === 'open') index = openIndex(port, message.file);
    else if (message.kind === 'join') {
      ports.add(message.port);
      listen(message.port);
    } else {
      ports.delete(port);
      port.close();
      if (port !== parent) return;
      for (const joined of ports) joined.close();
      index?.db.close();
    }
  }

  listen(parent);
}

interface OpenIndex {
  readonly db: DatabaseSync;
  readonly writes: SqliteWrites;
  /** Set when a commit has failed for a reason that a later one would not tell of. */
  failure: WriterFault | undefined;
}

interface Batch {
  readonly port: MessagePort;
  readonly writes: readonly Write[];
}

function openIndex(port: MessagePort, file: string): OpenIndex | undefined {
  const send = (message: FromWriter): void => port.postMessage(message);
  try {
    const db = openForWriting(file);
    const writes = new SqliteWrites(db);
    send({ kind: 'opened' });
    return { db, writes, failure: undefined };
  } catch (error) {
    send({ kind: 'not-opened', fault: faultOf(error) });
    return undefined;
  }
}

function commitTogether(index: OpenIndex, batches: readonly Batch[]): void {
  const committed = commit(
    index,
    batches.flatMap(({ writes }) => writes),
  );
  if (committed.kind === 'not-committed') {
    for (const { port } of batches) port.postMessage(committed);
    return;
  }
  let at = 0;
  for (const { port, writes } of batches) {
    const outcomes = committed.outcomes.slice(at, at + writes.length);
    at += writes.length;
    port.postMessage({ kind: 'committed', outcomes } satisfies FromWriter);
  }
}

type Committed = Extract<FromWriter, { kind: 'committed' | 'not-committed' }>;

/** After a failure that leaves it open what is on disk nothing is begun, whoever asks: they have not all been told yet. */
function commit(index: OpenIndex, writes: readonly Write[]): Committed {
  if (index.failure) return { kind: 'not-committed', fault: index.failure };
  try {
    return { kind: 'committed', outcomes: index.writes.commit(writes).map(sentOutcome) };
  } catch (error) {
    const fault = faultOf(error);
    if (fault.kind === 'other') index.failure = fault;
    return { kind: 'not-committed', fault };
  }
}

function sentOutcome(outcome: WriteOutcome): SentOutcome {
  return outcome.kind === 'done' ? outcome : { kind: 'failed', fault: faultOf(outcome.error) };
}

function faultOf(error: unknown): WriterFault {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    message,
    stack,
    storageFault: error instanceof StorageError ? error.fault : undefined,
    kind: FAULT_KINDS.get(primaryCode(error)) ?? 'other',
  };
}
