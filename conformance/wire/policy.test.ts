// What a policy allows (PostObject reference, "Policy" and "Conditions"; error pages 0006-00000213, 226 to 228): every kind of condition,
// what it compares, fields that no condition names, the moment of expiration, and the escapes of `$`.

import assert from 'node:assert/strict';
import type { PolicyOptions } from '../post-form.ts';
import { checkRefusal, newKey, openTrials, type TrialBucket, type TrialForm } from '../trial-bucket.ts';

const atNoon = Date.parse('2030-01-01T12:00:00.000Z');
let nowMs = atNoon;

const { accepts, refuses, bucket } = await openTrials();
const timed = await openTrials({ clock: () => nowMs });

const failed = '403 AccessDenied 0006-00000227';
const lacking = '403 AccessDenied 0006-00000226';
const invalid = '400 InvalidPolicyDocument';

type Fields = Record<string, string>;

/** A form with these fields, under a policy of one condition. */
function under(condition: unknown, fields: Fields = {}, more: TrialForm = {}): TrialForm {
  return { ...more, fields, policy: { conditions: [condition] } };
}

/** What an error says of a condition, in the notation of the service: arrays, and a blank behind each comma. */
function failure(condition: string) {
  return { Message: `Invalid according to Policy: Policy Condition failed: ${condition}` };
}

// --- Each operator ---

const note = (value: string): Fields => ({ note: value });
accepts('an object: equal', under({ note: 'a' }, note('a')));
refuses('an object: another value', under({ note: 'a' }, note('b')), failed, failure('["eq", "$note", "a"]'));
accepts('eq: equal', under(['eq', '$note', 'a'], note('a')));
refuses(
  'eq: another value',
  under(['eq', '$note', 'a'], note('ab')),
  failed,
  failure('["eq", "$note", "a"]'),
);
accepts('starts-with: the beginning', under(['starts-with', '$note', 'a'], note('ab')));
accepts('starts-with: all of it', under(['starts-with', '$note', 'ab'], note('ab')));
accepts('starts-with nothing: any value', under(['starts-with', '$note', ''], note('anything')));
accepts('starts-with nothing: an empty value', under(['starts-with', '$note', ''], note('')));
refuses(
  'starts-with: another beginning',
  under(['starts-with', '$note', 'b'], note('ab')),
  failed,
  failure('["starts-with", "$note", "b"]'),
);
accepts('in: one of them', under(['in', '$note', ['a', 'b']], note('b')));
refuses(
  'in: none of them',
  under(['in', '$note', ['a', 'b']], note('c')),
  failed,
  failure('["in", "$note", ["a", "b"]]'),
);
accepts('not-in: none of them', under(['not-in', '$note', ['a', 'b']], note('c')));
refuses(
  'not-in: one of them',
  under(['not-in', '$note', ['a', 'b']], note('b')),
  failed,
  failure('["not-in", "$note", ["a", "b"]]'),
);
accepts(
  'in and not-in with V4',
  {
    signed: 'v4',
    fields: { success_action_status: '200', 'Cache-Control': 'max-age=1' },
    policy: {
      conditions: [
        ['in', '$success_action_status', ['200', '201']],
        ['not-in', '$cache-control', ['no-cache']],
      ],
    },
  },
  { status: 200 },
);

// --- Values are compared byte for byte ---

refuses('a value in another case', under({ note: 'a' }, note('A')), failed);
refuses('a beginning in another case', under(['starts-with', '$note', 'A'], note('ab')), failed);
refuses('a blank behind the value', under({ note: 'a' }, note('a ')), failed);
refuses('a composed and a decomposed letter', under({ note: '\u00e9' }, note('e\u0301')), failed);
accepts('Chinese', under(['in', '$note', ['简历', '照片']], note('照片')));
accepts('an empty value is a value', under({ note: '' }, note('')));

// --- A condition on a field that the form lacks fails, whatever it says ---

const onAbsent: [condition: unknown, shown: string][] = [
  [{ note: 'a' }, '["eq", "$note", "a"]'],
  [['eq', '$note', ''], '["eq", "$note", ""]'],
  [['starts-with', '$note', ''], '["starts-with", "$note", ""]'],
  [['in', '$note', ['', 'a']], '["in", "$note", ["", "a"]]'],
  [['not-in', '$note', ['a']], '["not-in", "$note", ["a"]]'],
];
for (const [condition, shown] of onAbsent) {
  refuses(
    `${JSON.stringify(condition)} on a form without the field`,
    under(condition),
    lacking,
    failure(shown),
  );
}
refuses(
  'an empty token that the policy names and the form lacks',
  under(['eq', '$x-oss-security-token', '']),
  lacking,
);

// --- Names of fields ---

accepts('a name in another case', under(['eq', '$CONTENT-type', 'a/b'], { 'Content-Type': 'a/b' }));
accepts('a name in another case, as an object', under({ 'cache-control': 'x' }, { 'Cache-Control': 'x' }));
accepts(
  'a name without its $',
  under(['eq', 'success_action_status', '200'], { success_action_status: '200' }),
  { status: 200 },
);
refuses(
  'a name without its $ is shown with it',
  under(['eq', 'success_action_status', '200'], { success_action_status: '201' }),
  failed,
  failure('["eq", "$success_action_status", "200"]'),
);
accepts(
  'metadata in full',
  under(['starts-with', '$x-oss-meta-prop', 'prop-'], { 'x-oss-meta-prop': 'prop-1' }),
);
refuses(
  'metadata in full, another value',
  under(['eq', '$x-oss-meta-prop', 'a'], { 'x-oss-meta-prop': 'b' }),
  failed,
);
for (const [name, value] of Object.entries({
  fileName: 'a.txt',
  A: 'a',
  'x-oss-object-acl': 'private',
  'x:var': 'v',
  'x-oss-forbid-overwrite': 'true',
  'Content-Disposition': 'inline',
})) {
  accepts(`a condition on ${name}`, under({ [name]: value }, { [name]: value }));
  refuses(
    `a condition on ${name} that does not hold`,
    under({ [name]: `${value}!` }, { [name]: value }),
    failed,
  );
}
const callback = Buffer.from('{"callbackUrl":""}').toString('base64');
accepts('a condition on the callback', under({ callback }, { callback }));
refuses('another callback than the policy says', under({ callback }, { callback: '' }), failed);

// --- The bucket is the one addressed, the type may be the file part's ---

accepts('the bucket as an object', { policy: { conditions: [{ bucket: bucket.name }] } });
accepts('the bucket with eq', { policy: { conditions: [['eq', '$bucket', bucket.name]] } });
refuses(
  'another bucket',
  under({ bucket: 'mingdi-bjx' }),
  failed,
  failure('["eq", "$bucket", "mingdi-bjx"]'),
);
refuses('a field called bucket does not count', under({ bucket: 'another' }, { bucket: 'another' }), failed);

const images = ['in', '$content-type', ['image/jpg', 'image/png']];
const typed = (contentType: string | undefined): TrialForm => ({ file: { contentType } });
accepts('$content-type is the type of the file part', under(images, {}, typed('image/jpg')));
refuses('$content-type: another type of the file part', under(images, {}, typed('text/html')), failed);
refuses(
  '$content-type: neither field nor type of the file part',
  under(images, {}, typed(undefined)),
  lacking,
);
accepts(
  '$content-type: the field comes before the file part',
  under(images, { 'Content-Type': 'image/png' }, typed('text/html')),
);
refuses(
  '$content-type: a field that does not hold, though the file part would',
  under(images, { 'Content-Type': 'text/html' }, typed('image/png')),
  failed,
);

// --- The size of the file ---

/** A file of this many bytes under `content-length-range`, in a form with much else in it. */
const sized = (bytes: number, ...range: unknown[]): TrialForm =>
  under(['content-length-range', ...range], note('x'.repeat(100)), { file: { content: 'f'.repeat(bytes) } });
const tooSmall = '400 EntityTooSmall 0006-00000004';
const tooLarge = '400 EntityTooLarge 0006-00000003';
accepts('1 to 10 bytes: 1', sized(1, 1, 10));
accepts('1 to 10 bytes: 10', sized(10, 1, 10));
refuses('1 to 10 bytes: 0', sized(0, 1, 10), tooSmall, {
  Message: 'Your proposed upload smaller than the minimum allowed size.',
});
refuses('1 to 10 bytes: 11', sized(11, 1, 10), tooLarge, {
  Message: 'Your proposed upload exceeds the maximum allowed size.',
});
accepts('0 to 0 bytes: 0', sized(0, 0, 0));
refuses('0 to 0 bytes: 1', sized(1, 0, 0), tooLarge);
refuses('a large file over a large range', sized(300_000, 0, 299_999), tooLarge);
refuses('a large file under a large range', sized(300_000, 300_001, 400_000), tooSmall);
accepts('two ranges: within both', {
  file: { content: '12345' },
  policy: {
    conditions: [
      ['content-length-range', 1, 9],
      ['content-length-range', 5, 20],
    ],
  },
});
refuses(
  'two ranges: beyond the narrower',
  {
    file: { content: '1234567890' },
    policy: {
      conditions: [
        ['content-length-range', 1, 9],
        ['content-length-range', 5, 20],
      ],
    },
  },
  tooLarge,
);
refuses('a range with a text for its maximum', sized(1, 0, '10'), invalid);
refuses('a range with a text for its minimum', sized(1, '0', 10), invalid);

// --- All conditions hold, or none counts ---

accepts('several conditions on one field', {
  fields: { key: `user/eric/${newKey()}` },
  policy: {
    conditions: [
      ['starts-with', '$key', 'user/'],
      ['starts-with', '$key', 'user/eric/'],
      ['content-length-range', 1, 1024],
    ],
  },
});
refuses(
  'the last of several conditions',
  {
    fields: note('a'),
    policy: { conditions: [{ note: 'a' }, ['starts-with', '$note', 'a'], ['in', '$note', ['b']]] },
  },
  failed,
  failure('["in", "$note", ["b"]]'),
);

// --- Fields that no condition names ---

const uncovered = {
  success_action_status: '200',
  'Content-Disposition': 'attachment',
  'x-oss-meta-uuid': '1',
  'x-oss-object-acl': 'private',
  'x:var1': 'v',
  note: 'anything',
};
for (const signed of ['v1', 'v4'] as const) {
  accepts(
    `${signed}: fields that the policy does not name are allowed`,
    { signed, fields: uncovered },
    { status: 200 },
  );
  accepts(`${signed}: not even the key need be named`, {
    signed,
    policy: { conditions: [['content-length-range', 0, 100]] },
  });
}

// --- Expiration ---

const until = (expiration: string): TrialForm => ({ policy: { expiration } });
const expired = '403 AccessDenied 0006-00000213';

timed.accepts('expires in a millisecond', until('2030-01-01T12:00:00.001Z'));
timed.accepts('expires now', until('2030-01-01T12:00:00.000Z'));
timed.refuses('expired a millisecond ago', until('2030-01-01T11:59:59.999Z'), expired, {
  Message: 'Invalid according to Policy: Policy expired.',
});
timed.accepts('an expiration in whole seconds', until('2030-01-01T12:00:00Z'));
timed.refuses('an expiration in whole seconds that has passed', until('2030-01-01T11:59:59Z'), expired);
timed.accepts('an expiration far away', until('2115-01-27T10:56:19Z'));
timed.refuses('V4 that has expired', { signed: 'v4', ...until('2030-01-01T11:59:59Z') }, expired);
timed.test('a form that expires while its file is sent', async () => {
  const fields = timed.bucket.fields(until('2030-01-01T12:00:00.000Z'));
  const upload = timed.bucket.open(fields, 10, { expect: '100-continue' });
  try {
    // The server has the head of the request, and its time.
    await upload.continued;
    nowMs = atNoon + 1;
    upload.end(Buffer.concat([Buffer.from('0123456789'), upload.tail]));
    checkRefusal(await upload.answer, expired);
  } finally {
    nowMs = atNoon;
  }
  assert.equal((await timed.bucket.get(fields.key as string)).status, 404);
});
for (const expiration of [
  '2023-02-19 13:19:00',
  '2030-01-01T12:00:00+08:00',
  '2030-01-01T12:00:00+00:00',
  '2030-01-01T12:00:00',
  '2030-01-01',
  '2030-02-30T00:00:00Z',
  '2030-01-01T24:00:00Z',
  '2030-01-01t12:00:00z',
  'Tue, 01 Jan 2030 12:00:00 GMT',
  '1893499200',
]) {
  refuses(
    `an expiration written ${expiration}`,
    until(expiration),
    '400 InvalidPolicyDocument 0006-00000212',
  );
}

// --- Encoding and escapes ---

/** The text of a policy whose conditions are these, just as they stand. */
const text = (conditions: string): PolicyOptions => ({
  policy: `{"expiration":"2115-01-27T10:56:19Z","conditions":[${conditions}]}`,
});
const dollar = (value: string): TrialForm => ({
  fields: { key: 'user/${filename}' },
  file: { fileName: 'dollar.txt' },
  policy: text(`["eq","$key","${value}"]`),
});
const expandedKey = { key: 'user/dollar.txt' };
accepts('a plain $ in a value', dollar('user/${filename}'), expandedKey);
accepts('a $ escaped as the manual says', dollar('user/\\${filename}'), expandedKey);
accepts('a $ escaped as SDKs do', dollar('user/\\\\${filename}'), expandedKey);
accepts(
  'an escaped $ in an object',
  { ...dollar(''), policy: text('{"key":"user/\\${filename}"}') },
  expandedKey,
);
accepts(
  'an escaped $ in a list',
  { ...dollar(''), policy: text('["in","$key",["user/\\${filename}"]]') },
  expandedKey,
);
accepts('every escape of JSON', {
  fields: note('/\\"\b\f\n\r\t\u00e9'),
  policy: text('["eq","$note","\\/\\\\\\"\\b\\f\\n\\r\\t\\u00e9"]'),
});
accepts('blanks and line breaks in the policy', {
  policy: {
    policy:
      '{ "expiration" : "2115-01-27T10:56:19Z",\r\n\t"conditions" : [ ["content-length-range", 0, 100] ] }',
  },
});
accepts('conditions before expiration', {
  policy: { policy: '{"conditions":[["content-length-range",0,100]],"expiration":"2115-01-27T10:56:19Z"}' },
});
const notJson = '400 InvalidPolicyDocument 0006-00000204';
refuses('an unknown escape', { policy: text('["eq","$key","\\q"]') }, notJson);
refuses('a trailing comma', { policy: text('["content-length-range",0,100],') }, notJson);
refuses('single quotes', { policy: text("['content-length-range',0,100]") }, notJson);
refuses('a comment', { policy: text('/* */["content-length-range",0,100]') }, notJson);
refuses(
  'text behind the policy',
  {
    policy: { policy: '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range",0,1]]} x' },
  },
  notJson,
);
refuses(
  'a member twice',
  {
    policy: {
      policy:
        '{"expiration":"2115-01-27T10:56:19Z","expiration":"2116-01-27T10:56:19Z","conditions":[["content-length-range",0,1]]}',
    },
  },
  invalid,
);

/** A policy field of this very text, rightly signed. */
const policyField = (field: string) => (to: TrialBucket) => to.postSignedPolicy(field);
const notBase64 = '400 InvalidPolicyDocument 0006-00000202';
const right = Buffer.from(
  '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range",0,10]]}',
).toString('base64');
refuses(
  'a policy that is bare JSON',
  policyField('{"expiration":"2115-01-27T10:56:19Z","conditions":[]}'),
  notBase64,
);
refuses('a policy in base64 without its padding', policyField(right.replace(/=+$/, '')), notBase64);
refuses(
  'a policy in base64 with a line break',
  policyField(`${right.slice(0, 76)}\n${right.slice(76)}`),
  notBase64,
);
refuses(
  'a policy in base64url',
  policyField(Buffer.from('{"expiration":"~~~???"}').toString('base64url')),
  notBase64,
);
refuses(
  'a policy that is not UTF-8',
  policyField(Buffer.from('{"a":"\xff"}', 'latin1').toString('base64')),
  '400 InvalidPolicyDocument 0006-00000203',
);
