// PostObject, the operation that this server exists for: a form posted by a browser becomes an object (PostObject reference). The steps
// in their order; no byte of the file is kept before the signature, the policy and the permission have been found good, and nothing is
// visible before the form's closing boundary.

import {
  checkPolicy,
  checkPostDate,
  choosePostReply,
  clipText,
  expandFileName,
  fileBytesMax,
  formatRedirect,
  OssError,
  PostFields,
  type PostForm,
  type PostReply,
  type PostSignature,
  type PostSignatureV4,
  parseObjectName,
  parsePostSignature,
  postControlFields,
  trailingBytesMax,
} from '@postern/protocol';
import { isS3Form } from '@postern/protocol/s3';
import { writePostResponse } from '@postern/protocol/xml';
import { checkVersion } from '../access/authenticate.ts';
import { authorize } from '../access/authorize.ts';
import { authorizeProperties } from '../access/authorize-properties.ts';
import { checkSigner } from '../access/credentials.ts';
import { checkNotTooLarge, sizeCheck } from '../body/size-limit.ts';
import { timeCheck } from '../body/time-limit.ts';
import type { BucketCall, ObjectCall, Reply } from '../call.ts';
import { answerByCallback } from '../callback/callback-answer.ts';
import { callbackInForm } from '../callback/callback-order.ts';
import type { FormRules, Grant } from '../form/form-rules.ts';
import { FormUpload } from '../form/form-upload.ts';
import type { SignedPolicy } from '../form/signed-policies.ts';
import { objectUrl } from '../http/endpoint.ts';
import { writtenHeaders } from '../objects/object-headers.ts';
import {
  checkForbidOverwrite,
  checkObjectProperties,
  type PropertySource,
} from '../objects/object-properties.ts';
import { checkAgain, checkNotInTheWay, checkStored, type StoredObject } from '../objects/put-outcome.ts';
import { s3FormRules } from '../s3/s3-form.ts';
import type { ServerSettings } from '../server-settings.ts';

export async function postObject(call: BucketCall): Promise<Reply> {
  const { request, services, bucket, trace } = call;
  const upload = new FormUpload(request, trace);
  const given = await upload.readFields();
  const rules = isS3Form(given.fields) ? s3FormRules : ossFormRules;
  trace.dialect = rules.dialect;

  checkHasKey(given.fields);
  const { caller, sizes, expiresAtMs } = rules.checkGrant(call, given);
  const form = rules.readForm(given);
  const key = parseObjectName(form.key);
  const put: ObjectCall = { ...call, caller, key };
  trace.key = key;

  const properties = checkObjectProperties(propertiesInForm(call, form), bucket);
  const wish = checkForbidOverwrite(form.fields.get('x-oss-forbid-overwrite'));
  const answer = choosePostReply(form.fields, (host) => isRedirectAllowed(call, host));
  const callback = services.callbacks.plan(callbackInForm(form.fields));
  await authorize(put, 'oss:PutObject', { bucket, key, form: form.fields });
  await authorizeProperties(put, properties, form.fields);
  if (callback) await services.callbacks.checkSendable(callback);
  await checkNotInTheWay(put, wish);
  // What may follow the file is bounded, so of a body that is much too large this is certain before the file is read.
  checkNotTooLarge(upload.bytesLeftAtLeast - trailingBytesMax, sizes);
  await request.load.admitUpload(upload.bytesLeftAtLeast);

  const result = await services.store.put({
    ...properties,
    bucket: bucket.name,
    key,
    condition: () => checkAgain(put, wish),
    bytesExpected: upload.bytesLeftAtLeast,
    body: upload.file([sizeCheck(sizes), timeCheck(expiresAtMs, services.clock)]),
    checkDigests: () => upload.checkMd5(),
  });
  const stored = checkStored(result, bucket.name);
  return callback
    ? await answerByCallback(put, 'PostObject', callback, stored)
    : answerByForm(put, answer, stored, rules);
}

const ossFormRules: FormRules = {
  dialect: 'oss',
  checkGrant(call, form) {
    const signature = parsePostSignature(form.fields);
    return signature ? checkSignedForm(call, signature, form) : anonymousForm;
  },
  readForm: (form) => ({
    file: form.file,
    fields: withoutTags(form.fields),
    key: expandFileName(form.fields.get('key') ?? '', form.file.fileName),
  }),
  wordEtag: (etag) => etag,
};

/** Tags are no part of a form of OSS (PostObject reference); a field of that name is one like any other. */
function withoutTags(fields: PostFields): PostFields {
  if (!fields.has('x-oss-tagging')) return fields;
  return new PostFields(Array.from(fields).filter(({ name }) => name.toLowerCase() !== 'x-oss-tagging'));
}

const anonymousForm: Grant = {
  caller: { kind: 'anonymous' },
  sizes: { minBytes: 0, maxBytes: fileBytesMax },
  expiresAtMs: Number.POSITIVE_INFINITY,
};

/** A key that comes only after the file counts as missing. */
function checkHasKey(fields: PostFields): void {
  if (fields.has('key')) return;
  throw new OssError('InvalidArgument.missingField', {
    field: 'key',
    ArgumentName: 'key',
    ArgumentValue: '',
  });
}

/** @throws OssError everything that can be wrong with a key, a policy or a signature, and AccessDenied for what the policy forbids */
function checkSignedForm(call: BucketCall, signature: PostSignature, form: PostForm): Grant {
  const { request, services, bucket, trace } = call;
  const nowMs = request.receivedAtMs;
  trace.accessKeyId = signature.accessKeyId;
  checkVersion(services.settings, signature);
  let signed: SignedPolicy | undefined;
  const caller = checkSigner(signature, { ...services, nowMs }, (secret) => {
    signed = services.policies.verify(secret, signature);
    if (!signed) throw wrongSignature(signature);
  });
  const policy = (signed as SignedPolicy).read();
  if (signature.version === 'v4') checkScope(services.settings, signature, nowMs);
  const sizes = checkPolicy(policy, {
    bucket: bucket.name,
    form,
    nowMs,
    controlFields: postControlFields(signature),
  });
  return { caller, sizes, expiresAtMs: policy.expiresAtMs };
}

function wrongSignature({ accessKeyId, signature, policy }: PostSignature): OssError {
  return new OssError('SignatureDoesNotMatch', {
    OSSAccessKeyId: accessKeyId,
    SignatureProvided: clipText(signature),
    StringToSign: clipText(policy),
  });
}

function checkScope(
  { region, strictRegion }: ServerSettings,
  signature: PostSignatureV4,
  nowMs: number,
): void {
  checkPostDate(signature, nowMs);
  if (strictRegion && signature.credential.region !== region)
    throw new OssError('InvalidArgument.signRegion');
}

/**
 * The form's fields as properties of the object. The stored type is the first of `x-oss-content-type`, the type that the browser gave
 * the file, and the `Content-Type` field; an ACL may also be a header, which a field outranks.
 */
function propertiesInForm({ request }: BucketCall, { fields, file }: PostForm): PropertySource {
  const find = (name: string) => {
    if (name === 'content-type')
      return fields.get('x-oss-content-type') || file.contentType || fields.get(name);
    return fields.get(name) ?? (name === 'x-oss-object-acl' ? request.headers.get(name) : undefined);
  };
  return { find, entries: Array.from(fields, ({ name, value }) => [name, value] as const) };
}

function isRedirectAllowed({ services }: BucketCall, host: string): boolean {
  return services.settings.redirectHosts?.includes(host) ?? true;
}

function answerByForm(
  call: ObjectCall,
  answer: PostReply,
  { record, bucket }: StoredObject,
  rules: FormRules,
): Reply {
  const headers = writtenHeaders(bucket, record);
  if (answer.kind === 'empty') return { status: answer.status, headers };
  const stored = { bucket: record.bucket, key: record.key, etag: rules.wordEtag(record.etag) };
  if (answer.kind === 'redirect') {
    return { status: 303, headers: { ...headers, location: formatRedirect(answer.url, stored) } };
  }
  return {
    status: 201,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: writePostResponse({ ...stored, location: objectUrl(call, record.key) }),
  };
}
