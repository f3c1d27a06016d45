// Callbacks over real sockets: an application's server on this machine, a name server that says what the test wants.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { OssError, PostFields } from '@postern/protocol';
import {
  type CallbackFacts,
  type CallbackSenderOptions,
  createCallbackSender,
} from '../src/callback/callback.ts';
import { makeCallbackKey, verifyCallback } from '../src/callback/callback-key.ts';
import { callbackInForm } from '../src/callback/callback-order.ts';

const key = makeCallbackKey();
const settings = {
  callbackAllowPrivate: true,
  publicUrl: undefined,
  scheme: 'http' as const,
  baseDomains: ['oss.example'],
};
const nowMs = Date.UTC(2025, 3, 11, 6, 41, 24);
const facts: CallbackFacts = {
  bucket: 'photos',
  object: 'a&b.txt',
  etag: 'D8E8FCA2DC0F896FD7CB4CB0031BA249',
  size: 5,
  mimeType: 'text/plain',
  crc64: '13259347589887309129',
  contentMd5: '2Oj8otwPiW/Xy0ywAxuiSQ==',
  clientIp: '203.0.113.9',
  reqId: '5F5A1B2C3D4E5F6071829304',
  operation: 'PostObject',
  accessKeyId: 'some-key',
  host: 'photos.oss.example:9000',
};

const opened: Server[] = [];
after(() => {
  for (const server of opened) server.close();
});

async function listen<S extends Server>(server: S): Promise<number> {
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** An application's server; returns its port. */
const serve = (listener: RequestListener) => listen(http.createServer(listener));

/** One that says exactly these bytes to whoever has sent a request. */
const serveRaw = (answer: string | Uint8Array) =>
  listen(
    createTcpServer((socket: Socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(answer));
    }),
  );

/** Serves one JSON answer and keeps what it was asked. */
async function serveRecorder() {
  const requests: { request: IncomingMessage; body: string }[] = [];
  const port = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    requests.push({ request, body });
    response.setHeader('content-length', 15).end('{"Status":"OK"}');
  });
  return { port, requests };
}

function fields(callbackUrl: string, extra: Record<string, unknown> = {}): PostFields {
  const config = { callbackUrl, callbackBody: 'o=${object}&u=${x:user}', ...extra };
  return new PostFields([
    { name: 'callback', value: Buffer.from(JSON.stringify(config)).toString('base64') },
    { name: 'x:user', value: 'Ann B' },
  ]);
}

async function send(form: PostFields, options: Partial<CallbackSenderOptions> = {}) {
  const sender = createCallbackSender({ settings, key, clock: () => nowMs, ...options });
  const plan = sender.plan(callbackInForm(form));
  assert.ok(plan);
  return sender.send(plan, facts);
}

async function failureOf(...args: Parameters<typeof send>): Promise<OssError> {
  const outcome = await send(...args).catch((error: unknown) => error);
  assert.ok(outcome instanceof OssError, `was not refused: ${String(outcome)}`);
  assert.equal(outcome.status, 203);
  assert.equal(outcome.code, 'CallbackFailed');
  return outcome;
}

const withLength = (body: string | Uint8Array, head = 'HTTP/1.1 200 OK', type = 'application/json') =>
  Buffer.concat([
    Buffer.from(
      `${head}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`,
    ),
    Buffer.from(body as Uint8Array),
  ]);

test('the request carries what the callback manual shows, and the answer comes back as it is', async () => {
  const { port, requests } = await serveRecorder();
  const reply = await send(fields(`http://127.0.0.1:${port}/cb%20x?id=1`));
  assert.equal(Buffer.from(reply.body).toString(), '{"Status":"OK"}');
  assert.equal(reply.contentType, 'application/json');

  const [{ request, body }] = requests as [(typeof requests)[number]];
  assert.equal(request.method, 'POST');
  assert.equal(request.url, '/cb%20x?id=1');
  assert.equal(request.httpVersion, '1.1');
  assert.equal(body, 'o=a%26b.txt&u=Ann%20B');
  const { authorization = '', ...headers } = request.headers;
  assert.deepEqual(headers, {
    host: `127.0.0.1:${port}`,
    connection: 'close',
    'content-length': '21',
    'content-md5': createHash('md5').update(body).digest('base64'),
    'content-type': 'application/x-www-form-urlencoded',
    date: 'Fri, 11 Apr 2025 06:41:24 GMT',
    'user-agent': 'aliyun-oss-callback',
    'x-oss-bucket': 'photos',
    'x-oss-pub-key-url': Buffer.from('http://oss.example:9000/-/callback-public-key.pem').toString('base64'),
    'x-oss-request-id': '5F5A1B2C3D4E5F6071829304',
    'x-oss-requester': 'some-key',
    'x-oss-signature-version': '1.0',
    'x-oss-tag': 'CALLBACK',
  });
  const { publicKeyPem } = await key();
  assert.ok(verifyCallback({ publicKeyPem, path: '/cb%20x', query: '?id=1', body, authorization }));
});

test('the public key is named under the public URL, or the host that the client addressed', async () => {
  const { port, requests } = await serveRecorder();
  const form = fields(`http://127.0.0.1:${port}/`);
  await send(form, {
    settings: { ...settings, publicUrl: 'https://files.example' },
  });
  await send(form, { settings: { ...settings, baseDomains: [] } });
  assert.deepEqual(
    requests.map(({ request }) =>
      Buffer.from(String(request.headers['x-oss-pub-key-url']), 'base64').toString(),
    ),
    [
      'https://files.example/-/callback-public-key.pem',
      'http://photos.oss.example:9000/-/callback-public-key.pem',
    ],
  );
});

test('callbackHost is the Host header and a JSON body is JSON', async () => {
  const { port, requests } = await serveRecorder();
  const extra = {
    callbackHost: 'app.example',
    callbackBodyType: 'application/json',
    callbackBody: '{"o":${object},"s":${size}}',
  };
  await send(fields(`127.0.0.1:${port}`, extra));
  assert.equal(requests[0]?.request.headers.host, 'app.example');
  assert.equal(requests[0]?.request.headers['content-type'], 'application/json');
  assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), { o: 'a&b.txt', s: 5 });
});

test('an XML answer is relayed as XML', async () => {
  const port = await serveRaw(withLength('<a/>', 'HTTP/1.1 200 OK', 'application/xml; charset=utf-8'));
  const reply = await send(fields(`http://127.0.0.1:${port}/`));
  assert.equal(reply.contentType, 'application/xml');
});

test('JSON under another name is relayed as JSON', async () => {
  const port = await serveRaw(withLength('"<script>"', 'HTTP/1.1 200 OK', 'text/html'));
  assert.equal((await send(fields(`http://127.0.0.1:${port}/`))).contentType, 'application/json');
});

test('an answer of exactly 1 MiB is relayed', async () => {
  const port = await serveRaw(withLength(`"${'a'.repeat(1024 * 1024 - 2)}"`));
  assert.equal((await send(fields(`http://127.0.0.1:${port}/`))).body.length, 1024 * 1024);
});

const unreachable = 'Error status : -1. OSS can not connect to your callbackUrl, please check it.';
const notJson = 'Response body is not valid json format.';

const BAD_ANSWERS: readonly [why: string, answer: string | Uint8Array, message: string, ec: string][] = [
  ['201', withLength('{}', 'HTTP/1.1 201 Created'), 'Error status : 201.', '0007-00000203'],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'Error status : 204.', '0007-00000203'],
  ['400', withLength('{}', 'HTTP/1.1 400 Bad Request'), 'Error status : 400.', '0007-00000203'],
  ['502', withLength('{}', 'HTTP/1.1 502 Bad Gateway'), 'Error status : 502.', '0007-00000203'],
  [
    'no Content-Length',
    'HTTP/1.1 200 OK\r\n\r\n{}',
    'Error Status : 400.User server missing content-length.',
    '0007-00000203',
  ],
  [
    'chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    'Error Status : 400.User server missing content-length.',
    '0007-00000203',
  ],
  [
    'over 1 MiB',
    'HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n',
    'Error Status : 400.User server return too long content-length value.',
    '0007-00000203',
  ],
  ['nothing', withLength(''), notJson, '0007-00000205'],
  ['HTML', withLength('<p>OK</p>'), notJson, '0007-00000205'],
  ['a BOM', withLength('\uFEFF{}'), notJson, '0007-00000205'],
  ['no UTF-8', withLength(Uint8Array.of(0x22, 0xff, 0x22)), notJson, '0007-00000205'],
  ['XML that is none', withLength('{}', 'HTTP/1.1 200 OK', 'application/xml'), notJson, '0007-00000205'],
  ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}', unreachable, '0007-00000203'],
  ['no HTTP', '+PONG\r\n', unreachable, '0007-00000203'],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    unreachable,
    '0007-00000203',
  ],
  ['silence', '', unreachable, '0007-00000203'],
];

for (const [why, answer, message, ec] of BAD_ANSWERS) {
  test(`an answer that fails: ${why}`, async () => {
    const failure = await failureOf(fields(`http://127.0.0.1:${await serveRaw(answer)}/`));
    assert.equal(failure.message, message);
    assert.equal(failure.ec, ec);
  });
}

test('a redirect is a failure and is not followed', async () => {
  const { port, requests } = await serveRecorder();
  const redirect = await serveRaw(
    `HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:${port}/\r\nContent-Length: 0\r\n\r\n`,
  );
  const failure = await failureOf(fields(`http://127.0.0.1:${redirect}/`));
  assert.equal(failure.message, 'Error status : 301.');
  assert.equal(requests.length, 0);
});

test('nobody listens', async () => {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  assert.equal((await failureOf(fields(`http://127.0.0.1:${port}/`))).message, unreachable);
});

test('plain HTTP on an https URL', async () => {
  const { port } = await serveRecorder();
  assert.equal((await failureOf(fields(`https://127.0.0.1:${port}/`))).message, unreachable);
});

for (const [why, answer] of [
  ['never begins', ''],
  ['never ends', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{'],
] as const) {
  test(`an answer that ${why} is given up`, async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.write(answer));
      }),
    );
    const failure = await failureOf(fields(`http://127.0.0.1:${port}/`), { timeoutMs: 100 });
    assert.equal(
      failure.message,
      `Error status : -1 127.0.0.1:${port} reply timeout, cost: 0 MS, timeout: 100 MS.`,
    );
  });
}

test('a look-up that never ends is given up', async () => {
  const failure = await failureOf(fields('http://app.example/'), {
    timeoutMs: 20,
    resolve: () => new Promise(() => {}),
  });
  assert.equal(failure.row, 'CallbackFailed.timeout');
});

test('a host that does not resolve', async () => {
  for (const resolve of [async () => [], () => Promise.reject(new Error('ENOTFOUND'))]) {
    const failure = await failureOf(fields('http://app.example/'), { resolve });
    assert.equal(failure.message, 'Can not get ip by this host.');
  }
});

const RESOLVED_TO: readonly (readonly string[])[] = [
  ['127.0.0.1'],
  ['::1'],
  ['::ffff:127.0.0.1'],
  ['169.254.169.254'],
  ['10.0.0.1'],
  ['0.0.0.0'],
  ['8.8.8.8', '127.0.0.1'],
  ['2606:4700::1111', 'fd00::1'],
  ['not an address'],
];

for (const addresses of RESOLVED_TO) {
  test(`a name for ${addresses.join(' and ')} is not connected to`, async () => {
    const { port, requests } = await serveRecorder();
    const failure = await failureOf(fields(`http://app.example:${port}/`), {
      settings: { ...settings, callbackAllowPrivate: false },
      resolve: async () => addresses,
    });
    assert.equal(failure.message, 'Private address is forbidden to callback.');
    assert.equal(requests.length, 0);
  });
}

/** What a name server knows, what a form asks for, and the row that refuses it before it is stored. */
const HOSTS: readonly (readonly [hosts: string, refusal: string | undefined])[] = [
  ['http://public.example/', undefined],
  ['http://private.example/', 'InvalidArgument.callbackPrivateAddress'],
  ['http://nowhere.example/', 'InvalidArgument.callbackUnresolved'],
  ['http://nowhere.example/;http://private.example/', 'InvalidArgument.callbackUnresolved'],
  ['http://nowhere.example/;http://public.example/', undefined],
  ['http://slow.example/', undefined],
  ['http://8.8.8.8/', undefined],
];
const known: Readonly<Record<string, Promise<string[]>>> = {
  'public.example': Promise.resolve(['8.8.8.8']),
  'private.example': Promise.resolve(['10.0.0.1']),
  'slow.example': new Promise(() => {}),
};

for (const [urls, refusal] of HOSTS) {
  test(`before anything is stored: ${urls} ${refusal ?? 'may be called'}`, async () => {
    const sender = createCallbackSender({
      settings: { ...settings, callbackAllowPrivate: false },
      key,
      clock: () => nowMs,
      timeoutMs: 20,
      resolve: (host) => known[host] ?? Promise.reject(new Error('ENOTFOUND')),
    });
    const plan = sender.plan(callbackInForm(fields(urls)));
    assert.ok(plan);
    const outcome = await sender.checkSendable(plan).catch((error: OssError) => error);
    assert.equal(outcome?.row, refusal);
    if (outcome) assert.ok(JSON.stringify(outcome.elements).includes('callbackUrl'));
  });
}

test('before anything is stored: a callback that cannot be signed is refused', async () => {
  const { port } = await serveRecorder();
  const noKey = () => Promise.reject(new Error('there is no room for a key'));
  const sender = createCallbackSender({ settings, key: noKey, clock: () => nowMs });
  const plan = sender.plan(callbackInForm(fields(`http://127.0.0.1:${port}/`)));
  assert.ok(plan);
  await assert.rejects(sender.checkSendable(plan), /no room for a key/);
});

test('a name server that changes its mind is asked once, and its first answer is connected to', async () => {
  const { port, requests } = await serveRecorder();
  const answers = [['127.0.0.1'], ['127.0.0.2']];
  await send(fields(`http://rebind.example:${port}/`), {
    resolve: async () => answers.shift() as string[],
  });
  assert.equal(answers.length, 1);
  assert.equal(requests[0]?.request.headers.host, `rebind.example:${port}`);
});

test('URLs are tried in order until one succeeds', async () => {
  const good = await serveRecorder();
  const unused = await serveRecorder();
  const bad = await serveRaw(withLength('{}', 'HTTP/1.1 500 Oops'));
  const urls = [bad, good.port, unused.port].map((port) => `http://127.0.0.1:${port}/`);
  await send(fields(urls.join(';')));
  assert.equal(good.requests.length, 1);
  assert.equal(unused.requests.length, 0);
});

test('when all URLs fail, the last failure is told', async () => {
  const first = await serveRaw(withLength('{}', 'HTTP/1.1 500 Oops'));
  const last = await serveRaw(withLength('oops'));
  const failure = await failureOf(fields(`http://127.0.0.1:${first}/;http://127.0.0.1:${last}/`));
  assert.equal(failure.message, notJson);
});
