// AssumeRole for tests: a right request by default, every parameter of which can be changed.

import { randomUUID } from 'node:crypto';
import { formatQuery, signSts, stsStringToSign } from '@postern/protocol';
import { type Answer, hashes, send } from './http.ts';
import type { Signer } from './post-form.ts';
import type { Target } from './target.ts';

/** Default: POST of a form to `/-/sts`, asking for JSON, by the signer for this role. */
export interface StsAsking {
  readonly method?: 'GET' | 'POST';
  readonly path?: string;
  /** undefined leaves a parameter out. Signed with the others. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** Put over the signed parameters. */
  readonly changed?: Readonly<Record<string, string>>;
  readonly headers?: Record<string, string>;
}

export async function assumeRole(
  target: Target,
  signer: Signer,
  role: string,
  { method = 'POST', path = '/-/sts', parameters = {}, changed = {}, headers = {} }: StsAsking = {},
): Promise<Answer> {
  const all: Record<string, string | undefined> = {
    Action: 'AssumeRole',
    Version: '2015-04-01',
    Format: 'JSON',
    AccessKeyId: signer.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: new Date().toISOString(),
    RoleArn: `acs:ram::postern:role/${role}`,
    RoleSessionName: 'test-session',
    ...parameters,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const signature = signSts(hashes, signer.accessKeySecret, stsStringToSign(method, given));
  const text = formatQuery(
    Object.entries({ ...Object.fromEntries(given), Signature: signature, ...changed }),
  );
  if (method === 'GET') return send(target, { method, path: `${path}?${text}`, headers });
  const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
  return send(target, { method, path, headers: form, body: text });
}

export interface SessionKey extends Signer {
  readonly securityToken: string;
  readonly expiration: string;
}

/** The temporary key of an answer in JSON. */
export function readSessionKey({ status, text }: Answer): SessionKey {
  if (status !== 200) throw new Error(text);
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = JSON.parse(text).Credentials;
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: AccessKeySecret,
    securityToken: SecurityToken,
    expiration: Expiration,
  };
}
