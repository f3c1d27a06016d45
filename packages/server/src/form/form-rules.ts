// What differs between a form of OSS and one of S3: who may post it, and what its fields are called. handlers/post-object.ts does the
// rest, the same for both.

import type { PostForm, SizeRange } from '@postern/protocol';
import type { BucketCall, Caller, DialectName } from '../call.ts';

/** Who posts, what size of file they may post, and until when. */
export interface Grant {
  readonly caller: Caller;
  readonly sizes: SizeRange;
  readonly expiresAtMs: number;
}

/** A form in the words of OSS, and the name of the object that it makes, `${filename}` expanded. */
export interface NamedForm extends PostForm {
  readonly key: string;
}

export interface FormRules {
  /** Of the answer. */
  readonly dialect: DialectName;
  /** @throws OssError everything that can be wrong with a key, a policy or a signature, and AccessDenied for what the policy forbids */
  checkGrant(call: BucketCall, form: PostForm): Grant;
  /** @param form one with a key, whose grant was checked @throws OssError for fields that cannot be heeded */
  readForm(form: PostForm): NamedForm;
  /** As the form's answer tells it. @param etag in upper case, without quotes */
  wordEtag(etag: string): string;
}
