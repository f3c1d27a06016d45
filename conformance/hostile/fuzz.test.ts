// Whole requests, mutated at random: every one is answered or closed, none by an error of the server's own, and nothing is stored but what
// a signed form allows. A run follows from its seed, which is printed: TEST_FUZZ_SEED=… repeats it, TEST_FUZZ_RUNS=… prolongs it.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { seededNumbers } from '../process/pseudo-random.ts';
import { fieldParts, filePart, rawBoundary, writeParts } from '../raw-form.ts';
import { RawConnection } from '../raw-http.ts';
import { openTarget } from '../target.ts';
import { TrialBucket, type TrialForm } from '../trial-bucket.ts';
import { rawPost, rawRequest } from './hostile-trials.ts';

const seed = Number(process.env.TEST_FUZZ_SEED ?? randomInt(2 ** 31));
const runs = Number(process.env.TEST_FUZZ_RUNS ?? 300);
/** Requests under way at the same time. */
const atOnce = 8;
const timeoutMs = Math.max(60_000, runs * 50);

/** A number from 0 to below the bound. */
type Random = (bound: number) => number;

const folder = 'fuzz/';
const fileBytesMax = 1000;

/** What every form here is signed for. */
const conditions = [
  ['starts-with', '$key', folder],
  ['content-length-range', 1, fileBytesMax],
  { 'x-oss-object-acl': 'private' },
];

/** A mutated request, as bytes in characters. */
type Source = (to: TrialBucket, random: Random) => string;

/** Half of them are mutated as a whole, half inside their body alone, which is then framed rightly: that gets further in. */
function form(changed: TrialForm = {}): Source {
  return (to, random) => {
    const key = `${folder}${random(2 ** 31)}`;
    const fields = { key, 'x-oss-object-acl': 'private', 'x-oss-meta-a': 'b', success_action_status: '201' };
    const signed = random(2) === 0 ? 'v1' : 'v4';
    const given = to.fields({ fields, signed, policy: { conditions }, ...changed });
    const body = writeParts([...fieldParts(given), filePart('hello')]);
    if (random(2) === 0) return mutate(frame(to, body, random), random);
    return frame(to, mutate(body, random), random);
  };
}

function frame(to: TrialBucket, body: string, random: Random): string {
  if (random(2) === 0) return rawPost(to, [`Content-Length: ${body.length}`], body);
  const cut = 1 + random(body.length);
  const chunks = [body.slice(0, cut), body.slice(cut), ''].map(
    (text) => `${text.length.toString(16)}\r\n${text}\r\n`,
  );
  return rawPost(to, ['Transfer-Encoding: chunked'], chunks.join(''));
}

const otherRequests: readonly ((to: TrialBucket) => string)[] = [
  (to) => rawRequest(to, 'GET /?list-type=2&encoding-type=url&prefix=a%2F&delimiter=%2F HTTP/1.1', []),
  (to) => rawRequest(to, 'GET /fuzz/a?versionId=null HTTP/1.1', ['Range: bytes=0-1', 'If-None-Match: "a"']),
  (to) =>
    rawRequest(to, 'OPTIONS / HTTP/1.1', [
      'Origin: https://example.com',
      'Access-Control-Request-Method: POST',
    ]),
  (to) => rawRequest(to, 'POST /?delete HTTP/1.1', ['Content-Length: 17'], '<Delete></Delete>'),
  (to) => rawRequest(to, 'PUT /a HTTP/1.1', ['Authorization: OSS a:b', 'Content-Length: 1'], 'x'),
  (to) => rawRequest(to, 'POST /a?uploads HTTP/1.1', ['Content-Length: 0']),
  (to) =>
    rawRequest(to, `PUT /a?partNumber=1&uploadId=${'0'.repeat(32)} HTTP/1.1`, ['Content-Length: 1'], 'x'),
  (to) => rawRequest(to, 'POST /a?append&position=0 HTTP/1.1', ['Content-Length: 1'], 'x'),
  (to) => rawRequest(to, 'PUT /a?tagging HTTP/1.1', ['Content-Length: 19'], '<Tagging></Tagging>'),
  (to) =>
    rawRequest(
      to,
      'PUT /a HTTP/1.1',
      [
        `Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
        'x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length: 1',
        'x-amz-trailer: x-amz-checksum-crc32',
        'Transfer-Encoding: chunked',
      ],
      '1\r\nx\r\n0\r\n\r\n',
    ),
];

// --- Mutations ---

const tokens = [
  ...[
    '\r\n',
    '\r',
    '\n',
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    '"',
    '%',
    '${filename}',
    '\xff',
    '\xe7\xae\x80',
    '--',
    '=',
  ],
  ...[`--${rawBoundary}`, `\r\n--${rawBoundary}`, `\r\n--${rawBoundary}--`, '\r\n\r\n', '0\r\n\r\n', '-1'],
  ...['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Expect: 100-continue\r\n', 'Host: x\r\n'],
  ...[
    'Content-Disposition: form-data; name="key"\r\n\r\n',
    '99999999999',
    'x'.repeat(20_000),
    '../',
    '__proto__',
  ],
];

const mutations: readonly ((text: string, random: Random) => string)[] = [
  // A bit flipped.
  (text, random) => {
    const at = random(text.length);
    const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << random(8)));
    return text.slice(0, at) + flipped + text.slice(at + 1);
  },
  // Something put in.
  (text, random) => {
    const at = random(text.length);
    return text.slice(0, at) + tokens[random(tokens.length)] + text.slice(at);
  },
  // Something in place of something else.
  (text, random) => {
    const at = random(text.length);
    return text.slice(0, at) + tokens[random(tokens.length)] + text.slice(at + random(20));
  },
  // Something left out.
  (text, random) => {
    const at = random(text.length);
    return text.slice(0, at) + text.slice(at + 1 + random(50));
  },
  // Something said twice.
  (text, random) => {
    const at = random(text.length);
    return text.slice(0, at) + text.slice(at, at + random(200)) + text.slice(at);
  },
  // A line left out, said twice, or moved.
  (text, random) => {
    const lines = text.split('\r\n');
    const [line = ''] = lines.splice(random(lines.length), 1);
    for (let copies = random(3); copies > 0; copies--) lines.splice(random(lines.length + 1), 0, line);
    return lines.join('\r\n');
  },
  // The end missing.
  (text, random) => text.slice(0, random(text.length)),
  // A number made another.
  (text, random) => {
    const numbers = [...text.matchAll(/\d+/g)];
    const number = numbers[random(Math.max(1, numbers.length))];
    if (number === undefined) return text;
    const other = ['0', '1', '-1', `${Number(number[0]) + 1}`, '18446744073709551616'][random(5)];
    return text.slice(0, number.index) + other + text.slice(number.index + number[0].length);
  },
];

function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let count = random(2); count >= 0 && mutated !== ''; count--) {
    mutated = (mutations[random(mutations.length)] as (typeof mutations)[number])(mutated, random);
  }
  return mutated;
}

// --- Runs ---

/** Sends the request in a few pieces and says that nothing follows. @returns the statuses of the answers */
async function exchange(endpoint: { endpoint: string }, request: string, random: Random): Promise<number[]> {
  const bytes = Buffer.from(request, 'latin1');
  const connection = await RawConnection.open(endpoint);
  const cuts = [random(bytes.length + 1), random(bytes.length + 1), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const cut of cuts) {
    await connection.write(bytes.subarray(from, cut));
    from = cut;
  }
  connection.end();
  return (await connection.remaining()).map(({ status }) => status);
}

/** Sends as many mutated requests as there are runs. @returns how many said that something was stored */
async function fuzz(to: TrialBucket, sources: readonly Source[]): Promise<number> {
  let stored = 0;
  const workers = Array.from({ length: atOnce }, async (_, worker) => {
    for (let run = worker; run < runs; run += atOnce) {
      const random = seededNumbers(seed + run);
      const source = sources[random(sources.length)] as Source;
      const request = source(to, random);
      const statuses = await exchange(to.target, request, random);
      for (const status of statuses) {
        assert.ok(status < 500 || status === 501, `run ${run}: ${status} for ${JSON.stringify(request)}`);
        if (status === 201 || status === 204) stored++;
      }
    }
  });
  await Promise.all(workers);
  return stored;
}

test('forms that were signed', { timeout: timeoutMs }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  await using target = await openTarget();
  const to = await TrialBucket.create(target);
  const answered = await fuzz(to, [form()]);
  const list = await to.sendSigned({ method: 'GET', path: '/?max-keys=1000&encoding-type=url' });
  const keys = Array.from(list.text.matchAll(/<Key>(.*?)<\/Key>/g), ([, key]) =>
    decodeURIComponent(key as string),
  );
  const sizes = Array.from(list.text.matchAll(/<Size>(\d+)<\/Size>/g), ([, size]) => Number(size));
  t.diagnostic(`${answered} of ${runs} were stored, as ${keys.length} objects`);
  assert.ok(keys.length <= answered, 'something was stored that was not answered so');
  assert.ok(
    keys.every((key) => key.startsWith(folder)),
    keys.join(),
  );
  assert.ok(
    sizes.every((size) => size >= 1 && size <= fileBytesMax),
    sizes.join(),
  );
  for (const key of keys)
    assert.equal((await to.send({ method: 'GET', path: `/${encodeURIComponent(key)}` })).status, 403);
  assert.equal((await to.post()).status, 204);
});

test('forms that nobody signed, or not so, or for too long ago', { timeout: timeoutMs }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  await using target = await openTarget();
  const to = await TrialBucket.create(target);
  const wrong = { accessKeyId: target.accessKeyId, accessKeySecret: 'wrong' };
  const sources = [
    form({ signer: wrong }),
    form({ policy: { conditions, expiration: '2020-01-01T00:00:00Z' } }),
    form({ policy: { conditions: [...conditions, { bucket: 'another-bucket' }] } }),
    form({
      without: [
        'policy',
        'OSSAccessKeyId',
        'Signature',
        'x-oss-signature-version',
        'x-oss-credential',
        'x-oss-date',
        'x-oss-signature',
      ],
    }),
  ];
  assert.equal(await fuzz(to, sources), 0);
  assert.deepEqual(await to.objects(), []);
  assert.equal((await to.post()).status, 204);
});

test('requests that are no forms', { timeout: timeoutMs }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  await using target = await openTarget();
  const to = await TrialBucket.create(target);
  await fuzz(
    to,
    otherRequests.map((write) => (_, random) => mutate(write(to), random)),
  );
  assert.deepEqual(await to.objects(), []);
  assert.equal((await to.post()).status, 204);
});
