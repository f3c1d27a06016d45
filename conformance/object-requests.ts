// The notation of the suites about requests on objects: a request line below the bucket, signed unless said otherwise, and what is
// expected of its answer.
//
//   expects('a range', 'GET a.txt', { headers: { range: 'bytes=0-1' } }, 206, { 'content-range': 'bytes 0-1/5' });
//   refuses('a key that is not there', 'GET b.txt', {}, '404 NoSuchKey 0026-00000001');

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from './http.ts';
import { checkRefusal, type ErrorElements, type Refusal, type TrialBucket } from './trial-bucket.ts';

/** What goes with a request line. */
export interface Given {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** Default: by the owner. */
  readonly signed?: boolean;
}

/** `PUT folder/a.txt?acl`: the key as it is, the query encoded; `GET ?uploads` is on the bucket itself. */
export type RequestLine = `${'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'} ${string}`;

/** Values of headers; undefined: must not be there; a pattern: must match. */
export type Headers = Readonly<Record<string, string | RegExp | undefined>>;

/** Sends the request to the bucket. */
export function ask(
  bucket: TrialBucket,
  line: RequestLine,
  { signed = true, ...given }: Given = {},
): Promise<Answer> {
  const [, method = '', key = '', query = ''] = /^([A-Z]+) ([^?]*)(\?.*)?$/s.exec(line) ?? [];
  const path = `/${key.split('/').map(encodeURIComponent).join('/')}${query}`;
  const sending = { method, path, ...given };
  return signed ? bucket.sendSigned(sending) : bucket.send(sending);
}

/** Sends it and makes sure that it succeeded. */
export async function succeed(
  bucket: TrialBucket,
  line: RequestLine,
  given?: Given,
  status = 200,
): Promise<Answer> {
  const answer = await ask(bucket, line, given);
  assert.equal(answer.status, status, `${line}: ${answer.text}`);
  return answer;
}

export function checkHeaders(answer: Answer, expected: Headers): void {
  for (const [name, value] of Object.entries(expected)) {
    const actual = answer.headers[name];
    if (value instanceof RegExp) assert.match(String(actual), value, name);
    else assert.equal(actual, value, name);
  }
}

/** The texts of all elements called `name`, in their order. */
export function texts(answer: Answer, name: string): string[] {
  return [...answer.text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(
    ([, text = '']) => text,
  );
}

export interface ObjectTrials {
  /** Registers the test that the request succeeds with this status and these headers. */
  expects(rule: string, line: RequestLine, given: Given, status: number, headers?: Headers): void;
  /** Registers the test that the request is refused, wherever an answer says so. */
  refuses(rule: string, line: RequestLine, given: Given, refusal: Refusal, elements?: ErrorElements): void;
}

export function objectTrials(bucket: TrialBucket): ObjectTrials {
  return {
    expects: (rule, line, given, status, headers = {}) => {
      test(rule, async () => checkHeaders(await succeed(bucket, line, given, status), headers));
    },
    refuses: (rule, line, given, refusal, elements) => {
      test(rule, async () => checkRefusal(await ask(bucket, line, given), refusal, elements));
    },
  };
}
