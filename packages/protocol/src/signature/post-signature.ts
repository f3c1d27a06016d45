// Who signed a form, and whether they did: the fields of V1 and V4 signatures (PostObject reference, "Form fields" and "Include a V4
// signature in a POST request"; error pages 0002-00000701 to 710). A form with any part of a signature must have all of it, even where
// nobody would have asked for one: a broken signature is never taken for an anonymous form.

import { type ErrorFacts, type ErrorName, OssError } from '../errors.ts';
import type { PostFields } from '../form/post-fields.ts';
import type { Hashes } from '../hashes.ts';
import { clipText } from '../policy/clip-text.ts';
import { parseBasicDate } from '../time.ts';
import { signPostV1 } from './post-v1.ts';
import { signPostV4 } from './post-v4.ts';
import { type V4Scope, v4Algorithm, v4Product, v4Terminator } from './signing-key-v4.ts';

/** How far a client's clock may run ahead of ours. */
export const postClockSkewMsMax = 15 * 60 * 1000;
/** How long after its `x-oss-date` a V4 form can be used. */
export const postAgeMsMax = 7 * 24 * 60 * 60 * 1000;

/** What both versions have. Nothing of it is proved yet. */
interface SignedPost {
  readonly accessKeyId: string;
  /** The `policy` field as sent, never empty: this text is what was signed. */
  readonly policy: string;
  /** As sent, never empty. */
  readonly signature: string;
  /** Present when the key is a temporary one; never empty. */
  readonly securityToken?: string;
}

export interface PostSignatureV1 extends SignedPost {
  readonly version: 'v1';
}

export interface PostSignatureV4 extends SignedPost {
  readonly version: 'v4';
  readonly credential: V4Scope;
  /** `x-oss-date` as sent. */
  readonly date: string;
  /** The same in milliseconds since the epoch. */
  readonly signedAtMs: number;
}

export type PostSignature = PostSignatureV1 | PostSignatureV4;

const v1Fields = ['OSSAccessKeyId', 'Signature'];
const v4Fields = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date', 'x-oss-signature'];

/**
 * The signature that a form carries; undefined when it carries none at all and is anonymous.
 * @throws OssError InvalidArgument when a part of it is missing or malformed, InvalidPolicyDocument.empty
 */
export function parsePostSignature(fields: PostFields): PostSignature | undefined {
  const hasV1 = v1Fields.some((name) => fields.has(name));
  const hasV4 = v4Fields.some((name) => fields.has(name));
  if (!hasV1 && !hasV4 && !fields.has('policy')) return undefined;
  const version = fields.get('x-oss-signature-version');
  if (version !== undefined && version !== v4Algorithm) {
    throw new OssError('InvalidArgument.signatureVersion', argument('x-oss-signature-version', version));
  }
  if (hasV1 && hasV4) throw new OssError('InvalidArgument.mixedSignatures');
  return hasV4 ? parseV4(fields) : parseV1(fields);
}

function parseV1(fields: PostFields): PostSignatureV1 {
  const policy = parsePolicyField(fields);
  const signature = parseSignatureField(fields, 'Signature');
  const accessKeyId = parseKeyField(fields, 'OSSAccessKeyId');
  return { version: 'v1', accessKeyId, policy, signature, ...findToken(fields) };
}

function parseV4(fields: PostFields): PostSignatureV4 {
  // Without its version the form would be taken for V1, and its author told of fields that he never meant to send.
  mustHave(fields, 'x-oss-signature-version', 'InvalidArgument.missingField');
  const policy = parsePolicyField(fields);
  const signature = parseSignatureField(fields, 'x-oss-signature');
  const { accessKeyId, credential } = parseCredential(parseKeyField(fields, 'x-oss-credential'));
  const date = mustHave(fields, 'x-oss-date', 'InvalidArgument.missingField');
  const signedAtMs = parseBasicDate(date);
  if (signedAtMs === undefined) {
    throw new OssError('InvalidArgument.signatureDate', argument('x-oss-date', date));
  }
  const token = findToken(fields);
  return { version: 'v4', accessKeyId, credential, date, signedAtMs, policy, signature, ...token };
}

/** `<key id>/<YYYYMMDD>/<region>/oss/aliyun_v4_request` */
function parseCredential(text: string): { accessKeyId: string; credential: V4Scope } {
  const malformed = (row: ErrorName) => new OssError(row, argument('x-oss-credential', text));
  const parts = text.split('/');
  if (parts.length !== 5) throw malformed('InvalidArgument.credential');
  const [accessKeyId, date, region, product, terminator] = parts as [string, string, string, string, string];
  if (terminator !== v4Terminator) throw malformed('InvalidArgument.credentialSuffix');
  if (parseBasicDate(`${date}T000000Z`) === undefined) throw malformed('InvalidArgument.credentialDate');
  if (region === '' || product !== v4Product) throw malformed('InvalidArgument.credential');
  if (accessKeyId === '') throw malformed('InvalidArgument.emptyAccessKeyId');
  return { accessKeyId, credential: { date, region } };
}

function parsePolicyField(fields: PostFields): string {
  const policy = mustHave(fields, 'policy', 'InvalidArgument.missingPolicy');
  if (policy === '') throw new OssError('InvalidPolicyDocument.empty');
  return policy;
}

function parseSignatureField(fields: PostFields, name: string): string {
  const signature = mustHave(fields, name, 'InvalidArgument.missingSignature');
  if (signature === '') throw new OssError('InvalidArgument.emptySignature', argument(name, ''));
  return signature;
}

function parseKeyField(fields: PostFields, name: string): string {
  const value = mustHave(fields, name, 'InvalidArgument.missingAccessKeyId');
  if (value === '') throw new OssError('InvalidArgument.emptyAccessKeyId', argument(name, ''));
  return value;
}

function mustHave(fields: PostFields, field: string, row: ErrorName): string {
  const value = fields.get(field);
  if (value === undefined) throw new OssError(row, { field, ...argument(field, '') });
  return value;
}

/** An empty token counts as none: some SDKs send the field with every key. */
function findToken(fields: PostFields): { securityToken?: string } {
  const securityToken = fields.get('x-oss-security-token');
  return securityToken ? { securityToken } : {};
}

function argument(name: string, value: string): ErrorFacts {
  return { ArgumentName: name, ArgumentValue: clipText(value) };
}

/** The fields that the policy must name (V4 only; see `checkPolicy`). */
export function postControlFields(signature: PostSignature): readonly string[] {
  if (signature.version === 'v1') return [];
  const names = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date'];
  return signature.securityToken === undefined ? names : [...names, 'x-oss-security-token'];
}

/** Whether the form was signed with `secret`. Takes as long for a wrong signature as for a right one. */
export function verifyPostSignature(hashes: Hashes, secret: string, post: PostSignature): boolean {
  const expected = expectedSignature(hashes, secret, post);
  return isSameSignature(hashes, expected, post.signature);
}

/** One of another length costs the same comparison: no time tells anything of it. */
export function isSameSignature(hashes: Hashes, expected: string, given: string): boolean {
  const isAsLong = given.length === expected.length;
  return hashes.equal(isAsLong ? given : expected, expected) && isAsLong;
}

function expectedSignature(hashes: Hashes, secret: string, post: PostSignature): string {
  return post.version === 'v1'
    ? signPostV1(hashes, secret, post.policy)
    : signPostV4(hashes, secret, post.credential, post.policy);
}

/**
 * Whether a V4 form may be used at `nowMs`: its date is the credential's day, at most 15 minutes ahead and 7 days behind.
 * @throws OssError InvalidArgument.credentialDate
 */
export function checkPostDate(post: PostSignatureV4, nowMs: number): void {
  const isSameDay = post.date.slice(0, 8) === post.credential.date;
  const isTooEarly = post.signedAtMs - nowMs > postClockSkewMsMax;
  const isTooLate = nowMs - post.signedAtMs > postAgeMsMax;
  if (isSameDay && !isTooEarly && !isTooLate) return;
  throw new OssError('InvalidArgument.credentialDate', argument('x-oss-date', post.date));
}
