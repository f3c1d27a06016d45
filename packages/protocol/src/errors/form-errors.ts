// What is wrong with the form of an upload before its policy is read (PostObject reference; error pages 0002-00000701 to 710 and 0006-0000010x).

import type { ErrorRow } from './error-row.ts';

const notWellFormed = 'The body of your POST request is not well-formed multipart/form-data.';
const oneFile = 'POST requires exactly one file upload per request.';
const missingField =
  "The bucket POST must contain the specified '{field}'. If it is specified, please check the order of the fields";

export const FORM_ERRORS = {
  MalformedPOSTRequest: { status: 400, ec: '0006-00000109', message: notWellFormed },
  'MalformedPOSTRequest.truncated': { status: 400, ec: '0006-00000104', message: notWellFormed },
  RequestIsNotMultiPartContent: {
    status: 400,
    message: 'Bucket POST must be of the enclosure-type multipart/form-data.',
  },
  FieldItemTooLong: { status: 400, ec: '0006-00000111', message: 'Your value of form field is too long.' },
  'FieldItemTooLong.name': {
    status: 400,
    ec: '0006-00000110',
    message: 'Your name of form field is too long.',
  },
  MaxPOSTPreDataLengthExceededError: {
    status: 400,
    ec: '0006-00000112',
    message: 'Your POST request fields preceding the upload file were too large.',
  },
  IncorrectNumberOfFilesInPOSTRequest: { status: 400, message: oneFile },
  'IncorrectNumberOfFilesInPOSTRequest.none': { status: 400, ec: '0006-00000107', message: oneFile },
  'InvalidArgument.missingField': { status: 400, ec: '0006-00000103', message: missingField },
  'InvalidArgument.missingPolicy': { status: 400, ec: '0002-00000702', message: missingField },
  'InvalidArgument.missingSignature': { status: 400, ec: '0002-00000703', message: missingField },
  'InvalidArgument.emptySignature': {
    status: 400,
    ec: '0002-00000704',
    message: 'Post request signature is empty.',
  },
  'InvalidArgument.missingAccessKeyId': { status: 400, ec: '0002-00000706', message: missingField },
  'InvalidArgument.emptyAccessKeyId': {
    status: 400,
    ec: '0002-00000707',
    message: 'Post request accessKeyId is empty.',
  },
  'InvalidArgument.signatureVersion': {
    status: 400,
    ec: '0002-00000701',
    message: 'The x-oss-signature-version you specified is not supported.',
  },
  'InvalidArgument.credential': {
    status: 400,
    ec: '0002-00000708',
    message: 'The x-oss-credential you specified is not well-formed.',
  },
  'InvalidArgument.credentialDate': {
    status: 400,
    ec: '0002-00000709',
    message: 'The date in x-oss-credential is invalid or differs too much from the current time.',
  },
  'InvalidArgument.credentialSuffix': {
    status: 400,
    ec: '0002-00000710',
    message: 'The x-oss-credential must end with aliyun_v4_request.',
  },
  'InvalidArgument.signatureDate': { status: 400, message: 'The x-oss-date you specified is invalid.' },
  'InvalidArgument.mixedSignatures': {
    status: 400,
    message: 'The form carries the fields of more than one signature version.',
  },
  'InvalidArgument.duplicateField': {
    status: 400,
    message: "The bucket POST contains the field '{field}' more than once.",
  },
  'InvalidArgument.fieldName': {
    status: 400,
    message: 'The bucket POST must contain the specified field name.',
  },
  'InvalidArgument.unrecognizedField': {
    status: 400,
    message: 'The bucket POST contains unrecognized field name.',
  },
  'InvalidArgument.tooManyFields': {
    status: 400,
    message: 'The bucket POST contains more than {limit} fields.',
  },
  'InvalidArgument.forbidOverwrite': {
    status: 400,
    ec: '0017-00000279',
    message: 'The x-oss-forbid-overwrite you specified must be true or false.',
  },
  'InvalidArgument.notUtf8': { status: 400, message: "The value of '{field}' is not valid UTF-8." },
  'InvalidArgument.headerValue': {
    status: 400,
    message: "The value of '{field}' contains characters that a header cannot carry.",
  },
  'InvalidArgument.userMeta': {
    status: 400,
    ec: '0011-00000002',
    message: "The name of the user metadata '{field}' is invalid.",
  },
  'InvalidArgument.userMetaTooLarge': {
    status: 400,
    message: 'The user metadata must be no larger than 8 KB in sum.',
  },
  'InvalidArgument.headerTooLong': {
    status: 400,
    message: "The value of '{field}' must be no longer than {limit} bytes.",
  },
  'InvalidArgument.redirect': {
    status: 400,
    message: 'The success_action_redirect you specified is not an absolute http or https URL.',
  },
  'InvalidArgument.objectAcl': { status: 400, message: 'no such object access control exists' },
  'InvalidArgument.storageClass': { status: 400, message: 'The storage class you specified is invalid.' },
  'InvalidArgument.trafficLimit': {
    status: 400,
    message:
      'x-oss-traffic-limit is invalid, should be specified between 819200(100KB/s) and 838860800(100MB/s).',
  },
  'InvalidArgument.trafficLimitTwice': {
    status: 400,
    message: 'x-oss-traffic-limit should be specified either in query string or header, not both.',
  },
} as const satisfies Record<string, ErrorRow>;
