// One client of the crash suite: it alone changes its keys, one after the other, in every way there is. It tells the model what it is
// about to do, and then what it was told of it.

import { type Answer, type Sending, sendSigned } from '../../conformance/http.ts';
import { encodePolicy, signV1, writeForm } from '../../conformance/post-form.ts';
import { bytesOf, type Content, type Contents } from './contents.ts';
import {
  type Change,
  KeyModel,
  markInPlace,
  markOnTop,
  putInPlace,
  putOnTop,
  removeInPlace,
  removeVersion,
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

/** How often each is chosen. */
const mix = [
  'form',
  'form',
  'callback',
  'put',
  'put',
  'copy',
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
    const content = this.#sharing.contents.of(source.model.state[0] as number);
    const { write, change } = this.#newWrite(key, content);
    const headers = {
      'x-oss-copy-source': `/${source.bucket}/${encodeURIComponent(source.name)}`,
      'x-oss-metadata-directive': 'REPLACE',
      'x-oss-meta-write': String(write),
    };
    return this.#change(server, key, change, { ...objectRequest('PUT', key), headers }, 200);
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
    return { write, content, change: key.bucket === versionedBucket ? putOnTop(write) : putInPlace(write) };
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#sharing.choose(items.length)] as Item;
  }
}

function objectRequest(method: string, { bucket, name }: Key): Sending {
  return { method, path: `/${bucket}/${name.split('/').map(encodeURIComponent).join('/')}` };
}

function wrongAnswer({ method, path }: Sending, { status, text }: Answer, expected: number): WrongAnswer {
  return new WrongAnswer(`${method} ${path} was answered ${status}, not ${expected}: ${text}`);
}
