export * from './blob-store.ts';
export * from './metadata-store.ts';
export * from './object-store.ts';
export * from './records.ts';
