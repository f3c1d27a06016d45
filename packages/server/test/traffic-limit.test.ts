// Traffic limits: what is accepted, and how long a body takes under one, in a time that only these tests see.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OssError } from '@postern/protocol';
import { limitTraffic, parseTrafficLimit } from '../src/body/traffic-limit.ts';

const name = 'x-oss-traffic-limit';

function parse(header: string | undefined, query: string | undefined): number | undefined | string {
  const asMap = (value: string | undefined) => new Map(value === undefined ? [] : [[name, value]]);
  try {
    return parseTrafficLimit({ headers: asMap(header), query: asMap(query) });
  } catch (error) {
    assert.ok(error instanceof OssError);
    return error.row;
  }
}

const limits: [
  header: string | undefined,
  query: string | undefined,
  outcome: number | undefined | string,
][] = [
  [undefined, undefined, undefined],
  ['819200', undefined, 819_200],
  [undefined, '838860800', 838_860_800],
  ['819199', undefined, 'InvalidArgument.trafficLimit'],
  ['838860801', undefined, 'InvalidArgument.trafficLimit'],
  ['', undefined, 'InvalidArgument.trafficLimit'],
  ['1e6', undefined, 'InvalidArgument.trafficLimit'],
  ['-819200', undefined, 'InvalidArgument.trafficLimit'],
  ['819200', '819200', 'InvalidArgument.trafficLimitTwice'],
];
for (const [header, query, outcome] of limits) {
  test(`header ${header}, query ${query}: ${outcome}`, () => assert.equal(parse(header, query), outcome));
}

/** Chunks that arrive after these pauses, at 800 000 bit/s; returns when everything was handed on, in ms, and the bytes. */
async function follow(...chunks: [pauseMs: number, bytes: number][]): Promise<[ms: number, bytes: number]> {
  let nowMs = 1000;
  const pace = {
    nowMs: () => nowMs,
    sleep: async (durationMs: number) => {
      nowMs += durationMs;
    },
  };
  async function* body() {
    for (const [pauseMs, bytes] of chunks) {
      nowMs += pauseMs;
      yield new Uint8Array(bytes);
    }
  }
  let bytes = 0;
  for await (const piece of limitTraffic(body(), 800_000, pace)) bytes += piece.length;
  return [Math.round(nowMs - 1000), bytes];
}

test('a body takes as long as its bits', async () => {
  assert.deepEqual(await follow([0, 100_000]), [1000, 100_000]);
  assert.deepEqual(await follow([0, 1_000_000]), [10_000, 1_000_000]);
  assert.deepEqual(await follow([0, 50_000], [0, 50_000]), [1000, 100_000]);
  assert.deepEqual(await follow([0, 0]), [0, 0]);
});

test('a pause is not made up for', async () => {
  assert.deepEqual(await follow([0, 100_000], [5000, 100_000]), [7000, 200_000]);
});
