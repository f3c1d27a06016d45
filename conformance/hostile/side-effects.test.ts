// What a form sets in motion: redirects, answers that echo it, callbacks, CORS, request ids; and what many hostile clients at once cost.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readXml } from '@postern/protocol/xml';
import { type RunningServer, startServer } from '@postern/server';
import { type Application, startApplication } from '../application.ts';
import { type Answer, openRequest, send } from '../http.ts';
import { writeForm } from '../post-form.ts';
import { makeDataDir, ServerProcess } from '../process/server-process.ts';
import { fieldPart, fieldParts, filePart, rawContentType, writeOpenParts, writeParts } from '../raw-form.ts';
import { exchangeRaw, RawConnection } from '../raw-http.ts';
import { newKey, TrialBucket } from '../trial-bucket.ts';
import { openHostileTrials } from './hostile-trials.ts';

const { target, bucket, accepts, refuses, survives } = await openHostileTrials({
  redirectHosts: ['app.example.com', 'app.example.com:8443'],
});

const KiB = 1024;
const MiB = 1024 ** 2;

// --- Redirects ---

const to = 'https://app.example.com/done';
for (const url of [
  'https://evil.example.com/',
  'https://app.example.com.evil.example.com/',
  'https://app.example.com@evil.example.com/',
  'https://user:password@app.example.com/',
  'https://app.example.com:80/',
  'https://app.example.com\\@evil.example.com/',
  'https://evil.example.com/?https://app.example.com/',
  'https://evil.example.com#@app.example.com/',
  '//app.example.com/',
  '/done',
  'app.example.com',
  'javascript:alert(1)//https://app.example.com/',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'ftp://app.example.com/',
  'https:app.example.com',
  'https:///app.example.com/',
  ' https://app.example.com/',
  'https://app.example.com/ ',
  'https://app.example.com/a b',
  'https://app.example.com/\r\nSet-Cookie: a=b',
  'https://app.example.com/\nX: y',
  'https://app.example.com/\0',
  'https://app.example.com\t.evil.example.com/',
  'https://ａpp.example.com/',
  `https://app.example.com/${'a'.repeat(10 * KiB)}`,
])
  refuses(
    `a redirect to ${JSON.stringify(url.slice(0, 60))}`,
    { fields: { success_action_redirect: url } },
    '400 InvalidArgument',
  );
accepts(
  'a redirect wins over a status',
  { fields: { success_action_redirect: to, success_action_status: '201' } },
  { status: 303 },
);
survives('what is stored is told to the redirect as values, not as a URL', async () => {
  for (const [key, redirect] of [
    ['a&bucket=evil#?=/../%00', to],
    ['\r\nSet-Cookie: a=b', `${to}?next=/#part`],
    ['简历 "v1"', 'HTTPS://APP.EXAMPLE.COM:8443/Done?'],
  ] as const) {
    const answer = await bucket.post({ fields: { key, success_action_redirect: redirect } });
    assert.equal(answer.status, 303, answer.text);
    const { host, searchParams } = new URL(answer.headers.location as string);
    assert.match(host, /^app\.example\.com(:8443)?$/);
    assert.deepEqual(
      ['bucket', 'key', 'etag'].map((name) => searchParams.getAll(name)),
      [[bucket.name], [key], [answer.headers.etag]],
    );
    assert.match(answer.headers.location as string, /^[\x21-\x7e]+$/);
  }
});
for (const status of ['500', '201\r\n', '2010', ' 201', '0', '-1', '٢٠١', '303', 'toString'])
  accepts(`success_action_status ${JSON.stringify(status)}`, { fields: { success_action_status: status } });

// --- Answers that echo ---

const markup = '</Message><script>alert(1)</script>]]><!--&\u0001\ufffe';
const echoing: readonly [input: string, answer: () => Promise<Answer>][] = [
  ['a key', () => bucket.post({ changed: { key: `/${markup}` } })],
  ['a signature', () => bucket.post({ changed: { Signature: markup } })],
  ['a policy', () => bucket.post({ changed: { policy: markup } })],
  ['an access key', () => bucket.post({ changed: { OSSAccessKeyId: markup } })],
  ['a condition', () => bucket.post({ policy: { conditions: [{ key: markup }] } })],
  ['a parameter of the policy', () => bucket.post({ policy: { policy: { [markup]: 1 } } })],
  ['an operator', () => bucket.post({ policy: { conditions: [[markup, '$key', 'a']] } })],
  ['an expiration', () => bucket.post({ policy: { expiration: markup } })],
  ['an ACL', () => bucket.post({ fields: { 'x-oss-object-acl': markup } })],
  ['the name of metadata', () => bucket.post({ fields: { 'x-oss-meta-</Message><a>': 'x' } })],
  ['a field twice', () => postTwice('<note>&')],
  ['a callback', () => bucket.post({ fields: { callback: Buffer.from(markup).toString('base64') } })],
  ['a credential', () => bucket.post({ signed: 'v4', changed: { 'x-oss-credential': markup } })],
  ['a path', () => send(target, { method: 'GET', path: '/%3Cscript%3E/' })],
  ['a query', () => bucket.sendSigned({ method: 'GET', path: '/?max-keys=%3Cscript%3E' })],
];
function postTwice(name: string): Promise<Answer> {
  const twice = [fieldPart(name, '1'), fieldPart(name, '2')];
  const body = writeParts([...fieldParts(bucket.fields({})), ...twice, filePart()]);
  return bucket.postBody(body, { 'content-type': rawContentType });
}
for (const [input, answered] of echoing)
  survives(`an error that tells of ${input} is well-formed XML of this one error`, async () => {
    const answer = await answered();
    assert.ok(answer.status >= 400, `${answer.status}`);
    assert.equal(answer.headers['content-type'], 'application/xml');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    const { children } = readXml(answer.body, 'Error');
    assert.deepEqual(children.map(({ name }) => name).slice(0, 4), [
      'Code',
      'Message',
      'RequestId',
      'HostId',
    ]);
    assert.ok(children.every((child) => child.children.length === 0));
    assert.ok(!answer.text.includes(target.accessKeySecret), 'the secret is told');
    assert.ok(answer.text.length < 16 * KiB, 'an echo without bound');
  });
survives('a large field is not sent back whole', async () => {
  for (const name of ['Signature', 'OSSAccessKeyId', 'x-oss-object-acl', 'x-oss-storage-class', 'policy']) {
    const answer = await bucket.post({ changed: { [name]: 'A'.repeat(MiB) } });
    assert.ok(answer.status >= 400);
    assert.ok(answer.text.length < 16 * KiB, `${name}: ${answer.text.length}`);
  }
});

// --- Callbacks ---

const callback = (configuration: object) =>
  Buffer.from(
    JSON.stringify({ callbackUrl: 'http://93.184.215.14/', callbackBody: 'a', ...configuration }),
  ).toString('base64');

for (const host of [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0',
  '10.0.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '168.63.129.16',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[fe80::1]',
  '[fd00::1]',
  '①②⑦.0.0.1',
  'localhost',
  'user@127.0.0.1',
  'example.com:22',
  'example.com:25',
  'example.com:6379',
  'example.com:0',
])
  refuses(
    `a callback to ${host}`,
    { fields: { callback: callback({ callbackUrl: `http://${host}/` }) } },
    '400 InvalidArgument',
  );
for (const url of [
  'file:///etc/passwd',
  'gopher://example.com/',
  'unix:/run/docker.sock',
  'http://',
  'http:///a',
  'http://a\r\nHost: b/',
])
  refuses(
    `a callback to ${JSON.stringify(url)}`,
    { fields: { callback: callback({ callbackUrl: url }) } },
    '400 InvalidArgument',
  );
for (const [input, value] of [
  ['no base64', '{"callbackUrl":"http://a/"}'],
  ['no JSON', Buffer.from('callbackUrl=a').toString('base64')],
  ['JSON that is no object', Buffer.from('[]').toString('base64')],
  ['JSON 10 000 deep', Buffer.from('['.repeat(3000)).toString('base64')],
  ['6 KB', callback({ callbackBody: 'a'.repeat(6 * KiB) })],
  ['six URLs', callback({ callbackUrl: Array(6).fill('http://93.184.215.14/').join(';') })],
  ['no body', callback({ callbackBody: undefined })],
  ['a body with an open variable', callback({ callbackBody: '${object' })],
  ['a body of a type that there is not', callback({ callbackBodyType: 'text/html' })],
  ['a host with a line end', callback({ callbackHost: 'a\r\nX: y' })],
  ['a host with a path', callback({ callbackHost: 'a/b' })],
  ['a body with a line end', callback({ callbackBody: 'a\r\nb' })],
] as const)
  refuses(`a callback that is ${input}`, { fields: { callback: value } }, '400 InvalidArgument');
refuses(
  'a line end in a variable of a callback',
  { fields: { callback: callback({}), 'x:a': 'b\r\nX: y' } },
  '400 InvalidArgument',
);
refuses(
  'too much in the variables of a callback',
  { fields: { callback: callback({}), 'x:a': 'b'.repeat(6 * KiB) } },
  '400 InvalidArgument',
);

const application: Application = await startApplication({
  '/ok': '{"ok":true}',
  '/html': '<script>alert(1)</script>',
  '/large': `"${'a'.repeat(10 * MiB)}"`,
  '/moved': (response) => void response.writeHead(302, { location: '/ok', 'content-length': '0' }).end(),
  '/cut': (response) => void response.destroy(),
});
after(() => application.close());
const calling = await openHostileTrials({ callbackAllowPrivate: true });
for (const path of ['/html', '/large', '/moved', '/cut', '/nowhere'])
  calling.survives(`a callback to an application that answers ${path}: the object stays`, async (into) => {
    const key = newKey();
    const fields = { key, callback: callback({ callbackUrl: `${application.url}${path}` }) };
    const answer = await into.post({ fields });
    assert.equal(`${answer.status} ${answer.code}`, '203 CallbackFailed');
    assert.equal((await into.get(key)).text, 'hello');
    assert.ok(!application.callbacks.some((call) => path === '/moved' && call.path === '/ok'));
  });
calling.survives('a name in a callback is a value, whatever it holds', async (into) => {
  const key = 'a"b\\c&d=e\r\nf</script>';
  for (const [callbackBodyType, callbackBody, read] of [
    ['application/json', '{"key":${object},"again":"${object}"}', JSON.parse],
    [
      'application/x-www-form-urlencoded',
      'key=${object}&again=${object}',
      (body: string) => Object.fromEntries(new URLSearchParams(body)),
    ],
  ] as const) {
    const callbackUrl = `${application.url}/ok`;
    const fields = { key, callback: callback({ callbackUrl, callbackBody, callbackBodyType }) };
    assert.equal((await into.post({ fields })).status, 200);
    assert.deepEqual(read(application.callbacks.at(-1)?.body ?? ''), { key, again: key });
  }
});

// --- CORS ---

survives('only the origins of a rule, never credentials, and caches told', async () => {
  const shared = await TrialBucket.create(target);
  const rule = (origins: string) =>
    `<CORSConfiguration><CORSRule>${origins}<AllowedMethod>POST</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>`;
  const preflight = (origin: string) =>
    shared.send({
      method: 'OPTIONS',
      path: '/',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  await shared.sendSigned({
    method: 'PUT',
    path: '/?cors',
    body: rule('<AllowedOrigin>https://*.example.com</AllowedOrigin>'),
  });
  for (const [origin, status] of [
    ['https://a.example.com', 200],
    ['null', 403],
    ['https://example.com', 403],
    ['http://a.example.com', 403],
    ['https://a.example.com.evil.com', 403],
    ['https://a.example.com:8443', 403],
    [Array(300).fill('https://a.example.org').join(' '), 403],
    ['*', 403],
  ] as const) {
    const { headers, ...answer } = await preflight(origin);
    assert.equal(answer.status, status, origin);
    assert.equal(headers['access-control-allow-origin'], status === 200 ? origin : undefined);
    assert.equal(headers['access-control-allow-credentials'], undefined);
    assert.equal(headers.vary, 'Origin');
  }

  await shared.sendSigned({ method: 'PUT', path: '/?cors', body: rule('<AllowedOrigin>*</AllowedOrigin>') });
  const { headers } = await preflight('null');
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.equal(headers['access-control-allow-credentials'], undefined);
  const posted = await shared.post({ headers: { origin: 'null' } });
  assert.equal(posted.headers['access-control-allow-credentials'], undefined);
});

// --- Request ids ---

survives('a request id is made here, and another one for every request', async () => {
  const ids = new Set<string>();
  for (let n = 0; n < 20; n++) {
    const { headers } = await bucket.post({ headers: { 'x-oss-request-id': 'F'.repeat(24) } });
    const id = headers['x-oss-request-id'] as string;
    assert.match(id, /^[0-9A-F]{24}$/);
    assert.notEqual(id, 'F'.repeat(24));
    ids.add(id);
  }
  assert.equal(ids.size, 20);
});

// --- Being stopped ---

test('an upload under way when the server is told to stop is finished', async () => {
  const server = await startServer({ port: 0, memory: true });
  const { answer, finish } = await beginForm(server);
  const closed = server.close(10_000);
  finish();
  assert.equal((await answer).status, 204);
  await closed;
});
test('an upload under way when the time to stop is over is cut off', async () => {
  const server = await startServer({ port: 0, memory: true });
  const { answer } = await beginForm(server);
  await server.close(50);
  await assert.rejects(answer);
});

/** The server has begun with the form, and waits for its second half. */
async function beginForm({ endpoint, credentials }: RunningServer) {
  const owner = { endpoint, ...credentials, isOurs: true, [Symbol.asyncDispose]: async () => {} };
  const into = await TrialBucket.create(owner);
  const { body, contentType } = writeForm(into.fields({}));
  const request = openRequest(owner, {
    method: 'POST',
    path: `/${into.name}/`,
    headers: { 'content-type': contentType, 'content-length': `${body.length}`, expect: '100-continue' },
  });
  await request.continued;
  await request.write(body.subarray(0, body.length / 2));
  return { answer: request.answer, finish: () => request.end(body.subarray(body.length / 2)) };
}

// --- Many at once ---

test('two hundred clients with the largest field each, none of whom ends', {
  skip: process.platform !== 'linux' && 'memory is measured by /proc',
}, async (t) => {
  await using server = await ServerProcess.start({ dataDir: makeDataDir(), bucket: 'many' });
  const into = { target: server, name: 'many' };
  const fieldBytes = 2 * MiB;
  const clients = 200;
  const before = server.residentBytes();
  const field = writeOpenParts([fieldPart('note', 'x'.repeat(fieldBytes))]);
  const head = `POST / HTTP/1.1\r\nHost: ${into.name}.localhost\r\nContent-Type: ${rawContentType}\r\nContent-Length: ${10 * MiB}\r\n\r\n`;
  const connections = await Promise.all(
    Array.from({ length: clients }, async () => {
      const connection = await RawConnection.open(server);
      await connection.write(head);
      await connection.write(field);
      return connection;
    }),
  );
  // Still served, and by the time it is, what was sent before has been read.
  const [read] = await exchangeRaw(
    server,
    `GET / HTTP/1.1\r\nHost: ${into.name}.localhost\r\nConnection: close\r\n\r\n`,
  );
  assert.equal(read?.status, 403);
  const growth = server.peakBytes() - before;
  t.diagnostic(`at most ${Math.round(growth / MiB)} MiB more`);
  assert.ok(growth < 2 * clients * fieldBytes, `${Math.round(growth / MiB)} MiB`);
  for (const connection of connections) connection.cut();
});
