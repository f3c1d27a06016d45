// Requests that are in order and do not fit what is stored, or what the server can do at present.

import type { ErrorRow } from './error-row.ts';

const fileExists = 'The object you specified already exists and can not be overwritten.';
const noSuchUpload =
  'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';

export const STATE_ERRORS = {
  NoSuchBucket: { status: 404, ec: '0015-00000101', message: 'The specified bucket does not exist.' },
  NoSuchKey: { status: 404, ec: '0026-00000001', message: 'The specified key does not exist.' },
  NoSuchVersion: { status: 404, message: 'The specified version does not exist.' },
  'NoSuchVersion.copySource': {
    status: 404,
    ec: '0012-00000203',
    message: 'The specified version does not exist.',
  },
  NoSuchUpload: { status: 404, ec: '0042-00000002', message: noSuchUpload },
  'NoSuchUpload.part': { status: 404, ec: '0042-00000104', message: noSuchUpload },
  'NoSuchUpload.partCopy': { status: 404, ec: '0042-00000311', message: noSuchUpload },
  SymlinkTargetNotExist: { status: 404, message: 'The symlink target object does not exist.' },
  NoSuchCORSConfiguration: {
    status: 404,
    ec: '0034-00000001',
    message: 'The CORS Configuration does not exist.',
  },
  BucketAlreadyExists: {
    status: 409,
    ec: '0015-00000104',
    message:
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  },
  'BucketAlreadyExists.storageClass': {
    status: 409,
    ec: '0015-00000104',
    message: "Cannot modify existing bucket's storage class.",
  },
  BucketNotEmpty: {
    status: 409,
    ec: '0015-00000301',
    message: 'The bucket has objects. Please delete them first.',
  },
  FileAlreadyExists: { status: 409, ec: '0026-00000002', message: fileExists },
  'FileAlreadyExists.complete': { status: 409, ec: '0042-00000214', message: fileExists },
  PositionNotEqualToLength: {
    status: 409,
    ec: '0026-00000016',
    message: 'Position is not equal to file length',
  },
  ObjectNotAppendable: { status: 409, message: 'The object is not appendable' },
  RestoreAlreadyInProgress: { status: 409, message: 'The restore operation is in progress.' },
  PreconditionFailed: {
    status: 412,
    ec: '0017-00001001',
    message: 'At least one of the pre-conditions you specified did not hold.',
  },
  NotModified: { status: 304, message: 'Not Modified' },
  InvalidRange: { status: 416, message: 'The requested range cannot be satisfied' },
  InternalError: { status: 500, message: 'We encountered an internal error. Please try again.' },
  ServiceUnavailable: { status: 503, message: 'Please reduce your request rate.' },
  'ServiceUnavailable.space': {
    status: 503,
    message: 'The storage is nearly full. Uploads are refused until there is room again.',
  },
  'ServiceUnavailable.diskFull': { status: 503, message: 'There is no space left to store this.' },
  'ServiceUnavailable.readOnly': { status: 503, message: 'Nothing can be stored at present.' },
} as const satisfies Record<string, ErrorRow>;
