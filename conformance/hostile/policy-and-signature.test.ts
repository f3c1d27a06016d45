// Policies and signatures: everything that is nearly one. A policy is believed only when the text that came in was signed, and it means
// what its words say to a strict reader; nothing missing counts as fulfilled.

import assert from 'node:assert/strict';
import { encodePolicy, signPolicyV1, signV1, signV4 } from '../post-form.ts';
import { fieldParts, filePart, rawContentType, writeOpenParts } from '../raw-form.ts';
import { RawConnection } from '../raw-http.ts';
import { TrialBucket, type TrialForm } from '../trial-bucket.ts';
import { openHostileTrials, rawPost, summarize } from './hostile-trials.ts';

// Time stands still, so that a millisecond can be looked at.
const nowMs = Date.parse('2030-05-06T07:08:09.100Z');
const minuteMs = 60_000;
const MiB = 1024 ** 2;

const owner = { accessKeyId: 'LTAIOwner', accessKeySecret: 'secret-of-the-owner' };
const temporary = {
  accessKeyId: 'STS.temporary',
  accessKeySecret: 'secret-of-a-temporary-key',
  session: { securityToken: 'token-of-the-session', expiresAtMs: nowMs + minuteMs },
};
const expired = {
  accessKeyId: 'STS.expired',
  accessKeySecret: 'secret-of-an-expired-key',
  session: { securityToken: 'token-that-has-expired', expiresAtMs: nowMs },
};

const { target, bucket, accepts, refuses, survives, repels } = await openHostileTrials({
  clock: () => nowMs,
  accessKeys: [owner, temporary, expired],
  strictRegion: true,
});

// --- No signature, or half of one ---

refuses('no signature on a private bucket', { signed: 'not' }, '403 AccessDenied');
survives('no signature on buckets that are public', async () => {
  for (const [acl, status] of [
    ['public-read', 403],
    ['public-read-write', 204],
  ] as const) {
    const open = await TrialBucket.create(target, acl, () => nowMs);
    assert.equal((await open.post({ signed: 'not' })).status, status);
    // Half a signature is a broken one, not none.
    assert.equal((await open.post({ without: ['Signature'] })).status, 400);
    assert.equal((await open.post({ changed: { Signature: 'AAAA' } })).status, 403);
    assert.equal((await open.objects()).length, status === 204 ? 1 : 0);
  }
});
for (const version of ['v1', 'v4'] as const) {
  const names = Object.keys(version === 'v1' ? signV1(owner, 'a') : signV4(owner, 'a'));
  for (const name of names)
    refuses(`${version} without ${name}`, { signed: version, without: [name] }, '400 InvalidArgument');
  for (const name of names)
    refuses(
      `${version} with an empty ${name}`,
      { signed: version, changed: { [name]: '' } },
      name === 'policy' ? '400 InvalidPolicyDocument' : '400 InvalidArgument',
    );
  for (const name of names)
    refuses(
      `nothing of ${version} but ${name}`,
      { signed: version, without: names.filter((other) => other !== name) },
      '400 InvalidArgument',
    );
}

// --- The policy's base64 ---

const goodPolicy = JSON.stringify({
  expiration: new Date(nowMs + minuteMs).toISOString(),
  conditions: [{ bucket: bucket.name }, ['starts-with', '$key', '?>?>']],
});
const good = encodePolicy(goodPolicy);

/** A policy field, rightly signed whatever it is. */
function policyText(text: string): TrialForm {
  return { signed: 'not', fields: { key: '?>?>/a' }, changed: signPolicyV1(owner, text) };
}

accepts('a policy field, to begin with', policyText(good), { key: '?>?>/a' });
for (const [input, text] of [
  ['a blank behind it', `${good} `],
  ['a blank in front of it', ` ${good}`],
  ['a line end behind it', `${good}\n`],
  ['a line end within', `${good.slice(0, 76)}\r\n${good.slice(76)}`],
  ['the URL alphabet', good.replaceAll('/', '_').replaceAll('+', '-')],
  ['padding too much', `${good}=`],
  ['four characters of padding', `${good}====`],
  ['padding within', `${good.slice(0, 4)}====${good.slice(4)}`],
  ['one character too few', good.slice(0, -1)],
  ['a character that is none of base64', `${good.slice(0, 8)}*${good.slice(9)}`],
  ['NUL behind it', `${good}\0`],
  ['percent-encoding', encodeURIComponent(good)],
  ['the JSON itself', goodPolicy],
  ['nothing but padding', '===='],
  // Whatever takes a time with the square of its length would not come back.
  ['2 MB of padding', `-${'='.repeat(2 * MiB - 2)}x`],
] as const)
  refuses(`a policy with ${input}`, policyText(text), '400 InvalidPolicyDocument');
refuses(
  'a policy that was changed after it was signed',
  { changed: { policy: good } },
  '403 SignatureDoesNotMatch',
);

// --- The policy's JSON ---

const soon = '"expiration":"2031-01-01T00:00:00Z"';
const any = `"conditions":[{"bucket":"${bucket.name}"}]`;
const deep = 100_000;

for (const [input, json] of [
  ['bytes that are not UTF-8', Buffer.from(`{${soon},${any}}\xff`, 'latin1')],
  ['a byte order mark', `\ufeff{${soon},${any}}`],
  ['UTF-16', Buffer.from(`{${soon},${any}}`, 'utf16le')],
  ['no JSON', 'expiration=2031'],
  ['an array', `[{${soon},${any}}]`],
  ['a text', '"policy"'],
  ['null', 'null'],
  ['a comma behind the last', `{${soon},${any},}`],
  ['a comma behind the last condition', `{${soon},"conditions":[{"bucket":"${bucket.name}"},]}`],
  ['a comment', `{${soon},/* any */${any}}`],
  ['single quotes', `{'expiration':'2031-01-01T00:00:00Z',${any}}`],
  ['something behind the end', `{${soon},${any}}{}`],
  ['NaN', `{${soon},"conditions":[["content-length-range",0,NaN]]}`],
  ['a raw line end in a text', `{${soon},"conditions":[{"key":"a\nb"}]}`],
  ['half of a surrogate pair', `{${soon},"conditions":[{"key":"\\ud800"}]}`],
  ['the expiration twice', `{"expiration":"2020-01-01T00:00:00Z",${soon},${any}}`],
  ['the conditions twice', `{${soon},${any},"conditions":[["starts-with","$key",""]]}`],
  ['the expiration twice, once escaped', `{"\\u0065xpiration":"2020-01-01T00:00:00Z",${soon},${any}}`],
  ['another parameter', `{${soon},${any},"version":1}`],
  ['__proto__', `{${soon},${any},"__proto__":{}}`],
  ['__proto__ in place of the conditions', `{${soon},"__proto__":{${any}}}`],
  ['no expiration', `{${any}}`],
  ['no conditions', `{${soon}}`],
  ['nothing', '{}'],
  ['no condition among the conditions', `{${soon},"conditions":[]}`],
  ['conditions that are an object', `{${soon},"conditions":{"bucket":"${bucket.name}"}}`],
  ['an empty condition', `{${soon},"conditions":[{}]}`],
  ['a condition that is an empty list', `{${soon},"conditions":[[]]}`],
  ['a condition of two members', `{${soon},"conditions":[{"bucket":"${bucket.name}","key":"a"}]}`],
  ['a condition that is a text', `{${soon},"conditions":["bucket"]}`],
  ['a condition that is null', `{${soon},"conditions":[null]}`],
  ['a value that is a number', `{${soon},"conditions":[{"key":1}]}`],
  ['a value that is null', `{${soon},"conditions":[{"key":null}]}`],
  ['an operator that there is not', `{${soon},"conditions":[["ends-with","$key","a"]]}`],
  ['an operator in capitals', `{${soon},"conditions":[["EQ","$key","a"]]}`],
  ['an operator called toString', `{${soon},"conditions":[["toString","$key","a"]]}`],
  ['an operator without its value', `{${soon},"conditions":[["eq","$key"]]}`],
  ['an operator with two values', `{${soon},"conditions":[["eq","$key","a","b"]]}`],
  ['"in" without a list', `{${soon},"conditions":[["in","$key","a"]]}`],
  [`brackets ${deep} deep`, `{${soon},"conditions":${'['.repeat(deep)}${']'.repeat(deep)}}`],
  [`braces ${deep} deep`, `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`],
  ['nine levels', `{${soon},"conditions":[[[[[[[["a"]]]]]]]]}`],
  ['257 conditions', `{${soon},"conditions":[${Array(257).fill('["starts-with","$key",""]')}]}`],
  ['50 000 conditions', `{${soon},"conditions":[${Array(50_000).fill('["starts-with","$key",""]')}]}`],
] as const)
  refuses(
    `a policy with ${input}`,
    policyText(Buffer.from(json).toString('base64')),
    '400 InvalidPolicyDocument',
  );
refuses('a policy of over 2 MB', policyText('A'.repeat(2 * MiB + 4)), '400 FieldItemTooLong');
accepts('256 conditions', {
  policy: { conditions: Array(256).fill(['starts-with', '$key', '']) },
});

for (const [min, max] of [
  ['10', '9'],
  ['1.5', '10'],
  ['0', '1e400'],
  ['0', '1e1'],
  ['-0', '10'],
  ['-1', '10'],
  ['"0"', '"10"'],
  ['0', '9007199254740993'],
  ['0', '18446744073709551616'],
  ['0', 'null'],
  ['0', 'true'],
  ['[0]', '[10]'],
  ['00', '10'],
  ['+0', '10'],
  ['0x0', '0xa'],
] as const)
  refuses(
    `the size range ${min} to ${max}`,
    policyText(encodePolicy(`{${soon},"conditions":[["content-length-range",${min},${max}]]}`)),
    '400 InvalidPolicyDocument',
  );

// --- When it ends ---

for (const expiration of [
  '',
  '2031',
  '2031-01-01',
  'Wed 1 Jan 2031',
  'Wed, 01 Jan 2031 00:00:00 GMT',
  '2031-01-01T00:00:00',
  '2031-01-01 00:00:00Z',
  '2031-01-01T00:00Z',
  '2031-01-01T00:00:00z',
  '2031-01-01T00:00:00+08:00',
  '2031-01-01T00:00:00+00:00',
  '+012031-01-01T00:00:00Z',
  '2031-02-30T00:00:00Z',
  '2031-13-01T00:00:00Z',
  '2031-01-01T24:00:00Z',
  '2031-06-30T23:59:60Z',
  ' 2031-01-01T00:00:00Z',
  '2031-01-01T00:00:00Z\n',
  '２０３１-01-01T00:00:00Z',
])
  refuses(`the expiration "${expiration}"`, { policy: { expiration } }, '400 InvalidPolicyDocument');
for (const expiration of [1_900_000_000, null, true, ['2031-01-01T00:00:00Z'], {}])
  refuses(
    `the expiration ${JSON.stringify(expiration)}`,
    { policy: { policy: { expiration, conditions: [{ bucket: bucket.name }] } } },
    '400 InvalidPolicyDocument',
  );
accepts('the last moment of the year 9999', { policy: { expiration: '9999-12-31T23:59:59.999Z' } });
accepts('a policy that ends now', { policy: { expiration: '2030-05-06T07:08:09.100Z' } });
refuses(
  'a policy that ended a millisecond ago',
  { policy: { expiration: '2030-05-06T07:08:09.099Z' } },
  '403 AccessDenied',
);
refuses(
  'a policy that ended long ago',
  { policy: { expiration: '1970-01-01T00:00:00Z' } },
  '403 AccessDenied',
);

// --- Its conditions ---

/** A form with `note=abc`, under these conditions. */
function under(...conditions: unknown[]): TrialForm {
  return { fields: { note: 'abc' }, policy: { conditions } };
}

for (const condition of [
  ['eq', '$absent', ''],
  ['eq', '$absent', 'a'],
  ['starts-with', '$absent', ''],
  ['in', '$absent', ['', 'a']],
  ['not-in', '$absent', ['a']],
  ['not-in', '$absent', []],
  { absent: '' },
  ['eq', '$__proto__', ''],
  ['eq', '$constructor', ''],
  ['starts-with', '$toString', ''],
  ['starts-with', '$file', ''],
])
  refuses(
    `${JSON.stringify(condition)} on a form that has no such field`,
    under(condition),
    '403 AccessDenied',
  );
for (const condition of [
  ['eq', '$note', 'ABC'],
  ['eq', '$note', 'abc '],
  ['eq', '$note', 'ab'],
  ['starts-with', '$note', 'abcd'],
  ['starts-with', '$note', 'b'],
  ['in', '$note', []],
  ['in', '$note', ['ab', 'c']],
  ['not-in', '$note', ['abc']],
  { note: '' },
])
  refuses(`${JSON.stringify(condition)} on note=abc`, under(condition), '403 AccessDenied');
for (const condition of [
  ['eq', '$note', 'abc'],
  ['eq', 'note', 'abc'],
  ['eq', '$NOTE', 'abc'],
  ['starts-with', '$note', ''],
  ['starts-with', '$note', 'abc'],
  ['in', '$note', ['x', 'abc']],
  ['not-in', '$note', []],
])
  accepts(`${JSON.stringify(condition)} on note=abc`, under(condition));
refuses(
  'one condition of two that fails',
  under(['eq', '$note', 'abc'], ['eq', '$note', 'abd']),
  '403 AccessDenied',
);
refuses(
  'a NUL behind the allowed name',
  { fields: { note: 'abc\0' }, policy: { conditions: [{ note: 'abc' }] } },
  '403 AccessDenied',
);
refuses('another bucket in the policy', under({ bucket: 'another-bucket' }), '403 AccessDenied');
refuses(
  'another bucket in the policy, and that in a field',
  {
    ...under({ bucket: 'another-bucket' }),
    fields: { bucket: 'another-bucket' },
  },
  '403 AccessDenied',
);
repels('a form signed for one bucket, posted to another', async (to) => {
  const other = await TrialBucket.create(target, 'private', () => nowMs);
  assert.equal((await other.postFields(to.fields({}))).code, 'AccessDenied');
  assert.deepEqual(await other.objects(), []);
});
refuses(
  'a form signed for one folder, posted into another',
  { fields: { key: 'user/eve/a' }, policy: { conditions: [['starts-with', '$key', 'user/ann/']] } },
  '403 AccessDenied',
);

// --- The size ---

/** A file of 5 bytes under this range. */
function sized(min: number, max: number): TrialForm {
  return { policy: { conditions: [['content-length-range', min, max]] } };
}

accepts('exactly the size allowed', sized(5, 5));
refuses('a byte too much', sized(0, 4), '400 EntityTooLarge');
refuses('a byte too few', sized(6, 10), '400 EntityTooSmall');
refuses('a byte where none is allowed', sized(0, 0), '400 EntityTooLarge');
accepts('nothing where nothing is allowed', { ...sized(0, 0), file: { content: '' } });
refuses('nothing where something is wanted', { ...sized(1, 5), file: { content: '' } }, '400 EntityTooSmall');
refuses(
  'two ranges that no size fits',
  {
    policy: {
      conditions: [
        ['content-length-range', 6, 9],
        ['content-length-range', 0, 5],
      ],
    },
  },
  '400 EntityTooSmall',
);
accepts('fields and parts behind the file do not count', {
  ...sized(5, 5),
  fields: { note: 'x'.repeat(10_000) },
});
repels('a file that is too large is refused while it is still coming', async (to) => {
  const connection = await RawConnection.open(target);
  const open = writeOpenParts([...fieldParts(to.fields(sized(0, MiB))), filePart('x'.repeat(2 * MiB))]);
  await connection.write(rawPost(to, ['Transfer-Encoding: chunked']));
  await connection.write(`${open.length.toString(16)}\r\n${open}\r\n`);
  assert.deepEqual((await connection.remaining()).map(summarize), ['400 EntityTooLarge']);
});
repels('a file that must be too large, by the length of the body, is refused before it comes', async (to) => {
  const connection = await RawConnection.open(target);
  const open = writeOpenParts([...fieldParts(to.fields(sized(0, MiB))), filePart('')]);
  await connection.write(rawPost(to, [`Content-Length: ${100 * MiB}`], open));
  assert.deepEqual((await connection.remaining()).map(summarize), ['400 EntityTooLarge']);
});

// --- The signature ---

const noMatch = '403 SignatureDoesNotMatch';
for (const signed of ['v1', 'v4'] as const) {
  const field = signed === 'v1' ? 'Signature' : 'x-oss-signature';
  const wrong: readonly [input: string, change: (signature: string) => string][] = [
    ['one bit off', (text) => flipBit(text, signed === 'v1' ? 'base64' : 'hex')],
    ['its last character missing', (text) => text.slice(0, -1)],
    ['one character', () => 'A'],
    ['a blank behind it', (text) => `${text} `],
    ['NUL behind it', (text) => `${text}\0`],
    ['another case', (text) => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase())],
    [
      'its bytes in another notation',
      (text) =>
        Buffer.from(text, signed === 'v1' ? 'base64' : 'hex').toString(signed === 'v1' ? 'hex' : 'base64'),
    ],
    ['2 MB', () => 'A'.repeat(2 * MiB)],
    ['no ASCII', (text) => `${text.slice(0, -1)}é`],
    ['zeros', (text) => text.replace(/[^=]/g, '0')],
  ];
  for (const [input, change] of wrong)
    refuses(
      `${signed}: a signature with ${input}`,
      (to) => {
        const fields = to.fields({ signed });
        return to.postFields({ ...fields, [field]: change(fields[field] as string) });
      },
      noMatch,
    );
  refuses(
    `${signed}: somebody else's secret`,
    { signed, signer: { ...owner, accessKeySecret: temporary.accessKeySecret } },
    noMatch,
  );
  refuses(`${signed}: an empty secret`, { signed, signer: { ...owner, accessKeySecret: '' } }, noMatch);
  for (const accessKeyId of [
    'nobody',
    '__proto__',
    'constructor',
    owner.accessKeyId.toLowerCase(),
    `${owner.accessKeyId} `,
  ])
    refuses(
      `${signed}: the unknown key "${accessKeyId}"`,
      { signed, signer: { ...owner, accessKeyId } },
      '403 InvalidAccessKeyId',
    );
}

function flipBit(text: string, encoding: 'base64' | 'hex'): string {
  const bytes = Buffer.from(text, encoding);
  bytes[7] = (bytes[7] as number) ^ 1;
  return bytes.toString(encoding);
}

refuses(
  'both versions in one form',
  (to) => to.postFields({ ...to.fields({ signed: 'v4' }), ...signV1(owner, to.name, { nowMs }) }),
  '400 InvalidArgument',
);
for (const version of ['OSS2', '2', 'oss4-hmac-sha256', 'OSS4-HMAC-SHA1', 'toString'])
  refuses(
    `the signature version ${version}`,
    { signed: 'v4', changed: { 'x-oss-signature-version': version } },
    '400 InvalidArgument',
  );
const v4 = signV4(owner, 'a', { nowMs })['x-oss-credential'] as string;
for (const [input, credential] of [
  ['of another day', v4.replace('20300506', '20300505')],
  ['of no day', v4.replace('20300506', '20300532')],
  ['of another region', v4.replace('cn-hangzhou', 'cn-beijing')],
  ['of another product', v4.replace('/oss/', '/s3/')],
  ['of another service', v4.replace('aliyun_v4_request', 'aws4_request')],
  ['of four parts', v4.replace('/oss/', '/')],
  ['of six parts', `${v4}/x`],
  ['of no parts', '////'],
] as const)
  refuses(
    `a credential ${input}`,
    (to) => {
      const conditions = [
        { bucket: to.name },
        { 'x-oss-signature-version': 'OSS4-HMAC-SHA256' },
        { 'x-oss-credential': credential },
        { 'x-oss-date': '20300506T070809Z' },
      ];
      return to.postFields({
        ...to.fields({ signed: 'v4', policy: { conditions } }),
        'x-oss-credential': credential,
      });
    },
    /region|day$/.test(input) && !input.includes('no day') ? noMatch : '400 InvalidArgument',
  );
refuses(
  'a V4 form dated 16 minutes from now',
  { signed: 'v4', policy: { nowMs: nowMs + 16 * minuteMs } },
  '400 InvalidArgument',
);
accepts('a V4 form dated 14 minutes from now', { signed: 'v4', policy: { nowMs: nowMs + 14 * minuteMs } });
refuses(
  'a V4 form dated eight days ago',
  {
    signed: 'v4',
    policy: { nowMs: nowMs - 8 * 24 * 60 * minuteMs, expiration: '2031-01-01T00:00:00Z' },
  },
  '400 InvalidArgument',
);
for (const date of ['2030-05-06T07:08:09Z', '20300506T070809', '20300506T250809Z', 'now'])
  refuses(`the V4 date ${date}`, { signed: 'v4', changed: { 'x-oss-date': date } }, '400 InvalidArgument');
for (const name of ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date'])
  refuses(
    `a V4 policy that does not name ${name}`,
    (to) => {
      const fields = signV4(owner, to.name, { nowMs });
      const policy = JSON.parse(Buffer.from(fields.policy as string, 'base64').toString());
      policy.conditions = policy.conditions.filter((condition: object) => !(name in condition));
      return to.post({ signed: 'v4', policy: { policy } });
    },
    '403 AccessDenied',
  );

accepts('a wrong signature in the Authorization header is not looked at', {
  headers: { authorization: 'OSS nobody:AAAA' },
});
refuses(
  'a right signature in the Authorization header signs no form',
  (to) => {
    const body = `--form-boundary\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--form-boundary\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n--form-boundary--\r\n`;
    return to.sendSigned({ method: 'POST', path: '/', headers: { 'content-type': rawContentType }, body });
  },
  '403 AccessDenied',
);

// --- Temporary keys ---

const token = temporary.session.securityToken;
accepts('a temporary key with its token', { signer: temporary, changed: { 'x-oss-security-token': token } });
for (const [input, changed, code] of [
  ['no token', {}, 'InvalidAccessKeyId'],
  ['an empty token', { 'x-oss-security-token': '' }, 'InvalidAccessKeyId'],
  [
    "another key's token",
    { 'x-oss-security-token': expired.session.securityToken },
    'AccessKeyIdAndSecurityTokenNotMatch',
  ],
  ['the begin of its token', { 'x-oss-security-token': token.slice(0, -1) }, 'InvalidSecurityToken'],
  ['a token of 1 MB', { 'x-oss-security-token': 'a'.repeat(MiB) }, 'InvalidSecurityToken'],
] as const)
  refuses(`a temporary key with ${input}`, { signer: temporary, changed }, `403 ${code}`);
refuses(
  'a temporary key that has expired',
  { signer: expired, changed: { 'x-oss-security-token': expired.session.securityToken } },
  '403 SecurityTokenExpired',
);
refuses(
  'a lasting key with a token',
  { changed: { 'x-oss-security-token': token } },
  '403 AccessKeyIdAndSecurityTokenNotMatch',
);
refuses(
  'a V4 form whose policy does not name its token',
  { signed: 'v4', signer: temporary, changed: { 'x-oss-security-token': token } },
  '403 AccessDenied',
);

// --- Again and again ---

survives('a signed form can be sent again until it expires', async (to) => {
  const fields = to.fields({});
  for (let n = 0; n < 50; n++) assert.equal((await to.postFields(fields)).status, 204);
});
survives('a signed form for a fixed name that may not be overwritten is stored once', async (to) => {
  const key = 'once.txt';
  const conditions = [{ bucket: to.name }, { key }, { 'x-oss-forbid-overwrite': 'true' }];
  const fields = to.fields({ fields: { key, 'x-oss-forbid-overwrite': 'true' }, policy: { conditions } });
  const again = Array.from({ length: 10 }, () => to.postFields(fields));
  const statuses = (await Promise.all(again)).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [204, ...Array(9).fill(409)]);
  assert.equal((await to.postFields({ ...fields, 'x-oss-forbid-overwrite': 'false' })).status, 403);
});
