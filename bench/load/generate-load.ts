// The load generator: as many connections as asked, one request at a time on each, over bare sockets. It costs a third of what the
// cheapest server under test costs, so that one core of it keeps one core of that busy.

import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import { createRequestSource, type RequestSlot, type RequestSource } from './request-source.ts';

/** Requests that are signed in advance, a second of load: more than any server under test answers. */
const signedPerSecond = 30_000;
/** How long the last answers are waited for. */
const lastAnswersMs = 120_000;
/** Between looks at which requests are due, when there is a rate. */
const tickMs = 1;
const receiveBytes = 256 * 1024;

export async function generateLoad(job: LoadJob): Promise<LoadResult> {
  const signaturesMax = Math.min(job.requestsMax, Math.ceil((job.durationMs / 1000) * signedPerSecond));
  const source = createRequestSource(job.plan, job.firstNumber, signaturesMax);
  const load = new Load(job, source);
  await load.connectAll();
  return load.run();
}

class Load {
  readonly #job: LoadJob;
  readonly #source: RequestSource;
  readonly #latencies = new LatencyHistogram();
  readonly #clients: Client[] = [];
  /** Without a request under way. */
  readonly #idle: Client[] = [];
  #startedMs = 0;
  #endsMs = 0;
  #begun = 0;
  #answered = 0;
  #succeeded = 0;
  #firstFailure: string | undefined;
  #lastAnswerMs = 0;
  #isDispatching = false;
  #finish: () => void = () => {};

  constructor(job: LoadJob, source: RequestSource) {
    this.#job = job;
    this.#source = source;
  }

  async connectAll(): Promise<void> {
    const { connections, isHead } = this.#job;
    for (let i = 0; i < connections; i++) {
      const client = new Client(this.#job, this.#source.makeSlot(), new AnswerReader(isHead), (failure) =>
        this.#take(client, failure),
      );
      this.#clients.push(client);
    }
    await Promise.all(this.#clients.map((client) => client.connect()));
  }

  async run(): Promise<LoadResult> {
    const cpu = process.cpuUsage();
    this.#startedMs = performance.now();
    this.#endsMs = this.#startedMs + this.#job.durationMs;
    this.#isDispatching = true;
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    if (this.#job.requestsPerSecond === undefined) {
      for (const client of this.#clients.slice(0, this.#job.requestsMax)) this.#begin(client);
    } else this.#dispatchAtRate(this.#job.requestsPerSecond);
    const guard = setTimeout(() => {
      this.#firstFailure ??= 'some answers never came';
      this.#finish();
    }, this.#job.durationMs + lastAnswersMs);
    await finished;
    clearTimeout(guard);
    for (const client of this.#clients) client.close();
    const { user, system } = process.cpuUsage(cpu);
    return {
      succeeded: this.#succeeded,
      failed: this.#begun - this.#succeeded,
      firstFailure: this.#firstFailure,
      elapsedMs: this.#lastAnswerMs - this.#startedMs,
      latencies: this.#latencies.counts,
      nextNumber: this.#job.firstNumber + this.#source.taken,
      generatorCpuMs: (user + system) / 1000,
    };
  }

  /** One request for each moment that has come; those that find no connection free wait, and are measured from their moment on. */
  #dispatchAtRate(requestsPerSecond: number): void {
    this.#idle.push(...this.#clients);
    let due = 0;
    const waitingSince: number[] = [];
    const tick = () => {
      const nowMs = performance.now();
      const dueNow = ((Math.min(nowMs, this.#endsMs) - this.#startedMs) / 1000) * requestsPerSecond;
      for (; due < dueNow; due++) waitingSince.push(nowMs);
      while (waitingSince.length > 0 && this.#idle.length > 0) {
        this.#begin(this.#idle.pop() as Client, waitingSince.shift() as number);
      }
      if (nowMs < this.#endsMs || waitingSince.length > 0) setTimeout(tick, tickMs);
      else {
        this.#isDispatching = false;
        this.#finishWhenAnswered();
      }
    };
    tick();
  }

  #begin(client: Client, sinceMs = performance.now()): void {
    this.#begun++;
    client.send(sinceMs);
  }

  /** An answer is whole, or will not come. */
  #take(client: Client, failure: string | undefined): void {
    const nowMs = performance.now();
    this.#answered++;
    this.#lastAnswerMs = nowMs;
    if (failure === undefined) {
      this.#succeeded++;
      this.#latencies.record(nowMs - client.sinceMs);
    } else this.#firstFailure ??= failure;
    if (this.#job.requestsPerSecond !== undefined) this.#idle.push(client);
    else if (nowMs < this.#endsMs && this.#begun < this.#job.requestsMax && this.#source.hasNext()) {
      this.#begin(client, nowMs);
      return;
    } else this.#isDispatching = false;
    this.#finishWhenAnswered();
  }

  #finishWhenAnswered(): void {
    if (!this.#isDispatching && this.#answered === this.#begun) this.#finish();
  }
}

/** Where all sockets read into; each piece is looked at before the next is read. */
const received = Buffer.allocUnsafeSlow(receiveBytes);

class Client {
  readonly #job: LoadJob;
  readonly #slot: RequestSlot;
  readonly #reader: AnswerReader;
  readonly #onAnswer: (failure: string | undefined) => void;
  #socket!: Socket;
  #isBusy = false;
  #isClosed = false;
  sinceMs = 0;

  constructor(
    job: LoadJob,
    slot: RequestSlot,
    reader: AnswerReader,
    onAnswer: (failure: string | undefined) => void,
  ) {
    this.#job = job;
    this.#slot = slot;
    this.#reader = reader;
    this.#onAnswer = onAnswer;
  }

  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { host, port } = this.#job;
      const callback = (length: number, bytes: Uint8Array) => {
        this.#receive(bytes as Buffer, length);
        return true;
      };
      const socket = connect({ host, port, noDelay: true, onread: { buffer: received, callback } });
      this.#socket = socket;
      socket.once('connect', resolve);
      socket.on('error', (error) => {
        reject(error);
        this.#lose(socket, error.message);
      });
      socket.on('close', () => this.#lose(socket, 'the connection was closed'));
    });
  }

  send(sinceMs: number): void {
    this.sinceMs = sinceMs;
    this.#isBusy = true;
    const pieces = this.#slot.next().pieces();
    if (Array.isArray(pieces)) this.#socket.write(pieces[0] as Uint8Array);
    else this.#write((pieces as Generator<Uint8Array>)[Symbol.iterator]());
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #write(pieces: Iterator<Uint8Array>): void {
    const socket = this.#socket;
    for (let piece = pieces.next(); !piece.done; piece = pieces.next()) {
      if (socket.write(piece.value)) continue;
      socket.once('drain', () => this.#write(pieces));
      return;
    }
  }

  #receive(bytes: Buffer, length: number): void {
    if (!this.#isBusy || !this.#reader.push(bytes.subarray(0, length))) return;
    this.#isBusy = false;
    const failure = this.#reader.isSuccess ? undefined : this.#reader.beginning;
    if (this.#reader.isLast) this.#reconnect(failure);
    else this.#onAnswer(failure);
  }

  #lose(socket: Socket, why: string): void {
    if (this.#isClosed || socket !== this.#socket) return;
    if (!this.#isBusy) return void this.connect().catch(() => {});
    this.#isBusy = false;
    this.#reconnect(why);
  }

  #reconnect(failure: string | undefined): void {
    this.#socket.destroy();
    this.connect().then(
      () => this.#onAnswer(failure),
      (error: Error) => this.#onAnswer(failure ?? error.message),
    );
  }
}
