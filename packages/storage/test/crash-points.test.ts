// A process dies at the point it was told to, at the very passing it was told to, and nowhere else.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const module = new URL('../src/crash-points.ts', import.meta.url);

/** Passes two points three times each, and says so each time. */
const script = `
  import { writeSync } from 'node:fs';
  import { crashPoint } from ${JSON.stringify(module)};
  for (let i = 1; i <= 3; i++) {
    crashPoint('body-received');
    writeSync(1, 'received ');
    crashPoint('body-durable');
    writeSync(1, 'durable ');
  }
`;

function run(crashAt: string | undefined) {
  const { stdout, stderr, signal, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { env: { ...process.env, TEST_CRASH_AT: crashAt }, encoding: 'utf8' },
  );
  return { stdout, stderr, signal, status };
}

const round = 'received durable ';

for (const [crashAt, stdout] of [
  ['body-received:1', ''],
  ['body-durable:1', 'received '],
  ['body-durable:3', `${round}${round}received `],
] as const) {
  test(`${crashAt} dies after "${stdout}"`, () => {
    const ended = run(crashAt);
    assert.deepEqual({ stdout: ended.stdout, signal: ended.signal }, { stdout, signal: 'SIGKILL' });
  });
}

for (const crashAt of [undefined, 'body-durable:4', 'batch-made:1']) {
  test(`${crashAt ?? 'without a point it'} lives`, () => {
    const { stdout, status } = run(crashAt);
    assert.deepEqual({ stdout, status }, { stdout: round.repeat(3), status: 0 });
  });
}

for (const crashAt of ['no-such-point:1', 'body-durable', 'toString:1', '']) {
  test(`"${crashAt}" is an error`, () => {
    const { stderr, status } = run(crashAt);
    assert.equal(status, 1);
    assert.match(stderr, /names no crash point/);
  });
}
