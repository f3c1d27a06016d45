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
  const ends = new EntryEnds('Contents', owner);
  let written = '';
  for (const object of objects) {
    written += `  <Contents>
    <Key>${writeName(encoding, object.key)}</Key>
    ${writeFacts(object, ends)}`;
  }
  return { written };
}

/** What lists tell of an object or a version that has a body, up to the end of its entry. */
function writeFacts(object: ListedObject, ends: EntryEnds): string {
  const { behindEtag, behindSize } = ends.of(object);
  return `<LastModified>${formatIsoSeconds(object.modifiedAtMs)}</LastModified>
    <ETag>"${writeText(object.etag)}${behindEtag}${object.size}${behindSize}`;
}

type ObjectKind = Pick<ListedObject, 'type' | 'storageClass' | 'restoreInfo'>;

/**
 * What stands behind the ETag and behind the size is mostly as in the entry before. It is joined into one piece each: appended ones are
 * copied piece by piece for every entry once the document becomes bytes.
 */
class EntryEnds {
  readonly #end: string;
  #kind: ObjectKind | undefined;
  #texts = { behindEtag: '', behindSize: '' };

  constructor(element: string, owner: Owner | undefined) {
    this.#end = writeEntryEnd(element, owner);
  }

  of(object: ListedObject): { readonly behindEtag: string; readonly behindSize: string } {
    if (!this.#kind || !isSameKind(this.#kind, object)) {
      this.#kind = object;
      this.#texts = writeEnds(object, this.#end);
    }
    return this.#texts;
  }
}

function isSameKind(a: ObjectKind, b: ObjectKind): boolean {
  return a.type === b.type && a.storageClass === b.storageClass && a.restoreInfo === b.restoreInfo;
}

function writeEnds({ type, storageClass, restoreInfo }: ObjectKind, end: string) {
  return {
    behindEtag: ['"</ETag>', `    <Type>${writeText(type)}</Type>`, '    <Size>'].join('\n'),
    behindSize: [
      '</Size>',
      `    <StorageClass>${writeText(storageClass)}</StorageClass>`,
      ...(restoreInfo === undefined ? [] : [`    <RestoreInfo>${writeText(restoreInfo)}</RestoreInfo>`]),
      end,
    ].join('\n'),
  };
}

/** The owner, where lists tell one, and the end tag. */
function writeEntryEnd(element: string, owner: Owner | undefined): string {
  return `${owner ? writeElements([ownerTree(owner)], '    ') : ''}  </${element}>\n`;
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
  const ends = new EntryEnds('Version', owner);
  const markerEnd = writeEntryEnd('DeleteMarker', owner);
  let written = '';
  for (const version of versions) {
    const { key, versionId, isLatest, isDeleteMarker } = version;
    written += `  <${isDeleteMarker ? 'DeleteMarker' : 'Version'}>
    <Key>${writeName(encoding, key)}</Key>
    <VersionId>${writeText(versionId)}</VersionId>
    <IsLatest>${isLatest}</IsLatest>
    ${isDeleteMarker ? writeMarkerFacts(version, markerEnd) : writeFacts(version, ends)}`;
  }
  return { written };
}

function writeMarkerFacts({ modifiedAtMs }: Pick<ListedObject, 'modifiedAtMs'>, end: string): string {
  return `<LastModified>${formatIsoSeconds(modifiedAtMs)}</LastModified>\n${end}`;
}
