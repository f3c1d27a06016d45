// Errors of form uploads (PostObject reference, "Error codes"; the error pages by EC): every EC that a form can meet, the document and
// headers that carry it, and which of two faults is told.

import assert from 'node:assert/strict';
import { sendRaw } from '../http.ts';
import { fieldParts, filePart, rawContentType, writeParts } from '../raw-form.ts';
import {
  checkRefused,
  type ErrorElements,
  openTrials,
  type Trial,
  type TrialBucket,
  type TrialForm,
} from '../trial-bucket.ts';

const { refuses, test, bucket, target } = await openTrials();
const open = await openTrials({ on: target, acl: 'public-read-write' });

// --- The notation ---

/** A rightly signed form whose policy is this JSON text. */
const json = (policy: string): TrialForm => ({ policy: { policy } });
/** The same with these conditions, as JSON text. */
const conditions = (text: string): TrialForm =>
  json(`{"expiration":"2115-01-27T10:56:19Z","conditions":${text}}`);
/** The same with this expiration, as JSON text. */
const expiration = (text: string): TrialForm =>
  json(`{"expiration":${text},"conditions":[["content-length-range",0,1048576000]]}`);
/** A rightly signed form whose policy field is this text. */
const field =
  (policy: string): Trial =>
  (to) =>
    to.postSignedPolicy(policy);
const rawBody =
  (change: (body: string) => string, contentType = rawContentType): Trial =>
  (to) =>
    to.postBody(change(writeParts([...fieldParts(to.fields({})), filePart()])), {
      'content-type': contentType,
    });
const extraPart = (lines: string, value = 'x') =>
  rawBody((form) => form.replace(/--form-boundary/, `--form-boundary\r\n${lines}\r\n\r\n${value}\r\n$&`));

const notWellFormed = 'The body of your POST request is not well-formed multipart/form-data.';
const oneFile = 'POST requires exactly one file upload per request.';
const missing = (name: string) =>
  `The bucket POST must contain the specified '${name}'. If it is specified, please check the order of the fields`;
const conditionFailed = 'Invalid according to Policy: Policy Condition failed: ';
const existing = 'exists.txt';

// --- Every EC ---

/** Message `…`: no page shows one, and the wording is ours. */
type Row = readonly [ec: string, status: number, code: string, message: string, cause: string, trial: Trial];

// biome-ignore format: a table is read by its columns.
const rows: readonly Row[] = [
  ['0006-00000003', 400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size.', 'a file over the range', { ...conditions('[["content-length-range",0,4]]') }],
  ['0006-00000004', 400, 'EntityTooSmall', 'Your proposed upload smaller than the minimum allowed size.', 'a file under the range', conditions('[["content-length-range",6,9]]')],
  ['0006-00000103', 400, 'InvalidArgument', missing('key'), 'no key', { without: ['key'] }],
  ['0006-00000104', 400, 'MalformedPOSTRequest', notWellFormed, 'a body cut short', rawBody((form) => form.slice(0, -20))],
  ['0006-00000107', 400, 'IncorrectNumberOfFilesInPOSTRequest', oneFile, 'no file', rawBody((form) => form.replace('name="file"', 'name="upload"'))],
  ['0006-00000109', 400, 'MalformedPOSTRequest', notWellFormed, 'a part that does not begin with Content-Disposition', extraPart('Content-Type: text/plain\r\nContent-Disposition: form-data; name="a"')],
  ['0006-00000110', 400, 'FieldItemTooLong', 'Your name of form field is too long.', 'a field name over 8 KB', extraPart(`Content-Disposition: form-data; name="${'n'.repeat(8193)}"`)],
  ['0006-00000111', 400, 'FieldItemTooLong', '…', 'a field value over 2 MB', { fields: { note: 'v'.repeat(2 * 1024 * 1024 + 1) } }],
  ['0006-00000112', 400, 'MaxPOSTPreDataLengthExceededError', 'Your POST request fields preceding the upload file were too large.', 'fields over 8 MB in sum', { fields: Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'v'.repeat(1_900_000)])) }],

  ['0006-00000202', 400, 'InvalidPolicyDocument', '…', 'a policy that is not base64', field('%%%%')],
  ['0006-00000203', 400, 'InvalidPolicyDocument', '…', 'a policy that is not UTF-8', field(Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'))],
  ['0006-00000204', 400, 'InvalidPolicyDocument', '…', 'a policy that is not JSON', json('expiration')],
  ['0006-00000205', 400, 'InvalidPolicyDocument', '…', 'an empty policy', field('')],
  ['0006-00000206', 400, 'InvalidPolicyDocument', '…', 'an unknown parameter', json('{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range",0,9]],"key":"a"}')],
  ['0006-00000207', 400, 'InvalidPolicyDocument', '…', 'no conditions', json('{"expiration":"2115-01-27T10:56:19Z"}')],
  ['0006-00000208', 400, 'InvalidPolicyDocument', '…', 'no expiration', json('{"conditions":[["content-length-range",0,9]]}')],
  ['0006-00000209', 400, 'InvalidPolicyDocument', '…', 'neither', json('{}')],
  ['0006-00000210', 400, 'InvalidPolicyDocument', '…', 'an expiration that is a number', expiration('123')],
  ['0006-00000211', 400, 'InvalidPolicyDocument', '…', 'an empty expiration', expiration('""')],
  ['0006-00000212', 400, 'InvalidPolicyDocument', '…', 'an expiration of another format', expiration('"2023-02-19 13:19:00"')],
  ['0006-00000213', 403, 'AccessDenied', 'Invalid according to Policy: Policy expired.', 'an expired policy', expiration('"2023-02-19T13:19:00.000Z"')],
  ['0006-00000214', 400, 'InvalidPolicyDocument', '…', 'conditions that are no array', conditions('{"key":"a"}')],
  ['0006-00000215', 400, 'InvalidPolicyDocument', '…', 'no condition in the array', conditions('[]')],
  ['0006-00000216', 400, 'InvalidPolicyDocument', '…', 'a condition without an operator', conditions('[["$key"]]')],
  ['0006-00000217', 400, 'InvalidPolicyDocument', '…', 'an unknown operator', conditions('[["ends-with","$key","a"]]')],
  ['0006-00000218', 400, 'InvalidPolicyDocument', '…', 'too few operands', conditions('[["eq","$key"]]')],
  ['0006-00000218', 400, 'InvalidPolicyDocument', '…', 'too many operands', conditions('[["content-length-range",1,2,3]]')],
  ['0006-00000219', 400, 'InvalidPolicyDocument', '…', 'a range whose maximum is under its minimum', conditions('[["content-length-range",10,1]]')],
  ['0006-00000220', 400, 'InvalidPolicyDocument', '…', 'a range with a fraction for its minimum', conditions('[["content-length-range",1.5,9]]')],
  ['0006-00000220', 400, 'InvalidPolicyDocument', '…', 'a range with a text for its minimum', conditions('[["content-length-range","a",9]]')],
  ['0006-00000221', 400, 'InvalidPolicyDocument', '…', 'a range with a text for its maximum', conditions('[["content-length-range",0,"b"]]')],
  ['0006-00000221', 400, 'InvalidPolicyDocument', '…', 'a range with a fraction for its maximum', conditions('[["content-length-range",0,9.5]]')],
  ['0006-00000222', 400, 'InvalidPolicyDocument', '…', 'a condition that is a text', conditions('["eq"]')],
  ['0006-00000222', 400, 'InvalidPolicyDocument', 'Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.', 'an object of two properties', conditions('[{"key":"a","bucket":"b"}]')],
  ['0006-00000222', 400, 'InvalidPolicyDocument', 'Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.', 'an object without a property', conditions('[{}]')],
  ['0006-00000223', 400, 'InvalidPolicyDocument', '…', 'a range with a list for its minimum', conditions('[["content-length-range",[1],"test"]]')],
  ['0006-00000224', 400, 'InvalidPolicyDocument', '…', 'not-in with a text', conditions('[["not-in","$cache-control","no-cache"]]')],
  ['0006-00000224', 400, 'InvalidPolicyDocument', '…', 'eq with a list', conditions('[["eq","$key",["a"]]]')],
  ['0006-00000226', 403, 'AccessDenied', `${conditionFailed}["eq", "$note", "a"]`, 'a condition on a field that the form lacks', conditions('[["eq","$note","a"]]')],
  ['0006-00000227', 403, 'AccessDenied', `${conditionFailed}["eq", "$success_action_status", "200"]`, 'a condition that does not hold', { fields: { success_action_status: '201' }, ...conditions('[["eq","success_action_status","200"]]') }],
  ['0006-00000228', 403, 'AccessDenied', 'Invalid according to Policy: Extra input fields: x-oss-signature-version, x-oss-credential, x-oss-date', 'V4 whose policy names no control field', { signed: 'v4', ...conditions('[["content-length-range",0,9]]') }],

  ['0002-00000701', 400, 'InvalidArgument', '…', 'an unknown signature version', { signed: 'v4', changed: { 'x-oss-signature-version': '2' } }],
  ['0002-00000702', 400, 'InvalidArgument', missing('policy'), 'no policy', { without: ['policy'] }],
  ['0002-00000703', 400, 'InvalidArgument', missing('Signature'), 'no signature', { without: ['Signature'] }],
  ['0002-00000704', 400, 'InvalidArgument', 'Post request signature is empty.', 'an empty signature', { changed: { Signature: '' } }],
  ['0002-00000705', 403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided. Check your key and signing method.', 'a wrong signature', { changed: { Signature: 'AAAA' } }],
  ['0002-00000706', 400, 'InvalidArgument', missing('OSSAccessKeyId'), 'no access key', { without: ['OSSAccessKeyId'] }],
  ['0002-00000707', 400, 'InvalidArgument', 'Post request accessKeyId is empty.', 'an empty access key', { changed: { OSSAccessKeyId: '' } }],
  ['0002-00000709', 400, 'InvalidArgument', '…', 'a credential with a broken date', { signed: 'v4', changed: { 'x-oss-credential': `${target.accessKeyId}/2030/cn-hangzhou/oss/aliyun_v4_request` } }],
  ['0002-00000710', 400, 'InvalidArgument', '…', 'a credential with another end', { signed: 'v4', changed: { 'x-oss-credential': `${target.accessKeyId}/20300101/cn-hangzhou/oss/aws4_request` } }],
  ['0003-00000001', 403, 'AccessDenied', 'You have no right to access this object because of bucket acl.', 'an unsigned form to a private bucket', { signed: 'not' }],
  ['0017-00000279', 400, 'InvalidArgument', '…', 'x-oss-forbid-overwrite that is neither true nor false', { fields: { 'x-oss-forbid-overwrite': 'yes' } }],
  ['0026-00000002', 409, 'FileAlreadyExists', 'The object you specified already exists and can not be overwritten.', 'an object that exists', { fields: { key: existing, 'x-oss-forbid-overwrite': 'true' } }],
  ['0007-00000002', 400, 'InvalidArgument', 'The callback configuration is not base64 encoded.', 'a callback that is not base64', { fields: { callback: '{}' } }],
  ['0007-00000003', 400, 'InvalidArgument', 'The callback configuration is not json format.', 'a callback that is not JSON', { fields: { callback: 'AAAA' } }],
];

test('an object to be in the way', async () => {
  assert.equal((await bucket.put(existing)).status, 200);
});
for (const [ec, status, code, message, cause, trial] of rows) {
  refuses(`${ec}: ${cause}`, trial, `${status} ${code} ${ec}`, message === '…' ? {} : { Message: message });
}

// --- Errors without an EC ---

const notMultipart = 'Bucket POST must be of the enclosure-type multipart/form-data.';
refuses(
  'a body of another type',
  rawBody((form) => form, 'text/plain'),
  '400 RequestIsNotMultiPartContent',
  { Message: notMultipart },
);
refuses(
  'two files',
  rawBody((form) => form.replace(/--form-boundary--/, `--form-boundary\r\n${filePart()[0]}\r\n\r\nx\r\n$&`)),
  '400 IncorrectNumberOfFilesInPOSTRequest',
  { Message: oneFile },
);
refuses('an unknown access key', { changed: { OSSAccessKeyId: 'nobody' } }, '403 InvalidAccessKeyId', {
  Message: 'The OSS Access Key Id you provided does not exist in our records.',
});
refuses('a bucket name that is none', (to) => sendTo('A_B', to), '400 InvalidBucketName', {
  Message: 'The specified bucket is not valid.',
});

function sendTo(name: string, to: TrialBucket) {
  const parts = writeParts([...fieldParts(to.fields({})), filePart()]);
  return to.elsewhere(name).postBody(parts, { 'content-type': rawContentType });
}

refuses(
  'a body over 5 GB is refused by its announcement',
  async (to) => {
    const upload = to.open(to.fields({}), 6 * 1024 ** 3);
    const answer = await upload.answer;
    upload.cut();
    return answer;
  },
  '400 EntityTooLarge 0006-00000003',
);

// --- The document and the headers of an error ---

test('the document of an error, letter by letter', async () => {
  const fields = bucket.fields({ policy: { conditions: [['eq', '$note', '<&>']] }, fields: { note: 'b' } });
  const answer = await bucket.postFields(fields);
  const id = answer.headers['x-oss-request-id'];
  assert.equal(
    answer.text,
    `<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>AccessDenied</Code>
  <Message>Invalid according to Policy: Policy Condition failed: ["eq", "$note", "&lt;&amp;&gt;"]</Message>
  <RequestId>${id}</RequestId>
  <HostId>${new URL(target.endpoint).host}</HostId>
  <EC>0006-00000227</EC>
  <RecommendDoc>https://api.aliyun.com/troubleshoot?q=0006-00000227</RecommendDoc>
</Error>
`,
  );
  assert.match(id as string, /^[0-9A-F]{24}$/);
  assert.equal(answer.headers['x-oss-ec'], '0006-00000227');
  assert.equal(answer.headers['content-type'], 'application/xml');
  assert.equal(answer.headers['content-length'], String(answer.body.length));
  assert.match(answer.headers['x-oss-server-time'] as string, /^\d+$/);
  assert.ok(answer.headers.date);
  assert.ok(answer.headers.server);
});

/** What goes between HostId and EC. */
// biome-ignore format: a table is read by its columns.
const elements: [cause: string, trial: Trial, refusal: `${number} ${string}`, elements: ErrorElements][] = [
  ['InvalidArgument names the argument', { fields: { 'x-oss-object-acl': '<x>' } }, '400 InvalidArgument', { ArgumentName: 'x-oss-object-acl', ArgumentValue: '<x>' }],
  ['a missing key is named', { without: ['key'] }, '400 InvalidArgument', { ArgumentName: 'key', ArgumentValue: '' }],
  ['a missing policy is named', { without: ['policy'] }, '400 InvalidArgument', { ArgumentName: 'policy', ArgumentValue: '' }],
  ['a missing signature is named', { without: ['Signature'] }, '400 InvalidArgument', { ArgumentName: 'Signature', ArgumentValue: '' }],
  ['a missing access key is named', { without: ['OSSAccessKeyId'] }, '400 InvalidArgument', { ArgumentName: 'OSSAccessKeyId', ArgumentValue: '' }],
  ['an empty signature is named', { changed: { Signature: '' } }, '400 InvalidArgument', { ArgumentName: 'Signature', ArgumentValue: '' }],
  ['FieldItemTooLong tells both sizes', extraPart(`Content-Disposition: form-data; name="${'n'.repeat(9000)}"`), '400 FieldItemTooLong', { MaxSizeAllowed: '8192', ProposedSize: '9000' }],
  ['MethodNotAllowed tells method and resource', rawBody((form) => form, 'multipart'), '405 MethodNotAllowed', { Method: 'POST', ResourceType: 'Bucket' }],
  ['SignatureDoesNotMatch tells the key and the signature', { changed: { Signature: 'AAAA' } }, '403 SignatureDoesNotMatch', { OSSAccessKeyId: target.accessKeyId, SignatureProvided: 'AAAA' }],
];
for (const [cause, trial, refusal, expected] of elements) refuses(cause, trial, refusal, expected);

test('no secret is in any refusal of a signature', async () => {
  const answer = await bucket.post({ changed: { Signature: 'AAAA' } });
  assert.ok(!answer.text.includes(target.accessKeySecret));
});

// --- Which of two faults is told ---

const unknownKey = { OSSAccessKeyId: 'nobody' };
const wrongSignature = { Signature: 'AAAA' };
const notJson = json('not json');
const expired = expiration('"2023-02-19T13:19:00.000Z"');
const fails = { fields: { note: 'b' }, ...conditions('[["eq","$note","a"]]') };

/** In the order in which they are checked: of any two, the earlier is told. */
// biome-ignore format: a table is read by its columns.
const inOrder: [pair: string, trial: Trial, refusal: `${number} ${string}`][] = [
  ['another type before a body that is no form', rawBody(() => 'nothing', 'text/plain'), '400 RequestIsNotMultiPartContent'],
  ['a part that is malformed before a key that is missing', rawBody((form) => form.replace('name="key"', 'name="other"').replace('Content-Disposition', 'X-Disposition')), '400 MalformedPOSTRequest'],
  ['a field that is too long before a signature that is missing', { fields: { note: 'v'.repeat(2 * 1024 * 1024 + 1) }, without: ['Signature'] }, '400 FieldItemTooLong'],
  ['a missing key before a missing policy', { without: ['key', 'policy'] }, '400 InvalidArgument 0006-00000103'],
  ['a missing key before an unknown access key', { without: ['key'], changed: unknownKey }, '400 InvalidArgument 0006-00000103'],
  ['a missing signature before an unknown access key', { without: ['Signature'], changed: unknownKey }, '400 InvalidArgument 0002-00000703'],
  ['a missing signature before a policy that is not JSON', { ...notJson, without: ['Signature'] }, '400 InvalidArgument 0002-00000703'],
  ['an unknown access key before a policy that is not JSON', { ...notJson, changed: unknownKey }, '403 InvalidAccessKeyId'],
  ['an unknown access key before a wrong signature', { changed: { ...unknownKey, ...wrongSignature } }, '403 InvalidAccessKeyId'],
  ['a policy that is not base64 before a wrong signature', (to) => to.postSignedPolicy('%%%%', { changed: wrongSignature }), '400 InvalidPolicyDocument 0006-00000202'],
  ['a wrong signature before a policy that is not JSON, which only a signer can have read', { ...notJson, changed: wrongSignature }, '403 SignatureDoesNotMatch'],
  ['a wrong signature before an expired policy', { ...expired, changed: wrongSignature }, '403 SignatureDoesNotMatch'],
  ['an expired policy before a condition that fails', { fields: { note: 'b' }, ...json('{"expiration":"2023-02-19T13:19:00Z","conditions":[["eq","$note","a"]]}'), }, '403 AccessDenied 0006-00000213'],
  ['the first condition that fails before the second', { fields: { note: 'b' }, ...conditions('[["eq","$note","a"],["eq","$other","a"]]') }, '403 AccessDenied 0006-00000227'],
  ['a condition that fails before a V4 field that the policy lacks', { ...fails, signed: 'v4' }, '403 AccessDenied 0006-00000227'],
  ['a condition that fails before a file that is too large', { fields: { note: 'b' }, ...conditions('[["content-length-range",0,1],["eq","$note","a"]]') }, '403 AccessDenied 0006-00000227'],
  ['a condition that fails before a key that is no name', { fields: { key: '/a', note: 'b' }, ...conditions('[["eq","$note","a"]]') }, '403 AccessDenied 0006-00000227'],
  ['a file that is too large before a body that is cut off', rawCut(conditions('[["content-length-range",0,1]]')), '400 EntityTooLarge'],
  ['a file that is too large before a wrong Content-MD5', { ...conditions('[["content-length-range",0,1]]'), headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, }, '400 EntityTooLarge'],
  ['a body that is cut off before a file that is too small', rawCut(conditions('[["content-length-range",100,200]]')), '400 MalformedPOSTRequest 0006-00000104'],
  ['a file that is too small before a wrong Content-MD5', { ...conditions('[["content-length-range",100,200]]'), headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, }, '400 EntityTooSmall'],
  ['an object in the way before the file is read', { fields: { key: existing, 'x-oss-forbid-overwrite': 'true' }, headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } }, '409 FileAlreadyExists'],
  ['a condition that fails before an object in the way', { fields: { key: existing, 'x-oss-forbid-overwrite': 'true', note: 'b' }, ...conditions('[["eq","$note","a"]]'), }, '403 AccessDenied 0006-00000227'],
];
for (const [pair, trial, refusal] of inOrder) refuses(pair, trial, refusal);

/** The form cut off inside its file. */
function rawCut(form: TrialForm): Trial {
  return (to) => {
    const body = writeParts([...fieldParts(to.fields(form)), filePart()]);
    return to.postBody(body.slice(0, body.indexOf('hello') + 4), { 'content-type': rawContentType });
  };
}

open.refuses(
  'a part of a signature before the access list that would let anyone in',
  { without: ['Signature'] },
  '400 InvalidArgument 0002-00000703',
);
test('an access list that forbids before an object in the way', async () => {
  const trial: TrialForm = { signed: 'not', fields: { key: existing, 'x-oss-forbid-overwrite': 'true' } };
  await checkRefused(bucket, trial, '403 AccessDenied 0003-00000001');
});
test('neither length nor chunks before everything that is wrong with the form', async () => {
  const { host } = new URL(target.endpoint);
  const head = `POST /${bucket.name}/ HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${rawContentType}\r\nConnection: close\r\n\r\n`;
  assert.match(await sendRaw(target, head), /<Code>MissingContentLength</);
});
test('a body that nobody signed for, and a bucket that is not there: the bucket is told', async () => {
  const answer = await sendTo(`${bucket.name}-2`, bucket);
  assert.equal(`${answer.status} ${answer.code}`, '404 NoSuchBucket');
});
