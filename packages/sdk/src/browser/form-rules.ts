// What the policy of a form demands, read before anything is sent, so that a file which storage would refuse is refused at once and
// in words. This is a courtesy: the policy binds because storage checks it, so what cannot be read here is left to storage.
// Operators and the size range as in the PostObject reference, "Policy".

import type { SignedForm } from '../signed-form.ts';

/** One demand on one field. */
export interface FieldRule {
  readonly operator: string;
  /** In lower case, without `$`. `bucket` stands for the address and is no field of the form. */
  readonly field: string;
  readonly wanted: string | readonly string[];
}

export interface FormRules {
  /** False when there is a policy that could not be read: then nothing may be added to the form. */
  readonly known: boolean;
  readonly fields: readonly FieldRule[];
  /** Bytes, inclusive. */
  readonly minBytes: number;
  readonly maxBytes: number;
}

/** The most that one form may carry (OSS: 5 GB); more needs a multipart upload. */
const formBytesMax = 5 * 1024 ** 3;

const OPERATORS: Record<string, (value: string, wanted: never) => boolean> = {
  eq: (value, wanted: string) => value === wanted,
  'starts-with': (value, wanted: string) => value.startsWith(wanted),
  in: (value, wanted: readonly string[]) => wanted.includes(value),
  'not-in': (value, wanted: readonly string[]) => !wanted.includes(value),
};

/** The demands of the form's policy and, for the size, of its `limits` as well. */
export function readRules(form: SignedForm): FormRules {
  const { minBytes = 0, maxBytes = formBytesMax } = form.limits ?? {};
  const conditions = readConditions(form.fields.policy);
  const rules: FieldRule[] = [];
  let min = minBytes;
  let max = maxBytes;
  for (const condition of conditions ?? []) {
    if (!Array.isArray(condition)) {
      const [[name, wanted] = ['', '']] = Object.entries(condition as Record<string, string>);
      rules.push({ operator: 'eq', field: name.toLowerCase(), wanted });
    } else if (condition[0] === 'content-length-range') {
      min = Math.max(min, condition[1]);
      max = Math.min(max, condition[2]);
    } else {
      const field = String(condition[1]).replace(/^\$/, '').toLowerCase();
      rules.push({ operator: condition[0], field, wanted: condition[2] });
    }
  }
  return { known: conditions !== undefined, fields: rules, minBytes: min, maxBytes: max };
}

/** Whether a value meets a demand. One on a field that is not sent fails; an operator unknown here is storage's to judge. */
export function meetsRule({ operator, wanted }: FieldRule, value: string | undefined): boolean {
  return value !== undefined && (OPERATORS[operator]?.(value, wanted as never) ?? true);
}

/** Whether the policy lets a field have this value. */
export function allowsValue(rules: FormRules, field: string, value: string): boolean {
  return rules.known && rulesOn(rules, field).every((rule) => meetsRule(rule, value));
}

export function rulesOn(rules: FormRules, field: string): readonly FieldRule[] {
  return rules.fields.filter((rule) => rule.field === field);
}

/** No policy is an empty list: an anonymous form. Undefined when there is one that only storage can make sense of. */
function readConditions(policy: string | undefined): unknown[] | undefined {
  if (!policy) return [];
  try {
    // `\$` is how OSS writes a dollar in a policy, though JSON has no such escape.
    const { conditions } = JSON.parse(decodeUtf8(atob(policy)).replace(/\\+\$/g, '$'));
    return conditions.every((condition: unknown) => condition && typeof condition === 'object')
      ? conditions
      : undefined;
  } catch {
    return undefined;
  }
}

/** From a string of bytes, one a character, as `atob` and response headers give it. */
export function decodeUtf8(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
