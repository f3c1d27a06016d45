// The fields that prove who made a form: key id, policy, signature and, for temporary keys, the token (PostObject reference, "Form
// fields"; OSS: "Include a V4 signature in a POST request"). V1 is the default, as it is OSS's own: it needs no region, and every
// storage that takes such forms takes it. V4 binds the form to a day and a region.

import {
  encodeBase64,
  encodeUtf8,
  type FieldCondition,
  formatBasicDate,
  postAgeMsMax,
  signPostV1,
  signPostV4,
  v4Algorithm,
  writeV4Scope,
} from '@postern/protocol';
import { equalsAll } from './conditions.ts';
import { nobleHashes } from './noble-hashes.ts';

/** One object, so that the token of a temporary key cannot be left behind. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of a temporary key. */
  readonly securityToken?: string | undefined;
}

export type SignatureVersion =
  | { readonly signatureVersion?: 'v1'; readonly region?: never }
  /** `region` e.g. `cn-hangzhou`. */
  | { readonly signatureVersion: 'v4'; readonly region: string };

/** The fields of one signature in the making: what the policy must say of them, and the rest once there is a policy. */
export interface PolicySigner {
  /** Conditions without which storage refuses the form. */
  readonly conditions: readonly FieldCondition[];
  /** Milliseconds since the epoch after which no policy helps; undefined for no such bound. */
  readonly expiresAtMsMax: number | undefined;
  /** The fields for a policy's JSON text. */
  sign(policyJson: string): Readonly<Record<string, string>>;
}

/**
 * @param nowMs the date of a V4 signature, milliseconds since the epoch
 * @throws TypeError when credentials or region cannot be right
 */
export function createSigner(
  credentials: Credentials,
  { signatureVersion = 'v1', region }: SignatureVersion,
  nowMs: number,
): PolicySigner {
  const { accessKeyId, accessKeySecret, securityToken } = checkCredentials(credentials);
  const token: Record<string, string> = securityToken ? { 'x-oss-security-token': securityToken } : {};
  if (signatureVersion === 'v1') {
    if (region !== undefined) throw new TypeError('a region is part of signatureVersion "v4" only');
    return {
      conditions: equalsAll(token),
      expiresAtMsMax: undefined,
      sign(policyJson) {
        const policy = encodeBase64(encodeUtf8(policyJson));
        const Signature = signPostV1(nobleHashes, accessKeySecret, policy);
        return { OSSAccessKeyId: accessKeyId, policy, Signature, ...token };
      },
    };
  }
  if (signatureVersion !== 'v4') {
    throw new TypeError(`signatureVersion must be "v1" or "v4", not "${signatureVersion}"`);
  }
  const date = formatBasicDate(nowMs);
  const scope = { date: date.slice(0, 8), region: checkRegion(region) };
  const control = {
    'x-oss-signature-version': v4Algorithm,
    'x-oss-credential': `${accessKeyId}/${writeV4Scope(scope)}`,
    'x-oss-date': date,
    ...token,
  };
  return {
    conditions: equalsAll(control),
    expiresAtMsMax: nowMs + postAgeMsMax,
    sign(policyJson) {
      const policy = encodeBase64(encodeUtf8(policyJson));
      const signature = signPostV4(nobleHashes, accessKeySecret, scope, policy);
      return { ...control, policy, 'x-oss-signature': signature };
    },
  };
}

function checkCredentials(credentials: Credentials): Credentials {
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  for (const [name, value] of Object.entries({ accessKeyId, accessKeySecret })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`credentials.${name} is missing`);
    if (value !== value.trim()) throw new TypeError(`credentials.${name} begins or ends with white space`);
  }
  if (accessKeyId.startsWith('STS.') && !securityToken) {
    throw new TypeError(
      'a key id that begins with "STS." is temporary: credentials.securityToken is missing',
    );
  }
  return credentials;
}

/** OSS names its endpoints `oss-cn-hangzhou`; the region in a signature is without `oss-`. */
function checkRegion(region: string | undefined): string {
  if (typeof region === 'string' && /^[\w-]+$/.test(region)) return region.replace(/^oss-/, '');
  throw new TypeError('signatureVersion "v4" needs a region, e.g. "cn-hangzhou"');
}
