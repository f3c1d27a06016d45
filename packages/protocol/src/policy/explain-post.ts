// Why a form is refused, for the person who wrote it: what was checked, what it wanted, what it got, and, when the signature is wrong,
// which of the usual slips made it so. Nothing that could sign a form is ever part of it: not the secret, not the right signature, not
// a token. For logs and consoles; the client is told only what OSS tells it.

import { type ErrorName, OssError } from '../errors.ts';
import type { PostForm } from '../form/post-fields.ts';
import type { Hashes } from '../hashes.ts';
import {
  checkPostDate,
  type PostSignature,
  parsePostSignature,
  postControlFields,
  verifyPostSignature,
} from '../signature/post-signature.ts';
import { signPostV1 } from '../signature/post-v1.ts';
import { signPostV4 } from '../signature/post-v4.ts';
import { type ConditionOutcome, evaluateConditions, findUncovered, isExpired } from './check-policy.ts';
import { clipText } from './clip-text.ts';
import { findNearMisses, type NearMiss, postFieldNames } from './near-misses.ts';
import { type Condition, type Policy, parsePolicy } from './policy.ts';
import { findPolicySlip, findSigningSlip, type Slip } from './slips.ts';
import { formatJson } from './strict-json.ts';
import { type BilingualText, summarizeExplanation } from './summarize-explanation.ts';

/** Longest value of a form or a policy that an explanation repeats, in UTF-16 units. */
export const explainedValueCharsMax = 200;
/** Longest list of field names. */
export const explainedNamesMax = 64;
/** Of the values of an `in` or `not-in`, so many. */
export const explainedListMax = 20;

export interface ExplainPostInput {
  readonly form: PostForm;
  /** The bucket addressed. */
  readonly bucket: string;
  readonly nowMs: number;
  /** The size of the file, if it is known. */
  readonly fileBytes?: number | undefined;
  /** The secret of the key that the form names. Without it, or without `hashes`, the signature is not checked. */
  readonly secret?: string | undefined;
  readonly hashes?: Hashes | undefined;
  /** What the form was refused with, if it was. */
  readonly refusal?: OssError | undefined;
}

/** Plain data, ready for JSON. */
export interface PostExplanation {
  /** The first thing to mend, or that there is nothing. */
  readonly summary: BilingualText;
  /** What the server answered; absent when it was not asked. */
  readonly refusal?: RefusalExplanation;
  readonly signature: SignatureExplanation;
  readonly policy: PolicyExplanation;
  /** Absent when there is no policy that can be read. */
  readonly expiry?: ExpiryExplanation;
  /** Every condition, in the policy's order. */
  readonly conditions: readonly ConditionExplanation[];
  /** Fields received that the policy does not name. They are allowed, but the signer has no say in them. */
  readonly uncoveredFields: readonly string[];
  /** The fields of a V4 signature that the policy must name and does not. */
  readonly refusedFields: readonly string[];
  readonly nearMisses: readonly NearMiss[];
}

export interface RefusalExplanation {
  /** The row of the error catalogue. */
  readonly row: ErrorName;
  readonly message: string;
}

export interface SignatureExplanation {
  /** `malformed`: not all of it is there. `not-checked`: no secret was given. `out-of-date`: right, but not for this time. */
  readonly state: 'anonymous' | 'malformed' | 'not-checked' | 'right' | 'wrong' | 'out-of-date';
  readonly version?: 'v1' | 'v4';
  readonly accessKeyId?: string;
  readonly problem?: string;
  readonly slip?: Slip;
}

export interface PolicyExplanation {
  readonly state: 'absent' | 'malformed' | 'read';
  readonly problem?: string;
  readonly slip?: Slip;
}

export interface ExpiryExplanation {
  readonly expiration: string;
  readonly state: 'valid' | 'expired';
  /** Whole seconds that are left, or that have passed since. */
  readonly seconds: number;
}

export interface ConditionExplanation {
  /** As the policy writes it; `file` for a condition on the size. */
  readonly field: string;
  readonly operator: Condition['kind'];
  /** The value or prefix; a list as JSON; a range as `[0, 1024]`. */
  readonly wanted: string;
  readonly got: string | null;
  readonly verdict: ConditionOutcome['verdict'];
}

/**
 * Never throws, whatever the form. A wrong signature costs some two hundred HMACs (V4) to explain, which is several milliseconds that
 * anybody who knows a key id can ask for: callers that face the world should explain only so many a second.
 */
export function explainPost(input: ExplainPostInput): PostExplanation {
  const { form, bucket, nowMs, fileBytes } = input;
  const post = read(() => parsePostSignature(form.fields));
  const show = makeShow(input);
  const policyField = form.fields.get('policy');
  const reading = read(() => (policyField === undefined ? undefined : parsePolicy(policyField)));
  const policy = reading.value;
  const facts: Omit<PostExplanation, 'summary'> = {
    ...(input.refusal && { refusal: { row: input.refusal.row, message: show(input.refusal.message) } }),
    signature: explainSignature(input, post, show),
    policy: explainPolicy(policyField, reading, show),
    ...(policy && { expiry: explainExpiry(policy, nowMs) }),
    conditions: policy
      ? evaluateConditions(policy, { bucket, form, fileBytes }).map((outcome) =>
          explainCondition(outcome, show),
        )
      : [],
    uncoveredFields: policy ? listUncovered(policy, form, show) : [],
    refusedFields: policy && post.value ? findUncovered(policy, form, postControlFields(post.value)) : [],
    nearMisses: listNearMisses(form, policy, show),
  };
  return { summary: summarizeExplanation(facts), ...facts };
}

/** What came of reading something: a value or the refusal. */
type Reading<T> =
  | { readonly value: T; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: OssError };

function read<T>(parse: () => T): Reading<T> {
  try {
    return { value: parse() };
  } catch (refusal) {
    if (!(refusal instanceof OssError)) throw refusal;
    return { refusal };
  }
}

const unshown = '***';

/** Makes text from outside fit to be shown: short, and without anything that signs. */
type Show = (text: string) => string;

function makeShow({ form, secret, hashes }: ExplainPostInput): Show {
  const unspeakable = secret ? [secret] : [];
  if (secret && hashes) {
    const policy = form.fields.get('policy') ?? '';
    unspeakable.push(signPostV1(hashes, secret, policy));
    // Taken apart without judgement: in a form that mixes versions either signature may be a right one.
    const [, date = '', region = ''] = form.fields.get('x-oss-credential')?.split('/') ?? [];
    unspeakable.push(signPostV4(hashes, secret, { date, region }, policy));
  }
  // Errors repeat pieces of the policy as JSON.
  unspeakable.push(...unspeakable.map((word) => JSON.stringify(word).slice(1, -1)));
  // Many conditions may be about one field, and its value be as long as a field can.
  const shown = new Map<string, string>();
  return (text) => {
    const known = shown.get(text);
    if (known !== undefined) return known;
    const spoken = unspeakable.reduce((rest, word) => rest.replaceAll(word, unshown), text);
    const fitting = clipText(spoken, explainedValueCharsMax);
    shown.set(text, fitting);
    return fitting;
  };
}

// --- The signature ---

const secretInForm: Slip = {
  name: 'secret-in-form',
  en: 'The form carries the AccessKeySecret itself. Take it out and replace the key: whoever saw this form can sign.',
  zh: '表单里带有 AccessKeySecret 本身。请删除该字段并更换密钥：看到过此表单的人都可以签名。',
};

const tokenMissing: Slip = {
  name: 'token-missing',
  en: 'The key id starts with STS. but there is no x-oss-security-token field before the file; a temporary key needs its token.',
  zh: '密钥 ID 以 STS. 开头，但文件之前没有 x-oss-security-token 字段；临时密钥必须带上令牌。',
};

function explainSignature(
  { form, nowMs, secret, hashes }: ExplainPostInput,
  { value: post, refusal }: Reading<PostSignature | undefined>,
  show: Show,
): SignatureExplanation {
  if (refusal) return { state: 'malformed', problem: show(refusal.message) };
  if (!post) return { state: 'anonymous' };
  const shown = { version: post.version, accessKeyId: show(post.accessKeyId) };
  const slip = findFormSlip(form, post, secret);
  if (!secret || !hashes) return { state: 'not-checked', ...shown, ...(slip && { slip }) };
  if (!verifyPostSignature(hashes, secret, post)) {
    const found = slip ?? findSigningSlip(hashes, secret, post);
    return { state: 'wrong', ...shown, ...(found && { slip: found }) };
  }
  const date = read(() => (post.version === 'v4' ? checkPostDate(post, nowMs) : undefined));
  const outOfDate = date.refusal && { state: 'out-of-date' as const, problem: show(date.refusal.message) };
  return { state: 'right', ...shown, ...outOfDate, ...(slip && { slip }) };
}

/** The slips that the fields themselves show, whatever the signature. */
function findFormSlip(form: PostForm, post: PostSignature, secret: string | undefined): Slip | undefined {
  if (secret && Array.from(form.fields).some(({ value }) => value.includes(secret))) return secretInForm;
  if (post.accessKeyId.startsWith('STS.') && post.securityToken === undefined) return tokenMissing;
  return undefined;
}

// --- The policy ---

function explainPolicy(
  field: string | undefined,
  { refusal }: Reading<Policy | undefined>,
  show: Show,
): PolicyExplanation {
  if (field === undefined) return { state: 'absent' };
  if (!refusal) return { state: 'read' };
  const slip = findPolicySlip(field);
  return { state: 'malformed', problem: show(refusal.message), ...(slip && { slip }) };
}

function explainExpiry(policy: Policy, nowMs: number): ExpiryExplanation {
  const seconds = Math.floor(Math.abs(policy.expiresAtMs - nowMs) / 1000);
  return { expiration: policy.expiration, state: isExpired(policy, nowMs) ? 'expired' : 'valid', seconds };
}

/** Their values could sign, or say nothing to a reader. */
const unshownFields: ReadonlySet<string> = new Set([
  'policy',
  'signature',
  'x-oss-signature',
  'x-oss-security-token',
]);

function explainCondition({ condition, verdict, got }: ConditionOutcome, show: Show): ConditionExplanation {
  const operator = condition.kind;
  if (operator === 'content-length-range') {
    const wanted = `[${condition.minBytes}, ${condition.maxBytes}]`;
    return { field: 'file', operator, wanted, got: got ?? null, verdict };
  }
  const isShown = !unshownFields.has(condition.field.toLowerCase());
  const wanted = 'values' in condition ? explainList(condition.values, show) : show(condition.value);
  return {
    field: show(condition.field),
    operator,
    wanted: isShown ? wanted : unshown,
    got: got === undefined ? null : isShown ? show(got) : unshown,
    verdict,
  };
}

function explainList(values: readonly string[], show: Show): string {
  const rest = values.length > explainedListMax ? ['…'] : [];
  return clipText(
    formatJson([...values.slice(0, explainedListMax).map(show), ...rest]),
    explainedValueCharsMax,
  );
}

// --- The names of the fields ---

/** These sign the policy and cannot be in it. */
const signingFields: ReadonlySet<string> = new Set([
  'policy',
  'signature',
  'x-oss-signature',
  'ossaccesskeyid',
]);

function listUncovered(policy: Policy, form: PostForm, show: Show): readonly string[] {
  const names = Array.from(form.fields, ({ name }) => name);
  const coverable = names.filter((name) => !signingFields.has(name.toLowerCase()));
  return findUncovered(policy, form, coverable).slice(0, explainedNamesMax).map(show);
}

function listNearMisses(form: PostForm, policy: Policy | undefined, show: Show): readonly NearMiss[] {
  const named = (policy?.conditions ?? [])
    .filter((condition) => condition.kind !== 'content-length-range')
    .map(({ field }) => field)
    .filter((field) => field.toLowerCase() !== 'bucket');
  const received = Array.from(form.fields, ({ name }) => name);
  return findNearMisses(received, [...named, ...postFieldNames])
    .slice(0, explainedNamesMax)
    .map(({ received, meant }) => ({ received: show(received), meant: show(meant) }));
}
