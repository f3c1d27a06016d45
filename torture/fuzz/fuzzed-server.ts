// The whole server above its sockets, over a store in memory: what a client can send goes in as bytes, what it would be answered comes
// out, and with it everything that was stored meanwhile. Time stands still.

import { parseBucketName, parseObjectName } from '@postern/protocol';
import type { ObjectStore, PutRequest } from '@postern/storage';
import { openMemoryStorage } from '@postern/storage';
import { createCredentials } from '../../packages/server/src/access/credentials.ts';
import { nodeHashes } from '../../packages/server/src/body/node-hashes.ts';
import type { Reply } from '../../packages/server/src/call.ts';
import { createCallbackSender } from '../../packages/server/src/callback/callback.ts';
import { makeCallbackKey } from '../../packages/server/src/callback/callback-key.ts';
import { SignedPolicies } from '../../packages/server/src/form/signed-policies.ts';
import { createLog } from '../../packages/server/src/http/access-log.ts';
import type { RawMessage } from '../../packages/server/src/http/framing.ts';
import { defaultLoadLimits, Load } from '../../packages/server/src/http/load.ts';
import { fixedIdentities } from '../../packages/server/src/identities/identity-source.ts';
import { createServe } from '../../packages/server/src/serve.ts';
import { defaultServerSettings } from '../../packages/server/src/server-settings.ts';
import { TokenService } from '../../packages/server/src/token-service.ts';
import { keepUpload } from './standing-upload.ts';

export const fuzzedBucket = 'fuzzed';
export const fuzzedKey = { accessKeyId: 'fuzz-key', accessKeySecret: 'secret-of-the-fuzz-key' };
export const fuzzedNowMs = Date.parse('2026-01-15T12:00:00Z');
/** There from the start, for requests that read. */
export const presentKey = 'user/present.txt';
const presentBytes = 1000;

export interface StoredByForm {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

export interface FuzzedAnswer {
  readonly reply: Reply;
  /** In the order in which they became visible. They are gone again. */
  readonly stored: readonly StoredByForm[];
}

export interface FuzzedServer {
  ask(message: RawMessage, body: readonly Uint8Array[]): Promise<FuzzedAnswer>;
}

export async function openFuzzedServer(): Promise<FuzzedServer> {
  const clock = () => fuzzedNowMs;
  const memory = openMemoryStorage({ clock });
  const bucket = parseBucketName(fuzzedBucket);
  await memory.createBucket({ name: bucket, owner: 'owner', acl: 'private', storageClass: 'Standard' });
  await memory.put({
    ...{
      bucket,
      key: parseObjectName(presentKey),
      condition: 'any',
      body: pieces([Buffer.alloc(presentBytes, 'p')]),
    },
    ...{ acl: 'default', storageClass: 'Standard', headers: { 'content-type': 'text/plain' } },
    tags: [],
  });

  let stored: StoredByForm[] = [];
  const put = async (request: PutRequest) => {
    const result = await memory.put(request);
    if (result.outcome !== 'stored') return result;
    const record = await memory.findObject(bucket, result.record.key);
    if (record === undefined) throw new Error('What was stored is not there.');
    const chunks: Uint8Array[] = [];
    for await (const chunk of memory.openBody(record).read(0, record.size)) chunks.push(chunk);
    stored.push({ key: record.key, headers: record.headers, bytes: Buffer.concat(chunks) });
    if (record.key !== presentKey) await memory.remove(bucket, record.key);
    return result;
  };
  const append: ObjectStore['append'] = async (request) => {
    const result = await memory.append(request);
    if (result.outcome === 'stored') await memory.remove(bucket, request.key);
    return result;
  };
  const ours = { put, append, ...(await keepUpload(memory, fuzzedBucket)) };
  const store = new Proxy(memory, {
    get: (target, name) => {
      const found = Reflect.get(Object.hasOwn(ours, name) ? ours : target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });

  const settings = { ...defaultServerSettings, development: true };
  const callbackKey = makeCallbackKey();
  const sender = createCallbackSender({
    settings,
    key: callbackKey,
    clock,
    resolve: async () => ['192.0.2.1'],
  });
  // Nothing leaves this process, whatever address a mutation makes up.
  const send = async () => ({ contentType: 'application/json', body: Buffer.from('{}') }) as const;
  const keys = { identities: fixedIdentities(), account: 'owner', hashes: nodeHashes };
  const credentials = createCredentials({ keys: [{ ...fuzzedKey, account: 'owner' }], ...keys });
  const tokens = new TokenService({ credentials, settings, takeNonce: () => 'taken', ...keys });
  const services = {
    store,
    credentials,
    callbacks: { ...sender, send },
    settings,
    hashes: nodeHashes,
    policies: new SignedPolicies(nodeHashes),
    clock,
  };
  const load = new Load(defaultLoadLimits);
  const log = createLog({ pretty: false, level: 'silent' });
  const serve = createServe({ services, callbackKey, tokens, load, log });

  return {
    async ask(message, body) {
      stored = [];
      const { reply, finish } = await serve({ message, clientAddress: '192.0.2.7', body: pieces(body) });
      finish({ bytesIn: 0, bytesOut: 0 });
      return { reply, stored };
    },
  };
}

async function* pieces(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks;
}
