// Whether an S3 form keeps to its policy (AWS: "POST Policy"). Stricter than OSS's: every field must be covered by a condition, and so
// must the bucket; conditions see fields whose `${filename}` has been replaced already.

import { OssError } from '../errors.ts';
import { type PostField, PostFields, type PostForm } from '../form/post-fields.ts';
import { expandFileName } from '../object-name.ts';
import { allowedSizes, conditionHolds, isExpired, type SizeRange } from '../policy/check-policy.ts';
import { clipText } from '../policy/clip-text.ts';
import {
  decodePolicy,
  type FieldCondition,
  formatCondition,
  type Policy,
  type PolicySyntax,
  parsePolicyJson,
} from '../policy/policy.ts';

const operators: Readonly<Record<string, 'eq' | 'starts-with' | 'content-length-range'>> = {
  eq: 'eq',
  'starts-with': 'starts-with',
  'content-length-range': 'content-length-range',
};

/** Operators in any case, as field names; `\$` is an escape of the JSON alone, where the reader has taken it already. */
const s3Syntax: PolicySyntax = {
  readOperator: (operator) => {
    const name = operator.toLowerCase();
    return Object.hasOwn(operators, name) ? operators[name] : undefined;
  },
  readText: (text) => text,
};

/**
 * Reads the value of the form's `policy` field.
 * @throws OssError InvalidPolicyDocument
 */
export function parseS3Policy(base64: string): Policy {
  return parsePolicyJson(decodePolicy(base64), s3Syntax);
}

/**
 * The form with `${filename}` replaced in the value of every field. The fields that name and prove the signer stay as they were: nothing
 * of a file's name may get into what was signed.
 */
export function expandS3Form({ fields, file }: PostForm): PostForm {
  const expand = ({ name, value }: PostField): PostField =>
    isExempt(name) ? { name, value } : { name, value: expandFileName(value, file.fileName) };
  return { fields: new PostFields(Array.from(fields, expand)), file };
}

const exemptFields: readonly string[] = ['x-amz-signature', 'awsaccesskeyid', 'signature', 'policy', 'file'];

/** Fields that no condition needs to cover. */
function isExempt(name: string): boolean {
  const lowerName = name.toLowerCase();
  return exemptFields.includes(lowerName) || lowerName.startsWith('x-ignore-');
}

export interface S3PolicyFacts {
  /** The bucket addressed by the request, which is also what a field called `bucket` would be compared with. */
  readonly bucket: string;
  /** From {@link expandS3Form}. */
  readonly form: PostForm;
  readonly nowMs: number;
}

/**
 * The sizes of file that the policy allows.
 * @throws OssError AccessDenied .policyExpired, .conditionFailed or .extraInputFields
 */
export function checkS3Policy(policy: Policy, { bucket, form, nowMs }: S3PolicyFacts): SizeRange {
  if (isExpired(policy, nowMs)) throw new OssError('AccessDenied.policyExpired');
  const values = new Map(Array.from(form.fields, ({ name, value }) => [name.toLowerCase(), value] as const));
  values.set('bucket', bucket);
  const covered = new Set<string>();
  for (const condition of policy.conditions) {
    if (condition.kind === 'content-length-range') continue;
    const name = condition.field.toLowerCase();
    const value = values.get(name);
    if (value === undefined || !holds(condition, name, value)) {
      throw new OssError('AccessDenied.conditionFailed', { condition: clipText(formatCondition(condition)) });
    }
    covered.add(name);
  }
  const extra = [...values.keys()].filter((name) => !covered.has(name) && !isExempt(name));
  if (extra.length > 0)
    throw new OssError('AccessDenied.extraInputFields', { field: clipText(extra.join(', ')) });
  return allowedSizes(policy);
}

/** Of a Content-Type that lists several, each must begin as it should. */
function holds(condition: FieldCondition, name: string, value: string): boolean {
  if (condition.kind !== 'starts-with' || name !== 'content-type') return conditionHolds(condition, value);
  return value.split(',').every((type) => conditionHolds(condition, type.trim()));
}
