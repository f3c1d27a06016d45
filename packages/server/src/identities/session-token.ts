// The security token of a session: everything there is to know of it, sealed (AES-256-GCM), so that nothing is kept of the sessions that were
// given out, and a restart ends none (decision 0010). Whoever holds one can neither read nor change it.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface SessionGrant {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly roleId: string;
  readonly sessionName: string;
  readonly expiresAtMs: number;
  /** The session's own policy as JSON, which narrows what the role may do. */
  readonly policy: string | undefined;
}

/** Characters; a token with the longest policy has fewer, and no longer one is looked into. */
export const sessionTokenCharsMax = 8 * 1024;

const prefix = 'PST1';
const nonceBytes = 12;
const tagBytes = 16;
const context = Buffer.from('postern session 1');

/** URL-safe characters alone: it stands in headers, in queries and in forms. */
export function sealSession(key: Uint8Array, grant: SessionGrant): string {
  const { accessKeyId, accessKeySecret, roleId, sessionName, expiresAtMs, policy = null } = grant;
  const text = JSON.stringify([accessKeyId, accessKeySecret, roleId, sessionName, expiresAtMs, policy]);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context);
  const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return prefix + bytes.toString('base64url');
}

/** Undefined for what was not sealed under this key. */
export function openSession(key: Uint8Array, token: string): SessionGrant | undefined {
  if (!token.startsWith(prefix) || token.length > sessionTokenCharsMax) return undefined;
  const encoded = token.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64url');
  // One spelling: Node's decoder passes over what is no base64.
  if (bytes.toString('base64url') !== encoded || bytes.length < nonceBytes + tagBytes) return undefined;
  const text = decrypt(key, bytes);
  if (text === undefined) return undefined;
  const [accessKeyId, accessKeySecret, roleId, sessionName, expiresAtMs, policy] = JSON.parse(text);
  return { accessKeyId, accessKeySecret, roleId, sessionName, expiresAtMs, policy: policy ?? undefined };
}

function decrypt(key: Uint8Array, bytes: Buffer): string | undefined {
  const nonce = bytes.subarray(0, nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(context).setAuthTag(bytes.subarray(-tagBytes));
  try {
    return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    // Node says no more than that it does not fit.
    return undefined;
  }
}
