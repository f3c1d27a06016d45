// Uploads one file by a signed form: checks it against the form's policy, posts it, reads the answer. What can be known beforehand
// fails before a byte is sent; what the browser hides ("Failed to fetch") is explained as far as it can be.

import { expandFileName } from '@postern/protocol';
import type { SignedForm } from '../signed-form.ts';
import { findContentType } from './content-type.ts';
import { explainRule, explainSilence, writeCause } from './explain.ts';
import { allowsValue, type FormRules, meetsRule, readRules, rulesOn } from './form-rules.ts';
import { readError, readUploaded, type Uploaded } from './read-answer.ts';
import { type Progress, sendForm } from './send-form.ts';
import { type Language, UploadError, type UploadErrorKind, writeSizes } from './upload-error.ts';

export interface UploadOptions {
  /** The object's name, in place of the form's `key`; `${filename}` in it is the file's own name. */
  readonly key?: string;
  /** For a Blob that has no name; a File brings its own. */
  readonly fileName?: string;
  /** The media type to store; by default the file's own, as the browser knows it. */
  readonly contentType?: string;
  /** More fields to send, e.g. `x-oss-meta-*` or the callback's `x:*`. They replace the form's fields of the same name. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly onProgress?: (progress: Progress) => void;
  /** False sends without a progress listener, and so without a CORS preflight. Default true. */
  readonly progress?: boolean;
  readonly signal?: AbortSignal;
  /** Of the messages: `zh…` is Chinese, anything else English. Default: the page's language, else the browser's. */
  readonly language?: string;
}

/**
 * @param source a signed form, or a function that fetches one; the function is asked again, once, when storage finds the form expired
 * @throws UploadError with a `kind`; the signal's reason (an `AbortError`) when it is aborted
 */
export async function uploadForm(
  source: SignedForm | (() => SignedForm | Promise<SignedForm>),
  file: Blob,
  options: UploadOptions = {},
): Promise<Uploaded> {
  if (typeof source !== 'function') return uploadOnce(source, file, options);
  try {
    return await uploadOnce(await source(), file, options);
  } catch (error) {
    if (!(error instanceof UploadError && error.kind === 'expired')) throw error;
    return uploadOnce(await source(), file, options);
  }
}

async function uploadOnce(form: SignedForm, file: Blob, options: UploadOptions): Promise<Uploaded> {
  const { onProgress, signal, progress = true } = options;
  signal?.throwIfAborted();
  const language = findLanguage(options.language);
  const url = new URL(form.url, globalThis.location?.href).href;
  const fileName = options.fileName ?? (file as File).name ?? 'file';
  const type = options.contentType ?? findContentType(file, fileName);

  const rules = readRules(form);
  const fields = chooseFields(form, rules, type, options);
  checkSize(file.size, rules, language);
  checkFields(fields, rules, language);

  // The file comes last: storage ignores every field after it. Its part carries the type, which outranks a Content-Type field.
  const body = new FormData();
  for (const [name, value] of fields.values()) body.append(name, value);
  body.append('file', type === file.type ? file : file.slice(0, file.size, type), fileName);

  let answer = await sendForm(url, body, progress ? onProgress : undefined, signal);
  let warning: string | undefined;
  if (!answer.status && answer.sent === 0 && !answer.blockedBy) {
    // Nothing left: perhaps only the preflight was refused, which a request without a progress listener does not need.
    answer = await sendForm(url, body, undefined, signal);
    warning = writeCause('preflight', language, url);
  }

  const { status } = answer;
  if (!status) throw explainSilence(answer, language, url);
  const key = getValue(fields, 'key') as string;
  if (status === 203 || status >= 300) throw readError(answer, language, key, file.size, rules);
  return readUploaded(answer, url, expandFileName(key, fileName), warning);
}

/** By name in lower case: names of fields are compared without regard to case. */
type Fields = Map<string, readonly [name: string, value: string]>;

function getValue(fields: Fields, lowerName: string): string | undefined {
  return fields.get(lowerName)?.[1];
}

/** The form's fields, as a request from a script needs them, and the caller's own. */
function chooseFields(
  form: SignedForm,
  rules: FormRules,
  type: string,
  { key, fields: extra }: UploadOptions,
): Fields {
  const fields: Fields = new Map();
  const set = (name: string, value: string) => fields.set(name.toLowerCase(), [name, value]);
  const setAll = (more: object = {}) => Object.entries(more).map(([name, value]) => set(name, value));

  setAll(form.fields);
  // A script cannot follow a redirect to another site: it would fail after the file was stored. Empty counts as absent.
  if (fields.has(redirectField) && allowsValue(rules, redirectField, '')) {
    if (rulesOn(rules, redirectField).length) set(redirectField, '');
    else fields.delete(redirectField);
  }
  // 201 is the one answer that says under which name the file was stored.
  if (allowsValue(rules, statusField, '201')) set(statusField, '201');
  // A condition on the type is met by a field of that name wherever the form has none yet.
  for (const name of typeFields) if (!fields.has(name) && rulesOn(rules, name).length) set(name, type);
  if (key !== undefined) set('key', key);
  setAll(extra);
  return fields;
}

const redirectField = 'success_action_redirect';
const statusField = 'success_action_status';
const typeFields = ['content-type', 'x-oss-content-type'];

function checkSize(bytes: number, { minBytes, maxBytes }: FormRules, language: Language): void {
  if (bytes > maxBytes) throw new UploadError('too-large', language, writeSizes(bytes, maxBytes));
  if (bytes < minBytes) throw new UploadError('too-small', language, writeSizes(bytes, minBytes));
}

/** A name or type that breaks a rule is the file's fault; a missing or wrong field is the form's. */
function checkFields(fields: Fields, rules: FormRules, language: Language): void {
  if (!getValue(fields, 'key')) throw new UploadError('form', language, {}, { explain: 'no field "key"' });
  for (const rule of rules.fields) {
    const { field } = rule;
    const got = getValue(fields, field);
    if (field === 'bucket' || meetsRule(rule, got)) continue;
    let kind: UploadErrorKind = 'form';
    if (field === 'key') kind = 'wrong-name';
    if (got !== undefined && typeFields.includes(field)) kind = 'wrong-type';
    throw new UploadError(kind, language, { got: got || '?' }, { explain: explainRule(rule, got) });
  }
}

function findLanguage(wanted = globalThis.document?.documentElement.lang || navigator.language): Language {
  return wanted.startsWith('zh') ? 'zh' : 'en';
}
