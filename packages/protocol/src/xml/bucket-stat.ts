// What is in a bucket (GetBucketStat). Every counter is there, also those that are always 0 here: clients read them without asking.

import { writeXml, type XmlTree } from './write-xml.ts';

export interface StorageClassStat {
  readonly bytes: number;
  readonly objects: number;
}

export interface BucketStat {
  /** By name of the class; one that is missing has nothing. */
  readonly byStorageClass: Readonly<Record<string, StorageClassStat>>;
  readonly uploads: number;
  readonly parts: number;
  readonly deleteMarkers: number;
  /** Of the newest change; 0 for an empty bucket. */
  readonly lastModifiedAtMs: number;
}

/** What OSS calls the classes here. */
const colderClasses = {
  IA: 'InfrequentAccess',
  Archive: 'Archive',
  ColdArchive: 'ColdArchive',
  DeepColdArchive: 'DeepColdArchive',
} as const;

const nothing: StorageClassStat = { bytes: 0, objects: 0 };

export function writeBucketStat(stat: BucketStat): string {
  const all = Object.values(stat.byStorageClass);
  const standard = stat.byStorageClass.Standard ?? nothing;
  return writeXml([
    'BucketStat',
    [
      ['Storage', sum(all.map(({ bytes }) => bytes))],
      ['ObjectCount', sum(all.map(({ objects }) => objects))],
      ['MultipartUploadCount', stat.uploads],
      ['LiveChannelCount', 0],
      ['LastModifiedTime', Math.floor(stat.lastModifiedAtMs / 1000)],
      ['StandardStorage', standard.bytes],
      ['StandardObjectCount', standard.objects],
      ...Object.entries(colderClasses).flatMap(([storageClass, name]) =>
        colderTrees(name, stat.byStorageClass[storageClass] ?? nothing),
      ),
      ['MultipartPartCount', stat.parts],
      ['DeleteMarkerCount', stat.deleteMarkers],
    ],
  ]);
}

/** What is billed and what there is are the same: nothing is rounded up. */
function colderTrees(name: string, { bytes, objects }: StorageClassStat): XmlTree[] {
  return [
    [`${name}Storage`, bytes],
    [`${name}RealStorage`, bytes],
    [`${name}ObjectCount`, objects],
  ];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
