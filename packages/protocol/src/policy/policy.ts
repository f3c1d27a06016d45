// The policy document: what the signer of a form allows, and until when (PostObject reference, "Policy"; error pages 0006-00000201 to
// 224). Read and written side by side: what is written here reads back the same, and every way a policy can be malformed has its row in
// the error catalogue. A `$` in a value may be written `$`, `\$` (documented) or `\\$` (what the SDKs send); all three mean `$`.

import { decodeBase64 } from '../base64.ts';
import { type ErrorName, OssError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { clipText } from './clip-text.ts';
import {
  exactCount,
  formatJson,
  JsonError,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from './strict-json.ts';

export const policyConditionsMax = 256;

export interface Policy {
  /** `expiration` as milliseconds since the epoch; a finer fraction is cut off. */
  readonly expiresAtMs: number;
  /** As written: `YYYY-MM-DDThh:mm:ss[.fraction]Z`. */
  readonly expiration: string;
  /** At least one; all must hold. */
  readonly conditions: readonly Condition[];
}

/** Field names are as written, without their `$`. Values are compared byte for byte with the field as sent. */
export type FieldCondition =
  | { readonly kind: 'eq' | 'starts-with'; readonly field: string; readonly value: string }
  | { readonly kind: 'in' | 'not-in'; readonly field: string; readonly values: readonly string[] };

/** On the bytes of the file alone. Both ends belong to the range. */
export interface SizeCondition {
  readonly kind: 'content-length-range';
  readonly minBytes: number;
  readonly maxBytes: number;
}

export type Condition = FieldCondition | SizeCondition;

/** How conditions are written, where the dialects differ. */
export interface PolicySyntax {
  /** The kind of condition that an operator stands for; undefined for one that there is not. */
  readonly readOperator: (operator: string) => Condition['kind'] | undefined;
  /** A text behind its JSON. */
  readonly readText: (text: string) => string;
}

const ossSyntax: PolicySyntax = {
  readOperator: (operator) => (isKind(operator) ? operator : undefined),
  readText: (text) => text.replaceAll('\\$', '$'),
};

/**
 * Reads the value of the form's `policy` field.
 * @throws OssError InvalidPolicyDocument
 */
export function parsePolicy(base64: string): Policy {
  return parsePolicyJson(decodePolicy(base64));
}

/**
 * The JSON text in the value of a `policy` field.
 * @throws OssError InvalidPolicyDocument .empty, .notBase64 or .notUtf8
 */
export function decodePolicy(base64: string): string {
  if (base64 === '') throw new OssError('InvalidPolicyDocument.empty');
  const bytes = decodeBase64(base64);
  if (!bytes) throw new OssError('InvalidPolicyDocument.notBase64');
  const json = decodeUtf8(bytes);
  if (json === undefined) throw new OssError('InvalidPolicyDocument.notUtf8');
  return json;
}

/**
 * @param syntax OSS's unless given
 * @throws OssError InvalidPolicyDocument; a mistake in the JSON is told with its line and column
 */
export function parsePolicyJson(json: string, syntax: PolicySyntax = ossSyntax): Policy {
  const document = parseDocument(json);
  const expiration = document.get('expiration');
  const conditions = document.get('conditions');
  if (expiration === undefined && conditions === undefined) {
    throw new OssError('InvalidPolicyDocument.noExpirationNorConditions');
  }
  if (expiration === undefined) throw new OssError('InvalidPolicyDocument.noExpiration');
  if (conditions === undefined) throw new OssError('InvalidPolicyDocument.noConditions');
  return { ...parseExpiration(expiration), conditions: parseConditions(conditions, syntax) };
}

/** Compact JSON that {@link parsePolicyJson} reads back as the same policy. */
export function writePolicy({ expiration, conditions }: Policy): string {
  const document: JsonObject = new Map<string, JsonValue>([
    ['expiration', expiration],
    ['conditions', conditions.map(writeCondition)],
  ]);
  return formatJson(document, '');
}

function parseDocument(json: string): JsonObject {
  if (json === '') throw new OssError('InvalidPolicyDocument.empty');
  const document = readJson(json);
  if (!(document instanceof Map)) {
    throw new OssError('InvalidPolicyDocument', { problem: 'the policy must be an object.' });
  }
  for (const parameter of document.keys()) {
    if (parameter === 'expiration' || parameter === 'conditions') continue;
    throw new OssError('InvalidPolicyDocument.unknownParameter', { parameter: clipText(parameter) });
  }
  return document;
}

function readJson(json: string): JsonValue {
  try {
    return parseStrictJson(json);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new OssError('InvalidPolicyDocument.notJson', { problem: cause.message }, { cause });
  }
}

// --- Expiration ---

const expirationPattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/;

function parseExpiration(value: JsonValue): { expiration: string; expiresAtMs: number } {
  if (typeof value !== 'string') throw new OssError('InvalidPolicyDocument.expirationNotString');
  if (value === '') throw new OssError('InvalidPolicyDocument.expirationEmpty');
  const expiresAtMs = readUtcTime(value);
  if (expiresAtMs === undefined) {
    throw new OssError('InvalidPolicyDocument.expirationFormat', { value: clipText(value) });
  }
  return { expiration: value, expiresAtMs };
}

/** `expiration` of a policy that ends at `expiresAtMs` (milliseconds since the epoch, year 9999 at the latest). */
export function writeExpiration(expiresAtMs: number): string {
  return new Date(expiresAtMs).toISOString();
}

/** Not Date.parse: that one also takes "2030", offsets, and the 30th of February. */
function readUtcTime(text: string): number | undefined {
  const [matched, ...parts] = expirationPattern.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries the 30th of February over into March; what did not stay as written is not in the calendar.
  if (new Date(atMs).toISOString().slice(0, 19) !== text.slice(0, 19)) return undefined;
  return atMs + Number((parts[6] ?? '').padEnd(3, '0').slice(0, 3));
}

// --- Conditions ---

function parseConditions(list: JsonValue, syntax: PolicySyntax): readonly Condition[] {
  if (!Array.isArray(list)) throw new OssError('InvalidPolicyDocument.conditionsNotArray');
  if (list.length === 0) throw new OssError('InvalidPolicyDocument.conditionsEmpty');
  if (list.length > policyConditionsMax) {
    const problem = `no more than ${policyConditionsMax} conditions are allowed.`;
    throw new OssError('InvalidPolicyDocument', { problem });
  }
  return list.map((item) => parseCondition(item, syntax));
}

function parseCondition(item: JsonValue, syntax: PolicySyntax): Condition {
  if (item instanceof Map) return parseSimpleCondition(item, syntax);
  if (!Array.isArray(item)) throw new OssError('InvalidPolicyDocument.conditionKind');
  const [mode, ...operands] = item;
  // `["$key"]` and `["$key", "a"]`: the operator was left out.
  if (typeof mode !== 'string' || mode.startsWith('$')) throw malformed('noMode', item);
  const kind = syntax.readOperator(mode);
  if (!kind) throw new OssError('InvalidPolicyDocument.unknownMode', { mode: clipText(mode) });
  if (operands.length !== 2) throw malformed('operandCount', item);
  const [first, second] = operands as [JsonValue, JsonValue];
  return OPERAND_PARSERS[kind](first, second, { item, syntax });
}

/** `{"bucket": "examplebucket"}` is `["eq", "$bucket", "examplebucket"]`. */
function parseSimpleCondition(item: JsonObject, syntax: PolicySyntax): Condition {
  const [member, ...rest] = item;
  if (!member || rest.length > 0) throw new OssError('InvalidPolicyDocument.simpleCondition');
  const [field, value] = member;
  const within = { item, syntax };
  return { kind: 'eq', field: parseField(field, within), value: parseText(value, within) };
}

/** The whole condition, to be shown when it is malformed, and how it is written. */
interface Within {
  readonly item: JsonValue;
  readonly syntax: PolicySyntax;
}

type OperandParser = (first: JsonValue, second: JsonValue, within: Within) => Condition;

/** One row for each operator. */
const OPERAND_PARSERS: Readonly<Record<Condition['kind'], OperandParser>> = {
  eq: textParser('eq'),
  'starts-with': textParser('starts-with'),
  in: listParser('in'),
  'not-in': listParser('not-in'),
  'content-length-range': parseSizeRange,
};

function isKind(operator: string): operator is Condition['kind'] {
  return Object.hasOwn(OPERAND_PARSERS, operator);
}

function textParser(kind: 'eq' | 'starts-with'): OperandParser {
  return (field, value, within) => ({
    kind,
    field: parseField(field, within),
    value: parseText(value, within),
  });
}

function listParser(kind: 'in' | 'not-in'): OperandParser {
  return (field, values, within) => ({
    kind,
    field: parseField(field, within),
    values: parseList(values, within),
  });
}

function parseSizeRange(min: JsonValue, max: JsonValue, { item }: Within): SizeCondition {
  if (!isScalar(min) || !isScalar(max)) throw malformed('rangeOperands', item);
  const minBytes = exactCount(min);
  const maxBytes = exactCount(max);
  if (minBytes === undefined) throw new OssError('InvalidPolicyDocument.rangeMin');
  if (maxBytes === undefined) throw new OssError('InvalidPolicyDocument.rangeMax');
  if (maxBytes < minBytes) throw new OssError('InvalidPolicyDocument.rangeOrder');
  return { kind: 'content-length-range', minBytes, maxBytes };
}

function isScalar(value: JsonValue): boolean {
  return typeof value === 'string' || value instanceof JsonNumber;
}

/** `$key`, or `key` as some error pages write it. */
function parseField(value: JsonValue, within: Within): string {
  const field = parseText(value, within).replace(/^\$/, '');
  if (field === '') throw malformed('operandType', within.item);
  return field;
}

function parseList(values: JsonValue, within: Within): readonly string[] {
  if (!Array.isArray(values)) throw malformed('operandType', within.item);
  return values.map((value) => parseText(value, within));
}

function parseText(value: JsonValue, { item, syntax }: Within): string {
  if (typeof value !== 'string') throw malformed('operandType', item);
  return syntax.readText(value);
}

/** The inverse of {@link parseText}: a `$` needs help only where a backslash stands before it. */
function writeText(text: string): string {
  return text.replaceAll('\\$', '\\\\$');
}

function writeCondition(condition: Condition): JsonValue {
  switch (condition.kind) {
    case 'eq':
    case 'starts-with':
      return [condition.kind, writeText(`$${condition.field}`), writeText(condition.value)];
    case 'in':
    case 'not-in':
      return [condition.kind, writeText(`$${condition.field}`), condition.values.map(writeText)];
    case 'content-length-range':
      return [
        condition.kind,
        new JsonNumber(String(condition.minBytes)),
        new JsonNumber(String(condition.maxBytes)),
      ];
  }
}

/** As error messages show it, whatever form it was written in: `["eq", "$bucket", "examplebucket"]`. */
export function formatCondition(condition: Condition): string {
  return formatJson(writeCondition(condition));
}

type MalformedRow = 'noMode' | 'operandCount' | 'operandType' | 'rangeOperands';

function malformed(row: MalformedRow, item: JsonValue): OssError {
  const name: ErrorName = `InvalidPolicyDocument.${row}`;
  return new OssError(name, { condition: clipText(formatJson(item)) });
}
