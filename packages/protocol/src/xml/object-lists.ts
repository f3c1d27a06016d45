// The lists of objects and of versions (OSS API: ListObjects, ListObjectsV2, ListObjectVersions). Elements that some SDK cannot do without
// (Owner, the Next…Marker of version lists, Type, StorageClass, EncodingType) are always there. Times are milliseconds since the epoch,
// ETags without quotes.
//
// A page has a thousand entries. They are written as text, which takes a tenth of the time that trees of their elements took.

import { formatIsoSeconds } from '../time.ts';
import {
  encodingTree,
  type NameEncoding,
  nameTree,
  type Owner,
  optional,
  ownerTree,
  writeCommonPrefixes,
  writeName,
} from './element-trees.ts';
import { type WrittenElements, writeElements, writeText, writeXml } from './write-xml.ts';

export interface ListedObject {
  readonly key: string;
  readonly modifiedAtMs: number;
  readonly etag: string;
  /** `Normal`, `Multipart`, `Appendable` or `Symlink`. */
  readonly type: string;
  readonly size: number;
  readonly storageClass: string;
  /** How far an archived object is restored, as in `x-oss-restore`; undefined for one that is not. */
  readonly restoreInfo?: string | undefined;
}

interface ObjectListPage {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly encoding: NameEncoding;
  readonly objects: readonly ListedObject[];
  readonly commonPrefixes: readonly string[];
}

export interface ObjectList extends ObjectListPage {
  /** Of the bucket, and so of each object. */
  readonly owner: Owner;
  readonly marker: string;
  /** The last key or common prefix of this page; undefined: this page is the last. */
  readonly nextMarker: string | undefined;
}

/** GetBucket (ListObjects). */
export function writeObjectList(list: ObjectList): string {
  const { encoding, nextMarker } = list;
  return writeXml([
    'ListBucketResult',
    [
      encodingTree(encoding),
      ['Name', list.bucket],
      nameTree(encoding, 'Prefix', list.prefix),
      nameTree(encoding, 'Marker', list.marker),
      ['MaxKeys', list.maxKeys],
      nameTree(encoding, 'Delimiter', list.delimiter),
      ['IsTruncated', nextMarker !== undefined],
      nextMarker === undefined ? undefined : nameTree(encoding, 'NextMarker', nextMarker),
      writeObjects(list, list.owner),
      writeCommonPrefixes(encoding, list.commonPrefixes),
    ],
  ]);
}

export interface ObjectListV2 extends ObjectListPage {
  /** Version 2 of the list leaves it out unless asked for. */
  readonly owner: Owner | undefined;
  readonly startAfter: string;
  /** As the client sent it; opaque, so never encoded. */
  readonly continuationToken: string | undefined;
  /** Undefined: this page is the last. */
  readonly nextContinuationToken: string | undefined;
}

/** ListObjectsV2. */
export function writeObjectListV2(list: ObjectListV2): string {
  const { encoding } = list;
  return writeXml([
    'ListBucketResult',
    [
      encodingTree(encoding),
      ['Name', list.bucket],
      nameTree(encoding, 'Prefix', list.prefix),
      nameTree(encoding, 'StartAfter', list.startAfter),
      optional('ContinuationToken', list.continuationToken),
      ['MaxKeys', list.maxKeys],
      nameTree(encoding, 'Delimiter', list.delimiter),
      ['IsTruncated', list.nextContinuationToken !== undefined],
      optional('NextContinuationToken', list.nextContinuationToken),
      writeObjects(list, list.owner),
      writeCommonPrefixes(encoding, list.commonPrefixes),
      ['KeyCount', list.objects.length + list.commonPrefixes.length],
    ],
  ]);
}

function writeObjects({ encoding, objects }: ObjectListPage, owner: Owner | undefined): WrittenElements {
  const ownerLines = writeOwner(owner);
  let written = '';
  for (const object of objects) {
    written += `  <Contents>
    <Key>${writeName(encoding, object.key)}</Key>
${writeFacts(object)}${ownerLines}  </Contents>
`;
  }
  return { written };
}

/** What lists tell of an object or a version that has a body. */
function writeFacts({ modifiedAtMs, etag, type, size, storageClass, restoreInfo }: ListedObject): string {
  const restoreLine =
    restoreInfo === undefined ? '' : `    <RestoreInfo>${writeText(restoreInfo)}</RestoreInfo>\n`;
  return `    <LastModified>${formatIsoSeconds(modifiedAtMs)}</LastModified>
    <ETag>"${writeText(etag)}"</ETag>
    <Type>${writeText(type)}</Type>
    <Size>${size}</Size>
    <StorageClass>${writeText(storageClass)}</StorageClass>
${restoreLine}`;
}

function writeOwner(owner: Owner | undefined): string {
  return owner ? writeElements([ownerTree(owner)], '    ') : '';
}

interface VersionPlace {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
}

/** A version of an object, or a delete marker. */
export type ListedVersion =
  | (VersionPlace & ListedObject & { readonly isDeleteMarker: false })
  | (VersionPlace & { readonly isDeleteMarker: true; readonly modifiedAtMs: number });

export interface VersionList {
  readonly bucket: string;
  /** Of the bucket, and so of each version. */
  readonly owner: Owner;
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  readonly versionIdMarker: string;
  readonly maxKeys: number;
  readonly encoding: NameEncoding;
  /** Where to go on; undefined: this page is the last. */
  readonly next: { readonly keyMarker: string; readonly versionIdMarker: string } | undefined;
  /** Keys ascending, the newest version of each first. */
  readonly versions: readonly ListedVersion[];
  readonly commonPrefixes: readonly string[];
}

/** GetBucketVersions (ListObjectVersions). */
export function writeVersionList(list: VersionList): string {
  const { encoding, next } = list;
  return writeXml([
    'ListVersionsResult',
    [
      encodingTree(encoding),
      ['Name', list.bucket],
      nameTree(encoding, 'Prefix', list.prefix),
      nameTree(encoding, 'KeyMarker', list.keyMarker),
      ['VersionIdMarker', list.versionIdMarker],
      ['MaxKeys', list.maxKeys],
      nameTree(encoding, 'Delimiter', list.delimiter),
      ['IsTruncated', next !== undefined],
      // On the last page too, empty: the Python SDK cannot do without.
      nameTree(encoding, 'NextKeyMarker', next?.keyMarker ?? ''),
      ['NextVersionIdMarker', next?.versionIdMarker ?? ''],
      writeVersions(list),
      writeCommonPrefixes(encoding, list.commonPrefixes),
    ],
  ]);
}

function writeVersions({ encoding, versions, owner }: VersionList): WrittenElements {
  const ownerLines = writeOwner(owner);
  let written = '';
  for (const version of versions) {
    const element = version.isDeleteMarker ? 'DeleteMarker' : 'Version';
    written += `  <${element}>
    <Key>${writeName(encoding, version.key)}</Key>
    <VersionId>${writeText(version.versionId)}</VersionId>
    <IsLatest>${version.isLatest}</IsLatest>
${version.isDeleteMarker ? writeMarkerFacts(version) : writeFacts(version)}${ownerLines}  </${element}>
`;
  }
  return { written };
}

function writeMarkerFacts({ modifiedAtMs }: Pick<ListedObject, 'modifiedAtMs'>): string {
  return `    <LastModified>${formatIsoSeconds(modifiedAtMs)}</LastModified>\n`;
}
