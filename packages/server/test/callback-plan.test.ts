// What a form's `callback` field, or a request's `x-oss-callback` and `x-oss-callback-var`, may say, and the refusal for each way to get
// it wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OssError, PostFields } from '@postern/protocol';
import { callbackInForm, callbackInRequest } from '../src/callback/callback-order.ts';
import { planCallback } from '../src/callback/callback-plan.ts';

const good = { callbackUrl: 'http://app.example/cb', callbackBody: 'object=${object}' };
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const encoded = (config: unknown) => base64(JSON.stringify(config));

function plan(callback: string, { extra = {}, allowPrivate = false } = {}) {
  const fields = Object.entries({ callback, ...extra }).map(([name, value]) => ({ name, value }));
  return planCallback(callbackInForm(new PostFields(fields)), allowPrivate);
}

function refusalOf(...args: Parameters<typeof plan>): OssError {
  try {
    plan(...args);
  } catch (error) {
    assert.ok(error instanceof OssError, String(error));
    return error;
  }
  return assert.fail('was not refused');
}

const REFUSED: readonly (readonly [
  why: string,
  callback: string,
  message: string,
  ec?: string | undefined,
])[] = [
  ['junk', '!!!', 'The callback configuration is not base64 encoded.', '0007-00000002'],
  ['a space', `${encoded(good)} `, 'The callback configuration is not base64 encoded.', '0007-00000002'],
  ['no JSON', base64('callbackUrl=x'), 'The callback configuration is not json format.', '0007-00000003'],
  ['a list', base64('[1]'), 'The callback configuration is not json format.', '0007-00000003'],
  ['null', base64('null'), 'The callback configuration is not json format.', '0007-00000003'],
  [
    'no UTF-8',
    base64(Uint8Array.of(0xff)),
    'The callback configuration is not json format.',
    '0007-00000003',
  ],
  ['a BOM', base64(`\uFEFF${JSON.stringify(good)}`), 'The callback configuration is not json format.'],
  ['over 5 KB', 'A'.repeat(5124), 'The length of callback exceed max value.'],
  ...wrong('callbackUrl', 'The callback url configuration is invalid.', '0007-00000004', [
    undefined,
    7,
    null,
    ';',
    'ftp://app.example/',
    'http://user:secret@app.example/',
    'http://app.example:99999/',
    'http://app.example:22/',
    'http://app.example:6379/',
    'http://app.example/\r\nX-Evil: 1',
    'http://app.example/\tx',
    'http://',
    'http://a b/',
  ]),
  ...wrong('callbackUrl', 'The number of callback url exceed max value.', undefined, [
    Array(6).fill('app.example').join(';'),
  ]),
  ...wrong('callbackUrl', 'Private address is forbidden to callback.', undefined, [
    'http://127.0.0.1/',
    '127.0.0.1',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.100.100.200/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.0.1:8080/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://0.0.0.0/',
    'app.example;http://127.0.0.1/',
  ]),
  ...wrong('callbackHost', 'The callback host configuration is invalid.', undefined, [
    'app.example\r\nX-Evil: 1',
    'app example',
    'http://app.example',
    7,
    'a'.repeat(256),
  ]),
  ...wrong('callbackBody', 'The callback body is empty.', undefined, [undefined, '']),
  ...wrong('callbackBody', 'The callback body is invalid.', undefined, [
    7,
    { a: 1 },
    'a=${object',
    'a=${}',
    'a=${a${b}}',
    'a=1\r\nb=2',
    '${object}'.repeat(101),
  ]),
  ...wrong('callbackBodyType', 'The callback body type configuration is invalid.', '0007-00000012', [
    'text/plain',
    'application/json; charset=utf-8',
    7,
  ]),
];

function wrong(name: string, message: string, ec: string | undefined, values: readonly unknown[]) {
  return values.map((value) => {
    const why = `${name}: ${JSON.stringify(value)}`.slice(0, 80);
    return [why, encoded({ ...good, [name]: value }), message, ec] as const;
  });
}

for (const [why, callback, message, ec] of REFUSED) {
  test(`refuses ${why}`, () => {
    const error = refusalOf(callback);
    assert.equal(error.message, message);
    assert.equal(error.status, 400);
    assert.equal(error.code, 'InvalidArgument');
    if (ec !== undefined) assert.equal(error.ec, ec);
    assert.equal(new Map(error.elements).get('ArgumentName'), 'callback');
  });
}

test('a refusal shows the configuration as it was decoded', () => {
  const error = refusalOf(base64('{"callbackUrl":7}'));
  assert.deepEqual(error.elements, [
    ['ArgumentName', 'callback'],
    ['ArgumentValue', '{"callbackUrl":7}'],
  ]);
});

test('a refusal never shows more than may be sent', () => {
  const value = new Map(refusalOf('A'.repeat(2_000_000)).elements).get('ArgumentValue');
  assert.equal(value?.length, 5120);
});

for (const [why, callback] of [
  ['an empty field', ''],
  ['an empty callbackUrl', encoded({ ...good, callbackUrl: '' })],
] as const) {
  test(`no callback: ${why}`, () => assert.equal(plan(callback), undefined));
}

test('no callback: no field', () =>
  assert.equal(planCallback(callbackInForm(new PostFields()), false), undefined));

test('the field is found in any case', () => {
  assert.ok(
    planCallback(callbackInForm(new PostFields([{ name: 'Callback', value: encoded(good) }])), false),
  );
});

const URLS: readonly [callbackUrl: string, ...hrefs: string[]][] = [
  ['http://app.example/cb', 'http://app.example/cb'],
  ['https://app.example:8443/cb?a=1', 'https://app.example:8443/cb?a=1'],
  ['121.101.166.30/test.php', 'http://121.101.166.30/test.php'],
  ['app.example:8080/x', 'http://app.example:8080/x'],
  ['http://app.example:443/', 'http://app.example:443/'],
  ['http://a.example;https://b.example;', 'http://a.example/', 'https://b.example/'],
  ['http://[2606:4700::1111]/', 'http://[2606:4700::1111]/'],
  ['http://app.example/%E4%B8%AD#part', 'http://app.example/%E4%B8%AD#part'],
];

for (const [callbackUrl, ...hrefs] of URLS) {
  test(`takes ${callbackUrl}`, () => {
    assert.deepEqual(
      plan(encoded({ ...good, callbackUrl }))?.urls.map(({ href }) => href),
      hrefs,
    );
  });
}

test('private addresses are open when the operator says so, except those that nobody has', () => {
  const withUrl = (callbackUrl: string) => encoded({ ...good, callbackUrl });
  assert.ok(plan(withUrl('http://127.0.0.1:3000/cb'), { allowPrivate: true }));
  assert.ok(plan(withUrl('http://[::1]:3000/cb'), { allowPrivate: true }));
  assert.equal(
    refusalOf(withUrl('http://0.0.0.0:3000/'), { allowPrivate: true }).row,
    'InvalidArgument.callbackPrivateAddress',
  );
  assert.equal(
    refusalOf(withUrl('http://127.0.0.1:6379/'), { allowPrivate: true }).row,
    'InvalidArgument.callbackUrl',
  );
});

test('the rest of a configuration', () => {
  const full = {
    ...good,
    callbackHost: 'app.example:8080',
    callbackBodyType: 'application/json',
    callbackSNI: true,
  };
  const found = plan(encoded(full));
  assert.equal(found?.host, 'app.example:8080');
  assert.equal(found?.template.bodyType, 'application/json');
  assert.equal(found?.sni, true);

  const plain = plan(encoded({ ...good, callbackHost: '', callbackBodyType: '' }));
  assert.equal(plain?.host, undefined);
  assert.equal(plain?.template.bodyType, 'application/x-www-form-urlencoded');
  assert.equal(plain?.sni, false);
});

test('x: fields become variables, their names in the case they came in', () => {
  const extra = { 'x:User': 'ann', 'X:other': 'no', 'x-oss-meta-a': 'no' };
  assert.deepEqual([...(plan(encoded(good), { extra })?.variables ?? [])], [['x:User', 'ann']]);
});

test('x: fields with line breaks or over 5 KB in sum are refused', () => {
  for (const extra of [{ 'x:a': 'b\r\nc' }, { 'x:a\n': 'b' }]) {
    assert.equal(refusalOf(encoded(good), { extra }).row, 'InvalidArgument.callbackVar');
  }
  const extra = { 'x:a': 'a'.repeat(2600), 'x:b': '中'.repeat(840) };
  assert.equal(refusalOf(encoded(good), { extra }).row, 'InvalidArgument.callbackVarLength');
});

// --- In a request ---

function inRequest(headers: Readonly<Record<string, string>>, query: Readonly<Record<string, string>> = {}) {
  const request = { headers: new Map(Object.entries(headers)), query: new Map(Object.entries(query)) };
  return planCallback(callbackInRequest(request), false);
}

test('a request says it in headers or in its query', () => {
  const [callback, variables] = [encoded(good), encoded({ 'x:a': '1', 'x:B': '' })];
  const plans = [
    inRequest({ 'x-oss-callback': callback, 'x-oss-callback-var': variables }),
    inRequest({}, { callback, 'callback-var': variables }),
    inRequest({ 'x-oss-callback': callback }, { 'callback-var': variables }),
  ];
  for (const found of plans) {
    assert.deepEqual(Object.fromEntries(found?.variables ?? []), { 'x:a': '1', 'x:B': '' });
  }
  assert.equal(inRequest({ 'x-oss-callback': callback })?.variables.size, 0);
  assert.equal(inRequest({ 'x-oss-callback': '', 'x-oss-callback-var': '!' }), undefined);
  assert.equal(inRequest({ 'x-oss-callback-var': '!' }), undefined);
});

const VARIABLES_REFUSED: readonly (readonly [encodedVariables: string, row: string])[] = [
  ['!', 'InvalidArgument.callbackVarNotJson'],
  [base64('x:a=1'), 'InvalidArgument.callbackVarNotJson'],
  [encoded(['x:a']), 'InvalidArgument.callbackVarNotJson'],
  [encoded(null), 'InvalidArgument.callbackVarNotJson'],
  [encoded({ 'x:a': 1 }), 'InvalidArgument.callbackVarNotJson'],
  [encoded({ bucket: 'mine' }), 'InvalidArgument.callbackVarNotJson'],
  [encoded({ 'x:a': 'b\nc' }), 'InvalidArgument.callbackVar'],
  [encoded({ 'x:a': 'b'.repeat(4000) }), 'InvalidArgument.callbackVarLength'],
];
for (const [encodedVariables, row] of VARIABLES_REFUSED) {
  test(`refuses the variables ${Buffer.from(encodedVariables, 'base64').toString().slice(0, 40)}`, () => {
    const headers = { 'x-oss-callback': encoded(good), 'x-oss-callback-var': encodedVariables };
    assert.throws(
      () => inRequest(headers),
      (error) => error instanceof OssError && error.row === row,
    );
  });
}

test('a request may say it once', () => {
  const refused = (row: string, headers: Record<string, string>, query: Record<string, string>) =>
    assert.throws(
      () => inRequest(headers, query),
      (error) => error instanceof OssError && error.row === row,
    );
  const callback = encoded(good);
  refused('InvalidArgument.callbackTwice', { 'x-oss-callback': callback }, { callback });
  const headers = { 'x-oss-callback': callback, 'x-oss-callback-var': encoded({}) };
  refused('InvalidArgument.callbackVarTwice', headers, { 'callback-var': encoded({}) });
});
