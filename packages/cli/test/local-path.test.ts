// Names of objects as paths: what stays below the folder, and what is refused.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { findLocalPath } from '../src/local-path.ts';

const folder = path.resolve('/srv/download');

for (const [key, expected] of [
  ['a.txt', 'a.txt'],
  ['a/b/c.txt', 'a/b/c.txt'],
  ['简历/..pdf', '简历/..pdf'],
  ['folder/', 'folder'],
  ['...', '...'],
  ['', undefined],
  ['..', undefined],
  ['../a', undefined],
  ['a/../../b', undefined],
  ['a/./b', undefined],
  ['/etc/passwd', undefined],
  ['a//b', undefined],
  ['a\0b', undefined],
] as const) {
  test(JSON.stringify(key), () => {
    const wanted = expected === undefined ? undefined : path.join(folder, expected);
    assert.equal(findLocalPath(folder, key), wanted);
  });
}

test('no name leaves the folder', () => {
  const part = fc.constantFrom('a', '..', '.', '', '/', '\\', 'b.txt', '%2e%2e', '\0', 'C:');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom('', '/'), (parts, joiner) => {
      const found = findLocalPath(folder, parts.join(joiner));
      assert.ok(found === undefined || path.resolve(found).startsWith(folder + path.sep));
    }),
  );
});
