// Accounts as owners: of whom a bucket is, and what a document says of them.

import { OssError } from '@postern/protocol';
import type { Owner } from '@postern/protocol/xml';
import type { Caller } from '../call.ts';

/** The owner element of lists and ACLs. There is no display name beside the account's own. */
export function ownerElement(account: string): Owner {
  return { id: account, displayName: account };
}

/** @throws OssError AccessDenied.anonymous */
export function checkAccount(caller: Caller): string {
  if (caller.kind === 'anonymous') throw new OssError('AccessDenied.anonymous');
  return caller.account;
}
