// The bench itself works: servers start, requests succeed, every figure is there. How large a figure is says nothing in a test.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { takeTurn } from '../alternate.ts';
import type { CaseResult, FigureName } from '../figures.ts';

const main = path.join(import.meta.dirname, '../main.ts');
/** Those that need nothing but this repository. */
const peers = ['postern', 'null', 'node-http'];
/** Of every load. */
const loadFigures: readonly FigureName[] = [
  'requestsPerSecond',
  'megabytesPerSecond',
  'p50Ms',
  'p99Ms',
  'cpuMicros',
  'peakMegabytes',
];

const turns: readonly [shares: readonly number[], repeatsLeft: number, kept: number, repeats: number][] = [
  [[0], 3, 0, 0],
  [[0.05], 3, 0, 0],
  [[0.3, 0.01], 3, 1, 1],
  [[0.3, 0.2, 0.1, 0.25], 3, 2, 3],
  [[0.1, 0.2, 0.3, 0.25], 3, 0, 3],
  [[0.3], 0, 0, 0],
];

for (const [shares, repeatsLeft, kept, repeats] of turns) {
  test(`of turns in which ${shares.join(', ')} was stolen, ${repeatsLeft} repeats allowed`, async () => {
    let taken = 0;
    const measure = async () => ({ startMs: taken++ });
    const turn = await takeTurn({ measure }, repeatsLeft, () => () => shares[taken - 1] as number);
    assert.deepEqual(turn, { figures: { startMs: kept }, stolenShare: shares[kept], repeats });
    assert.equal(taken, shares.length);
  });
}

test('a short run gives every figure of every peer', {
  skip: process.platform !== 'linux' && 'costs are read from /proc, which only Linux has',
}, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-bench-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const json = path.join(folder, 'result.json');
  const asked = ['form-4k-64', 'put-4k-16'];
  const short = ['--rounds', '2', '--seconds', '0.2', '--data', folder, '--json', json];
  await promisify(execFile)(process.execPath, [
    ...[main, ...asked, ...short],
    ...peers.flatMap((peer) => ['--peer', peer]),
  ]);
  const { results } = JSON.parse(readFileSync(json, 'utf8')) as { results: CaseResult[] };
  assert.deepEqual(results.map(({ name }) => name).sort(), asked.sort());
  for (const { name, contenders } of results) {
    assert.ok(contenders.length >= 2, name);
    for (const contender of contenders) {
      const label = `${name} ${contender.name}`;
      assert.ok(contender.succeeded > 0, label);
      assert.equal(contender.failed, 0, `${label}: ${contender.firstFailure}`);
      assert.equal(contender.rounds.length, 2, label);
      assert.equal(contender.stolenShares.length, 2, label);
      for (const round of contender.rounds)
        for (const figure of loadFigures)
          assert.ok((round[figure] ?? 0) > 0, `${label}: ${figure} is ${round[figure]}`);
    }
  }
});
