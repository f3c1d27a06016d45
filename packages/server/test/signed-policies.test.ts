// That keeping what was verified changes no verdict, and that only what the holder of a key signed is kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeBase64,
  encodeUtf8,
  type Hashes,
  type PostSignature,
  signPostV1,
  signPostV4,
} from '@postern/protocol';
import { nodeHashes } from '../src/body/node-hashes.ts';
import { keptPoliciesMax, keptPolicyCharactersMax, SignedPolicies } from '../src/form/signed-policies.ts';

const secret = 'alices secret';

function policyText(marker: string): string {
  const json = `{"expiration":"2030-01-01T00:00:00Z","conditions":[["eq","$key","${marker}"]]}`;
  return encodeBase64(encodeUtf8(json));
}

function signedV1(policy: string): PostSignature {
  return { version: 'v1', accessKeyId: 'alice', policy, signature: signPostV1(nodeHashes, secret, policy) };
}

function signedV4(policy: string, date: string): PostSignature {
  const credential = { date, region: 'cn-hangzhou' };
  const signature = signPostV4(nodeHashes, secret, credential, policy);
  const at = { date: `${date}T000000Z`, signedAtMs: 0 };
  return { version: 'v4', accessKeyId: 'alice', credential, ...at, policy, signature };
}

/** Policies, and how many times they were looked into with cryptography. */
function counted(): { policies: SignedPolicies; verified: () => number } {
  let count = 0;
  const equal: Hashes['equal'] = (a, b) => {
    count++;
    return nodeHashes.equal(a, b);
  };
  return { policies: new SignedPolicies({ ...nodeHashes, equal }), verified: () => count };
}

test('a policy is verified once and good for many forms', () => {
  const { policies, verified } = counted();
  for (const form of [signedV1(policyText('a')), signedV4(policyText('a'), '20290101')]) {
    const before = verified();
    const first = policies.verify(secret, form);
    assert.equal(first?.read().expiration, '2030-01-01T00:00:00Z');
    assert.equal(policies.verify(secret, { ...form })?.read(), first?.read());
    assert.equal(verified() - before, 1);
  }
});

test('nothing that was signed differently passes for it', () => {
  const { policies } = counted();
  const v1 = signedV1(policyText('a'));
  const v4 = signedV4(policyText('a'), '20290101');
  assert.ok(policies.verify(secret, v1) && policies.verify(secret, v4));
  const others: [string, PostSignature][] = [
    ['bobs secret', v1],
    ['', v1],
    [secret, { ...v1, policy: policyText('b') }],
    [secret, { ...v1, signature: `${v1.signature} ` }],
    [secret, { ...v1, signature: v4.signature }],
    [secret, { ...v4, signature: v1.signature }],
    [secret, { ...v4, credential: { date: '20290102', region: 'cn-hangzhou' } } as PostSignature],
    [secret, { ...v4, credential: { date: '20290101', region: 'cn-beijing' } } as PostSignature],
  ];
  for (const [otherSecret, form] of others) assert.equal(policies.verify(otherSecret, form), undefined);
});

test('a wrong signature is looked into each time and pushes nothing out', () => {
  const { policies, verified } = counted();
  const good = signedV1(policyText('a'));
  policies.verify(secret, good);
  for (let n = 0; n < 2 * keptPoliciesMax; n++)
    assert.equal(policies.verify(secret, { ...good, signature: `${n}` }), undefined);
  assert.equal(verified(), 1 + 2 * keptPoliciesMax);
  policies.verify(secret, good);
  assert.equal(verified(), 1 + 2 * keptPoliciesMax);
});

test('the oldest is forgotten, and so is what is too long to keep', () => {
  const { policies, verified } = counted();
  const long = signedV1(policyText('x'.repeat(keptPolicyCharactersMax)));
  for (const form of [long, long]) assert.ok(policies.verify(secret, form));
  assert.equal(verified(), 2);
  for (let n = 0; n <= keptPoliciesMax; n++) policies.verify(secret, signedV1(policyText(`${n}`)));
  const before = verified();
  policies.verify(secret, signedV1(policyText('1')));
  assert.equal(verified(), before);
  policies.verify(secret, signedV1(policyText('0')));
  assert.equal(verified(), before + 1);
});

test('signed nonsense stays nonsense', () => {
  const { policies } = counted();
  const form = signedV1(encodeBase64(encodeUtf8('{')));
  for (let n = 0; n < 2; n++) assert.throws(() => policies.verify(secret, form)?.read(), /JSON/);
});
