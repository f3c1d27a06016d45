// Mutated forms. They begin as right forms, or as forms that are wrong in one way, and then lose their shape: in their fields, in their
// policy (signed by somebody careless), in their bytes, in their headers.

import { encodePolicy, type Fields, signPolicyV1, signV4 } from '../../conformance/post-form.ts';
import { signS3FormV2, signS3FormV4 } from '../../conformance/s3-request.ts';
import type { RawMessage } from '../../packages/server/src/http/framing.ts';
import { type Choices, choicesOf } from './choices.ts';
import { fuzzedBucket, fuzzedKey, fuzzedNowMs } from './fuzzed-server.ts';
import { mutateSome, mutateText } from './mutate.ts';

/** What the policies allow; the bytes of what is stored are held against it without any parser of ours. */
export const keyPrefix = 'user/';
const sizeMax = 400;
const tag = 'red';

/** Whether anything may come of a form that began like this. */
type Begin = 'right' | 'resigned' | 'hopeless';

interface Template {
  readonly begin: Begin;
  readonly fields: Fields;
}

export interface FuzzedForm {
  readonly message: RawMessage;
  readonly body: readonly Buffer[];
  readonly begin: Begin;
  /** Of the `policy` that was signed for this form alone. */
  readonly policy: string | undefined;
}

const future = new Date(fuzzedNowMs + 3600_000).toISOString();
const past = new Date(fuzzedNowMs - 1000).toISOString();
const boundary = 'fuzz-boundary-0123456789';

const conditions = [
  { bucket: fuzzedBucket },
  ['starts-with', '$key', keyPrefix],
  ['content-length-range', 1, sizeMax],
  { 'x-oss-meta-tag': tag },
];
const plainFields = { key: `${keyPrefix}\${filename}`, 'x-oss-meta-tag': tag };
const policyOf = (expiration: string, more: readonly unknown[] = []) =>
  JSON.stringify({ expiration, conditions: [...conditions, ...more] });
const v1 = (policy: string, key = fuzzedKey) => signPolicyV1(key, encodePolicy(policy));
const callback = encodePolicy({ callbackUrl: 'http://192.0.2.9/told', callbackBody: 'key=${object}' });
const stranger = { ...fuzzedKey, accessKeySecret: 'not that secret' };
const s3Tagging = '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>';
const wrongV1 = v1(policyOf(future), stranger);

/** The same in the words of S3, whose fields must all be in the policy. */
const s3Fields = { key: `${keyPrefix}\${filename}`, 'x-amz-meta-tag': tag };
const s3Conditions = [
  { bucket: fuzzedBucket },
  ['starts-with', '$key', keyPrefix],
  ['content-length-range', 1, sizeMax],
  { 'x-amz-meta-tag': tag },
];
const s3PolicyOf = (expiration: string) => JSON.stringify({ expiration, conditions: s3Conditions });
const s3V2 = (fields: Fields, policy: string, key = fuzzedKey) =>
  signS3FormV2(key, fuzzedBucket, fields, { policy });
/** The key is held against a policy as it will be, with the file's name in it: a value of its own would never be met. */
const s3V4 = (fields: Fields, { key = fuzzedKey, expiration = future } = {}) => {
  const more = Object.keys(fields).filter((name) => !Object.hasOwn(s3Fields, name));
  const others = ['x-amz-algorithm', 'x-amz-credential', 'x-amz-date', ...more];
  const anything = others.map((name) => ['starts-with', `$${name}`, '']);
  const policy = JSON.stringify({ expiration, conditions: [...s3Conditions, ...anything] });
  return signS3FormV4(key, fuzzedBucket, fields, { nowMs: fuzzedNowMs, policy });
};

const templates: readonly Template[] = [
  { begin: 'right', fields: { ...plainFields, ...v1(policyOf(future)) } },
  { begin: 'right', fields: { ...v1(policyOf(future)), success_action_status: '201', ...plainFields } },
  {
    begin: 'right',
    fields: { ...plainFields, ...v1(policyOf(future)), success_action_redirect: 'http://192.0.2.8/done?a=1' },
  },
  {
    begin: 'right',
    fields: { ...plainFields, 'x-oss-object-acl': 'private', callback, ...v1(policyOf(future)) },
  },
  {
    begin: 'right',
    fields: {
      ...plainFields,
      ...signV4(fuzzedKey, fuzzedBucket, {
        nowMs: fuzzedNowMs,
        policy: JSON.parse(policyOf(future, v4Conditions())),
      }),
    },
  },
  { begin: 'right', fields: s3V2(s3Fields, s3PolicyOf(future)) },
  { begin: 'right', fields: s3V4({ ...s3Fields, success_action_status: '201' }) },
  { begin: 'right', fields: s3V4({ ...s3Fields, acl: 'private', tagging: s3Tagging }) },
  { begin: 'hopeless', fields: s3V2(s3Fields, s3PolicyOf(past)) },
  { begin: 'hopeless', fields: s3V4(s3Fields, { key: stranger }) },
  { begin: 'hopeless', fields: s3V4(s3Fields, { expiration: past }) },
  { begin: 'hopeless', fields: { ...plainFields, ...v1(policyOf(past)) } },
  { begin: 'hopeless', fields: { ...plainFields, ...wrongV1 } },
  {
    begin: 'hopeless',
    fields: { ...plainFields, ...v1(policyOf(future, [{ 'x-oss-meta-other': 'must' }])) },
  },
  { begin: 'hopeless', fields: { ...plainFields } },
];

/** The control fields of V4 are signed with the rest. */
function v4Conditions(): unknown[] {
  const {
    policy: _,
    'x-oss-signature': _signature,
    ...control
  } = signV4(fuzzedKey, fuzzedBucket, { nowMs: fuzzedNowMs });
  return Object.entries(control).map(([name, value]) => ({ [name]: value }));
}

const formTokens = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    `--${boundary}`,
    `\r\n--${boundary}\r\n`,
    `\r\n--${boundary}--`,
    '--',
    '"',
    ';',
  ],
  ...[
    '; filename="x"',
    "filename*=UTF-8''%41",
    'name="key"',
    'name="policy"',
    'name="file"',
    'name="Signature"',
  ],
  ...[
    'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
    'Content-Disposition: form-data; name="',
  ],
  ...[
    'Content-Type: multipart/mixed; boundary=x\r\n',
    'Content-Transfer-Encoding: base64\r\n',
    '${filename}',
    '\0',
  ],
  ...[
    '../',
    '\\',
    '%00',
    '%2e',
    '\ufeff',
    '\u202e',
    '\ud83d\ude00',
    'x-oss-meta-tag',
    'x-oss-forbid-overwrite',
  ],
]
  .map((token) => Buffer.from(token))
  .concat([Buffer.of(0xff), Buffer.of(0xc0, 0x80), Buffer.of(0xed, 0xa0, 0x80)]);

const policyTokens = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    'null',
    'true',
    '1e999',
    '-0',
    '0.1',
    '9007199254740993',
  ],
  ...[
    '"expiration":',
    '"conditions":',
    '["eq","$key","',
    '["starts-with","$',
    '["in","$key",[',
    '["not-in","$',
  ],
  ...[
    '["content-length-range",',
    '{"bucket":"',
    '__proto__',
    'constructor',
    '"2026-01-15T13:00:00.000Z"',
    ' ',
    '\t',
    '\ufeff',
  ],
  '['.repeat(40),
].map((token) => Buffer.from(token));

const headerTokens = [
  'boundary=',
  '"',
  ';',
  ',',
  ' ',
  '\t',
  'multipart/form-data',
  'charset=utf-8',
  '=',
  '\\',
  'é',
].map((token) => Buffer.from(token));

const otherNames = [
  'KEY',
  'Policy',
  'signature',
  'file',
  'x-oss-security-token',
  'Content-Type',
  'Cache-Control',
  'x-oss-meta-',
  'AWSAccessKeyId',
  'x-amz-signature',
  'X-Amz-Meta-Tag',
  'x-amz-acl',
  'acl',
  'tagging',
];
const otherValues = [
  '',
  ' ',
  '0',
  'true',
  `${keyPrefix}x`,
  '201',
  '204',
  'http://a/',
  'public-read',
  'x'.repeat(2_000),
];

/** The same for the same seed and number. */
export function makeForm(seed: number, number: number): FuzzedForm {
  const choices = choicesOf(seed, number);
  const { begin, fields, policy } = beginForm(choices);
  const entries = mutateFields(Object.entries(fields), choices);
  const whole = writeEntries(entries, choices);
  const bytes = choices.once(2) ? whole : mutateSome(whole, choices, formTokens);
  return { begin, policy, body: cut(bytes, choices), message: messageOf(bytes, choices) };
}

function beginForm(choices: Choices): Template & { policy: string | undefined } {
  if (!choices.once(3)) return { ...choices.of(templates), policy: undefined };
  const isS3 = choices.once(3);
  let policy = isS3 ? s3PolicyOf(future) : policyOf(future);
  for (let left = 1 + choices.below(2); left > 0; left--) policy = mutateText(policy, choices, policyTokens);
  const fields = isS3 ? s3V2(s3Fields, policy) : { ...plainFields, ...v1(policy) };
  return { begin: 'resigned', fields, policy };
}

type Entries = [name: string, value: string][];

function mutateFields(entries: Entries, choices: Choices): Entries {
  const mutated = entries.map((entry): Entries[number] => [...entry]);
  for (let left = choices.below(3); left > 0 && mutated.length > 0; left--) {
    const at = choices.below(mutated.length);
    const entry = mutated[at] as Entries[number];
    const other = choices.below(mutated.length);
    switch (choices.below(7)) {
      case 0:
        mutated.splice(at, 1);
        break;
      case 1:
        mutated.splice(other, 0, [...entry]);
        break;
      case 2:
        mutated.splice(other, 0, [choices.of(otherNames), choices.of(otherValues)]);
        break;
      case 3:
        entry[0] = mutateText(entry[0], choices, formTokens);
        break;
      case 4:
        entry[1] = mutateText(entry[1], choices, formTokens);
        break;
      case 5:
        entry[1] = choices.of(otherValues);
        break;
      default:
        mutated.splice(other, 0, ...mutated.splice(at, 1));
    }
  }
  return mutated;
}

/** No writer of ours, which would refuse half of it. */
function writeEntries(entries: Entries, choices: Choices): Buffer {
  const parts = entries.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const size = choices.once(8) ? choices.of([0, sizeMax, sizeMax + 1]) : 1 + choices.below(60);
  const content = Buffer.alloc(
    size,
    choices.of(['file bytes ', '\r\n--', `\r\n--${boundary.slice(0, 10)}`, '\0', '\u00e9']),
  );
  const name = choices.once(4)
    ? choices.of(['', '../../x', 'C:\\a\\b.txt', '\u8868.png', '.', 'a/b'])
    : 'a.txt';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n`;
  return Buffer.concat([Buffer.from(parts.join('') + head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

function messageOf(body: Buffer, choices: Choices): RawMessage {
  let contentType = `multipart/form-data; boundary=${boundary}`;
  if (choices.once(12)) contentType = mutateText(contentType, choices, headerTokens);
  const length = choices.once(30)
    ? choices.of(['0', '1', '-1', '99999999999', '', '1, 1', 'x'])
    : String(body.length);
  const rawHeaders = [
    'Host',
    'localhost',
    'Content-Type',
    Buffer.from(contentType).toString('latin1'),
    'Content-Length',
    length,
  ];
  if (choices.once(20))
    rawHeaders.push('Content-MD5', choices.of(['', 'AAAAAAAAAAAAAAAAAAAAAA==', 'x', '='.repeat(24)]));
  if (choices.once(40))
    rawHeaders.push(choices.of(['Authorization', 'Origin', 'x-oss-object-acl', 'Expect']), 'OSS a:b');
  return { method: 'POST', url: `/${fuzzedBucket}/`, httpVersion: '1.1', rawHeaders };
}

/** As a network would: anywhere. */
function cut(bytes: Buffer, choices: Choices): Buffer[] {
  const chunks: Buffer[] = [];
  const everywhere = choices.once(200);
  for (let at = 0; at < bytes.length; ) {
    const end = everywhere
      ? at + 1
      : choices.once(2)
        ? bytes.length
        : at + 1 + choices.below(bytes.length - at);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

/**
 * Whether what was stored may have been, judged by nothing but the bytes that were sent and what the policy allowed.
 * @returns what is wrong; undefined when nothing is
 */
export function findFault(
  { begin, policy, body, message }: FuzzedForm,
  { key, headers, bytes }: { key: string; headers: Readonly<Record<string, string>>; bytes: Buffer },
): string | undefined {
  if (begin === 'hopeless') return 'a form that could not be right was stored';
  const sent = Buffer.concat(body);
  const used = /boundary="?([^";,]*)/i.exec(message.rawHeaders[3] ?? '')?.[1] ?? boundary;
  const framed = Buffer.concat([Buffer.from('\r\n\r\n'), bytes, Buffer.from(`\r\n--${used.trim()}`)]);
  if (!sent.includes(framed)) return 'what was stored is not a part of the form';
  if (!sent.includes(`--${used.trim()}--`)) return 'the form never ended';
  if (begin === 'resigned') return findPolicyFault(policy as string);
  if (!key.startsWith(keyPrefix)) return `the policy does not allow the key ${JSON.stringify(key)}`;
  if (bytes.length < 1 || bytes.length > sizeMax) return `the policy does not allow ${bytes.length} bytes`;
  if (headers['x-oss-meta-tag'] !== tag) return 'the policy does not allow this tag';
  return undefined;
}

function findPolicyFault(text: string): string | undefined {
  try {
    // `\$` is no JSON, but documented to stand for `$` (PostObject reference, "Policy").
    const policy = JSON.parse(text.replaceAll(/\\(.)/gs, (whole, what) => (what === '$' ? '$' : whole)));
    // The moment of expiration itself still belongs to the policy.
    if (!(Date.parse(policy.expiration) >= fuzzedNowMs)) return 'the policy had expired';
    return Array.isArray(policy.conditions) ? undefined : 'the policy has no conditions';
  } catch {
    return 'the policy is not JSON';
  }
}
