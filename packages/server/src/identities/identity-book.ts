// Users, roles and policies of the store's account, as a value: who there is, what keys they have, what is attached to them (RAM: "Users",
// "RAM roles", "Custom policies"). Every change gives a new book or says in a sentence why it cannot be made. Nothing here is on a disk.

import { AccessPolicyError, parseAccessPolicy } from '@postern/protocol';

export interface IdentityBook {
  readonly users: readonly User[];
  readonly roles: readonly Role[];
  readonly policies: readonly NamedPolicy[];
}

export interface User {
  /** What bucket policies call them: 18 digits, never given twice. */
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  /** Names of policies. */
  readonly policies: readonly string[];
  readonly accessKeys: readonly UserAccessKey[];
}

export interface UserAccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly status: 'enabled' | 'disabled';
  readonly createdAtMs: number;
}

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly policies: readonly string[];
  /** Ids of the users who may assume it; `*` for all. */
  readonly trustedUsers: readonly string[];
  readonly maxSessionSeconds: number;
}

export interface NamedPolicy {
  readonly name: string;
  readonly createdAtMs: number;
  /** As it was given, JSON. */
  readonly document: string;
}

export const emptyBook: IdentityBook = { users: [], roles: [], policies: [] };

/** RAM's own bounds where it has one; the others keep the file small enough to be read whole. */
export const identityLimits = {
  keysPerUser: 2,
  users: 1000,
  roles: 1000,
  policies: 1500,
  attached: 20,
} as const;

/** Bounds of a role's MaxSessionDuration (CreateRole reference). The default is the lowest. */
export const roleSessionSeconds = { min: 3600, max: 43_200 } as const;

/** Policies that every store has; they cannot be changed. */
export const SYSTEM_POLICIES: readonly NamedPolicy[] = [
  { name: 'AliyunOSSFullAccess', actions: ['oss:*'] },
  { name: 'AliyunOSSReadOnlyAccess', actions: ['oss:Get*', 'oss:List*'] },
].map(({ name, actions }) => ({
  name,
  createdAtMs: 0,
  document: JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  }),
}));

/** Why a change cannot be made; the message is for whoever asked for it. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

/** When something is made, and what it is called; drawn by the caller. */
export interface Made {
  readonly id: string;
  readonly nowMs: number;
}

// --- Users ---

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const nameRule = 'a name has 1 to 64 letters, digits, ".", "_" and "-", and begins with a letter or a digit';

/** @throws IdentityError */
export function addUser(book: IdentityBook, name: string, { id, nowMs }: Made): IdentityBook {
  checkName(name);
  if (book.users.some((user) => user.name === name))
    throw new IdentityError(`there is a user ${name} already`);
  checkRoom(book.users, identityLimits.users, 'users');
  const user: User = { id, name, createdAtMs: nowMs, policies: [], accessKeys: [] };
  return { ...book, users: [...book.users, user] };
}

/** @throws IdentityError */
export function getUser(book: IdentityBook, name: string): User {
  const user = book.users.find((candidate) => candidate.name === name);
  if (!user) throw new IdentityError(`there is no user ${name}`);
  return user;
}

/** With the user's keys; roles trust them no more. @throws IdentityError */
export function removeUser(book: IdentityBook, name: string): IdentityBook {
  const { id } = getUser(book, name);
  return {
    ...book,
    users: book.users.filter((user) => user.id !== id),
    roles: book.roles.map((role) => ({
      ...role,
      trustedUsers: role.trustedUsers.filter((trusted) => trusted !== id),
    })),
  };
}

function changeUser(book: IdentityBook, changed: User): IdentityBook {
  return { ...book, users: book.users.map((user) => (user.id === changed.id ? changed : user)) };
}

// --- Access keys ---

/** @throws IdentityError */
export function addAccessKey(
  book: IdentityBook,
  userName: string,
  key: Omit<UserAccessKey, 'status'>,
): IdentityBook {
  const user = getUser(book, userName);
  if (user.accessKeys.length >= identityLimits.keysPerUser) {
    const keys = user.accessKeys.map(({ accessKeyId }) => accessKeyId).join(' and ');
    throw new IdentityError(`${userName} has two access keys already (${keys}): delete one first`);
  }
  if (findKey(book, key.accessKeyId))
    throw new IdentityError(`there is an access key ${key.accessKeyId} already`);
  return changeUser(book, { ...user, accessKeys: [...user.accessKeys, { ...key, status: 'enabled' }] });
}

/** @throws IdentityError */
export function setAccessKeyStatus(
  book: IdentityBook,
  accessKeyId: string,
  status: UserAccessKey['status'],
): IdentityBook {
  const { user } = getKey(book, accessKeyId);
  const accessKeys = user.accessKeys.map((key) =>
    key.accessKeyId === accessKeyId ? { ...key, status } : key,
  );
  return changeUser(book, { ...user, accessKeys });
}

/** @throws IdentityError */
export function removeAccessKey(book: IdentityBook, accessKeyId: string): IdentityBook {
  const { user } = getKey(book, accessKeyId);
  return changeUser(book, {
    ...user,
    accessKeys: user.accessKeys.filter((key) => key.accessKeyId !== accessKeyId),
  });
}

/** @throws IdentityError */
export function getKey(
  book: IdentityBook,
  accessKeyId: string,
): { readonly user: User; readonly key: UserAccessKey } {
  const found = findKey(book, accessKeyId);
  if (!found) throw new IdentityError(`no user has the access key ${accessKeyId}`);
  return found;
}

function findKey(book: IdentityBook, accessKeyId: string) {
  for (const user of book.users) {
    const key = user.accessKeys.find((candidate) => candidate.accessKeyId === accessKeyId);
    if (key) return { user, key };
  }
  return undefined;
}

// --- Roles ---

export interface RoleTerms {
  /** Names of users; `*` for all. */
  readonly trustedUsers: readonly string[];
  readonly maxSessionSeconds: number;
}

/** @throws IdentityError */
export function addRole(
  book: IdentityBook,
  name: string,
  terms: RoleTerms,
  { id, nowMs }: Made,
): IdentityBook {
  checkName(name);
  if (book.roles.some((role) => role.name === name))
    throw new IdentityError(`there is a role ${name} already`);
  checkRoom(book.roles, identityLimits.roles, 'roles');
  const role: Role = { id, name, createdAtMs: nowMs, policies: [], ...checkTerms(book, terms) };
  return { ...book, roles: [...book.roles, role] };
}

/** @throws IdentityError */
export function setRoleTerms(book: IdentityBook, name: string, terms: Partial<RoleTerms>): IdentityBook {
  const role = getRole(book, name);
  const { maxSessionSeconds } = { ...role, ...terms };
  const { trustedUsers } = terms;
  const checked = checkTerms(book, { maxSessionSeconds, trustedUsers: trustedUsers ?? [] });
  return changeRole(book, {
    ...role,
    ...checked,
    ...(trustedUsers ? {} : { trustedUsers: role.trustedUsers }),
  });
}

function checkTerms(book: IdentityBook, { trustedUsers, maxSessionSeconds }: RoleTerms): RoleTerms {
  const { min, max } = roleSessionSeconds;
  if (!Number.isInteger(maxSessionSeconds) || maxSessionSeconds < min || maxSessionSeconds > max)
    throw new IdentityError(`sessions of a role last at most ${min} to ${max} seconds`);
  const ids = trustedUsers.map((name) => (name === '*' ? '*' : getUser(book, name).id));
  return { maxSessionSeconds, trustedUsers: [...new Set(ids)] };
}

/** @throws IdentityError */
export function getRole(book: IdentityBook, name: string): Role {
  const role = book.roles.find((candidate) => candidate.name === name);
  if (!role) throw new IdentityError(`there is no role ${name}`);
  return role;
}

/** @throws IdentityError */
export function removeRole(book: IdentityBook, name: string): IdentityBook {
  const { id } = getRole(book, name);
  return { ...book, roles: book.roles.filter((role) => role.id !== id) };
}

function changeRole(book: IdentityBook, changed: Role): IdentityBook {
  return { ...book, roles: book.roles.map((role) => (role.id === changed.id ? changed : role)) };
}

// --- Policies ---

/** Replaces the document of one that is there only when asked to. @throws IdentityError */
export function putPolicy(
  book: IdentityBook,
  name: string,
  document: string,
  { nowMs, replace }: { readonly nowMs: number; readonly replace: boolean },
): IdentityBook {
  checkName(name);
  checkNoSystemPolicy(name);
  checkDocument(name, document);
  const exists = book.policies.some((policy) => policy.name === name);
  if (exists && !replace) throw new IdentityError(`there is a policy ${name} already`);
  if (!exists && replace) throw new IdentityError(`there is no policy ${name}`);
  if (!exists) checkRoom(book.policies, identityLimits.policies, 'policies');
  const policies = exists
    ? book.policies.map((policy) => (policy.name === name ? { ...policy, document } : policy))
    : [...book.policies, { name, document, createdAtMs: nowMs }];
  return { ...book, policies };
}

function checkDocument(name: string, document: string): void {
  try {
    parseAccessPolicy(document, 'identity');
  } catch (cause) {
    if (!(cause instanceof AccessPolicyError)) throw cause;
    throw new IdentityError(`the policy ${name} cannot be used: ${cause.message}`, { cause });
  }
}

/** One of the system's, or of the book. @throws IdentityError */
export function getPolicy(book: IdentityBook, name: string): NamedPolicy {
  const policy = [...SYSTEM_POLICIES, ...book.policies].find((candidate) => candidate.name === name);
  if (!policy) throw new IdentityError(`there is no policy ${name}`);
  return policy;
}

/** @throws IdentityError also while it is attached: what it allowed or denied must not end unnoticed */
export function removePolicy(book: IdentityBook, name: string): IdentityBook {
  checkNoSystemPolicy(name);
  getPolicy(book, name);
  const holders = holdersOf(book, name);
  if (holders.length > 0) throw new IdentityError(`the policy ${name} is attached to ${holders.join(', ')}`);
  return { ...book, policies: book.policies.filter((policy) => policy.name !== name) };
}

/** `user alice`, `role uploader`: those that a policy is attached to. */
export function holdersOf(book: IdentityBook, policyName: string): string[] {
  const isHolder = ({ policies }: User | Role) => policies.includes(policyName);
  return [
    ...book.users.filter(isHolder).map(({ name }) => `user ${name}`),
    ...book.roles.filter(isHolder).map(({ name }) => `role ${name}`),
  ];
}

/** Whom to attach a policy to, by name. */
export type PolicyHolder = { readonly user: string } | { readonly role: string };

/** @throws IdentityError */
export function attachPolicy(book: IdentityBook, policyName: string, holder: PolicyHolder): IdentityBook {
  getPolicy(book, policyName);
  return changeAttached(book, holder, (attached) => {
    if (attached.includes(policyName)) return attached;
    if (attached.length >= identityLimits.attached)
      throw new IdentityError(`no more than ${identityLimits.attached} policies can be attached to one`);
    return [...attached, policyName];
  });
}

/** @throws IdentityError */
export function detachPolicy(book: IdentityBook, policyName: string, holder: PolicyHolder): IdentityBook {
  return changeAttached(book, holder, (attached) => {
    if (!attached.includes(policyName))
      throw new IdentityError(`the policy ${policyName} is not attached there`);
    return attached.filter((name) => name !== policyName);
  });
}

function changeAttached(
  book: IdentityBook,
  holder: PolicyHolder,
  change: (attached: readonly string[]) => readonly string[],
): IdentityBook {
  if ('user' in holder) {
    const user = getUser(book, holder.user);
    return changeUser(book, { ...user, policies: change(user.policies) });
  }
  const role = getRole(book, holder.role);
  return changeRole(book, { ...role, policies: change(role.policies) });
}

function checkNoSystemPolicy(name: string): void {
  if (SYSTEM_POLICIES.some((policy) => policy.name === name))
    throw new IdentityError(`${name} is a policy that every store has, and cannot be changed`);
}

function checkName(name: string): void {
  if (!namePattern.test(name)) throw new IdentityError(`"${name}": ${nameRule}`);
}

function checkRoom(list: readonly unknown[], max: number, what: string): void {
  if (list.length >= max) throw new IdentityError(`there are ${max} ${what} already`);
}
