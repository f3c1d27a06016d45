// The uploader against a scripted storage: what it sends, what it refuses to send, and what it makes of the answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SignedForm, UploadError, uploadForm } from '../src/browser/index.ts';
import { installFakeBrowser } from './fake-browser.ts';

const answer = installFakeBrowser();
const language = 'en';
const pdf = new File(['abcdefg'], 'résumé 1.pdf', { type: 'application/pdf' });

/** A form whose policy has these conditions. */
function form(conditions: unknown[], fields: Record<string, string> = {}): SignedForm {
  const policy = Buffer.from(JSON.stringify({ expiration: '2115-01-27T10:56:19Z', conditions })).toString(
    'base64',
  );
  return {
    url: 'https://bucket.storage.example/',
    fields: { key: 'up/${filename}', ...fields, policy, Signature: 's' },
  };
}

function errorXml(code: string, message: string, more = ''): string {
  return `<?xml version="1.0"?>\n<Error>\n  <Code>${code}</Code>\n  <Message>${message}</Message>\n  <RequestId>R1</RequestId>\n  <EC>0006-1</EC>${more}\n</Error>`;
}

async function failure(upload: Promise<unknown>): Promise<UploadError> {
  const error = await upload.then(
    () => assert.fail('it succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UploadError, String(error));
  return error;
}

// --- What is sent ---

/** Fields of the form, conditions of its policy, and the parts that go out besides key, policy and Signature. */
const SENT: [title: string, fields: Record<string, string>, conditions: unknown[], parts: string[]][] = [
  ['201 is asked for where nothing forbids it', {}, [], ['success_action_status=201']],
  ['even in place of another status', { success_action_status: '204' }, [], ['success_action_status=201']],
  [
    'but not against the policy',
    { success_action_status: '200' },
    [{ success_action_status: '200' }],
    ['success_action_status=200'],
  ],
  [
    'nor where the policy wants anything but that',
    { success_action_status: '200' },
    [['not-in', '$success_action_status', ['201']]],
    ['success_action_status=200'],
  ],
  [
    'a redirect is dropped',
    { success_action_redirect: 'https://a.example/' },
    [],
    ['success_action_status=201'],
  ],
  [
    'or sent empty where the policy lets it',
    { success_action_redirect: 'https://a.example/' },
    [['in', '$success_action_redirect', ['', 'https://a.example/']]],
    ['success_action_redirect=', 'success_action_status=201'],
  ],
  [
    'or kept where the policy demands it',
    { success_action_redirect: 'https://a.example/' },
    [['eq', '$success_action_redirect', 'https://a.example/']],
    ['success_action_redirect=https://a.example/', 'success_action_status=201'],
  ],
  [
    'a condition on the type gets its field',
    {},
    [['in', '$Content-Type', ['application/pdf']]],
    ['content-type=application/pdf', 'success_action_status=201'],
  ],
];

for (const [title, fields, conditions, parts] of SENT) {
  test(`sent: ${title}`, async () => {
    const requests = answer({ status: 204 });
    await uploadForm(form(conditions, fields), pdf, { language });
    const sent = requests[0]?.parts ?? [];
    assert.deepEqual(sent.filter((part) => !/^(key|policy|Signature|file)=/.test(part)).sort(), parts.sort());
    assert.equal(sent.at(-1), 'file=<file résumé 1.pdf application/pdf 7>', 'the file is last');
  });
}

test('sent: own fields replace those of the form in any case, and the key can be chosen', async () => {
  const requests = answer({ status: 204 });
  await uploadForm(form([], { 'X-OSS-Meta-By': 'form' }), pdf, {
    language,
    key: 'up/a.pdf',
    fields: { 'x-oss-meta-by': 'me' },
  });
  const sent = requests[0]?.parts ?? [];
  assert.ok(sent.includes('key=up/a.pdf') && sent.includes('x-oss-meta-by=me'));
  assert.ok(!sent.some((part) => part.endsWith('=form')));
});

const TYPES: [name: string, own: string, option: string | undefined, sent: string][] = [
  ['a.pdf', 'application/pdf', undefined, 'application/pdf'],
  ['photo.HEIC', '', undefined, 'image/heic'],
  ['a.constructor', '', undefined, ''],
  ['notes', '', undefined, ''],
  ['a.pdf', 'application/pdf', 'text/plain', 'text/plain'],
];
for (const [name, own, option, type] of TYPES) {
  test(`sent: ${name} of type "${own}"${option ? ` as ${option}` : ''} goes as "${type}"`, async () => {
    const requests = answer({ status: 204 });
    await uploadForm(form([]), new File(['x'], name, { type: own }), {
      language,
      ...(option && { contentType: option }),
    });
    assert.equal(requests[0]?.parts.at(-1), `file=<file ${name} ${type} 1>`);
  });
}

// --- What comes back ---

test('a 201 tells name, address and ETag', async () => {
  const body =
    '<PostResponse><Bucket>b</Bucket><ETag>"7AC6"</ETag><Key>up/R&amp;D &#20013;&#x6587;.pdf</Key><Location>https://b.example/up/x</Location></PostResponse>';
  answer({ status: 201, body, headers: { 'X-OSS-Request-Id': 'R1', 'x-oss-version-id': 'V1' } });
  assert.deepEqual(await uploadForm(form([]), pdf), {
    status: 201,
    key: 'up/R&D 中文.pdf',
    location: 'https://b.example/up/x',
    etag: '7AC6',
    requestId: 'R1',
    versionId: 'V1',
    body,
    warning: undefined,
  });
});

test('any other success tells what the form makes certain', async () => {
  answer({ status: 200, body: '{"ok":true}', headers: { etag: '"7AC6"' } });
  const { key, location, etag, body } = await uploadForm(form([]), pdf);
  assert.equal(key, 'up/résumé 1.pdf');
  assert.equal(location, 'https://bucket.storage.example/up/r%C3%A9sum%C3%A9%201.pdf');
  assert.deepEqual({ etag, body }, { etag: '7AC6', body: '{"ok":true}' });
});

const REFUSALS: [status: number, code: string, message: string, kind: string][] = [
  [400, 'EntityTooLarge', 'too large', 'too-large'],
  [400, 'EntityTooSmall', 'too small', 'too-small'],
  [409, 'FileAlreadyExists', 'exists', 'exists'],
  [403, 'AccessDenied', 'Invalid according to Policy: Policy expired.', 'expired'],
  [403, 'SecurityTokenExpired', 'expired', 'expired'],
  [403, 'SignatureDoesNotMatch', 'no match', 'refused'],
  [203, 'CallbackFailed', 'Error status : 500.', 'callback'],
];
for (const [status, code, message, kind] of REFUSALS) {
  test(`answer: ${status} ${code} (${message}) is "${kind}"`, async () => {
    answer({ status, body: errorXml(code, message) });
    const error = await failure(uploadForm(form([]), pdf, { language }));
    assert.deepEqual(
      [error.kind, error.status, error.code, error.ec, error.requestId],
      [kind, status, code, '0006-1', 'R1'],
    );
  });
}

test('answer: storage’s own limit is told', async () => {
  const body = errorXml('EntityTooLarge', 'too large', '<MaxSizeAllowed>5</MaxSizeAllowed>');
  answer({ status: 400, body });
  assert.equal(
    (await failure(uploadForm(form([]), pdf, { language }))).message,
    'The file is too large: 7 B, limit 5 B.',
  );
});

test('answer: an answer that is no error document is told by its status', async () => {
  answer({ status: 413, body: '<html>nginx</html>' });
  assert.equal(
    (await failure(uploadForm(form([]), pdf, { language }))).message,
    'Storage refused the file: HTTP 413',
  );
});

test('answer: the explanation of a development server is read as UTF-8', async () => {
  const explain = Buffer.from('密钥有空格').toString('latin1');
  answer({
    status: 403,
    body: errorXml('SignatureDoesNotMatch', 'no'),
    headers: { 'x-postern-explain': explain },
  });
  assert.equal((await failure(uploadForm(form([]), pdf))).explain, '密钥有空格');
});

// --- What is refused before a byte is sent ---

const MB = 1024 ** 2;
function fileOf(bytes: number): File {
  const file = new File(['x'], 'a.bin');
  Object.defineProperty(file, 'size', { value: bytes });
  return file;
}

const EARLY: [title: string, file: File, conditions: unknown[], kind: string, en: string, zh: string][] = [
  [
    '12.4 MB of 10',
    fileOf(12.4 * MB),
    [['content-length-range', 1, 10 * MB]],
    'too-large',
    'The file is too large: 12.4 MB, limit 10 MB.',
    '文件太大：12.4 MB，上限 10 MB。',
  ],
  [
    'one byte too many',
    fileOf(10 * MB + 1),
    [['content-length-range', 1, 10 * MB]],
    'too-large',
    'The file is too large: 10485761 B, limit 10485760 B.',
    '文件太大：10485761 B，上限 10485760 B。',
  ],
  [
    'an empty file',
    fileOf(0),
    [['content-length-range', 1, 10]],
    'too-small',
    'The file is too small: 0 B, minimum 1 B.',
    '文件太小：0 B，下限 1 B。',
  ],
  [
    'over 5 GB',
    fileOf(5 * 1024 * MB + 1),
    [],
    'too-large',
    'The file is too large: 5368709121 B, limit 5368709120 B.',
    '文件太大：5368709121 B，上限 5368709120 B。',
  ],
  [
    'another folder',
    pdf,
    [['starts-with', '$key', 'user/']],
    'wrong-name',
    'The name up/${filename} is not allowed here.',
    '不允许使用名称 up/${filename}。',
  ],
  [
    'another type',
    pdf,
    [['in', '$content-type', ['image/png']]],
    'wrong-type',
    'Files of type application/pdf are not accepted here.',
    '不接受类型为 application/pdf 的文件。',
  ],
  [
    'a field the form lacks',
    pdf,
    [{ 'x-oss-object-acl': 'private' }],
    'form',
    'The form is not usable.',
    '表单无法使用。',
  ],
];
for (const [title, file, conditions, kind, en, zh] of EARLY) {
  test(`refused at once: ${title}`, async () => {
    const requests = answer();
    const error = await failure(uploadForm(form(conditions), file, { language: 'en' }));
    assert.deepEqual([error.kind, error.message, error.status], [kind, en, 0]);
    assert.equal((await failure(uploadForm(form(conditions), file, { language: 'zh-CN' }))).message, zh);
    assert.equal(requests.length, 0);
  });
}

test('refused at once: limits that come with the form, without a policy', async () => {
  answer();
  const error = await failure(
    uploadForm({ url: 'https://b.example/', fields: { key: 'a' }, limits: { maxBytes: 5 } }, pdf),
  );
  assert.equal(error.kind, 'too-large');
});

test('a condition is told in the words of the policy', async () => {
  answer();
  const error = await failure(uploadForm(form([['starts-with', '$key', 'user/']]), pdf));
  assert.equal(error.explain, 'policy: ["starts-with","$key","user/"], form: "up/${filename}"');
});

const UNREADABLE = [
  'not base64!',
  Buffer.from('{').toString('base64'),
  Buffer.from('{"conditions":[1]}').toString('base64'),
];
for (const policy of UNREADABLE) {
  test(`a policy that cannot be read (${policy}) is left to storage, and nothing is added to the form`, async () => {
    const requests = answer({ status: 204 });
    await uploadForm({ url: 'https://b.example/', fields: { key: 'a', policy } }, pdf);
    assert.deepEqual(requests[0]?.parts.slice(0, -1), ['key=a', `policy=${policy}`]);
  });
}

test('a dollar that the policy escapes is a dollar', async () => {
  answer({ status: 204 }, { status: 204 });
  for (const json of ['["eq","$key","up/\\${filename}"]', '["eq","$key","up/\\\\${filename}"]']) {
    const policy = Buffer.from(`{"expiration":"2115-01-27T10:56:19Z","conditions":[${json}]}`).toString(
      'base64',
    );
    await uploadForm({ ...form([]), fields: { key: 'up/${filename}', policy } }, pdf);
  }
});

// --- Silence ---

test('a preflight that fails is gone round by a request without a progress listener', async () => {
  const requests = answer({ status: 0 }, { status: 204 });
  const { warning } = await uploadForm(form([]), pdf, { language, onProgress: () => {} });
  assert.deepEqual(
    requests.map(({ hadProgressListener }) => hadProgressListener),
    [true, false],
  );
  assert.match(
    warning ?? '',
    /preflight.*https:\/\/bucket\.storage\.example allow POST from https:\/\/page\.example/,
  );
});

const SILENCE: [
  title: string,
  replies: Parameters<typeof answer>,
  progress: boolean,
  kind: string,
  explain: RegExp,
][] = [
  [
    'nothing answers',
    [{ status: 0 }, { status: 0 }],
    true,
    'network',
    /Is https:\/\/bucket\.storage\.example running/,
  ],
  ['nothing answers, without progress', [{ status: 0 }], false, 'network', /CORS/],
  ['the connection breaks', [{ status: 0, sentBytes: 500 }], true, 'network', /running/],
  ['the answer is hidden', [{ status: 0, sentBytes: 1000 }], true, 'unreadable', /may exist/],
  [
    'the page’s policy forbids it',
    [{ status: 0, blockedBy: 'connect-src' }],
    true,
    'csp',
    /add https:\/\/bucket\.storage\.example to connect-src/,
  ],
];
for (const [title, replies, progress, kind, explain] of SILENCE) {
  test(`silence: ${title}`, async () => {
    const requests = answer(...replies);
    const error = await failure(uploadForm(form([]), pdf, { language, progress, onProgress: () => {} }));
    assert.equal(error.kind, kind);
    assert.match(error.explain ?? '', explain);
    assert.equal(requests.length, replies.length);
  });
}

// --- Progress, cancel, renewal ---

test('progress is told in bytes', async () => {
  answer({ status: 204, sentBytes: 500 });
  const heard: unknown[] = [];
  await uploadForm(form([]), pdf, { onProgress: (progress) => heard.push(progress) });
  assert.deepEqual(heard, [{ sentBytes: 500, totalBytes: 1000 }]);
});

test('progress: false sends without a listener', async () => {
  const requests = answer({ status: 204 });
  await uploadForm(form([]), pdf, { progress: false, onProgress: () => assert.fail('heard') });
  assert.equal(requests[0]?.hadProgressListener, false);
});

test('an abort rejects with the signal’s reason, before and during', async () => {
  const requests = answer({ status: 0, hangs: true });
  await assert.rejects(uploadForm(form([]), pdf, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.equal(requests.length, 0);
  const controller = new AbortController();
  const upload = uploadForm(form([]), pdf, { signal: controller.signal });
  controller.abort();
  await assert.rejects(upload, { name: 'AbortError' });
  assert.equal(requests.length, 1);
});

test('a fetched form that has expired is fetched once more', async () => {
  const expired = {
    status: 403,
    body: errorXml('AccessDenied', 'Invalid according to Policy: Policy expired.'),
  };
  answer(expired, { status: 204 });
  let fetched = 0;
  const fetchForm = () => {
    fetched += 1;
    return Promise.resolve(form([]));
  };
  assert.equal((await uploadForm(fetchForm, pdf)).status, 204);
  assert.equal(fetched, 2);
  answer(expired, expired);
  assert.equal((await failure(uploadForm(fetchForm, pdf))).kind, 'expired');
  assert.equal(fetched, 4);
});
