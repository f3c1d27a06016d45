// The writer's thread: the only one that changes the SQLite index, so that waiting for the disk never stalls the sockets. Batches of
// changes come in, and for each one message goes back, after its commit.

import { parentPort, workerData } from 'node:worker_threads';
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

export type ToWriter =
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

/** What the thread is started with. */
export interface WriterData {
  readonly file: string;
}

const FAULT_KINDS: ReadonlyMap<number | undefined, WriterFaultKind> = new Map([
  [sqliteFull, 'disk-full'],
  [sqliteBusy, 'busy'],
]);

if (parentPort) serveWriter(parentPort, (workerData as WriterData).file);

function serveWriter(port: NonNullable<typeof parentPort>, file: string): void {
  const send = (message: FromWriter): void => port.postMessage(message);
  let db: ReturnType<typeof openForWriting>;
  try {
    db = openForWriting(file);
  } catch (error) {
    send({ kind: 'not-opened', fault: faultOf(error) });
    return;
  }
  const writes = new SqliteWrites(db);
  port.on('message', (message: ToWriter) => {
    if (message.kind === 'batch') return send(commit(writes, message.writes));
    db.close();
    port.close();
  });
  send({ kind: 'opened' });
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
