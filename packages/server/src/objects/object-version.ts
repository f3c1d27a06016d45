// Which version of an object a request means, and what it meets there: a version, nothing, or a delete marker (guide, "Versioning").

import { OssError } from '@postern/protocol';
import type { ObjectRecord, ObjectSummary } from '@postern/storage';
import type { ObjectCall } from '../call.ts';

/** Longer than any id that storage makes (64 characters). */
const versionIdCharactersMax = 128;

/**
 * The `versionId` of a query; undefined when there is none and the newest version is meant.
 *
 * @throws OssError InvalidArgument.versionIdEmpty, InvalidArgument.versionId
 */
export function parseVersionId(versionId: string | undefined): string | undefined {
  if (versionId === undefined) return undefined;
  if (versionId === '') throw new OssError('InvalidArgument.versionIdEmpty', argument(versionId));
  if (versionId.length > versionIdCharactersMax || !/^[A-Za-z0-9._-]+$/.test(versionId)) {
    throw new OssError('InvalidArgument.versionId', argument(versionId));
  }
  return versionId;
}

function argument(versionId: string) {
  return { ArgumentName: 'versionId', ArgumentValue: versionId };
}

/**
 * The version that a read is about: the one that its query names, or the newest.
 *
 * @throws OssError NoSuchKey, NoSuchVersion, MethodNotAllowed.deleteMarker (the version named is a delete marker)
 */
export async function getVersion(call: ObjectCall): Promise<ObjectSummary> {
  const asked = readVersionAsked(call);
  return checkReadable(
    await call.services.store.findSummary(call.bucket.name, call.key, asked.versionId),
    asked,
  );
}

/** The same with its body. @throws OssError as {@link getVersion} */
export async function getRecord(call: ObjectCall): Promise<ObjectRecord> {
  const asked = readVersionAsked(call);
  return checkReadable(
    await call.services.store.findObject(call.bucket.name, call.key, asked.versionId),
    asked,
  );
}

function readVersionAsked({ request, key }: ObjectCall): VersionAsked {
  return { key, versionId: parseVersionId(request.query.get('versionId')), method: request.method };
}

/** What was asked for, to tell of it when it is not there. */
export interface VersionAsked {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly method: string;
}

/** @throws OssError as {@link getVersion} */
export function checkReadable<Found extends ObjectSummary>(
  record: Found | undefined,
  asked: VersionAsked,
): Found {
  const { key, versionId, method } = asked;
  if (record && !record.isDeleteMarker) return record;
  if (!record && versionId !== undefined) {
    throw new OssError('NoSuchVersion', { Key: key, VersionId: versionId });
  }
  const headers = record && { 'x-oss-delete-marker': 'true', 'x-oss-version-id': record.versionId };
  if (versionId === undefined) throw new OssError('NoSuchKey', { Key: key }, headers && { headers });
  throw new OssError(
    'MethodNotAllowed.deleteMarker',
    { Method: method, ResourceType: 'DeleteMarker' },
    { headers: { ...headers, allow: 'DELETE' } },
  );
}
