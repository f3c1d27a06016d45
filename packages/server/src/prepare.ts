// `@postern/server/prepare`: to be called before the server itself is loaded, by who will start it with a data directory. Takes nothing
// away from it if it is not: it then only starts later.

export { prepareIndexWriter as prepareServer } from '@postern/storage/prepare';
