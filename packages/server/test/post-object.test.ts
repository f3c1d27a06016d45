// Whose right counts when a form is posted: the signer's own, on this bucket and name, whatever the signature and the policy say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeBase64,
  encodeUtf8,
  OssError,
  parseBucketName,
  parseObjectName,
  signPostV1,
  writeFormFrame,
} from '@postern/protocol';
import { type BucketAcl, type BucketRecord, type ObjectStore, openMemoryStorage } from '@postern/storage';
import { createCredentials } from '../src/access/credentials.ts';
import { nodeHashes } from '../src/body/node-hashes.ts';
import type { BucketCall } from '../src/call.ts';
import { SignedPolicies } from '../src/form/signed-policies.ts';
import { postObject } from '../src/handlers/post-object.ts';
import { defaultLoadLimits, Load } from '../src/http/load.ts';
import { fixedIdentities } from '../src/identities/identity-source.ts';
import { defaultServerSettings } from '../src/server-settings.ts';

const nowMs = Date.parse('2024-05-01T00:00:00Z');
const bucketName = parseBucketName('alices');
const credentials = createCredentials({
  keys: ['alice', 'bob'].map((account) => ({
    account,
    accessKeyId: `${account}-key`,
    accessKeySecret: `${account}'s secret`,
  })),
  identities: fixedIdentities(),
  account: 'alice',
  hashes: nodeHashes,
});

/** Posts as this account to a new bucket of alice's. @returns the status, or the row of the refusal; and what is stored then */
async function post(account: string | null, acl: BucketAcl, fields: Record<string, string> = {}) {
  const store = openMemoryStorage({ clock: () => nowMs });
  const { bucket } = await store.createBucket({
    name: bucketName,
    owner: 'alice',
    acl,
    storageClass: 'Standard',
  });
  const outcome = await postObject(callOf(store, bucket, { key: 'a', ...fields, ...sign(account) })).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof OssError ? error.row : Promise.reject(error)),
  );
  const isStored = (await store.findObject(bucketName, parseObjectName('a'))) !== undefined;
  await store.close();
  return { outcome, isStored };
}

function sign(account: string | null): Record<string, string> {
  if (account === null) return {};
  const accessKeyId = `${account}-key`;
  const { secret = '' } = credentials.find({ accessKeyId }, nowMs);
  const json = { expiration: new Date(nowMs + 1000).toISOString(), conditions: [{ bucket: bucketName }] };
  const policy = encodeBase64(encodeUtf8(JSON.stringify(json)));
  return { OSSAccessKeyId: accessKeyId, policy, Signature: signPostV1(nodeHashes, secret, policy) };
}

function callOf(store: ObjectStore, bucket: BucketRecord, fields: Record<string, string>): BucketCall {
  const { head, tail, contentType } = writeFormFrame('boundary', Object.entries(fields), {});
  const body = Buffer.concat([head, Buffer.from('hello'), tail]);
  return {
    request: {
      id: '000000000000000000000000',
      receivedAtMs: nowMs,
      method: 'POST',
      host: 'alices.localhost',
      rawPath: '/',
      queryList: [],
      query: new Map(),
      headers: new Map([['content-type', contentType]]),
      clientAddress: '127.0.0.1',
      contentLength: body.length,
      body: (async function* () {
        yield body;
      })(),
      load: new Load(defaultLoadLimits).enter('127.0.0.1'),
    },
    caller: { kind: 'anonymous' },
    services: {
      store,
      credentials,
      callbacks: {
        plan: () => undefined,
        checkSendable: () => assert.fail('no callback is expected'),
        send: () => assert.fail('no callback is expected'),
      },
      settings: defaultServerSettings,
      hashes: nodeHashes,
      policies: new SignedPolicies(nodeHashes),
      clock: () => nowMs,
    },
    trace: {},
    bucketName,
    bucket,
  };
}

const withAcl = { 'x-oss-object-acl': 'public-read' };

for (const [rule, account, acl, fields, outcome] of [
  ['the owner may post', 'alice', 'private', {}, 204],
  ['the owner may choose an ACL', 'alice', 'private', withAcl, 204],
  ["somebody else's signature is right and gives no right", 'bob', 'private', {}, 'AccessDenied.bucketAcl'],
  ['nor where all may read', 'bob', 'public-read', {}, 'AccessDenied.bucketAcl'],
  ['where all may write, so may somebody else', 'bob', 'public-read-write', {}, 204],
  ['but not choose an ACL', 'bob', 'public-read-write', withAcl, 'AccessDenied.writeAcl'],
  ['nobody may post to a private bucket', null, 'private', {}, 'AccessDenied.bucketAcl'],
  ['anybody may post where all may write', null, 'public-read-write', {}, 204],
  ['but not choose an ACL, either', null, 'public-read-write', withAcl, 'AccessDenied.anonymous'],
] as const)
  test(rule, async () => {
    assert.deepEqual(await post(account, acl, fields), { outcome, isStored: outcome === 204 });
  });
