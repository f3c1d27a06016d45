// Signing: the published signatures, what a form holds and its policy demands, and every option that cannot be right.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import {
  type Condition,
  checkPolicy,
  formatCondition,
  PostFields,
  parsePolicy,
  parsePostSignature,
  postControlFields,
  verifyPostSignature,
} from '@postern/protocol';
import fc from 'fast-check';
import {
  callbackFields,
  createAliyunForm,
  createPolicy,
  createPostForm,
  csp,
  equals,
  nobleHashes,
  noneOf,
  oneOf,
  type PolicyOptions,
  type PostFormOptions,
  parseDuration,
  readFormPolicy,
  type SignedForm,
  sizeBetween,
  startsWith,
  writeBucketUrl,
  writePolicy,
} from '../src/sign/index.ts';
import { createSigner } from '../src/sign/sign-policy.ts';

const credentials = { accessKeyId: 'LTAIEXAMPLEKEYID', accessKeySecret: 'ExampleAccessKeySecret0123456789' };
const nowMs = Date.UTC(2030, 0, 1, 11);
const base = {
  endpoint: 'oss-cn-hangzhou.aliyuncs.com',
  bucket: 'examplebucket',
  credentials,
  nowMs,
} as const;
const upload = { ...base, keyPrefix: 'user/eric/', expiresIn: '1h', maxBytes: 1_048_576 } as const;

/** The same options with others, right or wrong, in their place. */
function form(options: Record<string, unknown> = {}): SignedForm {
  return createPostForm({ ...upload, ...options } as PostFormOptions);
}

function conditionsOf({ fields }: SignedForm): string[] {
  return parsePolicy(fields.policy ?? '').conditions.map(formatCondition);
}

// --- Published signatures ---

const v1Policy =
  '{"expiration":"2030-01-01T12:00:00.000Z","conditions":[{"bucket":"examplebucket"},["starts-with","$key","user/eric/"],["content-length-range",0,1048576]]}';
const v4Policy =
  '{"expiration":"2030-01-01T12:00:00.000Z","conditions":[{"bucket":"examplebucket"},{"x-oss-signature-version":"OSS4-HMAC-SHA256"},{"x-oss-credential":"LTAIEXAMPLEKEYID/20300101/cn-hangzhou/oss/aliyun_v4_request"},{"x-oss-date":"20300101T110000Z"},["starts-with","$key","user/eric/"],["content-length-range",0,1048576]]}';
const java = { accessKeyId: 'A'.repeat(16), accessKeySecret: 'B'.repeat(30) };
const guide = { accessKeyId: 'tphpxp', accessKeySecret: 'ZQNJzf4QJRkrH4' };

const V1_SIGNATURES: [keys: typeof credentials, policyJson: string, signature: string][] = [
  [credentials, v1Policy, 'PS1SPrvi9FuytrgwitcHolnNyGk='],
  [
    java,
    '{"expiration":"2020-03-19T03:44:06.476Z","conditions":[{"bucket":"gen-post-policy"},["eq","$key","user\\/eric\\/\\\\${filename}"],["starts-with","$key","user\\/eric"],["starts-with","$x-oss-meta-tag","dummy_etag"],["content-length-range",1,1024]]}',
    '9fs2TRS2W2k5hV8mLsvqZBnlC2M=',
  ],
  [
    guide,
    '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range", 0, 104857600]]}',
    '5sZl5PchYOkbgFL7VfPMtEKBhaQ=',
  ],
  [
    guide,
    '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range", 0, 1048576]]}',
    'UbkfxS01Tj08Eu8Ueg1aFbIPyU0=',
  ],
];
for (const [keys, policyJson, signature] of V1_SIGNATURES) {
  test(`V1 signature ${signature}`, () => {
    const fields = createSigner(keys, {}, nowMs).sign(policyJson);
    assert.deepEqual(fields, {
      OSSAccessKeyId: keys.accessKeyId,
      policy: Buffer.from(policyJson).toString('base64'),
      Signature: signature,
    });
  });
}

test('V4 signature of the worked example, with oss- before the region or without', () => {
  for (const region of ['cn-hangzhou', 'oss-cn-hangzhou']) {
    const signer = createSigner(credentials, { signatureVersion: 'v4', region }, nowMs);
    assert.deepEqual(signer.sign(v4Policy), {
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-credential': 'LTAIEXAMPLEKEYID/20300101/cn-hangzhou/oss/aliyun_v4_request',
      'x-oss-date': '20300101T110000Z',
      policy: Buffer.from(v4Policy).toString('base64'),
      'x-oss-signature': 'e774e4dfa9363a25d7f778e33b95c209bff6b6074f9034ee8db5269fd7546605',
    });
  }
});

test('the hashes agree with those of Node', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(bytes, bytes, (key, data) => {
      const same = (ours: Uint8Array, theirs: Buffer) => assert.equal(Buffer.from(ours).compare(theirs), 0);
      same(nobleHashes.hmacSha1(key, data), createHmac('sha1', key).update(data).digest());
      same(nobleHashes.hmacSha256(key, data), createHmac('sha256', key).update(data).digest());
      same(nobleHashes.sha256(data), createHash('sha256').update(data).digest());
      assert.equal(nobleHashes.equal(key, data), Buffer.compare(key, data) === 0);
      assert.ok(nobleHashes.equal(key, Uint8Array.from(key)));
    }),
    { numRuns: 50 },
  );
});

// --- Policies ---

const policyOptions = { bucket: 'examplebucket', key: 'a.txt', expiresIn: '10m', nowMs } as const;
function policyOf(options: Record<string, unknown>): string[] {
  return createPolicy({ ...policyOptions, ...options } as PolicyOptions).conditions.map(formatCondition);
}

const POLICIES: [title: string, options: Record<string, unknown>, conditions: string[]][] = [
  ['a fixed key', {}, ['["eq", "$key", "a.txt"]', '["content-length-range", 1, 5368709120]']],
  [
    'a key with a placeholder',
    { key: 'up/${filename}' },
    ['["starts-with", "$key", "up/"]', '["content-length-range", 1, 5368709120]'],
  ],
  [
    'a prefix',
    { key: undefined, keyPrefix: 'up/' },
    ['["starts-with", "$key", "up/"]', '["content-length-range", 1, 5368709120]'],
  ],
  ['sizes', { minBytes: 0, maxBytes: 10 }, ['["eq", "$key", "a.txt"]', '["content-length-range", 0, 10]']],
  [
    'types',
    { contentTypes: ['image/png', 'image/jpeg'] },
    [
      '["eq", "$key", "a.txt"]',
      '["in", "$content-type", ["image/png", "image/jpeg"]]',
      '["content-length-range", 1, 5368709120]',
    ],
  ],
  [
    'a family of types',
    { contentTypes: ['image/*'] },
    [
      '["eq", "$key", "a.txt"]',
      '["starts-with", "$content-type", "image/"]',
      '["content-length-range", 1, 5368709120]',
    ],
  ],
  [
    'every kind of condition',
    {
      conditions: [
        equals('x-oss-object-acl', 'private'),
        startsWith('x-oss-meta-a', ''),
        oneOf('success_action_status', ['200', '201']),
        noneOf('cache-control', ['no-cache']),
        sizeBetween(5, 9),
      ],
    },
    [
      '["eq", "$x-oss-object-acl", "private"]',
      '["starts-with", "$x-oss-meta-a", ""]',
      '["in", "$success_action_status", ["200", "201"]]',
      '["not-in", "$cache-control", ["no-cache"]]',
      '["content-length-range", 5, 9]',
      '["eq", "$key", "a.txt"]',
      '["content-length-range", 1, 5368709120]',
    ],
  ],
];
for (const [title, options, conditions] of POLICIES) {
  test(`policy: ${title}`, () => {
    assert.deepEqual(policyOf(options), ['["eq", "$bucket", "examplebucket"]', ...conditions]);
  });
}

test('policy: three ways to say until when', () => {
  const at = nowMs + 600_000;
  for (const expiry of [{ expiresIn: '10m' }, { expiresInSeconds: 600 }, { expiresAtMs: at }]) {
    const policy = createPolicy({
      ...policyOptions,
      expiresIn: undefined,
      ...expiry,
    } as unknown as PolicyOptions);
    assert.equal(policy.expiresAtMs, at);
    assert.equal(policy.expiration, '2030-01-01T11:10:00.000Z');
  }
});

test('policy: cannot be changed', () => {
  const policy = createPolicy({ ...policyOptions, contentTypes: ['image/png'] });
  assert.throws(() => (policy.conditions as Condition[]).push(equals('a', 'b')), TypeError);
  assert.throws(
    () => ((policy.conditions[2] as unknown as { values: string[] }).values as string[]).push('text/html'),
    TypeError,
  );
});

test('policy: whatever text goes in comes back from the reader of storage', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(text, { minLength: 1, maxLength: 4 }), (value, values) => {
      const conditions = [equals('x-oss-meta-a', value), oneOf('x-oss-meta-b', values)];
      const policy = createPolicy({ ...policyOptions, conditions });
      assert.deepEqual(parsePolicy(Buffer.from(writePolicy(policy)).toString('base64')), policy);
    }),
    { numRuns: 100 },
  );
});

const REFUSED_POLICIES: [options: Record<string, unknown>, message: RegExp][] = [
  [{ bucket: 'No' }, /not a bucket name: "No"/],
  [{ bucket: undefined }, /not a bucket name/],
  [{ expiresIn: undefined }, /until when/],
  [{ expiresInSeconds: 5 }, /in one way/],
  [{ expiresIn: '10' }, /not a duration: "10"/],
  [{ expiresIn: undefined, expiresInSeconds: Number.NaN }, /not a time to expire at/],
  [{ expiresIn: undefined, expiresInSeconds: '600s' }, /not a time to expire at/],
  [{ expiresIn: undefined, expiresAtMs: nowMs }, /would have expired already/],
  [{ expiresIn: undefined, expiresAtMs: 1e15 }, /not a time to expire at/],
  [{ key: '/a' }, /key "\/a" makes no object name/],
  [{ key: '' }, /makes no object name/],
  [{ key: undefined }, /key must be text/],
  [{ key: undefined, keyPrefix: '\\' }, /keyPrefix "\\\\" makes no object name/],
  [{ key: 'a'.repeat(1024) }, /makes no object name/],
  [{ minBytes: -1 }, /minBytes must be a whole number/],
  [{ maxBytes: 1.5 }, /maxBytes must be a whole number/],
  [{ maxBytes: '10MB' }, /maxBytes must be a whole number/],
  [{ maxBytes: 5 * 1024 ** 3 + 1 }, /5 GB/],
  [{ minBytes: 10, maxBytes: 9 }, /minBytes \(10\) is more than maxBytes \(9\)/],
  [{ contentTypes: [] }, /at least one/],
  [{ contentTypes: ['png'] }, /not a media type: "png"/],
  [{ contentTypes: ['image/*', 'text/plain'] }, /either one family of types/],
  [{ conditions: [{ kind: 'like', field: 'key', value: 'a' }] }, /not a condition/],
  [{ conditions: [{ kind: 'eq', field: '$key', value: 'a' }] }, /without "\$"/],
  [{ conditions: [{ kind: 'eq', field: 'key', value: 5 }] }, /needs text, not 5/],
  [{ conditions: [{ kind: 'eq', field: 'key', value: '\ud800' }] }, /needs text/],
  [{ conditions: Array.from({ length: 300 }, () => equals('a', 'b')) }, /over 256 conditions/],
];
for (const [options, message] of REFUSED_POLICIES) {
  test(`policy: refused: ${message.source}`, () => {
    assert.throws(() => policyOf(options), { name: 'TypeError', message });
  });
}

// --- Forms ---

test('a form in V1: what it sends and what its policy says of it', () => {
  const made = form();
  assert.deepEqual(
    { ...made, fields: { ...made.fields, policy: '…', Signature: '…' } },
    {
      url: 'https://examplebucket.oss-cn-hangzhou.aliyuncs.com/',
      fields: {
        OSSAccessKeyId: 'LTAIEXAMPLEKEYID',
        policy: '…',
        Signature: '…',
        key: 'user/eric/${filename}',
        success_action_status: '201',
        'x-oss-forbid-overwrite': 'true',
      },
      expires: '2030-01-01T12:00:00.000Z',
      expiresAtMs: nowMs + 3_600_000,
      limits: { minBytes: 1, maxBytes: 1_048_576, keyPrefix: 'user/eric/' },
    },
  );
  assert.deepEqual(conditionsOf(made), [
    '["eq", "$bucket", "examplebucket"]',
    '["eq", "$success_action_status", "201"]',
    '["eq", "$x-oss-forbid-overwrite", "true"]',
    '["starts-with", "$key", "user/eric/"]',
    '["content-length-range", 1, 1048576]',
  ]);
  assert.equal(readFormPolicy(made)?.policy.expiration, '2030-01-01T12:00:00.000Z');
});

const FORMS: [title: string, options: Record<string, unknown>][] = [
  ['V1', {}],
  ['V1 with a token', { credentials: { ...credentials, accessKeyId: 'STS.A', securityToken: 'T' } }],
  ['V4', { signatureVersion: 'v4', region: 'cn-hangzhou' }],
  [
    'V4 with a token',
    { signatureVersion: 'v4', region: 'cn-hangzhou', credentials: { ...credentials, securityToken: 'T' } },
  ],
  [
    'with every option',
    {
      keyPrefix: undefined,
      key: 'a/b.txt',
      contentType: 'text/plain',
      successActionStatus: 204,
      successActionRedirect: 'https://site.example/done?a=1',
      callback: { url: 'https://site.example/cb', variables: { user: '42' } },
      fields: { 'x-oss-object-acl': 'private', 'x-oss-meta-by': '我' },
    },
  ],
  ['that may overwrite', { overwrite: true, successActionStatus: 'any' }],
];
for (const [title, options] of FORMS) {
  test(`storage takes a form ${title}, and its policy names every field but the name of the file`, () => {
    const made = form(options);
    const fields = new PostFields(Object.entries(made.fields).map(([name, value]) => ({ name, value })));
    const signature = parsePostSignature(fields);
    assert.ok(signature && verifyPostSignature(nobleHashes, credentials.accessKeySecret, signature));
    const policy = parsePolicy(signature.policy);
    const postForm = { fields, file: { fileName: 'b.txt', contentType: 'text/plain' } };
    const controlFields = [...postControlFields(signature), ...[...fields].map(({ name }) => name)].filter(
      (name) => !['OSSAccessKeyId', 'policy', 'Signature'].includes(name),
    );
    checkPolicy(policy, { bucket: 'examplebucket', form: postForm, nowMs, controlFields });
    assert.ok(!JSON.stringify(made).includes(credentials.accessKeySecret));
  });
}

test('a redirect may be sent as it is or empty, and nothing else', () => {
  const made = form({ successActionRedirect: 'https://site.example/done' });
  assert.equal(made.fields.success_action_redirect, 'https://site.example/done');
  assert.ok(
    conditionsOf(made).includes('["in", "$success_action_redirect", ["", "https://site.example/done"]]'),
  );
  assert.ok(
    conditionsOf(form({ successActionRedirect: '' })).includes('["eq", "$success_action_redirect", ""]'),
  );
});

test('the stored type is forced by the one field that outranks the type of the file', () => {
  const made = form({ contentType: 'application/pdf' });
  assert.equal(made.fields['x-oss-content-type'], 'application/pdf');
  assert.deepEqual(made.limits?.contentTypes, ['application/pdf']);
});

const REFUSED_FORMS: [options: Record<string, unknown>, message: RegExp][] = [
  [{ endpoint: 'a/b' }, /not an endpoint/],
  [{ endpoint: undefined, url: 'ftp://a' }, /not an address to post a form to/],
  [{ credentials: { accessKeyId: 'a' } }, /credentials.accessKeySecret is missing/],
  [{ credentials: { accessKeyId: '', accessKeySecret: 's' } }, /credentials.accessKeyId is missing/],
  [{ credentials: { accessKeyId: 'a', accessKeySecret: 's\n' } }, /white space/],
  [{ credentials: { accessKeyId: 'STS.a', accessKeySecret: 's' } }, /securityToken is missing/],
  [{ signatureVersion: 'v2' }, /must be "v1" or "v4", not "v2"/],
  [{ signatureVersion: 'v4' }, /needs a region/],
  [{ region: 'cn-hangzhou' }, /signatureVersion "v4" only/],
  [{ signatureVersion: 'v4', region: 'cn-hangzhou', expiresIn: '8d' }, /7 days at most/],
  [{ successActionStatus: 202 }, /must be 200, 201, 204 or "any", not 202/],
  [{ successActionRedirect: '/done' }, /full http or https address/],
  [{ successActionRedirect: 'javascript:alert(1)' }, /full http or https address/],
  [{ fields: { Key: 'a' } }, /"Key" has an option of its own/],
  [{ fields: { 'x-oss-meta-a': credentials.accessKeySecret } }, /secret occurs in the field "x-oss-meta-a"/],
  [{ keyPrefix: `${credentials.accessKeySecret}/` }, /secret occurs in the field/],
  [
    { conditions: [equals('x', credentials.accessKeySecret)] },
    /secret occurs in the field "policy \(decoded\)"/,
  ],
];
for (const [options, message] of REFUSED_FORMS) {
  test(`form: refused: ${message.source}`, () => {
    assert.throws(() => form(options), { name: 'TypeError', message });
  });
}

test('form: not in a browser window', () => {
  Object.assign(globalThis, { window: {}, document: {} });
  try {
    assert.throws(() => form(), { name: 'TypeError', message: /signed on a server/ });
  } finally {
    for (const name of ['window', 'document']) Reflect.deleteProperty(globalThis, name);
  }
});

// --- Addresses, durations, callbacks, other shapes ---

const ADDRESSES: [endpoint: string, url: string][] = [
  ['oss-cn-hangzhou.aliyuncs.com', 'https://my-bucket.oss-cn-hangzhou.aliyuncs.com/'],
  ['http://oss-cn-hangzhou.aliyuncs.com', 'http://my-bucket.oss-cn-hangzhou.aliyuncs.com/'],
  ['storage.example:8443', 'https://my-bucket.storage.example:8443/'],
  ['127.0.0.1:9780', 'http://127.0.0.1:9780/my-bucket/'],
  ['https://127.0.0.1:9780/', 'https://127.0.0.1:9780/my-bucket/'],
  ['localhost:9780', 'http://localhost:9780/my-bucket/'],
  ['oss.localhost:9780', 'http://my-bucket.oss.localhost:9780/'],
  ['[::1]:9780', 'http://[::1]:9780/my-bucket/'],
];
for (const [endpoint, url] of ADDRESSES) {
  test(`address: ${endpoint}`, () => assert.equal(writeBucketUrl(endpoint, 'my-bucket'), url));
}
for (const endpoint of ['', 'a b', 'http://u:p@h', 'h/path', 'h?q', 'ftp://h']) {
  test(`address: "${endpoint}" is refused`, () => {
    assert.throws(() => writeBucketUrl(endpoint, 'my-bucket'), {
      name: 'TypeError',
      message: /not an endpoint/,
    });
  });
}

test('a duration is a whole number and a unit', () => {
  assert.deepEqual(
    ['90s', '10m', '24h', '7d'].map(parseDuration),
    [90_000, 600_000, 86_400_000, 604_800_000],
  );
  for (const text of ['', '10', 'm', '0m', '-1m', '1.5h', '1w', '10 m', '9999999999s']) {
    assert.throws(() => parseDuration(text), { name: 'TypeError', message: /not a duration/ }, text);
  }
});

function callbackOf(options: Parameters<typeof callbackFields>[0]): unknown {
  return JSON.parse(Buffer.from(callbackFields(options).callback ?? '', 'base64').toString());
}

test('a callback: address, body and variables', () => {
  const url = 'https://site.example/cb';
  assert.deepEqual(callbackOf({ url, variables: { user: '42' } }), {
    callbackUrl: url,
    callbackBody:
      'bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}&user=${x:user}',
    callbackBodyType: 'application/x-www-form-urlencoded',
  });
  assert.deepEqual(
    callbackOf({
      url: [url, 'http://b.example/'],
      host: 'h',
      body: '{"o":${object}}',
      bodyType: 'application/json',
    }),
    {
      callbackUrl: 'https://site.example/cb;http://b.example/',
      callbackHost: 'h',
      callbackBody: '{"o":${object}}',
      callbackBodyType: 'application/json',
    },
  );
  assert.equal(callbackFields({ url, variables: { user: '42' } })['x:user'], '42');
});

const REFUSED_CALLBACKS: [options: Record<string, unknown>, message: RegExp][] = [
  [{ url: 'site.example' }, /not an address to call back/],
  [{ url: [] }, /1 to 5 addresses/],
  [{ url: 'https://a', body: '' }, /cannot be empty/],
  [{ url: 'https://a', body: 'x'.repeat(5000) }, /too long/],
  [{ url: 'https://a', variables: { User: '1' } }, /not the name of a callback variable/],
];
for (const [options, message] of REFUSED_CALLBACKS) {
  test(`callback: refused: ${message.source}`, () => {
    assert.throws(() => callbackFields(options as never), { name: 'TypeError', message });
  });
}

test('the form of the cloud’s samples', () => {
  const { policy, signature, ...rest } = createAliyunForm(upload);
  assert.deepEqual(rest, {
    accessid: 'LTAIEXAMPLEKEYID',
    accessId: 'LTAIEXAMPLEKEYID',
    host: 'https://examplebucket.oss-cn-hangzhou.aliyuncs.com',
    expire: nowMs / 1000 + 3600,
    dir: 'user/eric/',
    callback: '',
  });
  assert.deepEqual(parsePolicy(policy).conditions.map(formatCondition), [
    '["eq", "$bucket", "examplebucket"]',
    '["starts-with", "$key", "user/eric/"]',
    '["content-length-range", 1, 1048576]',
  ]);
  assert.equal(signature, createHmac('sha1', credentials.accessKeySecret).update(policy).digest('base64'));
});

const REFUSED_ALIYUN: [options: Record<string, unknown>, message: RegExp][] = [
  [{ keyPrefix: undefined, key: 'a' }, /needs a keyPrefix/],
  [{ signatureVersion: 'v4', region: 'cn-hangzhou' }, /"v1" signature/],
  [{ overwrite: false }, /overwrite: pages for this kind/],
  [{ contentType: 'a/b' }, /contentType: pages for this kind/],
  [{ credentials: { ...credentials, securityToken: 't' } }, /neither a security token/],
];
for (const [options, message] of REFUSED_ALIYUN) {
  test(`the form of the cloud’s samples: refused: ${message.source}`, () => {
    assert.throws(() => createAliyunForm({ ...upload, ...options } as never), { name: 'TypeError', message });
  });
}

test('the directives of a Content Security Policy', () => {
  const storage = 'https://examplebucket.oss-cn-hangzhou.aliyuncs.com';
  assert.deepEqual(csp(form()), [`form-action 'self' ${storage}`, `connect-src 'self' ${storage}`]);
  assert.deepEqual(csp(form({ successActionRedirect: 'https://site.example/done' })), [
    `form-action 'self' ${storage} https://site.example`,
    `connect-src 'self' ${storage}`,
  ]);
  assert.deepEqual(csp(form({ endpoint: '[::1]:9780' })), [
    "form-action 'self' http:",
    "connect-src 'self' http:",
  ]);
});
