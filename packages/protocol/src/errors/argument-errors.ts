// Names, parameters, headers and documents of requests that are not as they must be (OSS: error pages on InvalidArgument, InvalidTag and
// MalformedXML).

import type { ErrorRow } from './error-row.ts';

export const malformedXml =
  'The XML you provided was not well-formed or did not validate against our published schema.';
export const invalidTagKey = 'The TagKey you have provided is invalid.';

export const ARGUMENT_ERRORS = {
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
} as const satisfies Record<string, ErrorRow>;
