// The scope of an S3 signature of version 4 and the key that is bound to it (AWS: "Authenticating Requests: Using the Authorization
// Header", "Signature Calculation"). The chain is that of OSS's V4, made of other words.

import type { Hashes } from '../hashes.ts';
import { encodeHex } from '../hex.ts';
import { chainKey } from '../signature/signing-key-v4.ts';
import { parseBasicDate } from '../time.ts';

/** The first word of an Authorization header, `X-Amz-Algorithm`, and the first line of every string to sign. */
export const s3Algorithm = 'AWS4-HMAC-SHA256';

const service = 's3';
const terminator = 'aws4_request';
const keyPrefix = 'AWS4';

/** What a signing key is bound to. */
export interface S3Scope {
  /** `YYYYMMDD`, UTC. */
  readonly date: string;
  /** E.g. `us-east-1`; whatever the client was configured with. */
  readonly region: string;
}

export interface S3Credential extends S3Scope {
  readonly accessKeyId: string;
}

/** `YYYYMMDD/<region>/s3/aws4_request` */
export function writeS3Scope({ date, region }: S3Scope): string {
  return `${date}/${region}/${service}/${terminator}`;
}

/** `<key id>/YYYYMMDD/<region>/s3/aws4_request` */
export function writeS3Credential(credential: S3Credential): string {
  return `${credential.accessKeyId}/${writeS3Scope(credential)}`;
}

/** Reads {@link writeS3Credential}; undefined for anything else, other services and days that no calendar has included. */
export function parseS3Credential(text: string): S3Credential | undefined {
  const parts = text.split('/');
  if (parts.length !== 5) return undefined;
  const [accessKeyId, date, region, product, end] = parts as [string, string, string, string, string];
  if (accessKeyId === '' || product !== service || end !== terminator) return undefined;
  if (parseBasicDate(`${date}T000000Z`) === undefined) return undefined;
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(region)) return undefined;
  return { accessKeyId, date, region };
}

/** 32 bytes; whoever holds them can sign for that day and region only. */
export function s3SigningKey(hashes: Hashes, secret: string, { date, region }: S3Scope): Uint8Array {
  return chainKey(hashes, keyPrefix + secret, [date, region, service, terminator]);
}

/** Lower-case hex of HMAC-SHA256 over a text: a string to sign, or the policy field of a form exactly as it is sent. */
export function signS3V4(hashes: Hashes, signingKey: Uint8Array, text: string): string {
  return encodeHex(hashes.hmacSha256(signingKey, text));
}
