// What is wrong with a callback that an upload asks for, or went wrong when it was made (OSS API: Callback).

import type { ErrorRow } from './error-row.ts';

export const CALLBACK_ERRORS = {
  'CallbackFailed.status': { status: 203, ec: '0007-00000203', message: 'Error status : {status}.' },
  'CallbackFailed.unreachable': {
    status: 203,
    ec: '0007-00000203',
    message: 'Error status : -1. OSS can not connect to your callbackUrl, please check it.',
  },
  'CallbackFailed.timeout': {
    status: 203,
    ec: '0007-00000203',
    message: 'Error status : -1 {address} reply timeout, cost: {costMs} MS, timeout: {timeoutMs} MS.',
  },
  'CallbackFailed.noContentLength': {
    status: 203,
    ec: '0007-00000203',
    message: 'Error Status : 400.User server missing content-length.',
  },
  'CallbackFailed.tooLong': {
    status: 203,
    ec: '0007-00000203',
    message: 'Error Status : 400.User server return too long content-length value.',
  },
  'CallbackFailed.notJson': {
    status: 203,
    ec: '0007-00000205',
    message: 'Response body is not valid json format.',
  },
  'CallbackFailed.privateAddress': {
    status: 203,
    ec: '0007-00000203',
    message: 'Private address is forbidden to callback.',
  },
  'CallbackFailed.unresolved': {
    status: 203,
    ec: '0007-00000203',
    message: 'Can not get ip by this host.',
  },
  'InvalidArgument.callbackNotBase64': {
    status: 400,
    ec: '0007-00000002',
    message: 'The callback configuration is not base64 encoded.',
  },
  'InvalidArgument.callbackNotJson': {
    status: 400,
    ec: '0007-00000003',
    message: 'The callback configuration is not json format.',
  },
  'InvalidArgument.callbackUrl': {
    status: 400,
    ec: '0007-00000004',
    message: 'The callback url configuration is invalid.',
  },
  'InvalidArgument.callbackHost': { status: 400, message: 'The callback host configuration is invalid.' },
  'InvalidArgument.callbackBodyEmpty': { status: 400, message: 'The callback body is empty.' },
  'InvalidArgument.callbackBody': { status: 400, message: 'The callback body is invalid.' },
  'InvalidArgument.callbackBodyType': {
    status: 400,
    ec: '0007-00000012',
    message: 'The callback body type configuration is invalid.',
  },
  'InvalidArgument.callbackUrlCount': {
    status: 400,
    message: 'The number of callback url exceed max value.',
  },
  'InvalidArgument.callbackLength': { status: 400, message: 'The length of callback exceed max value.' },
  'InvalidArgument.callbackPrivateAddress': {
    status: 400,
    message: 'Private address is forbidden to callback.',
  },
  'InvalidArgument.callbackTwice': {
    status: 400,
    message:
      'Either the callback query string parameter or the x-oss-callback header should be specified, not both.',
  },
  'InvalidArgument.callbackVarTwice': {
    status: 400,
    message:
      'Either the callback-var query string parameter or the x-oss-callback-var header should be specified, not both.',
  },
  'InvalidArgument.callbackVarNotJson': {
    status: 400,
    // The misspelling is the service's own.
    message: 'The callback var is not expecten json.',
  },
  'InvalidArgument.callbackUnresolved': { status: 400, message: 'Can not get ip by this host.' },
  'InvalidArgument.callbackVarLength': {
    status: 400,
    message: 'The length of callback var exceed max value.',
  },
  'InvalidArgument.callbackVar': {
    status: 400,
    message: 'The value of a callback var must not contain line breaks.',
  },
} as const satisfies Record<string, ErrorRow>;
