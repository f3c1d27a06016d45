// The format of a blob's file, version 1. All numbers are little-endian.
//
//   header   8 bytes  "PSTNBLOB"
//            2 bytes  format version
//            2 bytes  length of the owner in bytes
//            4 bytes  CRC-32 of the twelve bytes before and of the owner
//            …        owner: {"bucket":…,"key":…}, JSON in UTF-8
//   blocks   …        up to 65,536 bytes of the body; only the last block has fewer
//            4 bytes  CRC-32 of them
//
// Each block is checked by itself, so that a range can be read and verified without the rest.

import { BlobCorrupt, type BlobOwner } from '../blob-store.ts';
import { crc32 } from '../crc32.ts';

export const blockBytes = 64 * 1024;
export const checksumBytes = 4;
/** What a whole block takes in the file. */
export const blockStride = blockBytes + checksumBytes;

export const fixedHeaderBytes = 16;
const checkedFixedBytes = fixedHeaderBytes - checksumBytes;
const magic = Buffer.from('PSTNBLOB', 'latin1');
const formatVersion = 1;

export function writeHeader(owner: BlobOwner): Buffer {
  const { bucket, key } = owner;
  const ownerBytes = Buffer.from(JSON.stringify({ bucket, key }));
  const header = Buffer.alloc(fixedHeaderBytes + ownerBytes.length);
  magic.copy(header);
  header.writeUInt16LE(formatVersion, 8);
  header.writeUInt16LE(ownerBytes.length, 10);
  ownerBytes.copy(header, fixedHeaderBytes);
  header.writeUInt32LE(headerChecksum(header), checkedFixedBytes);
  return header;
}

/** How long the file of a body of `size` bytes is. */
export function blobFileBytes(headerBytes: number, size: number): number {
  return headerBytes + size + Math.ceil(size / blockBytes) * checksumBytes;
}

/** What a blob's file tells without being read to its end. */
export interface BlobDescription {
  readonly owner: BlobOwner;
  readonly headerBytes: number;
  readonly fileBytes: number;
}

/** How long the body is whose file is so long. */
export function blobBodyBytes({ headerBytes, fileBytes }: BlobDescription): number {
  const bytes = fileBytes - headerBytes;
  return bytes - Math.ceil(bytes / blockStride) * checksumBytes;
}

/** @param header whole, and found good */
export function parseOwner(header: Buffer): BlobOwner {
  return JSON.parse(header.toString('utf8', fixedHeaderBytes));
}

/**
 * @param fixed the first {@link fixedHeaderBytes} of the file, or all of it if it has fewer
 * @returns how long the whole header is
 * @throws BlobCorrupt
 */
export function parseHeaderLength(fixed: Uint8Array, blobId: string): number {
  const bytes = Buffer.from(fixed.buffer, fixed.byteOffset, fixed.byteLength);
  const isHeader = bytes.length >= fixedHeaderBytes && bytes.subarray(0, magic.length).equals(magic);
  if (!isHeader) throw new BlobCorrupt(`Blob ${blobId} does not begin as a blob.`);
  const version = bytes.readUInt16LE(8);
  if (version !== formatVersion) throw new BlobCorrupt(`Blob ${blobId} has the unknown format ${version}.`);
  return fixedHeaderBytes + bytes.readUInt16LE(10);
}

/** @throws BlobCorrupt when the header is not what was written */
export function checkHeader(header: Buffer, length: number, blobId: string): void {
  const isWhole = header.length === length;
  if (isWhole && header.readUInt32LE(checkedFixedBytes) === headerChecksum(header)) return;
  throw new BlobCorrupt(`Blob ${blobId} has a damaged header.`);
}

/** Writes the checksum behind the block's bytes. @param length bytes of the body in the block, from its start */
export function sealBlock(block: Buffer, length: number): Buffer {
  block.writeUInt32LE(crc32(block.subarray(0, length)), length);
  return block.subarray(0, length + checksumBytes);
}

/**
 * @param sealed a block's bytes with their checksum
 * @returns the bytes alone, in the same memory
 * @throws BlobCorrupt
 */
export function openBlock(sealed: Buffer, blobId: string, blockNumber: number): Buffer {
  const length = sealed.length - checksumBytes;
  if (length > 0) {
    const body = sealed.subarray(0, length);
    if (sealed.readUInt32LE(length) === crc32(body)) return body;
  }
  throw new BlobCorrupt(`Block ${blockNumber} of blob ${blobId} is damaged.`);
}

function headerChecksum(header: Buffer): number {
  return crc32(header.subarray(fixedHeaderBytes), crc32(header.subarray(0, checkedFixedBytes)));
}
