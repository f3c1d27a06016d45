// The dialect of S3 on the wire: forms and requests signed with both versions, and that nothing stays of a body that is not what its
// signer said. What S3's own clients do is in clients/aws-sdk.test.ts.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type Answer, type Sending, send, sendSigned } from '../http.ts';
import { type Fields, type FormFile, postForm, signV1 } from '../post-form.ts';
import {
  presignS3,
  presignS3V2,
  sha256,
  signChunks,
  signS3,
  signS3FormV2,
  signS3FormV4,
  signS3V2,
} from '../s3-request.ts';
import { newBucketName, openTarget } from '../target.ts';
import { newKey } from '../trial-bucket.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());
const bucket = newBucketName();
before(() => sendSigned(target, { method: 'PUT', path: `/${bucket}` }));

const signers = { V4: signS3FormV4, V2: signS3FormV2 };
const nobody = { accessKeyId: 'nobody', accessKeySecret: 'nothing' };

async function read(key: string): Promise<Answer> {
  return sendSigned(target, { method: 'GET', path: `/${bucket}/${key}` });
}

async function names(): Promise<readonly string[]> {
  const { text } = await sendSigned(target, { method: 'GET', path: `/${bucket}?max-keys=1000` });
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
}

/** That the answer is this refusal, the way S3 tells it, and that the bucket holds what it held. */
async function refuses(work: () => Promise<Answer>, refusal: string, message?: string): Promise<void> {
  const held = await names();
  const answer = await work();
  assert.equal(`${answer.status} ${answer.code}`, refusal, answer.text);
  if (message !== undefined) assert.equal(answer.element('Message'), message);
  assert.equal(answer.ec, undefined);
  assert.equal(answer.element('RequestId'), answer.headers['x-amz-request-id']);
  assert.equal(
    Object.keys(answer.headers).find((name) => name.startsWith('x-oss-')),
    undefined,
  );
  assert.deepEqual(await names(), held, 'something of a refused request stayed');
}

// --- Forms ---

for (const [version, sign] of Object.entries(signers)) {
  describe(`a form signed with ${version}`, () => {
    test('is stored', async () => {
      const key = newKey();
      const answer = await postForm(target, bucket, sign(target, bucket, { key }));
      assert.equal(answer.status, 204, answer.text);
      assert.equal(answer.headers.etag, '"5d41402abc4b2a76b9719d911017c592"');
      assert.match(answer.headers['x-amz-request-id'] as string, /^[0-9A-F]{24}$/);
      assert.equal(
        Object.keys(answer.headers).find((name) => name.startsWith('x-oss-')),
        undefined,
      );
      assert.equal((await read(key)).text, 'hello');
    });

    test('says what the object is like', async () => {
      const key = newKey();
      const fields = {
        key,
        'Content-Type': 'text/plain',
        'Cache-Control': 'no-cache',
        'Content-Disposition': 'inline',
        acl: 'public-read',
        tagging: '<Tagging><TagSet><Tag><Key>a b</Key><Value>c=d</Value></Tag></TagSet></Tagging>',
        'x-amz-meta-Color': 'blue',
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-server-side-encryption': 'AES256',
        'x-ignore-me': 'x',
      };
      const { 'x-ignore-me': _, ...signed } = fields;
      const answer = await postForm(
        target,
        bucket,
        { ...sign(target, bucket, signed), 'x-ignore-me': 'x' },
        {
          contentType: 'text/html',
        },
      );
      assert.equal(answer.status, 204, answer.text);
      const { headers } = await read(key);
      assert.equal(headers['content-type'], 'text/plain');
      assert.equal(headers['cache-control'], 'no-cache');
      assert.equal(headers['x-oss-meta-color'], 'blue');
      assert.equal(headers['x-oss-storage-class'], 'IA');
      assert.equal(headers['x-oss-server-side-encryption'], 'AES256');
      assert.equal((await send(target, { method: 'GET', path: `/${bucket}/${key}` })).status, 200);
      const tags = await sendSigned(target, { method: 'GET', path: `/${bucket}/${key}?tagging` });
      assert.deepEqual([tags.element('Key'), tags.element('Value')], ['a b', 'c=d']);
    });

    test('does not take the type of the file for its own', async () => {
      const key = newKey();
      await postForm(target, bucket, sign(target, bucket, { key }), { contentType: 'text/html' });
      assert.equal((await read(key)).headers['content-type'], 'binary/octet-stream');
    });

    test('names the object by the file, in every field', async () => {
      const fields = { key: '${filename}', 'x-amz-meta-name': '${filename}' };
      const policy = {
        conditions: [{ bucket }, ['starts-with', '$key', 'me'], ['eq', '$x-amz-meta-name', 'me.txt']],
      };
      const anything = ['algorithm', 'credential', 'date'].map((name) => [
        'starts-with',
        `$x-amz-${name}`,
        '',
      ]);
      const conditions = version === 'V4' ? [...policy.conditions, ...anything] : policy.conditions;
      const document = { expiration: new Date(Date.now() + 60_000).toISOString(), conditions };
      const answer = await postForm(target, bucket, sign(target, bucket, fields, { policy: document }), {
        fileName: 'C:\\home\\me.txt',
      });
      assert.equal(answer.status, 204, answer.text);
      assert.equal((await read('me.txt')).headers['x-oss-meta-name'], 'me.txt');
    });

    test('is answered as it asks', async () => {
      const key = newKey();
      const created = await postForm(
        target,
        bucket,
        sign(target, bucket, { key, success_action_status: '201' }),
      );
      assert.equal(created.status, 201);
      assert.match(
        created.text,
        /<PostResponse>\s*<Location>.*<\/Location>\s*<Bucket>.*<\/Bucket>\s*<Key>.*<\/Key>\s*<ETag>"5d41402abc4b2a76b9719d911017c592"<\/ETag>\s*<\/PostResponse>/,
      );
      const redirect = { key, success_action_redirect: 'http://a.example/done?x=1' };
      const moved = await postForm(target, bucket, sign(target, bucket, redirect));
      assert.equal(moved.status, 303);
      assert.equal(
        moved.headers.location,
        `http://a.example/done?x=1&bucket=${bucket}&key=${key}&etag=%225d41402abc4b2a76b9719d911017c592%22`,
      );
    });

    const REFUSALS: [rule: string, form: () => Fields, refusal: string, message?: string, file?: FormFile][] =
      [
        [
          'a field that no condition covers',
          () => ({ ...sign(target, bucket, { key: 'a' }), 'x-amz-meta-a': 'b' }),
          '403 AccessDenied',
          'Invalid according to Policy: Extra input fields: x-amz-meta-a',
        ],
        [
          'a changed key',
          () => ({ ...sign(target, bucket, { key: 'a' }), key: 'b' }),
          '403 AccessDenied',
          'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "a"]',
        ],
        [
          'another bucket',
          () => sign(target, 'another-bucket', { key: 'a' }),
          '403 AccessDenied',
          'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "another-bucket"]',
        ],
        [
          'an expired policy',
          () => sign(target, bucket, { key: 'a' }, { expiration: '2020-01-01T00:00:00Z' }),
          '403 AccessDenied',
          'Invalid according to Policy: Policy expired.',
        ],
        [
          'no key',
          () => sign(target, bucket, {}),
          '400 InvalidArgument',
          "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
        ],
        ['a key id that nobody has', () => sign(nobody, bucket, { key: 'a' }), '403 InvalidAccessKeyId'],
        [
          'a wrong secret',
          () => sign({ ...target, accessKeySecret: 'x' }, bucket, { key: 'a' }),
          '403 SignatureDoesNotMatch',
        ],
        [
          'no signature',
          () => ({
            ...sign(target, bucket, { key: 'a' }),
            [version === 'V4' ? 'x-amz-signature' : 'signature']: '',
          }),
          '400 InvalidArgument',
        ],
        [
          'a policy that is none',
          () => sign(target, bucket, { key: 'a' }, { policy: '{}' }),
          '400 InvalidPolicyDocument',
        ],
        [
          'too large a file',
          () => sign(target, bucket, { key: 'a' }, { conditions: [['content-length-range', 0, 4]] }),
          '400 EntityTooLarge',
        ],
        [
          'too small a file',
          () => sign(target, bucket, { key: 'a' }, { conditions: [['content-length-range', 6, 9]] }),
          '400 EntityTooSmall',
        ],
        [
          'an ACL that there is not',
          () => sign(target, bucket, { key: 'a', acl: 'everybody' }),
          '400 InvalidArgument',
        ],
        [
          'tags that are no document',
          () => sign(target, bucket, { key: 'a', tagging: 'a=b' }),
          '400 MalformedXML',
        ],
        [
          'what cannot be done here',
          () => sign(target, bucket, { key: 'a', 'x-amz-website-redirect-location': '/b' }),
          '501 NotImplemented',
        ],
        [
          'a token of nobody',
          () => sign(target, bucket, { key: 'a', 'x-amz-security-token': 'x' }),
          '400 InvalidToken',
        ],
      ];
    for (const [rule, form, refusal, message] of REFUSALS) {
      test(`refused: ${rule}`, () => refuses(() => postForm(target, bucket, form()), refusal, message));
    }

    test('may not call a server', async () => {
      const callback = Buffer.from(JSON.stringify({ callbackUrl: 'http://127.0.0.1:9/', callbackBody: 'a' }));
      const fields = { key: newKey(), callback: callback.toString('base64') };
      assert.equal((await postForm(target, bucket, sign(target, bucket, fields))).status, 204);
    });
  });
}

describe('a form that speaks both dialects', () => {
  const both: [rule: string, fields: () => Fields][] = [
    [
      'signed both ways',
      () => ({ key: 'a', ...signV1(target, bucket), ...signS3FormV4(target, bucket, { key: 'a' }) }),
    ],
    [
      'signed by S3, with an ACL of OSS',
      () => ({ ...signS3FormV4(target, bucket, { key: 'a' }), 'x-oss-object-acl': 'public-read' }),
    ],
    [
      'signed by OSS, with a key id of S3',
      () => ({ key: 'a', ...signV1(target, bucket), AWSAccessKeyId: 'a' }),
    ],
  ];
  for (const [rule, fields] of both) {
    test(rule, async () => {
      const held = await names();
      const answer = await postForm(target, bucket, fields());
      assert.equal(`${answer.status} ${answer.code}`, '400 InvalidArgument');
      assert.deepEqual(await names(), held);
    });
  }

  test('an ACL in a header of OSS is not heeded by a form of S3', async () => {
    const key = newKey();
    const headers = { 'x-oss-object-acl': 'public-read' };
    await postForm(target, bucket, signS3FormV4(target, bucket, { key }), {}, headers);
    assert.equal((await send(target, { method: 'GET', path: `/${bucket}/${key}` })).status, 403);
  });
});

// --- Requests ---

const put = (key: string, body: string, headers: Record<string, string> = {}): Sending => ({
  method: 'PUT',
  path: `/${bucket}/${key}`,
  headers: { 'content-length': String(Buffer.byteLength(body)), ...headers },
  body,
});

describe('signed in a URL or with version 2', () => {
  const ways: Record<string, (sending: Sending) => Sending> = {
    'a URL with version 4': (sending) => presignS3(target, sending, 60),
    'a URL with version 2': (sending) => presignS3V2(target, sending, Date.now() + 60_000),
    'a header with version 2': (sending) => signS3V2(target, sending),
  };
  for (const [way, sign] of Object.entries(ways)) {
    test(`put and get by ${way}`, async () => {
      const key = newKey();
      const stored = await send(target, sign(put(key, 'hello')));
      assert.equal(stored.status, 200, stored.text);
      const path = `/${bucket}/${key}?response-content-type=text/csv&versionId=null`;
      const got = await send(target, sign({ method: 'GET', path }));
      assert.deepEqual([got.status, got.text, got.headers['content-type']], [200, 'hello', 'text/csv']);
    });

    test(`a changed path, by ${way}`, () =>
      refuses(
        () =>
          send(target, {
            ...sign(put('a', 'hello')),
            path: sign(put('a', 'hello')).path.replace('/a', '/b'),
          }),
        '403 SignatureDoesNotMatch',
      ));
  }

  test('a URL that has expired', async () => {
    const then = Date.now() - 120_000;
    await refuses(
      () => send(target, presignS3(target, put('a', 'x'), 60, then)),
      '403 AccessDenied',
      'Request has expired',
    );
    await refuses(
      () => send(target, presignS3V2(target, put('a', 'x'), then)),
      '403 AccessDenied',
      'Request has expired',
    );
  });

  test('a clock that is wrong', () =>
    refuses(
      () => send(target, signS3(target, put('a', 'x'), { timeMs: Date.now() - 3600_000 })),
      '403 RequestTimeTooSkewed',
    ));
});

describe('two dialects in one request', () => {
  for (const headers of [{ 'x-oss-object-acl': 'public-read' }, { 'x-oss-meta-a': 'b' }]) {
    test(`signed by S3, with ${Object.keys(headers)}`, () =>
      refuses(() => send(target, signS3(target, put('a', 'x', headers))), '400 InvalidArgument'));
  }

  test('signed by S3, with a parameter of OSS', () =>
    refuses(
      () => send(target, signS3(target, { method: 'GET', path: `/${bucket}/a?x-oss-process=image` })),
      '400 InvalidArgument',
      "The request is signed the way of S3, but 'x-oss-process' is of OSS.",
    ));

  test('an operation that is of OSS alone', () =>
    refuses(
      () => send(target, signS3(target, { method: 'GET', path: `/${bucket}?bucketInfo` })),
      '501 NotImplemented',
    ));

  test('a header that nobody signed', () => {
    const { headers, ...rest } = signS3(target, put('a', 'x'));
    return refuses(
      () => send(target, { ...rest, headers: { ...headers, 'x-amz-acl': 'public-read' } }),
      '403 AccessDenied',
    );
  });

  test('a header twice', async () => {
    const { headers, ...rest } = signS3(target, put('a', 'x'));
    const twice = { ...headers, 'x-amz-meta-a': ['b', 'c'] } as unknown as Record<string, string>;
    assert.equal((await send(target, { ...rest, headers: twice })).code, 'BadRequest');
  });
});

describe('nobody in particular', () => {
  const client = { 'amz-sdk-request': 'attempt=1' };

  test('what is public can be read, and what is not is refused in S3’s words', async () => {
    const key = newKey();
    await send(target, signS3(target, put(key, 'hello', { 'x-amz-acl': 'public-read' })));
    const got = await send(target, { method: 'GET', path: `/${bucket}/${key}`, headers: client });
    assert.deepEqual([got.text, got.headers['x-oss-request-id']], ['hello', undefined]);
    await refuses(
      () => send(target, { method: 'GET', path: `/${bucket}/secret`, headers: client }),
      '403 AccessDenied',
      'Access Denied',
    );
    await refuses(() => send(target, put('a', 'x', { 'x-amz-meta-a': 'b' })), '403 AccessDenied');
  });
});

// --- Bodies ---

describe('a body that is not what its signer said', () => {
  test('another body than was hashed', () =>
    refuses(
      () => send(target, signS3(target, put('a', 'hello'), { payload: sha256('other') })),
      '400 XAmzContentSHA256Mismatch',
    ));

  test('no hash at all, an unknown word, or chunks that are none', async () => {
    await refuses(
      () => send(target, signS3(target, put('a', 'x'), { payload: 'NOTHING' })),
      '400 InvalidArgument',
    );
    await refuses(
      () => send(target, signS3(target, put('a', 'x', { 'content-encoding': 'aws-chunked' }))),
      '400 InvalidRequest',
    );
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    await refuses(() => send(target, signS3(target, put('a', 'x'), { payload })), '411 MissingContentLength');
    const headers = { 'x-amz-decoded-content-length': '1' };
    await refuses(
      () => send(target, signS3(target, put('a', 'x', headers), { payload })),
      '400 IncompleteBody',
    );
  });

  test('a checksum of another algorithm than it is said to be, two of them, or none that could be', async () => {
    const CASES: Record<string, string>[] = [
      { 'x-amz-sdk-checksum-algorithm': 'SHA1', 'x-amz-checksum-crc32': 'NhCmhg==' },
      { 'x-amz-checksum-crc32c': 'mnG7TA==', 'x-amz-checksum-crc32': 'NhCmhg==' },
      { 'x-amz-checksum-crc32': 'NhCmhg' },
      { 'x-amz-trailer': 'x-amz-checksum-crc32' },
    ];
    for (const headers of CASES) {
      await refuses(() => send(target, signS3(target, put('a', 'hello', headers))), '400 InvalidRequest');
    }
    await refuses(
      () => send(target, signS3(target, put('a', 'hello', { 'x-amz-checksum-crc32': 'AAAAAA==' }))),
      '400 BadDigest',
    );
    const key = newKey();
    const stored = await send(
      target,
      signS3(target, put(key, 'hello', { 'x-amz-checksum-crc32': 'NhCmhg==' })),
    );
    assert.deepEqual([stored.status, stored.headers['x-amz-checksum-crc32']], [200, 'NhCmhg==']);
  });
});

describe('a body in signed chunks', () => {
  const chunks = ['a'.repeat(10_000), 'b'.repeat(10_000), 'the end'];
  const content = chunks.join('');

  /** @param change of the body, once it is signed */
  function chunked(key: string, change = (body: string) => body, contentBytes = content.length): Sending {
    const timeMs = Date.now();
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const headers = {
      'x-amz-decoded-content-length': String(contentBytes),
      'content-encoding': 'aws-chunked,gzip',
    };
    const request = { method: 'PUT', path: `/${bucket}/${key}`, headers };
    const signed = signS3(target, request, { payload, timeMs });
    return { ...signed, body: change(signChunks(target, timeMs, signed.signature, chunks)) };
  }

  test('is stored without its frame', async () => {
    const key = newKey();
    const stored = await send(target, chunked(key));
    assert.equal(stored.status, 200, stored.text);
    const got = await read(key);
    assert.equal(got.text, content);
    assert.equal(got.headers['content-encoding'], 'gzip');
  });

  const CHANGES: [what: string, change: (body: string) => string, refusal: string, contentBytes?: number][] =
    [
      [
        'a changed byte',
        (body) => body.replace('aaab', 'aabb').replace('b\r\n7;', 'c\r\n7;'),
        '403 SignatureDoesNotMatch',
      ],
      ['no last chunk', (body) => body.slice(0, body.lastIndexOf('0;chunk')), '400 IncompleteBody'],
      ['a last chunk without its line end', (body) => body.slice(0, -2), '400 IncompleteBody'],
      [
        'a last chunk that is not signed',
        (body) => body.replace(/0;chunk-signature=.*\r\n\r\n$/, '0\r\n\r\n'),
        '400 InvalidRequest',
      ],
      [
        'a wrong signature of the last chunk',
        (body) => body.replace(/.\r\n\r\n$/, (end) => (end.startsWith('0') ? '1' : '0') + end.slice(1)),
        '403 SignatureDoesNotMatch',
      ],
      ['a chunk left out', (body) => body.replace(/2710;[^\r]*\r\nb+\r\n/, ''), '403 SignatureDoesNotMatch'],
      [
        'a chunk sent twice',
        (body) => body.replace(/2710;[^\r]*\r\nb+\r\n/, (chunk) => chunk + chunk),
        '400 InvalidRequest',
      ],
      ['bytes behind the end', (body) => `${body}x`, '400 InvalidRequest'],
      ['less than was announced', (body) => body, '400 IncompleteBody', content.length + 1],
      ['more than was announced', (body) => body, '400 InvalidRequest', content.length - 1],
    ];
  for (const [what, change, refusal, contentBytes] of CHANGES) {
    test(`nothing stays of one with ${what}`, () =>
      refuses(() => send(target, chunked('a', change, contentBytes)), refusal));
  }
});

// --- Parts ---

describe('uploads in parts', () => {
  const ask = (method: string, path: string, body = '', headers: Record<string, string> = {}) =>
    send(target, signS3(target, { method, path: `/${bucket}/${path}`, body, headers }));
  const begin = async (key: string) => (await ask('POST', `${key}?uploads`)).element('UploadId');
  const list = (number: number, etag: string | undefined, checksum = '') =>
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part>${checksum}<PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;

  test('documents and headers are in S3’s words', async () => {
    const key = newKey();
    const begun = await ask('POST', `${key}?uploads`);
    const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
    assert.ok(begun.text.includes(`<InitiateMultipartUploadResult ${namespace}>`), begun.text);
    const id = begun.element('UploadId');
    const part = await ask('PUT', `${key}?partNumber=1&uploadId=${id}`, 'hello');
    assert.equal(part.headers.etag, '"5d41402abc4b2a76b9719d911017c592"');
    assert.deepEqual(
      Object.keys(part.headers).filter((name) => name.startsWith('x-oss-') || name === 'content-md5'),
      [],
    );
    const parts = await ask('GET', `${key}?uploadId=${id}`);
    assert.ok(parts.text.includes(`<ListPartsResult ${namespace}>`), parts.text);
    assert.deepEqual(
      ['ETag', 'Size', 'StorageClass', 'HashCrc64ecma'].map((name) => parts.element(name)),
      ['"5d41402abc4b2a76b9719d911017c592"', '5', 'STANDARD', undefined],
    );
    const uploads = await ask('GET', '?uploads');
    assert.ok(uploads.text.includes(`<ListMultipartUploadsResult ${namespace}>`), uploads.text);
    assert.equal(uploads.element('StorageClass'), 'STANDARD');
    const checksum = '<ChecksumCRC32>NhCmhg==</ChecksumCRC32>';
    const done = await ask('POST', `${key}?uploadId=${id}`, list(1, part.headers.etag as string, checksum));
    assert.ok(done.text.includes(`<CompleteMultipartUploadResult ${namespace}>`), done.text);
    // Of one object there is one ETag: OSS's, over the parts' in upper case.
    const etag = `"${createHash('md5').update('5D41402ABC4B2A76B9719D911017C592').digest('hex')}-1"`;
    assert.equal(done.element('ETag'), etag);
    assert.equal((await ask('GET', key)).headers.etag, etag);
    const inOss = await read(key);
    assert.equal(inOss.headers.etag, etag.toUpperCase());
    assert.equal(inOss.headers['content-type'], 'binary/octet-stream');
  });

  test('an upload that is begun in one dialect goes on in the other', async () => {
    const key = newKey();
    const place = `/${bucket}/${key}`;
    const id = (await sendSigned(target, { method: 'POST', path: `${place}?uploads` })).element('UploadId');
    const part = await ask('PUT', `${key}?partNumber=1&uploadId=${id}`, 'hello');
    const path = `${place}?uploadId=${id}`;
    const body = list(1, part.headers.etag as string);
    assert.equal((await sendSigned(target, { method: 'POST', path, body })).status, 200);
    assert.equal((await ask('GET', key)).text, 'hello');
  });

  test('ranges that are not wholly inside the source, or of another form', async () => {
    const [key, source] = [newKey(), newKey()];
    await ask('PUT', source, 'hello');
    const path = `${key}?partNumber=1&uploadId=${await begin(key)}`;
    const copy = (range: string) =>
      ask('PUT', path, '', {
        'x-amz-copy-source': `${bucket}/${source}`,
        'x-amz-copy-source-range': range,
      });
    for (const range of ['bytes=5-6', 'bytes=0-5']) {
      await refuses(() => copy(range), '416 InvalidRange');
    }
    for (const range of ['bytes=0-', 'bytes=-2', 'bytes=3-2', '0-1', 'bytes=0-1,3-4']) {
      await refuses(() => copy(range), '400 InvalidArgument');
    }
    assert.equal((await copy('bytes=0-4')).element('ETag'), '"5d41402abc4b2a76b9719d911017c592"');
  });

  test('what is said of the whole object is held against it, or refused', async () => {
    const key = newKey();
    const id = await begin(key);
    const part = await ask('PUT', `${key}?partNumber=1&uploadId=${id}`, 'hello');
    const complete = (headers: Record<string, string>, etag = part.headers.etag as string) =>
      ask('POST', `${key}?uploadId=${id}`, list(1, etag), headers);
    const size = 'x-amz-mp-object-size';
    await refuses(() => complete({ [size]: '6' }), '400 InvalidRequest');
    await refuses(() => complete({ [size]: 'five' }), '400 InvalidArgument');
    await refuses(() => complete({ [size]: '5' }, 'other'), '400 InvalidPart');
    await refuses(() => complete({ 'x-amz-checksum-crc32': 'NhCmhg==' }), '501 NotImplemented');
    assert.equal((await complete({ [size]: '5' })).status, 200);
    await refuses(() => complete({ [size]: '5' }), '404 NoSuchUpload');
  });
});

describe('a body with its checksum behind it', () => {
  const payload = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

  function trailed(key: string, body: string, headers: Record<string, string> = {}): Sending {
    const announced = {
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      ...headers,
    };
    return {
      ...signS3(target, { method: 'PUT', path: `/${bucket}/${key}`, headers: announced }, { payload }),
      body,
    };
  }

  test('is stored, and told back', async () => {
    const key = newKey();
    const stored = await send(
      target,
      trailed(key, '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'),
    );
    assert.deepEqual([stored.status, stored.headers['x-amz-checksum-crc32']], [200, 'NhCmhg==']);
    assert.equal((await read(key)).text, 'hello');
  });

  const REFUSALS: [what: string, body: string, refusal: string, headers?: Record<string, string>][] = [
    ['another checksum', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', '400 BadDigest'],
    [
      'a checksum of another algorithm',
      '5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:mnG7TA==\r\n\r\n',
      '400 MalformedTrailerError',
    ],
    ['none', '5\r\nhello\r\n0\r\n\r\n', '400 MalformedTrailerError'],
    ['its end missing', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n', '400 IncompleteBody'],
    [
      'a size beyond every file',
      '5\r\nhello\r\n',
      '400 EntityTooLarge',
      { 'x-amz-decoded-content-length': '999999999999999' },
    ],
    [
      'a size that is none',
      '5\r\nhello\r\n',
      '411 MissingContentLength',
      { 'x-amz-decoded-content-length': '0x5' },
    ],
    [
      'an algorithm that there is not',
      '5\r\nhello\r\n',
      '400 InvalidRequest',
      { 'x-amz-trailer': 'x-amz-checksum-md5' },
    ],
    [
      'two trailers',
      '5\r\nhello\r\n',
      '400 InvalidRequest',
      { 'x-amz-trailer': 'x-amz-checksum-crc32,x-amz-meta-a' },
    ],
  ];
  for (const [what, body, refusal, headers] of REFUSALS) {
    test(`nothing stays of one with ${what}`, () =>
      refuses(() => send(target, trailed('a', body, headers)), refusal));
  }
});
