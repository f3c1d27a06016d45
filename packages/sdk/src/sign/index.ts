// `@postern/sdk/sign`: makes policies and signed forms, on a server or an edge runtime. Everything here needs the secret or leads to it
// and stays out of pages; what a page needs is `@postern/sdk`.

export {
  type Condition,
  type ConditionOutcome,
  type FieldCondition,
  type Policy,
  parsePolicy,
  parsePolicyJson,
  type SizeCondition,
  writePolicy,
} from '@postern/protocol';
export { parseSize, writeSize } from '../byte-size.ts';
export type { SignedForm, UploadLimits } from '../signed-form.ts';

export { writeBucketUrl } from './bucket-url.ts';
export { type CallbackOptions, callbackFields } from './callback-fields.ts';
export { equals, noneOf, oneOf, sizeBetween, startsWith } from './conditions.ts';
export { type AliyunForm, type AliyunFormOptions, createAliyunForm } from './create-aliyun-form.ts';
export { createPolicy, type Expiry, type KeyRule, type PolicyOptions } from './create-policy.ts';
export { createPostForm, type PostFormOptions, readFormPolicy, type Target } from './create-post-form.ts';
export { csp } from './csp.ts';
export { type Duration, parseDuration } from './duration.ts';
export { type HtmlPageOptions, htmlPage, pageLifetimeMsMax } from './html-page.ts';
export { nobleHashes } from './noble-hashes.ts';
export type { Credentials, SignatureVersion } from './sign-policy.ts';
