// The writer's thread: the only one that changes the SQLite index, so that waiting for the disk never stalls the sockets. Batches of
// changes come in, and for each one message goes back, after its commit.

import type { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
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

/** `open` comes first, once. */
export type ToWriter =
  | { readonly kind: 'open'; readonly file: string }
  | { readonly kind: 'batch'; readonly writes: readonly Write[] }
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

type Port = NonNullable<typeof parentPort>;

function serveWriter(port: Port): void {
  let index: OpenIndex | undefined;
  port.on('message', (message: ToWriter) => {
    if (message.kind === 'open') index = openIndex(port, message.file);
    else if (message.kind === 'batch') port.postMessage(commit((index as OpenIndex).writes, message.writes));
    else {
      index?.db.close();
      port.close();
    }
  });
}

interface OpenIndex {
  readonly db: DatabaseSync;
  readonly writes: SqliteWrites;
}

function openIndex(port: Port, file: string): OpenIndex | undefined {
  const send = (message: FromWriter): void => port.postMessage(message);
  try {
    const db = openForWriting(file);
    const writes = new SqliteWrites(db);
    send({ kind: 'opened' });
    return { db, writes };
  } catch (error) {
    send({ kind: 'not-opened', fault: faultOf(error) });
    return undefined;
  }
}

function commit(writes: SqliteWrites, batch: readonly Write[]): FromWriter {
  try {
    return { kind: 'committed', outcomes: writes.commit(batch).map(sentOutcome) };
  } catch (error) {
    return { kind: 'not-committed', fault: faultOf(error) };
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
