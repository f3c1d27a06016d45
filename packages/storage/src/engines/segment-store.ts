// Blobs of middling size, many to a file (segment-format.ts). A blob stays where it was written; when it is removed its entry is marked, and
// a segment without any other is removed as a whole. Nothing is ever written over a body, so whoever reads one reads it to its
// end. Nor does anything have to be durable that says what has been removed: what a crash takes back, the sweep at the next start finds again.

import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { BlobCorrupt, BlobMissing, type StoredBlob, type StrandedBlob } from '../blob-store.ts';
import { crashPoint } from '../crash-points.ts';
import { type BlobDescription, parseOwner } from './blob-file.ts';
import type { BlobImage } from './blob-image.ts';
import { type FileOperations, writing } from './file-operations.ts';
import { flushMadeFolders } from './flush-folder.ts';
import { pageBytes } from './page-memory.ts';
import { readBody, readFully, readHeader, readWithin } from './read-blob-file.ts';
import {
  type Entry,
  entryHeaderBytes,
  entryPagesMax,
  type FoundEntry,
  formatEntryId,
  formatSegmentName,
  MARKS,
  pagesOf,
  parseEntryHeader,
  parseEntryId,
  parseSegmentName,
  type SegmentName,
  segmentPagesMax,
} from './segment-format.ts';
import { type Segment, SegmentLog } from './segment-log.ts';
import { SharedFiles } from './shared-files.ts';

/** Large enough that there are few files, small enough that emptying one is little work. */
export const defaultSegmentBytes = 64 * 1024 * 1024;

/** An entry of at most this size is read in one go. */
const readWholeBytesMax = 320 * 1024;

/** A segment of which less than this part is in use is to be emptied: the blobs in it take at most twice their room. */
const livePartMin = 0.5;

const openFilesMax = 128;
const folderMode = 0o700;

/** What several threads that write segments in one folder have to agree on, and tell each other. */
export interface SegmentSharing {
  /** Eight hex digits: the same for all. */
  readonly opening: string;
  /** Gives each number once. */
  readonly nextNumber: () => number;
  readonly onSegment?: (segment: SegmentName) => void;
  readonly onSealed?: (segment: Segment) => void;
  /** Told of each segment whose file is gone. */
  readonly onDropped?: (name: string) => void;
}

export interface SegmentStoreOptions {
  readonly files: FileOperations;
  /** Whether the file system has direct I/O. */
  readonly isDirect: boolean;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly segmentBytes?: number | undefined;
  readonly sharing: SegmentSharing;
}

export class SegmentStore {
  readonly #folder: string;
  readonly #files: FileOperations;
  readonly #sharing: SegmentSharing;
  readonly #log: SegmentLog;
  readonly #openFiles: SharedFiles;
  readonly #segments = new Map<string, Segment>();
  /** Segment → its blobs that are elsewhere by now, or stay for good. */
  readonly #moved = new Map<string, Set<string>>();
  /** Settles when no blob is being removed: each is removed once. */
  #removals: Promise<void> = Promise.resolve();

  /** Makes the folder when it is missing. */
  static async open(folder: string, options: SegmentStoreOptions): Promise<SegmentStore> {
    const { files } = options;
    const firstMade = await files.mkdir(folder, { recursive: true, mode: folderMode });
    if (firstMade !== undefined) await flushMadeFolders(folder, firstMade);
    const store = new SegmentStore(folder, options);
    for await (const { name } of await files.opendir(folder)) {
      const segment = parseSegmentName(name);
      if (!segment) continue;
      const unknown = { pages: 0, livePages: undefined, isSealed: true };
      store.#segments.set(name, { ...segment, ...unknown });
    }
    return store;
  }

  /** For another thread than the one that has opened it: it writes segments of its own, reads all, and removes none. */
  static join(folder: string, options: SegmentStoreOptions): SegmentStore {
    return new SegmentStore(folder, options);
  }

  private constructor(folder: string, options: SegmentStoreOptions) {
    const { files, isDirect, randomBytes, segmentBytes = defaultSegmentBytes, sharing } = options;
    const { opening, nextNumber } = sharing;
    this.#folder = folder;
    this.#files = files;
    this.#sharing = sharing;
    this.#openFiles = new SharedFiles((name) => files.open(path.join(folder, name), 'r+'), openFilesMax);
    this.#log = new SegmentLog({
      ...{ folder, opening, files, isDirect, randomBytes, nextNumber },
      segmentBytes: Math.min(segmentBytes, (segmentPagesMax - 2 * entryPagesMax) * pageBytes),
      onSegment: (segment) => {
        this.#segments.set(formatSegmentName(segment), segment);
        sharing.onSegment?.(segment);
      },
      onSealed: (segment) => sharing.onSealed?.(segment),
    });
  }

  /** Whether an id is of the kind that this store gives. */
  static owns(blobId: string): boolean {
    return parseEntryId(blobId) !== undefined;
  }

  /** @returns the blob's id, when the blob is durable @throws DiskFull, VolumeFailed */
  append(entry: BlobImage): Promise<string> {
    return this.#log.append(entry);
  }

  /** As of a BlobStore. */
  async *read(blobId: string, from: number, to: number): AsyncGenerator<Uint8Array, void, void> {
    const entry = getEntry(blobId);
    const file = await this.#openFiles.acquire(formatSegmentName(entry));
    try {
      const start = entry.page * pageBytes;
      const bytes = entry.pages * pageBytes;
      const isReadWhole = bytes <= readWholeBytesMax;
      const first = await readFully(file, start, isReadWhole ? bytes : entryHeaderBytes);
      const { fileBytes } = checkEntry(first, entry, blobId);
      const whole = first.subarray(entryHeaderBytes, entryHeaderBytes + fileBytes);
      const readAt = isReadWhole
        ? async (position: number, length: number) => whole.subarray(position, position + length)
        : readWithin(file, start + entryHeaderBytes, fileBytes);
      yield* readBody(readAt, blobId, from, to);
    } finally {
      await this.#openFiles.release(file);
    }
  }

  /** @throws BlobMissing, BlobCorrupt when its beginning is damaged */
  async describe(blobId: string): Promise<BlobDescription> {
    const entry = getEntry(blobId);
    const file = await this.#openFiles.acquire(formatSegmentName(entry));
    try {
      const start = entry.page * pageBytes;
      const { fileBytes } = checkEntry(await readFully(file, start, entryHeaderBytes), entry, blobId);
      const header = await readHeader(readWithin(file, start + entryHeaderBytes, fileBytes), blobId);
      return { owner: parseOwner(header), headerBytes: header.length, fileBytes };
    } finally {
      await this.#openFiles.release(file);
    }
  }

  /** The blob's file, as it is; with what follows it when the entry does not tell where it ends. @throws BlobMissing */
  async readFile(blobId: string): Promise<Buffer> {
    const entry = getEntry(blobId);
    const file = await this.#openFiles.acquire(formatSegmentName(entry));
    try {
      const bytes = await readFully(file, entry.page * pageBytes, entry.pages * pageBytes);
      const found = parseEntryHeader(bytes, entry, entry.page);
      if (bytes.length === 0 || found?.isDead) throw new BlobMissing(`There is no blob ${blobId}.`);
      return bytes.subarray(entryHeaderBytes, found && entryHeaderBytes + found.fileBytes);
    } finally {
      await this.#openFiles.release(file);
    }
  }

  /** Another thread has begun to write a segment, of which it alone knows how much there is in it. */
  adopt({ opening, number }: SegmentName): Segment {
    const name = formatSegmentName({ opening, number });
    const known = this.#segments.get(name);
    if (known) return known;
    const segment = { opening, number, pages: 0, livePages: 0, isSealed: false };
    this.#segments.set(name, segment);
    return segment;
  }

  /** It has ended that segment. Blobs of it may have been removed before. */
  sealAdopted({ opening, number, pages }: SegmentName & Pick<Segment, 'pages'>): void {
    const segment = this.adopt({ opening, number });
    segment.pages = pages;
    segment.livePages = pages + (segment.livePages ?? 0);
    segment.isSealed = true;
  }

  /** The segment's file is gone: what is open of it would keep its room from others. */
  forget(name: string): Promise<void> {
    return this.#openFiles.retire(name);
  }

  /** Removing what is not there is no error. */
  remove(blobId: string): Promise<void> {
    const entry = parseEntryId(blobId);
    if (entry === undefined) return Promise.resolve();
    const removed = this.#removals.then(() => this.#remove(entry, blobId));
    // Whoever asked for it is told what came of it; the next one is to be removed all the same.
    this.#removals = removed.catch(() => {});
    return removed;
  }

  async *list(): AsyncGenerator<StoredBlob, void, void> {
    for (const segment of [...this.#segments.values()]) {
      const isFromThisOpening = segment.opening === this.#sharing.opening;
      for (const entry of await this.#scan(segment))
        yield { blobId: formatEntryId(entry), isFromThisOpening };
    }
  }

  /** As of Reclaiming. */
  async reclaim(move: (blob: StrandedBlob) => Promise<'moved' | 'later' | 'stop'>): Promise<void> {
    for (const segment of [...this.#segments.values()]) {
      const { isSealed, livePages, pages } = segment;
      if (!isSealed || livePages === undefined) continue;
      if (livePages === 0) await this.#drop(segment);
      else if (livePages < pages * livePartMin && (await this.#empty(segment, move)) === 'stop') return;
    }
  }

  async close(): Promise<void> {
    await this.#log.close();
    await this.#removals;
    // Those of earlier openings are left as they are: a check looks, and changes nothing.
    const own = [...this.#segments.values()].filter(({ opening }) => opening === this.#sharing.opening);
    for (const segment of own) if (segment.isSealed && segment.livePages === 0) await this.#drop(segment);
    await this.#openFiles.close();
  }

  /** Each blob once: what has been moved stays for a while, and what cannot be is not tried again and again. */
  async #empty(
    segment: Segment,
    move: (blob: StrandedBlob) => Promise<'moved' | 'later' | 'stop'>,
  ): Promise<'stop' | undefined> {
    const name = formatSegmentName(segment);
    const moved = this.#moved.get(name) ?? new Set();
    this.#moved.set(name, moved);
    for (const entry of await this.#scan(segment)) {
      const blobId = formatEntryId(entry);
      if (moved.has(blobId)) continue;
      const outcome = await move({ blobId, bytes: entry.pages * pageBytes });
      if (outcome === 'stop') return 'stop';
      if (outcome === 'moved') moved.add(blobId);
    }
    return undefined;
  }

  async #remove(entry: Entry, blobId: string): Promise<void> {
    const name = formatSegmentName(entry);
    // Of this opening there may be one whose writer has not told yet that it has begun it.
    if (!this.#segments.has(name) && entry.opening !== this.#sharing.opening) return;
    const file = await this.#openIfThere(name);
    if (file === undefined) return;
    const segment = this.#segments.get(name) ?? this.adopt(entry);
    try {
      const start = entry.page * pageBytes;
      const found = parseEntryHeader(await readFully(file, start, entryHeaderBytes), entry, entry.page);
      if (found === undefined || found.isDead || formatEntryId(found) !== blobId) return;
      await writing(() => file.write(MARKS.dead, 0, MARKS.dead.length, start));
      crashPoint('blob-marked');
      if (segment.livePages !== undefined) segment.livePages -= entry.pages;
    } finally {
      await this.#openFiles.release(file);
    }
    if (segment.isSealed && segment.livePages === 0) await this.#drop(segment);
  }

  /** To be given back. */
  async #openIfThere(name: string): Promise<FileHandle | undefined> {
    try {
      return await this.#openFiles.acquire(name);
    } catch (error) {
      if (error instanceof BlobMissing) return undefined;
      throw error;
    }
  }

  /** Its blobs have all been removed; who still reads one has the file open. */
  async #drop(segment: Segment): Promise<void> {
    const name = formatSegmentName(segment);
    await this.#files.rm(path.join(this.#folder, name), { force: true });
    crashPoint('segment-removed');
    this.#segments.delete(name);
    this.#moved.delete(name);
    this.#sharing.onDropped?.(name);
    await this.#openFiles.retire(name);
  }

  /** Every entry whose blob has not been removed. What lies between entries, after a crash or damage, is passed over. */
  async #scan(segment: Segment): Promise<FoundEntry[]> {
    const file = await this.#openIfThere(formatSegmentName(segment));
    // Removed while the segments before it were looked at.
    if (file === undefined) return [];
    try {
      const end = segment.livePages === undefined ? pagesOf((await file.stat()).size) : segment.pages;
      const live: FoundEntry[] = [];
      for (let page = 0; page < end; ) {
        const bytes = await readFully(file, page * pageBytes, entryHeaderBytes);
        const entry = parseEntryHeader(bytes, segment, page);
        if (entry && !entry.isDead) live.push(entry);
        page += entry?.pages ?? 1;
      }
      if (segment.livePages === undefined) {
        segment.pages = end;
        segment.livePages = live.reduce((sum, { pages }) => sum + pages, 0);
      }
      return live;
    } finally {
      await this.#openFiles.release(file);
    }
  }
}

function getEntry(blobId: string): Entry {
  const entry = parseEntryId(blobId);
  if (entry === undefined) throw new BlobMissing(`There is no blob ${blobId}.`);
  return entry;
}

/** @throws BlobMissing, BlobCorrupt */
function checkEntry(bytes: Buffer, entry: Entry, blobId: string): FoundEntry {
  const found = parseEntryHeader(bytes, entry, entry.page);
  if (found === undefined || formatEntryId(found) !== blobId) {
    throw new BlobCorrupt(`Blob ${blobId} does not begin as an entry of its segment.`);
  }
  if (found.isDead) throw new BlobMissing(`Blob ${blobId} has been removed.`);
  return found;
}
