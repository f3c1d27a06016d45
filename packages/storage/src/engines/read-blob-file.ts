// Reads what blob-file.ts describes, wherever it lies: in a file of its own or within a larger one.

import type { FileHandle } from 'node:fs/promises';
import { BlobCorrupt } from '../blob-store.ts';
import {
  blockBytes,
  blockStride,
  checkHeader,
  fixedHeaderBytes,
  openBlock,
  parseHeaderLength,
} from './blob-file.ts';

/** Fewer bytes only where the blob's file ends. Each buffer belongs to whoever gets it. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>;

/** Enough for nearly every header; a longer one is read in a second go. */
const headerGuessBytes = 512;

/** 256 KiB at a time: what a reader holds in memory beside what its consumer has. */
const blocksPerRead = 4;

/**
 * The bytes of the body from `from` up to, not including, `to`.
 * @throws BlobCorrupt before the first byte that is not as it was written
 */
export async function* readBody(
  readAt: ReadAt,
  blobId: string,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  const { length: bodyStart } = await readHeader(readAt, blobId);
  const blocksEnd = Math.ceil(to / blockBytes);
  for (let first = Math.floor(from / blockBytes); from < to && first < blocksEnd; first += blocksPerRead) {
    const count = Math.min(blocksPerRead, blocksEnd - first);
    const run = await readAt(bodyStart + first * blockStride, count * blockStride);
    for (let i = 0; i < count; i++) {
      const number = first + i;
      const start = number * blockBytes;
      const body = openBlock(run.subarray(i * blockStride, (i + 1) * blockStride), blobId, number);
      const wanted = Math.min(to - start, blockBytes);
      if (body.length < wanted) throw new BlobCorrupt(`Blob ${blobId} ends in block ${number}.`);
      yield body.subarray(Math.max(from - start, 0), wanted);
    }
  }
}

/** @returns the whole header, behind which the body starts @throws BlobCorrupt */
export async function readHeader(readAt: ReadAt, blobId: string): Promise<Buffer> {
  let header = await readAt(0, headerGuessBytes);
  const length = parseHeaderLength(header.subarray(0, fixedHeaderBytes), blobId);
  if (length > header.length) header = await readAt(0, length);
  checkHeader(header.subarray(0, length), length, blobId);
  return header.subarray(0, length);
}

/** Of the `length` bytes of a file from `start` on. */
export function readWithin(file: FileHandle, start: number, length: number): ReadAt {
  return (position, wanted) =>
    readFully(file, start + position, Math.max(0, Math.min(wanted, length - position)));
}

/** Fewer bytes only where the file ends. */
export async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
