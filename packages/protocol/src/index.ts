export * from './access/access-policy.ts';
export * from './access/actions.ts';
export * from './access/condition-keys.ts';
export * from './access/evaluate-access.ts';
export * from './access/ip-range.ts';
export * from './access/wildcard.ts';
export * from './address.ts';
export * from './base64.ts';
export * from './bucket-name.ts';
export * from './errors.ts';
export * from './form/form-content-type.ts';
export * from './form/multipart-reader.ts';
export * from './form/part-header.ts';
export * from './form/post-fields.ts';
export * from './form/post-form.ts';
export * from './form/post-reply.ts';
export * from './form/write-form.ts';
export * from './hashes.ts';
export * from './hex.ts';
export * from './object-name.ts';
export * from './object-tags.ts';
export * from './percent.ts';
export * from './policy/check-policy.ts';
export * from './policy/clip-text.ts';
export * from './policy/explain-post.ts';
export * from './policy/lint-policy.ts';
export * from './policy/near-misses.ts';
export * from './policy/policy.ts';
export * from './policy/slips.ts';
export * from './policy/strict-json.ts';
export * from './policy/summarize-explanation.ts';
export {
  canonicalRequestV4,
  stringToSignV4,
  type V4SigningFacts,
  type V4SigningOptions,
} from './signature/canonical-request-v4.ts';
export * from './signature/header-v1.ts';
export * from './signature/header-v2.ts';
export * from './signature/header-v4.ts';
export * from './signature/post-signature.ts';
export * from './signature/post-v1.ts';
export * from './signature/post-v4.ts';
export * from './signature/query-v1.ts';
export * from './signature/query-v2.ts';
export * from './signature/query-v4.ts';
export * from './signature/request-signature.ts';
export type { SignableRequest, SigningKey } from './signature/signable-request.ts';
export * from './signature/signing-key-v4.ts';
export { stringToSignV1 } from './signature/string-to-sign-v1.ts';
export * from './sts/sts-errors.ts';
export * from './sts/sts-request.ts';
export * from './time.ts';
export * from './utf8.ts';
