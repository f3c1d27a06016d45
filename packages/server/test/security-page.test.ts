// docs/security.md says of every boundary where it is held: those files are there.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.join(import.meta.dirname, '../../..');
const page = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
const [, boundaries = ''] = /^\| Boundary \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(page) ?? [];

for (const row of boundaries.trim().split('\n')) {
  const [, boundary, , where = ''] = row.split('|').map((cell) => cell.trim());
  test(`where it is held: ${boundary}`, () => {
    const names = Array.from(where.matchAll(/`([^`]+)`/g), ([, name]) => name as string);
    assert.ok(names.length > 0);
    let folder = '';
    for (const name of names) {
      if (name.includes('/')) folder = path.dirname(name);
      const file = name.includes('/') ? name : path.join(folder, name);
      assert.ok(existsSync(path.join(root, 'packages', file)), file);
    }
  });
}
