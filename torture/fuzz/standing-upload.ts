// An upload in parts that is always under way, by the same id: requests are signed before anything has begun, and what one of them completes
// or aborts is there again for the next.

import { parseBucketName, parseObjectName } from '@postern/protocol';
import type { ObjectStore } from '@postern/storage';

export const standingUploadId = '0123456789ABCDEF0123456789ABCDEF';
export const uploadKey = 'user/parts.txt';
/** Its part 1. */
export const standingPart = 'a part of an upload';

type UploadMethods = Pick<
  ObjectStore,
  'createUpload' | 'findUpload' | 'putPart' | 'listParts' | 'completeUpload' | 'abortUpload'
>;

/** What the store does about uploads, around the one that stands. Uploads that requests begin are gone at once. */
export async function keepUpload(store: ObjectStore, bucketName: string): Promise<UploadMethods> {
  const bucket = parseBucketName(bucketName);
  const begin = async () => {
    const key = parseObjectName(uploadKey);
    const properties = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;
    const begun = await store.createUpload({ bucket, key, ...properties });
    if (begun.outcome !== 'created') throw new Error(`No upload can begin: ${begun.outcome}.`);
    const { uploadId } = begun.upload;
    const body = (async function* () {
      yield Buffer.from(standingPart);
    })();
    await store.putPart({ bucket, key, uploadId, partNumber: 1, body });
    return uploadId;
  };
  let standing = await begin();
  const real = (uploadId: string) => (uploadId === standingUploadId ? standing : uploadId);
  return {
    async createUpload(request) {
      const result = await store.createUpload(request);
      if (result.outcome === 'created') {
        await store.abortUpload(request.bucket, request.key, result.upload.uploadId);
      }
      return result;
    },
    findUpload: (of, key, uploadId) => store.findUpload(of, key, real(uploadId)),
    putPart: (request) => store.putPart({ ...request, uploadId: real(request.uploadId) }),
    listParts: (query) => store.listParts({ ...query, uploadId: real(query.uploadId) }),
    async completeUpload(request) {
      const result = await store.completeUpload({ ...request, uploadId: real(request.uploadId) });
      if (result.outcome === 'stored') {
        await store.remove(request.bucket, request.key);
        standing = await begin();
      }
      return result;
    },
    async abortUpload(of, key, uploadId) {
      const outcome = await store.abortUpload(of, key, real(uploadId));
      if (outcome === 'aborted') standing = await begin();
      return outcome;
    },
  };
}
