// That a body is followed only until its time is over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBody } from '../src/body/body-check.ts';
import { timeCheck } from '../src/body/time-limit.ts';

/** Chunks, each of which arrives at its time, and the end at the last one. */
async function follow(expiresAtMs: number, ...arrivalsMs: number[]): Promise<string> {
  let nowMs = 0;
  async function* body() {
    for (const arrivalMs of arrivalsMs.slice(0, -1)) {
      nowMs = arrivalMs;
      yield Uint8Array.of(arrivalMs);
    }
    nowMs = arrivalsMs.at(-1) ?? 0;
  }
  const got: number[] = [];
  try {
    for await (const chunk of checkBody(body(), [timeCheck(expiresAtMs, () => nowMs)])) got.push(...chunk);
    return `${got} whole`;
  } catch (error) {
    return `${got} ${(error as { row: string }).row}`;
  }
}

test('a body is whole when its end comes in time', async () => {
  assert.equal(await follow(5, 1, 2, 3), '1,2 whole');
  assert.equal(await follow(5, 1, 5, 5), '1,5 whole');
  assert.equal(await follow(5, 5), ' whole');
});

test('a chunk or an end that is late is refused', async () => {
  assert.equal(await follow(5, 1, 6, 7), '1 AccessDenied.policyExpired');
  assert.equal(await follow(5, 1, 2, 6), '1,2 AccessDenied.policyExpired');
  assert.equal(await follow(5, 6), ' AccessDenied.policyExpired');
});
