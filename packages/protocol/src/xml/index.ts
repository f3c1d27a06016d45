export * from './cors-configuration.ts';
export * from './documents.ts';
export type { NameEncoding } from './element-trees.ts';
export * from './multipart-upload.ts';
export * from './read-xml.ts';
export * from './restore.ts';
export * from './tagging.ts';
export * from './write-xml.ts';
