// The form reader against every shape of body it must read or refuse, and against itself under cuts and mutations.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fieldNameBytesMax, fieldValueBytesMax, keptHeadersMax, partsMax } from '../src/index.ts';
import { close, field, file, outcome, part, readForm } from './form-notation.ts';

const key = field('key', 'a.txt');
const ok = `${key}${file('hello')}${close}`;
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

interface Expected {
  readonly fields?: Record<string, string>;
  readonly file?: string;
  readonly fileName?: string | undefined;
  readonly type?: string | undefined;
}

test('how much is left when the file begins, wherever the body is cut', () => {
  const body = `${key}${file('hello, with a\r\n--B in it')}${close}`;
  for (let at = 0; at <= body.length; at++)
    assert.equal(readForm(body, [at]).fileAt, body.indexOf('hello'), `cut at ${at}`);
});

describe('a form that is read', () => {
  const read = (name: string, body: string, expected: Expected) =>
    test(name, () => {
      const got = readForm(body);
      assert.deepEqual(got.fields, expected.fields ?? { key: 'a.txt' });
      assert.equal(got.file, expected.file ?? 'hello');
      if ('fileName' in expected) assert.equal(got.form.file.fileName, expected.fileName);
      if ('type' in expected) assert.equal(got.form.file.contentType, expected.type);
    });

  read('a plain one', ok, { fileName: 'f.txt' });
  read('without the last line end', ok.slice(0, -2), {});
  read('with an empty file', `${key}${file('')}${close}`, { file: '' });
  read('with an empty field', `${field('key', '')}${file('hello')}${close}`, { fields: { key: '' } });
  read('with a preamble', `This is a form.\r\n${ok}`, {});
  read('with an epilogue', `${ok}and some more\r\n--B\r\n`, {});
  read(
    'with blanks behind the boundary',
    ok.replaceAll('--B\r\n', '--B \t\r\n').replace('--B--\r\n', '--B-- \r\n'),
    {},
  );
  read('with a longer boundary inside the file', `${key}${file('x\r\n--BoundaryX\r\ny')}${close}`, {
    file: 'x\r\n--BoundaryX\r\ny',
  });
  read('with a longer boundary inside a field', `${field('key', 'x\r\n--BX')}${file('hello')}${close}`, {
    fields: { key: 'x\r\n--BX' },
  });
  read('with a longer boundary before the first', `--BX\r\n${ok}`, {});
  read('with the boundary inside a line', `${key}${file('x--B\r\ny')}${close}`, { file: 'x--B\r\ny' });
  read('with half delimiters in the file', `${key}${file('\r\n-\r\n--\r\r\n--b\r\n--B-x')}${close}`, {
    file: '\r\n-\r\n--\r\r\n--b\r\n--B-x',
  });
  read('with the closing delimiter glued to more', `${key}${file('x\r\n--B--y')}${close}`, {
    file: 'x\r\n--B--y',
  });
  read('with lower-case header names', ok.replaceAll('Content-Disposition', 'content-disposition'), {});
  read('with an upper-case disposition', ok.replaceAll('form-data', 'Form-Data'), {});
  read('with an unquoted name', `${part('name=key', 'a.txt')}${file('hello')}${close}`, {});
  read(
    'with a name in single quotes, which are part of it',
    `${part("name='key'", 'a.txt')}${file('hello')}${close}`,
    { fields: { "'key'": 'a.txt' } },
  );
  read('with a browser-escaped name', `${field('a%22b%41', '1')}${file('hello')}${close}`, {
    fields: { 'a"b%41': '1' },
  });
  read(
    'with a file name in UTF-8',
    `${key}${file('hello', `; filename="${utf8('简历 %22v1%22+a&b.pdf')}"`)}${close}`,
    { fileName: '简历 "v1"+a&b.pdf' },
  );
  read('with a path as the file name', `${key}${file('hello', '; filename="C:\\dir\\x.txt"')}${close}`, {
    fileName: 'C:\\dir\\x.txt',
  });
  read('with only filename*', `${key}${file('hello', "; filename*=UTF-8''x.txt")}${close}`, {
    fileName: undefined,
  });
  read(
    'with filename and filename*',
    `${key}${file('hello', `; filename="a.txt"; filename*=UTF-8''b.txt`)}${close}`,
    { fileName: 'a.txt' },
  );
  read('with neither file name nor type', `${key}${file('hello', '')}${close}`, {
    fileName: undefined,
    type: undefined,
  });
  read(
    'with a type on the file',
    `${key}${part('name="file"; filename="f"', 'hello', 'Content-Type: image/png')}${close}`,
    { type: 'image/png' },
  );
  read(
    'with a transfer encoding, which is ignored',
    `${key}${part('name="file"', 'aGk=', 'Content-Transfer-Encoding: base64')}${close}`,
    { file: 'aGk=' },
  );
  read(
    'with a charset on a field, which is ignored',
    `${part('name="key"', utf8('é'), 'Content-Type: text/plain; charset=utf-16le')}${file('hello')}${close}`,
    { fields: { key: 'é' } },
  );
  read(
    'with a file name on every part',
    `${part('name="key"; filename="k"', 'a.txt')}${file('hello')}${close}`,
    {},
  );
  read('with FILE in capitals', `${key}${part('name="FILE"', 'hello')}${close}`, {});
  read(
    'with parts after the file, which are ignored',
    `${key}${file('hello')}${field('submit', 'Upload')}${field('key', 'b.txt')}${close}`,
    {},
  );
  read(
    'with nested multipart in the file',
    `${key}${part('name="file"', '--C\r\n\r\nx\r\n--C--', 'Content-Type: multipart/mixed; boundary=C')}${close}`,
    { file: '--C\r\n\r\nx\r\n--C--' },
  );
  read(
    'with odd field names',
    `${field('__proto__', '1')}${field('constructor', '2')}${field('toString', '3')}${file('hello')}${close}`,
    {
      fields: Object.fromEntries([
        ['__proto__', '1'],
        ['constructor', '2'],
        ['toString', '3'],
      ]),
    },
  );
  read(
    'with a field that starts with a byte order mark, kept',
    `${field('key', utf8('\ufeffa'))}${file('hello')}${close}`,
    { fields: { key: '\ufeffa' } },
  );

  test('looks fields up in any case', () => {
    const { form } = readForm(`${field('KEY', 'a')}${field('ossaccesskeyid', 'id')}${file('x')}${close}`);
    assert.deepEqual(
      [form.fields.get('key'), form.fields.get('OSSAccessKeyId'), form.fields.has('policy')],
      ['a', 'id', false],
    );
  });

  test('whole, as the manual describes it', () => {
    const body = readFileSync(path.join(import.meta.dirname, 'vectors/v1-body.bin'));
    const got = readForm(body, [], 'multipart/form-data; boundary=9431149156168');
    assert.equal(got.file, 'abcdefg');
    assert.deepEqual(got.form.file, { fileName: 'MyFilename.txt', contentType: 'text/plain' });
    assert.deepEqual(Object.keys(got.fields), [
      'key',
      'success_action_status',
      'OSSAccessKeyId',
      'policy',
      'Signature',
    ]);
  });
});

describe('a form that is refused', () => {
  const refuses = (row: string, name: string, body: string) =>
    test(`${row}: ${name}`, () => assert.equal(outcome(body), row));
  const raw = (header: string, value = 'x') => `--B\r\n${header}\r\n\r\n${value}\r\n${ok}`;

  refuses('MalformedPOSTRequest.truncated', 'nothing at all', '');
  refuses('MalformedPOSTRequest.truncated', 'no closing delimiter', ok.replace(close, ''));
  refuses('MalformedPOSTRequest.truncated', 'cut inside the file', ok.slice(0, ok.indexOf('hello') + 2));
  refuses('MalformedPOSTRequest.truncated', 'cut inside a header', ok.slice(0, 20));
  refuses('MalformedPOSTRequest.truncated', 'cut behind the closing dash', ok.slice(0, -3));
  refuses('MalformedPOSTRequest.truncated', 'lines that end in LF alone', ok.replaceAll('\r\n', '\n'));
  refuses('MalformedPOSTRequest.truncated', 'another boundary', ok.replaceAll('--B', '--C'));
  refuses('MalformedPOSTRequest', 'a preamble without end', `${'x'.repeat(5000)}\r\n${ok}`);
  refuses('MalformedPOSTRequest', 'a part without a header', `--B\r\n\r\nx\r\n${ok}`);
  refuses(
    'MalformedPOSTRequest',
    'Content-Type first',
    raw('Content-Type: text/plain\r\nContent-Disposition: form-data; name="a"'),
  );
  refuses('MalformedPOSTRequest', 'no Content-Disposition', raw('X-Name: a'));
  refuses(
    'MalformedPOSTRequest',
    'two Content-Dispositions',
    raw('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"'),
  );
  refuses(
    'MalformedPOSTRequest',
    'two Content-Types',
    raw('Content-Disposition: form-data; name="a"\r\nContent-Type: a/b\r\nContent-Type: c/d'),
  );
  refuses(
    'MalformedPOSTRequest',
    'a Content-Length',
    raw('Content-Disposition: form-data; name="a"\r\nContent-Length: 1'),
  );
  refuses('MalformedPOSTRequest', 'an attachment', raw('Content-Disposition: attachment; name="a"'));
  refuses(
    'MalformedPOSTRequest',
    'a disposition that only begins right',
    raw('Content-Disposition: form-datax; name="a"'),
  );
  refuses('MalformedPOSTRequest', 'no name', raw('Content-Disposition: form-data; filename="a"'));
  refuses('MalformedPOSTRequest', 'two names', raw('Content-Disposition: form-data; name="a"; name="b"'));
  refuses(
    'MalformedPOSTRequest',
    'two file names',
    raw('Content-Disposition: form-data; name="a"; filename="b"; FILENAME="c"'),
  );
  refuses(
    'MalformedPOSTRequest',
    'a backslash as escape',
    raw('Content-Disposition: form-data; name="ke\\"y"'),
  );
  refuses(
    'MalformedPOSTRequest',
    'a quote that does not end',
    raw('Content-Disposition: form-data; name="a'),
  );
  refuses('MalformedPOSTRequest', 'a folded header', raw('Content-Disposition: form-data;\r\n name="a"'));
  refuses(
    'MalformedPOSTRequest',
    'a bare LF in a header',
    raw('Content-Disposition: form-data; name="a"\nX: y'),
  );
  refuses(
    'MalformedPOSTRequest',
    'a bare CR in a header',
    raw('Content-Disposition: form-data; name="a\rb"'),
  );
  refuses('MalformedPOSTRequest', 'NUL in a name', raw('Content-Disposition: form-data; name="a\0b"'));
  refuses(
    'MalformedPOSTRequest',
    'an escaped line end in a name',
    raw('Content-Disposition: form-data; name="a%0D%0Ab"'),
  );
  refuses(
    'MalformedPOSTRequest',
    'a header of 100 KB',
    raw(`Content-Disposition: form-data; name="a"\r\nX: ${'x'.repeat(100_000)}`),
  );
  refuses(
    'MalformedPOSTRequest',
    'a thousand headers',
    raw(`Content-Disposition: form-data; name="a"\r\n${'Content-Transfer-Encoding: x\r\n'.repeat(1000)}`),
  );
  refuses('MalformedPOSTRequest', 'an epilogue of 2 MB', `${ok}${'x'.repeat(2 << 20)}`);
  refuses(
    'MalformedPOSTRequest',
    'parts of 2 MB after the file',
    `${key}${file('x')}${field('z', 'x'.repeat(2 << 20))}${close}`,
  );
  refuses(
    'InvalidArgument.unrecognizedField',
    'an unknown header behind the file name',
    raw('Content-Disposition: form-data; name="a"; filename="b"\r\nX-Y: z'),
  );
  refuses('InvalidArgument.fieldName', 'an empty name', raw('Content-Disposition: form-data; name=""'));
  refuses(
    'InvalidArgument.notUtf8',
    'a name that is not UTF-8',
    raw('Content-Disposition: form-data; name="\xff"'),
  );
  refuses(
    'InvalidArgument.notUtf8',
    'a file name that is not UTF-8',
    raw('Content-Disposition: form-data; name="a"; filename="\xc0\xaf"'),
  );
  refuses(
    'InvalidArgument.notUtf8',
    'a value that is not UTF-8',
    `${field('x-oss-meta-a', '\xff\xfe')}${ok}`,
  );
  refuses(
    'InvalidObjectName',
    'a key with an overlong slash',
    `${field('key', '\xc0\xaf')}${file('x')}${close}`,
  );
  refuses(
    'InvalidObjectName',
    'a key with a surrogate',
    `${field('key', '\xed\xa0\x80')}${file('x')}${close}`,
  );
  refuses(
    'FieldItemTooLong.name',
    'a name over 8 KB',
    raw(`Content-Disposition: form-data; name="${'n'.repeat(fieldNameBytesMax + 1)}"`),
  );
  refuses(
    'FieldItemTooLong.name',
    'a name that outgrows the header',
    raw(`Content-Disposition: form-data; name="${'n'.repeat(40_000)}"`),
  );
  refuses('FieldItemTooLong', 'a value over 2 MB', `${field('a', 'x'.repeat(fieldValueBytesMax + 1))}${ok}`);
  refuses(
    'MaxPOSTPreDataLengthExceededError',
    'values over 8 MB',
    `${[1, 2, 3, 4, 5].map((n) => field(`f${n}`, 'x'.repeat(1_900_000))).join('')}${ok}`,
  );
  refuses(
    'InvalidArgument.tooManyFields',
    'a hundred fields and a file',
    `${Array.from({ length: partsMax }, (_, n) => field(`f${n}`, '')).join('')}${file('x')}${close}`,
  );
  refuses('InvalidArgument.duplicateField', 'a field twice', `${key}${ok}`);
  refuses('InvalidArgument.duplicateField', 'a field in two spellings', `${field('KEY', 'a')}${ok}`);
  refuses('IncorrectNumberOfFilesInPOSTRequest', 'two files', `${key}${file('x')}${file('y')}${close}`);
  refuses('IncorrectNumberOfFilesInPOSTRequest.none', 'no file', `${key}${close}`);
});

test('exactly the largest name, value and number of parts are read', () => {
  assert.match(outcome(`${field('n'.repeat(fieldNameBytesMax), '')}${ok}`), /hello/);
  assert.match(outcome(`${field('a', 'x'.repeat(fieldValueBytesMax))}${ok}`), /hello/);
  assert.match(
    outcome(
      `${Array.from({ length: partsMax - 1 }, (_, n) => field(`f${n}`, '')).join('')}${file('hello')}${close}`,
    ),
    /hello/,
  );
});

describe('the Content-Type', () => {
  const header = (name: string, value: string, expected: string | RegExp) =>
    test(name, () => {
      const got = outcome(ok, [], value);
      if (typeof expected === 'string') assert.equal(got, expected);
      else assert.match(got, expected);
    });

  header('in capitals', 'Multipart/FORM-DATA; BOUNDARY=B', /hello/);
  header('quoted', 'multipart/form-data; boundary="B"', /hello/);
  header('with blanks', 'multipart/form-data ; charset=utf-8 ; boundary = B', /hello/);
  header('absent', '', 'MethodNotAllowed');
  header('with a comma', 'multipart/form-data, boundary=B', 'MethodNotAllowed');
  header('urlencoded', 'application/x-www-form-urlencoded', 'RequestIsNotMultiPartContent');
  header('mixed', 'multipart/mixed; boundary=B', 'RequestIsNotMultiPartContent');
  header('without a boundary', 'multipart/form-data;', 'RequestIsNotMultiPartContent');
  header('with an empty boundary', 'multipart/form-data; boundary=', 'MalformedPOSTRequest');
  header(
    'with an endless boundary',
    `multipart/form-data; boundary=${'B'.repeat(71)}`,
    'MalformedPOSTRequest',
  );
  header('with a control character', 'multipart/form-data; boundary="B\x01"', 'MalformedPOSTRequest');
  header('with two boundaries', 'multipart/form-data; boundary=B; boundary=C', 'MalformedPOSTRequest');
  header('with junk', 'multipart/form-data; boundary="B" C', 'MalformedPOSTRequest');

  test('with characters that mean something to patterns', () => {
    const odd = "a'()+_,-./:=?b";
    assert.match(
      outcome(ok.replaceAll('--B', `--${odd}`), [], `multipart/form-data; boundary="${odd}"`),
      /hello/,
    );
  });
});

test('what was read before is read the same again, however many names come in between', () => {
  const names = Array.from({ length: 2 * keptHeadersMax }, (_, n) => `f${n}`);
  for (let round = 0; round < 2; round++)
    for (const name of names)
      assert.match(outcome(`${field(name, `v-${name}`)}${ok}`), new RegExp(`"${name}":"v-${name}"`));
  for (let round = 0; round < 2; round++) {
    assert.match(outcome(`${part('name="file"', 'hello')}${close}`), /hello/);
    assert.equal(outcome(part('nam="x"', '')), 'MalformedPOSTRequest');
  }
});

describe('cuts and mutations', () => {
  const body = Buffer.from(
    `preamble\r\n${key}${field('policy', 'eyJ9\r\n--BX')}${part('name="file"; filename="f"', 'a\r\n--B-\r\n--\r\r\n--Bx\r\n', 'Content-Type: x/y')}${field('submit', '')}--B-- \r\nepilogue`,
    'latin1',
  );
  const whole = outcome(body);

  test('the same result when cut in two at every byte', () => {
    assert.match(whole, /x\/y/);
    for (let at = 0; at <= body.length; at++) assert.equal(outcome(body, [at]), whole, `cut at ${at}`);
  });

  test('the same result when one that begins with its boundary is cut in two at every byte', () => {
    for (let at = 0; at <= ok.length; at++) assert.equal(outcome(ok, [at]), outcome(ok), `cut at ${at}`);
    assert.equal(outcome('--B--', [2]), outcome('--B--'));
    assert.equal(outcome('--BX\r\n--B--', [3]), outcome('--BX\r\n--B--'));
  });

  test('the same result in chunks of 1 to 40 bytes', () => {
    for (let size = 1; size <= 40; size++)
      assert.equal(outcome(body, Array(body.length).fill(size)), whole, `chunks of ${size}`);
  });

  test('10,000 mutated forms, cut at random, agree with themselves in one piece', () => {
    const snippets = [
      '\r\n',
      '--B',
      '\r\n--B\r\n',
      '--',
      '"',
      ';',
      '\0',
      '\r',
      '\n',
      ' ',
      'name="file"',
      '%22',
      '\xff',
      ':',
    ];
    const mutation = fc.record({
      at: fc.nat(body.length),
      remove: fc.nat(6),
      insert: fc.constantFrom('', ...snippets),
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 4 }), cuts, (mutations, sizes) => {
        let text = body.toString('latin1');
        for (const { at, remove, insert } of mutations)
          text = text.slice(0, at) + insert + text.slice(at + remove);
        assert.equal(outcome(text, sizes), outcome(text));
      }),
      { numRuns: 10_000 },
    );
  });

  test('any file survives between delimiters', () => {
    const piece = fc.constantFrom('\r', '\n', '-', '--', 'B', '\r\n--', '\r\n--B', 'x');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 }),
        (pieces, sizes) => {
          const content = pieces.join('');
          // A real delimiter inside the content ends it, by the rules; all else is content.
          fc.pre(!/\r\n--B(--)?[ \t]*\r\n/.test(`${content}\r\n--B--\r\n`.slice(0, -7)));
          assert.equal(readForm(`${key}${file(content)}${close}`, sizes).file, content);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
