// The error catalogue: one row for each cause that a client can tell apart. A row's name is the OSS code, or the code, a dot and
// what was wrong where OSS documents an own message or EC for it. Statuses, codes, messages and ECs are wire facts (PostObject
// reference, error-code pages, "HTTP 4xx" troubleshooting pages). Where no page shows a text, the wording is ours and S3-like.

import { clipText } from './policy/clip-text.ts';

/** At most this many UTF-16 units of what a client sent are told back in one element of an error. */
export const elementCharsMax = 5 * 1024;

/** One cause of refusal. `message` may hold `{name}` placeholders, filled from the facts given to {@link OssError}. */
export interface ErrorRow {
  readonly status: number;
  readonly message: string;
  readonly ec?: string;
}

const notWellFormed = 'The body of your POST request is not well-formed multipart/form-data.';
const oneFile = 'POST requires exactly one file upload per request.';
const noSuchKeyId = 'The OSS Access Key Id you provided does not exist in our records.';
const timedOut =
  'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.';
const wrongSignature =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
const missingField =
  "The bucket POST must contain the specified '{field}'. If it is specified, please check the order of the fields";
const malformedXml =
  'The XML you provided was not well-formed or did not validate against our published schema.';
const fileExists = 'The object you specified already exists and can not be overwritten.';
const deniedByPolicy = 'Access denied by bucket policy.';
const invalidDigest = 'The Content-MD5 you specified was invalid.';
const methodNotAllowed = 'The specified method is not allowed against this resource.';
const noSuchUpload =
  'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
const invalidTagKey = 'The TagKey you have provided is invalid.';
const corsRefused =
  // The misspellings are the service's own and part of the wire.
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec.";

const refererDenied = 'You are denied by bucket referer policy.';
const requesterPays = 'Access denied for requester pay bucket';

export const ERRORS = {
  // --- The form itself (PostObject) ---
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

  // --- The policy ---
  InvalidPolicyDocument: { status: 400, ec: '0006-00000201', message: 'Invalid Policy: {problem}' },
  'InvalidPolicyDocument.notBase64': {
    status: 400,
    ec: '0006-00000202',
    message: 'Invalid Policy: the policy is not Base64 encoded.',
  },
  'InvalidPolicyDocument.notUtf8': {
    status: 400,
    ec: '0006-00000203',
    message: 'Invalid Policy: the policy is not UTF-8.',
  },
  'InvalidPolicyDocument.notJson': {
    status: 400,
    ec: '0006-00000204',
    message: 'Invalid Policy: Invalid JSON: {problem}',
  },
  'InvalidPolicyDocument.empty': {
    status: 400,
    ec: '0006-00000205',
    message: 'Invalid Policy: the policy is empty.',
  },
  'InvalidPolicyDocument.unknownParameter': {
    status: 400,
    ec: '0006-00000206',
    message: "Invalid Policy: Unexpected parameter: '{parameter}'.",
  },
  'InvalidPolicyDocument.noConditions': {
    status: 400,
    ec: '0006-00000207',
    message: 'Invalid Policy: Policy missing conditions.',
  },
  'InvalidPolicyDocument.noExpiration': {
    status: 400,
    ec: '0006-00000208',
    message: 'Invalid Policy: Policy missing expiration.',
  },
  'InvalidPolicyDocument.noExpirationNorConditions': {
    status: 400,
    ec: '0006-00000209',
    message: 'Invalid Policy: Policy missing expiration and conditions.',
  },
  'InvalidPolicyDocument.expirationNotString': {
    status: 400,
    ec: '0006-00000210',
    message: "Invalid Policy: Invalid 'expiration' value: it must be a string.",
  },
  'InvalidPolicyDocument.expirationEmpty': {
    status: 400,
    ec: '0006-00000211',
    message: "Invalid Policy: Invalid 'expiration' value: ''",
  },
  'InvalidPolicyDocument.expirationFormat': {
    status: 400,
    ec: '0006-00000212',
    message: "Invalid Policy: Invalid 'expiration' value: '{value}'",
  },
  'InvalidPolicyDocument.conditionsNotArray': {
    status: 400,
    ec: '0006-00000214',
    message: "Invalid Policy: Invalid 'conditions' value: must be a List.",
  },
  'InvalidPolicyDocument.conditionsEmpty': {
    status: 400,
    ec: '0006-00000215',
    message: "Invalid Policy: Invalid 'conditions' value: must contain at least one item.",
  },
  'InvalidPolicyDocument.noMode': {
    status: 400,
    ec: '0006-00000216',
    message: 'Invalid Policy: Invalid Condition: missing operator in {condition}.',
  },
  'InvalidPolicyDocument.unknownMode': {
    status: 400,
    ec: '0006-00000217',
    message: "Invalid Policy: Invalid Condition: unknown operator '{mode}'.",
  },
  'InvalidPolicyDocument.operandCount': {
    status: 400,
    ec: '0006-00000218',
    message: 'Invalid Policy: Invalid Condition: wrong number of arguments in {condition}.',
  },
  'InvalidPolicyDocument.rangeOrder': {
    status: 400,
    ec: '0006-00000219',
    message: 'Invalid Policy: Invalid Content-Length-Range: the maximum is smaller than the minimum.',
  },
  'InvalidPolicyDocument.rangeMin': {
    status: 400,
    ec: '0006-00000220',
    message: 'Invalid Policy: Invalid Content-Length-Range: the minimum is not an integer of 0 or more.',
  },
  'InvalidPolicyDocument.rangeMax': {
    status: 400,
    ec: '0006-00000221',
    message: 'Invalid Policy: Invalid Content-Length-Range: the maximum is not an integer of 0 or more.',
  },
  'InvalidPolicyDocument.conditionKind': {
    status: 400,
    ec: '0006-00000222',
    message: 'Invalid Policy: Invalid Condition: a condition must be an object or an array.',
  },
  'InvalidPolicyDocument.simpleCondition': {
    status: 400,
    ec: '0006-00000222',
    message:
      'Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
  },
  'InvalidPolicyDocument.rangeOperands': {
    status: 400,
    ec: '0006-00000223',
    message: 'Invalid Policy: Invalid Content-Length-Range: {condition}.',
  },
  'InvalidPolicyDocument.operandType': {
    status: 400,
    ec: '0006-00000224',
    message: 'Invalid Policy: Invalid Condition: an argument of the wrong type in {condition}.',
  },
  'AccessDenied.policyExpired': {
    status: 403,
    ec: '0006-00000213',
    message: 'Invalid according to Policy: Policy expired.',
  },
  'AccessDenied.conditionFieldMissing': {
    status: 403,
    ec: '0006-00000226',
    message: 'Invalid according to Policy: Policy Condition failed: {condition}',
  },
  'AccessDenied.conditionFailed': {
    status: 403,
    ec: '0006-00000227',
    message: 'Invalid according to Policy: Policy Condition failed: {condition}',
  },
  'AccessDenied.extraInputFields': {
    status: 403,
    ec: '0006-00000228',
    message: 'Invalid according to Policy: Extra input fields: {field}',
  },

  // --- The policy of a bucket ---
  'InvalidPolicyDocument.bucketPolicy': { status: 400, message: 'Invalid bucket policy: {problem}.' },
  'InvalidPolicyDocument.bucketPolicyVersion': {
    status: 400,
    ec: '0030-00000005',
    message: 'Invalid bucket policy: {problem}.',
  },
  'InvalidPolicyDocument.bucketPolicyNotUtf8': {
    status: 400,
    ec: '0030-00000004',
    message: 'Invalid bucket policy: the policy is not UTF-8.',
  },
  NoSuchBucketPolicy: { status: 404, message: 'The specified bucket policy does not exist.' },

  // --- Upload callback ---
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

  // --- Sizes, digests, transport ---
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

  // --- Names, arguments, documents ---
  InvalidBucketName: { status: 400, ec: '0015-00000001', message: 'The specified bucket is not valid.' },
  InvalidObjectName: { status: 400, ec: '0016-00000005', message: 'The specified object is not valid.' },
  'InvalidObjectName.empty': {
    status: 400,
    ec: '0016-00000004',
    message: 'The Object name can not be empty.',
  },
  'InvalidObjectName.tooLong': {
    status: 400,
    ec: '0016-00000003',
    message: 'The Length of Object name must be less than 1024.',
  },
  InvalidURI: { status: 400, message: "Couldn't parse the specified URI." },
  InvalidArgument: { status: 400, message: '{problem}' },
  'InvalidArgument.query': {
    status: 400,
    message: 'The query string is not percent-encoded UTF-8.',
  },
  'InvalidArgument.bucketAcl': {
    status: 400,
    ec: '0015-00000204',
    message: 'no such bucket access control exists',
  },
  'InvalidArgument.missingObjectAcl': {
    status: 400,
    ec: '0017-00000105',
    message: 'The x-oss-object-acl header is missing.',
  },
  'InvalidArgument.maxKeys': {
    status: 400,
    message: 'Argument max-keys must be an integer between 0 and {limit}.',
  },
  'InvalidArgument.continuationToken': {
    status: 400,
    ec: '0015-00000404',
    message: 'The continuation token provided is incorrect.',
  },
  'InvalidArgument.encodingType': {
    status: 400,
    ec: '0017-00000235',
    message: 'Invalid Encoding Method specified in Request',
  },
  'InvalidArgument.versionId': {
    status: 400,
    ec: '0012-00000202',
    message: 'Invalid version id specified.',
  },
  'InvalidArgument.versionIdEmpty': {
    status: 400,
    ec: '0012-00000201',
    message: 'Version id can not be the empty string.',
  },
  'InvalidArgument.versionIdMarker': {
    status: 400,
    message: 'A version-id marker cannot be specified without a key marker.',
  },
  'InvalidArgument.copySource': {
    status: 400,
    message: 'Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.',
  },
  'InvalidArgument.metadataDirective': {
    status: 400,
    message: 'The x-oss-metadata-directive you specified must be COPY or REPLACE.',
  },
  'InvalidArgument.taggingDirective': {
    status: 400,
    message: 'The x-oss-tagging-directive you specified must be Copy or Replace.',
  },
  'InvalidArgument.copySourceRange': {
    status: 400,
    message: 'The x-oss-copy-source-range you specified must have the form bytes=first-last.',
  },
  'InvalidArgument.tagging': {
    status: 400,
    ec: '0010-00000219',
    message:
      "The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
  },
  'InvalidArgument.partNumber': {
    status: 400,
    ec: '0017-00000220',
    message: 'Part number must be an integer between 1 and 10000, inclusive.',
  },
  'InvalidArgument.unexpectedQuery': {
    status: 400,
    ec: '0017-00000219',
    message: 'Unexpected query string parameter',
  },
  'InvalidArgument.maxParts': {
    status: 400,
    message: 'Argument max-parts must be an integer between 1 and {limit}.',
  },
  'InvalidArgument.partNumberMarker': {
    status: 400,
    message: 'Argument part-number-marker must be an integer between 0 and {limit}.',
  },
  'InvalidArgument.maxUploads': {
    status: 400,
    message: 'Argument max-uploads must be an integer between 1 and {limit}.',
  },
  'InvalidArgument.completeAll': {
    status: 400,
    message: 'The x-oss-complete-all you specified must be yes.',
  },
  'InvalidArgument.completeAllWithBody': {
    status: 400,
    ec: '0042-00000216',
    // The misspelling is the service's own.
    message: 'Should not speficy both complete all header and http body.',
  },
  'InvalidArgument.position': {
    status: 400,
    message: 'The position you specified must be an integer of 0 or more.',
  },
  'InvalidArgument.symlinkTarget': {
    status: 400,
    message: 'The x-oss-symlink-target you specified must be the URL-encoded name of an object.',
  },
  'InvalidArgument.corsMethod': {
    status: 400,
    ec: '0034-00000011',
    message: 'The AllowedMethod you specified is not supported.',
  },
  'InvalidArgument.corsWildcard': {
    status: 400,
    message: "The {element} '{value}' can not have more than one wildcard.",
  },
  'InvalidArgument.corsExposeWildcard': {
    status: 400,
    message: "The ExposeHeader '{value}' can not have a wildcard.",
  },
  'InvalidArgument.corsValue': { status: 400, message: "The {element} '{value}' is not valid." },
  InvalidRequest: { status: 400, message: '{problem}' },
  'InvalidRequest.tokenNotInQuery': {
    status: 400,
    message: 'Security-token must be provided by query string parameter.',
  },
  'InvalidRequest.anonymousResponseHeaders': {
    status: 400,
    message: 'Request specific response headers cannot be used for anonymous GET requests.',
  },
  MissingArgument: { status: 400, ec: '0016-00000502', message: 'Missing Some Required Arguments.' },
  MalformedXML: { status: 400, ec: '0031-00000001', message: malformedXml },
  'MalformedXML.versioning': {
    status: 400,
    ec: '0031-00000001',
    message: 'The Versioning element must be specified.',
  },
  'MalformedXML.parts': { status: 400, ec: '0042-00000205', message: malformedXml },
  InvalidPart: {
    status: 400,
    message:
      "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  },
  InvalidPartOrder: {
    status: 400,
    ec: '0042-00000209',
    message: 'The list of parts was not in ascending order.',
  },
  PartNotSequential: {
    status: 400,
    message: 'The parts of this upload must be uploaded in ascending order.',
  },
  'InvalidTag.tooMany': {
    status: 400,
    ec: '0010-00000218',
    message: 'Object tags cannot be greater than {limit}.',
  },
  'InvalidTag.repeated': { status: 400, message: 'Cannot provide multiple Tags with the same key.' },
  'InvalidTag.keyLength': { status: 400, ec: '0010-00000209', message: invalidTagKey },
  'InvalidTag.key': { status: 400, ec: '0010-00000217', message: invalidTagKey },
  'InvalidTag.value': {
    status: 400,
    ec: '0010-00000217',
    message: 'The TagValue you have provided is invalid.',
  },
  NotSymlink: { status: 400, message: 'The object is not symlink.' },
  InvalidTargetType: {
    status: 400,
    ec: '0026-00000011',
    message: "The symbolic's target file type is invalid.",
  },
  OperationNotSupported: {
    status: 400,
    ec: '0016-00000702',
    message: 'The operation is not supported for this resource',
  },
  CORSRuleBeyondLimit: { status: 400, message: 'The number of CORS rules exceeds the limit.' },
  InvalidEncryptionAlgorithmError: {
    status: 400,
    message: 'The Encryption request you specified is not valid. Supported value: AES256/SM4/KMS.',
  },
  InvalidDataEncryptionAlgorithmError: {
    status: 400,
    message: 'The data encryption algorithm you specified is not valid. Supported value: SM4.',
  },
  TooManyBuckets: {
    status: 400,
    message: 'You have attempted to create more buckets than allowed.',
  },

  // --- Configurations of a bucket ---
  'MalformedXML.lifecycleNoRule': { status: 400, ec: '0014-00000013', message: malformedXml },
  'MalformedXML.lifecycleChild': { status: 400, ec: '0014-00000015', message: malformedXml },
  'MalformedXML.lifecycleNode': { status: 400, ec: '0014-00000017', message: malformedXml },
  'MalformedXML.lifecycleNoAction': { status: 400, ec: '0014-00000026', message: malformedXml },
  'MalformedXML.lifecycleNoTime': { status: 400, ec: '0014-00000060', message: malformedXml },
  'InvalidArgument.lifecycleRules': {
    status: 400,
    ec: '0014-00000014',
    message: 'A lifecycle can not have more than {limit} rules.',
  },
  'InvalidArgument.lifecycleId': {
    status: 400,
    ec: '0014-00000019',
    message: 'The ID of a lifecycle rule can not be longer than {limit} bytes.',
  },
  'InvalidArgument.lifecycleIdTwice': {
    status: 400,
    ec: '0014-00000020',
    message: 'The ID of each lifecycle rule must be unique.',
  },
  'InvalidArgument.lifecycleDays': { status: 400, message: 'The number of days must be a positive integer.' },
  'InvalidArgument.lifecycleDate': {
    status: 400,
    message: 'The date must be midnight in UTC, as in 2002-10-11T00:00:00.000Z.',
  },
  'InvalidArgument.lifecycleStorageClass': {
    status: 400,
    message: 'The StorageClass of a transition must be IA, Archive, ColdArchive or DeepColdArchive.',
  },
  'InvalidArgument.lifecycleVisit': {
    status: 400,
    ec: '0014-00000052',
    message: 'ReturnToStdWhenVisit is only for transitions by the time of the last access.',
  },
  'InvalidArgument.lifecycleTagOfUpload': {
    status: 400,
    message: 'A rule with tags can not abort multipart uploads.',
  },
  'InvalidArgument.lifecyclePrefix': {
    status: 400,
    ec: '0014-00000085',
    message: 'Two lifecycle rules have the same prefix.',
  },
  'InvalidArgument.lifecycleOverlap': {
    status: 400,
    ec: '0014-00000084',
    message: 'Two lifecycle rules with the same action have prefixes that overlap.',
  },
  'InvalidArgument.lifecycleTransitionOverlap': {
    status: 400,
    ec: '0014-00000079',
    message: 'Two lifecycle rules with a transition to the same storage class have prefixes that overlap.',
  },
  'InvalidArgument.lifecycleOrder': {
    status: 400,
    ec: '0014-00000082',
    message:
      'The transition to a colder storage class must be later than that to a warmer one, and the expiration later than every transition.',
  },
  'InvalidRequest.lifecycleTimes': {
    status: 400,
    ec: '0014-00000080',
    message: 'Lifecycle rules that apply to the same objects can not mix days and dates.',
  },
  InvalidWORMConfiguration: {
    status: 400,
    message: 'The retention period can not be made shorter.',
  },
  'InvalidWORMConfiguration.notLocked': {
    status: 400,
    message: 'The retention period can only be extended once the WORM Configuration is locked.',
  },
  'InvalidWORMConfiguration.days': {
    status: 400,
    ec: '0027-00000005',
    message: 'The RetentionPeriodInDays you specified is not an integer.',
  },
  'InvalidWORMConfiguration.daysRange': {
    status: 400,
    ec: '0027-00000002',
    message: 'The RetentionPeriodInDays must be between 1 and 25550.',
  },
  WORMConfigurationLocked: { status: 403, message: 'The WORM Configuration is locked.' },
  NoSuchWORMConfiguration: { status: 404, message: 'The WORM Configuration does not exist.' },
  WORMConfigurationAlreadyExists: { status: 409, message: 'The WORM Configuration already exists.' },
  FileImmutable: { status: 409, message: 'The object you specified is immutable.' },
  'InvalidArgument.inventoryId': {
    status: 400,
    message: 'The id of the inventory is missing, invalid, or not that of the document.',
  },
  InventoryExceedLimit: { status: 400, message: 'The number of inventories exceeds the limit.' },
  NoSuchInventory: { status: 404, message: 'No Row found in Inventory Table.' },
  InventoryConfigurationAlreadyExists: {
    status: 409,
    message: 'The inventory configuration already exists.',
  },
  'InvalidArgument.bucketTagFilter': {
    status: 400,
    message: 'The tag filter you specified is invalid.',
  },
  'InvalidArgument.websiteName': {
    status: 400,
    message: 'The name of a page or a host of the website is invalid.',
  },
  'InvalidArgument.websiteRules': {
    status: 400,
    message: 'A website can not have more than {limit} routing rules.',
  },
  'InvalidArgument.websiteRuleNumber': {
    status: 400,
    message: 'The RuleNumber of each routing rule must be unique.',
  },
  NoSuchWebsiteConfiguration: {
    status: 404,
    message: 'The specified bucket does not have a website configuration.',
  },
  MirrorFailed: {
    status: 424,
    message: 'Mirroring failed, please check your mirror configuration.',
  },
  NoSuchLifecycle: { status: 404, message: 'No Row found in Lifecycle Table.' },
  'InvalidTag.bucketTagKey': { status: 400, ec: '0010-00000219', message: invalidTagKey },
  'InvalidTag.bucketTagPrefix': { status: 400, ec: '0010-00000207', message: invalidTagKey },
  'InvalidTag.bucketTagReserved': { status: 400, ec: '0010-00000002', message: invalidTagKey },
  'InvalidTag.bucketTagValue': {
    status: 400,
    ec: '0010-00000219',
    message: 'The TagValue you have provided is invalid.',
  },
  TooManyTags: { status: 400, message: 'A bucket can not have more than {limit} tags.' },
  'InvalidArgument.loggingPrefix': {
    status: 400,
    ec: '0032-00000005',
    message: 'The TargetPrefix you specified is invalid.',
  },
  InvalidTargetBucketForLogging: {
    status: 400,
    message:
      'The target bucket for logging does not exist, is not owned by you, or is not in the same region.',
  },
  NoSuchServerSideEncryptionRule: {
    status: 404,
    message: 'The server side encryption configuration was not found.',
  },

  // --- Who may do what ---
  'AccessDenied.refererEmpty': { status: 403, ec: '0003-00000501', message: refererDenied },
  'AccessDenied.refererBlacklist': { status: 403, ec: '0003-00000502', message: refererDenied },
  'AccessDenied.referer': { status: 403, ec: '0003-00000503', message: refererDenied },
  'AccessDenied.requesterAnonymous': { status: 403, ec: '0003-00000701', message: requesterPays },
  'AccessDenied.requesterInUrl': { status: 403, ec: '0003-00000702', message: requesterPays },
  'AccessDenied.requester': { status: 403, ec: '0003-00000703', message: requesterPays },
  'AccessDenied.publicObjectAcl': {
    status: 403,
    ec: '0016-00000901',
    message: 'Put public object acl is not allowed',
  },
  'AccessDenied.publicBucketPolicy': {
    status: 403,
    message: 'Put public bucket policy is not allowed',
  },
  'AccessDenied.publicBucketAcl': {
    status: 403,
    ec: '0016-00000901',
    message: 'Put public bucket acl is not allowed',
  },
  AccessDenied: { status: 403, message: 'AccessDenied.' },
  'AccessDenied.bucketAcl': {
    status: 403,
    ec: '0003-00000001',
    message: 'You have no right to access this object because of bucket acl.',
  },
  'AccessDenied.objectAcl': { status: 403, message: 'You have no right to access this object.' },
  'AccessDenied.anonymous': {
    status: 403,
    ec: '0003-00001201',
    message: 'Anonymous access is forbidden for this operation.',
  },
  'AccessDenied.anonymousBucket': {
    status: 403,
    message: 'Anonymous user has no right to access this bucket.',
  },
  'AccessDenied.listBuckets': { status: 403, message: 'You are forbidden to list buckets.' },
  'AccessDenied.notYours': { status: 403, message: 'The bucket you access does not belong to you.' },
  'AccessDenied.bucketPolicy': { status: 403, message: deniedByPolicy },
  'AccessDenied.identityPolicy': { status: 403, ec: '0003-00000201', message: deniedByPolicy },
  'AccessDenied.identityAndBucketPolicy': { status: 403, ec: '0003-00000203', message: deniedByPolicy },
  'AccessDenied.sessionPolicy': {
    status: 403,
    ec: '0003-00000301',
    message: "Access denied by authorizer's policy.",
  },
  'AccessDenied.notAllowed': {
    status: 403,
    ec: '0003-00000202',
    message: 'The bucket you access does not belong to you.',
  },
  'AccessDenied.createBucket': {
    status: 403,
    ec: '0003-00000202',
    message: 'You have no right to create this bucket.',
  },
  'AccessDenied.readAcl': {
    status: 403,
    ec: '0003-00000007',
    message: 'You do not have read acl permission on this object.',
  },
  'AccessDenied.writeAcl': {
    status: 403,
    message: 'You do not have write acl permission on this object.',
  },
  'AccessDenied.queryIncomplete': {
    status: 403,
    ec: '0002-00000067',
    message: 'Query string authentication requires the Signature, Expires and OSSAccessKeyId parameters.',
  },
  'AccessDenied.queryIncompleteV4': {
    status: 403,
    message:
      'Query string authentication requires the x-oss-signature-version, x-oss-credential, x-oss-date, x-oss-expires and x-oss-signature parameters.',
  },
  'AccessDenied.queryExpiresEmpty': {
    status: 403,
    ec: '0002-00000068',
    message: 'Invalid date (should be seconds since epoch).',
  },
  'AccessDenied.queryExpires': {
    status: 403,
    ec: '0002-00000070',
    message: 'Invalid date (should be seconds since epoch).',
  },
  'AccessDenied.requestExpired': { status: 403, ec: '0002-00000069', message: 'Request has expired.' },
  'AccessDenied.v1Refused': {
    status: 403,
    ec: '0002-00000080',
    message: 'Signature version V1 is not supported any more. Please use signature version V4.',
  },
  'AccessDenied.noDate': {
    status: 403,
    message: 'OSS authentication requires a valid Date.',
  },
  SignatureDoesNotMatch: { status: 403, ec: '0002-00000705', message: wrongSignature },
  'SignatureDoesNotMatch.v1': { status: 403, ec: '0002-00000040', message: wrongSignature },
  'SignatureDoesNotMatch.v2': { status: 403, ec: '0002-00000101', message: wrongSignature },
  'SignatureDoesNotMatch.v4': { status: 403, ec: '0002-00000201', message: wrongSignature },
  InvalidAccessKeyId: { status: 403, ec: '0002-00000902', message: noSuchKeyId },
  'InvalidAccessKeyId.disabled': {
    status: 403,
    message: 'The OSS Access Key Id you provided is disabled.',
  },
  InvalidSecurityToken: {
    status: 403,
    ec: '0002-00000006',
    message: 'The security token you provided is invalid.',
  },
  SecurityTokenExpired: {
    status: 403,
    ec: '0002-00000007',
    message: 'The security token you provided has expired.',
  },
  AccessKeyIdAndSecurityTokenNotMatch: {
    status: 403,
    message: 'The OSS access key id and security token you provided does not match.',
  },
  'InvalidArgument.tokenTwice': {
    status: 400,
    ec: '0002-00000010',
    message: 'The security token should be specified either in the header or the query string, not both.',
  },
  RequestTimeTooSkewed: {
    status: 403,
    ec: '0002-00000504',
    message: 'The difference between the request time and the current time is too large.',
  },
  'InvalidArgument.authorizationType': {
    status: 400,
    ec: '0002-00000002',
    message: 'Unsupported Authorization Type',
  },
  'InvalidArgument.authorization': {
    status: 400,
    ec: '0002-00000202',
    message: 'The Authorization header you provided is not well-formed.',
  },
  'InvalidArgument.authorizationTwice': {
    status: 400,
    message:
      'Either the Signature query string parameter or the Authorization header should be specified, not both.',
  },
  'InvalidArgument.additionalHeaders': {
    status: 400,
    ec: '0002-00000209',
    message: "The signed additional header '{field}' is missing from the request.",
  },
  'InvalidArgument.signDate': {
    status: 400,
    ec: '0002-00000212',
    message: 'Invalid signing date in Authorization.',
  },
  'InvalidArgument.signCredential': {
    status: 400,
    ec: '0002-00000213',
    message: 'Invalid credential in Authorization.',
  },
  'InvalidArgument.signRegion': {
    status: 400,
    ec: '0002-00000226',
    message: 'Invalid signing region in Authorization header.',
  },
  'InvalidArgument.signRegionInUrl': {
    status: 400,
    ec: '0002-00000227',
    message: 'The signing region in credential is invalid.',
  },
  'InvalidArgument.contentSha256': {
    status: 400,
    message: 'The x-oss-content-sha256 you specified must be UNSIGNED-PAYLOAD.',
  },
  'InvalidArgument.signExpires': {
    status: 400,
    message: 'The x-oss-expires must be an integer between 1 and 604800.',
  },
  InvalidObjectState: { status: 403, message: "The operation is not valid for the object's state" },
  SecondLevelDomainForbidden: {
    status: 403,
    message: 'Please use virtual hosted style to access.',
  },
  AccessForbidden: { status: 403, ec: '0003-00000602', message: corsRefused },
  'AccessForbidden.noCors': {
    status: 403,
    ec: '0003-00000601',
    message: 'CORSResponse: CORS is not enabled for this bucket.',
  },

  // --- What is there, and what is not ---
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

  // --- Of requests in the dialect of S3 alone ---
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

/** The name of a row of {@link ERRORS}. */
export type ErrorName = keyof typeof ERRORS;

/**
 * What was wrong, in numbers and words. A name that begins with a capital becomes an element of the error document
 * (`ArgumentName`, `MaxSizeAllowed`); one in lower case fills a `{placeholder}` of the row's message.
 */
export type ErrorFacts = Readonly<Record<string, string | number>>;

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

function fillMessage(message: string, facts: ErrorFacts): string {
  return message.replace(/\{([a-z][A-Za-z]*)\}/g, (_, name: string) => clipText(String(facts[name] ?? '')));
}
