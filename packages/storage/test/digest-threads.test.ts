// Digests on other threads are those of the same bytes here, whatever they are cut into and however many are under way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginThreadedMd5, type ThreadedMd5 } from '../src/digest-threads.ts';
import { beginDigests, type Digests, digestsOf, RunningDigests } from '../src/digests.ts';

const large = 10 * 1024 ** 2;
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

test('what is small, or of unknown size, needs no other thread', () => {
  assert.ok(beginDigests(100_000) instanceof RunningDigests);
  assert.ok(beginDigests() instanceof RunningDigests);
});

test('many at once, more than the threads take', async () => {
  const bodies = Array.from({ length: 50 }, (_, i) => someBytes(i * 20_000));
  const found = await Promise.all(bodies.map((body) => digestInChunks(body, 30_000)));
  assert.deepEqual(found, bodies.map(digestsOf));
});

test('those that are given up make room for others', async () => {
  for (let round = 0; round < 3; round++) {
    const begun: ThreadedMd5[] = [];
    for (let md5 = beginThreadedMd5(); md5; md5 = beginThreadedMd5()) begun.push(md5);
    assert.ok(begun.length > 0);
    // In every state: nothing sent, something sent, everything taken back.
    for (const [i, md5] of begun.entries()) await md5.update(someBytes((i % 3) * piece));
    for (const md5 of begun) md5.end();
  }
  const body = someBytes(large);
  assert.deepEqual(await digestInChunks(body, 65_536), digestsOf(body));
});
