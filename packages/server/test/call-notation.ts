// Operations without a socket: `ask('PUT photos/a.txt', { body: 'x' })` finds the operation, checks the right and runs the handler over a
// store in memory, as serve.ts does. Time begins at 2024-05-01T00:00:00Z and stands still until `clock.nowMs` is changed.

import assert from 'node:assert/strict';
import { encodeUtf8, OssError, parseBucketName, parseObjectName } from '@postern/protocol';
import { type ObjectStore, openMemoryStorage } from '@postern/storage';
import { authorize, authorizeName } from '../src/access/authorize.ts';
import { accountIdentity, type Identity } from '../src/access/credentials.ts';
import type { Caller, OssRequest, Reply, Services } from '../src/call.ts';
import { SignedPolicies } from '../src/form/signed-policies.ts';
import { defaultLoadLimits, Load } from '../src/http/load.ts';
import { findOperation } from '../src/operations.ts';
import { defaultServerSettings, type ServerSettings } from '../src/server-settings.ts';

/** What goes with a request line; everything may be left out. */
export interface Given {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or the chunks of a chunked body, perhaps as they come; `null`: nothing, not even a Content-Length. */
  readonly body?: string | readonly string[] | AsyncIterable<string> | null;
  /** An account, or who signed with what; `null`: anonymous. By default `alice`, who owns what she makes. */
  readonly as?: string | Identity | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface TestServer {
  readonly store: ObjectStore;
  readonly clock: { nowMs: number };
  /** `METHOD /`, `METHOD bucket?query` or `METHOD bucket/key?query`; the key as it is, the query URL-encoded. */
  ask(requestLine: string, given?: Given): Promise<Answer>;
  /** Asks, expecting a refusal: its row and elements, `Row Name=value …`. */
  refusal(requestLine: string, given?: Given): Promise<string>;
}

const noHashes = {
  hmacSha1: () => assert.fail('nothing is signed here'),
  hmacSha256: () => assert.fail('nothing is signed here'),
  sha256: () => assert.fail('nothing is signed here'),
  equal: () => assert.fail('nothing is signed here'),
};

export const startTimeMs = Date.parse('2024-05-01T00:00:00Z');

export function startTestServer(settings: Partial<ServerSettings> = {}): TestServer {
  const clock = { nowMs: startTimeMs };
  const store = openMemoryStorage({ clock: () => clock.nowMs });
  const services: Services = {
    store,
    credentials: { find: () => assert.fail('nothing is signed here') },
    callbacks: {
      plan: () => undefined,
      checkSendable: () => assert.fail('no callback is expected'),
      send: () => assert.fail('no callback is expected'),
    },
    settings: { ...defaultServerSettings, ...settings },
    hashes: noHashes,
    policies: new SignedPolicies(noHashes),
    clock: () => clock.nowMs,
  };

  async function ask(requestLine: string, given: Given = {}): Promise<Answer> {
    const reply = await carryOut(services, requestLine, given);
    return { status: reply.status, headers: reply.headers ?? {}, text: await readText(reply.body) };
  }

  return {
    store,
    clock,
    ask,
    async refusal(requestLine, given) {
      const refusal = await ask(requestLine, given).then(
        ({ status }) => assert.fail(`${requestLine} was answered with ${status}`),
        (error: unknown) => error,
      );
      if (!(refusal instanceof OssError)) throw refusal;
      return [refusal.row, ...refusal.elements.map(([name, value]) => `${name}=${value}`)].join(' ');
    },
  };
}

async function carryOut(services: Services, requestLine: string, given: Given): Promise<Reply> {
  const [, method = '', path = '', rawQuery = ''] = /^([A-Z]+) ([^?]*)(?:\?(.*))?$/.exec(requestLine) ?? [];
  const request = requestOf(method, rawQuery, given);
  const slash = path.indexOf('/');
  const bucketText = slash === -1 ? path : path.slice(0, slash);
  const keyText = slash === -1 ? '' : path.slice(slash + 1);
  const target = bucketText === '' ? 'service' : keyText === '' ? 'bucket' : 'object';
  const operation = findOperation(method, target, request.query, request.headers);
  const call = { request, caller: callerOf(given.as), services, trace: {} };
  if (operation.on === 'service') {
    await authorize(call, operation.action, {});
    return operation.handler(call);
  }

  const bucketName = parseBucketName(bucketText);
  const bucket = await services.store.findBucket(bucketName);
  if (operation.on === 'bucket-name') {
    await authorizeName(call, operation.action, bucketName, bucket);
    return operation.handler({ ...call, bucketName });
  }
  if (!bucket) throw new OssError('NoSuchBucket', { BucketName: bucketName });
  if (operation.on === 'bucket') {
    await authorize(call, operation.action, { bucket });
    return operation.handler({ ...call, bucketName, bucket });
  }
  const key = parseObjectName(keyText);
  await authorize(call, operation.action, { bucket, key, versionId: request.query.get('versionId') });
  return operation.handler({ ...call, bucketName, bucket, key });
}

function callerOf(as: string | Identity | null = 'alice'): Caller {
  if (as === null) return { kind: 'anonymous' };
  const identity = typeof as === 'string' ? accountIdentity(as) : as;
  const { account } = identity.principal;
  return { kind: 'signed', accessKeyId: `${account}-key`, account, identity };
}

function requestOf(method: string, rawQuery: string, { headers = {}, body = '' }: Given): OssRequest {
  const queryList = [...new URLSearchParams(rawQuery)];
  const isChunked = typeof body === 'object' && body !== null;
  return {
    id: '000000000000000000000000',
    receivedAtMs: startTimeMs,
    method,
    host: '127.0.0.1:9780',
    rawPath: '/',
    queryList,
    query: new Map(queryList),
    headers: new Map(Object.entries({ ...headers, ...(isChunked && { 'transfer-encoding': 'chunked' }) })),
    clientAddress: '127.0.0.1',
    contentLength: typeof body === 'string' ? Buffer.byteLength(body) : undefined,
    body: streamOf(isChunked ? body : [body ?? '']),
    load: new Load(defaultLoadLimits).enter('127.0.0.1'),
  };
}

async function* streamOf(chunks: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) if (chunk !== '') yield encodeUtf8(chunk);
}

async function readText(body: Reply['body']): Promise<string> {
  if (body === undefined || typeof body === 'string') return body ?? '';
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The texts of all elements called `name`, in their order. */
export function texts(document: string, name: string): string[] {
  return [...document.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);
}
