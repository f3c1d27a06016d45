// The format of a segment: a file with the bodies of many blobs, one entry after the other, each from the start of a page (4,096 bytes)
// to the end of one. All numbers are little-endian.
//
//   entry    8 bytes  "PSTNBODY", or "PSTNDEAD" once the blob has been removed
//            4 bytes  the opening that wrote the segment, as in the segment's name
//            4 bytes  the segment's number
//            4 bytes  the page that the entry starts at
//            4 bytes  how many pages it takes
//            4 bytes  a random number
//            4 bytes  how long the blob's file is
//            4 bytes  CRC-32 of the 24 bytes before
//            …        the blob's file, as blob-file.ts describes it
//            …        zeros up to the end of the page
//
// The blob's id has the first five numbers in hex: where it is, and what must be found there. An entry that says another place than the
// one it is found at is none.

import { crc32 } from 'node:zlib';
import { pageBytes } from './page-memory.ts';

export const entryHeaderBytes = 36;
const checkedFrom = 8;
const checkedTo = 32;
const markBytes = 8;

/** What an entry starts with. */
export const MARKS = {
  body: Buffer.from('PSTNBODY', 'latin1'),
  dead: Buffer.from('PSTNDEAD', 'latin1'),
} as const;

/** Which segment. */
export interface SegmentName {
  /** Eight hex digits, drawn when a store is opened. */
  readonly opening: string;
  readonly number: number;
}

export interface Entry extends SegmentName {
  readonly page: number;
  readonly pages: number;
  readonly nonce: number;
}

/** So that the number has the digits that the id gives it. */
export const entryPagesMax = 0xfff;
export const segmentPagesMax = 0xffff;
export const segmentNumberMax = 0xffffff;

export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / pageBytes);
}

export function formatSegmentName({ opening, number }: SegmentName): string {
  return `${opening}-${hex(number, 6)}`;
}

export function parseSegmentName(text: string): SegmentName | undefined {
  const [, opening, number] = /^([0-9a-f]{8})-([0-9a-f]{6})$/.exec(text) ?? [];
  return opening && number ? { opening, number: Number.parseInt(number, 16) } : undefined;
}

export function formatEntryId(entry: Entry): string {
  const { page, pages, nonce } = entry;
  return `${formatSegmentName(entry)}-${hex(page, 4)}-${hex(pages, 3)}-${hex(nonce, 8)}`;
}

export function parseEntryId(blobId: string): Entry | undefined {
  const match = /^([0-9a-f]{8}-[0-9a-f]{6})-([0-9a-f]{4})-([0-9a-f]{3})-([0-9a-f]{8})$/.exec(blobId);
  const [, segment = '', ...numbers] = match ?? [];
  const name = parseSegmentName(segment);
  const [page = 0, pages = 0, nonce = 0] = numbers.map((digits) => Number.parseInt(digits, 16));
  return name && { ...name, page, pages, nonce };
}

/** Into the first {@link entryHeaderBytes} of the entry. */
export function writeEntryHeader(into: Buffer, entry: Entry, fileBytes: number): void {
  MARKS.body.copy(into);
  into.write(entry.opening, checkedFrom, 'hex');
  into.writeUInt32LE(entry.number, 12);
  into.writeUInt32LE(entry.page, 16);
  into.writeUInt32LE(entry.pages, 20);
  into.writeUInt32LE(entry.nonce, 24);
  into.writeUInt32LE(fileBytes, 28);
  into.writeUInt32LE(crc32(into.subarray(checkedFrom, checkedTo)), checkedTo);
}

export interface FoundEntry extends Entry {
  readonly isDead: boolean;
  /** How long the blob's file is, which starts behind the header. */
  readonly fileBytes: number;
}

/** @returns undefined when these bytes, found at that page, are no entry's header */
export function parseEntryHeader(bytes: Buffer, { opening, number }: SegmentName, page: number) {
  if (bytes.length < entryHeaderBytes) return undefined;
  const mark = bytes.subarray(0, markBytes);
  const isDead = mark.equals(MARKS.dead);
  if (!isDead && !mark.equals(MARKS.body)) return undefined;
  if (bytes.readUInt32LE(checkedTo) !== crc32(bytes.subarray(checkedFrom, checkedTo))) return undefined;
  const found: FoundEntry = {
    ...{ opening: bytes.toString('hex', checkedFrom, 12), number: bytes.readUInt32LE(12) },
    ...{ page: bytes.readUInt32LE(16), pages: bytes.readUInt32LE(20), nonce: bytes.readUInt32LE(24) },
    ...{ isDead, fileBytes: bytes.readUInt32LE(28) },
  };
  const isHere = found.opening === opening && found.number === number && found.page === page;
  return isHere && found.pages === pagesOf(entryHeaderBytes + found.fileBytes) ? found : undefined;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
