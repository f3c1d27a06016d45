// A bucket to try forms on, and the notation of the wire suite: a case is the rule in words, a form that differs from a right one in one
// respect, and what comes of it. After every refusal the suite makes sure that the bucket holds what it held before.
//
//   const { accepts, refuses } = await openTrials();
//   accepts('a field that the policy does not name', { fields: { note: 'x' } });
//   refuses('a key outside of the allowed folder', { policy: { conditions: [['starts-with', '$key', 'user/']] } }, '403 AccessDenied');

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import type { ServerOptions } from '@postern/server';
import { type Answer, type OpenRequest, openRequest, type Sending, send, sendSigned } from './http.ts';
import {
  type Fields,
  type FormFile,
  type PolicyOptions,
  type Signer,
  signPolicyV1,
  signV1,
  signV4,
  writeForm,
  writeFrame,
} from './post-form.ts';
import { newBucketName, openTarget, type Target } from './target.ts';

/** How a form differs from a right one: `key` and content, signed with V1 for the bucket. */
export interface TrialForm {
  /** Before the signature, which therefore goes with them. A key of its own is the default. */
  readonly fields?: Fields;
  /** Default `v1`. */
  readonly signed?: 'v1' | 'v4' | 'not';
  /** Default: the target's owner. */
  readonly signer?: Signer;
  readonly policy?: PolicyOptions;
  /** Put over, or behind, everything that is there already. */
  readonly changed?: Fields;
  readonly without?: readonly string[];
  readonly file?: FormFile;
  readonly headers?: Record<string, string>;
  /** Behind the bucket, e.g. `?a=b`. */
  readonly query?: string;
}

/** For what is no form with one thing changed: sends it itself. */
export type Trial = TrialForm | ((bucket: TrialBucket) => Promise<Answer>);

/** What an accepted form leaves. */
export interface Outcome {
  /** Default 204. */
  readonly status?: number;
  /** Default: the key that was posted. */
  readonly key?: string;
  /** Default: what was posted, `hello` unless said otherwise. */
  readonly content?: string | Uint8Array;
  /** Of the answer to the form; undefined: it must not be there. */
  readonly replies?: Readonly<Record<string, string | undefined>>;
  /** Of the object when it is read; undefined: it must not be there. */
  readonly stores?: Readonly<Record<string, string | undefined>>;
  /** The object is in an archive class: it cannot be read before it is restored, and HEAD alone tells what is there. */
  readonly isArchived?: boolean;
}

/** Status, code and, where one is documented, EC: `400 InvalidPolicyDocument 0006-00000202`. */
export type Refusal = `${number} ${string}`;

/** Texts of elements of the error document: `Message`, `ArgumentName` … */
export type ErrorElements = Readonly<Record<string, string>>;

export interface TrialBucketOptions extends ServerOptions {
  readonly acl?: 'private' | 'public-read' | 'public-read-write';
  /** Try on this target instead of a new one. */
  readonly on?: Target;
}

export class TrialBucket {
  readonly target: Target;
  readonly name: string;
  readonly #clock: () => number;

  private constructor(target: Target, name: string, clock: () => number) {
    this.target = target;
    this.name = name;
    this.#clock = clock;
  }

  /** One that need not be there. */
  static of(target: Target, name = newBucketName(), clock = Date.now): TrialBucket {
    return new TrialBucket(target, name, clock);
  }

  static async create(
    target: Target,
    acl = 'private',
    clock = Date.now,
    name = newBucketName(),
  ): Promise<TrialBucket> {
    const bucket = TrialBucket.of(target, name, clock);
    const made = await bucket.sendSigned({ method: 'PUT', path: '/', headers: { 'x-oss-acl': acl } });
    assert.equal(made.status, 200, made.text);
    return bucket;
  }

  /** A name on the same target, of a bucket that need not be there. */
  elsewhere(name: string): TrialBucket {
    return TrialBucket.of(this.target, name, this.#clock);
  }

  /** The fields of a form, signed. */
  fields({ fields, signed = 'v1', signer = this.target, policy, changed, without = [] }: TrialForm): Fields {
    const given = { key: newKey(), ...fields };
    const options = { nowMs: this.#clock(), ...policy };
    const signature = { v1: signV1, v4: signV4, not: () => ({}) }[signed](signer, this.name, options);
    const all = { ...given, ...signature, ...changed };
    return Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name)));
  }

  post(form: TrialForm = {}): Promise<Answer> {
    return this.postFields(this.fields(form), form);
  }

  postFields(fields: Fields, { file, headers, query }: TrialForm = {}): Promise<Answer> {
    const { body, contentType } = writeForm(fields, file);
    return this.postBody(body, { 'content-type': contentType, ...headers }, query);
  }

  /** Signs this text as the `policy` field, whatever it is. */
  postSignedPolicy(policy: string, form: TrialForm = {}): Promise<Answer> {
    return this.postFields(
      { key: newKey(), ...form.fields, ...signPolicyV1(this.target, policy), ...form.changed },
      form,
    );
  }

  /**
   * Sends the head of the request and all of the form before the file's bytes, which come piece by piece.
   *
   * @param contentBytes the size of the file to announce; undefined: nothing is announced, the body goes in chunks
   */
  open(
    fields: Fields,
    contentBytes?: number,
    headers: Record<string, string> = {},
    path = `/${this.name}/`,
  ): OpenUpload {
    const { head, tail, contentType } = writeFrame(fields);
    const bytes = contentBytes === undefined ? undefined : head.length + contentBytes + tail.length;
    const request = openRequest(this.target, {
      method: 'POST',
      path,
      headers: { 'content-type': contentType, ...(bytes && { 'content-length': `${bytes}` }), ...headers },
    });
    const begun = request.write(head);
    return { ...request, begun, tail };
  }

  postBody(body: string | Uint8Array, headers: Record<string, string>, query = ''): Promise<Answer> {
    return this.send({ method: 'POST', path: `/${query}`, headers, body });
  }

  /** `path` is below the bucket. */
  send(sending: Sending): Promise<Answer> {
    return send(this.target, { ...sending, path: `/${this.name}${sending.path}` });
  }

  sendSigned(sending: Sending): Promise<Answer> {
    return sendSigned(this.target, { ...sending, path: `/${this.name}${sending.path}` }, this.#clock());
  }

  get(key: string): Promise<Answer> {
    return this.sendSigned({ method: 'GET', path: `/${encodeURIComponent(key)}` });
  }

  put(key: string, content = 'old', headers: Record<string, string> = {}): Promise<Answer> {
    return this.sendSigned({ method: 'PUT', path: `/${encodeURIComponent(key)}`, body: content, headers });
  }

  /** Every object that is visible, as `key etag`. */
  async objects(): Promise<string[]> {
    const list = await this.sendSigned({
      method: 'GET',
      path: '/?list-type=2&max-keys=1000&encoding-type=url',
    });
    assert.equal(list.status, 200, list.text);
    return Array.from(
      list.text.matchAll(/<Key>(.*?)<\/Key>.*?<ETag>(.*?)<\/ETag>/gs),
      ([, key, etag]) => `${decodeURIComponent(key as string)} ${etag}`,
    );
  }

  run(trial: Trial): Promise<Answer> {
    return typeof trial === 'function' ? trial(this) : this.post(trial);
  }
}

/** A form whose file is still to be sent: its bytes, and then the tail. */
export interface OpenUpload extends OpenRequest {
  /** Resolves when everything before the file is on its way. */
  readonly begun: Promise<void>;
  /** What follows the file. */
  readonly tail: Uint8Array;
}

export interface Trials {
  readonly target: Target;
  readonly bucket: TrialBucket;
  /** Registers a test that is not of the two usual kinds. */
  test(rule: string, check: () => Promise<unknown>): void;
  /** Registers the test that the form is stored, and how. */
  accepts(rule: string, form: TrialForm, outcome?: Outcome): void;
  /** Registers the test that the form is refused, and that nothing of it stays. */
  refuses(rule: string, trial: Trial, refusal: Refusal, elements?: ErrorElements): void;
}

/**
 * A bucket of its own on a target of its own, which is closed after the file's last test. Tests that need options of our server are
 * skipped on other targets.
 */
export async function openTrials({ acl, on, ...options }: TrialBucketOptions = {}): Promise<Trials> {
  const target = on ?? (await openTarget(options));
  if (!on) after(() => target[Symbol.asyncDispose]());
  const needed = Object.keys(options).join(', ');
  const skip = target.isOurs || needed === '' ? false : `needs a server started with ${needed}`;
  const bucket = skip ? TrialBucket.of(target) : await TrialBucket.create(target, acl, options.clock);
  const register = (rule: string, check: () => Promise<unknown>) => {
    test(rule, { skip }, async () => {
      await check();
    });
  };
  return {
    target,
    bucket,
    test: register,
    accepts: (rule, form, outcome) => register(rule, () => checkAccepted(bucket, form, outcome)),
    refuses: (rule, trial, refusal, elements) =>
      register(rule, () => checkRefused(bucket, trial, refusal, elements)),
  };
}

export async function checkAccepted(
  bucket: TrialBucket,
  form: TrialForm,
  outcome: Outcome = {},
): Promise<Answer> {
  const fields = bucket.fields(form);
  const answer = await bucket.postFields(fields, form);
  assert.equal(answer.status, outcome.status ?? 204, answer.text);
  checkHeaders(answer, outcome.replies);
  const key = outcome.key ?? (fields.key as string);
  const content = Buffer.from(outcome.content ?? form.file?.content ?? 'hello');
  const stored = outcome.isArchived
    ? await checkArchived(bucket, key, content)
    : await checkReadable(bucket, key, content);
  checkHeaders(stored, outcome.stores);
  return answer;
}

async function checkReadable(bucket: TrialBucket, key: string, content: Buffer): Promise<Answer> {
  const stored = await bucket.get(key);
  assert.equal(stored.status, 200, stored.text);
  assert.deepEqual(stored.body, content);
  return stored;
}

/** That its bytes are these follows from its ETag, which is their MD5. */
async function checkArchived(bucket: TrialBucket, key: string, content: Buffer): Promise<Answer> {
  checkRefusal(await bucket.get(key), '403 InvalidObjectState');
  const stored = await bucket.sendSigned({ method: 'HEAD', path: `/${encodeURIComponent(key)}` });
  assert.equal(stored.status, 200);
  const md5 = createHash('md5').update(content).digest('hex').toUpperCase();
  checkHeaders(stored, { etag: `"${md5}"`, 'content-length': `${content.length}` });
  return stored;
}

export async function checkRefused(
  bucket: TrialBucket,
  trial: Trial,
  refusal: Refusal,
  elements: ErrorElements = {},
): Promise<Answer> {
  const before = await bucket.objects();
  const answer = await bucket.run(trial);
  checkRefusal(answer, refusal, elements);
  assert.deepEqual(await bucket.objects(), before, 'a refused form left something in the bucket');
  return answer;
}

/** That an answer is this error, in every place where an answer says so. */
export function checkRefusal(answer: Answer, refusal: Refusal, elements: ErrorElements = {}): void {
  const [status, code, ec] = refusal.split(' ');
  assert.equal(`${answer.status} ${answer.code}`, `${status} ${code}`, answer.text);
  if (ec !== undefined) assert.equal(answer.ec, ec, answer.text);
  assert.equal(answer.headers['x-oss-ec'], answer.ec);
  assert.equal(answer.headers['content-type'], 'application/xml');
  assert.equal(answer.element('RequestId'), answer.headers['x-oss-request-id']);
  for (const [name, text] of Object.entries(elements)) assert.equal(answer.element(name), text, name);
}

function checkHeaders(answer: Answer, expected: Outcome['replies'] = {}): void {
  for (const [name, value] of Object.entries(expected)) assert.equal(answer.headers[name], value, name);
}

/** A name that nothing else uses. */
export function newKey(): string {
  return `${randomBytes(6).toString('hex')}.txt`;
}
