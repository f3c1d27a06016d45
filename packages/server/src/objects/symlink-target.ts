// Symbolic links: an object whose body is the name of another in the same bucket (PutSymlink and GetObject references). Reading a link
// reads the newest version of its target; whoever reads needs leave to read both.

import { decodePercent, decodeUtf8, type ObjectName, OssError, parseObjectName } from '@postern/protocol';
import type { BucketRecord, ObjectRecord, ObjectStore, ObjectSummary } from '@postern/storage';
import { authorize } from '../access/authorize.ts';
import type { ObjectCall } from '../call.ts';

/**
 * @param header `x-oss-symlink-target`, percent-encoded
 * @throws OssError InvalidArgument.symlinkTarget (missing, or not percent-encoded UTF-8), InvalidObjectName
 */
export function parseSymlinkTarget(header: string | undefined): ObjectName {
  const name = header === undefined ? undefined : decodePercent(header);
  if (name !== undefined && name !== '') return parseObjectName(name);
  throw new OssError('InvalidArgument.symlinkTarget', {
    ArgumentName: 'x-oss-symlink-target',
    ArgumentValue: header ?? '',
  });
}

/** The name that a link points to. */
export async function readSymlinkTarget(store: ObjectStore, link: ObjectRecord): Promise<ObjectName> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.openBody(link).read(0, link.size)) chunks.push(Uint8Array.from(chunk));
  return parseObjectName(decodeUtf8(Buffer.concat(chunks)) ?? '');
}

/** What a read finds under a name. */
export interface FoundObject<Content extends ObjectSummary = ObjectSummary> {
  /** The object of that name, whose properties are shown. */
  readonly record: ObjectSummary;
  /** The object whose bytes are read: the target of a link, otherwise the same. */
  readonly content: Content;
  /** Of the two, whichever changed later. */
  readonly modifiedAtMs: number;
}

/**
 * @param bucket that the record is in, and its target
 * @param record the newest version of a name, or the one asked for
 * @throws OssError SymlinkTargetNotExist, InvalidTargetType (the target is a link itself), AccessDenied.…
 */
export async function followSymlink(
  call: ObjectCall,
  bucket: BucketRecord,
  record: ObjectRecord,
): Promise<FoundObject<ObjectRecord>> {
  if (record.objectType !== 'Symlink') return foundItself(record);
  const { services } = call;
  const key = await readSymlinkTarget(services.store, record);
  await authorize(call, 'oss:GetObject', { bucket, key });
  const content = await services.store.findObject(bucket.name, key);
  if (!content || content.isDeleteMarker) throw new OssError('SymlinkTargetNotExist', { Key: key });
  if (content.objectType === 'Symlink') throw new OssError('InvalidTargetType', { Key: key });
  return { record, content, modifiedAtMs: Math.max(record.modifiedAtMs, content.modifiedAtMs) };
}

/** What is no link. */
export function foundItself<Content extends ObjectSummary>(content: Content): FoundObject<Content> {
  return { record: content, content, modifiedAtMs: content.modifiedAtMs };
}
