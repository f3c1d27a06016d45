// Digests on other threads are those of the same bytes here, whatever they are cut into and however many are under way.

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { beginThreadedDigests, type ThreadedDigests } from '../src/digest-threads.ts';
import { beginDigests, type Digests, digestsOf, RunningDigests } from '../src/digests.ts';

const large = 10 * 1024 ** 2;
const small = 32 * 1024;
const piece = 256 * 1024;

const someBytes = (size: number) => Buffer.alloc(size, `${size} bytes, of which no two pieces are alike; `);

/** In chunks whose memory is used again. */
async function digestInChunks(body: Buffer, chunkBytes: number, bytesExpected = large): Promise<Digests> {
  const digests = beginDigests(bytesExpected);
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < body.length; at += chunkBytes) {
    const part = body.subarray(at, at + chunkBytes);
    chunk.set(part);
    await digests.update(chunk.subarray(0, part.length));
    chunk.fill(0);
  }
  return digests.finish();
}

for (const size of [0, 1, piece - 1, piece, piece + 1, 3 * piece, 20 * piece + 5]) {
  for (const chunkBytes of [1000, 65_536, 2 * piece + 1]) {
    test(`${size} bytes in chunks of ${chunkBytes}`, async () => {
      const body = someBytes(size);
      assert.deepEqual(await digestInChunks(body, chunkBytes), digestsOf(body));
    });
  }
}

for (const bytesExpected of [small + 1, 2 * small, piece - 1, piece, piece + 1]) {
  for (const size of [0, bytesExpected - 1, bytesExpected, bytesExpected + 1, 3 * bytesExpected]) {
    test(`${size} bytes where ${bytesExpected} were expected`, async () => {
      const body = someBytes(size);
      assert.deepEqual(await digestInChunks(body, 20_000, bytesExpected), digestsOf(body));
    });
  }
}

test('what is small, or of unknown size, needs no other thread', () => {
  assert.ok(beginDigests(small) instanceof RunningDigests);
  assert.ok(beginDigests() instanceof RunningDigests);
});

test('many at once, more than the threads take', async () => {
  const bodies = Array.from({ length: 100 }, (_, i) => someBytes(i * 20_000));
  const found = await Promise.all(
    bodies.map((body, i) => digestInChunks(body, 30_000, i % 2 === 0 ? body.length : large)),
  );
  assert.deepEqual(found, bodies.map(digestsOf));
});

const alone = availableParallelism() === 1 && 'with one processor there are no other threads';

test('those that are given up make room for others', { skip: alone }, async () => {
  for (let round = 0; round < 3; round++) {
    const begun: ThreadedDigests[] = [];
    const begin = () => beginThreadedDigests(round % 2 === 0 ? large : 2 * small);
    for (let digests = begin(); digests; digests = begin()) begun.push(digests);
    assert.ok(begun.length > 0);
    // In every state: nothing sent, something sent, everything taken back.
    for (const [i, digests] of begun.entries()) await digests.update(someBytes((i % 3) * piece));
    for (const digests of begun) digests.abandon();
  }
  const body = someBytes(large);
  assert.deepEqual(await digestInChunks(body, 65_536), digestsOf(body));
});
