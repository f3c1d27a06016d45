// A book of identities as requests ask it: by access key and by role, with every policy read once.

import { type AccessPolicy, parseAccessPolicy } from '@postern/protocol';
import {
  type IdentityBook,
  type NamedPolicy,
  type Role,
  SYSTEM_POLICIES,
  type User,
  type UserAccessKey,
} from './identity-book.ts';

export interface FoundUser {
  readonly user: User;
  readonly policies: readonly AccessPolicy[];
}

export interface FoundRole {
  readonly role: Role;
  readonly policies: readonly AccessPolicy[];
}

export class IdentityIndex {
  readonly #keys = new Map<string, FoundUser & { readonly key: UserAccessKey }>();
  readonly #rolesById = new Map<string, FoundRole>();
  readonly #rolesByName = new Map<string, FoundRole>();

  /** @throws AccessPolicyError for a policy that is none, Error for one that is attached and not there */
  constructor(book: IdentityBook) {
    const read = ({ name, document }: NamedPolicy) =>
      [name, parseAccessPolicy(document, 'identity')] as const;
    const byName = new Map([...SYSTEM_POLICIES, ...book.policies].map(read));
    const policiesOf = ({ policies }: User | Role) => policies.map((name) => getNamed(byName, name));
    for (const user of book.users) {
      const policies = policiesOf(user);
      for (const key of user.accessKeys) this.#keys.set(key.accessKeyId, { user, key, policies });
    }
    for (const role of book.roles) {
      const found = { role, policies: policiesOf(role) };
      this.#rolesById.set(role.id, found);
      this.#rolesByName.set(role.name, found);
    }
  }

  findAccessKey(accessKeyId: string): (FoundUser & { readonly key: UserAccessKey }) | undefined {
    return this.#keys.get(accessKeyId);
  }

  findRole(id: string): FoundRole | undefined {
    return this.#rolesById.get(id);
  }

  findRoleNamed(name: string): FoundRole | undefined {
    return this.#rolesByName.get(name);
  }
}

/** A policy that is lost might have denied: better no book than one with fewer rules. */
function getNamed(policies: ReadonlyMap<string, AccessPolicy>, name: string): AccessPolicy {
  const policy = policies.get(name);
  if (!policy) throw new Error(`the policy ${name} is attached and not there`);
  return policy;
}
