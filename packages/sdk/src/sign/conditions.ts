// The conditions of a policy, made one by one and checked when they are made: what storage would refuse as malformed, or what could
// never hold, is a TypeError here (PostObject reference, "Policy").

import { type Condition, type FieldCondition, fileBytesMax, type SizeCondition } from '@postern/protocol';

/** The field must be sent with exactly this value. */
export function equals(field: string, value: string): FieldCondition {
  return Object.freeze({ kind: 'eq', field: checkField(field), value: checkText(field, value) });
}

/** The field must be sent and begin so; with an empty prefix it may have any value. */
export function startsWith(field: string, prefix: string): FieldCondition {
  return Object.freeze({ kind: 'starts-with', field: checkField(field), value: checkText(field, prefix) });
}

/** Each field must be sent with exactly its value. */
export function equalsAll(fields: Readonly<Record<string, string>>): FieldCondition[] {
  return Object.entries(fields).map(([name, value]) => equals(name, value));
}

/** The field must be sent with one of these values. */
export function oneOf(field: string, values: readonly string[]): FieldCondition {
  return Object.freeze({ kind: 'in', field: checkField(field), values: checkTexts(field, values) });
}

/** The field must be sent, with a value other than these. */
export function noneOf(field: string, values: readonly string[]): FieldCondition {
  return Object.freeze({ kind: 'not-in', field: checkField(field), values: checkTexts(field, values) });
}

/** The file's size in bytes, both ends included; at most 5 GB. */
export function sizeBetween(minBytes: number, maxBytes: number): SizeCondition {
  for (const [name, bytes] of Object.entries({ minBytes, maxBytes })) {
    if (Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= fileBytesMax) continue;
    throw new TypeError(
      `${name} must be a whole number of bytes from 0 to ${fileBytesMax} (5 GB), not ${bytes}`,
    );
  }
  if (minBytes > maxBytes) throw new TypeError(`minBytes (${minBytes}) is more than maxBytes (${maxBytes})`);
  return Object.freeze({ kind: 'content-length-range', minBytes, maxBytes });
}

/** Conditions are plain objects, so one may come from anywhere: it is made anew. */
export function checkCondition(condition: Condition): Condition {
  switch (condition.kind) {
    case 'eq':
      return equals(condition.field, condition.value);
    case 'starts-with':
      return startsWith(condition.field, condition.value);
    case 'in':
      return oneOf(condition.field, condition.values);
    case 'not-in':
      return noneOf(condition.field, condition.values);
    case 'content-length-range':
      return sizeBetween(condition.minBytes, condition.maxBytes);
    default:
      throw new TypeError(`not a condition: ${JSON.stringify(condition)}`);
  }
}

function checkField(field: string): string {
  if (typeof field !== 'string' || !/^[^\s$\\][^\s\\]*$/.test(field)) {
    throw new TypeError(`not the name of a field: ${JSON.stringify(field)}; write it without "$"`);
  }
  return field;
}

function checkText(field: string, value: string): string {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  throw new TypeError(`the condition on "${field}" needs text, not ${JSON.stringify(value)}`);
}

function checkTexts(field: string, values: readonly string[]): readonly string[] {
  if (!Array.isArray(values) || values.length === 0) {
    throw new TypeError(`the condition on "${field}" needs a list of at least one text`);
  }
  return Object.freeze(values.map((value) => checkText(field, value)));
}
