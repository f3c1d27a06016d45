// Form uploads for tests: a right form by default, and every part of it can be made wrong.

import { randomBytes } from 'node:crypto';
import {
  encodeBase64,
  encodeUtf8,
  type FormFrame,
  signPostV1,
  signPostV4,
  v4Algorithm,
  v4Terminator,
  writeFormFrame,
} from '@postern/protocol';
import { type Answer, hashes, send } from './http.ts';
import type { Target } from './target.ts';

export type Fields = Record<string, string>;

/** Whose key signs. */
export interface Signer {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

export interface FormFile {
  readonly content?: string | Uint8Array;
  /** undefined: the part has none. */
  readonly fileName?: string | undefined;
  readonly contentType?: string | undefined;
}

export interface PolicyOptions {
  /** Default: the bucket. */
  readonly conditions?: readonly unknown[];
  /** Default: in an hour. */
  readonly expiration?: string;
  /** Used instead of the two above, whatever it is. */
  readonly policy?: unknown;
  readonly nowMs?: number;
}

/** The fields that a V1 signature adds. */
export function signV1(signer: Signer, bucket: string, options: PolicyOptions = {}): Fields {
  return signPolicyV1(signer, encodePolicy(options.policy ?? makePolicy(bucket, options)));
}

/** The same for a `policy` field that is written already, and need not be right. */
export function signPolicyV1({ accessKeyId, accessKeySecret }: Signer, policy: string): Fields {
  return { OSSAccessKeyId: accessKeyId, policy, Signature: signPostV1(hashes, accessKeySecret, policy) };
}

/** The fields that a V4 signature adds; its control fields are in the policy. */
export function signV4(signer: Signer, bucket: string, options: PolicyOptions = {}): Fields {
  const nowMs = options.nowMs ?? Date.now();
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = { date: date.slice(0, 8), region: 'cn-hangzhou' };
  const control = {
    'x-oss-signature-version': v4Algorithm,
    'x-oss-credential': `${signer.accessKeyId}/${scope.date}/${scope.region}/oss/${v4Terminator}`,
    'x-oss-date': date,
  };
  const conditions = [
    ...Object.entries(control).map(([name, value]) => ({ [name]: value })),
    ...(options.conditions ?? [{ bucket }]),
  ];
  const policy = encodePolicy(options.policy ?? makePolicy(bucket, { ...options, conditions }));
  return { ...control, policy, 'x-oss-signature': signPostV4(hashes, signer.accessKeySecret, scope, policy) };
}

function makePolicy(
  bucket: string,
  { conditions = [{ bucket }], expiration, nowMs = Date.now() }: PolicyOptions,
): unknown {
  return { expiration: expiration ?? new Date(nowMs + 3600_000).toISOString(), conditions };
}

/** A text is taken as the JSON itself. */
export function encodePolicy(policy: unknown): string {
  return encodeBase64(encodeUtf8(typeof policy === 'string' ? policy : JSON.stringify(policy)));
}

export interface FormBody {
  readonly body: Buffer;
  readonly contentType: string;
}

export function writeForm(fields: Fields, { content = 'hello', ...file }: FormFile = {}): FormBody {
  const { head, tail, contentType } = writeFrame(fields, file);
  return { body: Buffer.concat([head, Buffer.from(content), tail]), contentType };
}

/** The form without the file's bytes, which belong between head and tail. */
export function writeFrame(fields: Fields, file: Omit<FormFile, 'content'> = {}): FormFrame {
  return writeFormFrame(`b${randomBytes(12).toString('hex')}`, Object.entries(fields), {
    ...('fileName' in file ? {} : { fileName: 'file.txt' }),
    ...file,
  });
}

/** Posts the fields, in their order, and the file, to the bucket. */
export function postForm(
  target: Target,
  bucket: string,
  fields: Fields,
  file: FormFile = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { body, contentType } = writeForm(fields, file);
  return send(target, {
    method: 'POST',
    path: `/${bucket}/`,
    headers: { 'content-type': contentType, ...headers },
    body,
  });
}
