// Refusals that requests in the dialect of S3 alone can meet (AWS: "Error Responses"). How S3 words those of OSS: s3/error-reply.ts.

import { wrongSignature } from './access-errors.ts';
import type { ErrorRow } from './error-row.ts';

export const S3_ONLY_ERRORS = {
  'InvalidArgument.mixedDialects': {
    status: 400,
    message: "The form is signed the way of S3, but its field '{field}' is one of OSS.",
  },
  'InvalidArgument.mixedDialectsInRequest': {
    status: 400,
    message: "The request is signed the way of S3, but '{field}' is of OSS.",
  },
  'InvalidArgument.s3MissingField': {
    status: 400,
    message:
      "Bucket POST must contain a field named '{field}'.  If it is specified, please check the order of the fields.",
  },
  'InvalidArgument.s3EmptyField': { status: 400, message: "The field '{field}' must not be empty." },
  'InvalidArgument.s3PostAlgorithm': {
    status: 400,
    message: 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
  },
  'InvalidArgument.s3PostCredential': {
    status: 400,
    message: 'X-Amz-Credential must be <key id>/<YYYYMMDD>/<region>/s3/aws4_request.',
  },
  'InvalidArgument.s3PostDate': {
    status: 400,
    message: 'X-Amz-Date must be a date of the ISO 8601 basic form, on the day of X-Amz-Credential.',
  },
  'InvalidArgument.s3AuthorizationType': { status: 400, message: 'Unsupported Authorization Type' },
  'InvalidArgument.s3AuthorizationTwice': {
    status: 400,
    message:
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
  },
  'InvalidArgument.s3ContentSha256': {
    status: 400,
    message:
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- value of S3, or a valid sha256 value.',
  },
  'InvalidArgument.s3Value': { status: 400, message: "The value of '{field}' is not valid." },
  'InvalidRequest.s3NoContentSha256': {
    status: 400,
    message: 'Missing required header for this request: x-amz-content-sha256',
  },
  'InvalidRequest.s3Chunk': { status: 400, message: 'The body is not framed as aws-chunked: {problem}' },
  'InvalidRequest.s3ObjectSize': {
    status: 400,
    message: 'The provided x-amz-mp-object-size does not match the size of the object that its parts make.',
  },
  'InvalidRequest.s3Checksum': { status: 400, message: '{problem}' },
  InvalidChunkSizeError: {
    status: 403,
    message: 'Only the last chunk is allowed to have a size less than 8192 bytes',
  },
  MalformedTrailerError: {
    status: 400,
    message:
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  BadDigest: {
    status: 400,
    message: 'The {algorithm} you specified did not match what we received.',
  },
  AuthorizationHeaderMalformed: { status: 400, message: 'The authorization header is malformed; {problem}' },
  AuthorizationQueryParametersError: { status: 400, message: '{problem}' },
  'AccessDenied.s3NoDate': {
    status: 403,
    message: 'AWS authentication requires a valid Date or x-amz-date header',
  },
  'AccessDenied.s3QueryIncomplete': {
    status: 403,
    message: 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
  },
  'AccessDenied.s3HeadersNotSigned': {
    status: 403,
    message: 'There were headers present in the request which were not signed',
  },
  'SignatureDoesNotMatch.chunk': { status: 403, message: wrongSignature },
  InvalidStorageClass: { status: 400, message: 'The storage class you specified is not valid' },
  BucketAlreadyOwnedByYou: {
    status: 409,
    message: 'Your previous request to create the named bucket succeeded and you already own it.',
  },
  MalformedPolicy: { status: 400, message: '{problem}' },
  NoSuchTagSet: { status: 404, message: 'The TagSet does not exist' },
  'NotImplemented.s3': {
    status: 501,
    message: 'A header you provided implies functionality that is not implemented',
  },
} as const satisfies Record<string, ErrorRow>;
