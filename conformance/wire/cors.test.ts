// Cross-origin rules of a bucket as pages meet them (OSS API: PutBucketCors, OptionObject; "OSS CORS" errors): preflights, and the headers
// on the answers to forms. An error must be as readable as a success, so it carries them too.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Answer } from '../http.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, openTrials, TrialBucket, type TrialForm } from '../trial-bucket.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());

const page = 'https://app.example.com';
const stranger = 'https://stranger.example.net';

const { bucket, refuses } = await openTrials({ on: target });
const bare = await openTrials({ on: target });
const anyone = await TrialBucket.create(target);

/** One element for each entry; a list of elements for a list of values. */
type Rule = Readonly<Record<string, string | readonly string[]>>;

async function putRules(to: TrialBucket, rules: readonly Rule[], more = ''): Promise<void> {
  const body = rules.map((rule) => {
    const elements = Object.entries(rule).flatMap(([name, values]) =>
      [values].flat().map((value) => `<${name}>${value}</${name}>`),
    );
    return `<CORSRule>${elements.join('')}</CORSRule>`;
  });
  const document = `<CORSConfiguration>${body.join('')}${more}</CORSConfiguration>`;
  const answer = await to.sendSigned({ method: 'PUT', path: '/?cors', body: document });
  assert.equal(answer.status, 200, answer.text);
}

await putRules(bucket, [
  { AllowedOrigin: 'https://first.example.com', AllowedMethod: ['POST'], ExposeHeader: 'x-oss-first' },
  {
    AllowedOrigin: [page, 'http://*.example.org'],
    AllowedMethod: ['POST', 'PUT'],
    AllowedHeader: ['X-Requested-With', 'x-oss-*'],
    ExposeHeader: ['ETag', 'x-oss-request-id'],
    MaxAgeSeconds: '600',
  },
  {
    AllowedOrigin: ['https://first.example.com', 'https://last.example.com'],
    AllowedMethod: ['POST', 'GET'],
  },
]);
await putRules(anyone, [
  { AllowedOrigin: '*', AllowedMethod: ['POST'], AllowedHeader: '*', ExposeHeader: 'ETag' },
]);

// --- Preflights ---

interface Asking {
  readonly origin?: string;
  readonly method?: string;
  readonly headers?: string;
  readonly path?: string;
}

function ask({ origin, method, headers, path = '/' }: Asking, to = bucket): Promise<Answer> {
  return to.send({
    method: 'OPTIONS',
    path,
    headers: {
      ...(origin !== undefined && { origin }),
      ...(method !== undefined && { 'access-control-request-method': method }),
      ...(headers !== undefined && { 'access-control-request-headers': headers }),
    },
  });
}

const granted: [why: string, asking: Asking][] = [
  ['a form', { origin: page, method: 'POST' }],
  ['a form with a header', { origin: page, method: 'POST', headers: 'x-requested-with' }],
  ['headers in any case', { origin: page, method: 'POST', headers: 'X-REQUESTED-WITH, X-Oss-Meta-A' }],
  ['an object', { origin: page, method: 'PUT', path: '/dir/a.txt' }],
  ['an origin by its pattern', { origin: 'http://a.b.example.org', method: 'POST' }],
  ['a rule after one that does not match', { origin: 'https://first.example.com', method: 'GET' }],
];
for (const [why, asking] of granted) {
  test(`a preflight for ${why} is granted`, async () => {
    const { status, headers, text } = await ask(asking);
    assert.equal(`${status} ${text}`, '200 ');
    assert.equal(headers['access-control-allow-origin'], asking.origin);
    assert.ok(`${headers['access-control-allow-methods']}`.split(/, */).includes(asking.method as string));
    if (asking.headers)
      assert.equal(`${headers['access-control-allow-headers']}`.toLowerCase(), asking.headers.toLowerCase());
    assert.ok(headers['x-oss-request-id']);
    assert.equal(headers['access-control-allow-credentials'], undefined);
  });
}
test('a granted preflight tells what may be read, and for how long it holds', async () => {
  const { headers } = await ask({ origin: page, method: 'POST' });
  assert.equal(headers['access-control-expose-headers'], 'ETag, x-oss-request-id');
  assert.equal(headers['access-control-max-age'], '600');
});
test('a preflight under a rule for everyone', async () => {
  const { headers } = await ask({ origin: stranger, method: 'POST', headers: 'anything' }, anyone);
  assert.equal(headers['access-control-allow-origin'], '*');
});

const notAllowed = {
  Message:
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec.",
};
const denied: [why: string, asking: Asking][] = [
  ['another origin', { origin: stranger, method: 'POST' }],
  ['another scheme', { origin: page.replace('https', 'http'), method: 'POST' }],
  ['another port', { origin: `${page}:8443`, method: 'POST' }],
  ['an origin that only begins like a good one', { origin: `${page}.evil.net`, method: 'POST' }],
  ['the origin null', { origin: 'null', method: 'POST' }],
  ['another method', { origin: page, method: 'DELETE' }],
  ['a header that no rule names', { origin: page, method: 'POST', headers: 'x-other' }],
  ['one header among good ones', { origin: page, method: 'POST', headers: 'x-requested-with,x-other' }],
];
for (const [why, asking] of denied) {
  refuses(`a preflight from ${why}`, () => ask(asking), '403 AccessForbidden 0003-00000602', notAllowed);
}
bare.refuses(
  'a preflight to a bucket without rules',
  (to) => ask({ origin: page, method: 'POST' }, to),
  '403 AccessForbidden 0003-00000601',
  {
    Message: 'CORSResponse: CORS is not enabled for this bucket.',
  },
);
refuses('a preflight without Origin', () => ask({ method: 'POST' }), '400 BadRequest 0034-00000101', {
  Message: 'Insufficient information. Origin request header needed.',
});
refuses(
  'a preflight without Access-Control-Request-Method',
  () => ask({ origin: page }),
  '400 BadRequest 0034-00000102',
  {
    Message: 'Insufficient information. Request Access-Control-Request-Method header needed.',
  },
);

// --- Forms ---

const from = (origin: string, form: TrialForm = {}): TrialForm => ({
  ...form,
  headers: { ...form.headers, origin },
});

/** Every kind of answer. */
const answers: [why: string, status: number, form: TrialForm][] = [
  ['204', 204, {}],
  ['200', 200, { fields: { success_action_status: '200' } }],
  ['201', 201, { fields: { success_action_status: '201' } }],
  ['a redirect', 303, { fields: { success_action_redirect: 'https://example.com/' } }],
  ['a wrong signature', 403, { changed: { Signature: 'AAAA' } }],
  ['an unknown key', 403, { changed: { OSSAccessKeyId: 'nobody' } }],
  ['an unsigned form', 403, { signed: 'not' }],
  ['an expired policy', 403, { policy: { expiration: '2020-01-01T00:00:00Z' } }],
  ['a condition that fails', 403, { policy: { conditions: [{ key: 'other' }] } }],
  ['a policy that cannot be read', 400, { policy: { policy: 'x' } }],
  ['a form without its key', 400, { without: ['key'] }],
  ['a file that is too large', 400, { policy: { conditions: [['content-length-range', 0, 1]] } }],
  ['a wrong Content-MD5', 400, { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } }],
  ['a body that is no form', 400, { headers: { 'content-type': 'text/plain' } }],
  ['a callback that is refused', 400, { fields: { callback: 'x' } }],
];
for (const [why, status, form] of answers) {
  test(`a page of an allowed origin may read the answer: ${why}`, async () => {
    const answer = await bucket.post(from(page, form));
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers['access-control-allow-origin'], page);
    assert.equal(answer.headers['access-control-expose-headers'], 'ETag, x-oss-request-id');
    assert.match(`${answer.headers.vary}`, /\bOrigin\b/i);
    assert.equal(answer.headers['access-control-allow-credentials'], undefined);
  });
  test(`a page of another origin may not, and the form is treated the same: ${why}`, async () => {
    const answer = await bucket.post(from(stranger, form));
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
    assert.match(`${answer.headers.vary}`, /\bOrigin\b/i);
  });
}
test('a callback that fails: 203 can be read', async (t) => {
  if (!target.isOurs) return t.skip('needs a server started with callbackAllowPrivate');
  const closed = await openTarget();
  await closed[Symbol.asyncDispose]();
  await using own = await openTarget({ callbackAllowPrivate: true });
  const to = await TrialBucket.create(own);
  await putRules(to, [{ AllowedOrigin: page, AllowedMethod: 'POST' }]);
  const callback = Buffer.from(JSON.stringify({ callbackUrl: closed.endpoint, callbackBody: 'a' })).toString(
    'base64',
  );
  const answer = await to.post(from(page, { fields: { callback } }));
  checkRefusal(answer, '203 CallbackFailed');
  assert.equal(answer.headers['access-control-allow-origin'], page);
});
test('of two rules for an origin the first counts', async () => {
  const answer = await bucket.post(from('https://first.example.com'));
  assert.equal(answer.headers['access-control-expose-headers'], 'x-oss-first');
});
test('a rule for everyone answers with *', async () => {
  for (const form of [{}, { signed: 'not' } as const]) {
    const answer = await anyone.post(from(stranger, form));
    assert.equal(answer.headers['access-control-allow-origin'], '*');
  }
});
test('a form that no page sent has no CORS headers', async () => {
  const answer = await bucket.post();
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
});
test('a bucket without rules: the form is stored, no page may read the answer', async () => {
  const answer = await bare.bucket.post(from(page));
  assert.equal(answer.status, 204);
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
});
test('rules that are removed no longer count', async () => {
  const to = await TrialBucket.create(target);
  await putRules(to, [{ AllowedOrigin: page, AllowedMethod: 'POST' }]);
  assert.equal((await to.post(from(page))).headers['access-control-allow-origin'], page);
  assert.equal((await to.sendSigned({ method: 'DELETE', path: '/?cors' })).status, 204);
  assert.equal((await to.post(from(page))).headers['access-control-allow-origin'], undefined);
});
test('ResponseVary: every answer says Vary, even to no page', async () => {
  const to = await TrialBucket.create(target);
  await putRules(to, [{ AllowedOrigin: page, AllowedMethod: 'POST' }], '<ResponseVary>true</ResponseVary>');
  assert.match(`${(await to.post()).headers.vary}`, /\bOrigin\b/i);
});
