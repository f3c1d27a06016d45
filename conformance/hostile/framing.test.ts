// HTTP framing: messages that two programs could cut into requests differently, clients that are slow, gone or still talking, and what
// becomes of the connection afterwards. A refusal that is told here has been read on a real connection, which was closed behind it.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { fieldParts, filePart, rawContentType, writeParts } from '../raw-form.ts';
import { exchangeRaw, RawConnection } from '../raw-http.ts';
import { newKey, TrialBucket } from '../trial-bucket.ts';
import { openHostileTrials, rawPost, rawRequest, summarize } from './hostile-trials.ts';

const { target, repels, refuses, refusesRaw, accepts } = await openHostileTrials();

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** A right form for the bucket, under a new key unless one is given. */
function formBody(to: TrialBucket, key = newKey()): string {
  return writeParts([...fieldParts(to.fields({ fields: { key } })), filePart()]);
}

/** A right form, whole, with its length. */
function formRequest(to: TrialBucket, key?: string): string {
  const body = formBody(to, key);
  return rawPost(to, [`Content-Length: ${body.length}`], body);
}

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

function chunkedForm(to: TrialBucket, key?: string): string {
  return `${chunk(formBody(to, key))}0\r\n\r\n`;
}

/** A right form under framing headers that must not be believed. */
function withLines(...lines: string[]) {
  return (to: TrialBucket) => rawPost(to, lines, formBody(to));
}

// --- How long a body is ---

refusesRaw(
  'a length and chunks',
  (to) => rawPost(to, ['Content-Length: 5', 'Transfer-Encoding: chunked'], chunkedForm(to)),
  '400 BadRequest',
);
refusesRaw('two lengths', withLines('Content-Length: 3', 'Content-Length: 4'), '400 BadRequest');
refusesRaw('the same length twice', withLines('Content-Length: 3', 'Content-Length: 3'), '400 BadRequest');
for (const length of ['3, 3', '-1', '+3', '0x3', '1e3', '18446744073709551619', '', '3 3'])
  refusesRaw(`the length "${length}"`, withLines(`Content-Length: ${length}`), '400 BadRequest');
for (const coding of ['xchunked', 'chunked, identity', 'identity', 'gzip', ''])
  refusesRaw(
    `the transfer coding "${coding}"`,
    (to) => rawPost(to, [`Transfer-Encoding: ${coding}`], chunkedForm(to)),
    '400 BadRequest',
  );
refusesRaw(
  'chunked twice',
  (to) => rawPost(to, ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunkedForm(to)),
  '400 BadRequest',
);
refusesRaw(
  'a blank before the colon of Transfer-Encoding',
  (to) => rawPost(to, ['Transfer-Encoding : chunked'], chunkedForm(to)),
  '400 BadRequest',
);
refusesRaw(
  'a compressed body in chunks',
  (to) => rawPost(to, ['Transfer-Encoding: gzip, chunked'], chunkedForm(to)),
  '501 NotImplemented',
);
refusesRaw(
  'chunks in HTTP/1.0',
  (to) =>
    rawRequest(
      to,
      'POST / HTTP/1.0',
      [`Content-Type: ${rawContentType}`, 'Transfer-Encoding: chunked'],
      chunkedForm(to),
    ),
  '400 BadRequest',
);
refusesRaw('neither length nor chunks, and a body all the same', withLines(), '411 MissingContentLength');
refusesRaw(
  'neither length nor chunks, and a whole request as the body',
  (to) => rawPost(to, [], formRequest(to)),
  '411 MissingContentLength',
);

for (const [input, chunks] of [
  ['a chunk size that is no number', 'zz\r\nabc\r\n0\r\n\r\n'],
  ['a chunk size of 17 digits', '10000000000000003\r\nabc\r\n0\r\n\r\n'],
  ['a negative chunk size', '-3\r\nabc\r\n0\r\n\r\n'],
  ['chunk lines that end in a line feed alone', '3\nabc\n0\n\n'],
  ['a chunk longer than its size', '3\r\nabcdef\r\n0\r\n\r\n'],
] as const) {
  refusesRaw(input, (to) => rawPost(to, ['Transfer-Encoding: chunked'], chunks), '400 BadRequest');
  refusesRaw(
    `${input}, behind the begin of a form`,
    (to) => [rawPost(to, ['Transfer-Encoding: chunked']), chunk(formBody(to).slice(0, 99)), chunks],
    '400 BadRequest',
  );
}
refusesRaw(
  'a chunk extension of 20 KB',
  (to) => rawPost(to, ['Transfer-Encoding: chunked'], `3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`),
  '413 BadRequest',
);

repels('chunks without the last one, and the end', async (to) => {
  const connection = await RawConnection.open(target);
  await connection.write(rawPost(to, ['Transfer-Encoding: chunked'], chunk(formBody(to))));
  connection.end();
  assert.deepEqual((await connection.remaining()).map(summarize), ['400 IncompleteBody']);
});
repels('less than the length, and the end', async (to) => {
  const connection = await RawConnection.open(target);
  await connection.write(withLines('Content-Length: 5000')(to));
  connection.end();
  assert.deepEqual((await connection.remaining()).map(summarize), ['400 IncompleteBody']);
});
refusesRaw(
  'a length that ends before the closing boundary does, and the rest behind it',
  (to) => {
    const body = formBody(to);
    return rawPost(to, [`Content-Length: ${body.length - 6}`], body);
  },
  '400 MalformedPOSTRequest',
);

const extraKey = newKey();
repels('more than the length: the form counts, the rest is a request that is none', async (to) => {
  const answers = await exchangeRaw(target, `${formRequest(to, extraKey)}and some more\r\n\r\n`);
  assert.deepEqual(answers.map(summarize), ['204', '400 BadRequest']);
  await removeObject(to, extraKey);
});
repels('trailers are not headers', async (to) => {
  const key = newKey();
  const trailers = 'Host: other.localhost\r\nContent-Type: text/plain\r\nx-oss-object-acl: public-read\r\n';
  const body = `${chunk(formBody(to, key))}0\r\n${trailers}\r\n`;
  const answers = await exchangeRaw(
    target,
    rawPost(to, ['Transfer-Encoding: chunked', 'Trailer: x-oss-object-acl', 'Connection: close'], body),
  );
  assert.deepEqual(answers.map(summarize), ['204']);
  const [read] = await exchangeRaw(target, rawRequest(to, `GET /${key} HTTP/1.1`, ['Connection: close']));
  assert.equal(read?.status, 403);
  await removeObject(to, key);
});

async function removeObject(to: TrialBucket, key: string): Promise<void> {
  assert.equal((await to.sendSigned({ method: 'DELETE', path: `/${key}` })).status, 204);
}

// --- Header lines and the request line ---

for (const [input, line] of [
  ['a folded header', 'X-A: a\r\n b'],
  ['a bare carriage return in a header', 'X-A: a\rb'],
  ['a bare line feed in a header', 'X-A: a\n\nb'],
  ['a NUL in a header', 'X-A: a\0b'],
  ['a header name with a blank', 'X A: a'],
  ['a header without a name', ': a'],
  ['a header without a colon', 'X-A'],
] as const)
  refusesRaw(
    input,
    (to) => rawPost(to, [line, `Content-Length: ${formBody(to).length}`], formBody(to)),
    '400 BadRequest',
  );
refusesRaw(
  'a header of 20 KB',
  (to) => rawPost(to, [`X-A: ${'a'.repeat(20_000)}`, 'Content-Length: 3'], 'abc'),
  '431 BadRequest',
);
refusesRaw(
  '300 headers before the length',
  (to) => rawPost(to, [...Array(300).fill('X-A: a'), 'Content-Length: 3'], 'abc'),
  '400 BadRequest',
);
refusesRaw(
  '3000 headers before the length',
  (to) => rawPost(to, [...Array(3000).fill('a:'), 'Content-Length: 3'], 'abc'),
  '400 BadRequest',
);
refusesRaw('no Host', () => 'POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', '400 BadRequest');
refusesRaw(
  'two Hosts',
  (to) =>
    rawPost(to, [
      `Host: ${to.name}.localhost`,
      'Host: other.localhost',
      `Content-Length: ${formBody(to).length}`,
    ]),
  '400 BadRequest',
);
for (const [input, requestLine] of [
  ['a method in lower case', 'post / HTTP/1.1'],
  ['a method that there is not', 'PSOT / HTTP/1.1'],
  ['a blank in the target', 'POST /a b HTTP/1.1'],
  ['a NUL in the target', 'POST /a\0b HTTP/1.1'],
  ['an absolute target on another host', 'POST http://evil/ HTTP/1.1'],
  ['an asterisk as the target', 'POST * HTTP/1.1'],
  ['HTTP/2.0', 'POST / HTTP/2.0'],
  ['HTTP/3.0', 'POST / HTTP/3.0'],
  ['HTTP/1.1 in lower case', 'POST / http/1.1'],
  ['no version', 'POST /'],
] as const)
  refusesRaw(
    input,
    (to) => rawRequest(to, requestLine, [`Content-Length: ${formBody(to).length}`], formBody(to)),
    '400 BadRequest',
  );
refusesRaw('the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 BadRequest');
refusesRaw('the first bytes of TLS', () => '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', '400 BadRequest');
refusesRaw('a tunnel, which is not opened', (to) => rawRequest(to, 'CONNECT a:1 HTTP/1.1', []));
refusesRaw(
  'a form posted to an object',
  (to) => rawRequest(to, 'POST /a.txt HTTP/1.1', [`Content-Type: ${rawContentType}`, 'Content-Length: 0']),
  '405 MethodNotAllowed',
);

// --- Which bucket ---

for (const [input, host] of [
  ['upper case', (name: string) => `${name.toUpperCase()}.LOCALHOST`],
  ['a port', (name: string) => `${name}.localhost:80`],
  ['a dot at the end', (name: string) => `${name}.localhost.`],
] as const)
  repels(`${input} in the Host makes no other bucket`, async (to) => {
    const key = newKey();
    const body = formBody(to, key);
    const lines = [`Host: ${host(to.name)}`, `Content-Length: ${body.length}`, 'Connection: close'];
    assert.deepEqual((await exchangeRaw(target, rawPost(to, lines, body))).map(summarize), ['204']);
    await removeObject(to, key);
  });
for (const [host, answer] of [
  ['127.0.0.1', '405 MethodNotAllowed'],
  ['nobody-has-this.localhost', '404 NoSuchBucket'],
  ['a.b.localhost', '400 InvalidBucketName'],
  ['bucket..localhost', '400 InvalidBucketName'],
  ['..localhost', '400 InvalidBucketName'],
  ['UPPER_CASE.localhost', '400 InvalidBucketName'],
  ['a b', '400 BadRequest'],
  ['user@bucket.localhost', '400 BadRequest'],
  ['bucket.localhost/path', '400 BadRequest'],
  ['bucket.localhost:port', '400 BadRequest'],
] as const)
  refusesRaw(
    `the Host ${host}`,
    (to) => rawPost(to, [`Host: ${host}`, `Content-Length: ${formBody(to).length}`], formBody(to)),
    answer,
  );

for (const name of ['X-Forwarded-Host', 'X-Original-URL', 'X-Rewrite-URL', 'Forwarded'])
  repels(`the bucket is not named by ${name}`, async (to) => {
    const other = await TrialBucket.create(target);
    const key = newKey();
    const value = { Forwarded: `host=${other.name}.localhost` }[name] ?? `${other.name}.localhost`;
    const body = formBody(to, key);
    const lines = [`${name}: ${value}`, `Content-Length: ${body.length}`, 'Connection: close'];
    assert.deepEqual((await exchangeRaw(target, rawPost(to, lines, body))).map(summarize), ['204']);
    assert.deepEqual(await other.objects(), []);
    await removeObject(to, key);
  });

// --- Expect ---

refusesRaw(
  'a body announced to a bucket that is not there: the answer without 100 Continue',
  (to) => rawPost(to, ['Host: nobody-has-this.localhost', 'Expect: 100-continue', 'Content-Length: 5000']),
  '404 NoSuchBucket',
);
refusesRaw(
  'a body announced that is larger than any upload: the answer without 100 Continue',
  (to) => rawPost(to, ['Expect: 100-continue', `Content-Length: ${5 * GiB + 10 * MiB}`]),
  '400 EntityTooLarge',
);
refusesRaw(
  'a body announced that is no form: the answer without 100 Continue',
  (to) =>
    rawRequest(to, 'POST / HTTP/1.1', [
      'Content-Type: text/plain',
      'Expect: 100-continue',
      'Content-Length: 9',
    ]),
  '400 RequestIsNotMultiPartContent',
);
refusesRaw(
  'an expectation that nobody can meet',
  (to) => rawPost(to, ['Expect: tea', 'Content-Length: 5000']),
  '417 BadRequest',
);
repels('a body announced and waited for', async (to) => {
  const key = newKey();
  const body = formBody(to, key);
  const connection = await RawConnection.open(target);
  await connection.write(
    rawPost(to, ['Expect: 100-continue', `Content-Length: ${body.length}`, 'Connection: close']),
  );
  assert.equal((await connection.answer())?.status, 100);
  await connection.write(body);
  assert.deepEqual((await connection.remaining()).map(summarize), ['204']);
  await removeObject(to, key);
});

// --- What follows on the connection ---

refusesRaw(
  'a right form behind a refused one in the same packet is never run',
  (to) => {
    const refused = formBody(to).replace('name="key"', 'name="kex"');
    return `${rawPost(to, [`Content-Length: ${refused.length}`], refused)}${formRequest(to)}`;
  },
  '400 InvalidArgument',
);
refusesRaw(
  'a right form behind a refused one in the next packet is never run',
  (to) => {
    const refused = formBody(to).replace('name="key"', 'name="kex"');
    return [rawPost(to, [`Content-Length: ${refused.length}`], refused), formRequest(to)];
  },
  '400 InvalidArgument',
);
refusesRaw(
  'a right form behind one that is refused before its body is read',
  (to) => [rawPost(to, ['Content-MD5: x', 'Content-Length: 3'], 'abc'), formRequest(to)],
  '400 InvalidDigest',
);
refusesRaw('a hundred and one requests at once', (to) => rawRequest(to, 'GET / HTTP/1.1', []).repeat(101));
repels(
  'requests in one packet are answered in their order, and each sees what those before did',
  async (to) => {
    const key = newKey();
    const get = rawRequest(to, 'GET /?acl HTTP/1.1', []);
    const last = rawRequest(to, `GET /${key} HTTP/1.1`, ['Connection: close']);
    const answers = await exchangeRaw(target, `${get}${formRequest(to, key)}${last}`);
    assert.deepEqual(answers.map(summarize), ['403 AccessDenied', '204', '403 AccessDenied']);
    await removeObject(to, key);
  },
);

repels('an answer is readable while the client goes on to send 30 MB', async (to) => {
  const connection = await RawConnection.open(target);
  await connection.write(rawPost(to, ['Content-MD5: x', `Content-Length: ${30 * MiB}`]));
  const sending = connection.write(Buffer.alloc(30 * MiB));
  assert.equal(summarize(await connection.answer()), '400 InvalidDigest');
  await connection.closed;
  connection.cut();
  await sending;
});
repels('an answer is readable for a client that sends 1 MB before it reads', async (to) => {
  const connection = await RawConnection.open(target);
  connection.socket.pause();
  await connection.write(rawPost(to, ['Content-MD5: x', `Content-Length: ${30 * MiB}`]));
  await connection.write(Buffer.alloc(MiB));
  connection.socket.resume();
  assert.deepEqual((await connection.remaining()).map(summarize), ['400 InvalidDigest']);
});
repels('a form refused in its middle while 30 MB of file are under way', async (to) => {
  const fields = to.fields({ policy: { conditions: [['content-length-range', 0, 10]] } });
  const [head = ''] = writeParts([...fieldParts(fields), filePart('FILE')]).split('FILE');
  const connection = await RawConnection.open(target);
  await connection.write(rawPost(to, [`Content-Length: ${30 * MiB}`], head));
  const sending = connection.write(Buffer.alloc(30 * MiB));
  assert.deepEqual((await connection.remaining()).map(summarize), ['400 EntityTooLarge']);
  await sending;
});

// --- Clients that leave ---

repels('a client that is gone after its last byte: an object perhaps, an orphan never', async (to) => {
  const key = newKey();
  const connection = await RawConnection.open(target);
  await connection.write(formRequest(to, key));
  connection.cut();
  // Posted again, it is there whatever became of the first.
  await exchangeRaw(target, formRequest(to, key).replace('\r\n', '\r\nConnection: close\r\n'));
  await removeObject(to, key);
});
repels('a client that is gone in the middle of its form', async (to) => {
  const body = formBody(to);
  for (const length of [0, 1, 200, body.length - 1]) {
    const connection = await RawConnection.open(target);
    await connection.write(rawPost(to, [`Content-Length: ${body.length}`], body.slice(0, length)));
    connection.cut();
  }
});
repels('a client that says its last word and listens', async (to) => {
  const key = newKey();
  const connection = await RawConnection.open(target);
  await connection.write(formRequest(to, key));
  connection.end();
  assert.deepEqual((await connection.remaining()).map(summarize), ['204']);
  await removeObject(to, key);
});

// --- Bodies said to be compressed ---

accepts('a request that says it is gzip is read as it is', { headers: { 'content-encoding': 'gzip' } });
const bomb = gzipSync(Buffer.alloc(10 * MiB));
accepts(
  'a compressed file stays compressed',
  { fields: { 'Content-Encoding': 'gzip' }, file: { content: bomb } },
  { content: bomb, stores: { 'content-encoding': 'gzip', 'content-length': String(bomb.length) } },
);
refuses(
  'a form that is compressed as a whole is none',
  (to) => to.postBody(gzipSync(formBody(to)), { 'content-type': rawContentType, 'content-encoding': 'gzip' }),
  '400 MalformedPOSTRequest',
);

// --- Slowness ---

const impatient = await openHostileTrials({
  timeouts: { headersMs: 400, bodyStallMs: 400, answerStallMs: 400, lingerMs: 400 },
});

impatient.refusesRaw(
  'headers that do not come to an end',
  (to) => rawPost(to, ['Content-Length: 3']).slice(0, -4),
  '408 RequestTimeout',
);
impatient.repels('headers that come a byte at a time', async (to) => {
  const connection = await RawConnection.open(impatient.target);
  const head = rawPost(to, Array(100).fill('X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa'));
  drip(connection, head);
  assert.deepEqual((await connection.remaining()).map(summarize), ['408 RequestTimeout']);
});
impatient.repels('a connection on which nothing is ever said is closed', async () => {
  const connection = await RawConnection.open(impatient.target);
  assert.deepEqual(await connection.remaining(), []);
});
impatient.refusesRaw(
  'a body that stops',
  (to) => rawPost(to, [`Content-Length: ${formBody(to).length}`], formBody(to).slice(0, -9)),
  '400 RequestTimeout',
);
impatient.repels('bodies that come a byte at a time, and others are served meanwhile', async (to) => {
  const slow = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const connection = await RawConnection.open(impatient.target);
      const body = formBody(to);
      await connection.write(rawPost(to, [`Content-Length: ${body.length}`]));
      drip(connection, body);
      return connection;
    }),
  );
  const key = newKey();
  const served = await exchangeRaw(
    impatient.target,
    formRequest(to, key).replace('\r\n', '\r\nConnection: close\r\n'),
  );
  assert.deepEqual(served.map(summarize), ['204']);
  await removeObject(to, key);
  for (const connection of slow)
    assert.deepEqual((await connection.remaining()).map(summarize), ['400 RequestTimeout']);
});
impatient.repels('a client that stops reading its answer', async (to) => {
  await to.put('large', 'x'.repeat(32 * MiB), { 'x-oss-object-acl': 'public-read' });
  const connection = await RawConnection.open(impatient.target);
  connection.socket.pause();
  const cut = impatient.nextLogLine((line) => line.error?.type === 'ClientGone');
  await connection.write(rawRequest(to, 'GET /large HTTP/1.1', []));
  assert.equal((await cut).operation, 'GetObject');
  connection.cut();
  await removeObject(to, 'large');
});
impatient.repels('a refused client that does not hang up is hung up on', async () => {
  const connection = await RawConnection.open(impatient.target);
  await connection.write('GARBAGE\r\n\r\n');
  assert.equal(summarize(await connection.answer()), '400 BadRequest');
  await connection.closed;
  // Only writing tells whether anybody is there.
  const isGone = new Promise((resolve) => connection.socket.on('close', resolve));
  drip(connection, 'x'.repeat(10_000));
  await isGone;
});

/** Sends one byte at a time, until the text is over or the connection is closed. */
function drip(connection: RawConnection, text: string): void {
  const bytes = text[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value } = bytes.next();
    if (value !== undefined) void connection.write(value);
  }, 20);
  connection.socket.on('close', () => clearInterval(timer));
}
