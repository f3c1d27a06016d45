// What every store of bodies must do, as a suite for node:test: an engine is right when it passes.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BlobMissing, type BlobStore } from '../blob-store.ts';
import type { BlobRef } from '../records.ts';

const owner = { bucket: 'bucket', key: 'reports/\u0001secret-name "é".pdf' };

/** @param open gives an empty store; it is closed at the end */
export function blobStoreContract(name: string, open: () => Promise<BlobStore>): void {
  describe(`blob store: ${name}`, () => {
    let store: BlobStore;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    const put = (body: Uint8Array, chunkBytes?: number) => putBlob(store, body, chunkBytes);
    const get = async (ref: BlobRef, from: number, to: number) =>
      Buffer.concat(await collect(store.read(ref, from, to)));

    const block = 64 * 1024;
    for (const size of [0, 1, block - 1, block, block + 1, 4 * block, 5 * block + 7, 50 * block + 11]) {
      test(`${size} bytes come back, whole and in ranges`, async () => {
        const body = someBytes(size);
        const ref = await put(body);
        const edges = [0, 1, block - 1, block, block + 1, 4 * block - 1, 4 * block, size - 1, size];
        const inside = [...new Set(edges.filter((edge) => edge >= 0 && edge <= size))];
        for (const from of inside) {
          for (const to of inside.filter((edge) => edge >= from)) {
            assert.ok(body.subarray(from, to).equals(await get(ref, from, to)), `${from} to ${to}`);
          }
        }
      });
    }

    for (const chunkBytes of [1000, block, 3 * block + 1]) {
      test(`written in chunks of ${chunkBytes} bytes whose memory is used again`, async () => {
        const body = someBytes(3 * block + 5);
        const ref = await put(body, chunkBytes);
        assert.ok(body.equals(await get(ref, 0, body.length)));
      });
    }

    test('a chunk belongs to whoever gets it', async () => {
      const body = someBytes(6 * block);
      const ref = await put(body);
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.read(ref, 0, body.length)) {
        chunks.push(Uint8Array.from(chunk));
        chunk.fill(0);
      }
      assert.ok(body.equals(Buffer.concat(chunks)));
      assert.ok(body.equals(await get(ref, 0, body.length)));
    });

    test('ids are all different and say nothing of the owner', async () => {
      const refs = await Promise.all(Array.from({ length: 20 }, () => put(someBytes(10))));
      assert.equal(new Set(refs.map(({ blobId }) => blobId)).size, refs.length);
      for (const { blobId } of refs) assert.doesNotMatch(blobId, /secret|reports|bucket/);
    });

    test('what is not there is missing before the first chunk', async () => {
      const { blobId } = await put(someBytes(10));
      await store.remove(blobId);
      for (const missing of [blobId, 'never-there', '../../etc/passwd', '']) {
        await assert.rejects(get({ blobId: missing }, 0, 10), BlobMissing);
      }
    });

    test('removing what is not there is no error', async () => {
      const { blobId } = await put(someBytes(10));
      for (const id of [blobId, blobId, 'never-there', '../../etc/passwd', '']) await store.remove(id);
    });

    test('a reader that has begun reads to the end, though the blob is removed meanwhile', async () => {
      const body = someBytes(12 * block);
      const ref = await put(body);
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.read(ref, 0, body.length)) {
        if (chunks.length === 0) await store.remove(ref.blobId);
        chunks.push(chunk);
      }
      assert.ok(body.equals(Buffer.concat(chunks)));
    });

    test('a reader may stop early', async () => {
      const ref = await put(someBytes(12 * block));
      for await (const chunk of store.read(ref, 0, 12 * block)) {
        assert.ok(chunk.length > 0);
        break;
      }
    });

    test('an aborted blob leaves nothing behind', async () => {
      const before = await idsOf(store);
      const writer = await store.create(owner);
      await writer.write(someBytes(3 * block));
      // One that is still in memory needs no sweep, and may have no id.
      const added = (await idsOf(store)).length - before.length;
      assert.ok(added === 0 || added === 1);
      await writer.abort();
      await writer.abort();
      assert.deepEqual(await idsOf(store), before);
    });

    test('abort after finish does nothing', async () => {
      const body = someBytes(10);
      const writer = await store.create(owner);
      await writer.write(body);
      const ref = await writer.finish();
      await writer.abort();
      assert.ok(body.equals(await get(ref, 0, 10)));
    });

    test('all that are there are listed, and this opening knows its own', async () => {
      const { blobId } = await put(someBytes(10));
      const listed = await collect(store.list());
      assert.deepEqual(
        listed.find((blob) => blob.blobId === blobId),
        { blobId, isFromThisOpening: true },
      );
    });

    test('many at once', async () => {
      const bodies = Array.from({ length: 40 }, (_, i) => someBytes(i * 5000));
      const refs = await Promise.all(bodies.map((body) => put(body, 7000)));
      for (const [i, ref] of refs.entries()) {
        const body = bodies[i] as Buffer;
        assert.ok(body.equals(await get(ref, 0, body.length)));
      }
    });
  });
}

async function putBlob(store: BlobStore, body: Uint8Array, chunkBytes = 100_000): Promise<BlobRef> {
  const writer = await store.create(owner);
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < body.length; at += chunkBytes) {
    const part = body.subarray(at, at + chunkBytes);
    chunk.set(part);
    await writer.write(chunk.subarray(0, part.length));
    chunk.fill(0);
  }
  return writer.finish();
}

async function idsOf(store: BlobStore): Promise<string[]> {
  const blobs = await collect(store.list());
  return blobs.map(({ blobId }) => blobId).sort();
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Bytes of which no two blocks are alike, the same every time. */
function someBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0, state = size + 1; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
