// Every engine passes the contract of its kind.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { blobStoreContract, metadataStoreContract } from '@postern/storage/contract';
import { DirectoryBlobStore } from '../src/engines/directory-blob-store.ts';
import { MemoryBlobStore } from '../src/engines/memory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

metadataStoreContract('memory', async () => {
  const store = new MemoryMetadataStore();
  return { store, rowsVisited: () => store.rowsVisited };
});
metadataStoreContract('SQLite', async () => {
  const store = await SqliteMetadataStore.open(path.join(temporaryDirectory(), 'metadata.sqlite'));
  return { store, rowsVisited: () => store.rowsVisited };
});

blobStoreContract('memory', async () => new MemoryBlobStore());
blobStoreContract('directory', () => DirectoryBlobStore.open(temporaryDirectory(), randomBytes));
