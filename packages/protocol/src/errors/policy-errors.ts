// What is wrong with the policy of a form, and what of a form it forbids (PostObject reference, "Policy"; error pages 0006-000002xx); and what is
// wrong with the policy of a bucket (PutBucketPolicy).

import type { ErrorRow } from './error-row.ts';

export const POLICY_ERRORS = {
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
} as const satisfies Record<string, ErrorRow>;
