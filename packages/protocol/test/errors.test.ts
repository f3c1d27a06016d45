// What an error tells: the row of the catalogue, and the facts of the case, bounded.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ERRORS, elementCharsMax, OssError } from '../src/errors.ts';
import { echoCharsMax } from '../src/policy/clip-text.ts';

test('a row and its facts become code, message and elements', () => {
  const error = new OssError('InvalidArgument.missingField', { field: 'key', ArgumentName: 'key' });
  assert.equal(error.code, 'InvalidArgument');
  assert.equal(error.ec, '0006-00000103');
  assert.match(error.message, /^The bucket POST must contain the specified 'key'\. /);
  assert.deepEqual(error.elements, [['ArgumentName', 'key']]);
});

test('a fact is never read as a placeholder, nor as a replacement pattern', () => {
  assert.equal(new OssError('BadRequest', { problem: '{problem} $& $1' }).message, '{problem} $& $1');
});

test('what a client sent is told back in bounded length', () => {
  const long = 'x'.repeat(1024 ** 2);
  const error = new OssError('InvalidArgument.headerValue', { field: long, ArgumentValue: long });
  assert.ok(error.message.length < echoCharsMax + ERRORS['InvalidArgument.headerValue'].message.length);
  assert.equal(error.elements[0]?.[1].length, elementCharsMax);
});

test('every row of every table is in the catalogue, under a name of its own', async () => {
  const folder = new URL('../src/errors/', import.meta.url);
  const tables = await Promise.all(
    readdirSync(folder)
      .filter((file) => file.endsWith('-errors.ts'))
      .map(async (file) => Object.entries(await import(new URL(file, folder).href))),
  );
  const names = tables
    .flat()
    .filter(([name]) => name.endsWith('_ERRORS'))
    .flatMap(([, rows]) => Object.keys(rows as object));
  assert.deepEqual(names.sort(), Object.keys(ERRORS).sort());
});
