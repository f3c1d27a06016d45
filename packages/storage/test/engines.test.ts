// Every engine passes the contract of its kind.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { blobStoreContract, metadataStoreContract } from '@postern/storage/contract';
import { DirectoryBlobStore } from '../src/engines/directory-blob-store.ts';
import { MemoryBlobStore } from '../src/engines/memory-blob-store.ts';
import { MemoryMetadataStore } from '../src/engines/memory-metadata-store.ts';
import { PageMemory, slabBytes } from '../src/engines/page-memory.ts';
import { SqliteMetadataStore } from '../src/engines/sqlite-metadata-store.ts';
import { TieredBlobStore } from '../src/engines/tiered-blob-store.ts';
import { withoutDirectIo } from './failing-files.ts';
import { temporaryDirectory } from './temporary-directory.ts';

metadataStoreContract('memory', async () => {
  const store = new MemoryMetadataStore();
  return { store, rowsVisited: () => store.rowsVisited };
});
metadataStoreContract('SQLite', async () => {
  const store = await SqliteMetadataStore.open(path.join(temporaryDirectory(), 'metadata.sqlite'));
  return { store, rowsVisited: () => store.rowsVisited };
});
metadataStoreContract('SQLite, in a thread that has joined', async () => {
  const file = path.join(temporaryDirectory(), 'metadata.sqlite');
  const host = await SqliteMetadataStore.open(file);
  const store = await SqliteMetadataStore.join(file, host.share());
  const close = async () => {
    await SqliteMetadataStore.prototype.close.call(store);
    await host.close();
  };
  return { store: Object.assign(store, { close }), rowsVisited: () => store.rowsVisited };
});

blobStoreContract('memory', async () => new MemoryBlobStore());
const noMemory = new PageMemory(0);
const littleMemory = new PageMemory(4 * slabBytes);
for (const [name, options] of [
  ['segments and directory', {}],
  ['segments of 1 MiB', { segmentBytes: 1024 * 1024 }],
  ['segments up to 100,000 bytes', { segmentBodyBytes: 100_000 }],
  ['segments without direct I/O', { files: withoutDirectIo() }],
  ['segments without memory', { memory: noMemory }],
  ['segments with little memory', { memory: littleMemory }],
] as const) {
  blobStoreContract(name, () => TieredBlobStore.open(temporaryDirectory(), randomBytes, options));
}
blobStoreContract('directory without direct I/O', () =>
  DirectoryBlobStore.open(temporaryDirectory(), randomBytes, { files: withoutDirectIo() }),
);
blobStoreContract('directory without memory', () =>
  DirectoryBlobStore.open(temporaryDirectory(), randomBytes, { memory: noMemory }),
);
blobStoreContract('directory', () => DirectoryBlobStore.open(temporaryDirectory(), randomBytes));
