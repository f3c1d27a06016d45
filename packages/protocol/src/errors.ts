// The error catalogue: one row for each cause that a client can tell apart. A row's name is the OSS code, or the code, a dot and
// what was wrong where OSS documents an own message or EC for it. Statuses, codes, messages and ECs are wire facts (PostObject
// reference, error-code pages, "HTTP 4xx" troubleshooting pages). Where no page shows a text, the wording is ours and S3-like. The rows
// stand in errors/, by what they are about.

import { ACCESS_ERRORS } from './errors/access-errors.ts';
import { ARGUMENT_ERRORS } from './errors/argument-errors.ts';
import { BODY_ERRORS } from './errors/body-errors.ts';
import { CALLBACK_ERRORS } from './errors/callback-errors.ts';
import { CONFIGURATION_ERRORS } from './errors/configuration-errors.ts';
import { type ErrorFacts, type ErrorRow, fillMessage } from './errors/error-row.ts';
import { FORM_ERRORS } from './errors/form-errors.ts';
import { POLICY_ERRORS } from './errors/policy-errors.ts';
import { S3_ONLY_ERRORS } from './errors/s3-errors.ts';
import { STATE_ERRORS } from './errors/state-errors.ts';
import { clipText } from './policy/clip-text.ts';

export type { ErrorFacts, ErrorRow } from './errors/error-row.ts';

/** At most this many UTF-16 units of what a client sent are told back in one element of an error. */
export const elementCharsMax = 5 * 1024;

/** All of them; no name stands in two of the tables. */
export const ERRORS = {
  ...FORM_ERRORS,
  ...POLICY_ERRORS,
  ...CALLBACK_ERRORS,
  ...BODY_ERRORS,
  ...ARGUMENT_ERRORS,
  ...CONFIGURATION_ERRORS,
  ...ACCESS_ERRORS,
  ...STATE_ERRORS,
  ...S3_ONLY_ERRORS,
};

/** The name of a row of {@link ERRORS}. */
export type ErrorName = keyof typeof ERRORS;

/** A refusal that OSS documents. Everything that a client is told of it comes from {@link ERRORS} and the facts. */
export class OssError extends Error {
  override readonly name = 'OssError';
  readonly row: ErrorName;
  /** The OSS code, e.g. `AccessDenied`. */
  readonly code: string;
  readonly status: number;
  /** The finer error code of the catalogue, where one is documented. */
  readonly ec: string | undefined;
  /** Elements of the error document beyond the fixed ones, in the order given. */
  readonly elements: readonly (readonly [name: string, value: string])[];
  /** Response headers that go with this error, e.g. `Allow`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The elements of `AccessDeniedDetail`: which kind of policy denied what to whom. */
  readonly accessDeniedDetail: Readonly<Record<string, string>> | undefined;

  constructor(row: ErrorName, facts: ErrorFacts = {}, options: OssErrorOptions = {}) {
    const { status, message, ec }: ErrorRow = ERRORS[row];
    super(fillMessage(message, facts), 'cause' in options ? { cause: options.cause } : undefined);
    this.row = row;
    this.code = row.split('.', 1)[0] as string;
    this.status = status;
    this.ec = ec;
    this.elements = Object.entries(facts)
      .filter(([name]) => /^[A-Z]/.test(name))
      .map(([name, value]) => [name, clipText(String(value), elementCharsMax)] as const);
    this.headers = options.headers ?? {};
    this.accessDeniedDetail = options.accessDeniedDetail;
  }
}

interface OssErrorOptions {
  readonly cause?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accessDeniedDetail?: Readonly<Record<string, string>> | undefined;
}
