// A small notation for signed forms in tests: `form('key=a.txt', 'x:a=1')`, policies as conditions in JSON, the keys of the vectors.

import { createHmac, hash } from 'node:crypto';
import { encodeBase64 } from '../src/base64.ts';
import { type FilePart, PostFields, type PostForm } from '../src/form/post-fields.ts';
import type { Hashes } from '../src/hashes.ts';
import { signPostV1 } from '../src/signature/post-v1.ts';
import { signPostV4 } from '../src/signature/post-v4.ts';
import { encodeUtf8 } from '../src/utf8.ts';

export const nodeHashes: Hashes = {
  hmacSha1: (key, data) => createHmac('sha1', key).update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  sha256: (data) => hash('sha256', data, 'buffer'),
  equal: (a, b) => hash('sha256', a) === hash('sha256', b),
};

/** The key of the worked examples. */
export const keyId = 'LTAIEXAMPLEKEYID';
export const secret = 'ExampleAccessKeySecret0123456789';
export const scope = { date: '20300101', region: 'cn-hangzhou' };
export const credential = `${keyId}/20300101/cn-hangzhou/oss/aliyun_v4_request`;
/** An hour before the policies of {@link policyJson} end. */
export const nowMs = Date.UTC(2030, 0, 1, 11);

export const base64 = (text: string) => encodeBase64(encodeUtf8(text));

export const policyJson = (...conditions: string[]) =>
  `{"expiration":"2030-01-01T12:00:00.000Z","conditions":[${conditions.join(',')}]}`;

export const v4Conditions = [
  '{"x-oss-signature-version":"OSS4-HMAC-SHA256"}',
  `{"x-oss-credential":"${credential}"}`,
  '{"x-oss-date":"20300101T110000Z"}',
];

/** `name=value`; the first `=` separates. */
export function fields(...pairs: string[]): PostFields {
  return new PostFields(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return { name: pair.slice(0, at), value: pair.slice(at + 1) };
    }),
  );
}

export function form(pairs: readonly string[], file: Partial<FilePart> = {}): PostForm {
  return { fields: fields(...pairs), file: { fileName: undefined, contentType: undefined, ...file } };
}

/** The fields of a form rightly signed with V1. */
export function signedV1(json: string, policy = base64(json)): string[] {
  return [
    `OSSAccessKeyId=${keyId}`,
    `policy=${policy}`,
    `Signature=${signPostV1(nodeHashes, secret, policy)}`,
  ];
}

/** The fields of a form rightly signed with V4. */
export function signedV4(json: string, policy = base64(json)): string[] {
  return [
    'x-oss-signature-version=OSS4-HMAC-SHA256',
    `x-oss-credential=${credential}`,
    'x-oss-date=20300101T110000Z',
    `policy=${policy}`,
    `x-oss-signature=${signPostV4(nodeHashes, secret, scope, policy)}`,
  ];
}
