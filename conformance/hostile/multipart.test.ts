// The multipart body: parts that two readers could see differently, names and values that are no text, and more of everything than a form
// needs. What is accepted is stored exactly; nothing is cut, decoded or repaired.

import assert from 'node:assert/strict';
import {
  fieldPart,
  fieldParts,
  filePart,
  type RawPart,
  rawBoundary,
  rawContentType,
  writeOpenParts,
  writeParts,
} from '../raw-form.ts';
import { RawConnection } from '../raw-http.ts';
import { newKey, type Refusal, type TrialBucket } from '../trial-bucket.ts';
import { openHostileTrials, rawPost, summarize } from './hostile-trials.ts';

const { target, repels, refuses, survives } = await openHostileTrials();

const KiB = 1024;
const MiB = 1024 ** 2;

// --- The notation: bodies are texts of one character a byte ---

function post(to: TrialBucket, body: string, contentType = rawContentType) {
  return to.postBody(Buffer.from(body, 'latin1'), { 'content-type': contentType });
}

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** A right form, changed as a whole. */
function changed(change: (body: string) => string) {
  return (to: TrialBucket) => post(to, change(writeParts([...fieldParts(to.fields({})), filePart()])));
}

/** A right form with these parts in front of its file. */
function withParts(...parts: RawPart[]) {
  return (to: TrialBucket) => post(to, writeParts([...fieldParts(to.fields({})), ...parts, filePart()]));
}

/** Signed fields with these parts behind them. */
function endingIn(...parts: RawPart[]) {
  return (to: TrialBucket) => post(to, writeParts([...fieldParts(to.fields({})), ...parts]));
}

function refusesType(input: string, contentType: string, refusal: Refusal): void {
  refuses(
    input,
    (to) => post(to, writeParts([...fieldParts(to.fields({})), filePart()]), contentType),
    refusal,
  );
}

/** A body made of the parts of signed fields is stored with this content. */
function stores(
  input: string,
  write: (parts: RawPart[]) => string,
  content = 'hello',
  contentType = rawContentType,
): void {
  survives(input, async (to) => {
    const fields = to.fields({});
    const answer = await post(to, write(fieldParts(fields)), contentType);
    assert.equal(answer.status, 204, answer.text);
    assert.equal((await to.get(fields.key as string)).body.toString('latin1'), content);
  });
}

function storesParts(input: string, parts: readonly RawPart[], content = 'hello'): void {
  stores(input, (fields) => writeParts([...fields, ...parts]), content);
}

const malformed = '400 MalformedPOSTRequest';
const disposition = 'Content-Disposition: form-data; name="note"';

// --- The Content-Type of the request ---

refusesType(
  'a body of another type',
  'application/x-www-form-urlencoded',
  '400 RequestIsNotMultiPartContent',
);
refusesType(
  'a multipart body of another kind',
  'multipart/mixed; boundary=form-boundary',
  '400 RequestIsNotMultiPartContent',
);
refusesType('no boundary', 'multipart/form-data', '400 RequestIsNotMultiPartContent');
refusesType('an empty boundary', 'multipart/form-data; boundary=', malformed);
refusesType('a boundary of 71 characters', `multipart/form-data; boundary=${'b'.repeat(71)}`, malformed);
refusesType('a boundary of 8 KB', `multipart/form-data; boundary=${'b'.repeat(8 * KiB)}`, malformed);
refusesType('a boundary with a tabulator', 'multipart/form-data; boundary="a\tb"', malformed);
refusesType('a boundary with a byte beyond ASCII', 'multipart/form-data; boundary=a\xe9b', malformed);
refusesType('a boundary that ends in a blank', 'multipart/form-data; boundary="form-boundary "', malformed);
refusesType('a boundary without its last quote', 'multipart/form-data; boundary="form-boundary', malformed);
refusesType('two boundaries', `${rawContentType}; boundary=other`, malformed);
refusesType('the same boundary twice', `${rawContentType}; Boundary=${rawBoundary}`, malformed);
refuses(
  'two types',
  (to) =>
    to.send({
      method: 'POST',
      path: '/',
      // Joined by Node's client into one header, as a proxy would.
      headers: { 'content-type': `${rawContentType}, text/plain` },
      body: writeParts([...fieldParts(to.fields({})), filePart()]),
    }),
  malformed,
);
stores(
  'a quoted boundary',
  (fields) => writeParts([...fields, filePart()]),
  'hello',
  `multipart/form-data; boundary="${rawBoundary}"`,
);
const strange = `'()+_,-./:=?`;
stores(
  'a boundary of all characters that searches trip over',
  (fields) => writeParts([...fields, filePart()]).replaceAll(rawBoundary, strange),
  'hello',
  `multipart/form-data; boundary="${strange}"`,
);

// --- Delimiters ---

const split = (fields: readonly RawPart[], content = 'hello') => writeParts([...fields, filePart(content)]);

stores('text before the first boundary', (fields) => `This is a form.\r\n${split(fields)}`);
stores('text behind the last boundary', (fields) => `${split(fields)}and more\r\n--${rawBoundary}\r\n`);
refuses(
  '5 KB before the first boundary',
  changed((body) => `${'x'.repeat(5 * KiB)}\r\n${body}`),
  malformed,
);
refuses(
  '2 MB behind the last boundary',
  changed((body) => `${body}${'x'.repeat(2 * MiB)}`),
  malformed,
);
stores('blanks behind boundaries', (fields) =>
  split(fields).replaceAll(`--${rawBoundary}\r\n`, `--${rawBoundary} \t \r\n`),
);
stores('no line end behind the last boundary', (fields) => split(fields).slice(0, -2));
refuses(
  'lines that end in a line feed alone',
  changed((body) => body.replaceAll('\r\n', '\n')),
  malformed,
);
refuses(
  'lines that end in a carriage return alone',
  changed((body) => body.replaceAll('\r\n', '\r')),
  malformed,
);
refuses(
  'another boundary than the header said',
  changed((body) => body.replaceAll('--form', '--farm')),
  malformed,
);
refuses(
  'the boundary without its dashes',
  changed((body) => body.replaceAll('--form', 'form')),
  malformed,
);
refuses(
  'nothing but the last boundary',
  (to) => post(to, `--${rawBoundary}--\r\n`),
  '400 IncorrectNumberOfFilesInPOSTRequest',
);
refuses('no body at all', (to) => post(to, ''), malformed);
refuses(
  'no last boundary',
  (to) => post(to, writeOpenParts([...fieldParts(to.fields({})), filePart()])),
  malformed,
);
refuses(
  'no dashes behind the last boundary',
  changed((body) => body.slice(0, -4)),
  malformed,
);
refuses(
  'one dash behind the last boundary',
  changed((body) => body.slice(0, -3)),
  malformed,
);
refuses(
  'an end inside the file',
  changed((body) => body.slice(0, body.indexOf('hello') + 2)),
  malformed,
);
refuses(
  'an end inside a header',
  changed((body) => body.slice(0, 20)),
  malformed,
);
for (const [input, text] of [
  ['a longer boundary', `x\r\n--${rawBoundary}X\r\ny`],
  ['a longer last boundary', `x\r\n--${rawBoundary}--y`],
  ['the boundary within a line', `x--${rawBoundary}\r\ny`],
  ['the boundary behind a line feed alone', `x\n--${rawBoundary}\ny`],
  ['half a boundary', `\r\n--${rawBoundary.slice(0, -1)}`],
  ['the boundary in capitals', `\r\n--${rawBoundary.toUpperCase()}\r\n`],
] as const) {
  storesParts(`${input} inside the file is content`, [filePart(text)], text);
  storesParts(`${input} inside a field is its value`, [fieldPart('note', text), filePart()]);
}
repels('a form that comes a byte at a time', async (to) => {
  const key = newKey();
  const content = `\r\n--${rawBoundary.slice(0, 5)}\r\n--${rawBoundary}X`;
  const body = split(fieldParts(to.fields({ fields: { key } })), content);
  const connection = await RawConnection.open(target);
  await connection.write(rawPost(to, [`Content-Length: ${body.length}`, 'Connection: close']));
  for (const byte of body) await connection.write(byte);
  assert.deepEqual((await connection.remaining()).map(summarize), ['204']);
  assert.equal((await to.get(key)).text, content);
  await to.sendSigned({ method: 'DELETE', path: `/${key}` });
});
repels('a form in chunks of a byte', async (to) => {
  const key = newKey();
  const body = split(fieldParts(to.fields({ fields: { key } })));
  const chunks = Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('');
  const connection = await RawConnection.open(target);
  await connection.write(
    rawPost(to, ['Transfer-Encoding: chunked', 'Connection: close'], `${chunks}0\r\n\r\n`),
  );
  assert.deepEqual((await connection.remaining()).map(summarize), ['204']);
  assert.equal((await to.get(key)).text, 'hello');
  await to.sendSigned({ method: 'DELETE', path: `/${key}` });
});

// --- Too much ---

const many = (count: number) => Array.from({ length: count }, (_, n) => fieldPart(`f${n}`, ''));
refuses('a hundred fields too many', withParts(...many(100)), '400 InvalidArgument');
refuses('20 001 parts', withParts(...many(20_001)), '400 InvalidArgument');
refuses(
  'a part header of 100 KB',
  withParts([`${disposition}\r\nContent-Type: ${'x'.repeat(100 * KiB)}`, 'x']),
  malformed,
);
refuses(
  'a thousand headers in a part',
  withParts([`${disposition}${'\r\nContent-Transfer-Encoding: x'.repeat(1000)}`, 'x']),
  malformed,
);
refuses(
  'a part header without end',
  (to) => post(to, `--${rawBoundary}\r\n${disposition}${'x'.repeat(MiB)}`),
  malformed,
);
refuses('a field name over 8 KB', withParts(fieldPart('n'.repeat(8 * KiB + 1), 'x')), '400 FieldItemTooLong');
storesParts('a field name of 8 KB', [fieldPart('n'.repeat(8 * KiB), 'x'), filePart()]);
refuses('a field over 2 MB', withParts(fieldPart('note', 'x'.repeat(2 * MiB + 1))), '400 FieldItemTooLong');
storesParts('a field of 2 MB', [fieldPart('note', 'x'.repeat(2 * MiB)), filePart()]);
refuses(
  'fields of over 8 MB',
  withParts(...[1, 2, 3, 4, 5].map((n) => fieldPart(`f${n}`, 'x'.repeat(1.7 * MiB)))),
  '400 MaxPOSTPreDataLengthExceededError',
);

// --- Headers of parts ---

for (const [input, header] of [
  ['a part without a name', 'Content-Disposition: form-data'],
  ['a part without Content-Disposition', 'Content-Type: text/plain'],
  ['a part with an attachment', 'Content-Disposition: attachment; name="note"'],
  ['a part of an unknown disposition', 'Content-Disposition: form-data-x; name="note"'],
  ['two names', 'Content-Disposition: form-data; name="note"; name="key"'],
  ['two names in different case', 'Content-Disposition: form-data; name="note"; NAME="key"'],
  ['two Content-Dispositions', `${disposition}\r\nContent-Disposition: form-data; name="key"`],
  ['two Content-Types', `${disposition}\r\nContent-Type: a/b\r\nContent-Type: c/d`],
  ['a Content-Length', `${disposition}\r\nContent-Length: 1`],
  ['Content-Type first', `Content-Type: text/plain\r\n${disposition}`],
  ['a folded header', 'Content-Disposition: form-data;\r\n name="note"'],
  ['a bare line feed in a header', `${disposition}\nX: y`],
  ['a bare carriage return in a header', 'Content-Disposition: form-data; name="no\rte"'],
  ['a quote escaped with a backslash', 'Content-Disposition: form-data; name="ke\\"y"'],
  ['a quote that does not end', 'Content-Disposition: form-data; name="note'],
  ['a blank before a colon', 'Content-Disposition : form-data; name="note"'],
  ['NUL in a name', 'Content-Disposition: form-data; name="no\0te"'],
  ['a line end in a name', 'Content-Disposition: form-data; name="no%0D%0Ate"'],
  ['a blank line as the header', ''],
] as const)
  refuses(`${input} in a part`, withParts([header, 'x']), malformed);
refuses('a name that is not UTF-8', withParts(fieldPart('no\xff', 'x')), '400 InvalidArgument');
refuses('an empty name', withParts(fieldPart('', 'x')), '400 InvalidArgument');
refuses('an unknown header in a part', withParts([`${disposition}\r\nX-Y: z`, 'x']), '400 InvalidArgument');
storesParts('a name without quotes', [['Content-Disposition: form-data; name=note', 'x'], filePart()]);
storesParts('a name in single quotes, which are part of it', [
  ["Content-Disposition: form-data; name='key'", 'other'],
  filePart(),
]);
storesParts('a name with an escaped quote', [fieldPart('no%22te', 'x'), filePart()]);
for (const name of [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'x-ignore-a',
  'submit',
  'bucket',
])
  storesParts(`a field called ${name}`, [fieldPart(name, 'x'), filePart()]);

// --- Values ---

refuses('a key that is not UTF-8', (to) => postKey(to, '\xff\xfe'), '400 InvalidObjectName');
refuses('metadata that is not UTF-8', withParts(fieldPart('x-oss-meta-a', '\xff')), '400 InvalidArgument');

function postKey(to: TrialBucket, key: string) {
  return post(to, writeParts([...fieldParts(to.fields({ changed: { key } })), filePart()]));
}

survives('a charset on a field, and a _charset_ field, change nothing', async (to) => {
  const key = `${newKey()}-é`;
  const fields = Object.entries(to.fields({ without: ['key'] })).map(([name, value]) =>
    fieldPart(name, value),
  );
  const answer = await post(
    to,
    writeParts([
      fieldPart('_charset_', 'utf-16le'),
      ['Content-Disposition: form-data; name="key"\r\nContent-Type: text/plain; charset=utf-16le', utf8(key)],
      ...fields,
      filePart(),
    ]),
  );
  assert.equal(answer.status, 204, answer.text);
  assert.equal((await to.get(key)).text, 'hello');
});

// --- The file part ---

const file = 'Content-Disposition: form-data; name="file"';
for (const coding of ['base64', 'quoted-printable', 'x-gzip'])
  storesParts(
    `a file said to be ${coding}`,
    [[`${file}; filename="a"\r\nContent-Transfer-Encoding: ${coding}`, 'aGk=3D']],
    'aGk=3D',
  );
const nested = `--inner\r\nContent-Disposition: form-data; name="key"\r\n\r\nother\r\n--inner--`;
storesParts(
  'multipart inside the file',
  [[`${file}\r\nContent-Type: multipart/mixed; boundary=inner`, nested]],
  nested,
);
storesParts('a file with neither name nor type', [[file, 'hello']]);
storesParts('a file called FILE', [['Content-Disposition: form-data; name="FILE"', 'hello']]);
storesParts('a file with an empty name', [[`${file}; filename=""`, 'hello']]);
storesParts('an empty file', [filePart('')], '');
storesParts('a field that has a file name', [
  ['Content-Disposition: form-data; name="note"; filename="key"', 'x'],
  filePart(),
]);
for (const [input, parameters, stored] of [
  ['only filename*', "; filename*=UTF-8''x.txt", ''],
  ['filename before filename*', `; filename="a.txt"; filename*=UTF-8''b.txt`, 'a.txt'],
  ['filename* before filename', `; filename*=UTF-8''b.txt; filename="a.txt"`, 'a.txt'],
] as const)
  survives(`a file with ${input}`, async (to) => {
    const prefix = newKey();
    const fields = to.fields({ fields: { key: `${prefix}/\${filename}` } });
    const answer = await post(to, writeParts([...fieldParts(fields), [`${file}${parameters}`, 'hello']]));
    assert.equal(answer.status, 204, answer.text);
    assert.equal((await to.get(`${prefix}/${stored}`)).text, 'hello');
  });
refuses('two file names', endingIn([`${file}; filename="a"; filename="b"`, 'x']), malformed);
refuses(
  'a file name that is not UTF-8',
  endingIn([`${file}; filename="\xc0\xaf"`, 'x']),
  '400 InvalidArgument',
);
refuses('two files', endingIn(filePart(), filePart()), '400 IncorrectNumberOfFilesInPOSTRequest');
refuses(
  'two files, one in capitals',
  endingIn(filePart(), fieldPart('FILE', 'x')),
  '400 IncorrectNumberOfFilesInPOSTRequest',
);
refuses('no file', endingIn(), '400 IncorrectNumberOfFilesInPOSTRequest');

// --- Fields twice, or too late ---

storesParts('fields behind the file are not looked at', [
  filePart(),
  fieldPart('submit', 'Upload'),
  fieldPart('key', 'other.txt'),
  fieldPart('x-oss-object-acl', 'junk'),
]);
for (const name of ['key', 'policy', 'OSSAccessKeyId', 'Signature'])
  refuses(
    `${name} only behind the file`,
    (to) => {
      const { [name]: late = '', ...early } = to.fields({});
      return post(to, writeParts([...fieldParts(early), filePart(), fieldPart(name, late)]));
    },
    '400 InvalidArgument',
  );
for (const name of [
  'key',
  'policy',
  'OSSAccessKeyId',
  'Signature',
  'success_action_status',
  'success_action_redirect',
  'note',
])
  refuses(
    `${name} twice`,
    (to) => {
      const fields = fieldParts(to.fields({ changed: { [name]: to.fields({})[name] ?? '200' } }));
      const again = fields.find(([header]) => header.includes(`"${name}"`)) as RawPart;
      return post(to, writeParts([...fields, again, filePart()]));
    },
    '400 InvalidArgument',
  );
for (const [name, other] of [
  ['key', 'KEY'],
  ['policy', 'Policy'],
  ['Signature', 'signature'],
  ['OSSAccessKeyId', 'ossaccesskeyid'],
] as const)
  refuses(`${name} again as ${other}`, withParts(fieldPart(other, 'x')), '400 InvalidArgument');
