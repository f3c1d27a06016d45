// The sealed tokens of sessions, and the memory of what was asked before.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { NonceMemory } from '../src/access/nonce-memory.ts';
import { openSession, sealSession, sessionTokenCharsMax } from '../src/identities/session-token.ts';

const key = randomBytes(32);
const grant = {
  accessKeyId: 'STS.a',
  accessKeySecret: 'secret',
  roleId: '300000000000000001',
  sessionName: 'web-1',
  expiresAtMs: 1_700_000_000_000,
  policy: '{"Version":"1"}',
};

suite('session tokens', () => {
  test('give back what was sealed, in characters that need no escape', () => {
    const token = sealSession(key, grant);
    assert.match(token, /^[A-Za-z0-9_-]+$/);
    assert.deepEqual(openSession(key, token), grant);
    const wide = { ...grant, policy: undefined };
    assert.deepEqual(openSession(key, sealSession(key, wide)), wide);
  });

  test('tell nothing of what is in them, and differ each time', () => {
    const token = sealSession(key, grant);
    assert.equal(Buffer.from(token.slice(4), 'base64url').includes('secret'), false);
    assert.notEqual(sealSession(key, grant), token);
  });

  test('with the longest policy are no longer than what is looked into', () => {
    const token = sealSession(key, { ...grant, policy: '"'.repeat(2048) });
    assert.ok(token.length < sessionTokenCharsMax, String(token.length));
  });

  test('open under their own key alone', () => {
    assert.equal(openSession(randomBytes(32), sealSession(key, grant)), undefined);
  });

  test('do not open when anything of them was changed', () => {
    const token = sealSession(key, grant);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'B', '=', ' ', '.', ''), (at, by) => {
        const changed = token.slice(0, at) + by + token.slice(at + 1);
        assert.equal(openSession(key, changed) === undefined, changed !== token, changed);
      }),
    );
    for (const text of ['', 'PST1', 'PST1AAAA', 'a'.repeat(1_000_000), `${token}A`, `${token}=`])
      assert.equal(openSession(key, text), undefined);
  });
});

suite('nonces', () => {
  test('are taken once while they can be used', () => {
    const memory = new NonceMemory();
    assert.equal(memory.take('key', 'a', 100, 0), 'taken');
    assert.equal(memory.take('key', 'a', 100, 50), 'used');
    assert.equal(memory.take('key', 'a', 100, 100), 'used');
    assert.equal(memory.take('key', 'b', 300, 101), 'taken');
    assert.equal(memory.take('key', 'a', 300, 101), 'taken');
  });

  test('fill the memory up to its bound, and leave it when they are old', () => {
    const memory = new NonceMemory(2);
    assert.equal(memory.take('key', 'a', 100, 0), 'taken');
    assert.equal(memory.take('key', 'b', 200, 0), 'taken');
    assert.equal(memory.take('key', 'c', 200, 50), 'full');
    assert.equal(memory.take('key', 'a', 200, 50), 'used');
    assert.equal(memory.take('key', 'c', 200, 101), 'taken');
  });

  test('of one key leave room for those of others', () => {
    const memory = new NonceMemory(3, 2);
    assert.equal(memory.take('key', 'a', 100, 0), 'taken');
    assert.equal(memory.take('key', 'b', 100, 0), 'taken');
    assert.equal(memory.take('key', 'c', 100, 0), 'full');
    assert.equal(memory.take('other', 'a', 100, 0), 'taken');
    assert.equal(memory.take('third', 'a', 100, 0), 'full');
    assert.equal(memory.take('key', 'c', 200, 101), 'taken');
  });

  test('a late one behind an early one is used still', () => {
    const memory = new NonceMemory();
    assert.equal(memory.take('key', 'long', 1000, 0), 'taken');
    assert.equal(memory.take('key', 'short', 10, 0), 'taken');
    assert.equal(memory.take('key', 'short', 10, 5), 'used');
    assert.equal(memory.take('key', 'long', 1000, 500), 'used');
  });
});
