// What the token service can refuse a request with (STS API: AssumeRole, "Error codes"; the RPC gateway's common errors): one row for each
// code. These are not OSS's: the codes have dots of their own, and the answer is JSON or XML as the caller wishes.

import { type ErrorFacts, type ErrorRow, fillMessage } from '../errors/error-row.ts';

export const STS_ERRORS = {
  'InvalidAction.NotFound': {
    status: 404,
    message: 'Specified api is not found, please check your url and method.',
  },
  InvalidVersion: { status: 400, message: 'Specified parameter Version is not valid.' },
  InvalidFormat: { status: 400, message: 'Specified parameter Format is not valid.' },
  InvalidParameter: {
    status: 400,
    message: 'The parameter {name} is wrongly formed or given more than once.',
  },
  MissingParameter: {
    status: 400,
    message: 'The input parameter "{name}" that is mandatory for processing this request is not supplied.',
  },
  InvalidSignatureMethod: { status: 400, message: 'Specified parameter SignatureMethod is not valid.' },
  'InvalidTimeStamp.Format': {
    status: 400,
    message: 'Specified time stamp or date value is not well formatted.',
  },
  'InvalidTimeStamp.Expired': { status: 400, message: 'Specified time stamp or date value is expired.' },
  SignatureNonceUsed: { status: 400, message: 'Specified signature nonce was used already.' },
  'InvalidAccessKeyId.NotFound': { status: 404, message: 'Specified access key is not found.' },
  'InvalidAccessKeyId.Inactive': { status: 400, message: 'Specified access key is disabled.' },
  SignatureDoesNotMatch: {
    status: 400,
    message:
      'Specified signature is not matched with our calculation. server string to sign is:{stringToSign}',
  },
  'InvalidParameter.RoleArn': { status: 400, message: 'The parameter RoleArn is wrongly formed.' },
  'InvalidParameter.RoleSessionName': {
    status: 400,
    message: 'The parameter RoleSessionName is wrongly formed.',
  },
  'InvalidParameter.DurationSeconds': {
    status: 400,
    message: 'The Min/Max value of DurationSeconds is 15min/{hours}hr.',
  },
  'InvalidParameter.PolicyGrammar': {
    status: 400,
    message: 'The parameter Policy has not passed grammar check.',
  },
  'InvalidParameter.PolicySize': {
    status: 400,
    message: 'The size of Policy must be no larger than {limit} bytes.',
  },
  NoPermission: {
    status: 403,
    message: 'You are not authorized to do this action. You should be authorized by RAM.',
  },
  'EntityNotExist.Role': { status: 404, message: 'The specified Role not exists.' },
  Throttling: { status: 503, message: 'Request was denied due to request throttling.' },
} as const satisfies Record<string, ErrorRow>;

export type StsErrorCode = keyof typeof STS_ERRORS;

/** A refusal of the token service. */
export class StsError extends Error {
  override readonly name = 'StsError';
  readonly code: StsErrorCode;
  readonly status: number;

  /** @param facts fill the placeholders of the row's message */
  constructor(code: StsErrorCode, facts: ErrorFacts = {}) {
    const { status, message }: ErrorRow = STS_ERRORS[code];
    super(fillMessage(message, facts, factCharsMax));
    this.code = code;
    this.status = status;
  }
}

/** What is told back of a request; the longest is what it should have signed. */
const factCharsMax = 4096;
