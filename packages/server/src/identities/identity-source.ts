// Where a server asks for its identities. They may change while it runs; whoever answers a request asks once and keeps what it got.

import { randomBytes } from 'node:crypto';
import {
  addAccessKey,
  addRole,
  addUser,
  attachPolicy,
  emptyBook,
  type IdentityBook,
  putPolicy,
  roleSessionSeconds,
} from './identity-book.ts';
import { IdentityIndex } from './identity-index.ts';
import { makeIdentityId } from './make-identity.ts';

export interface Identities {
  readonly index: IdentityIndex;
  /** What the tokens of sessions are sealed under; undefined while there is nobody who could have one. */
  readonly sessionKey: Uint8Array | undefined;
}

export interface IdentitySource {
  current(): Identities;
  close(): void;
}

export interface IdentityOptions {
  readonly users?: readonly UserOption[];
  readonly roles?: readonly RoleOption[];
}

/** A policy: its name, where that is one of the system's, or the document itself as JSON or as its value. */
export type PolicyOption = string | Readonly<Record<string, unknown>>;

export interface UserOption {
  readonly name: string;
  /** What bucket policies call them; drawn if it is not given. */
  readonly id?: string;
  readonly policies?: readonly PolicyOption[];
  readonly accessKeys?: readonly { readonly accessKeyId: string; readonly accessKeySecret: string }[];
}

export interface RoleOption {
  readonly name: string;
  readonly policies?: readonly PolicyOption[];
  /** Names of users; `*`, the default, for all. */
  readonly trustedUsers?: readonly string[];
  /** Default 3600. */
  readonly maxSessionSeconds?: number;
}

const sessionKeyBytes = 32;

/** Identities that stay as they are, with tokens that end with the process. @throws IdentityError */
export function fixedIdentities(options: IdentityOptions = {}, nowMs = 0): IdentitySource {
  const identities: Identities = {
    index: new IdentityIndex(bookOf(options, nowMs)),
    sessionKey: randomBytes(sessionKeyBytes),
  };
  return { current: () => identities, close: () => {} };
}

function bookOf({ users = [], roles = [] }: IdentityOptions, nowMs: number): IdentityBook {
  let book = emptyBook;
  for (const { name, id = makeIdentityId('user'), policies = [], accessKeys = [] } of users) {
    book = addUser(book, name, { id, nowMs });
    for (const key of accessKeys) book = addAccessKey(book, name, { ...key, createdAtMs: nowMs });
    book = attachOptions(book, policies, { user: name }, nowMs);
  }
  for (const {
    name,
    policies = [],
    trustedUsers = ['*'],
    maxSessionSeconds = roleSessionSeconds.min,
  } of roles) {
    book = addRole(book, name, { trustedUsers, maxSessionSeconds }, { id: makeIdentityId('role'), nowMs });
    book = attachOptions(book, policies, { role: name }, nowMs);
  }
  return book;
}

function attachOptions(
  book: IdentityBook,
  options: readonly PolicyOption[],
  holder: { readonly user: string } | { readonly role: string },
  nowMs: number,
): IdentityBook {
  return options.reduce((changed, option) => {
    if (typeof option === 'string' && !option.trimStart().startsWith('{'))
      return attachPolicy(changed, option, holder);
    const name = `given-${changed.policies.length + 1}`;
    const document = typeof option === 'string' ? option : JSON.stringify(option);
    return attachPolicy(putPolicy(changed, name, document, { nowMs, replace: false }), name, holder);
  }, book);
}
