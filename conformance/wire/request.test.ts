// The request around the form, and the form as multipart (PostObject reference: "Request syntax", "Form fields"; FAQ "PostObject errors and
// troubleshooting"): where it is posted, what its headers say, how its parts are written, and in which order they come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRequest, sendRaw } from '../http.ts';
import { fieldPart, fieldParts, filePart, type RawPart, rawContentType, writeParts } from '../raw-form.ts';
import { newKey, openTrials, type TrialBucket, type TrialForm } from '../trial-bucket.ts';

const { accepts, refuses, bucket, target } = await openTrials();
const notMultipart = 'Bucket POST must be of the enclosure-type multipart/form-data.';
const notWellFormed = 'The body of your POST request is not well-formed multipart/form-data.';
const oneFile = 'POST requires exactly one file upload per request.';

// --- The notation for forms that are written byte for byte ---

/** Signed fields, then these parts instead of the usual file. */
function parts(...last: RawPart[]) {
  return (to: TrialBucket) => postParts(to, [...fieldParts(to.fields({})), ...last]);
}

function postParts(to: TrialBucket, all: readonly RawPart[], contentType = rawContentType) {
  return to.postBody(writeParts(all), { 'content-type': contentType });
}

/** Registers the test that signed fields followed by these parts are stored with this content. */
function acceptsParts(rule: string, last: readonly RawPart[], content = 'hello'): void {
  test(rule, async () => {
    const fields = bucket.fields({});
    const answer = await postParts(bucket, [...fieldParts(fields), ...last]);
    assert.equal(answer.status, 204, answer.text);
    assert.equal((await bucket.get(fields.key as string)).text, content);
  });
}

/** A right form under another Content-Type header. */
function withType(contentType: string | undefined) {
  return (to: TrialBucket) => {
    const body = writeParts([...fieldParts(to.fields({})), filePart()]);
    return to.postBody(body, contentType === undefined ? {} : { 'content-type': contentType });
  };
}

function acceptsType(rule: string, contentType: string): void {
  test(rule, async () => assert.equal((await withType(contentType)(bucket)).status, 204));
}

// --- Where it is posted ---

test('a form is posted to the root of a bucket host', async () => {
  const fields = bucket.fields({});
  const port = new URL(target.endpoint).port;
  const body = writeParts([...fieldParts(fields), filePart()]);
  const headers = { host: `${bucket.name}.localhost:${port}`, 'content-type': rawContentType };
  const { answer, end } = openRequest(target, { method: 'POST', path: '/', headers });
  end(body);
  assert.equal((await answer).status, 204);
  assert.equal((await bucket.get(fields.key as string)).text, 'hello');
});

refuses(
  'a form posted to an object',
  (to) => {
    const body = writeParts([...fieldParts(to.fields({})), filePart()]);
    return to.send({ method: 'POST', path: '/a.txt', headers: { 'content-type': rawContentType }, body });
  },
  '405 MethodNotAllowed',
);

// --- What its headers say ---

acceptsType('a boundary right behind the semicolon', rawContentType.replace('; ', ';'));
acceptsType('a boundary with blanks around the equals sign', rawContentType.replace('=', ' = '));
acceptsType('a quoted boundary', rawContentType.replace(/=(.*)/, '="$1"'));
acceptsType('a type in upper case', rawContentType.replace('multipart/form-data', 'Multipart/Form-Data'));
acceptsType('a parameter besides the boundary', `${rawContentType}; charset=utf-8`);

for (const type of [
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/mixed; boundary=form-boundary',
])
  refuses(`a body of the type ${type}`, withType(type), '400 RequestIsNotMultiPartContent', {
    Message: notMultipart,
  });
refuses('no boundary', withType('multipart/form-data'), '400 RequestIsNotMultiPartContent', {
  Message: notMultipart,
});
refuses('a semicolon and no boundary', withType('multipart/form-data;'), '400 RequestIsNotMultiPartContent');
const postOnBucket = {
  Message: 'The specified method is not allowed against this resource.',
  Method: 'POST',
  ResourceType: 'Bucket',
};
refuses('no Content-Type is a POST on a bucket', withType(undefined), '405 MethodNotAllowed', postOnBucket);
refuses(
  'a Content-Type with a comma for the semicolon is a POST on a bucket',
  withType(rawContentType.replace(';', ',')),
  '405 MethodNotAllowed',
  postOnBucket,
);

accepts('a wrong signature in the Authorization header is not looked at', {
  headers: { authorization: 'OSS nobody:AAAA' },
});
accepts('a wrong signature in the query is not looked at', {
  query: '?OSSAccessKeyId=nobody&Expires=1&Signature=AAAA',
});
refuses(
  'a right signature in the Authorization header does not sign a form',
  async (to) => {
    const body = writeParts([fieldPart('key', newKey()), filePart()]);
    return to.sendSigned({ method: 'POST', path: '/', headers: { 'content-type': rawContentType }, body });
  },
  '403 AccessDenied 0003-00000001',
);

function rawRequest(headers: readonly string[], body = ''): string {
  const { host } = new URL(target.endpoint);
  return [`POST /${bucket.name}/ HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close', '', body].join(
    '\r\n',
  );
}

test('neither Content-Length nor chunked encoding: 411 MissingContentLength', async () => {
  const text = await sendRaw(target, rawRequest([`Content-Type: ${rawContentType}`]));
  assert.match(text, /^HTTP\/1.1 411 /);
  assert.match(text, /<Code>MissingContentLength<\/Code>/);
  assert.match(text, /<Message>You must provide the Content-Length HTTP header\.<\/Message>/);
});

test('a body shorter than its Content-Length: 400, and nothing is stored', async () => {
  const before = await bucket.objects();
  const body = writeParts([...fieldParts(bucket.fields({})), filePart()]);
  const headers = [`Content-Type: ${rawContentType}`, `Content-Length: ${body.length + 10}`];
  const text = await sendRaw(target, rawRequest(headers, body));
  assert.match(text, /^HTTP\/1.1 400 /);
  assert.match(text, /<Code>IncompleteBody<\/Code>/);
  assert.match(text, /You did not provide the number of bytes specified by the Content-Length HTTP header\./);
  assert.deepEqual(await bucket.objects(), before);
});

test('a form in chunked encoding is stored', async () => {
  const fields = bucket.fields({});
  const headers = { 'content-type': rawContentType };
  const { answer, write, end } = openRequest(target, { method: 'POST', path: `/${bucket.name}/`, headers });
  for (const piece of writeParts([...fieldParts(fields), filePart('in chunks')]).match(/.{1,50}/gs) ?? []) {
    await write(piece);
  }
  end();
  assert.equal((await answer).status, 204);
  assert.equal((await bucket.get(fields.key as string)).text, 'in chunks');
});

accepts(
  'a tagging header has no effect',
  {
    headers: { 'x-oss-tagging': 'a=b' },
  },
  { stores: { 'x-oss-tagging-count': undefined } },
);
accepts(
  'a tagging field has no effect',
  { fields: { 'x-oss-tagging': 'a=b' } },
  { stores: { 'x-oss-tagging-count': undefined } },
);
accepts('form and policy are UTF-8', {
  fields: { key: '简历/张三.txt', 'x-oss-meta-name': '张三' },
  policy: { conditions: [['starts-with', '$key', '简历/'], { 'x-oss-meta-name': '张三' }] },
});
refuses(
  'a key that is not UTF-8',
  (to) => {
    const body = writeParts([...fieldParts({ ...to.fields({}), key: 'caf\xe9' }), filePart()]);
    return to.postBody(Buffer.from(body, 'latin1'), { 'content-type': rawContentType });
  },
  '400 InvalidObjectName',
);

const trafficLimit =
  'x-oss-traffic-limit is invalid, should be specified between 819200(100KB/s) and 838860800(100MB/s).';
const limit = (value: string): TrialForm => ({ headers: { 'x-oss-traffic-limit': value } });
accepts('a traffic limit in a header', limit('838860800'));
accepts('a traffic limit in the query', { query: '?x-oss-traffic-limit=838860800' });
accepts('the least traffic limit', limit('819200'));
refuses('a traffic limit under the least', limit('819199'), '400 InvalidArgument', { Message: trafficLimit });
refuses('a traffic limit over the greatest', limit('838860801'), '400 InvalidArgument', {
  Message: trafficLimit,
});
refuses('a traffic limit that is no number', limit('fast'), '400 InvalidArgument', { Message: trafficLimit });
refuses(
  'a traffic limit in header and query',
  { ...limit('819200'), query: '?x-oss-traffic-limit=819200' },
  '400 InvalidArgument',
  { Message: 'x-oss-traffic-limit should be specified either in query string or header, not both.' },
);

// --- How a part is written ---

const file = 'Content-Disposition: form-data; name="file"; filename="file.txt"';
acceptsParts('a file part with filename and Content-Type', [filePart()]);
acceptsParts('a file part without filename and without Content-Type', [fieldPart('file', 'hello')]);
acceptsParts('a part header in lower case', [['content-disposition: form-data; name="file"', 'hello']]);
acceptsParts('an extended file name is passed over', [[`${file}; filename*=UTF-8''%E5%BC%A0.txt`, 'hello']]);
acceptsParts(
  'a transfer encoding is allowed, the bytes are stored as they came',
  [[`${file}\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64`, 'aGVsbG8=']],
  'aGVsbG8=',
);
acceptsParts(
  'a boundary look-alike in the file is content',
  [filePart('a\r\n--form-boundaryX\r\nb')],
  'a\r\n--form-boundaryX\r\nb',
);
acceptsParts('a file of line breaks', [filePart('\r\n\r\n')], '\r\n\r\n');
acceptsParts('an empty file', [filePart('')], '');

for (const name of ['name', 'fileName', 'A', 'submit', 'x-amz-something', 'utf8']) {
  accepts(`an unknown field called ${name} is ignored`, { fields: { [name]: 'anything' } });
}

const malformed = '400 MalformedPOSTRequest 0006-00000109';
refuses(
  'a part that begins with another header',
  parts([`Content-Type: text/plain\r\n${file}`, 'hello']),
  malformed,
  { Message: notWellFormed },
);
refuses('a part without Content-Disposition', parts(['Content-Type: text/plain', 'hello']), malformed, {
  Message: notWellFormed,
});
refuses('a Content-Length in a part', parts([`${file}\r\nContent-Length: 5`, 'hello']), malformed, {
  Message: notWellFormed,
});
refuses(
  'a disposition that is not form-data',
  parts(['Content-Disposition: attachment; name="file"', 'hello']),
  malformed,
);
refuses('a part without a name', parts(['Content-Disposition: form-data; filename="a"', 'hello']), malformed);
refuses('an unknown header line in a part', parts([`${file}\r\nX-Mine: 1`, 'hello']), '400 InvalidArgument', {
  Message: 'The bucket POST contains unrecognized field name.',
});
refuses(
  'a field with an empty name',
  parts(['Content-Disposition: form-data; name=""', 'x'], filePart()),
  '400 InvalidArgument',
  {
    Message: 'The bucket POST must contain the specified field name.',
  },
);
refuses(
  'the same field twice',
  parts(fieldPart('note', '1'), fieldPart('note', '1'), filePart()),
  '400 InvalidArgument',
);
refuses(
  'the same field twice in different case',
  parts(fieldPart('KEY', 'other.txt'), filePart()),
  '400 InvalidArgument',
);

/** A right body, then changed as a whole. */
function body(change: (body: string) => string) {
  return (to: TrialBucket) =>
    to.postBody(change(writeParts([...fieldParts(to.fields({})), filePart()])), {
      'content-type': rawContentType,
    });
}

function acceptsBody(rule: string, change: (body: string) => string): void {
  test(rule, async () => {
    const answer = await body(change)(bucket);
    assert.equal(answer.status, 204, answer.text);
  });
}

acceptsBody('text before the first boundary is passed over', (form) => `preamble\r\n${form}`);
acceptsBody('text behind the closing boundary is passed over', (form) => `${form}epilogue`);
acceptsBody('a closing boundary without a line end behind it', (form) => form.replace(/\r\n$/, ''));
acceptsBody('blanks behind a boundary', (form) =>
  form.replace('--form-boundary\r\n', '--form-boundary \t\r\n'),
);

const truncated = '400 MalformedPOSTRequest 0006-00000104';
refuses(
  'lines that end in LF alone',
  body((form) => form.replaceAll('\r\n', '\n')),
  '400 MalformedPOSTRequest',
);
refuses(
  'no closing boundary',
  body((form) => form.replace(/\r\n--form-boundary--\r\n$/, '')),
  truncated,
  { Message: notWellFormed },
);
refuses(
  'a boundary at the end that does not close',
  body((form) => form.replace(/--\r\n$/, '\r\n')),
  truncated,
);
refuses(
  'a body cut off inside the file',
  body((form) => form.replace(/lo\r\n--form-boundary--\r\n$/, '')),
  truncated,
);
refuses(
  'a body cut off inside the fields',
  body((form) => form.slice(0, 200)),
  '400 MalformedPOSTRequest',
);
refuses(
  'another boundary than the header says',
  body((form) => form.replaceAll('form-boundary', 'other')),
  '400 MalformedPOSTRequest',
);
refuses(
  'an empty body',
  body(() => ''),
  '400 MalformedPOSTRequest',
);

// --- The order of the parts ---

acceptsParts('a field behind the file is passed over', [filePart(), fieldPart('submit', 'Upload')]);
test('a value behind the file has no effect', async () => {
  const fields = bucket.fields({});
  const late = fieldPart('success_action_status', '201');
  const answer = await postParts(bucket, [...fieldParts(fields), filePart(), late]);
  assert.equal(answer.status, 204);
});
test('a key behind the file does not replace the one before it', async () => {
  const fields = bucket.fields({});
  const answer = await postParts(bucket, [...fieldParts(fields), filePart(), fieldPart('key', 'late.txt')]);
  assert.equal(answer.status, 204);
  assert.equal((await bucket.get('late.txt')).status, 404);
  assert.equal((await bucket.get(fields.key as string)).status, 200);
});
test('fields before the file come in any order', async () => {
  const fields = bucket.fields({});
  assert.equal((await postParts(bucket, [...fieldParts(fields).reverse(), filePart()])).status, 204);
});

/** The named field moved behind the file. */
function late(name: string) {
  return (to: TrialBucket) => {
    const { [name]: value = '', ...others } = to.fields({});
    return postParts(to, [...fieldParts(others), filePart(), fieldPart(name, value)]);
  };
}
const missing = (field: string) => ({
  Message: `The bucket POST must contain the specified '${field}'. If it is specified, please check the order of the fields`,
});
refuses('a key that comes behind the file', late('key'), '400 InvalidArgument 0006-00000103', missing('key'));
refuses(
  'an access key that comes behind the file',
  late('OSSAccessKeyId'),
  '400 InvalidArgument 0002-00000706',
  missing('OSSAccessKeyId'),
);
refuses(
  'a policy that comes behind the file',
  late('policy'),
  '400 InvalidArgument 0002-00000702',
  missing('policy'),
);
refuses(
  'a signature that comes behind the file',
  late('Signature'),
  '400 InvalidArgument 0002-00000703',
  missing('Signature'),
);
refuses('two files', parts(filePart(), filePart()), '400 IncorrectNumberOfFilesInPOSTRequest', {
  Message: oneFile,
});
refuses(
  'no file',
  parts(fieldPart('submit', 'Upload')),
  '400 IncorrectNumberOfFilesInPOSTRequest 0006-00000107',
  { Message: oneFile },
);

// --- The case of names ---

for (const rename of [(name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()]) {
  test(`field names in another case: ${rename('Signature')}`, async () => {
    const fields = bucket.fields({});
    const renamed = Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));
    assert.equal((await bucket.postFields(renamed)).status, 204);
    assert.equal((await bucket.get(fields.key as string)).status, 200);
  });
}
acceptsParts('a file part called FILE', [fieldPart('FILE', 'hello')]);
