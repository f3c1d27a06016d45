// What the command line needs of identities and of the files that keep secrets, without the server.

export * from './identity-book.ts';
export * from './identity-file.ts';
export { makeIdentityId, makeUserAccessKey } from './make-identity.ts';
export * from './owner-only-file.ts';
export * from './secret-key-file.ts';
