// Bodies in chunks: the examples that AWS publishes, cut at every byte, and bodies that are not what they say.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { type ErrorName, OssError } from '../src/errors.ts';
import { type ChunkSigning, S3ChunkReader } from '../src/s3/chunk-reader.ts';
import { s3SigningKey } from '../src/s3/scope.ts';
import { exampleKey } from './s3-notation.ts';
import { nodeHashes as hashes } from './signed-form-notation.ts';

const scope = { date: '20130524', region: 'us-east-1', dateTime: '20130524T000000Z' };

function signedFrom(seedSignature: string): ChunkSigning {
  return {
    hashes,
    newSha256: () => createHash('sha256'),
    signingKey: s3SigningKey(hashes, exampleKey.accessKeySecret, scope),
    scope,
    seedSignature,
  };
}

/** What a body amounts to: its content and its trailer. */
interface Reading {
  readonly contentBytes: number;
  readonly trailer?: string;
  readonly signing?: ChunkSigning;
}

function read(pieces: readonly Uint8Array[], { contentBytes, trailer, signing }: Reading) {
  const reader = new S3ChunkReader({ contentBytes, trailer, signing });
  const content: Uint8Array[] = [];
  for (const piece of pieces) for (const view of reader.push(piece)) content.push(Uint8Array.from(view));
  return { trailer: reader.end(), content: Buffer.concat(content) };
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

function refuses(body: string | Uint8Array, reading: Reading, row: ErrorName): void {
  const whole = typeof body === 'string' ? bytes(body) : body;
  for (const pieces of [[whole], Array.from(whole, (byte) => Uint8Array.of(byte))]) {
    assert.throws(
      () => read(pieces, reading),
      (error) => error instanceof OssError && error.row === row,
      `expected ${row}`,
    );
  }
}

// --- The published examples: 65 KiB and 1 KiB of `a` ---

const content = 'a'.repeat(66560);

function chunked(signatures: readonly [string, string, string], end: string): string {
  return [
    `10000;chunk-signature=${signatures[0]}\r\n${'a'.repeat(65536)}\r\n`,
    `400;chunk-signature=${signatures[1]}\r\n${'a'.repeat(1024)}\r\n`,
    `0;chunk-signature=${signatures[2]}\r\n${end}`,
  ].join('');
}

const withoutTrailer = {
  reading: {
    contentBytes: 66560,
    signing: signedFrom('4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'),
  },
  body: chunked(
    [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ],
    '\r\n',
  ),
};

const crc32c = 'x-amz-checksum-crc32c';
const withTrailer = {
  reading: {
    contentBytes: 66560,
    trailer: crc32c,
    signing: signedFrom('106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'),
  },
  body: chunked(
    [
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    ],
    `${crc32c}:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n`,
  ),
};

test('the published body in signed chunks', () => {
  assert.equal(bytes(withoutTrailer.body).length, 66824);
  const { content: got, trailer } = read([bytes(withoutTrailer.body)], withoutTrailer.reading);
  assert.deepEqual([got.toString(), trailer], [content, undefined]);
});

test('the published body in signed chunks with a signed trailer', () => {
  const { content: got, trailer } = read([bytes(withTrailer.body)], withTrailer.reading);
  assert.deepEqual([got.toString(), trailer], [content, 'sOO8/Q==']);
});

test('a changed byte of the content, of a signature or of the trailer', () => {
  const { body, reading } = withTrailer;
  for (const [from, to] of [
    ['aa\r\n400', 'ab\r\n400'],
    ['aa\r\n0;', 'ba\r\n0;'],
    ['signature=b474', 'signature=b475'],
    ['signature=1c13', 'signature=1c14'],
    ['signature=2ca2', 'signature=2ca3'],
    ['sOO8/Q==', 'sOO8/A=='],
    ['signature:d81f', 'signature:d82f'],
    ['x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n', ''],
  ] as const) {
    assert.ok(body.includes(from), from);
    refuses(body.replace(from, to), reading, 'SignatureDoesNotMatch.chunk');
  }
});

test('a chunk left out, or two in another order', () => {
  const [first, second, ...rest] = withoutTrailer.body.split(/(?<=a\r\n)/) as [string, string, ...string[]];
  refuses(second + rest.join(''), withoutTrailer.reading, 'SignatureDoesNotMatch.chunk');
  refuses(second + first + rest.join(''), withoutTrailer.reading, 'SignatureDoesNotMatch.chunk');
});

test('a signed body that ends in the middle is none, wherever it is cut', () => {
  const whole = bytes(withTrailer.body);
  const ends = [
    0,
    1,
    50,
    100,
    65622,
    65700,
    ...Array.from({ length: 250 }, (_, at) => whole.length - 1 - at),
  ];
  for (const end of ends) refusesCut(whole.subarray(0, end), withTrailer.reading);
});

function refusesCut(body: Uint8Array, reading: Reading): void {
  assert.throws(
    () => read([body], reading),
    (error) => error instanceof OssError && error.row === 'IncompleteBody',
  );
}

// --- Chunks that are not signed ---

const crc32 = 'x-amz-checksum-crc32';
const unsigned: Reading = { contentBytes: 11, trailer: crc32 };
const good = `5\r\nhello\r\n6\r\n world\r\n0\r\n${crc32}:DUoRhQ==\r\n\r\n`;

test('cut into two pieces at every byte, and into single bytes', () => {
  const whole = bytes(good);
  const expected = { trailer: 'DUoRhQ==', content: Buffer.from('hello world') };
  for (let at = 0; at <= whole.length; at++) {
    assert.deepEqual(read([whole.subarray(0, at), whole.subarray(at)], unsigned), expected);
  }
  assert.deepEqual(
    read(
      Array.from(whole, (byte) => Uint8Array.of(byte)),
      unsigned,
    ),
    expected,
  );
});

test('cut off at every byte', () => {
  const whole = bytes(good);
  for (let end = 0; end < whole.length; end++) refusesCut(whole.subarray(0, end), unsigned);
});

test('nothing at all, in one chunk', () => {
  const empty = { contentBytes: 0, trailer: crc32 };
  assert.equal(read([bytes(`0\r\n${crc32}:AAAAAA==\r\n\r\n`)], empty).trailer, 'AAAAAA==');
});

describe('a body that is not framed as it must be', () => {
  const malformed = 'InvalidRequest.s3Chunk';
  const trailer = 'MalformedTrailerError';
  const CASES: [what: string, body: string, row: ErrorName][] = [
    ['bytes behind the end', `${good}x`, malformed],
    ['a chunk that is longer than it says', good.replace('5\r\n', '4\r\n'), malformed],
    ['a chunk that is shorter than it says', good.replace('5\r\n', '6\r\n'), malformed],
    ['a size that is no number', good.replace('5\r\n', 'g\r\n'), malformed],
    ['a size with a sign', good.replace('5\r\n', '+5\r\n'), malformed],
    ['a size with blanks', good.replace('5\r\n', ' 5\r\n'), malformed],
    ['a size of eleven digits', good.replace('5\r\n', '00000000005\r\n'), malformed],
    ['no size', good.replace('5\r\n', '\r\n'), malformed],
    ['an extension', good.replace('5\r\n', '5;a=b\r\n'), malformed],
    [
      'a signature that nobody announced',
      good.replace('5\r\n', `5;chunk-signature=${'0'.repeat(64)}\r\n`),
      malformed,
    ],
    ['a bare line feed behind the size', good.replace('5\r\n', '5\n'), malformed],
    ['a bare line feed behind a chunk', good.replace('hello\r\n', 'hello\n'), malformed],
    ['a line that does not end', '5'.repeat(200), malformed],
    ['more than was announced', good.replace('6\r\n world', '7\r\n world!'), malformed],
    ['less than was announced', good.replace('6\r\n world\r\n', ''), 'IncompleteBody'],
    ['no trailer', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n', trailer],
    ['another trailer', good.replace('crc32', 'crc32c'), trailer],
    ['two trailers', good.replace(`${crc32}:`, `x-amz-meta-a:b\r\n${crc32}:`), trailer],
    ['the trailer twice', good.replace('==\r\n', `==\r\n${crc32}:DUoRhQ==\r\n`), trailer],
    ['a trailer without a value', good.replace('DUoRhQ==', ''), trailer],
    ['a trailer with a blank in it', good.replace('DUoR', 'DU R'), trailer],
    [
      'a signature of the trailer that nobody announced',
      good.replace('==\r\n', '==\r\nx-amz-trailer-signature:a\r\n'),
      trailer,
    ],
    ['a trailer that is too long', good.replace('DUoRhQ==', 'A'.repeat(300)), malformed],
  ];
  for (const [what, body, row] of CASES) test(`${what}: ${row}`, () => refuses(body, unsigned, row));

  test('a trailer that was not announced', () => refuses(good, { contentBytes: 11 }, trailer));
});

test('behind a small signed chunk only the empty one may follow', () => {
  const { signing } = withoutTrailer.reading;
  const sign = signer(signing);
  const body = ['a'.repeat(8192), 'b', ''].map(sign).join('');
  assert.equal(read([bytes(`${body}\r\n`)], { contentBytes: 8193, signing }).content.length, 8193);
  const small = ['a', 'b', ''].map(signer(signing)).join('');
  refuses(small, { contentBytes: 2, signing }, 'InvalidChunkSizeError');
});

/** Writes chunk after chunk as a client does. */
function signer({ signingKey, seedSignature }: ChunkSigning): (chunk: string) => string {
  let last = seedSignature;
  const hex = (data: string) => createHash('sha256').update(data).digest('hex');
  const place = `${scope.date}/${scope.region}/s3/aws4_request`;
  return (chunk) => {
    const text = ['AWS4-HMAC-SHA256-PAYLOAD', scope.dateTime, place, last, hex(''), hex(chunk)].join('\n');
    last = createHmac('sha256', signingKey).update(text).digest('hex');
    return `${chunk.length.toString(16)};chunk-signature=${last}\r\n${chunk}${chunk === '' ? '' : '\r\n'}`;
  };
}

test('whatever comes in, and however it is cut: the same content, or the same refusal', () => {
  const pieces = fc.oneof(
    fc.constantFrom(
      '5\r\nhello\r\n',
      '6\r\n world\r\n',
      '0\r\n',
      `${crc32}:DUoRhQ==\r\n`,
      '\r\n',
      '\r',
      '\n',
      '5',
      ';a=b',
    ),
    fc.string({ maxLength: 8, unit: 'binary-ascii' }),
  );
  const outcome = (cut: readonly Uint8Array[]) => {
    try {
      const { content: got, trailer } = read(cut, unsigned);
      return `${got} ${trailer}`;
    } catch (error) {
      assert.ok(error instanceof OssError, String(error));
      return error.row;
    }
  };
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (texts) => {
      const whole = bytes(texts.join(''));
      assert.equal(outcome(Array.from(whole, (byte) => Uint8Array.of(byte))), outcome([whole]));
    }),
    { numRuns: 500 },
  );
});
