// The policy of a bucket as S3 writes it, in the words of OSS (AWS: "Bucket policies", "Actions, resources, and condition keys for Amazon
// S3"). Only what can be said exactly is translated: a Deny that was understood by half would let in whom it should keep out. What the
// policy then means is access/access-policy.ts's to read.

import { matchesWildcard } from '../access/wildcard.ts';
import { OssError } from '../errors.ts';
import { clipText } from '../policy/clip-text.ts';
import {
  formatJson,
  JsonError,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../policy/strict-json.ts';
import { encodeUtf8 } from '../utf8.ts';

/** Bytes of UTF-8. */
export const s3BucketPolicyBytesMax = 20 * 1024;

/** The actions that mean something here; wildcards stand for those of them that they match. */
// biome-ignore format: a table is read by its columns.
const ACTIONS: readonly (readonly [s3: string, oss: string])[] = [
  ['GetObject',                     'GetObject'],
  ['GetObjectVersion',              'GetObjectVersion'],
  ['PutObject',                     'PutObject'],
  ['DeleteObject',                  'DeleteObject'],
  ['DeleteObjectVersion',           'DeleteObjectVersion'],
  ['GetObjectAcl',                  'GetObjectAcl'],
  ['GetObjectVersionAcl',           'GetObjectVersionAcl'],
  ['PutObjectAcl',                  'PutObjectAcl'],
  ['PutObjectVersionAcl',           'PutObjectVersionAcl'],
  ['GetObjectTagging',              'GetObjectTagging'],
  ['GetObjectVersionTagging',       'GetObjectVersionTagging'],
  ['PutObjectTagging',              'PutObjectTagging'],
  ['PutObjectVersionTagging',       'PutObjectVersionTagging'],
  ['DeleteObjectTagging',           'DeleteObjectTagging'],
  ['DeleteObjectVersionTagging',    'DeleteObjectVersionTagging'],
  ['AbortMultipartUpload',          'AbortMultipartUpload'],
  ['ListMultipartUploadParts',      'ListParts'],
  ['ListBucketMultipartUploads',    'ListMultipartUploads'],
  ['ListBucket',                    'ListObjects'],
  ['ListBucketVersions',            'ListObjectVersions'],
  ['DeleteBucket',                  'DeleteBucket'],
  ['GetBucketLocation',             'GetBucketLocation'],
  ['GetBucketAcl',                  'GetBucketAcl'],
  ['PutBucketAcl',                  'PutBucketAcl'],
  ['GetBucketCORS',                 'GetBucketCors'],
  ['PutBucketCORS',                 'PutBucketCors'],
  ['PutBucketCORS',                 'DeleteBucketCors'],
  ['GetBucketVersioning',           'GetBucketVersioning'],
  ['PutBucketVersioning',           'PutBucketVersioning'],
  ['GetBucketTagging',              'GetBucketTagging'],
  ['PutBucketTagging',              'PutBucketTagging'],
  ['PutBucketTagging',              'DeleteBucketTagging'],
  ['GetBucketPolicy',               'GetBucketPolicy'],
  ['PutBucketPolicy',               'PutBucketPolicy'],
  ['DeleteBucketPolicy',            'DeleteBucketPolicy'],
];

/** In lower case: S3 reads the names of keys in any. */
const CONDITION_KEYS: Readonly<Record<string, string>> = {
  'aws:sourceip': 'acs:SourceIp',
  'aws:useragent': 'acs:UserAgent',
  'aws:currenttime': 'acs:CurrentTime',
  'aws:securetransport': 'acs:SecureTransport',
  's3:prefix': 'oss:Prefix',
  's3:delimiter': 'oss:Delimiter',
};

/**
 * @returns the text that PutBucketPolicy of OSS takes; what identifies a statement to its author (`Id`, `Sid`) is not in it
 * @throws OssError MalformedPolicy
 */
export function toOssBucketPolicy(text: string): string {
  if (encodeUtf8(text).length > s3BucketPolicyBytesMax) {
    throw malformed(`the policy has more than ${s3BucketPolicyBytesMax} bytes`);
  }
  const document = checkObject(readJson(text), ['Version', 'Id', 'Statement'], 'the policy');
  const version = document.get('Version') ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') throw malformed('the Version is not known');
  // Taken for the text that it is not, a variable would match nothing, and a Deny with it never deny.
  if (version === '2012-10-17' && formatJson(document).includes('${')) {
    throw malformed('policy variables are not known here');
  }
  const given = document.get('Statement');
  const statements = (Array.isArray(given) ? given : [given]).map((statement, index) =>
    translateStatement(statement, `statement ${index + 1}`),
  );
  return formatJson(
    new Map<string, JsonValue>([
      ['Version', '1'],
      ['Statement', statements],
    ]),
    '',
  );
}

function readJson(text: string): JsonValue {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new OssError(
      'MalformedPolicy',
      { problem: `Policies must be valid JSON: ${cause.message}` },
      { cause },
    );
  }
}

const statementMembers = ['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'];

function translateStatement(value: JsonValue | undefined, where: string): JsonObject {
  const statement = checkObject(value, statementMembers, where);
  const effect = statement.get('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`${where}: Effect must be Allow or Deny`);
  const condition = statement.get('Condition');
  return new Map<string, JsonValue>([
    ['Effect', effect],
    ['Principal', translatePrincipal(statement.get('Principal'), where)],
    [
      'Action',
      texts(statement.get('Action'), `${where}: Action`).flatMap((action) => translateAction(action, where)),
    ],
    [
      'Resource',
      texts(statement.get('Resource'), `${where}: Resource`).map((name) => translateResource(name, where)),
    ],
    ...(condition === undefined ? [] : [['Condition', translateCondition(condition, where)] as const]),
  ]);
}

/** `*`, an account or a user by its id, or an account as `arn:aws:iam::<account>:root`. */
function translatePrincipal(value: JsonValue | undefined, where: string): string[] {
  if (value === '*') return ['*'];
  const { AWS } = Object.fromEntries(checkObject(value, ['AWS'], `${where}: Principal`));
  return texts(AWS, `${where}: Principal`).map((principal) => {
    const name = /^arn:aws:iam::([A-Za-z0-9_-]+):root$/.exec(principal)?.[1] ?? principal;
    if (name !== '*' && !/^[A-Za-z0-9_-]+$/.test(name))
      throw malformed(`${where}: Invalid principal in policy`);
    return name;
  });
}

function translateAction(action: string, where: string): string[] {
  if (action === '*') return ['*'];
  const [, pattern] = /^s3:([A-Za-z0-9*?]+)$/i.exec(action) ?? [];
  if (pattern === '*') return ['oss:*'];
  if (pattern === undefined) throw malformed(`${where}: Policy has invalid action`);
  const translated = ACTIONS.filter(([name]) => matchesWildcard(pattern.toLowerCase(), name.toLowerCase()));
  if (translated.length === 0) throw malformed(`${where}: Policy has invalid action`);
  return translated.map(([, name]) => `oss:${name}`);
}

function translateResource(resource: string, where: string): string {
  if (resource === '*') return '*';
  const [, path] = /^arn:aws:s3:::(.+)$/su.exec(resource) ?? [];
  if (path === undefined) throw malformed(`${where}: Policy has invalid resource`);
  return `acs:oss:*:*:${path}`;
}

function translateCondition(value: JsonValue, where: string): JsonObject {
  const operators = checkObject(value, undefined, `${where}: Condition`);
  return new Map(
    Array.from(operators, ([operator, comparisons]) => {
      const keys = checkObject(comparisons, undefined, `${where}: ${clipText(operator)}`);
      const translated = new Map(Array.from(keys, ([key, values]) => [translateKey(key, where), values]));
      // Names that differ in case alone: one of the two would be lost.
      if (translated.size < keys.size) throw malformed(`${where}: Policy has a condition key twice`);
      return [operator, translated];
    }),
  );
}

function translateKey(key: string, where: string): string {
  const tag = /^s3:(ExistingObjectTag|RequestObjectTag)\/(.+)$/s.exec(key);
  if (tag) return `oss:${tag[1]}/${tag[2]}`;
  const lowerKey = key.toLowerCase();
  if (!Object.hasOwn(CONDITION_KEYS, lowerKey))
    throw malformed(`${where}: Policy has an invalid condition key`);
  return CONDITION_KEYS[lowerKey] as string;
}

// --- JSON ---

function texts(value: JsonValue | undefined, where: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((item): item is string => typeof item === 'string')) return [...list];
  throw malformed(`${where} must be a text or an array of texts`);
}

/** @param known its members; undefined: any */
function checkObject(
  value: JsonValue | undefined,
  known: readonly string[] | undefined,
  where: string,
): JsonObject {
  if (!(value instanceof Map)) throw malformed(`${where} must be an object`);
  const unknown = known && Array.from((value as JsonObject).keys()).find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(`${where}: "${clipText(unknown)}" is not known`);
  return value;
}

function malformed(problem: string): OssError {
  return new OssError('MalformedPolicy', { problem });
}
