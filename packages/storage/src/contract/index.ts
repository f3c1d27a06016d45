export * from './blob-store-contract.ts';
export * from './metadata-store-contract.ts';
