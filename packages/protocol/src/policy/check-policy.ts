// Whether a form keeps to its policy (PostObject reference, "Policy"; error pages 0006-00000213 and 226 to 228). Conditions see the form
// as it was sent: `${filename}` is expanded after this check. Fields that the policy does not name are allowed, except the ones that
// control a V4 signature.

import { OssError } from '../errors.ts';
import type { PostForm } from '../form/post-fields.ts';
import { clipText } from './clip-text.ts';
import { type Condition, type FieldCondition, formatCondition, type Policy } from './policy.ts';

/** The largest file that a form can upload: 5 GB, whatever the policy says. */
export const fileBytesMax = 5 * 1024 ** 3;

/** The sizes of file that are allowed, both ends included. When `minBytes` is over `maxBytes` no size is. */
export interface SizeRange {
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface PolicyFacts {
  /** The bucket addressed by the request; a form field called `bucket` is only a field. */
  readonly bucket: string;
  readonly form: PostForm;
  readonly nowMs: number;
  /** Fields that the policy must name if the form carries them. See `postControlFields`. */
  readonly controlFields: readonly string[];
}

/**
 * The sizes of file that the policy allows.
 * @throws OssError AccessDenied .policyExpired, .conditionFieldMissing, .conditionFailed or .extraInputFields
 */
export function checkPolicy(policy: Policy, facts: PolicyFacts): SizeRange {
  if (isExpired(policy, facts.nowMs)) throw new OssError('AccessDenied.policyExpired');
  for (const { condition, verdict } of evaluateConditions(policy, facts)) {
    if (verdict === 'missing') throw refusal('conditionFieldMissing', condition);
    if (verdict === 'fails') throw refusal('conditionFailed', condition);
  }
  const uncovered = findUncovered(policy, facts.form, facts.controlFields);
  if (uncovered.length > 0) {
    throw new OssError('AccessDenied.extraInputFields', { field: uncovered.join(', ') });
  }
  return allowedSizes(policy);
}

/** The moment of expiration itself still belongs to the policy. */
export function isExpired(policy: Policy, nowMs: number): boolean {
  return nowMs > policy.expiresAtMs;
}

/** What all `content-length-range` conditions and {@link fileBytesMax} leave together. */
export function allowedSizes(policy: Policy): SizeRange {
  let minBytes = 0;
  let maxBytes = fileBytesMax;
  for (const condition of policy.conditions) {
    if (condition.kind !== 'content-length-range') continue;
    minBytes = Math.max(minBytes, condition.minBytes);
    maxBytes = Math.min(maxBytes, condition.maxBytes);
  }
  return { minBytes, maxBytes };
}

export interface ConditionOutcome {
  readonly condition: Condition;
  /** `missing`: the form lacks the field. `not-checked`: a condition on the size, and the size is not known yet. */
  readonly verdict: 'holds' | 'fails' | 'missing' | 'not-checked';
  /** The value compared; of a condition on the size, the size in bytes. */
  readonly got: string | undefined;
}

/** Judges every condition, in the policy's order. `fileBytes` is the size of the file, if it is known. */
export function evaluateConditions(
  policy: Policy,
  facts: { readonly bucket: string; readonly form: PostForm; readonly fileBytes?: number | undefined },
): readonly ConditionOutcome[] {
  return policy.conditions.map((condition): ConditionOutcome => {
    if (condition.kind === 'content-length-range') {
      if (facts.fileBytes === undefined) return { condition, verdict: 'not-checked', got: undefined };
      const fits = condition.minBytes <= facts.fileBytes && facts.fileBytes <= condition.maxBytes;
      return { condition, verdict: fits ? 'holds' : 'fails', got: String(facts.fileBytes) };
    }
    const got = findValue(condition.field, facts.bucket, facts.form);
    // A field that is not there fails whatever the operator, `not-in` and `starts-with ""` included.
    if (got === undefined) return { condition, verdict: 'missing', got };
    return { condition, verdict: conditionHolds(condition, got) ? 'holds' : 'fails', got };
  });
}

/** The value that conditions on `field` compare; undefined when the form has none. */
function findValue(field: string, bucket: string, form: PostForm): string | undefined {
  const name = field.toLowerCase();
  // Never from the form: a field called `bucket` would let a policy for one bucket open another.
  if (name === 'bucket') return bucket;
  const value = form.fields.get(name);
  // Browsers put the type on the file part, and a form without a Content-Type field is checked by that.
  if (value === undefined && name === 'content-type') return form.file.contentType;
  return value;
}

/** Whether a value, as sent, passes a condition. */
export function conditionHolds(condition: FieldCondition, got: string): boolean {
  switch (condition.kind) {
    case 'eq':
      return got === condition.value;
    case 'starts-with':
      return got.startsWith(condition.value);
    case 'in':
      return condition.values.includes(got);
    case 'not-in':
      return !condition.values.includes(got);
  }
}

/** Those of `names` that the form carries and no condition names. The signature cannot be signed into itself. */
export function findUncovered(policy: Policy, form: PostForm, names: Iterable<string>): readonly string[] {
  const covered = new Set(['x-oss-signature']);
  for (const condition of policy.conditions) {
    if (condition.kind !== 'content-length-range') covered.add(condition.field.toLowerCase());
  }
  return Array.from(names).filter((name) => form.fields.has(name) && !covered.has(name.toLowerCase()));
}

function refusal(row: 'conditionFieldMissing' | 'conditionFailed', condition: Condition): OssError {
  return new OssError(`AccessDenied.${row}`, { condition: clipText(formatCondition(condition)) });
}
