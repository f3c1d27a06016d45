// A data directory with a bit of everything in it: small, middling and large bodies, versions, delete markers, settings, names that are hard to write.

import { parseBucketName, parseObjectName } from '@postern/protocol';
import type { ObjectStore, PutRequest } from '../src/object-store.ts';
import { openStorage } from '../src/open-storage.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const plainBucket = parseBucketName('plain');
export const versionedBucket = parseBucketName('versioned');

export const small = Buffer.from('a small body');
/** In a segment. */
export const middling = Buffer.alloc(200_000, 'a middling body ');
/** In a file of its own. */
export const large = Buffer.alloc(1_200_000, 'a large body ');

export async function fillStore(): Promise<string> {
  const dataDir = temporaryDirectory();
  const store = await openStorage({ dataDir });
  for (const name of [plainBucket, versionedBucket]) {
    await store.createBucket({ name, owner: 'account', acl: 'private', storageClass: 'Standard' });
  }
  await store.changeBucket(plainBucket, { acl: 'public-read', documents: { cors: '<CORSConfiguration/>' } });
  await putObject(store, plainBucket, 'small', small);
  await putObject(store, plainBucket, 'large', large);
  await putObject(store, plainBucket, 'empty', Buffer.alloc(0));
  await putObject(store, plainBucket, 'tagged', small, { tags: [{ key: 'für', value: 'dich' }] });
  await putObject(store, plainBucket, 'link', Buffer.from('small'), { objectType: 'Symlink' });
  await appendObject(store, plainBucket, 'appended', [small, small, large]);
  await uploadObject(store, plainBucket, 'parted', [large, small], 'complete');
  await uploadObject(store, plainBucket, 'unfinished', [large, small], 'leave');
  await putObject(store, plainBucket, '表单/\u{1F600}"\n', small);
  await putObject(store, versionedBucket, 'key', Buffer.from('before versions'));
  await store.changeBucket(versionedBucket, { versioning: 'enabled' });
  await putObject(store, versionedBucket, 'key', middling);
  await putObject(store, versionedBucket, 'key', small);
  await putObject(store, versionedBucket, 'gone', large);
  await store.remove(versionedBucket, parseObjectName('gone'));
  await store.changeBucket(versionedBucket, { versioning: 'suspended' });
  await putObject(store, versionedBucket, 'suspended', small);
  await store.remove(versionedBucket, parseObjectName('suspended'));
  await store.close();
  return dataDir;
}

export async function putObject(
  store: ObjectStore,
  bucket: typeof plainBucket,
  key: string,
  body: Uint8Array,
  more: Partial<PutRequest> = {},
): Promise<void> {
  await store.put({
    ...{ bucket, key: parseObjectName(key), condition: 'any', acl: 'default', storageClass: 'IA' },
    headers: { 'content-type': 'text/plain', 'x-oss-meta-note': 'für dich' },
    tags: [],
    body: oneChunk(body),
    ...more,
  });
}

/** An object of parts, or an upload that is not complete. */
export async function uploadObject(
  store: ObjectStore,
  bucket: typeof plainBucket,
  key: string,
  bodies: readonly Uint8Array[],
  end: 'complete' | 'leave',
): Promise<void> {
  const name = { bucket, key: parseObjectName(key) };
  const properties = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
  const created = await store.createUpload({ ...name, ...properties });
  if (created.outcome !== 'created') throw new Error(created.outcome);
  const upload = { ...name, uploadId: created.upload.uploadId };
  for (const [at, body] of bodies.entries()) {
    await store.putPart({ ...upload, partNumber: at + 1, body: oneChunk(body) });
  }
  if (end === 'leave') return;
  await store.completeUpload({ ...upload, parts: 'all', condition: 'any', partBytesMin: 0 });
}

/** An object that was appended to. */
export async function appendObject(
  store: ObjectStore,
  bucket: typeof plainBucket,
  key: string,
  bodies: readonly Uint8Array[],
): Promise<void> {
  let position = 0;
  for (const body of bodies) {
    await store.append({
      ...{ bucket, key: parseObjectName(key), position, body: oneChunk(body) },
      ...{ acl: 'default', storageClass: 'Standard', headers: {}, tags: [] },
    });
    position += body.length;
  }
}

async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
