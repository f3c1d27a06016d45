// A refusal as S3 tells it (AWS: "Error Responses"): its own code, status and text where they differ from OSS's, the same cause always.
// S3's documents have no EC and call the key id after another cloud.

import type { ErrorName, OssError } from '../errors.ts';
import { writeXml } from '../xml/write-xml.ts';
import { toS3HeaderName } from './words.ts';

interface S3ErrorRow {
  readonly code?: string;
  readonly status?: number;
  readonly message?: string;
  /** It is about the words of OSS themselves. */
  readonly isVerbatim?: true;
}

const malformedPost: S3ErrorRow = {
  message: 'The body of your POST request is not well-formed multipart/form-data.',
};

/** By the name of a row, or by the code for all rows of it. What is not here is the same in both. */
const S3_ERRORS: Readonly<Partial<Record<ErrorName | `${string}.*`, S3ErrorRow>>> = {
  'AccessDenied.policyExpired': {},
  'AccessDenied.conditionFailed': {},
  'AccessDenied.extraInputFields': {},
  'AccessDenied.requestExpired': { message: 'Request has expired' },
  'AccessDenied.queryExpires': { message: 'Invalid date (should be seconds since epoch)' },
  'AccessDenied.s3NoDate': {},
  'AccessDenied.s3QueryIncomplete': {},
  'AccessDenied.s3HeadersNotSigned': {},
  'AccessDenied.*': { message: 'Access Denied' },
  'AccessForbidden.*': {},
  'BucketNotEmpty.*': { message: 'The bucket you tried to delete is not empty' },
  'EntityTooLarge.*': { message: 'Your proposed upload exceeds the maximum allowed size' },
  'EntityTooSmall.*': { message: 'Your proposed upload is smaller than the minimum allowed size' },
  'FieldItemTooLong.*': { code: 'MaxPostPreDataLengthExceeded' },
  'FileAlreadyExists.*': {
    code: 'PreconditionFailed',
    status: 412,
    message: 'At least one of the pre-conditions you specified did not hold',
  },
  'IncompleteBody.*': {
    message: 'You did not provide the number of bytes specified by the Content-Length HTTP header',
  },
  'InternalError.*': { message: 'We encountered an internal error. Please try again.' },
  'InvalidAccessKeyId.*': { message: 'The AWS Access Key Id you provided does not exist in our records.' },
  'InvalidArgument.mixedDialectsInRequest': { isVerbatim: true },
  'InvalidArgument.missingField': {
    message:
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
  },
  NoSuchBucketPolicy: { message: 'The bucket policy does not exist' },
  InvalidDigest: {
    code: 'BadDigest',
    message: 'The Content-MD5 you specified did not match what we received.',
  },
  'InvalidDigest.malformed': { message: 'The Content-MD5 you specified is not valid.' },
  'InvalidObjectName.tooLong': { code: 'KeyTooLongError', message: 'Your key is too long' },
  'InvalidObjectName.*': { code: 'InvalidArgument', message: 'The key you specified is not valid.' },
  InvalidPart: {
    message:
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  },
  InvalidPartOrder: {
    message: 'The list of parts was not in ascending order. Parts must be ordered by part number.',
  },
  'InvalidSecurityToken.*': {
    code: 'InvalidToken',
    status: 400,
    message: 'The provided token is malformed or otherwise invalid.',
  },
  'AccessKeyIdAndSecurityTokenNotMatch.*': {
    code: 'InvalidToken',
    status: 400,
    message: 'The provided token is malformed or otherwise invalid.',
  },
  'SecurityTokenExpired.*': { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.' },
  'MalformedPOSTRequest.*': malformedPost,
  'MaxPOSTPreDataLengthExceededError.*': {
    code: 'MaxPostPreDataLengthExceeded',
    message: 'Your POST request fields preceding the upload file were too large.',
  },
  MissingArgument: {
    code: 'InvalidRequest',
    message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
  },
  'NotImplemented.*': {
    status: 501,
    message: 'A header you provided implies functionality that is not implemented',
  },
  'PreconditionFailed.*': { message: 'At least one of the pre-conditions you specified did not hold' },
  RequestIsNotMultiPartContent: {
    code: 'PreconditionFailed',
    status: 412,
    message: 'Bucket POST must be of the enclosure-type multipart/form-data',
  },
  'RequestTimeTooSkewed.*': {
    message: 'The difference between the request time and the current time is too large.',
  },
  'ServiceUnavailable.*': { code: 'SlowDown', message: 'Please reduce your request rate.' },
  'ServiceUnavailable.readOnly': { code: 'ServiceUnavailable', message: 'Nothing can be stored at present.' },
  'ServiceUnavailable.diskFull': {
    code: 'ServiceUnavailable',
    message: 'There is no space left to store this.',
  },
};

export interface S3Error {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly elements: readonly (readonly [name: string, value: string])[];
}

export function toS3Error(error: OssError): S3Error {
  const row = S3_ERRORS[error.row] ?? S3_ERRORS[`${error.code}.*`] ?? {};
  const { code, message, elements } = error;
  if (row.isVerbatim) return { status: error.status, code, message, elements };
  return {
    status: row.status ?? error.status,
    code: row.code ?? code,
    message: row.message ?? message.replaceAll(/x-oss-[a-z-]+/g, toS3HeaderName),
    elements: elements.map(toS3Element),
  };
}

function toS3Element([name, value]: readonly [string, string]): readonly [string, string] {
  if (name === 'OSSAccessKeyId') return ['AWSAccessKeyId', value];
  return [
    name,
    name === 'ArgumentName' || name === 'Header' || name === 'Condition' ? toS3HeaderName(value) : value,
  ];
}

export interface S3ErrorDocument {
  readonly error: S3Error;
  /** The path that the client asked for. */
  readonly resource: string;
  readonly requestId: string;
  readonly hostId: string;
}

export function writeS3Error({ error, resource, requestId, hostId }: S3ErrorDocument): string {
  return writeXml([
    'Error',
    [
      ['Code', error.code],
      ['Message', error.message],
      ...error.elements,
      ['Resource', resource],
      ['RequestId', requestId],
      ['HostId', hostId],
    ],
  ]);
}
