// Which Referers pass which lists, and that no pattern takes long.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultReferer, type RefererConfiguration } from '@postern/protocol/xml';
import fc from 'fast-check';
import { judgeReferer, refererCharactersMax } from '../src/access/referer.ts';

function judge(given: Partial<RefererConfiguration>, referer: string | undefined): string {
  return judgeReferer({ ...defaultReferer, allowEmptyReferer: false, ...given }, referer);
}

/** Whitelists of one pattern: what fits it and what does not. */
const patterns: readonly [pattern: string, fits: readonly string[], not: readonly string[]][] = [
  [
    'https://a.com',
    ['https://a.com', 'https://a.com/', 'https://a.com/x?y#z', 'https://a.com:8443/x', 'HTTPS://A.COM/X'],
    ['http://a.com/', 'https://b.a.com/', 'https://a.com.evil.net/', 'https://a.company/', 'a.com'],
  ],
  ['https://a.com/', ['https://a.com/', 'https://a.com/x'], ['https://a.com']],
  ['https://a.com/x', ['https://a.com/x', 'https://a.com/xy', 'https://a.com/x/y'], ['https://a.com/y']],
  ['https://a.com:8443', ['https://a.com:8443/'], ['https://a.com/', 'https://a.com:9443/']],
  [
    'http://*.a.com',
    ['http://x.a.com/', 'http://x.y.a.com/z'],
    ['http://a.com/', 'http://evil.net/x.a.com/', 'http://evil.net?.a.com/'],
  ],
  ['https://www.?.com', ['https://www.a.com/'], ['https://www.ab.com/', 'https://www./.com/']],
  ['*.a.com', ['https://x.a.com/', 'http://x.a.com'], ['https://evil.net/.a.com']],
  ['*', ['https://a.com/', 'x'], []],
  ['a.com', ['a.com'], ['https://a.com/']],
  ['https://a.com/*.html', ['https://a.com/x/y.html'], ['https://a.com/x']],
  ['*://a.com', ['https://a.com/', 'http://a.com/'], ['https://b.com/']],
];

for (const [pattern, fits, not] of patterns) {
  test(`the pattern ${pattern}`, () => {
    for (const referer of fits) assert.equal(judge({ whitelist: [pattern] }, referer), 'allowed', referer);
    for (const referer of not) {
      assert.equal(judge({ whitelist: [pattern] }, referer), 'not-whitelisted', referer);
    }
  });
}

test('the query counts only when it may not be cut off', () => {
  const given = { whitelist: ['https://a.com/p?a=1'], allowTruncateQueryString: false };
  assert.equal(judge(given, 'https://a.com/p?a=1'), 'allowed');
  assert.equal(judge(given, 'https://a.com/p?a=2'), 'not-whitelisted');
  assert.equal(judge({ ...given, allowTruncateQueryString: true }, 'https://a.com/p?a=1'), 'not-whitelisted');
});

test('the path counts only when it is not cut off', () => {
  const given = { whitelist: ['https://a.com'], blacklist: ['https://a.com/bad'] };
  assert.equal(judge(given, 'https://a.com/bad'), 'blacklisted');
  assert.equal(judge({ ...given, truncatePath: true }, 'https://a.com/bad?x'), 'allowed');
});

test('a Referer that a whitelist lets through is blacklisted all the same', () => {
  const given = { whitelist: ['https://*.a.com'], blacklist: ['https://x.a.com'] };
  assert.equal(judge(given, 'https://x.a.com/'), 'blacklisted');
  assert.equal(judge(given, 'https://y.a.com/'), 'allowed');
});

test('an empty Referer', () => {
  for (const referer of [undefined, '', ' ']) {
    assert.equal(judge({ whitelist: ['https://a.com'] }, referer), 'empty');
    assert.equal(judge({ whitelist: ['https://a.com'], allowEmptyReferer: true }, referer), 'allowed');
    assert.equal(judge({ whitelist: [] }, referer), 'allowed');
  }
});

test('a host that is in the list as it is passes with whatever path', () => {
  fc.assert(
    fc.property(fc.domain(), fc.webPath(), (host, path) => {
      assert.equal(judge({ whitelist: [`https://${host}`] }, `https://${host}${path}`), 'allowed');
      assert.equal(judge({ whitelist: [`https://${host}`] }, `https://${host}.x${path}`), 'not-whitelisted');
    }),
  );
});

test('what is longer than any Referer is cut off', () => {
  const long = `https://a.com/${'x'.repeat(refererCharactersMax)}`;
  assert.equal(judge({ whitelist: [`${long}y`] }, `${long}y`), 'not-whitelisted');
  assert.equal(judge({ whitelist: ['https://a.com'] }, long), 'allowed');
});
