// One client of the crash suite: it alone changes its keys, one after the other, in every way there is. It tells the model what it is
// about to do, and then what it was told of it.

import { type Answer, type Sending, sendSigned } from '../../conformance/http.ts';
import { encodePolicy, signV1, writeForm } from '../../conformance/post-form.ts';
import { pseudoRandomBytes } from '../../conformance/process/pseudo-random.ts';
import { bytesOf, type Content, type Contents } from './contents.ts';
import {
  type Change,
  growOnTop,
  KeyModel,
  markInPlace,
  markOnTop,
  putInPlace,
  putOnTop,
  removeInPlace,
  removeVersion,
  type Version,
} from './key-model.ts';
import { type Bucket, buckets, plainBucket, versionedBucket } from './names.ts';
import type { ServerChild } from './server-child.ts';

/** More are taken away first. */
const versionsMax = 4;

/** What deleting a key without naming a version does. */
const removals: Readonly<Record<Bucket, Change>> = {
  plain: removeInPlace,
  versioned: markOnTop,
  suspended: markInPlace,
};

/** What OSS asks of every part but the last. */
const partBytes = 100 * 1024;

const appendedBytesMax = 40 * 1024;
/** Then it is overwritten. */
const appendsMax = 12;

/** How often each is chosen. */
const mix = [
  'form',
  'form',
  'callback',
  'put',
  'put',
  'copy',
  'upload',
  'append',
  'append',
  'if-absent',
  'delete',
  'broken-off',
  'wrong-digest',
] as const;

export interface Key {
  readonly bucket: Bucket;
  readonly name: string;
  readonly model: KeyModel;
}

export interface Sharing {
  readonly contents: Contents;
  /** Where callbacks go; whoever listens there calls the function kept under the write's number. */
  readonly callbackUrl: string;
  readonly toldByCallback: Map<number, () => void>;
  readonly choose: (bound: number) => number;
  /** The server may then refuse by 503 what it should carry out, and what it refused may have happened. */
  readonly isDiskFull: () => boolean;
}

/** An answer that nothing explains. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

export class Client {
  readonly keys: readonly Key[];
  readonly #sharing: Sharing;

  constructor(name: string, keysPerBucket: number, sharing: Sharing) {
    this.#sharing = sharing;
    this.keys = buckets.flatMap((bucket) =>
      Array.from({ length: keysPerBucket }, (_, i) => ({
        bucket,
        name: `${name}/键-${i}`,
        model: new KeyModel(),
      })),
    );
  }

  /** Changes one key. @returns whether the server answered as it should @throws WrongAnswer when it did not and had no excuse */
  async act(server: ServerChild): Promise<boolean> {
    const { choose } = this.#sharing;
    const key = this.#pick(this.keys);
    const { state } = key.model;
    if (state.length > versionsMax) return this.#removeVersion(server, key, choose(state.length));
    switch (mix[choose(mix.length)] as (typeof mix)[number]) {
      case 'form':
        return this.#postForm(server, key);
      case 'callback':
        return this.#postForm(server, key, { withCallback: true });
      case 'put':
        return this.#put(server, key);
      case 'if-absent':
        return this.#putIfAbsent(server, key);
      case 'copy':
        return this.#copy(server, key);
      case 'upload':
        return this.#upload(server, key);
      case 'append':
        return this.#append(server, key);
      case 'delete':
        return this.#remove(server, key);
      case 'broken-off':
        return this.#postBrokenForm(server, key);
      case 'wrong-digest':
        return this.#putWrongDigest(server, key);
    }
  }

  #postForm(server: ServerChild, key: Key, { withCallback = false } = {}): Promise<boolean> {
    const { write, content, change } = this.#newWrite(key);
    const callback = { callbackUrl: this.#sharing.callbackUrl, callbackBody: `write=${write}` };
    const fields = {
      key: key.name,
      'x-oss-meta-write': String(write),
      ...signV1(server, key.bucket),
      ...(withCallback && { callback: encodePolicy(callback) }),
    };
    // Who was told by the callback may rely on it, whatever becomes of the answer.
    if (withCallback) this.#sharing.toldByCallback.set(write, () => key.model.acknowledge(change));
    const { body, contentType } = writeForm(fields, { content: bytesOf(content) });
    const sending = {
      method: 'POST',
      path: `/${key.bucket}/`,
      headers: { 'content-type': contentType },
      body,
    };
    return this.#change(server, key, change, sending, withCallback ? 200 : 204);
  }

  #put(server: ServerChild, key: Key, more: Record<string, string> = {}): Promise<boolean> {
    const { write, content, change } = this.#newWrite(key);
    const headers = { 'x-oss-meta-write': String(write), ...more };
    return this.#change(
      server,
      key,
      change,
      { ...objectRequest('PUT', key), headers, body: bytesOf(content) },
      200,
    );
  }

  #putIfAbsent(server: ServerChild, key: Key): Promise<boolean> {
    const more = { 'x-oss-forbid-overwrite': 'true' };
    const isInTheWay = key.bucket === plainBucket && key.model.state.length > 0;
    if (!isInTheWay) return this.#put(server, key, more);
    const content = this.#sharing.contents.choose(this.#sharing.choose);
    return this.#refused(
      server,
      { ...objectRequest('PUT', key), headers: more, body: bytesOf(content) },
      409,
    );
  }

  #copy(server: ServerChild, key: Key): Promise<boolean> {
    const sources = this.keys.filter(({ model }) => typeof model.state[0] === 'number');
    if (sources.length === 0) return this.#put(server, key);
    const source = this.#pick(sources);
    const { name, size } = this.#sharing.contents.of(source.model.state[0] as number);
    const { write, change } = this.#newWrite(key, { name, size });
    const headers = {
      'x-oss-copy-source': `/${source.bucket}/${encodeURIComponent(source.name)}`,
      'x-oss-metadata-directive': 'REPLACE',
      'x-oss-meta-write': String(write),
    };
    return this.#change(server, key, change, { ...objectRequest('PUT', key), headers }, 200);
  }

  /** In parts. Only the completion is a change: what comes before it is seen by nobody. */
  async #upload(server: ServerChild, key: Key): Promise<boolean> {
    const { write, content, change } = this.#newWrite(
      key,
      inParts(this.#sharing.contents.choose(this.#sharing.choose)),
    );
    const { method, path } = objectRequest('POST', key);
    const headers = { 'x-oss-meta-write': String(write) };
    const begun = await this.#expect(server, { method, path: `${path}?uploads`, headers });
    if (begun === undefined) return false;
    const [, uploadId = ''] = /<UploadId>(.*?)<\/UploadId>/.exec(begun.text) ?? [];
    let from = 0;
    for (const [at, size] of (content.parts ?? []).entries()) {
      const body = pseudoRandomBytes(content.name, from, from + size);
      const target = `${path}?partNumber=${at + 1}&uploadId=${uploadId}`;
      if (!(await this.#expect(server, { method: 'PUT', path: target, body }))) return false;
      from += size;
    }
    const completion = {
      method,
      path: `${path}?uploadId=${uploadId}`,
      headers: { 'x-oss-complete-all': 'yes' },
    };
    return this.#change(server, key, change, completion, 200);
  }

  /** To what is appendable; makes it where nothing is. What is in the way is deleted first, which in other buckets leaves a marker there. */
  async #append(server: ServerChild, key: Key): Promise<boolean> {
    const { contents, choose } = this.#sharing;
    const contentOf = (version: Version | undefined) =>
      typeof version === 'number' ? contents.of(version) : undefined;
    const appends = contentOf(key.model.state[0])?.appends ?? appendsMax;
    if (key.model.state.length > 0 && appends >= appendsMax) {
      if (key.bucket !== plainBucket) return this.#put(server, key);
      if (!(await this.#remove(server, key))) return false;
    }
    const [top] = key.model.state;
    const before = contentOf(top);
    const { name, size } = before ?? { ...contents.choose(choose), size: 0 };
    const grown = { name, size: size + 1 + choose(appendedBytesMax), appends: (before?.appends ?? 0) + 1 };
    const known = typeof top === 'number' ? contents.findGrown(top, grown.size) : undefined;
    const write = known ?? contents.add(grown);
    const change = before ? growOnTop(write) : changeOf(key, write);
    const { path } = objectRequest('POST', key);
    const sending = {
      method: 'POST',
      path: `${path}?append&position=${size}`,
      headers: { 'x-oss-meta-write': String(write) },
      body: pseudoRandomBytes(name, size, grown.size),
    };
    return this.#change(server, key, change, sending, 200);
  }

  #remove(server: ServerChild, key: Key): Promise<boolean> {
    return this.#change(server, key, removals[key.bucket], objectRequest('DELETE', key), 204);
  }

  async #removeVersion(server: ServerChild, key: Key, at: number): Promise<boolean> {
    const listed = await this.#send(server, {
      method: 'GET',
      path: `/${key.bucket}/?versions&prefix=${encodeURIComponent(key.name)}`,
    });
    if (listed === undefined) return false;
    const versionId = Array.from(listed.text.matchAll(/<VersionId>(.*?)<\/VersionId>/g), ([, id]) => id)[at];
    if (versionId === undefined) {
      return this.#excuse(new WrongAnswer(`${key.name} has fewer versions than were written`));
    }
    const { path } = objectRequest('DELETE', key);
    const removal = { method: 'DELETE', path: `${path}?versionId=${encodeURIComponent(versionId)}` };
    return this.#change(server, key, removeVersion(at), removal, 204);
  }

  /** A form that ends within its file. */
  #postBrokenForm(server: ServerChild, key: Key): Promise<boolean> {
    const content = this.#sharing.contents.choose(this.#sharing.choose);
    const fields = { key: key.name, ...signV1(server, key.bucket) };
    const { body, contentType } = writeForm(fields, { content: bytesOf(content) });
    const headers = { 'content-type': contentType };
    const broken = { method: 'POST', path: `/${key.bucket}/`, headers, body: body.subarray(0, -10) };
    return this.#refused(server, broken, 400);
  }

  #putWrongDigest(server: ServerChild, key: Key): Promise<boolean> {
    const content = this.#sharing.contents.choose(this.#sharing.choose);
    const headers = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' };
    return this.#refused(server, { ...objectRequest('PUT', key), headers, body: bytesOf(content) }, 400);
  }

  async #change(server: ServerChild, { model }: Key, change: Change, sending: Sending, expected: number) {
    model.begin(change);
    const answer = await this.#send(server, sending);
    if (answer === undefined) {
      model.giveUp();
      return false;
    }
    if (answer.status !== expected) {
      model.giveUp();
      return this.#excuse(wrongAnswer(sending, answer, expected), answer);
    }
    model.acknowledge(change);
    return true;
  }

  /** Expects 200 of what changes nothing that is seen. @returns undefined when that was not the answer, for a good reason */
  async #expect(server: ServerChild, sending: Sending): Promise<Answer | undefined> {
    const answer = await this.#send(server, sending);
    if (answer === undefined || answer.status === 200) return answer;
    this.#excuse(wrongAnswer(sending, answer, 200), answer);
    return undefined;
  }

  /** Expects that nothing is changed. */
  async #refused(server: ServerChild, sending: Sending, expected: number): Promise<boolean> {
    const answer = await this.#send(server, sending);
    if (answer && answer.status !== expected)
      return this.#excuse(wrongAnswer(sending, answer, expected), answer);
    return answer !== undefined;
  }

  /** @returns undefined when the connection broke, which without an excuse only the server's death explains */
  async #send(server: ServerChild, sending: Sending): Promise<Answer | undefined> {
    try {
      return await sendSigned(server, sending);
    } catch {
      await server.waitGone();
      return undefined;
    }
  }

  /** @param answer undefined when it is the content of one that is wrong */
  #excuse(wrong: WrongAnswer, answer?: Answer): false {
    if (!(this.#sharing.isDiskFull() && answer?.status === 503)) throw wrong;
    return false;
  }

  #newWrite(key: Key, given?: Content): { write: number; content: Content; change: Change } {
    const { contents, choose } = this.#sharing;
    const content = given ?? contents.choose(choose);
    const write = contents.add(content);
    return { write, content, change: changeOf(key, write) };
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#sharing.choose(items.length)] as Item;
  }
}

/** What writing a whole object does. */
function changeOf({ bucket }: Key, write: number): Change {
  return bucket === versionedBucket ? putOnTop(write) : putInPlace(write);
}

function inParts(content: Content): Content {
  const parts = Array.from({ length: Math.floor(content.size / partBytes) }, () => partBytes);
  return { ...content, parts: [...parts, content.size % partBytes] };
}

function objectRequest(method: string, { bucket, name }: Key): Sending {
  return { method, path: `/${bucket}/${name.split('/').map(encodeURIComponent).join('/')}` };
}

function wrongAnswer({ method, path }: Sending, { status, text }: Answer, expected: number): WrongAnswer {
  return new WrongAnswer(`${method} ${path} was answered ${status}, not ${expected}: ${text}`);
}
