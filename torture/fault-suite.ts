// The tests of the storage that break one call at a time, and those that hold the engines against a model and against each other, in a
// process of their own, again and again with other seeds.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { isDone, type Outcome, type Torture } from './suite.ts';

const folder = path.resolve(import.meta.dirname, '../packages/storage/test');
const files = ['fault.test.ts', 'store-model.test.ts', 'linearizable.test.ts'];

export async function faultSuite(torture: Torture): Promise<Outcome> {
  const violations: string[] = [];
  let runs = 0;
  do {
    const seed = torture.seed + runs;
    const failure = await runTests(seed);
    if (failure !== undefined) violations.push(`seed ${seed}: ${failure}`);
    torture.tellProgress(`${++runs} runs`);
  } while (violations.length === 0 && !isDone(torture, runs));
  return { summary: [`${runs} runs of ${files.join(', ')}`], violations };
}

/** @returns what was said of the tests that failed; undefined when none did */
async function runTests(seed: number): Promise<string | undefined> {
  const child = spawn(
    process.execPath,
    ['--test', '--test-reporter=dot', ...files.map((file) => path.join(folder, file))],
    { env: { ...process.env, TEST_SEED: String(seed) }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said = text(child.stdout);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.on('exit', resolve).on('error', reject),
  );
  return code === 0 ? undefined : await said;
}
