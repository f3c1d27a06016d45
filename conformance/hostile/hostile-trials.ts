// The notation of the hostile suites: a case is the input in words, the input, and what comes of it. After each of them the bucket holds
// what it held before, a right form still goes through, and at the end the log tells of no error of the server's own.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { rawContentType } from '../raw-form.ts';
import { exchangeRaw, type RawAnswer } from '../raw-http.ts';
import { openTarget, type Target } from '../target.ts';
import {
  checkAccepted,
  checkRefused,
  type ErrorElements,
  type Outcome,
  type Refusal,
  type Trial,
  TrialBucket,
  type TrialBucketOptions,
  type TrialForm,
} from '../trial-bucket.ts';

/** A server that hangs fails its test instead of the run. */
const timeoutMs = 20_000;

/** One line of the access log, as far as it is looked at. */
export interface LogLine {
  readonly status: number;
  readonly operation?: string;
  readonly code?: string;
  readonly error?: { readonly type: string };
}

export interface HostileTrials {
  readonly target: Target;
  readonly bucket: TrialBucket;
  /** Every request so far. */
  readonly logLines: readonly LogLine[];
  /** Resolves with the first line, of those to come, that fits. */
  nextLogLine(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** Registers the test that the server is able to serve afterwards. */
  survives(input: string, act: (bucket: TrialBucket) => Promise<void>): void;
  /** Registers the test that an attempt leaves the bucket as it was besides. */
  repels(input: string, attempt: (bucket: TrialBucket) => Promise<void>): void;
  refuses(input: string, trial: Trial, refusal: Refusal, elements?: ErrorElements): void;
  /** Bytes on a connection: the answers, in their order, and then the server closes. */
  refusesRaw(input: string, bytes: RawInput, ...answers: readonly `${number}${string}`[]): void;
  accepts(input: string, form: TrialForm, outcome?: Outcome): void;
}

/** Pieces that are written one after the other. */
export type RawInput = (bucket: TrialBucket) => string | readonly string[];

export async function openHostileTrials({
  acl,
  ...options
}: TrialBucketOptions = {}): Promise<HostileTrials> {
  const log = new LogWatch();
  const target = await openTarget({ ...options, log: { pretty: false, level: 'info', destination: log } });
  after(async () => {
    await target[Symbol.asyncDispose]();
    const failures = log.lines.filter((line) => line.status >= 500 && line.code !== 'NotImplemented');
    assert.deepEqual(failures, [], 'the server failed by itself');
  });
  const bucket = await TrialBucket.create(target, acl, options.clock);

  const register = (input: string, act: () => Promise<unknown>) =>
    void test(input, { timeout: timeoutMs }, async () => {
      await act();
      await checkAccepted(bucket, {});
    });
  const repels: HostileTrials['repels'] = (input, attempt) =>
    register(input, async () => {
      const before = await bucket.objects();
      await attempt(bucket);
      assert.deepEqual(await bucket.objects(), before, 'something was left in the bucket');
    });

  return {
    target,
    bucket,
    logLines: log.lines,
    nextLogLine: (fits) => log.next(fits),
    survives: (input, act) => register(input, () => act(bucket)),
    repels,
    refuses: (input, trial, refusal, elements) =>
      register(input, () => checkRefused(bucket, trial, refusal, elements)),
    refusesRaw: (input, bytes, ...answers) =>
      repels(input, async () => {
        assert.deepEqual((await exchangeRaw(target, ...[bytes(bucket)].flat())).map(summarize), answers);
      }),
    accepts: (input, form, outcome) => register(input, () => checkAccepted(bucket, form, outcome)),
  };
}

/** `204`, or of an error document `400 BadRequest`. Every refusal is told whole: with an id, as XML. */
export function summarize(answer: RawAnswer | undefined): string {
  if (answer === undefined) return 'closed';
  const { status, code, headers, text } = answer;
  if (status < 400) return String(status);
  assert.equal(headers.get('content-type'), 'application/xml');
  assert.match(headers.get('x-oss-request-id') ?? '', /^[0-9A-F]{24}$/);
  assert.ok(text.includes(`<RequestId>${headers.get('x-oss-request-id')}</RequestId>`));
  return `${status} ${code}`;
}

/** A POST to the bucket's host: header lines of a form, then these, then the body. */
export function rawPost(bucket: TrialBucket, lines: readonly string[], body = ''): string {
  return rawRequest(bucket, 'POST / HTTP/1.1', [`Content-Type: ${rawContentType}`, ...lines], body);
}

/** Goes to the bucket's host unless a line names another one. */
export function rawRequest(
  bucket: TrialBucket,
  requestLine: string,
  lines: readonly string[],
  body = '',
): string {
  const host = lines.some((line) => /^host[ :]/i.test(line)) ? [] : [`Host: ${bucket.name}.localhost`];
  return [requestLine, ...host, ...lines, '', body].join('\r\n');
}

class LogWatch {
  readonly lines: LogLine[] = [];
  readonly #waiting = new Set<(line: LogLine) => void>();

  write(json: string): void {
    const line: LogLine = JSON.parse(json);
    this.lines.push(line);
    for (const take of this.#waiting) take(line);
  }

  next(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve) => {
      const take = (line: LogLine) => {
        if (!fits(line)) return;
        this.#waiting.delete(take);
        resolve(line);
      };
      this.#waiting.add(take);
    });
  }
}
