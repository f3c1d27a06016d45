// A server of ours for pages to upload to: one bucket in memory, signed forms for it, and the access log, which knows of requests that a
// browser hides from its own tools, the preflights of CORS above all.

import { EventEmitter, once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { CorsConfiguration } from '@postern/protocol/xml';
import { OssClient } from '@postern/sdk/client';
import { createPostForm, type PostFormOptions, type SignedForm } from '@postern/sdk/sign';
import { type ServerOptions, startServer } from '@postern/server';
import { recordAs } from '../record.ts';

export const bucketName = 'uploads';

export type CorsRule = CorsConfiguration['rules'][number];

/** Lets the pages of an origin post, and read what a page needs of the answer. */
export function allow(origin: string): CorsRule {
  return {
    allowedOrigins: [origin],
    allowedMethods: ['POST'],
    allowedHeaders: ['*'],
    exposeHeaders: ['ETag', 'x-oss-request-id'],
    maxAgeSeconds: undefined,
  };
}

export interface StorageOptions extends ServerOptions {
  /** Of the bucket; default none. */
  readonly rules?: readonly CorsRule[] | undefined;
  /** Of the bucket. */
  readonly acl?: 'private' | 'public-read';
}

/** What a form is like, unless said otherwise: it stores below `up/` under the file's own name, and is answered with 201. */
export type FormWish = Partial<PostFormOptions>;

export interface StoredFile {
  readonly contentType: string;
  readonly content: Buffer;
}

export interface Storage {
  readonly endpoint: string;
  readonly accessKey: { readonly accessKeyId: string; readonly accessKeySecret: string };
  /** Every POST and OPTIONS that was answered, oldest first: `OPTIONS 200`, `POST 201`, `POST 403 AccessDenied`. */
  readonly answered: readonly string[];
  /** The same, once there are so many of them. */
  answers(count: number): Promise<readonly string[]>;
  sign(wish?: FormWish): SignedForm;
  keys(): Promise<string[]>;
  read(key: string): Promise<StoredFile>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openStorage({ rules, acl, ...options }: StorageOptions = {}): Promise<Storage> {
  const log = new AnswerLog();
  const cors = rules && { rules, responseVary: false };
  const server = await startServer({
    port: 0,
    memory: true,
    buckets: [{ name: bucketName, ...(acl && { acl }), ...(cors && { cors }) }],
    log: { level: 'info', pretty: false, destination: log },
    ...options,
  });
  const { endpoint, credentials } = server;
  const client = new OssClient({ endpoint, accessKey: credentials });
  return {
    endpoint,
    accessKey: credentials,
    answered: log.lines,
    answers: (count) => log.whenLong(count),
    sign: (wish) => {
      const usual = { endpoint, bucket: bucketName, keyPrefix: 'up/', expiresIn: '1h' };
      return createPostForm({ ...usual, credentials, ...wish } as PostFormOptions);
    },
    keys: async () => {
      const pages = await Array.fromAsync(client.listObjects(bucketName));
      return pages.flatMap(({ objects }) => objects.map(({ key }) => key));
    },
    read: async (key) => {
      const { body, contentType } = await client.getObject(bucketName, key);
      return { contentType, content: await buffer(body) };
    },
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

/** The server's log lines, reduced to what was asked and what was answered. */
class AnswerLog {
  readonly lines: string[] = [];
  readonly #events = new EventEmitter();

  write(json: string): void {
    recordAs('browser')?.write(json);
    const { method, status, code } = JSON.parse(json);
    if (method !== 'POST' && method !== 'OPTIONS') return;
    this.lines.push(`${method} ${status} ${code ?? ''}`.trimEnd());
    this.#events.emit('line');
  }

  async whenLong(count: number): Promise<readonly string[]> {
    while (this.lines.length < count) await once(this.#events, 'line');
    return this.lines;
  }
}
