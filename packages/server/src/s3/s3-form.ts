// Forms of S3 (AWS: "Browser-Based Uploads Using POST"): signed by `AWSAccessKeyId` or `x-amz-…` fields, held to S3's policy rules, their
// fields put into the words of OSS.

import {
  clipText,
  decodePolicy,
  formatQuery,
  OssError,
  type PostField,
  PostFields,
  type PostForm,
} from '@postern/protocol';
import {
  checkS3Policy,
  checkS3PostDate,
  expandS3Form,
  parseS3Policy,
  parseS3PostSignature,
  type S3PostSignature,
  toOssAcl,
  toOssHeader,
  verifyS3PostSignature,
} from '@postern/protocol/s3';
import { parseTagging } from '@postern/protocol/xml';
import { checkSigner } from '../access/credentials.ts';
import type { BucketCall } from '../call.ts';
import type { FormRules, Grant, NamedForm } from '../form/form-rules.ts';
import { checkS3Region } from './s3-region.ts';
import { s3ContentType } from './s3-request.ts';

export const s3FormRules: FormRules = {
  dialect: 's3',
  checkGrant,
  readForm,
  wordEtag: (etag) => etag.toLowerCase(),
};

function checkGrant(call: BucketCall, form: PostForm): Grant {
  const { request, services, bucket, trace } = call;
  const nowMs = request.receivedAtMs;
  const signature = parseS3PostSignature(form.fields);
  trace.accessKeyId = signature.accessKeyId;
  const caller = checkSigner(signature, { ...services, nowMs }, (secret) => {
    decodePolicy(signature.policy);
    if (!verifyS3PostSignature(services.hashes, secret, signature)) throw wrongSignature(signature);
  });
  const policy = parseS3Policy(signature.policy);
  if (signature.version === 'v4') checkS3Region(services.settings, signature.credential.region);
  checkS3PostDate(signature, nowMs);
  const sizes = checkS3Policy(policy, { bucket: bucket.name, form: expandS3Form(form), nowMs });
  return { caller, sizes, expiresAtMs: policy.expiresAtMs };
}

function wrongSignature({ accessKeyId, signature, policy }: S3PostSignature): OssError {
  return new OssError('SignatureDoesNotMatch', {
    AWSAccessKeyId: accessKeyId,
    SignatureProvided: clipText(signature),
    StringToSign: clipText(policy),
  });
}

/** Fields that mean the same in both. What is in no list says nothing to OSS, `callback` least of all. */
const SAME_FIELDS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'success_action_redirect',
  'success_action_status',
]);

function readForm(form: PostForm): NamedForm {
  const { fields } = expandS3Form(form);
  const translated = Array.from(fields).flatMap(translateField);
  // Both always, so that neither the file's own type nor a header stands in.
  const always: PostField[] = [
    { name: 'x-oss-content-type', value: fields.get('content-type') || s3ContentType },
    { name: 'x-oss-object-acl', value: findAcl(fields) ?? 'default' },
  ];
  return {
    key: fields.get('key') ?? '',
    fields: new PostFields([...translated, ...always]),
    file: { fileName: form.file.fileName, contentType: undefined },
  };
}

function translateField({ name, value }: PostField): PostField[] {
  const lowerName = name.toLowerCase();
  if (SAME_FIELDS.has(lowerName)) return [{ name: lowerName, value }];
  if (lowerName === 'tagging' && value !== '') return [{ name: 'x-oss-tagging', value: toOssTagging(value) }];
  if (!lowerName.startsWith('x-amz-') || value === '') return [];
  const header = toOssHeader(lowerName, value, 'x-oss-object-acl');
  return header === undefined ? [] : [{ name: header[0], value: header[1] }];
}

/** A document in S3, pairs like those of a query in OSS. @throws OssError MalformedXML */
function toOssTagging(document: string): string {
  return formatQuery(parseTagging(document).map(({ key, value }) => [key, value]));
}

function findAcl(fields: PostFields): string | undefined {
  const acl = fields.get('acl') || fields.get('x-amz-acl');
  return acl ? toOssAcl(acl) : undefined;
}
