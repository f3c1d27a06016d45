// `@postern/storage/prepare`: what can begin before the rest of the package is loaded, and then takes place beside that.

export { prepareIndexWriter } from './engines/index-writer-thread.ts';
