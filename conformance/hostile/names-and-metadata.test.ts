// Object names and what is stored with an object. A name is opaque: what is accepted is listed in well-formed XML and read back under
// exactly that name; what is stored as a header can be sent as one.

import assert from 'node:assert/strict';
import { readXml } from '@postern/protocol/xml';
import type { Answer } from '../http.ts';
import { fieldParts, filePart, writeParts } from '../raw-form.ts';
import { newKey, TrialBucket } from '../trial-bucket.ts';
import { openHostileTrials } from './hostile-trials.ts';

const { target, bucket, accepts, refuses, repels, survives } = await openHostileTrials();
// Before the first test begins, since each looks whether it has left anything.
await bucket.put('taken.txt');

const KiB = 1024;
const threeBytes = '历';

// --- Names that are none ---

for (const [input, key] of [
  ['an empty name', ''],
  ['a name of 1024 bytes', 'k'.repeat(1024)],
  ['a name of 342 characters that are 1026 bytes', threeBytes.repeat(342)],
  ['a name of 2 MB', 'k'.repeat(2 * KiB * KiB)],
  ['a slash in front', '/a'],
  ['a backslash in front', '\\a'],
  ['nothing but a slash', '/'],
  ['NUL', 'a\0b'],
] as const)
  refuses(`${input} as the key`, { changed: { key } }, '400 InvalidObjectName');

for (const [input, bytes] of [
  ['an overlong slash', '\xc0\xaf'],
  ['an overlong NUL', '\xc0\x80'],
  ['half of a surrogate pair', '\xed\xa0\x80'],
  ['a code point beyond Unicode', '\xf4\x90\x80\x80'],
  ['latin1', 'caf\xe9'],
  ['half a character', '\xe7\xae'],
] as const)
  refuses(
    `${input} in the key`,
    (to) => {
      const body = writeParts([...fieldParts(to.fields({ changed: { key: bytes } })), filePart()]);
      return to.postBody(Buffer.from(body, 'latin1'), {
        'content-type': 'multipart/form-data; boundary=form-boundary',
      });
    },
    '400 InvalidObjectName',
  );

// --- Names that are taken as they are ---

const names: readonly string[] = [
  'k'.repeat(1023),
  threeBytes.repeat(341),
  ...[
    '../../etc/passwd',
    'a/../b',
    '.',
    '..',
    './a',
    'a//b',
    'a/',
    'a/./b',
    '~root',
    '-rf',
    '*',
    'C:/a',
    'a\\..\\b',
  ],
  ...['%2e%2e/a', '%00', '%', '%zz', '%252e', 'a+b c', 'a?b#c', 'a;b=c', 'a&b', '?acl', '$(id)', '`id`'],
  ...['</Key><script>alert(1)</script>', ']]>', '<!--', '&lt;', '&#0;', '"', "'", '{{7*7}}'],
  ...[
    '\u0001',
    'a\u0008b',
    'a\tb',
    'a\nb',
    'a\r\nb',
    '\u001f',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u2028',
    '\ufeffa',
  ],
  ...['\ufffe', '\uffff', '\ufffd', '\u{10ffff}', '\u{1f4be}', 'a\u202etxt.exe', 'a\u200bb', '\u200e'],
  ...[
    'caf\u00e9',
    'cafe\u0301',
    'stra\u00dfe',
    'STRASSE',
    'CaSe',
    'case',
    'dot.',
    'dot',
    'blank ',
    'blank',
    ' blank',
  ],
  ...[
    'CON',
    'con',
    'aux.txt',
    'NUL',
    'desktop.ini',
    '__proto__',
    'constructor',
    'toString',
    'undefined',
    '0',
  ],
];

survives('names are stored, listed and read as they are', async () => {
  const to = await TrialBucket.create(target);
  for (const key of names) {
    const answer = await to.post({ fields: { key }, file: { content: `content of ${key}` } });
    assert.equal(answer.status, 204, `${JSON.stringify(key)}: ${answer.text}`);
  }
  for (const key of names) assert.equal((await to.get(key)).text, `content of ${key}`, JSON.stringify(key));

  const inOrder = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const version of ['', 'list-type=2&']) {
    const list = await to.sendSigned({
      method: 'GET',
      path: `/?${version}max-keys=1000&encoding-type=url`,
    });
    assert.deepEqual(listedKeys(list).map(decodeURIComponent), inOrder);
    // Names that XML cannot carry are written as others; the document is well-formed all the same.
    const plain = await to.sendSigned({ method: 'GET', path: `/?${version}max-keys=1000` });
    assert.equal(listedKeys(plain).length, names.length);
  }
  assert.deepEqual(await pageByPage(to, 7), inOrder);
});

function listedKeys(list: Answer): string[] {
  assert.equal(list.status, 200, list.text);
  const contents = readXml(list.body, 'ListBucketResult').children.filter(({ name }) => name === 'Contents');
  return contents.map(({ children }) => children.find(({ name }) => name === 'Key')?.text ?? '');
}

async function pageByPage(to: TrialBucket, pageSize: number): Promise<string[]> {
  const keys: string[] = [];
  for (let marker = ''; ; ) {
    const path = `/?encoding-type=url&max-keys=${pageSize}&marker=${encodeURIComponent(marker)}`;
    const page = await to.sendSigned({ method: 'GET', path });
    keys.push(...listedKeys(page).map(decodeURIComponent));
    if (page.element('IsTruncated') !== 'true') return keys;
    marker = decodeURIComponent(page.element('NextMarker') ?? '');
  }
}

for (const key of names.filter((name) => /[<&\]]/.test(name)))
  survives(`${JSON.stringify(key)} in the XML of an answer`, async (to) => {
    const answer = await to.post({ fields: { key, success_action_status: '201' } });
    assert.equal(answer.status, 201, answer.text);
    const key2 = readXml(answer.body, 'PostResponse').children.find(({ name }) => name === 'Key');
    assert.equal(key2?.text, key);
  });

// --- The file's name in the key ---

const inKey = '${filename}';
const fileNames: readonly [input: string, fileName: string | undefined, stored: string][] = [
  ['a Windows path', 'C:\\dir\\x.txt', 'x.txt'],
  ['a path that climbs', '../../x.txt', 'x.txt'],
  ['a mixed path', 'a/b\\c/x.txt', 'x.txt'],
  ['a path that ends in a slash', 'a/b/', ''],
  ['dots alone', '..', '..'],
  ['the placeholder itself', inKey, inKey],
  ['replacement patterns', '$&$1$$.txt', '$&$1$$.txt'],
  ['a line end', 'a\r\nb', 'a\r\nb'],
  ['quotes', 'a"b', 'a"b'],
  ['no name', undefined, ''],
];
for (const [input, fileName, stored] of fileNames)
  survives(`${input} as the file's name`, async (to) => {
    const prefix = newKey();
    const answer = await to.post({ fields: { key: `${prefix}/${inKey}/${inKey}` }, file: { fileName } });
    assert.equal(answer.status, 204, answer.text);
    assert.equal((await to.get(`${prefix}/${stored}/${stored}`)).text, 'hello');
  });
refuses(
  'a file name of 2000 bytes in the key',
  { fields: { key: inKey }, file: { fileName: 'x'.repeat(2000) } },
  '400 InvalidObjectName',
);
refuses(
  'a hundred file names in the key',
  { fields: { key: inKey.repeat(93) }, file: { fileName: 'twelve bytes' } },
  '400 InvalidObjectName',
);
refuses(
  'no file name where it is the key',
  { fields: { key: inKey }, file: { fileName: '' } },
  '400 InvalidObjectName',
);
refuses(
  'a file name with NUL in the key',
  { fields: { key: inKey }, file: { fileName: 'a\0b' } },
  '400 MalformedPOSTRequest',
);
accepts(
  'a key that is short enough once the file name is in it',
  { fields: { key: `${'x'.repeat(1015)}${inKey}` }, file: { fileName: 'y.txt' } },
  { key: `${'x'.repeat(1015)}y.txt` },
);
refuses(
  'a condition on the name that comes of the file name',
  {
    fields: { key: `user/${inKey}` },
    policy: { conditions: [['eq', '$key', 'user/b.jpg']] },
    file: { fileName: 'b.jpg' },
  },
  '403 AccessDenied',
);
accepts(
  'a file name that leaves the allowed folder, without its path',
  {
    fields: { key: `user/${inKey}` },
    policy: { conditions: [['starts-with', '$key', 'user/']] },
    file: { fileName: '../admin/x' },
  },
  { key: 'user/x' },
);

// --- Headers that are stored ---

for (const name of [
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Content-Encoding',
  'Content-Language',
  'x-oss-content-type',
  'x-oss-meta-a',
])
  for (const [input, value] of [
    ['a line end', 'a\r\nSet-Cookie: b=c'],
    ['a line feed', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['NUL', 'a\0b'],
    ['a control character', 'a\u0085b'],
    ['8 KB', 'a'.repeat(8 * KiB + 1)],
  ] as const)
    refuses(`${input} in ${name}`, { fields: { [name]: value } }, '400 InvalidArgument');

refuses(
  'a line end in the Content-Type field',
  { fields: { 'Content-Type': 'a/b\r\nX: y' }, file: { contentType: undefined } },
  '400 InvalidArgument',
);
refuses(
  'a Content-Type of 8 KB on the file',
  { file: { contentType: `a/${'b'.repeat(8 * KiB)}` } },
  '400 InvalidArgument',
);
refuses(
  'a control character in the type of the file',
  { file: { contentType: 'a/\u0001b' } },
  '400 MalformedPOSTRequest',
);
accepts(
  'no Content-Type anywhere',
  { file: { contentType: undefined } },
  { stores: { 'content-type': 'application/octet-stream' } },
);

survives('UTF-8 in headers comes back byte for byte', async (to) => {
  const given = {
    'content-disposition': 'attachment; filename="简历.pdf"',
    'cache-control': 'max-age=1; note="\u{1f4be}"',
    'x-oss-meta-name': 'Zoë 简历',
    'x-oss-meta-tab': 'a\tb',
  };
  const key = newKey();
  assert.equal((await to.post({ fields: { key, ...given } })).status, 204);
  const { headers } = await to.get(key);
  for (const [name, value] of Object.entries(given))
    assert.equal(Buffer.from(headers[name] as string, 'latin1').toString(), value);
});
survives('all that may be stored at once can be read back', async (to) => {
  const key = newKey();
  const fields = {
    'Content-Disposition': `attachment; filename="${'d'.repeat(4000)}"`,
    'Cache-Control': 'c'.repeat(500),
    Expires: 'e'.repeat(250),
    'x-oss-meta-a': 'm'.repeat(8 * KiB - 1),
  };
  assert.equal((await to.post({ fields: { key, ...fields } })).status, 204);
  assert.equal((await to.get(key)).headers['x-oss-meta-a'], fields['x-oss-meta-a']);
});
refuses(
  'metadata of over 8 KB together',
  { fields: { 'x-oss-meta-a': 'a'.repeat(5 * KiB), 'x-oss-meta-b': 'b'.repeat(5 * KiB) } },
  '400 InvalidArgument',
);
for (const name of ['a_b', 'a@b', 'a b', 'a:b', 'é', ''])
  refuses(`metadata called "${name}"`, { fields: { [`x-oss-meta-${name}`]: 'x' } }, '400 InvalidArgument');

for (const [field, value, refusal] of [
  ['x-oss-object-acl', 'public', '400 InvalidArgument'],
  ['x-oss-object-acl', 'PRIVATE', '400 InvalidArgument'],
  ['x-oss-object-acl', '', '400 InvalidArgument'],
  ['x-oss-storage-class', 'standard', '400 InvalidArgument'],
  ['x-oss-storage-class', 'toString', '400 InvalidArgument'],
  ['x-oss-server-side-encryption', 'DES', '400 InvalidEncryptionAlgorithmError'],
  ['x-oss-server-side-encryption-key-id', 'k', '400 InvalidEncryptionAlgorithmError'],
  ['x-oss-server-side-data-encryption', 'AES', '400 InvalidDataEncryptionAlgorithmError'],
  ['x-oss-forbid-overwrite', 'TRUE', '400 InvalidArgument'],
  ['x-oss-forbid-overwrite', '1', '400 InvalidArgument'],
  ['x-oss-forbid-overwrite', 'yes', '400 InvalidArgument'],
  ['x-oss-forbid-overwrite', '', '400 InvalidArgument'],
  ['x-oss-forbid-overwrite', 'true ', '400 InvalidArgument'],
] as const)
  refuses(`${field}: "${value}"`, { fields: { [field]: value } }, refusal);
accepts(
  'tags, which a form cannot give, are an unknown field',
  { fields: { 'x-oss-tagging': '&&=junk' } },
  { stores: { 'x-oss-tagging-count': undefined } },
);

// --- Overwriting ---

refuses(
  'a name that is taken, under x-oss-forbid-overwrite',
  { fields: { key: 'taken.txt', 'x-oss-forbid-overwrite': 'true' } },
  '409 FileAlreadyExists',
);
survives('of sixteen forms at once for a new name, one is stored', async (to) => {
  const key = newKey();
  const forms = Array.from({ length: 16 }, (_, n) =>
    to.post({
      fields: { key, 'x-oss-forbid-overwrite': 'true' },
      file: { content: `${n}`.padEnd(100_000) },
    }),
  );
  const answers = (await Promise.all(forms)).map(({ status }) => status);
  assert.deepEqual([...answers].sort(), [204, ...Array(15).fill(409)]);
  assert.equal((await to.get(key)).text, `${answers.indexOf(204)}`.padEnd(100_000));
});

// --- Content-MD5, of the whole body ---

refuses(
  'a Content-MD5 of something else',
  { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } },
  '400 InvalidDigest',
);
for (const md5 of ['junk', '0'.repeat(32), 'AAAAAAAAAAAAAAAAAAAAAA', 'AAAA', ''])
  refuses(`the Content-MD5 "${md5}"`, { headers: { 'content-md5': md5 } }, '400 InvalidDigest');
accepts('a Content-MD5 field, which is none', { fields: { 'Content-MD5': 'junk' } });

// --- Content that a browser would run ---

for (const type of [
  'text/html',
  'TEXT/HTML; charset=utf-8',
  'image/svg+xml',
  'application/xhtml+xml',
  'text/xml',
  'image/png, text/html',
  'application/mathml+xml',
  'multipart/x-mixed-replace',
  'text/javascript',
])
  accepts(
    `${type} is downloaded, not run`,
    { fields: { 'Content-Disposition': 'inline; filename="a"' }, file: { contentType: type } },
    {
      stores: {
        'content-type': type,
        'content-disposition': 'attachment; filename="a"',
        'x-oss-force-download': 'true',
        'x-content-type-options': 'nosniff',
        'content-security-policy': 'sandbox',
      },
    },
  );
accepts(
  'a picture is shown, and never guessed to be something else',
  { file: { contentType: 'image/png' } },
  {
    stores: { 'content-disposition': undefined, 'x-content-type-options': 'nosniff' },
  },
);
repels('a GET cannot be made to run it', async (to) => {
  const key = newKey();
  await to.put(key, '<script>', { 'content-type': 'text/plain', 'x-oss-object-acl': 'public-read' });
  const read = await to.send({ method: 'GET', path: `/${key}?response-content-type=text/html` });
  assert.equal(read.status, 400);
  const signed = await to.sendSigned({ method: 'GET', path: `/${key}?response-content-type=text%2Fhtml` });
  assert.equal(signed.headers['content-security-policy'], 'sandbox');
  await to.sendSigned({ method: 'DELETE', path: `/${key}` });
});
