// What is allowed in a policy and still probably a mistake: a form that anybody can use for years, for any name, for any size. And what
// can never be uploaded with it.

import { allowedSizes, conditionHolds, fileBytesMax, isExpired } from './check-policy.ts';
import type { FieldCondition, Policy } from './policy.ts';
import type { BilingualText } from './summarize-explanation.ts';

/** `error`: no form can be accepted with this policy. `warning`: it allows more than was probably meant. */
export interface LintFinding {
  readonly level: 'error' | 'warning';
  readonly rule: string;
  readonly message: BilingualText;
}

/** A signed form works for whoever holds it: a policy that outlives a day is worth a word. */
export const lintedValidityMsMax = 24 * 60 * 60 * 1000;

interface LintRule extends LintFinding {
  readonly finds: (policy: Policy, nowMs: number) => boolean;
}

const RULES: readonly LintRule[] = [
  {
    level: 'error',
    rule: 'expired',
    finds: isExpired,
    message: { en: 'The policy has expired.', zh: '策略已过期。' },
  },
  {
    level: 'error',
    rule: 'no-size-fits',
    finds: (policy) => allowedSizes(policy).minBytes > allowedSizes(policy).maxBytes,
    message: {
      en: 'No size of file fits: the content-length-range conditions (and the 5 GB that a form can upload) exclude each other.',
      zh: '没有任何文件大小能满足：content-length-range 条件之间（或与表单上传的 5 GB 上限）互相排斥。',
    },
  },
  {
    level: 'error',
    rule: 'contradiction',
    finds: hasContradiction,
    message: {
      en: 'No value of some field passes: two of its conditions exclude each other, or the list of an in is empty.',
      zh: '某个字段没有任何值能通过：它的两个条件互相排斥，或 in 的列表为空。',
    },
  },
  {
    level: 'warning',
    rule: 'long-validity',
    finds: ({ expiresAtMs }, nowMs) => expiresAtMs - nowMs > lintedValidityMsMax,
    message: {
      en: 'The policy is valid for more than 24 hours; whoever holds the form can upload until then. Minutes are usual.',
      zh: '策略有效期超过 24 小时；在此之前任何持有表单的人都可以上传。通常以分钟计。',
    },
  },
  {
    level: 'warning',
    rule: 'no-bucket',
    finds: (policy) => fieldConditions(policy, 'bucket').length === 0,
    message: {
      en: 'No condition on the bucket: the form works for every bucket that its key may write to.',
      zh: '没有 bucket 条件：此表单可用于该密钥有权写入的所有 Bucket。',
    },
  },
  {
    level: 'warning',
    rule: 'no-key',
    finds: (policy) => fieldConditions(policy, 'key').length === 0,
    message: {
      en: 'No condition on key: the form can write, and overwrite, any object of the bucket.',
      zh: '没有 key 条件：此表单可以写入并覆盖 Bucket 中的任意对象。',
    },
  },
  {
    level: 'warning',
    rule: 'any-key',
    finds: (policy) => {
      const conditions = fieldConditions(policy, 'key');
      return conditions.length > 0 && conditions.every(allowsAnything);
    },
    message: {
      en: 'The condition on key allows any name (starts-with "" only says that the field is there); name a prefix.',
      zh: 'key 条件允许任意名称（starts-with "" 只表示字段存在）；应指定前缀。',
    },
  },
  {
    level: 'warning',
    rule: 'open-prefix',
    finds: (policy) =>
      fieldConditions(policy, 'key').some(
        (condition) => condition.kind === 'starts-with' && /[^/]$/.test(condition.value),
      ),
    message: {
      en: 'The prefix of key does not end with "/": "user/eric" also allows "user/erica/…".',
      zh: 'key 的前缀没有以 "/" 结尾："user/eric" 也允许 "user/erica/…"。',
    },
  },
  {
    level: 'warning',
    rule: 'no-size-limit',
    finds: ({ conditions }) => !conditions.some(({ kind }) => kind === 'content-length-range'),
    message: {
      en: 'No content-length-range: files of up to 5 GB are allowed.',
      zh: '没有 content-length-range：允许最大 5 GB 的文件。',
    },
  },
  {
    level: 'warning',
    rule: 'size-over-limit',
    finds: ({ conditions }) =>
      conditions.some(
        (condition) => condition.kind === 'content-length-range' && condition.maxBytes > fileBytesMax,
      ),
    message: {
      en: 'The maximum of content-length-range is over the 5 GB that a form can upload.',
      zh: 'content-length-range 的最大值超过了表单上传的 5 GB 上限。',
    },
  },
  {
    level: 'warning',
    rule: 'content-type-of-field-only',
    finds: (policy) =>
      fieldConditions(policy, 'content-type').length > 0 &&
      fieldConditions(policy, 'x-oss-content-type').length === 0,
    message: {
      en: 'A Content-Type field satisfies the condition on content-type, but the type of the file part is what gets stored; name x-oss-content-type as well, it outranks both.',
      zh: 'content-type 条件可由 Content-Type 字段满足，但实际保存的是文件部分的类型；请同时约束优先级最高的 x-oss-content-type。',
    },
  },
];

/** Every rule that finds something, errors first. `nowMs` is when the policy would be used first. */
export function lintPolicy(policy: Policy, nowMs: number): LintFinding[] {
  return RULES.filter(({ finds }) => finds(policy, nowMs)).map(({ level, rule, message }) => ({
    level,
    rule,
    message,
  }));
}

function fieldConditions({ conditions }: Policy, name: string): readonly FieldCondition[] {
  return conditions
    .filter((condition): condition is FieldCondition => condition.kind !== 'content-length-range')
    .filter(({ field }) => field.toLowerCase() === name);
}

function allowsAnything(condition: FieldCondition): boolean {
  return (condition.kind === 'starts-with' && condition.value === '') || condition.kind === 'not-in';
}

/** Whether no value passes all conditions on some field: two exact values, or an exact value and a list without it. */
function hasContradiction(policy: Policy): boolean {
  return policy.conditions.some((condition) => {
    if (condition.kind === 'in') return condition.values.length === 0;
    if (condition.kind !== 'eq') return false;
    const sameField = fieldConditions(policy, condition.field.toLowerCase());
    return !sameField.every((other) => conditionHolds(other, condition.value));
  });
}
