// `npm test`: every test of the repository, or those in the files named. Installs Chromium first where that is possible, since what a
// browser does is half of the product.
//
//   npm test                      everything
//   npm test -- FILE…             some
//
// With TEST_NO_SKIPS=1 (as CI runs it) a skipped test is a failure. A whole run without a skipped or failed test also says whether every
// operation was seen to do all that it should, and whether docs/reference/compatibility.md tells what was seen.

import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { findChromium } from '../conformance/browser/chromium.ts';
import { compatibilityFile, findGaps, writeCompatibility } from './reference.ts';

const root = path.dirname(import.meta.dirname);
/** For one file: a test that hangs must not keep CI from saying so. */
const testTimeoutMs = 10 * 60_000;

installChromium();
await runTests(process.argv.slice(2));

/** As root on Debian; elsewhere the browser tests skip themselves and say how to enable them. */
function installChromium(): void {
  const canInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (findChromium() !== undefined || !canInstall) return;
  console.error('Installing Chromium for the browser tests (once) …');
  const apt = (...args: string[]) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  if (!(apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', 'chromium'))) {
    console.error('Chromium could not be installed; the browser tests will be skipped.');
  }
}

async function runTests(asked: readonly string[]): Promise<void> {
  const patterns = ['packages/*/test/**/*.test.ts', 'conformance/**/*.test.ts', 'bench/test/*.test.ts'];
  const files = asked.length > 0 ? asked : globSync(patterns, { cwd: root, exclude: ['**/node_modules/**'] });
  if (files.length === 0) throw new Error('no test files were found');
  let failed = 0;
  let skipped = 0;
  const recorded = mkdtempSync(path.join(tmpdir(), 'postern-seen-'));
  process.env.CONFORMANCE_RECORD = recorded;
  const stream = run({
    files: files.map((file) => path.resolve(root, file)).sort(),
    cwd: root,
    // Two at a time: some of them measure memory or start browsers.
    concurrency: 2,
    timeout: testTimeoutMs,
  });
  stream.on('test:fail', () => failed++);
  stream.on('test:pass', ({ skip }) => {
    if (skip !== undefined) skipped++;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(text);
  const skipsCount = process.env.TEST_NO_SKIPS === '1';
  if (skipped > 0 && skipsCount) console.error(`${skipped} skipped tests count as failures here.`);
  if (asked.length === 0 && failed === 0 && skipped === 0) failed += checkSeen(recorded);
  rmSync(recorded, { recursive: true });
  process.exitCode = failed > 0 || (skipped > 0 && skipsCount) ? 1 : 0;
}

/** @returns how many things are wrong */
function checkSeen(recorded: string): number {
  const gaps = findGaps(recorded);
  for (const gap of gaps) console.error(`No test of the wire suite has seen ${gap}.`);
  const page = writeCompatibility(recorded);
  const isTrue = existsSync(compatibilityFile) && readFileSync(compatibilityFile, 'utf8') === page;
  if (!isTrue) console.error(`${compatibilityFile} is not what was seen. It should be:\n\n${page}`);
  return gaps.length + (isTrue ? 0 : 1);
}
