// The documents of multipart uploads (InitiateMultipartUpload, UploadPartCopy, CompleteMultipartUpload, ListParts,
// ListMultipartUploads). The Next…Markers are always there, on a last page too: the Python SDK cannot do without.

import { OssError } from '../errors.ts';
import { formatIsoSeconds } from '../time.ts';
import { encodingTree, etagTree, type NameEncoding, nameTree, writeCommonPrefixes } from './element-trees.ts';
import { findChildren, findWord, readXml, type XmlElement } from './read-xml.ts';
import { writeXml, type XmlTree } from './write-xml.ts';

/** Parts are numbered from 1 up to this. */
export const partNumberMax = 10_000;

interface UploadPlace {
  readonly bucket: string;
  readonly key: string;
  readonly encoding: NameEncoding;
}

export interface InitiatedUpload extends UploadPlace {
  readonly uploadId: string;
}

export function writeInitiateResult({ bucket, key, uploadId, encoding }: InitiatedUpload): string {
  return writeXml([
    'InitiateMultipartUploadResult',
    [encodingTree(encoding), ['Bucket', bucket], nameTree(encoding, 'Key', key), ['UploadId', uploadId]],
  ]);
}

export interface CopiedPart {
  readonly etag: string;
  readonly modifiedAtMs: number;
}

/** UploadPartCopy. */
export function writeCopyPartResult({ etag, modifiedAtMs }: CopiedPart): string {
  return writeXml(['CopyPartResult', [['LastModified', formatIsoSeconds(modifiedAtMs)], etagTree(etag)]]);
}

export interface CompletedUpload extends UploadPlace {
  /** The URL of the object. */
  readonly location: string;
  readonly etag: string;
}

export function writeCompleteResult({ bucket, key, encoding, location, etag }: CompletedUpload): string {
  return writeXml([
    'CompleteMultipartUploadResult',
    [
      encodingTree(encoding),
      ['Location', location],
      ['Bucket', bucket],
      nameTree(encoding, 'Key', key),
      etagTree(etag),
    ],
  ]);
}

/** One part of the list that completes an upload. The ETag in upper case, without quotes. */
export interface PartChoice {
  readonly partNumber: number;
  readonly etag: string;
}

/**
 * The body of CompleteMultipartUpload.
 *
 * @throws OssError MalformedXML.parts (also for no part, or one without an ETag), InvalidArgument.partNumber, InvalidPartOrder
 */
export function parseCompleteUpload(document: string | Uint8Array): readonly PartChoice[] {
  const parts = findParts(document).map(parsePartChoice);
  for (let at = 1; at < parts.length; at++) {
    const [before, after] = [parts[at - 1] as PartChoice, parts[at] as PartChoice];
    if (before.partNumber >= after.partNumber) throw new OssError('InvalidPartOrder');
  }
  return parts;
}

/** The texts of each part, not yet looked at. */
interface PartTexts {
  readonly number: string;
  readonly etag: string;
}

function findParts(document: string | Uint8Array): PartTexts[] {
  try {
    const parts = findChildren(readXml(document, 'CompleteMultipartUpload'), 'Part').map(findPartTexts);
    if (parts.length >= 1 && parts.length <= partNumberMax) return parts;
  } catch (cause) {
    // The same fault has its own EC here.
    throw new OssError('MalformedXML.parts', {}, { cause });
  }
  throw new OssError('MalformedXML.parts');
}

function findPartTexts(part: XmlElement): PartTexts {
  const number = findWord(part, 'PartNumber');
  const etag = findWord(part, 'ETag');
  if (number === undefined || etag === undefined) throw new OssError('MalformedXML');
  return { number, etag };
}

function parsePartChoice({ number, etag }: PartTexts): PartChoice {
  return { partNumber: parsePartNumber(number), etag: etag.replace(/^"(.*)"$/, '$1').toUpperCase() };
}

/** @throws OssError InvalidArgument.partNumber unless it is an integer from 1 to {@link partNumberMax} */
export function parsePartNumber(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= partNumberMax) return number;
  throw new OssError('InvalidArgument.partNumber', { ArgumentName: 'PartNumber', ArgumentValue: text });
}

export interface ListedPart {
  readonly partNumber: number;
  readonly modifiedAtMs: number;
  readonly etag: string;
  readonly size: number;
  readonly crc64: string;
}

export interface PartList extends UploadPlace {
  readonly uploadId: string;
  readonly storageClass: string;
  readonly partNumberMarker: number;
  readonly maxParts: number;
  readonly parts: readonly ListedPart[];
  /** The last part number of this page; undefined: this page is the last. */
  readonly nextPartNumberMarker: number | undefined;
}

/** ListParts. */
export function writePartList(list: PartList): string {
  const { encoding, parts, nextPartNumberMarker } = list;
  return writeXml([
    'ListPartsResult',
    [
      encodingTree(encoding),
      ['Bucket', list.bucket],
      nameTree(encoding, 'Key', list.key),
      ['UploadId', list.uploadId],
      ['StorageClass', list.storageClass],
      ['PartNumberMarker', list.partNumberMarker],
      // On the last page it is where that page ends.
      ['NextPartNumberMarker', nextPartNumberMarker ?? parts.at(-1)?.partNumber ?? list.partNumberMarker],
      ['MaxParts', list.maxParts],
      ['IsTruncated', nextPartNumberMarker !== undefined],
      ...parts.map(partTree),
    ],
  ]);
}

function partTree({ partNumber, modifiedAtMs, etag, size, crc64 }: ListedPart): XmlTree {
  return [
    'Part',
    [
      ['PartNumber', partNumber],
      ['LastModified', formatIsoSeconds(modifiedAtMs)],
      etagTree(etag),
      ['Size', size],
      ['HashCrc64ecma', crc64],
    ],
  ];
}

export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly storageClass: string;
  readonly initiatedAtMs: number;
}

export interface UploadList {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  readonly uploadIdMarker: string;
  readonly maxUploads: number;
  readonly encoding: NameEncoding;
  /** Where to go on; undefined: this page is the last. */
  readonly next: { readonly keyMarker: string; readonly uploadIdMarker: string } | undefined;
  /** Keys ascending, the uploads of one key in the order in which they began. */
  readonly uploads: readonly ListedUpload[];
  readonly commonPrefixes: readonly string[];
}

/** ListMultipartUploads. */
export function writeUploadList(list: UploadList): string {
  const { encoding, next } = list;
  return writeXml([
    'ListMultipartUploadsResult',
    [
      encodingTree(encoding),
      ['Bucket', list.bucket],
      nameTree(encoding, 'KeyMarker', list.keyMarker),
      ['UploadIdMarker', list.uploadIdMarker],
      nameTree(encoding, 'NextKeyMarker', next?.keyMarker ?? ''),
      ['NextUploadIdMarker', next?.uploadIdMarker ?? ''],
      nameTree(encoding, 'Delimiter', list.delimiter),
      nameTree(encoding, 'Prefix', list.prefix),
      ['MaxUploads', list.maxUploads],
      ['IsTruncated', next !== undefined],
      ...list.uploads.map((upload) => uploadTree(encoding, upload)),
      writeCommonPrefixes(encoding, list.commonPrefixes),
    ],
  ]);
}

function uploadTree(encoding: NameEncoding, upload: ListedUpload): XmlTree {
  return [
    'Upload',
    [
      nameTree(encoding, 'Key', upload.key),
      ['UploadId', upload.uploadId],
      ['StorageClass', upload.storageClass],
      ['Initiated', formatIsoSeconds(upload.initiatedAtMs)],
    ],
  ];
}
