// Sizes and digests of bodies, and what is wrong with a request as HTTP (OSS: "HTTP 4xx" pages).

import type { ErrorRow } from './error-row.ts';

const timedOut =
  'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.';
const invalidDigest = 'The Content-MD5 you specified was invalid.';
const methodNotAllowed = 'The specified method is not allowed against this resource.';

export const BODY_ERRORS = {
  EntityTooLarge: {
    status: 400,
    ec: '0006-00000003',
    message: 'Your proposed upload exceeds the maximum allowed size.',
  },
  EntityTooSmall: {
    status: 400,
    ec: '0006-00000004',
    message: 'Your proposed upload smaller than the minimum allowed size.',
  },
  'EntityTooSmall.part': {
    status: 400,
    ec: '0042-00000213',
    message: 'Your proposed upload smaller than the minimum allowed size.',
  },
  'EntityTooLarge.copySource': {
    status: 400,
    message: 'Source object Length exceeds the maximum allowed size.',
  },
  InvalidDigest: { status: 400, ec: '0017-00000503', message: invalidDigest },
  'InvalidDigest.malformed': { status: 400, ec: '0017-00000502', message: invalidDigest },
  InvalidCRC64: {
    status: 400,
    message: 'The x-oss-hash-crc64ecma you specified does not match what we calculated.',
  },
  IncompleteBody: {
    status: 400,
    ec: '0017-00000505',
    message: 'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  },
  RequestTimeout: { status: 400, message: timedOut },
  'RequestTimeout.headers': { status: 408, message: timedOut },
  MissingContentLength: {
    status: 411,
    ec: '0017-00000101',
    message: 'You must provide the Content-Length HTTP header.',
  },
  BadRequest: { status: 400, message: '{problem}' },
  'BadRequest.headersTooLarge': {
    status: 431,
    message: 'The request line and headers are larger than the maximum allowed size.',
  },
  'BadRequest.chunkExtensions': {
    status: 413,
    message: 'The chunk extensions are larger than the maximum allowed size.',
  },
  'BadRequest.expectation': { status: 417, message: 'The Expect header must be 100-continue.' },
  'BadRequest.noOrigin': {
    status: 400,
    ec: '0034-00000101',
    message: 'Insufficient information. Origin request header needed.',
  },
  'BadRequest.noRequestMethod': {
    status: 400,
    ec: '0034-00000102',
    message: 'Insufficient information. Request Access-Control-Request-Method header needed.',
  },
  NotImplemented: {
    status: 400,
    message: 'A header you provided implies functionality that is not implemented.',
  },
  'NotImplemented.transferEncoding': {
    status: 501,
    message: 'A header you provided implies functionality that is not implemented.',
  },
  MethodNotAllowed: { status: 405, message: methodNotAllowed },
  'MethodNotAllowed.deleteMarker': { status: 405, ec: '0003-00000016', message: methodNotAllowed },
} as const satisfies Record<string, ErrorRow>;
