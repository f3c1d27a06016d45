export * from './blob-store.ts';
export * from './collect-garbage.ts';
export * from './digests.ts';
export * from './incoming-body.ts';
export * from './metadata-store.ts';
export * from './object-store.ts';
export * from './open-storage.ts';
export * from './records.ts';
