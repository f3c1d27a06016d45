// The answer of the signing servers in Alibaba Cloud's samples, for the pages written against it: the plupload sample, Ant Design's
// Upload. Those pages choose name and status themselves and send no field besides their own, so that the policy can demand no more.

import { createPostForm, type PostFormOptions } from './create-post-form.ts';

/** As the samples spell it. */
export interface AliyunForm {
  readonly accessid: string;
  /** The same again: Ant Design's sample spells it so. */
  readonly accessId: string;
  /** The bucket's address, without a `/` at its end. */
  readonly host: string;
  readonly policy: string;
  readonly signature: string;
  /** Seconds since the epoch. */
  readonly expire: number;
  /** What every object name must begin with. */
  readonly dir: string;
  /** Base64, empty for none. */
  readonly callback: string;
}

export type AliyunFormOptions = Extract<PostFormOptions, { keyPrefix: string; signatureVersion?: 'v1' }>;

/** What the pages would have to send and do not. */
const UNSENDABLE = [
  'successActionStatus',
  'successActionRedirect',
  'contentType',
  'overwrite',
  'fields',
] as const satisfies readonly (keyof AliyunFormOptions)[];

/**
 * Signed with V1 and for a `keyPrefix`, as the samples are. An upload may replace an object of the same name, since the pages cannot ask
 * for anything else: give every visitor a prefix of their own.
 * @throws TypeError as `createPostForm`, and for options that these pages have no field for
 */
export function createAliyunForm(options: AliyunFormOptions): AliyunForm {
  const unsendable = UNSENDABLE.find((name) => options[name] !== undefined);
  if (unsendable)
    throw new TypeError(`${unsendable}: pages for this kind of form send no such field; use createPostForm`);
  if (options.credentials.securityToken || options.callback?.variables) {
    throw new TypeError(
      'pages for this kind of form send neither a security token nor callback variables; use createPostForm',
    );
  }
  if (options.keyPrefix === undefined || (options.signatureVersion ?? 'v1') !== 'v1') {
    throw new TypeError('this kind of form needs a keyPrefix and has a "v1" signature; use createPostForm');
  }
  const {
    url,
    fields,
    expiresAtMs = 0,
  } = createPostForm({ ...options, successActionStatus: 'any', overwrite: true });
  const { OSSAccessKeyId: accessid = '', policy = '', Signature: signature = '', callback = '' } = fields;
  return {
    accessid,
    accessId: accessid,
    host: url.replace(/\/$/, ''),
    policy,
    signature,
    expire: Math.floor(expiresAtMs / 1000),
    dir: options.keyPrefix,
    callback,
  };
}
