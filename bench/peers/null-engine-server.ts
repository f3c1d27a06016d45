// The process of the null engine.

import { startServer } from '@postern/server';
import { type BlobStore, type BlobWriter, createObjectStore, drawRandomBytes } from '@postern/storage';
import { NullMetadataStore } from './null-metadata-store.ts';
import { accessKey, bucket } from './postern.ts';

const nullBlobWriter: BlobWriter = {
  write: async () => {},
  finish: async () => ({ blobId: 'none' }),
  abort: async () => {},
};

const nullBlobs: BlobStore = {
  create: async () => nullBlobWriter,
  async *read() {},
  remove: async () => {},
  async *list() {},
  close: async () => {},
};

const store = createObjectStore({
  metadata: new NullMetadataStore(),
  blobs: nullBlobs,
  clock: Date.now,
  randomBytes: drawRandomBytes,
  reportProblem: (problem) => console.error(problem),
});
const server = await startServer({
  port: 0,
  store,
  buckets: [bucket],
  accessKeys: [accessKey],
  log: 'json',
});
console.log(`listening on ${new URL(server.endpoint).port}`);
process.once('SIGTERM', () => void server.close(0));
