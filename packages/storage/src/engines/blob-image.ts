// A blob being made in memory in the very bytes that the disk will have (blob-file.ts, segment-format.ts), in slabs that can be written as
// they are: the body is copied once, when it comes in.

import type { BlobOwner } from '../blob-store.ts';
import { crc32 } from '../crc32.ts';
import { blockBytes, checksumBytes, writeHeader } from './blob-file.ts';
import { pageBytes, type Slabs, slabBytes } from './page-memory.ts';
import { type Entry, entryHeaderBytes, formatEntryId, pagesOf, writeEntryHeader } from './segment-format.ts';

export class BlobImage {
  readonly #memory: Slabs;
  #slabs: Buffer[] = [];
  /** How many bytes were before the first of them: they have been taken away. */
  #drained = 0;
  readonly #bodyStart: number;
  /** Bytes so far. */
  #length: number;
  #bodyBytes = 0;
  /** Of the block being filled; a full one is sealed when the next byte comes. */
  #blockFilled = 0;
  #blockChecksum = 0;

  /** @returns undefined when there is no memory */
  static begin(memory: Slabs, owner: BlobOwner, kind: 'entry' | 'file'): BlobImage | undefined {
    const header = writeHeader(owner);
    const image = new BlobImage(memory, kind === 'entry' ? entryHeaderBytes : 0, header.length);
    if (image.#put(header) === header.length) return image;
    image.free();
    return undefined;
  }

  private constructor(memory: Slabs, startBytes: number, headerBytes: number) {
    this.#memory = memory;
    this.#length = startBytes;
    this.#bodyStart = startBytes + headerBytes;
  }

  /** Of the whole of it. */
  get length(): number {
    return this.#length;
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

  /** To be called once it returns true, behind the last byte; false when there is no more memory. */
  seal(): boolean {
    return this.#blockFilled === 0 || this.#sealBlock();
  }

  /** How many slabs can be drained. */
  get fullSlabs(): number {
    return Math.floor((this.#length - this.#drained) / slabBytes);
  }

  /** Takes away what is full; whoever gets it gives the memory back. */
  drain(): readonly Buffer[] {
    const full = this.#slabs.slice(0, this.fullSlabs);
    this.#slabs = this.#slabs.slice(full.length);
    this.#drained += full.length * slabBytes;
    return full;
  }

  /** What is left behind the last full slab, up to the end of the page: the bytes after {@link length} are zeros. */
  tail(): Buffer | undefined {
    const end = pagesOf(this.#length) * pageBytes - this.#drained;
    if (end === 0) return undefined;
    const slab = this.#slabs[0] as Buffer;
    return slab.subarray(0, end).fill(0, this.#length - this.#drained);
  }

  /** The body again, in pieces, as long as nothing of it has been drained or freed. */
  *body(): Generator<Uint8Array, void, void> {
    for (let done = 0; done < this.#bodyBytes; ) {
      const at = this.#bodyStart + done + Math.floor(done / blockBytes) * checksumBytes;
      const inSlab = at % slabBytes;
      const left = Math.min(blockBytes - (done % blockBytes), this.#bodyBytes - done, slabBytes - inSlab);
      yield this.#slabAt(at).subarray(inSlab, inSlab + left);
      done += left;
    }
  }

  /** Gives an entry its place. @returns the blob's id, and the bytes to write there: whole pages */
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
    if (this.#length + bytes <= this.#drained + this.#slabs.length * slabBytes) return true;
    const slab = this.#memory.take();
    if (slab === undefined) return false;
    this.#slabs.push(slab);
    return true;
  }

  #slabAt(at: number): Buffer {
    return this.#slabs[Math.floor((at - this.#drained) / slabBytes)] as Buffer;
  }
}
