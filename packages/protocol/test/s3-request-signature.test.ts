// Signatures of S3 requests: the examples that AWS publishes, every refusal, and time.

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { type ErrorName, OssError } from '../src/errors.ts';
import { type S3SignableRequest, s3CanonicalRequest } from '../src/s3/canonical-request.ts';
import { payloadOf } from '../src/s3/payload.ts';
import {
  checkS3RequestSignature,
  checkS3RequestTime,
  findS3RequestSignature,
  hasS3Signature,
  type S3RequestSignature,
} from '../src/s3/request-signature.ts';
import { s3StringToSignV2 } from '../src/s3/string-to-sign-v2.ts';
import { emptySha256, exampleKey, request } from './s3-notation.ts';
import { nodeHashes as hashes } from './signed-form-notation.ts';

function refuses(row: ErrorName, call: () => unknown): void {
  assert.throws(call, (error) => error instanceof OssError && error.row === row, `expected ${row}`);
}

function getSignature(signed: S3SignableRequest): S3RequestSignature {
  const signature = findS3RequestSignature(signed);
  assert.ok(signature);
  return signature;
}

function verifies(signed: S3SignableRequest): void {
  checkS3RequestSignature(hashes, exampleKey.accessKeySecret, signed, getSignature(signed));
}

// --- Version 4: "Examples: Signature Calculations", 24 May 2013 ---

const scope = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
const date = '20130524T000000Z';
const host = 'examplebucket.s3.amazonaws.com';

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

const amz = { host, 'x-amz-date': date };
const usual = 'host;x-amz-content-sha256;x-amz-date';

/** Request line, headers beyond the usual, signed headers, body's hash, signature. */
const V4_EXAMPLES: readonly [string, Record<string, string>, string, string, string][] = [
  [
    'GET /test.txt',
    { range: 'bytes=0-9' },
    'host;range;x-amz-content-sha256;x-amz-date',
    emptySha256,
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'PUT /test%24file.text',
    { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'GET /?lifecycle',
    {},
    usual,
    emptySha256,
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'GET /?max-keys=2&prefix=J',
    {},
    usual,
    emptySha256,
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
  [
    'PUT /examplebucket/chunkObject.txt',
    {
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66824',
    },
    'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  ],
  [
    'PUT /examplebucket/chunkObject.txt',
    {
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
    },
    'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  ],
];

for (const [line, headers, signedHeaders, sha256, signature] of V4_EXAMPLES) {
  const signed = { ...amz, 'x-amz-content-sha256': sha256, ...headers };
  const example = request(line, { ...signed, authorization: authorization(signedHeaders, signature) });

  test(`the published signature of ${line} (${sha256.slice(0, 24)})`, () => verifies(example));

  test(`a single changed character of ${line} (${sha256.slice(0, 24)})`, () => {
    const other = signature.startsWith('0') ? `1${signature.slice(1)}` : `0${signature.slice(1)}`;
    const changed = request(line, { ...signed, authorization: authorization(signedHeaders, other) });
    refuses('SignatureDoesNotMatch', () => verifies(changed));
    refuses('SignatureDoesNotMatch', () =>
      verifies(
        request(`POST ${line.split(' ')[1]}`, {
          ...signed,
          authorization: authorization(signedHeaders, signature),
        }),
      ),
    );
    refuses('SignatureDoesNotMatch', () => verifies({ ...example, path: `${example.path}x` }));
  });
}

const presigned =
  '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
  '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
  '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';

test('the published signature in a URL', () => verifies(request(`GET ${presigned}`, { host })));

describe('a URL that says something else than was signed', () => {
  const CHANGES: [from: string, to: string, row: ErrorName][] = [
    ['Expires=86400', 'Expires=86401', 'SignatureDoesNotMatch'],
    ['SignedHeaders=host', 'SignedHeaders=host;range', 'SignatureDoesNotMatch'],
    ['SignedHeaders=host', 'SignedHeaders=range', 'AuthorizationQueryParametersError'],
    ['SignedHeaders=host', 'SignedHeaders=', 'AuthorizationQueryParametersError'],
    ['SignedHeaders=host', 'SignedHeaders=range;host', 'AuthorizationQueryParametersError'],
    ['SignedHeaders=host', 'SignedHeaders=Host', 'AuthorizationQueryParametersError'],
    ['SignedHeaders=host', 'SignedHeaders=host;host', 'AuthorizationQueryParametersError'],
    ['Expires=86400', 'Expires=0', 'AuthorizationQueryParametersError'],
    ['Expires=86400', 'Expires=604801', 'AuthorizationQueryParametersError'],
    ['Expires=86400', 'Expires=1e3', 'AuthorizationQueryParametersError'],
    ['X-Amz-Expires=86400&', '', 'AuthorizationQueryParametersError'],
    ['%2F20130524%2F', '%2F20130525%2F', 'AuthorizationQueryParametersError'],
    ['%2F20130524%2F', '%2F20130231%2F', 'AuthorizationQueryParametersError'],
    ['%2Fs3%2F', '%2Fiam%2F', 'AuthorizationQueryParametersError'],
    ['aws4_request', 'aliyun_v4_request', 'AuthorizationQueryParametersError'],
    ['AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256', 'AuthorizationQueryParametersError'],
    ['&X-Amz-Signature=', '&X-Amz-Nothing=', 'AuthorizationQueryParametersError'],
    ['&X-Amz-Signature=', '&AWSAccessKeyId=a&X-Amz-Signature=', 'InvalidArgument.s3AuthorizationTwice'],
    ['&X-Amz-Signature=', '&response-expires=x&X-Amz-Signature=', 'SignatureDoesNotMatch'],
  ];
  for (const [from, to, row] of CHANGES) {
    test(`${from} → ${to}: ${row}`, () => {
      assert.ok(presigned.includes(from));
      refuses(row, () => verifies(request(`GET ${presigned.replace(from, to)}`, { host })));
    });
  }

  test('a header that nobody signed', () => {
    refuses('AccessDenied.s3HeadersNotSigned', () =>
      verifies(request(`GET ${presigned}`, { host, 'x-amz-acl': 'public-read' })),
    );
    verifies(request(`GET ${presigned}`, { host, range: 'bytes=0-1' }));
  });

  test('a signature in the header as well', () => {
    refuses('InvalidArgument.s3AuthorizationTwice', () =>
      verifies(request(`GET ${presigned}`, { host, authorization: 'AWS a:b' })),
    );
  });
});

describe('an Authorization header that is not whole', () => {
  const signed = { ...amz, 'x-amz-content-sha256': emptySha256, range: 'bytes=0-9' };
  const whole = authorization(V4_EXAMPLES[0]?.[2] as string, V4_EXAMPLES[0]?.[4] as string);
  const CHANGES: [from: string | RegExp, to: string, row: ErrorName][] = [
    [/Signature=.*/, 'Signature=', 'AuthorizationHeaderMalformed'],
    [/,Signature=.*/, '', 'AuthorizationHeaderMalformed'],
    [/Credential=[^,]*,/, '', 'AuthorizationHeaderMalformed'],
    [/SignedHeaders=[^,]*,/, '', 'AuthorizationHeaderMalformed'],
    ['Credential=', 'Credential=x,Credential=', 'AuthorizationHeaderMalformed'],
    ['Credential=', 'Extra=x,Credential=', 'AuthorizationHeaderMalformed'],
    ['/20130524/', '/20130525/', 'AuthorizationHeaderMalformed'],
    ['AKIAIOSFODNN7EXAMPLE/', '/', 'AuthorizationHeaderMalformed'],
    ['/us-east-1/', '/US/', 'AuthorizationHeaderMalformed'],
    ['host;range;', 'range;', 'AuthorizationHeaderMalformed'],
    [';x-amz-date', '', 'AccessDenied.s3HeadersNotSigned'],
    ['AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA1', 'InvalidArgument.s3AuthorizationType'],
  ];
  for (const [from, to, row] of CHANGES) {
    test(`${from} → ${to}: ${row}`, () => {
      const changed = whole.replace(from, to);
      assert.notEqual(changed, whole);
      refuses(row, () => verifies(request('GET /test.txt', { ...signed, authorization: changed })));
    });
  }

  test('blanks behind the commas are free', () => {
    verifies(request('GET /test.txt', { ...signed, authorization: whole.replaceAll(',', ', ') }));
  });

  test('no date, no hash of the body, a hash that is none', () => {
    const without = (name: string) => {
      const { [name]: _, ...rest } = { ...signed, authorization: whole } as Record<string, string>;
      return request('GET /test.txt', rest);
    };
    refuses('AccessDenied.s3NoDate', () => verifies(without('x-amz-date')));
    refuses('InvalidRequest.s3NoContentSha256', () => verifies(without('x-amz-content-sha256')));
    for (const value of [
      '',
      'UNSIGNED',
      emptySha256.toUpperCase(),
      'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD',
    ]) {
      refuses('InvalidArgument.s3ContentSha256', () =>
        verifies(
          request('GET /test.txt', { ...signed, 'x-amz-content-sha256': value, authorization: whole }),
        ),
      );
    }
  });
});

test('the canonical request: names encoded once, values squeezed, parameters by name and value', () => {
  const example = request('GET /a%20b/%E5%BC%A0%2B~!*.txt?b=2&a=%2F&b=1&empty&X-Amz-Signature=gone', {
    host,
    'x-amz-meta-a': '  two   blanks ',
  });
  const facts = {
    date: '20130524',
    region: 'r',
    dateTime: date,
    signedHeaders: ['host', 'x-amz-meta-a'],
    payload: 'UNSIGNED-PAYLOAD',
  };
  assert.equal(
    s3CanonicalRequest(example, facts),
    [
      'GET',
      '/a%20b/%E5%BC%A0%2B~%21%2A.txt',
      'a=%2F&b=1&b=2&empty=',
      `host:${host}`,
      'x-amz-meta-a:two blanks',
      '',
      'host;x-amz-meta-a',
      'UNSIGNED-PAYLOAD',
    ].join('\n'),
  );
});

// --- Version 2: "Signing and Authenticating REST Requests" ---

const bucket = 'johnsmith';
const V2_EXAMPLES: readonly [string, Record<string, string>, string | undefined, string][] = [
  [
    'GET /photos/puppy.jpg',
    { date: 'Tue, 27 Mar 2007 19:36:42 +0000' },
    bucket,
    'bWq2s1WEIj+Ydj0vQ697zp+IXMU=',
  ],
  [
    'PUT /photos/puppy.jpg',
    { date: 'Tue, 27 Mar 2007 21:15:45 +0000', 'content-type': 'image/jpeg', 'content-length': '94328' },
    bucket,
    'MyyxeRY7whkBe+bq8fHCL/2kKUg=',
  ],
  [
    'GET /?prefix=photos&max-keys=50&marker=puppy',
    { date: 'Tue, 27 Mar 2007 19:42:41 +0000' },
    bucket,
    'htDYFYduRNen8P9ZfE/s9SuKy0U=',
  ],
  ['GET /?acl', { date: 'Tue, 27 Mar 2007 19:44:46 +0000' }, bucket, 'c2WLPFtWHVgbEmeEG93a4cG37dM='],
  [
    'PUT /db-backup.dat.gz',
    {
      date: 'Tue, 27 Mar 2007 21:06:08 +0000',
      'x-amz-acl': 'public-read',
      'content-type': 'application/x-download',
      'content-md5': '4gJE4saaMU4BqNR0kLY+lw==',
      'x-amz-meta-reviewedby': 'joe@johnsmith.net,jane@johnsmith.net',
      'x-amz-meta-filechecksum': '0x02661779',
      'x-amz-meta-checksumalgorithm': 'crc32',
      'content-disposition': 'attachment; filename=database.dat',
      'content-encoding': 'gzip',
    },
    'static.johnsmith.net',
    'ilyl83RwaSoYIEdixDQcA4OnAnc=',
  ],
  ['GET /', { date: 'Wed, 28 Mar 2007 01:29:59 +0000' }, undefined, 'qGdzdERIC03wnaRNKh6OqZehG9s='],
  [
    'GET /dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re',
    { date: 'Wed, 28 Mar 2007 01:49:49 +0000' },
    undefined,
    'DNEZGsoieTZ92F3bUfSPQcbGmlM=',
  ],
];

for (const [line, headers, bucketInHost, signature] of V2_EXAMPLES) {
  test(`the published version 2 signature of ${line}`, () => {
    const authorization = `AWS ${exampleKey.accessKeyId}:${signature}`;
    verifies(request(line, { ...headers, authorization }, bucketInHost));
    const changed = { ...headers, 'x-amz-acl': 'public-read-write', authorization };
    refuses('SignatureDoesNotMatch', () => verifies(request(line, changed, bucketInHost)));
  });
}

test('the published version 2 signature in a URL', () => {
  const url =
    '/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620';
  verifies(request(`GET ${url}`, {}, bucket));
  refuses('SignatureDoesNotMatch', () =>
    verifies(request(`GET ${url.replace('1175139620', '1175139621')}`, {}, bucket)),
  );
  refuses('AccessDenied.s3QueryIncomplete', () =>
    verifies(request(`GET ${url.replace(/&Expires=.*/, '')}`, {}, bucket)),
  );
  refuses('AccessDenied.queryExpires', () =>
    verifies(request(`GET ${url.replace('=1175139620', '=tomorrow')}`, {}, bucket)),
  );
  const { expiresAtMs, signedAtMs } = getSignature(request(`GET ${url}`, {}, bucket));
  assert.deepEqual([expiresAtMs, signedAtMs], [1175139620000, undefined]);
});

test('with an x-amz-date the Date is not signed, and its line is empty', () => {
  const example = request('DELETE /johnsmith/photos/puppy.jpg', {
    date: 'Tue, 27 Mar 2007 21:20:27 +0000',
    'x-amz-date': 'Tue, 27 Mar 2007 21:20:26 +0000',
  });
  assert.equal(
    s3StringToSignV2(example, ''),
    'DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n/johnsmith/photos/puppy.jpg',
  );
});

// --- Which dialect, and when ---

test('what is signed the way of S3, and what is not', () => {
  const inHeader = (authorization: string) => hasS3Signature(request('GET /', { authorization }));
  assert.deepEqual(['AWS a:b', 'AWS4-HMAC-SHA256 x', 'AWS', ' AWS a:b'].map(inHeader), [
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(
    ['OSS a:b', 'OSS4-HMAC-SHA256 x', 'AWSX a', 'aws a:b', ''].map(inHeader),
    Array(5).fill(false),
  );
  const inQuery = (query: string) => hasS3Signature(request(`GET /?${query}`, {}));
  assert.deepEqual(['AWSAccessKeyId=a', 'X-Amz-Signature=', 'X-Amz-Credential=b'].map(inQuery), [
    true,
    true,
    true,
  ]);
  assert.deepEqual(
    ['OSSAccessKeyId=a', 'Signature=b', 'x-oss-signature=c', 'x-id=GetObject'].map(inQuery),
    Array(4).fill(false),
  );
});

test('headers hold a quarter of an hour both ways, URLs until they expire', () => {
  const signed = { ...amz, 'x-amz-content-sha256': emptySha256, range: 'bytes=0-9' };
  const header = getSignature(
    request('GET /test.txt', { ...signed, authorization: authorization(V4_EXAMPLES[0]?.[2] as string, 'a') }),
  );
  const url = getSignature(request(`GET ${presigned}`, { host }));
  const at = Date.UTC(2013, 4, 24);
  const minutes = (count: number) => at + count * 60_000;
  for (const offset of [-15, 0, 15]) checkS3RequestTime(header, minutes(offset));
  for (const offset of [-16, 16])
    refuses('RequestTimeTooSkewed', () => checkS3RequestTime(header, minutes(offset)));
  for (const offset of [-15, 0, 24 * 60]) checkS3RequestTime(url, minutes(offset));
  refuses('AccessDenied.requestExpired', () => checkS3RequestTime(url, minutes(24 * 60) + 1));
  refuses('RequestTimeTooSkewed', () => checkS3RequestTime(url, minutes(-16)));
});

test('what a request promises of its body', () => {
  const url = request(`GET ${presigned}`, { host });
  assert.deepEqual(payloadOf(getSignature(url), url.headers), { kind: 'unsigned' });
  assert.deepEqual(payloadOf(undefined, new Map([['x-amz-content-sha256', emptySha256]])), {
    kind: 'hashed',
    sha256: emptySha256,
  });
});

test('a path that is only a bucket is signed with a slash at its end', () => {
  const asSent = (target: string) => s3StringToSignV2(request(`PUT ${target}`, {}), 'now');
  assert.equal(asSent('/bucket'), 'PUT\n\n\nnow\n/bucket/');
  assert.equal(asSent('/bucket/'), asSent('/bucket'));
  assert.equal(asSent('/bucket/key'), 'PUT\n\n\nnow\n/bucket/key');
});
