// That gathering loses no line, keeps their order, and ends by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheredLines, gatheredCharactersMax, gatherMs } from '../src/http/gathered-lines.ts';

test('lines go out together, after a moment', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const out: string[] = [];
  const lines = new GatheredLines({ write: (text) => out.push(text) });
  for (const line of ['a\n', 'b\n']) lines.write(line);
  assert.deepEqual(out, []);
  context.mock.timers.tick(gatherMs);
  assert.deepEqual(out, ['a\nb\n']);
  lines.write('c\n');
  context.mock.timers.tick(gatherMs);
  assert.deepEqual(out, ['a\nb\n', 'c\n']);
});

test('much goes out at once, and a flush leaves nothing behind', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const out: string[] = [];
  const lines = new GatheredLines({ write: (text) => out.push(text) });
  const long = 'x'.repeat(gatheredCharactersMax);
  lines.write(long);
  assert.deepEqual(out, [long]);
  lines.write('a\n');
  lines.flush();
  lines.flush();
  context.mock.timers.tick(gatherMs);
  assert.deepEqual(out, [long, 'a\n']);
});
