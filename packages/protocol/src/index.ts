export * from './bucket-name.ts';
export * from './errors.ts';
export * from './form/post-fields.ts';
export * from './hashes.ts';
export * from './object-name.ts';
