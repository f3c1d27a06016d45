// Uploads in parts (InitiateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload, AbortMultipartUpload, ListParts,
// ListMultipartUploads): what becomes of the parts, what is told of them, and each refusal that the reference names.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { startApplication } from '../application.ts';
import type { Answer } from '../http.ts';
import {
  ask,
  checkHeaders,
  type Given,
  objectTrials,
  type RequestLine,
  succeed,
  texts,
} from '../object-requests.ts';
import { checkRefusal, newKey, openTrials, type TrialBucket } from '../trial-bucket.ts';

const { bucket, target } = await openTrials({ callbackAllowPrivate: true });
const { expects, refuses } = objectTrials(bucket);
const application = await startApplication({ '/ok': '{"Status":"OK"}', '/text': 'thanks' });
after(() => application.close());

const least = 100 * 1024;
const md5 = (content: string | Buffer) => createHash('md5').update(content).digest('hex').toUpperCase();
const filled = (letter: string, bytes = least) => letter.repeat(bytes);
const nowhere = '0123456789ABCDEF0123456789ABCDEF';

// --- The notation ---

/** An upload under way. */
class Upload {
  readonly key: string;
  readonly id: string;
  readonly #bucket: TrialBucket;
  readonly #parts: { number: number; etag: string }[] = [];

  private constructor(of: TrialBucket, key: string, id: string) {
    this.#bucket = of;
    this.key = key;
    this.id = id;
  }

  static async begin({ key = newKey(), query = '', headers = {}, of = bucket } = {}): Promise<Upload> {
    const answer = await succeed(of, `POST ${key}?uploads${query}`, { headers });
    return new Upload(of, key, answer.element('UploadId') as string);
  }

  line(method: 'GET' | 'PUT' | 'POST' | 'DELETE', query = ''): RequestLine {
    return `${method} ${this.key}?uploadId=${this.id}${query}`;
  }

  async put(number: number, body: string): Promise<Answer> {
    const answer = await succeed(this.#bucket, this.line('PUT', `&partNumber=${number}`), { body });
    this.#note(number, answer);
    return answer;
  }

  async copy(number: number, source: string, headers: Record<string, string> = {}): Promise<Answer> {
    const given = { headers: { 'x-oss-copy-source': source, ...headers } };
    const answer = await succeed(this.#bucket, this.line('PUT', `&partNumber=${number}`), given);
    this.#note(number, answer);
    return answer;
  }

  #note(number: number, { headers }: Answer): void {
    this.#parts.push({ number, etag: headers.etag as string });
  }

  /** The document that names all parts that were put. */
  get document(): string {
    return complete(...this.#parts.map(({ number, etag }) => [number, etag] as const));
  }

  ask(line: RequestLine, given?: Given): Promise<Answer> {
    return ask(this.#bucket, line, given);
  }

  complete(given: Given = {}): Promise<Answer> {
    return succeed(this.#bucket, this.line('POST'), { body: this.document, ...given });
  }
}

const complete = (...parts: readonly (readonly [number: number | string, etag: string])[]) =>
  `<CompleteMultipartUpload>${parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`;

const noUpload = {
  Message:
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
};

// --- From beginning to end ---

test('an upload in three parts, sent in any order, is one object', async () => {
  const upload = await Upload.begin({
    key: '目录/a b+c.txt',
    headers: { 'content-type': 'text/css', 'x-oss-meta-a': '1', 'x-oss-tagging': 'a=1' },
  });
  assert.match(upload.id, /^[0-9A-F]{32}$/);
  const last = await upload.put(7, 'end');
  checkHeaders(last, {
    etag: `"${md5('end')}"`,
    'content-md5': Buffer.from(md5('end'), 'hex').toString('base64'),
    'x-oss-hash-crc64ecma': '4454695006954721626',
  });
  await upload.put(1, filled('a'));
  await upload.put(3, filled('b', least + 1));
  checkRefusal(await upload.ask(`GET ${upload.key}`), '404 NoSuchKey');

  const sorted = complete(
    [1, md5(filled('a'))],
    [3, `"${md5(filled('b', least + 1)).toLowerCase()}"`],
    [7, md5('end')],
  );
  const done = await upload.complete({ body: sorted });
  const etags = [filled('a'), filled('b', least + 1), 'end'].map(md5).join('');
  const etag = `"${md5(etags)}-3"`;
  assert.deepEqual(
    [done.element('Bucket'), done.element('Key'), done.element('ETag')],
    [bucket.name, upload.key, etag],
  );
  assert.equal(
    done.element('Location'),
    `${target.endpoint}/${bucket.name}/${encodeURI('目录/a b')}%2Bc.txt`,
  );
  assert.equal(done.headers['x-oss-version-id'], undefined);

  const read = await succeed(bucket, `GET ${upload.key}`);
  assert.equal(read.text, `${filled('a')}${filled('b', least + 1)}end`);
  checkHeaders(read, {
    etag,
    'content-md5': undefined,
    'x-oss-object-type': 'Multipart',
    'content-type': 'text/css',
    'x-oss-meta-a': '1',
    'x-oss-tagging-count': '1',
    'x-oss-hash-crc64ecma': '814404772526828571',
  });
  const list = await succeed(bucket, `GET ?prefix=${encodeURIComponent('目录')}`);
  assert.deepEqual([texts(list, 'Type'), texts(list, 'ETag')], [['Multipart'], [etag]]);
  checkRefusal(await upload.ask(upload.line('GET')), '404 NoSuchUpload');
});

test('ranges over the seams of the parts', async () => {
  const upload = await Upload.begin();
  await upload.put(1, filled('a'));
  await upload.put(2, filled('b'));
  await upload.put(3, 'c');
  await upload.complete();
  const range = async (from: number, to: number) =>
    (await succeed(bucket, `GET ${upload.key}`, { headers: { range: `bytes=${from}-${to}` } }, 206)).text;
  assert.equal(await range(least - 2, least + 1), 'aabb');
  assert.equal(await range(least - 1, 2 * least), `a${filled('b')}c`);
  assert.equal(await range(2 * least, 2 * least), 'c');
});

test('a part that is sent again takes the place of the one before', async () => {
  const upload = await Upload.begin();
  await upload.put(1, 'old');
  const again = await upload.put(1, 'new');
  const list = await succeed(bucket, upload.line('GET'));
  assert.deepEqual([texts(list, 'ETag'), texts(list, 'Size')], [[again.headers.etag], ['3']]);
  checkRefusal(await upload.ask(upload.line('POST'), { body: complete([1, md5('old')]) }), '400 InvalidPart');
  await upload.complete({ body: complete([1, md5('new')]) });
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, 'new');
});

test('parts that are not named are dropped', async () => {
  const upload = await Upload.begin();
  await upload.put(1, filled('a'));
  await upload.put(2, filled('b'));
  await upload.complete({ body: complete([2, md5(filled('b'))]) });
  const read = await succeed(bucket, `GET ${upload.key}`);
  assert.equal(read.text, filled('b'));
  assert.equal(read.headers.etag, `"${md5(md5(filled('b')))}-1"`);
});

test('x-oss-complete-all takes every part there is', async () => {
  const upload = await Upload.begin();
  await upload.put(9, 'b');
  await upload.put(2, filled('a'));
  await upload.complete({ body: '', headers: { 'x-oss-complete-all': 'yes' } });
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, `${filled('a')}b`);
});

test('an upload replaces the object of its name, with all that belonged to it', async () => {
  const upload = await Upload.begin();
  await succeed(bucket, `PUT ${upload.key}`, {
    body: 'old',
    headers: { 'x-oss-meta-a': '1', 'x-oss-tagging': 'a=1' },
  });
  await upload.put(1, 'new');
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, 'old');
  await upload.complete();
  checkHeaders(await succeed(bucket, `GET ${upload.key}`), {
    'x-oss-meta-a': undefined,
    'x-oss-tagging-count': undefined,
  });
});

test('two uploads of one name do not know of each other', async () => {
  const first = await Upload.begin();
  const second = await Upload.begin({ key: first.key });
  await first.put(1, 'first');
  await second.put(1, 'second');
  await first.complete();
  await second.complete();
  assert.equal((await succeed(bucket, `GET ${first.key}`)).text, 'second');
});

test('what was asked for at the beginning is heard', async () => {
  const headers = {
    'x-oss-server-side-encryption': 'AES256',
    'x-oss-storage-class': 'IA',
    'x-oss-object-acl': 'public-read',
  };
  const key = newKey();
  const begun = await succeed(bucket, `POST ${key}?uploads&encoding-type=url`, { headers });
  checkHeaders(begun, { 'x-oss-server-side-encryption': 'AES256' });
  assert.equal(begun.element('EncodingType'), 'url');
  const id = begun.element('UploadId');
  const part = await succeed(bucket, `PUT ${key}?partNumber=1&uploadId=${id}`, { body: 'x' });
  const done = await succeed(bucket, `POST ${key}?uploadId=${id}`, {
    body: complete([1, part.headers.etag as string]),
  });
  checkHeaders(done, { 'x-oss-server-side-encryption': 'AES256' });
  const read = await succeed(bucket, `GET ${key}`, { signed: false });
  checkHeaders(read, { 'x-oss-server-side-encryption': 'AES256', 'x-oss-storage-class': 'IA' });
});

test('an upload makes a version', async () => {
  const { bucket: versioned } = await openTrials({ on: target });
  await succeed(versioned, 'PUT ?versioning', {
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  await succeed(versioned, 'PUT a', { body: 'old' });
  const upload = await Upload.begin({ key: 'a', of: versioned });
  await upload.put(1, 'new');
  const done = await upload.complete({ headers: { 'x-oss-forbid-overwrite': 'true' } });
  assert.match(String(done.headers['x-oss-version-id']), /^CAEQ/);
  const read = await succeed(versioned, 'GET a');
  assert.equal(read.headers['x-oss-version-id'], done.headers['x-oss-version-id']);
  assert.deepEqual(texts(await succeed(versioned, 'GET ?versions'), 'Type'), ['Multipart', 'Normal']);
});

// --- Beginning ---

refuses('beginning: a stranger', 'POST a?uploads', { signed: false }, '403 AccessDenied');
refuses(
  'beginning: an unknown class',
  'POST a?uploads',
  { headers: { 'x-oss-storage-class': 'Cold' } },
  '400 InvalidArgument',
);
refuses(
  'beginning: an unknown encryption',
  'POST a?uploads',
  { headers: { 'x-oss-server-side-encryption': 'DES' } },
  '400 InvalidEncryptionAlgorithmError',
);
refuses(
  'beginning: tags that cannot be',
  'POST a?uploads',
  { headers: { 'x-oss-tagging': 'a=b=c' } },
  '400 InvalidArgument 0010-00000219',
);
refuses(
  'beginning: an unknown encoding',
  'POST a?uploads&encoding-type=hex',
  {},
  '400 InvalidArgument 0017-00000235',
);
await succeed(bucket, 'PUT taken', { body: 'old' });
refuses(
  'beginning: a name that is taken',
  'POST taken?uploads',
  { headers: { 'x-oss-forbid-overwrite': 'true' } },
  '409 FileAlreadyExists',
);
test('beginning: a bucket that is not there', async () => {
  checkRefusal(
    await ask(bucket.elsewhere(`${bucket.name}-2`), 'POST a?uploads'),
    '404 NoSuchBucket 0015-00000101',
  );
});

// --- Parts ---

const open = await Upload.begin({ key: 'open' });
const part = (number: string, id = open.id): RequestLine => `PUT open?partNumber=${number}&uploadId=${id}`;
const wrongNumber = {
  Message: 'Part number must be an integer between 1 and 10000, inclusive.',
  ArgumentName: 'PartNumber',
};
expects('part 1', part('1'), { body: 'x' }, 200);
expects('part 10000', part('10000'), { body: 'x' }, 200);
expects('an empty part', part('2'), { body: '' }, 200, { etag: `"${md5('')}"` });
expects('a part in chunks', part('3'), { body: 'x', headers: { 'transfer-encoding': 'chunked' } }, 200);
for (const number of ['0', '10001', '-1', 'x', '']) {
  refuses(`part number ${number}`, part(number), { body: 'x' }, '400 InvalidArgument 0017-00000220', {
    ...wrongNumber,
    ArgumentValue: number,
  });
}
refuses(
  'a part without a number',
  `PUT open?uploadId=${open.id}`,
  { body: 'x' },
  '400 InvalidArgument 0017-00000219',
  { Message: 'Unexpected query string parameter' },
);
refuses(
  'a part without an upload',
  'PUT open?partNumber=1',
  { body: 'x' },
  '400 InvalidArgument 0017-00000219',
);
refuses(
  'a part of an upload that is not there',
  part('1', nowhere),
  { body: 'x' },
  '404 NoSuchUpload 0042-00000104',
  { ...noUpload, UploadId: nowhere },
);
refuses(
  'a part of an upload of another name',
  `PUT other?partNumber=1&uploadId=${open.id}`,
  { body: 'x' },
  '404 NoSuchUpload 0042-00000104',
);
refuses(
  'a part with a wrong MD5',
  part('1'),
  { body: 'x', headers: { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' } },
  '400 InvalidDigest 0017-00000503',
);
refuses(
  'a part with an MD5 that is none',
  part('1'),
  { body: 'x', headers: { 'content-md5': 'x' } },
  '400 InvalidDigest 0017-00000502',
);
refuses(
  'a part with a wrong CRC-64',
  part('1'),
  { body: 'x', headers: { 'x-oss-hash-crc64ecma': '1' } },
  '400 InvalidCRC64',
);
refuses(
  'a part over 5 GB',
  part('1'),
  { headers: { 'content-length': String(5 * 1024 ** 3 + 1) }, body: '' },
  '400 EntityTooLarge',
);
refuses('a part by a stranger', part('1'), { body: 'x', signed: false }, '403 AccessDenied');

test('parts in order: the next, or the last again', async () => {
  const upload = await Upload.begin({ query: '&sequential' });
  checkRefusal(await upload.ask(upload.line('PUT', '&partNumber=2'), { body: 'x' }), '400 PartNotSequential');
  await upload.put(1, filled('a'));
  await upload.put(1, filled('a'));
  await upload.put(2, 'b');
  checkRefusal(await upload.ask(upload.line('PUT', '&partNumber=1'), { body: 'x' }), '400 PartNotSequential');
  await upload.complete({ body: '', headers: { 'x-oss-complete-all': 'yes' } });
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, `${filled('a')}b`);
});

// --- Copied parts ---

const content = `${filled('a')}${filled('b')}end`;
await succeed(bucket, 'PUT 源/a+b', { body: content });
const source = `/${bucket.name}/${encodeURIComponent('源/a+b')}`;

test('parts that are copied: ranges, and what is left of the source', async () => {
  const upload = await Upload.begin();
  const first = await upload.copy(1, source, { 'x-oss-copy-source-range': `bytes=0-${least - 1}` });
  assert.equal(first.element('ETag'), `"${md5(filled('a'))}"`);
  assert.match(String(first.element('LastModified')), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  checkHeaders(first, {
    'content-range': `bytes 0-${least - 1}/${content.length}`,
    etag: `"${md5(filled('a'))}"`,
  });
  await upload.copy(2, source, { 'x-oss-copy-source-range': `bytes=${least}-${2 * least - 1}` });
  const rest = await upload.copy(3, source, { 'x-oss-copy-source-range': `bytes=${2 * least}-` });
  checkHeaders(rest, { 'content-range': `bytes ${2 * least}-${content.length - 1}/${content.length}` });
  await upload.complete();
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, content);
});
for (const range of [undefined, 'bytes=5-4', `bytes=0-${content.length}`, '0-9', 'bytes=x-y']) {
  test(`the whole source is copied for the range ${range}`, async () => {
    const upload = await Upload.begin();
    const answer = await upload.copy(
      1,
      source,
      range === undefined ? {} : { 'x-oss-copy-source-range': range },
    );
    assert.equal(answer.element('ETag'), `"${md5(content)}"`);
    assert.equal(answer.headers['content-range'], undefined);
  });
}
test('of a link the target is copied', async () => {
  await succeed(bucket, 'PUT link?symlink', {
    headers: { 'x-oss-symlink-target': encodeURIComponent('源/a+b') },
  });
  const upload = await Upload.begin();
  await upload.copy(1, `/${bucket.name}/link`);
  await upload.complete();
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, content);
});
test('the version of the source is told', async () => {
  const { bucket: versioned } = await openTrials({ on: target });
  const old = await succeed(versioned, 'PUT a', { body: 'old' });
  assert.equal(old.headers['x-oss-version-id'], undefined);
  await succeed(versioned, 'PUT ?versioning', {
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  await succeed(versioned, 'PUT a', { body: 'new' });
  const upload = await Upload.begin();
  const answer = await upload.copy(1, `/${versioned.name}/a?versionId=null`);
  checkHeaders(answer, { 'x-oss-copy-source-version-id': 'null', etag: `"${md5('old')}"` });
});

const copied = (headers: Record<string, string> = {}) => ({
  headers: { 'x-oss-copy-source': source, ...headers },
});
const past = 'Fri, 24 Feb 2012 07:18:48 GMT';
const future = 'Fri, 24 Feb 2112 07:18:48 GMT';
expects('if-match that holds', part('5'), copied({ 'x-oss-copy-source-if-match': `"${md5(content)}"` }), 200);
expects('if-none-match that holds', part('5'), copied({ 'x-oss-copy-source-if-none-match': '"X"' }), 200);
expects(
  'if-modified-since that holds',
  part('5'),
  copied({ 'x-oss-copy-source-if-modified-since': past }),
  200,
);
expects(
  'if-unmodified-since that holds',
  part('5'),
  copied({ 'x-oss-copy-source-if-unmodified-since': future }),
  200,
);
refuses(
  'if-match that fails',
  part('5'),
  copied({ 'x-oss-copy-source-if-match': '"X"' }),
  '412 PreconditionFailed 0017-00001001',
);
refuses(
  'if-unmodified-since that fails',
  part('5'),
  copied({ 'x-oss-copy-source-if-unmodified-since': past }),
  '412 PreconditionFailed 0017-00001001',
);
for (const [name, value] of [
  ['if-none-match', `"${md5(content)}"`],
  ['if-modified-since', future],
] as const) {
  test(`${name} that fails`, async () => {
    assert.equal(
      (await ask(bucket, part('5'), copied({ [`x-oss-copy-source-${name}`]: value }))).status,
      304,
    );
  });
}
refuses(
  'a copy into an upload that is not there',
  part('1', nowhere),
  copied(),
  '404 NoSuchUpload 0042-00000311',
  { UploadId: nowhere },
);
refuses(
  'a copy of what is not there',
  part('1'),
  { headers: { 'x-oss-copy-source': `/${bucket.name}/nothing` } },
  '404 NoSuchKey 0026-00000001',
);
refuses(
  'a copy out of a bucket that is not there',
  part('1'),
  { headers: { 'x-oss-copy-source': `/${bucket.name}-2/a` } },
  '404 NoSuchBucket',
);
refuses(
  'a copy of no object',
  part('1'),
  { headers: { 'x-oss-copy-source': bucket.name } },
  '400 InvalidArgument',
  {
    Message: 'Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.',
  },
);
refuses('a copy by a stranger', part('1'), { ...copied(), signed: false }, '403 AccessDenied');
test('who may write here but not read there copies nothing', async () => {
  const { bucket: writable } = await openTrials({ on: target, acl: 'public-read-write' });
  const upload = await Upload.begin({ of: writable });
  const given = { headers: { 'x-oss-copy-source': source }, signed: false };
  checkRefusal(await upload.ask(upload.line('PUT', '&partNumber=1'), given), '403 AccessDenied');
});

// --- The end ---

const ready = await Upload.begin({ key: 'ready' });
await ready.put(1, 'small');
await ready.put(2, 'small too');
const finish = ready.line('POST');
const [first, second] = [md5('small'), md5('small too')];
const badParts = {
  Message:
    "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
};
refuses('no document', finish, { body: '' }, '400 MalformedXML 0042-00000205');
refuses('a document without parts', finish, { body: complete() }, '400 MalformedXML 0042-00000205');
refuses('no XML', finish, { body: 'parts' }, '400 MalformedXML 0042-00000205');
refuses('a part without an ETag', finish, { body: complete([1, '']) }, '400 MalformedXML 0042-00000205');
refuses('part 0', finish, { body: complete([0, first]) }, '400 InvalidArgument 0017-00000220');
refuses(
  'parts in descending order',
  finish,
  { body: complete([2, second], [1, first]) },
  '400 InvalidPartOrder 0042-00000209',
  { Message: 'The list of parts was not in ascending order.' },
);
refuses(
  'a part twice',
  finish,
  { body: complete([1, first], [1, first]) },
  '400 InvalidPartOrder 0042-00000209',
);
refuses('a part that is not there', finish, { body: complete([1, first], [3, first]) }, '400 InvalidPart', {
  ...badParts,
  PartNumber: '3',
  ETag: first,
  UploadId: ready.id,
});
refuses('a wrong ETag', finish, { body: complete([1, second]) }, '400 InvalidPart', {
  ...badParts,
  PartNumber: '1',
  ETag: second,
});
refuses(
  'a small part that is not the last',
  finish,
  { body: complete([1, first], [2, second]) },
  '400 EntityTooSmall 0042-00000213',
  { Message: 'Your proposed upload smaller than the minimum allowed size.' },
);
refuses(
  'all parts and a list',
  finish,
  { body: complete([1, first]), headers: { 'x-oss-complete-all': 'yes' } },
  '400 InvalidArgument 0042-00000216',
  { Message: 'Should not speficy both complete all header and http body.' },
);
refuses(
  'all parts, but not yes',
  finish,
  { body: '', headers: { 'x-oss-complete-all': 'true' } },
  '400 InvalidArgument',
);
refuses(
  'a wrong Content-MD5',
  finish,
  { body: complete([1, first]), headers: { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' } },
  '400 InvalidDigest 0017-00000503',
);
refuses(
  'an upload that is not there',
  `POST ready?uploadId=${nowhere}`,
  { body: complete([1, first]) },
  '404 NoSuchUpload',
  { ...noUpload, UploadId: nowhere },
);
refuses(
  'an upload of another name',
  `POST other?uploadId=${ready.id}`,
  { body: complete([1, first]) },
  '404 NoSuchUpload',
);
refuses('the end by a stranger', finish, { body: complete([1, first]), signed: false }, '403 AccessDenied');
test('all parts of an upload without any', async () => {
  const upload = await Upload.begin();
  const given = { body: '', headers: { 'x-oss-complete-all': 'yes' } };
  checkRefusal(await upload.ask(upload.line('POST'), given), '400 InvalidPart');
});
test('a refused end leaves the upload as it was', async () => {
  const answer = await succeed(bucket, ready.line('GET'));
  assert.deepEqual(texts(answer, 'PartNumber'), ['1', '2']);
  checkRefusal(await ready.ask('GET ready'), '404 NoSuchKey');
});
test('x-oss-forbid-overwrite: the object stays, and so does the upload', async () => {
  const upload = await Upload.begin();
  await upload.put(1, 'new');
  await succeed(bucket, `PUT ${upload.key}`, { body: 'old' });
  const headers = { 'x-oss-forbid-overwrite': 'true' };
  const answer = await upload.ask(upload.line('POST'), { body: upload.document, headers });
  checkRefusal(answer, '409 FileAlreadyExists 0042-00000214');
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, 'old');
  await upload.complete();
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, 'new');
});
test('encoding-type of the answer', async () => {
  const upload = await Upload.begin({ key: 'encoded /+.txt' });
  await upload.put(1, 'x');
  const answer = await succeed(bucket, upload.line('POST', '&encoding-type=url'), { body: upload.document });
  assert.deepEqual([answer.element('EncodingType'), answer.element('Key')], ['url', 'encoded%20%2F%2B.txt']);
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const calling = (path: string) =>
  encode({
    callbackUrl: `${application.url}${path}`,
    callbackBody: '${object}|${size}|${etag}|${operation}|${contentMd5}|${x:a}',
  });
test('a callback', async () => {
  const upload = await Upload.begin();
  await upload.put(1, 'hello');
  const headers = { 'x-oss-callback': calling('/ok'), 'x-oss-callback-var': encode({ 'x:a': 'b' }) };
  const answer = await upload.complete({ headers });
  assert.equal(answer.text, '{"Status":"OK"}');
  const etag = `${md5(md5('hello'))}-1`;
  checkHeaders(answer, { 'content-type': 'application/json', etag: `"${etag}"` });
  assert.equal(application.callbacks.at(-1)?.body, `${upload.key}|5|${etag}|CompleteMultipartUpload||b`);
});
test('a callback that fails: 203, and the object is there', async () => {
  const upload = await Upload.begin();
  await upload.put(1, 'hello');
  const headers = { 'x-oss-callback': calling('/text') };
  checkRefusal(
    await upload.ask(upload.line('POST'), { body: upload.document, headers }),
    '203 CallbackFailed 0007-00000205',
  );
  assert.equal((await succeed(bucket, `GET ${upload.key}`)).text, 'hello');
});
refuses(
  'a callback in the header and in the query',
  `POST ready?uploadId=${ready.id}&callback=${encodeURIComponent(calling('/ok'))}`,
  { body: complete([1, first]), headers: { 'x-oss-callback': calling('/ok') } },
  '400 InvalidArgument',
);

// --- Giving up ---

test('an upload that is given up leaves nothing', async () => {
  const upload = await Upload.begin();
  await upload.put(1, 'x');
  await succeed(bucket, upload.line('DELETE'), {}, 204);
  checkRefusal(await upload.ask(upload.line('DELETE')), '404 NoSuchUpload 0042-00000002', {
    ...noUpload,
    UploadId: upload.id,
  });
  checkRefusal(
    await upload.ask(upload.line('PUT', '&partNumber=1'), { body: 'x' }),
    '404 NoSuchUpload 0042-00000104',
  );
  checkRefusal(await upload.ask(upload.line('POST'), { body: upload.document }), '404 NoSuchUpload');
});
refuses(
  'giving up what is not there',
  `DELETE open?uploadId=${nowhere}`,
  {},
  '404 NoSuchUpload 0042-00000002',
);
refuses('giving up by a stranger', open.line('DELETE'), { signed: false }, '403 AccessDenied');
test('a bucket with an upload under way is not empty', async () => {
  const { bucket: other } = await openTrials({ on: target });
  const upload = await Upload.begin({ of: other });
  checkRefusal(await ask(other, 'DELETE '), '409 BucketNotEmpty 0015-00000301');
  await succeed(other, upload.line('DELETE'), {}, 204);
  await succeed(other, 'DELETE ', {}, 204);
});

// --- Lists ---

test('ListParts, a page at a time', async () => {
  const upload = await Upload.begin({ key: 'list /me', headers: { 'x-oss-storage-class': 'IA' } });
  for (const number of [1, 5, 10]) await upload.put(number, `part ${number}`);
  const whole = await succeed(bucket, upload.line('GET'));
  assert.deepEqual(texts(whole, 'PartNumber'), ['1', '5', '10']);
  assert.deepEqual(texts(whole, 'Size'), ['6', '6', '7']);
  assert.equal(texts(whole, 'HashCrc64ecma').length, 3);
  const facts = [
    'Bucket',
    'Key',
    'UploadId',
    'StorageClass',
    'MaxParts',
    'PartNumberMarker',
    'NextPartNumberMarker',
    'IsTruncated',
  ];
  assert.deepEqual(
    facts.map((name) => whole.element(name)),
    [bucket.name, 'list /me', upload.id, 'IA', '1000', '0', '10', 'false'],
  );

  const page = await succeed(bucket, upload.line('GET', '&max-parts=2&encoding-type=url'));
  assert.deepEqual(
    [
      texts(page, 'PartNumber'),
      page.element('IsTruncated'),
      page.element('NextPartNumberMarker'),
      page.element('Key'),
    ],
    [['1', '5'], 'true', '5', 'list%20%2Fme'],
  );
  const next = await succeed(bucket, upload.line('GET', '&max-parts=2&part-number-marker=5'));
  assert.deepEqual(
    [texts(next, 'PartNumber'), next.element('IsTruncated'), next.element('PartNumberMarker')],
    [['10'], 'false', '5'],
  );
});
refuses(
  'ListParts of an upload that is not there',
  `GET open?uploadId=${nowhere}`,
  {},
  '404 NoSuchUpload 0042-00000002',
  { UploadId: nowhere },
);
refuses('ListParts by a stranger', open.line('GET'), { signed: false }, '403 AccessDenied');
for (const query of [
  'max-parts=0',
  'max-parts=1001',
  'max-parts=x',
  'part-number-marker=-1',
  'part-number-marker=x',
  'part-number-marker=10001',
]) {
  refuses(`ListParts: ${query}`, open.line('GET', `&${query}`), {}, '400 InvalidArgument', {
    ArgumentName: query.split('=')[0] as string,
    ArgumentValue: query.split('=')[1] as string,
  });
}
refuses(
  'ListParts: an unknown encoding',
  open.line('GET', '&encoding-type=hex'),
  {},
  '400 InvalidArgument 0017-00000235',
);

test('ListMultipartUploads, grouped, and a page at a time', async () => {
  const { bucket: other } = await openTrials({ on: target });
  const ids = [];
  for (const key of ['a/1', 'a/2', 'b', 'b', 'c d']) ids.push((await Upload.begin({ key, of: other })).id);
  const list = async (query: string) => {
    const answer = await succeed(other, `GET ?uploads${query}`);
    const next = [answer.element('NextKeyMarker'), answer.element('NextUploadIdMarker')];
    return {
      keys: texts(answer, 'Key'),
      ids: texts(answer, 'UploadId'),
      prefixes: texts(answer, 'Prefix').slice(1),
      truncated: answer.element('IsTruncated'),
      next,
      answer,
    };
  };
  const whole = await list('');
  assert.deepEqual(
    [whole.keys, whole.ids, whole.truncated, whole.next],
    [['a/1', 'a/2', 'b', 'b', 'c d'], ids, 'false', ['', '']],
  );
  assert.deepEqual(
    ['MaxUploads', 'KeyMarker', 'UploadIdMarker', 'Delimiter', 'Prefix', 'StorageClass'].map((name) =>
      whole.answer.element(name),
    ),
    ['1000', '', '', '', '', 'Standard'],
  );
  assert.match(String(whole.answer.element('Initiated')), /\.000Z$/);

  const grouped = await list('&delimiter=%2F&encoding-type=url');
  assert.deepEqual([grouped.keys, grouped.prefixes], [['b', 'b', 'c%20d'], ['a%2F']]);
  assert.deepEqual((await list('&prefix=a%2F')).keys, ['a/1', 'a/2']);

  const page = await list('&max-uploads=3');
  assert.deepEqual([page.keys, page.truncated, page.next], [['a/1', 'a/2', 'b'], 'true', ['b', ids[2]]]);
  const next = await list(`&max-uploads=3&key-marker=b&upload-id-marker=${ids[2]}`);
  assert.deepEqual([next.ids, next.truncated], [ids.slice(3), 'false']);
  assert.deepEqual((await list('&key-marker=b')).keys, ['c d']);
  assert.deepEqual((await list(`&upload-id-marker=${ids[2]}`)).keys.length, 5);
});
for (const query of ['max-uploads=0', 'max-uploads=1001', 'max-uploads=x']) {
  refuses(`ListMultipartUploads: ${query}`, `GET ?uploads&${query}`, {}, '400 InvalidArgument', {
    ArgumentName: 'max-uploads',
    ArgumentValue: query.split('=')[1] as string,
  });
}
refuses(
  'ListMultipartUploads: an unknown encoding',
  'GET ?uploads&encoding-type=hex',
  {},
  '400 InvalidArgument 0017-00000235',
);
refuses('ListMultipartUploads by a stranger', 'GET ?uploads', { signed: false }, '403 AccessDenied');
test('ListMultipartUploads of a bucket that is not there', async () => {
  checkRefusal(await ask(bucket.elsewhere(`${bucket.name}-2`), 'GET ?uploads'), '404 NoSuchBucket');
});
