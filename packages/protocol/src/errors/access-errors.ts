// Who asks, and what they may not: signatures, keys, tokens, policies, access lists (OSS: error pages 0002-… and 0003-…).

import type { ErrorRow } from './error-row.ts';

const noSuchKeyId = 'The OSS Access Key Id you provided does not exist in our records.';
export const wrongSignature =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
const deniedByPolicy = 'Access denied by bucket policy.';
const corsRefused =
  // The misspellings are the service's own and part of the wire.
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec.";
const refererDenied = 'You are denied by bucket referer policy.';
const requesterPays = 'Access denied for requester pay bucket';

export const ACCESS_ERRORS = {
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
  AccessForbidden: { status: 403, ec: '0003-00000602', message: corsRefused },
  'AccessForbidden.noCors': {
    status: 403,
    ec: '0003-00000601',
    message: 'CORSResponse: CORS is not enabled for this bucket.',
  },
} as const satisfies Record<string, ErrorRow>;
