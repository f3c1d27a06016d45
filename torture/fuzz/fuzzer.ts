// The thread that fuzzes: a server of its own, input after input, until it is told to stop. What number it is at lies in shared memory, so
// that its parent sees a hang, and which input it is.

import { parentPort, workerData } from 'node:worker_threads';
import { parseMutated } from './documents.ts';
import { findFault, makeForm } from './forms.ts';
import { type FuzzedServer, openFuzzedServer } from './fuzzed-server.ts';
import { findRequestFault, makeRequest } from './requests.ts';

export interface FuzzerData {
  readonly seed: number;
  /** Takes the inputs `first`, `first + step`, … */
  readonly first: number;
  readonly step: number;
  readonly formsMax: number;
  readonly untilMs: number;
  /** One number: that of the input at hand. */
  readonly current: SharedArrayBuffer;
}

export interface Fuzzed {
  readonly forms: number;
  readonly stored: number;
  readonly requests: number;
  readonly documents: number;
  /** Codes of the answers to forms, with how often. */
  readonly codes: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

/** Of so many forms each, one request of another kind, and one document. */
const formsPerOther = 4;
const violationsMax = 20;
const internalError = 500;

// Millions of errors are made here, and of none is the stack looked at: the number of an input makes it again.
Error.stackTraceLimit = 0;

if (parentPort) parentPort.postMessage(await fuzz(workerData as FuzzerData));

async function fuzz({ seed, first, step, formsMax, untilMs, current }: FuzzerData): Promise<Fuzzed> {
  const server = await openFuzzedServer();
  const at = new Int32Array(current);
  const codes = new Map<string, number>();
  const violations: string[] = [];
  const report = (what: string, number: number, fault: string | undefined) => {
    if (fault !== undefined) violations.push(`seed ${seed}, ${what} ${number}: ${fault}`);
  };
  let forms = 0;
  let others = 0;
  let stored = 0;
  for (let number = first; forms < formsMax && violations.length < violationsMax; number += step) {
    Atomics.store(at, 0, number);
    const { code, fault, isStored } = await postMutated(server, seed, number);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    report('form', number, fault);
    if (isStored) stored++;
    if (++forms % formsPerOther !== 0) continue;
    report('request', number, await askMutated(server, seed, number));
    report('document', number, parseMutated(seed, number));
    others++;
    if (Date.now() >= untilMs) break;
  }
  return { forms, stored, requests: others, documents: others, codes, violations };
}

async function postMutated(server: FuzzedServer, seed: number, number: number) {
  const form = makeForm(seed, number);
  const { reply, stored } = await server.ask(form.message, form.body);
  const code = codeOf(reply.body) ?? String(reply.status);
  const isRefused = reply.status >= 400;
  const [object, ...others] = stored;
  let fault: string | undefined;
  if (reply.status === internalError) fault = `it was answered 500`;
  else if (isRefused && object) fault = 'a refused form was stored';
  else if (!isRefused && !object) fault = `it was answered ${reply.status}, and nothing was stored`;
  else if (others.length > 0) fault = 'it was stored twice';
  else if (object) fault = findFault(form, object);
  return { code, fault, isStored: object !== undefined };
}

async function askMutated(server: FuzzedServer, seed: number, number: number): Promise<string | undefined> {
  const request = makeRequest(seed, number);
  const { reply } = await server.ask(request.message, request.body);
  if (reply.status === internalError) return 'it was answered 500';
  const isStream =
    reply.body !== undefined && typeof reply.body !== 'string' && !(reply.body instanceof Uint8Array);
  if (isStream) for await (const _ of reply.body as AsyncIterable<Uint8Array>);
  return findRequestFault(request, reply.status);
}

function codeOf(body: unknown): string | undefined {
  if (typeof body !== 'string') return undefined;
  const code = /<Code>(.*?)<\/Code>/.exec(body)?.[1];
  return code && `${code} ${/<EC>(.*?)<\/EC>/.exec(body)?.[1] ?? ''}`.trimEnd();
}
