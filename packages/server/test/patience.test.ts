// Which clients are waited for, told as what they do: `w900` keeps us waiting for 900 ms, `b500` brings 500 bytes. The rate is 1000
// bytes a second, averaged over a minute.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Patience } from '../src/http/patience.ts';

/** How much is left after each step, or `out` at the first wait that is not waited to its end. */
function follow(steps: readonly string[]): number | 'out' {
  const patience = new Patience(60_000, 1000);
  for (const step of steps) {
    const amount = Number(step.slice(1));
    if (step.startsWith('b')) patience.restore(amount);
    else if (amount > patience.leftMs) return 'out';
    else patience.spend(amount);
  }
  return patience.leftMs;
}

const times = (count: number, ...steps: readonly string[]) =>
  Array.from({ length: count }, () => steps).flat();

suite('patience', () => {
  for (const [client, steps, left] of [
    ['says nothing for a minute', ['w60000'], 0],
    ['says nothing for longer', ['w60001'], 'out'],
    ['a byte a second', times(61, 'w1000', 'b1'), 'out'],
    ['a byte a second, for less than a minute', times(59, 'w1000', 'b1'), 1059],
    ['the least rate, for a day', times(86_400, 'w1000', 'b1000'), 60_000],
    ['a little less than the least rate, for a day', times(86_400, 'w1000', 'b990'), 'out'],
    ['pauses of 50 s between bursts', times(1000, 'w50000', 'b50000'), 60_000],
    ['a burst pays for one pause only', ['b900000', 'w60000', 'w1'], 'out'],
    ['comes without waiting', times(1000, 'b10'), 60_000],
  ] as const)
    test(client, () => assert.equal(follow(steps), left));
});
