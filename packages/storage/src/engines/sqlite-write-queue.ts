// Changes on their way to the thread that writes the index (sqlite-writer.ts is its other side): what comes together, or arrives while it is
// busy, goes into one transaction (group commit), and each is told what came of it when that is on disk.

import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { crashPoint } from '../crash-points.ts';
import { CommitUnknown, type MetadataStore } from '../metadata-store.ts';
import { StorageError } from '../storage-error.ts';
import { VolumeFailed } from '../write-fault.ts';
import { diskFull } from './file-operations.ts';
import { takeIndexWriter } from './index-writer-thread.ts';
import type { FromWriter, SentOutcome, ToWriter, WriterFault } from './sqlite-writer.ts';
import type { Write, WriteName, WriteResult } from './sqlite-writes.ts';

/** Changes in one transaction: more would make the first of them wait long without saving much. */
const batchWritesMax = 512;

/**
 * Changes that come together, this many or more, to a writer with nothing to do, go to it in two halves. While it commits the second, those
 * who are told of the first bring their next requests: both threads work, where they would take turns with one batch of all. Where other
 * threads send changes too, it has theirs meanwhile, and a flush for each half is one too many.
 */
const splitWritesMin = 16;

/** The writer's thread as it is seen from here; an argument, so that a test can have one whose disk fails. */
export type IndexWriter = Pick<Worker, 'on' | 'once' | 'postMessage'>;

interface WaitingWrite {
  readonly write: Write;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class WriteQueue {
  readonly #writer: IndexWriter;
  #waiting: WaitingWrite[] = [];
  #inFlight: WaitingWrite[] = [];
  /** Why nothing can be written any more. */
  #failure: VolumeFailed | undefined;
  #hasWriterEnded = false;
  #isAboutToSend = false;
  /** Nobody else sends the writer anything. */
  #isAlone: boolean;
  #tellDrained: (() => void) | undefined;
  #transactions = 0;

  constructor(writer: IndexWriter, isAlone = true) {
    this.#writer = writer;
    this.#isAlone = isAlone;
    writer.on('message', (message: FromWriter) => this.#settle(message));
    writer.on('error', (error) => this.#endWriter(error));
    writer.on('exit', () => this.#endWriter(undefined));
  }

  /** Committed so far: fewer than changes, when many come at once. */
  get transactions(): number {
    return this.#transactions;
  }

  write<Name extends WriteName>(
    name: Name,
    ...given: Parameters<MetadataStore[Name]>
  ): Promise<WriteResult<Name>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.push({ write: { name, given } as unknown as Write, resolve, reject });
      if (this.#inFlight.length === 0) this.#sendSoon();
    }) as Promise<WriteResult<Name>>;
  }

  /** When the requests that were begun together have all come this far: the first alone would make the rest wait for its flush. */
  #sendSoon(): void {
    if (this.#isAboutToSend) return;
    this.#isAboutToSend = true;
    process.nextTick(() => {
      this.#isAboutToSend = false;
      const writes = this.#waiting.length;
      const isSplit = this.#isAlone && writes >= splitWritesMin;
      if (writes > 0) this.#sendBatch(isSplit ? Math.ceil(writes / 2) : writes);
    });
  }

  #sendBatch(writesMax: number): void {
    this.#inFlight = this.#waiting.splice(0, Math.min(writesMax, batchWritesMax));
    this.#send({ kind: 'batch', writes: this.#inFlight.map(({ write }) => write) });
    crashPoint('commit-sent');
  }

  #send(message: ToWriter, transfer: readonly MessagePort[] = []): void {
    this.#writer.postMessage(message, transfer);
  }

  /** A way to the writer for another thread: see {@link joinIndexWriter}. */
  join(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#isAlone = false;
    // To whoever has it then the writer has ended.
    if (this.#hasWriterEnded) port1.close();
    else this.#send({ kind: 'join', port: port1 }, [port1]);
    return port2;
  }

  /** The outcome of the batch in flight; then the next one leaves. */
  #settle(message: FromWriter): void {
    const error = message.kind === 'not-committed' ? commitError(message.fault) : undefined;
    if (error instanceof VolumeFailed) {
      this.#fail(error);
      return;
    }
    const settled = this.#inFlight;
    this.#inFlight = [];
    if (this.#waiting.length > 0) this.#sendBatch(batchWritesMax);

    if (message.kind === 'committed') {
      this.#transactions++;
      for (const [at, outcome] of message.outcomes.entries())
        settleWrite(settled[at] as WaitingWrite, outcome);
    } else if (error) {
      for (const { reject } of settled) reject(error);
    }
    if (this.#isIdle) this.#tellDrained?.();
  }

  get #isIdle(): boolean {
    return this.#inFlight.length === 0 && this.#waiting.length === 0;
  }

  #endWriter(cause: Error | undefined): void {
    this.#hasWriterEnded = true;
    this.#fail(new VolumeFailed('The thread that writes the index has ended', { cause }));
  }

  /** Of what is in flight nobody knows whether a crash would bring it back; what waits was not begun. */
  #fail(failure: VolumeFailed): void {
    this.#failure ??= failure;
    const unknown = new CommitUnknown('The index may not have been written.', { cause: failure });
    for (const { reject } of this.#inFlight) reject(unknown);
    for (const { reject } of this.#waiting) reject(failure);
    this.#inFlight = [];
    this.#waiting = [];
    this.#tellDrained?.();
  }

  /** Resolves when nothing is under way. */
  drain(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => {
      this.#tellDrained = resolve;
    });
  }

  /** Ends the thread. To be called when nothing is under way. */
  async close(): Promise<void> {
    if (this.#hasWriterEnded) return;
    const ended = new Promise((resolve) => this.#writer.once('exit', resolve));
    this.#send({ kind: 'close' });
    await ended;
  }
}

/** @throws StorageError */
export async function startIndexWriter(file: string): Promise<IndexWriter> {
  const worker = takeIndexWriter();
  const first = await new Promise<FromWriter>((resolve, reject) => {
    worker.postMessage({ kind: 'open', file } satisfies ToWriter);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The thread that writes the index ended before it began.')));
  });
  if (first.kind !== 'not-opened') return worker;
  await worker.terminate();
  throw openError(file, first.fault);
}

/** The writer as it is seen from a thread that has been given a way to it. Closing it ends that way, and not the writer. */
export function joinIndexWriter(port: MessagePort): IndexWriter {
  // It ends where a thread's own would exit.
  const eventOf = (event: string) => (event === 'exit' ? 'close' : event);
  const writer = {
    on: (event: string, listener: (value: unknown) => void) => port.on(eventOf(event), listener),
    once: (event: string, listener: (value: unknown) => void) => port.once(eventOf(event), listener),
    postMessage: (message: ToWriter) => port.postMessage(message),
  };
  return writer as unknown as IndexWriter;
}

function openError(file: string, { message, stack, storageFault }: WriterFault): StorageError {
  const cause = causeOf(message, stack);
  if (storageFault) return new StorageError(storageFault, message, { cause });
  return new StorageError('unusable', `The index ${file} cannot be opened: ${message}.`, { cause });
}

function settleWrite({ resolve, reject }: WaitingWrite, outcome: SentOutcome): void {
  if (outcome.kind === 'done') resolve(outcome.result);
  else reject(writeError(outcome.fault));
}

/** Of a transaction that failed as a whole. */
function commitError(fault: WriterFault): Error {
  // A full disk is noticed before the commit is written. After a failed flush a crash may yet bring the commit back.
  if (fault.kind !== 'other') return writeError(fault);
  return new VolumeFailed(`A commit of the index failed: ${fault.message}`, {
    cause: causeOf(fault.message, fault.stack),
  });
}

function writeError({ message, stack, kind }: WriterFault): Error {
  const cause = causeOf(message, stack);
  return kind === 'disk-full'
    ? diskFull(cause)
    : new Error(`The index was not written: ${message}.`, { cause });
}

/** The writer's error, with the stack it had there. */
function causeOf(message: string, stack: string | undefined): Error {
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return cause;
}
