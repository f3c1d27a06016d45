// `@postern/sdk`: uploads a file from the browser straight to storage, by a form that a server has signed. No signing code and no
// secret here: the forms come from `@postern/sdk/sign`.

export { writeSize } from '../byte-size.ts';
export type { SignedForm, UploadLimits } from '../signed-form.ts';
export type { Uploaded } from './read-answer.ts';
export type { Progress } from './send-form.ts';
export { UploadError, type UploadErrorKind } from './upload-error.ts';
export { type UploadOptions, uploadForm } from './upload-form.ts';
