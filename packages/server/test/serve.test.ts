// The only catch: whatever fails below it, a request is answered and logged, and the process goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, parseBucketName } from '@postern/protocol';
import { openMemoryStorage } from '@postern/storage';
import { nodeHashes } from '../src/body/node-hashes.ts';
import type { Services } from '../src/call.ts';
import { SignedPolicies } from '../src/form/signed-policies.ts';
import { createLog } from '../src/http/access-log.ts';
import { defaultLoadLimits, Load } from '../src/http/load.ts';
import { createServe } from '../src/serve.ts';
import { defaultServerSettings } from '../src/server-settings.ts';
import type { TokenService } from '../src/token-service.ts';

const boundary = 'limit';
const fields = { key: 'a', OSSAccessKeyId: 'id', policy: 'e30=', Signature: 'c2lnbmVk', file: 'x' };
const form = Object.entries(fields).map(
  ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
);
const body = encodeUtf8(`${form.join('')}--${boundary}--\r\n`);

test('a refusal that cannot be explained is a refusal', async () => {
  const store = openMemoryStorage();
  await store.createBucket({
    ...{ name: parseBucketName('docs'), owner: 'alice', acl: 'private', storageClass: 'Standard' },
  });
  const services: Services = {
    store,
    // Asked when the form is read, and again by whoever explains why it was refused.
    credentials: {
      find() {
        throw new Error('keys cannot be found');
      },
    },
    callbacks: {
      plan: () => undefined,
      checkSendable: () => assert.fail('no callback is expected'),
      send: () => assert.fail('no callback is expected'),
    },
    settings: defaultServerSettings,
    hashes: nodeHashes,
    policies: new SignedPolicies(nodeHashes),
    clock: Date.now,
  };
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const serve = createServe({
    services,
    callbackKey: () => assert.fail('no callback is expected'),
    tokens: undefined as unknown as TokenService,
    load: new Load(defaultLoadLimits),
    log: createLog({ pretty: false, level: 'info', destination }),
  });
  const headers = { host: 'docs.localhost', 'content-type': `multipart/form-data; boundary=${boundary}` };
  const { reply, finish } = await serve({
    message: {
      ...{ method: 'POST', url: '/', httpVersion: '1.1' },
      rawHeaders: Object.entries({ ...headers, 'content-length': `${body.length}` }).flat(),
    },
    clientAddress: '127.0.0.1',
    body: (async function* () {
      yield body;
    })(),
  });
  finish({ bytesIn: body.length, bytesOut: 0 });
  assert.equal(reply.status, 500);
  const logged = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    logged.map(({ level, operation, error }) => [level, operation, error.message]),
    [
      ['error', undefined, 'keys cannot be found'],
      ['error', 'PostObject', 'keys cannot be found'],
    ],
  );
  await store.close();
});
