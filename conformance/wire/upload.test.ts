// The upload as it goes over the wire (PostObject reference, "Content-MD5", "content-length-range"): nothing is visible before the form
// is whole, nothing is left of one that is not, one that cannot succeed is refused while it is still being sent, and what is stored is
// what was sent, byte for byte.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Fields, writeForm } from '../post-form.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, openTrials, TrialBucket, type TrialForm } from '../trial-bucket.ts';

const { accepts, refuses, bucket } = await openTrials();

// --- Bytes ---

const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
for (const [what, content] of Object.entries({
  'an empty file': '',
  'one byte': 'x',
  'every byte there is': everyByte,
  'bytes that end in CR': 'a\r',
  'bytes that end in CR LF': 'a\r\n',
  'bytes that begin with CR LF': '\r\na',
  'CR LF and dashes': '\r\n--\r\n----\r\n--b\r\n',
  '8 KB': randomBytes(8 * 1024),
  '8 KB and a byte': randomBytes(8 * 1024 + 1),
  '3 MB': randomBytes(3 * 1024 * 1024),
  // Wherever the network cuts it, the last byte may begin a delimiter.
  '3 MB of CR': '\r'.repeat(3 * 1024 * 1024),
})) {
  accepts(`${what} is stored as it was sent`, { file: { content } });
}

// --- Content-MD5 ---

const md5 = (body: Uint8Array | string) => createHash('md5').update(body).digest('base64');

/** A right form under a Content-MD5 made of its body and of its file. */
function withMd5(choose: (body: Buffer, file: string) => string) {
  return (to: TrialBucket) => {
    const { body, contentType } = writeForm(to.fields({}), { content: 'hello' });
    return to.postBody(body, { 'content-type': contentType, 'content-md5': choose(body, 'hello') });
  };
}

test('Content-MD5 of the whole body', async () => {
  assert.equal((await withMd5((body) => md5(body))(bucket)).status, 204);
});
const wrongDigest = { Message: 'The Content-MD5 you specified was invalid.' };
refuses(
  'Content-MD5 of the file alone',
  withMd5((_, file) => md5(file)),
  '400 InvalidDigest',
  wrongDigest,
);
refuses(
  'Content-MD5 of something else',
  withMd5(() => md5('something else')),
  '400 InvalidDigest',
  wrongDigest,
);
refuses(
  'Content-MD5 that is not base64',
  withMd5(() => 'not base64'),
  '400 InvalidDigest',
  wrongDigest,
);
refuses(
  'Content-MD5 in hex',
  withMd5((body) => createHash('md5').update(body).digest('hex')),
  '400 InvalidDigest',
  wrongDigest,
);
refuses(
  'Content-MD5 of too few bytes',
  withMd5(() => 'AAAA'),
  '400 InvalidDigest',
  wrongDigest,
);
refuses(
  'an empty Content-MD5',
  withMd5(() => ''),
  '400 InvalidDigest',
  wrongDigest,
);
test('Content-MD5 covers what follows the closing boundary', async () => {
  const { body, contentType } = writeForm(bucket.fields({}));
  const whole = Buffer.concat([body, Buffer.from('epilogue')]);
  const post = (digest: string) =>
    bucket.postBody(whole, { 'content-type': contentType, 'content-md5': digest });
  assert.equal((await post(md5(whole))).status, 204);
  checkRefusal(await post(md5(body)), '400 InvalidDigest');
});

test('the printed V1 body, byte for byte, with its Content-MD5', async (t) => {
  const owner = { accessKeyId: 'LTAIEXAMPLEKEYID', accessKeySecret: 'ExampleAccessKeySecret0123456789' };
  const clock = () => Date.parse('2029-12-31T23:59:59Z');
  await using own = await openTarget({ accessKeys: [owner], clock });
  if (!own.isOurs) return t.skip('needs a server started with accessKeys, clock');
  const to = await TrialBucket.create(own, 'private', clock, 'examplebucket');
  const body = readFileSync(new URL('../../packages/protocol/test/vectors/v1-body.bin', import.meta.url));
  assert.equal(body.length, 784);
  const answer = await to.postBody(body, {
    'content-type': 'multipart/form-data; boundary=9431149156168',
    'content-md5': 'KvfndQJAA+KnNfgTq0x7LQ==',
  });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers.etag, '"7AC66C0F148DE9519B8BD264312C4D64"');
  assert.equal(answer.element('Key'), 'user/eric/MyFilename.txt');
  const stored = await to.get('user/eric/MyFilename.txt');
  assert.equal(stored.text, 'abcdefg');
  assert.equal(stored.headers['content-type'], 'text/plain');
});

// --- Refused while it is being sent ---

const megabyte = 1024 * 1024;
const upTo = (bytes: number): TrialForm => ({ policy: { conditions: [['content-length-range', 0, bytes]] } });

/** Announces 100 MB, sends nothing of them, and waits for the answer. */
async function announce(form: TrialForm, headers: Record<string, string> = {}) {
  const upload = bucket.open(bucket.fields(form), 100 * megabyte, headers);
  try {
    return await upload.answer;
  } finally {
    upload.cut();
  }
}

const hopeless: [why: string, form: TrialForm, refusal: `${number} ${string}`][] = [
  ['is larger than the policy allows', upTo(1024), '400 EntityTooLarge 0006-00000003'],
  ['has a wrong signature', { changed: { Signature: 'AAAA' } }, '403 SignatureDoesNotMatch'],
  ['has expired', { policy: { expiration: '2020-01-01T00:00:00Z' } }, '403 AccessDenied 0006-00000213'],
  ['breaks a condition', { policy: { conditions: [{ key: 'other' }] } }, '403 AccessDenied 0006-00000227'],
  ['lacks its key', { without: ['key'] }, '400 InvalidArgument 0006-00000103'],
  ['is unsigned', { signed: 'not' }, '403 AccessDenied 0003-00000001'],
];
for (const [why, form, refusal] of hopeless) {
  test(`a form that ${why} is refused before its file is sent, and the connection closed`, async () => {
    const answer = await announce(form);
    checkRefusal(answer, refusal);
    assert.equal(answer.headers.connection, 'close');
  });
}
test('a name that is taken is told before the file is sent', async () => {
  await bucket.put('taken');
  const answer = await announce({ fields: { key: 'taken', 'x-oss-forbid-overwrite': 'true' } });
  checkRefusal(answer, '409 FileAlreadyExists');
});
test('a file that turns out too large is refused before it has ended', async () => {
  const before = await bucket.objects();
  const upload = bucket.open(bucket.fields(upTo(1024)));
  await upload.begun;
  await upload.write('x'.repeat(2048));
  const answer = await upload.answer;
  upload.cut();
  checkRefusal(answer, '400 EntityTooLarge 0006-00000003');
  assert.equal(answer.headers.connection, 'close');
  assert.deepEqual(await bucket.objects(), before);
});
test('who waits to be asked for the body is told no at once when there is no such bucket', async () => {
  const nowhere = bucket.elsewhere(`${bucket.name}-2`);
  const upload = nowhere.open(nowhere.fields({}), 100 * megabyte, { expect: '100-continue' });
  checkRefusal(await upload.answer, '404 NoSuchBucket');
  upload.cut();
});

// --- Visible when it is whole, and not before ---

async function isVisible(key: string): Promise<boolean> {
  const { status } = await bucket.get(key);
  return status === 200;
}

for (const bytes of [10, 100_000]) {
  for (const encoding of ['with its length', 'in chunks']) {
    const content = 'v'.repeat(bytes);
    const open = (fields: Fields) => bucket.open(fields, encoding === 'in chunks' ? undefined : bytes);

    test(`${bytes} bytes ${encoding}: nothing is visible before the closing boundary`, async () => {
      const fields = bucket.fields({});
      const { key = '' } = fields;
      const upload = open(fields);
      await upload.begun;
      assert.equal(await isVisible(key), false);
      await upload.write(content);
      assert.equal(await isVisible(key), false);
      await upload.write(upload.tail.subarray(0, -4));
      assert.equal(await isVisible(key), false);
      assert.ok(!(await bucket.objects()).some((object) => object.startsWith(key)));
      upload.end(upload.tail.subarray(-4));
      assert.equal((await upload.answer).status, 204);
      assert.equal((await bucket.get(key)).text, content);
    });

    test(`${bytes} bytes ${encoding}: an older object stays until the new one is whole`, async () => {
      const fields = bucket.fields({});
      const { key = '' } = fields;
      await bucket.put(key, 'old');
      const upload = open(fields);
      await upload.begun;
      await upload.write(content);
      assert.equal((await bucket.get(key)).text, 'old');
      upload.end(upload.tail);
      assert.equal((await upload.answer).status, 204);
      assert.equal((await bucket.get(key)).text, content);
    });

    for (const [where, sent] of [
      ['in the middle of the file', content.slice(0, bytes / 2)],
      ['behind the last byte of the file', content],
    ] as const) {
      test(`${bytes} bytes ${encoding}: a connection cut ${where} leaves nothing`, async () => {
        const before = await bucket.objects();
        const upload = open(bucket.fields({}));
        await upload.begun;
        await upload.write(sent);
        upload.cut();
        await assert.rejects(upload.answer);
        // Served after the cut was noticed or before: there must be nothing either way.
        assert.deepEqual(await bucket.objects(), before);
      });
    }
  }
}
test('a form in chunks that ends without its closing boundary', async () => {
  const before = await bucket.objects();
  const upload = bucket.open(bucket.fields({}));
  await upload.begun;
  upload.end('the file');
  checkRefusal(await upload.answer, '400 MalformedPOSTRequest 0006-00000104');
  assert.deepEqual(await bucket.objects(), before);
});
