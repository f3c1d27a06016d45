// The policies that say who may do what: attached to users and roles, to a bucket, or to a session (RAM: "Policy structure and syntax"; OSS:
// "Bucket Policy"). Read strictly: a statement that is not understood whole would allow or deny something else than its author meant.

import { clipText } from '../policy/clip-text.ts';
import {
  JsonError,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../policy/strict-json.ts';
import { encodeUtf8 } from '../utf8.ts';
import { isConditionKey } from './condition-keys.ts';
import { CONDITION_OPERATORS, type ConditionOperator, type ValueTest } from './condition-operators.ts';

/** Where a policy stands. Only a bucket's names principals: the others are about whom they are attached to. */
export type AccessPolicyKind = 'bucket' | 'identity' | 'session';

/** Bytes of UTF-8 (PutBucketPolicy: 16 KB; RAM limits: 6,144; AssumeRole: 2,048 of late, 1,024 before). */
export const accessPolicyBytesMax: Readonly<Record<AccessPolicyKind, number>> = {
  bucket: 16 * 1024,
  identity: 6144,
  session: 2048,
};

export interface AccessPolicy {
  readonly statements: readonly AccessStatement[];
}

export interface AccessStatement {
  readonly effect: 'Allow' | 'Deny';
  /** Patterns in lower case. */
  readonly actions: readonly string[];
  readonly resources: readonly ResourcePattern[];
  /** Of a bucket's policy: `*`, ids of users and accounts, ARNs of role sessions, with wildcards. Undefined in the others. */
  readonly principals: readonly string[] | undefined;
  /** All must hold. */
  readonly conditions: readonly AccessCondition[];
}

/** `acs:oss:*:*:bucket/key`, part by part: no wildcard reaches over a colon into the next part, but in the last. */
export interface ResourcePattern {
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly path: string;
}

export interface AccessCondition {
  readonly key: string;
  readonly operator: ConditionOperator;
  readonly values: readonly string[];
  /** One for each of them. */
  readonly tests: readonly ValueTest[];
}

/** `size`: too long. `version`: the Version is not "1". `grammar`: everything else. The message is for whoever wrote the policy. */
export class AccessPolicyError extends Error {
  override readonly name = 'AccessPolicyError';
  readonly fault: 'size' | 'version' | 'grammar';

  constructor(fault: 'size' | 'version' | 'grammar', problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.fault = fault;
  }
}

/** @throws AccessPolicyError */
export function parseAccessPolicy(text: string, kind: AccessPolicyKind): AccessPolicy {
  const bytesMax = accessPolicyBytesMax[kind];
  if (encodeUtf8(text).length > bytesMax)
    throw new AccessPolicyError('size', `the policy has more than ${bytesMax} bytes`);
  const document = checkObject(readJson(text), 'the policy');
  checkMembers(document, ['Version', 'Statement'], 'the policy');
  // A number is what YAML and careless JSON make of it, and is refused by OSS.
  if (document.get('Version') !== '1')
    throw new AccessPolicyError('version', 'Version must be the string "1"');
  const statements = document.get('Statement');
  if (!Array.isArray(statements) || statements.length === 0)
    throw fault('Statement must be an array of at least one statement');
  return { statements: statements.map((statement, index) => parseStatement(statement, kind, index + 1)) };
}

function readJson(text: string): JsonValue {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new AccessPolicyError('grammar', `not JSON: ${cause.message}`, { cause });
  }
}

const statementMembers = ['Effect', 'Action', 'Resource', 'Condition'];

function parseStatement(value: JsonValue, kind: AccessPolicyKind, number: number): AccessStatement {
  const where = `statement ${number}`;
  const statement = checkObject(value, where);
  checkMembers(statement, kind === 'bucket' ? [...statementMembers, 'Principal'] : statementMembers, where);
  const effect = statement.get('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw fault(`${where}: Effect must be "Allow" or "Deny"`);
  return {
    effect,
    actions: parseTexts(statement.get('Action'), `${where}: Action`).map((action) =>
      parseAction(action, where),
    ),
    resources: parseTexts(statement.get('Resource'), `${where}: Resource`).map((resource) =>
      parseResource(resource, where),
    ),
    principals: kind === 'bucket' ? parsePrincipals(statement.get('Principal'), where) : undefined,
    conditions: parseConditions(statement.get('Condition'), where),
  };
}

/** `oss:PutObject`, `oss:Get*`, `*`. Other services may be named: policies are shared with them. */
function parseAction(action: string, where: string): string {
  if (!/^(\*|[A-Za-z*?][A-Za-z0-9*?-]*:[A-Za-z0-9*?]+)$/.test(action))
    throw fault(`${where}: "${clipText(action)}" is no action such as oss:PutObject`);
  return action.toLowerCase();
}

const everyResource: ResourcePattern = { service: '*', region: '*', account: '*', path: '*' };

function parseResource(resource: string, where: string): ResourcePattern {
  if (resource === '*') return everyResource;
  const [, service, region, account, path] = /^acs:([^:]+):([^:]*):([^:]*):(.+)$/su.exec(resource) ?? [];
  if (service === undefined || region === undefined || account === undefined || path === undefined)
    throw fault(`${where}: "${clipText(resource)}" is no resource such as acs:oss:*:*:bucket/*`);
  return { service, region, account, path };
}

/** An empty list means everybody (PutBucketPolicy reference). */
function parsePrincipals(value: JsonValue | undefined, where: string): readonly string[] {
  if (Array.isArray(value) && value.length === 0) return ['*'];
  const principals = parseTexts(value, `${where}: Principal`);
  const wrong = principals.find((principal) => !/^[A-Za-z0-9*?_.@:/-]+$/.test(principal));
  if (wrong !== undefined) throw fault(`${where}: "${clipText(wrong)}" is no principal`);
  return principals;
}

function parseConditions(value: JsonValue | undefined, where: string): readonly AccessCondition[] {
  if (value === undefined) return [];
  return Array.from(checkObject(value, `${where}: Condition`)).flatMap(([name, comparisons]) => {
    const operator = CONDITION_OPERATORS.get(name);
    if (operator === undefined) throw fault(`${where}: "${clipText(name)}" is no operator of conditions`);
    return Array.from(checkObject(comparisons, `${where}: ${name}`), ([key, values]) =>
      parseCondition(operator, key, values, `${where}: ${name}`),
    );
  });
}

function parseCondition(
  operator: ConditionOperator,
  key: string,
  values: JsonValue,
  where: string,
): AccessCondition {
  if (!isConditionKey(key))
    throw fault(`${where}: "${clipText(key)}" is nothing that a condition can ask about`);
  const scalars = Array.isArray(values) ? values.map(writeScalar) : [writeScalar(values)];
  const wantedValues = parseTexts(scalars, `${where}: ${clipText(key)}`, 'may be empty');
  const tests = wantedValues.map((wanted) => {
    const test = operator.parse(wanted);
    if (test === undefined) throw fault(`${where}: expected ${operator.expects}, not "${clipText(wanted)}"`);
    return test;
  });
  return { key, operator, values: wantedValues, tests };
}

/** `true` and `1` may stand without quotes. */
function writeScalar(value: JsonValue): JsonValue {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'boolean' ? String(value) : value;
}

// --- JSON ---

/** One text or several, at least one. @param empty whether the empty text may be one of them */
function parseTexts(
  value: JsonValue | undefined,
  where: string,
  empty: 'may be empty' | 'not empty' = 'not empty',
): readonly string[] {
  if (value === undefined) throw fault(`${where} is missing`);
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw fault(`${where} must name at least one`);
  if (
    !list.every(
      (item): item is string => typeof item === 'string' && (item !== '' || empty === 'may be empty'),
    )
  )
    throw fault(`${where} must be a text or an array of texts`);
  return list;
}

function checkObject(value: JsonValue, where: string): JsonObject {
  if (value instanceof Map) return value;
  throw fault(`${where} must be an object`);
}

function checkMembers(object: JsonObject, known: readonly string[], where: string): void {
  const unknown = Array.from(object.keys()).find((name) => !known.includes(name));
  if (unknown !== undefined) throw fault(`${where}: "${clipText(unknown)}" is not known`);
}

function fault(problem: string): AccessPolicyError {
  return new AccessPolicyError('grammar', problem);
}
