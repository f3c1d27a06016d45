// The pages of docs/reference that follow from tables are what the tables say.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { writeTablePages } from '../scripts/reference.ts';

for (const [file, text] of Object.entries(writeTablePages())) {
  test(`docs/reference/${file} is what the tables say`, () => {
    const committed = readFileSync(path.join(import.meta.dirname, '../docs/reference', file), 'utf8');
    assert.equal(committed, text, 'run: npm run reference');
  });
}
