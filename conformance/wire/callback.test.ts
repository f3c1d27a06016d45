// Upload callbacks of forms (PostObject reference, "callback"; OSS API: Callback; "Upload callback" errors): what the application is
// sent and how it is signed, what the uploader gets, and configurations that are refused before anything is stored.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after } from 'node:test';
import { verifyCallback } from '@postern/server';
import { type Application, type Callback, type Response, startApplication } from '../application.ts';
import type { Answer } from '../http.ts';
import type { Fields } from '../post-form.ts';
import { checkRefusal, newKey, openTrials, type TrialForm } from '../trial-bucket.ts';

const { accepts, refuses, test, bucket, target } = await openTrials({ callbackAllowPrivate: true });
const guarded = await openTrials();

const json = (status: number, body: string, headers: Record<string, string> = {}): Response => {
  const length = { 'content-length': `${Buffer.byteLength(body)}` };
  return (response) => response.writeHead(status, { ...length, ...headers }).end(body);
};
const application: Application = await startApplication({
  '/ok': '{"Status":"OK"}',
  '/%E5%BC%A0%20x': '{"Status":"OK"}',
  '/number': '1',
  '/xml': json(200, '<Status>OK</Status>', { 'content-type': 'application/xml' }),
  '/html': json(200, '{"a":1}', { 'content-type': 'text/html' }),
  '/created': json(201, '{}'),
  '/empty': json(204, ''),
  '/moved': json(302, '{}', { location: '/ok' }),
  '/bad-request': json(400, '{}'),
  '/broken': json(502, '{}'),
  '/text': json(200, 'thanks'),
  '/no-body': json(200, ''),
  '/bom': json(200, '\ufeff{}'),
  '/chunked': (response) => {
    response.writeHead(200);
    response.write('{}');
    response.end();
  },
  '/long': json(200, `"${'x'.repeat(1024 * 1024 - 1)}"`),
  '/longest': json(200, `"${'x'.repeat(1024 * 1024 - 2)}"`),
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    setImmediate(() => response.destroy());
  },
  '/silent': () => {},
});
after(() => application.close());

// --- The notation ---

type Configuration = Readonly<Record<string, unknown>>;

const encode = (configuration: unknown) => Buffer.from(JSON.stringify(configuration)).toString('base64');
const to = (path: string) => `${application.url}${path}`;

/** A form whose callback goes to the application, with this changed. */
function calling(configuration: Configuration, fields: Fields = {}, more: TrialForm = {}): TrialForm {
  const right = { callbackUrl: to('/ok'), callbackBody: 'key=${object}' };
  return { ...more, fields: { ...fields, callback: encode({ ...right, ...configuration }) } };
}

/** Posts, and returns the one callback that came of it. */
async function post(form: TrialForm): Promise<{ answer: Answer; callback: Callback }> {
  const before = application.callbacks.length;
  const answer = await bucket.post(form);
  assert.equal(application.callbacks.length, before + 1, answer.text);
  return { answer, callback: application.callbacks.at(-1) as Callback };
}

// --- What the uploader gets ---

accepts('the answer of the application', calling({}), {
  status: 200,
  replies: {
    'content-type': 'application/json',
    etag: '"5D41402ABC4B2A76B9719D911017C592"',
    'content-length': '15',
  },
});
test('the answer of the application, letter by letter', async () => {
  assert.equal((await bucket.post(calling({}))).text, '{"Status":"OK"}');
});
accepts('any JSON', calling({ callbackUrl: to('/number') }), { status: 200 });
accepts('XML, when it says so', calling({ callbackUrl: to('/xml') }), {
  status: 200,
  replies: { 'content-type': 'application/xml' },
});
accepts('JSON under another type goes out as JSON', calling({ callbackUrl: to('/html') }), {
  status: 200,
  replies: { 'content-type': 'application/json' },
});
accepts('an answer of 1 MB', calling({ callbackUrl: to('/longest') }), { status: 200 });
accepts('success_action_status does not count', calling({}, { success_action_status: '201' }), {
  status: 200,
});
accepts('a redirect does not count', calling({}, { success_action_redirect: 'http://example.com/' }), {
  status: 200,
  replies: { location: undefined },
});

// --- A callback that fails: 203, and the object stays ---

/** Path, message, and EC where one is documented. */
const failures: [path: string, message: string | RegExp, ec?: string][] = [
  ['/created', 'Error status : 201.', '0007-00000203'],
  ['/empty', 'Error status : 204.', '0007-00000203'],
  ['/moved', 'Error status : 302.', '0007-00000203'],
  ['/bad-request', 'Error status : 400.', '0007-00000203'],
  ['/nowhere', 'Error status : 404.', '0007-00000203'],
  ['/broken', 'Error status : 502.', '0007-00000203'],
  ['/text', 'Response body is not valid json format.', '0007-00000205'],
  ['/no-body', 'Response body is not valid json format.', '0007-00000205'],
  ['/bom', 'Response body is not valid json format.', '0007-00000205'],
  ['/chunked', /content-length/],
  ['/long', /too long content-length value/],
  ['/cut', 'Error status : -1. OSS can not connect to your callbackUrl, please check it.', '0007-00000203'],
  ['/silent', /^Error status : -1 127\.0\.0\.1:\d+ reply timeout, cost: \d+ MS, timeout: 5000 MS/],
];
for (const [path, message, ec] of failures) {
  test(`${path} fails: ${message}`, async () =>
    checkFailure(calling({ callbackUrl: to(path) }), message, ec));
}
test('nobody listens', async () => {
  const closed = await startApplication({});
  await closed.close();
  const message = 'Error status : -1. OSS can not connect to your callbackUrl, please check it.';
  await checkFailure(calling({ callbackUrl: closed.url }), message, '0007-00000203');
});

async function checkFailure(form: TrialForm, message: string | RegExp, ec?: string): Promise<void> {
  const fields = bucket.fields(form);
  const answer = await bucket.postFields(fields);
  checkRefusal(answer, ec === undefined ? '203 CallbackFailed' : `203 CallbackFailed ${ec}`);
  if (typeof message === 'string') assert.equal(answer.element('Message'), message);
  else assert.match(answer.element('Message') ?? '', message);
  assert.equal((await bucket.get(fields.key as string)).text, 'hello');
}

// --- What the application is sent ---

test('the request line and headers of a callback', async () => {
  const { answer, callback } = await post(calling({ callbackUrl: to('/ok?a=b&c') }));
  assert.equal(`${callback.method} ${callback.path} HTTP/${callback.httpVersion}`, 'POST /ok?a=b&c HTTP/1.1');
  const { authorization, date, 'x-oss-pub-key-url': keyUrl, ...headers } = callback.headers;
  assert.deepEqual(headers, {
    host: new URL(application.url).host,
    connection: 'close',
    'content-length': `${callback.body.length}`,
    'content-md5': createHash('md5').update(callback.body).digest('base64'),
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'aliyun-oss-callback',
    'x-oss-bucket': bucket.name,
    'x-oss-request-id': answer.headers['x-oss-request-id'],
    'x-oss-requester': target.accessKeyId,
    'x-oss-signature-version': '1.0',
    'x-oss-tag': 'CALLBACK',
  });
  assert.ok(authorization);
  assert.ok(keyUrl);
  assert.ok(!Number.isNaN(Date.parse(date as string)));
});

/** As an application does: the public key from where the callback says, the signature over what came in. */
async function verify({ headers, path, body }: Callback): Promise<boolean> {
  const keyUrl = Buffer.from(headers['x-oss-pub-key-url'] as string, 'base64').toString();
  assert.ok(keyUrl.startsWith(`${target.endpoint}/`), keyUrl);
  const publicKeyPem = await (await fetch(keyUrl)).text();
  const [rawPath = '', query] = path.split('?');
  return verifyCallback({
    publicKeyPem,
    authorization: headers.authorization as string,
    path: rawPath,
    query: query === undefined ? '' : `?${query}`,
    body,
  });
}

for (const path of ['/ok', '/ok?a=b', '/ok?', '/%E5%BC%A0%20x?%20=%E5']) {
  test(`the signature of a callback to ${path}`, async () => {
    const { callback } = await post(calling({ callbackUrl: to(path) }));
    assert.equal(await verify(callback), true);
    assert.equal(await verify({ ...callback, body: `${callback.body}&role=admin` }), false);
    assert.equal(await verify({ ...callback, path: '/other' }), false);
  });
}
test('the Host header is the one configured', async () => {
  const { callback } = await post(calling({ callbackHost: 'app.example.com' }));
  assert.equal(callback.headers.host, 'app.example.com');
});
test('a URL without a scheme', async () => {
  const { callback } = await post(calling({ callbackUrl: to('/ok').replace('http://', '') }));
  assert.equal(callback.path, '/ok');
});
test('of several URLs the first that answers well', async () => {
  const before = application.callbacks.length;
  const callbackUrl = [to('/broken'), to('/text'), to('/ok'), to('/number')].join(';');
  const answer = await bucket.post(calling({ callbackUrl }));
  assert.equal(answer.text, '{"Status":"OK"}');
  const paths = application.callbacks.slice(before).map(({ path }) => path);
  assert.deepEqual(paths, ['/broken', '/text', '/ok']);
});
test('of several URLs that fail the last is told', async () => {
  const answer = await bucket.post(calling({ callbackUrl: `${to('/broken')};${to('/text')}` }));
  assert.equal(answer.element('Message'), 'Response body is not valid json format.');
});
test('the object can be read when the application is told of it', async () => {
  const key = newKey();
  let status = 0;
  application.onCallback = async () => {
    status = (await bucket.get(key)).status;
  };
  try {
    await post(calling({}, { key }));
  } finally {
    application.onCallback = async () => {};
  }
  assert.equal(status, 200);
});
test('a form that is refused calls nobody', async () => {
  const before = application.callbacks.length;
  assert.equal((await bucket.post(calling({}, {}, { changed: { Signature: 'AAAA' } }))).status, 403);
  assert.equal(
    (await bucket.post(calling({}, {}, { policy: { conditions: [['content-length-range', 0, 1]] } }))).status,
    400,
  );
  assert.equal(application.callbacks.length, before);
});
test('a callback in a header is not one of a form', async () => {
  const before = application.callbacks.length;
  const header = encode({ callbackUrl: to('/ok'), callbackBody: 'a' });
  assert.equal((await bucket.post({ headers: { 'x-oss-callback': header } })).status, 204);
  assert.equal(application.callbacks.length, before);
});

// --- The body ---

const form = 'application/x-www-form-urlencoded';
const asJson = 'application/json';
/** Template, its type, and what is sent; `<…>` stands for what only the server knows. */
const templates: [template: string, type: string, body: string][] = [
  ['bucket=${bucket}&object=${object}', form, 'bucket=<bucket>&object=dir%2Fa%20b%26c.txt'],
  ['${etag} ${size} ${mimeType}', form, '7AC66C0F148DE9519B8BD264312C4D64 7 text%2Fplain'],
  ['${crc64} ${contentMd5}', form, '17014779337585528422 esZsDxSN6VGbi9JkMSxNZA%3D%3D'],
  ['${reqId} ${clientIp} ${operation}', form, '<request id> 127.0.0.1 PostObject'],
  ['${imageInfo.height}|${imageInfo.width}|${imageInfo.format}|${vpcId}', form, '|||'],
  ['${x:user}|${x:city}', form, 'ann%20b|%E6%9D%AD%E5%B7%9E'],
  ['${x:unknown}|${unknown}|${Bucket}', form, '||'],
  ['no variable at all', form, 'no variable at all'],
  ['$bucket $(bucket) {bucket}', form, '$bucket $(bucket) {bucket}'],
  ['${object}${object}', form, 'dir%2Fa%20b%26c.txtdir%2Fa%20b%26c.txt'],
  ['{"bucket":${bucket},"size":${size}}', asJson, '{"bucket":"<bucket>","size":7}'],
  ['{"object":${object},"user":${x:user}}', asJson, '{"object":"dir/a b&c.txt","user":"ann b"}'],
  ['{"object":"${object}","size":"${size}"}', asJson, '{"object":"dir/a b&c.txt","size":"7"}'],
  ['{"none":${x:unknown}}', asJson, '{"none":""}'],
];
for (const [template, callbackBodyType, expected] of templates) {
  test(`${callbackBodyType}: ${template}`, async () => {
    const fields = { key: 'dir/a b&c.txt', 'x:user': 'ann b', 'x:city': '杭州' };
    const file = { contentType: 'text/plain', content: 'abcdefg' };
    const { answer, callback } = await post(
      calling({ callbackBody: template, callbackBodyType }, fields, { file }),
    );
    const filled = expected
      .replace('<bucket>', bucket.name)
      .replace('<request id>', answer.headers['x-oss-request-id'] as string);
    assert.equal(callback.body, filled);
    assert.equal(callback.headers['content-type'], callbackBodyType);
  });
}
test('a JSON body stays JSON whatever the file is called', async () => {
  const fileName = 'a"\\,"admin":true,"b":"\u2028.txt';
  const { callback } = await post({
    ...calling(
      { callbackBody: '{"a":${object},"b":"${object}"}', callbackBodyType: asJson },
      { key: '${filename}' },
    ),
    file: { fileName: fileName.replaceAll('\\', '') },
  });
  const key = fileName.replaceAll('\\', '');
  assert.deepEqual(JSON.parse(callback.body), { a: key, b: key });
});
test('the object of a callback is the expanded key', async () => {
  const { callback } = await post({
    ...calling({}, { key: 'dir/${filename}' }),
    file: { fileName: 'b.txt' },
  });
  assert.equal(callback.body, 'key=dir%2Fb.txt');
});
test('the default body type is that of forms', async () => {
  assert.equal((await post(calling({}))).callback.headers['content-type'], form);
});

// --- Pinned by the policy, or not ---

const pinned = calling({});
const callbackField = pinned.fields?.callback as string;
accepts(
  'a callback that the policy names',
  { ...pinned, policy: { conditions: [{ callback: callbackField }] } },
  { status: 200 },
);
refuses(
  'another callback than the policy names',
  { ...calling({ callbackBody: 'other' }), policy: { conditions: [{ callback: callbackField }] } },
  '403 AccessDenied 0006-00000227',
);
accepts(
  'a callback that the policy does not name is not verified',
  { ...pinned, policy: { conditions: [['content-length-range', 0, 10]] } },
  { status: 200 },
);

// --- None ---

accepts('an empty field', { fields: { callback: '' } });
accepts('an empty callbackUrl', calling({ callbackUrl: '' }));

// --- Configurations that are refused ---

const argument = '400 InvalidArgument';
const refusedFields: [why: string, callback: string, message: string, ec?: string][] = [
  [
    'JSON that is not encoded',
    '{"callbackUrl":"a"}',
    'The callback configuration is not base64 encoded.',
    '0007-00000002',
  ],
  [
    'base64 of no JSON',
    Buffer.from('url=a').toString('base64'),
    'The callback configuration is not json format.',
    '0007-00000003',
  ],
  ['base64 of a list', encode([]), 'The callback configuration is not json format.', '0007-00000003'],
  [
    'more than 5 KB',
    encode({ callbackUrl: to('/ok'), callbackBody: 'x'.repeat(4000) }),
    'The length of callback exceed max value.',
  ],
];
for (const [why, callback, message, ec] of refusedFields) {
  refuses(why, { fields: { callback } }, ec === undefined ? argument : `400 InvalidArgument ${ec}`, {
    Message: message,
    ArgumentName: 'callback',
  });
}

const badUrl = 'The callback url configuration is invalid.';
const badType = 'The callback body type configuration is invalid.';
const refusedConfigurations: [why: string, change: Configuration, message: string, ec?: string][] = [
  ['no callbackUrl', { callbackUrl: undefined }, badUrl, '0007-00000004'],
  ['a callbackUrl that is no text', { callbackUrl: 1 }, badUrl, '0007-00000004'],
  ['a callbackUrl with a bad port', { callbackUrl: 'http://example.com:99999/' }, badUrl, '0007-00000004'],
  ['a callbackUrl of another scheme', { callbackUrl: 'ftp://example.com/' }, badUrl, '0007-00000004'],
  [
    'six URLs',
    { callbackUrl: Array(6).fill(to('/ok')).join(';') },
    'The number of callback url exceed max value.',
  ],
  ['a bad callbackHost', { callbackHost: 'a b' }, 'The callback host configuration is invalid.'],
  ['no callbackBody', { callbackBody: undefined }, 'The callback body is empty.'],
  ['an empty callbackBody', { callbackBody: '' }, 'The callback body is empty.'],
  ['a callbackBody that is no text', { callbackBody: {} }, 'The callback body is invalid.'],
  ['a callbackBody with an open variable', { callbackBody: '${object' }, 'The callback body is invalid.'],
  ['an unknown callbackBodyType', { callbackBodyType: 'text/plain' }, badType, '0007-00000012'],
  ['a host without an address', { callbackUrl: 'http://nowhere.invalid/' }, 'Can not get ip by this host.'],
];
for (const [why, change, message, ec] of refusedConfigurations) {
  refuses(why, calling(change), ec === undefined ? argument : `400 InvalidArgument ${ec}`, {
    Message: message,
  });
}
accepts('five URLs', calling({ callbackUrl: Array(5).fill(to('/ok')).join(';') }), { status: 200 });
test('a configuration that is refused is told back decoded', async () => {
  const answer = await bucket.post(calling({ callbackBody: '' }));
  const told = JSON.parse(answer.element('ArgumentValue') as string);
  assert.deepEqual(told, { callbackUrl: to('/ok'), callbackBody: '' });
});

// --- Private addresses ---

const isPrivate = 'Private address is forbidden to callback.';
for (const host of [
  '127.0.0.1',
  '10.0.0.1',
  '192.168.1.1',
  '172.16.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '0.0.0.0',
  '[::1]',
  '[fd00::1]',
  '2130706433',
  '0x7f.1',
  '127.1',
  'localhost',
]) {
  guarded.refuses(`a callback to ${host}`, calling({ callbackUrl: `http://${host}:8080/` }), argument, {
    Message: isPrivate,
  });
}
