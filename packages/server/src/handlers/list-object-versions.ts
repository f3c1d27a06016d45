// GetBucketVersions (ListObjectVersions): every version and delete marker, keys ascending, the newest of each first. A bucket that never
// had versioning lists its objects as `null` versions.

import { OssError } from '@postern/protocol';
import { type ListedVersion, writeVersionList } from '@postern/protocol/xml';
import type { ListEntry } from '@postern/storage';
import { ownerElement } from '../access/owner.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { parseMaxKeys, parseNameEncoding } from '../objects/list-parameters.ts';
import { parseVersionId } from '../objects/object-version.ts';
import { listedObject } from './list-objects.ts';

export async function listObjectVersions({
  request: { query },
  bucket,
  services,
}: BucketCall): Promise<Reply> {
  const keyMarker = query.get('key-marker') ?? '';
  const versionIdMarker = query.get('version-id-marker') ?? '';
  if (versionIdMarker !== '' && keyMarker === '') throw new OssError('InvalidArgument.versionIdMarker');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = parseMaxKeys(query);
  const encoding = parseNameEncoding(query);
  const page = await services.store.listVersions({
    bucket: bucket.name,
    prefix,
    delimiter,
    after: keyMarker,
    afterVersionId: parseVersionId(versionIdMarker || undefined),
    limit: maxKeys,
  });
  const nowMs = services.clock();
  return xmlReply(
    writeVersionList({
      bucket: bucket.name,
      owner: ownerElement(bucket.owner),
      prefix,
      delimiter,
      keyMarker,
      versionIdMarker,
      maxKeys,
      encoding,
      next: page.next && { keyMarker: page.next.key, versionIdMarker: page.next.versionId ?? '' },
      versions: page.versions.map((record) => listedVersion(record, nowMs)),
      commonPrefixes: page.commonPrefixes,
    }),
  );
}

function listedVersion(record: ListEntry, nowMs: number): ListedVersion {
  const { key, versionId, isLatest, isDeleteMarker, modifiedAtMs } = record;
  return isDeleteMarker
    ? { key, versionId, isLatest, isDeleteMarker, modifiedAtMs }
    : { ...listedObject(record, nowMs), versionId, isLatest, isDeleteMarker };
}
