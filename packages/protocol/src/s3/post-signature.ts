// Who signed an S3 form, and whether they did (AWS: "Browser-Based Uploads Using POST"): version 4 fields (`x-amz-…`) or version 2 fields
// (`AWSAccessKeyId`, `signature`). The signature's fields decide the dialect of a form: one that names a signer the way of S3 is held to
// S3's rules alone, and one that does so both ways is refused (docs/decisions, "Two dialects").

import { type ErrorName, OssError } from '../errors.ts';
import type { PostFields } from '../form/post-fields.ts';
import type { Hashes } from '../hashes.ts';
import { clipText } from '../policy/clip-text.ts';
import { isSameSignature, postAgeMsMax, postClockSkewMsMax } from '../signature/post-signature.ts';
import { signPostV1 } from '../signature/post-v1.ts';
import { parseBasicDate } from '../time.ts';
import { parseS3Credential, type S3Credential, s3Algorithm, s3SigningKey, signS3V4 } from './scope.ts';

const v2Mark = 'AWSAccessKeyId';
const v4Marks = ['x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature'];
const ossMarks = ['OSSAccessKeyId'];

/** What both versions have. Nothing of it is proved yet. */
interface SignedS3Post {
  readonly accessKeyId: string;
  /** The `policy` field as sent, never empty: this text is what was signed. */
  readonly policy: string;
  /** As sent, never empty. */
  readonly signature: string;
  readonly securityToken?: string;
}

export type S3PostSignature =
  | (SignedS3Post & { readonly version: 'v2' })
  | (SignedS3Post & {
      readonly version: 'v4';
      readonly credential: S3Credential;
      readonly signedAtMs: number;
    });

/**
 * Whether a form is signed the way of S3, or wants to be. Anonymous forms and those of OSS are not.
 *
 * @throws OssError InvalidArgument.mixedDialects when it has fields of OSS too
 */
export function isS3Form(fields: PostFields): boolean {
  if (![v2Mark, ...v4Marks].some((name) => fields.has(name))) return false;
  const ossField = Array.from(fields).find(
    ({ name }) => /^x-oss-/i.test(name) || ossMarks.some((mark) => isSame(mark, name)),
  );
  if (ossField === undefined) return true;
  // An unknown `x-amz-` field of a form of OSS is only a field; what names a signer is not.
  throw new OssError('InvalidArgument.mixedDialects', {
    field: clipText(ossField.name),
    ArgumentName: ossField.name,
  });
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Of a form of which {@link isS3Form} holds.
 * @throws OssError InvalidArgument.s3MissingField, .s3EmptyField, .s3PostCredential, .s3PostDate, .s3PostAlgorithm, .mixedSignatures
 */
export function parseS3PostSignature(fields: PostFields): S3PostSignature {
  const hasV4 = v4Marks.some((name) => fields.has(name));
  if (hasV4 && fields.has(v2Mark)) throw new OssError('InvalidArgument.mixedSignatures');
  const policy = getField(fields, 'policy');
  const token = fields.get('x-amz-security-token');
  const securityToken = token ? { securityToken: token } : {};
  if (!hasV4) {
    const accessKeyId = getField(fields, v2Mark);
    return { version: 'v2', accessKeyId, policy, signature: getField(fields, 'signature'), ...securityToken };
  }
  const algorithm = getField(fields, 'x-amz-algorithm');
  if (algorithm !== s3Algorithm)
    throw refusal('InvalidArgument.s3PostAlgorithm', 'x-amz-algorithm', algorithm);
  const text = getField(fields, 'x-amz-credential');
  const credential = parseS3Credential(text);
  if (!credential) throw refusal('InvalidArgument.s3PostCredential', 'x-amz-credential', text);
  const date = getField(fields, 'x-amz-date');
  const signedAtMs = parseBasicDate(date);
  if (signedAtMs === undefined || !date.startsWith(credential.date)) {
    throw refusal('InvalidArgument.s3PostDate', 'x-amz-date', date);
  }
  const { accessKeyId } = credential;
  const signature = getField(fields, 'x-amz-signature');
  return { version: 'v4', accessKeyId, policy, signature, credential, signedAtMs, ...securityToken };
}

function getField(fields: PostFields, field: string): string {
  const value = fields.get(field);
  if (value === undefined) throw refusal('InvalidArgument.s3MissingField', field, '');
  if (value === '') throw refusal('InvalidArgument.s3EmptyField', field, '');
  return value;
}

function refusal(row: ErrorName, field: string, value: string): OssError {
  return new OssError(row, { field, ArgumentName: field, ArgumentValue: clipText(value) });
}

/** Whether the form was signed with `secret`. Takes as long for a wrong signature as for a right one. */
export function verifyS3PostSignature(hashes: Hashes, secret: string, post: S3PostSignature): boolean {
  const expected =
    post.version === 'v2'
      ? signPostV1(hashes, secret, post.policy)
      : signS3V4(hashes, s3SigningKey(hashes, secret, post.credential), post.policy);
  return isSameSignature(hashes, expected, post.signature);
}

/**
 * Whether a form may be used at `nowMs`, apart from its policy: a signing key of version 4 holds for seven days.
 * @throws OssError AccessDenied.requestExpired, RequestTimeTooSkewed (signed in our future)
 */
export function checkS3PostDate(post: S3PostSignature, nowMs: number): void {
  if (post.version === 'v2') return;
  if (post.signedAtMs - nowMs > postClockSkewMsMax) throw new OssError('RequestTimeTooSkewed');
  if (nowMs - post.signedAtMs > postAgeMsMax) throw new OssError('AccessDenied.requestExpired');
}
