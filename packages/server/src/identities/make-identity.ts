// What is drawn at random for identities: ids and access keys.

import { randomBytes, randomInt } from 'node:crypto';

/** 18 digits, as RAM's: those of users begin with 2, those of roles with 3. */
export function makeIdentityId(kind: 'user' | 'role'): string {
  const digits = Array.from({ length: 17 }, () => randomInt(10)).join('');
  return `${kind === 'user' ? 2 : 3}${digits}`;
}

/** 72 bits of name, 160 bits of secret. */
export function makeUserAccessKey(): { readonly accessKeyId: string; readonly accessKeySecret: string } {
  return {
    accessKeyId: `PK${randomBytes(9).toString('hex').toUpperCase()}`,
    accessKeySecret: randomBytes(20).toString('hex'),
  };
}
