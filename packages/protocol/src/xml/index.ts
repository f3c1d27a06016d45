export * from './cors-configuration.ts';
export * from './documents.ts';
export * from './read-xml.ts';
export * from './write-xml.ts';
