// Makes a signed form on a server: the address, every field in order, and a policy that names each of them, so that whoever holds the
// form can do exactly what was meant and nothing else (PostObject reference). The secret stays here.

import { allowedSizes, decodePolicy, type Policy, parsePolicyJson, writePolicy } from '@postern/protocol';
import type { SignedForm, UploadLimits } from '../signed-form.ts';
import { checkPostUrl, parseUrl, writeBucketUrl } from './bucket-url.ts';
import { type CallbackOptions, callbackFields } from './callback-fields.ts';
import { equalsAll, oneOf } from './conditions.ts';
import { createPolicy, type PolicyOptions } from './create-policy.ts';
import { fileNamePlaceholder, splitKey } from './key-rule.ts';
import { type Credentials, createSigner, type SignatureVersion } from './sign-policy.ts';

/** Where the form is posted. */
export type Target =
  /** The service, e.g. `oss-cn-hangzhou.aliyuncs.com` or `127.0.0.1:9780`; the bucket is put in its place. */
  | { readonly endpoint: string; readonly url?: never }
  /** The bucket's own address, e.g. a domain bound to it. */
  | { readonly url: string; readonly endpoint?: never };

interface FormOptions {
  readonly credentials: Credentials;
  /** What storage answers with; `any` leaves it to the page. Default 201: the one answer that tells a script what was stored. */
  readonly successActionStatus?: 200 | 201 | 204 | 'any';
  /** Where a browser goes after a plain form; wins over the status. A script may send it empty, which counts as absent. */
  readonly successActionRedirect?: string;
  /** The media type to store, whatever the browser says of the file. */
  readonly contentType?: string;
  /** Whom storage tells of the upload. */
  readonly callback?: CallbackOptions;
  /** True lets an upload replace an object of the same name. Default false. No effect in buckets with versioning. */
  readonly overwrite?: boolean;
  /** Further fields with fixed values: `x-oss-object-acl`, `x-oss-meta-*`, `Cache-Control`, `Content-Disposition` … */
  readonly fields?: Readonly<Record<string, string>>;
}

export type PostFormOptions = PolicyOptions & Target & SignatureVersion & FormOptions;

/** What is particular to the signature and the file, and not for `fields`. */
const ownFields =
  /^(key|file|policy|signature|ossaccesskeyid|x-oss-(signature.*|credential|date|security-token|forbid-overwrite)|callback|success_action_.*)$/i;

/**
 * A form for a page, or for `uploadForm` in one; plain JSON.
 * @throws TypeError that says which option is wrong; in a browser window, where there must be no secret
 */
export function createPostForm(options: PostFormOptions): SignedForm {
  refuseBrowserWindow();
  const { nowMs = Date.now() } = options;
  const signer = createSigner(options.credentials, options, nowMs);
  const url =
    options.url === undefined ? writeBucketUrl(options.endpoint, options.bucket) : checkPostUrl(options.url);
  const redirect = redirectField(options.successActionRedirect);
  const fixed = fixedFields(options);

  const policy = createPolicy({
    ...options,
    nowMs,
    conditions: [
      ...signer.conditions,
      ...redirect.conditions,
      ...equalsAll(fixed),
      ...(options.conditions ?? []),
    ],
  });
  const { expiresAtMsMax = Number.POSITIVE_INFINITY } = signer;
  if (policy.expiresAtMs > expiresAtMsMax) {
    throw new TypeError('a form signed with "v4" can be used for 7 days at most; expire it earlier');
  }
  const key = options.key ?? options.keyPrefix + fileNamePlaceholder;
  const fields = { ...signer.sign(writePolicy(policy)), key, ...redirect.fields, ...fixed };
  refuseSecret(fields, options.credentials.accessKeySecret);
  return {
    url,
    fields,
    expires: policy.expiration,
    expiresAtMs: policy.expiresAtMs,
    limits: describeLimits(policy, key, options),
  };
}

/**
 * The policy in a form, as storage will read it; undefined for an anonymous form.
 * @throws OssError InvalidPolicyDocument when the form was not made here
 */
export function readFormPolicy(form: SignedForm): { json: string; policy: Policy } | undefined {
  const { policy } = form.fields;
  if (policy === undefined) return undefined;
  const json = decodePolicy(policy);
  return { json, policy: parsePolicyJson(json) };
}

/**
 * A page that sends the form by script cannot follow a redirect to another site, so that it has to leave the field empty; a page
 * without scripts sends it as it is. One form serves both.
 */
function redirectField(
  redirect: string | undefined,
): Pick<SignedForm, 'fields'> & { conditions: ReturnType<typeof equalsAll> } {
  if (redirect === undefined) return { fields: {}, conditions: [] };
  const url = parseUrl(redirect);
  if (redirect !== '' && !(url && /^https?:$/.test(url.protocol))) {
    throw new TypeError(`successActionRedirect must be a full http or https address, not "${redirect}"`);
  }
  const name = 'success_action_redirect';
  return {
    fields: { [name]: redirect },
    conditions: redirect === '' ? equalsAll({ [name]: '' }) : [oneOf(name, ['', redirect])],
  };
}

function fixedFields(options: PostFormOptions): Readonly<Record<string, string>> {
  const { successActionStatus = 201, contentType, callback, overwrite = false, fields = {} } = options;
  if (!['200', '201', '204', 'any'].includes(String(successActionStatus))) {
    throw new TypeError(`successActionStatus must be 200, 201, 204 or "any", not ${successActionStatus}`);
  }
  for (const name of Object.keys(fields)) {
    if (ownFields.test(name))
      throw new TypeError(`"${name}" has an option of its own and cannot be one of fields`);
  }
  return {
    ...(successActionStatus !== 'any' && { success_action_status: String(successActionStatus) }),
    ...(!overwrite && { 'x-oss-forbid-overwrite': 'true' }),
    // Not Content-Type: the type that the browser puts on the file would outrank that one.
    ...(contentType !== undefined && { 'x-oss-content-type': contentType }),
    ...fields,
    ...(callback && callbackFields(callback)),
  };
}

function describeLimits(
  policy: Policy,
  key: string,
  { contentType, contentTypes }: PostFormOptions,
): UploadLimits {
  const types = contentTypes ?? (contentType === undefined ? undefined : [contentType]);
  const { minBytes, maxBytes } = allowedSizes(policy);
  return { minBytes, maxBytes, keyPrefix: splitKey(key).fixed, ...(types && { contentTypes: types }) };
}

/** A page has both; workers and servers have neither, or only the first as a leftover of some library. */
function refuseBrowserWindow(): void {
  if (!('window' in globalThis && 'document' in globalThis)) return;
  throw new TypeError(
    'Forms are signed on a server: here is a browser window, and whoever opens the page could read the secret. Send the signed form to the page instead.',
  );
}

/** Shorter ones may occur in a form by chance. */
const secretCharsMin = 8;

/**
 * The last look at what leaves the server.
 * @throws TypeError when the secret occurs in a field, or in the policy's own text
 */
function refuseSecret(fields: Readonly<Record<string, string>>, secret: string): void {
  if (secret.length < secretCharsMin) return;
  const texts = { ...fields, 'policy (decoded)': decodePolicy(fields.policy as string) };
  for (const [name, text] of Object.entries(texts)) {
    if (text.includes(secret)) throw new TypeError(`the secret occurs in the field "${name}" of the form`);
  }
}
