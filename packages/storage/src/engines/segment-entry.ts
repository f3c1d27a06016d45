// A blob being collected in memory in the very bytes that its segment will have (segment-format.ts), in slabs that can be written as they
// are: the body is copied once, when it comes in.

import { crc32 } from 'node:zlib';
import type { BlobOwner } from '../blob-store.ts';
import { blockBytes, checksumBytes, writeHeader } from './blob-file.ts';
import { type PageMemory, pageBytes, slabBytes } from './page-memory.ts';
import { type Entry, entryHeaderBytes, formatEntryId, pagesOf, writeEntryHeader } from './segment-format.ts';

export class SegmentEntry {
  readonly #memory: PageMemory;
  readonly #slabs: Buffer[] = [];
  readonly #bodyStart: number;
  /** Bytes of the entry so far. */
  #length = entryHeaderBytes;
  #bodyBytes = 0;
  /** Of the block being filled; a full one is sealed when the next byte comes. */
  #blockFilled = 0;
  #blockChecksum = 0;

  /** @returns undefined when there is no memory */
  static begin(memory: PageMemory, owner: BlobOwner): SegmentEntry | undefined {
    const header = writeHeader(owner);
    const entry = new SegmentEntry(memory, header.length);
    if (entry.#put(header) === header.length) return entry;
    entry.free();
    return undefined;
  }

  private constructor(memory: PageMemory, headerBytes: number) {
    this.#memory = memory;
    this.#bodyStart = entryHeaderBytes + headerBytes;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  get pages(): number {
    return pagesOf(this.#length);
  }

  /** @returns how many bytes of the chunk it has taken: fewer than all when there is no more memory */
  append(chunk: Uint8Array): number {
    let taken = 0;
    while (taken < chunk.length) {
      if (this.#blockFilled === blockBytes && !this.#sealBlock()) break;
      const wanted = chunk.subarray(taken, taken + blockBytes - this.#blockFilled);
      const put = this.#put(wanted);
      this.#blockChecksum = crc32(
        put === wanted.length ? wanted : wanted.subarray(0, put),
        this.#blockChecksum,
      );
      this.#blockFilled += put;
      this.#bodyBytes += put;
      taken += put;
      if (put < wanted.length) break;
    }
    return taken;
  }

  /** To be called once, behind the last byte. @returns false when there is no more memory */
  seal(): boolean {
    return this.#blockFilled === 0 || this.#sealBlock();
  }

  /** The body again, in pieces, as long as the entry has not been freed. */
  *body(): Generator<Uint8Array, void, void> {
    for (let done = 0; done < this.#bodyBytes; ) {
      const at = this.#bodyStart + done + Math.floor(done / blockBytes) * checksumBytes;
      const inSlab = at % slabBytes;
      const left = Math.min(blockBytes - (done % blockBytes), this.#bodyBytes - done, slabBytes - inSlab);
      yield this.#slabAt(at).subarray(inSlab, inSlab + left);
      done += left;
    }
  }

  /** Gives it its place. @returns the blob's id, and the bytes to write there: whole pages */
  place(where: Omit<Entry, 'pages'>): { blobId: string; pieces: readonly Buffer[] } {
    const entry = { ...where, pages: this.pages };
    writeEntryHeader(this.#slabAt(0), entry, this.#length - entryHeaderBytes);
    const end = entry.pages * pageBytes;
    const pieces = this.#slabs.map((slab, i) => slab.subarray(0, Math.min(slabBytes, end - i * slabBytes)));
    // Not what some other body left there.
    if (this.#length < end)
      this.#slabAt(this.#length).fill(0, this.#length % slabBytes, ((end - 1) % slabBytes) + 1);
    return { blobId: formatEntryId(entry), pieces };
  }

  /** Once, when nobody needs its bytes any more. */
  free(): void {
    this.#memory.giveBack(this.#slabs.splice(0));
  }

  #sealBlock(): boolean {
    const checksum = Buffer.alloc(checksumBytes);
    checksum.writeUInt32LE(this.#blockChecksum);
    // Without room for all of it nothing is put.
    if (!this.#reserve(checksumBytes)) return false;
    this.#put(checksum);
    this.#blockFilled = 0;
    this.#blockChecksum = 0;
    return true;
  }

  /** @returns how many bytes there was memory for */
  #put(bytes: Uint8Array): number {
    let done = 0;
    while (done < bytes.length && this.#reserve(1)) {
      const at = this.#length % slabBytes;
      const part = bytes.subarray(done, done + slabBytes - at);
      this.#slabAt(this.#length).set(part, at);
      this.#length += part.length;
      done += part.length;
    }
    return done;
  }

  /** @param bytes at most a slab */
  #reserve(bytes: number): boolean {
    if (this.#length + bytes <= this.#slabs.length * slabBytes) return true;
    const slab = this.#memory.take();
    if (slab === undefined) return false;
    this.#slabs.push(slab);
    return true;
  }

  #slabAt(at: number): Buffer {
    return this.#slabs[Math.floor(at / slabBytes)] as Buffer;
  }
}
