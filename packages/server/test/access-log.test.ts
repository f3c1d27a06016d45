// Log lines: what they say, and what they never say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OssError } from '@postern/protocol';
import fc from 'fast-check';
import { createLog, logRequest, type RequestLogEntry } from '../src/http/access-log.ts';

const entry: RequestLogEntry = {
  requestId: '5F5A1B2C3D4E5F6071829304',
  method: 'POST',
  operation: 'PostObject',
  bucket: 'photos',
  key: 'a.txt',
  status: 204,
  bytesIn: 1024,
  bytesOut: 0,
  durationMs: 12,
  clientAddress: '203.0.113.9',
  accessKeyId: 'some-key',
};

function linesOf(change: Partial<RequestLogEntry>, pretty = false): string {
  const lines: string[] = [];
  const log = createLog({ pretty, level: 'info', destination: { write: (line) => lines.push(line) } });
  logRequest(log, { ...entry, ...change });
  return lines.join('');
}

test('a request is one line of JSON', () => {
  const text = linesOf({});
  assert.match(text, /^[^\n]+\n$/);
  const { time, ...rest } = JSON.parse(text);
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: 'info', ...entry });
});

test('a refusal has its codes and its explanation', () => {
  const explain = { failed: ['eq', '$bucket', 'videos'], got: 'photos' };
  const line = JSON.parse(linesOf({ status: 403, code: 'AccessDenied', ec: '0006-00000227', explain }));
  assert.equal(line.level, 'info');
  assert.equal(line.code, 'AccessDenied');
  assert.equal(line.ec, '0006-00000227');
  assert.deepEqual(line.explain, explain);
});

test('a failure of ours is an error with its causes', () => {
  const error = new Error('cannot write', { cause: Object.assign(new Error('full'), { code: 'ENOSPC' }) });
  const line = JSON.parse(linesOf({ status: 500, error }));
  assert.equal(line.level, 'error');
  assert.equal(line.error.message, 'cannot write');
  assert.match(line.error.stack, /access-log\.test/);
  assert.equal(line.error.cause.code, 'ENOSPC');
});

test('a silent log says nothing', () => {
  const log = createLog({ pretty: false, level: 'silent', destination: { write: () => assert.fail() } });
  logRequest(log, entry);
});

test('pretty: one sentence', () => {
  assert.match(
    linesOf({}, true),
    /^\[\d\d:\d\d:\d\d\] INFO: 204 PostObject photos\/a\.txt 1024 bytes in, 0 out, 12 ms\n$/,
  );
  assert.match(
    linesOf({ status: 403, code: 'AccessDenied', ec: '0006-00000227', explain: { got: 'photos' } }, true),
    /12 ms, AccessDenied 0006-00000227 5F5A1B2C3D4E5F6071829304\n {4}explain: \{\n {6}"got": "photos"\n {4}\}\n$/,
  );
});

test('pretty: an object name cannot command the terminal or begin a line of its own', () => {
  const text = linesOf({ key: 'a\u001b[2J\n[00:00:00] INFO: 200\u202e.txt' }, true);
  assert.match(text, /a\\u001b\[2J\\u000a\[00:00:00\] INFO: 200\\u202e\.txt/);
  assert.match(text, /^[^\n]+\n$/);
});

const secret = 'TOPSECRET';
const names = [
  'Authorization',
  'authorization',
  'Signature',
  'signature',
  'x-oss-signature',
  'x-amz-signature',
  'policy',
  'Policy',
  'security-token',
  'x-oss-security-token',
  'securityToken',
  'accessKeySecret',
  'AccessKeySecret',
  'access_key_secret',
];

const CARRIERS: readonly [what: string, carry: (name: string) => Partial<RequestLogEntry>][] = [
  ['a property', (name) => ({ explain: { [name]: secret } })],
  ['an object', (name) => ({ explain: { [name]: { value: secret } } })],
  ['a deep property', (name) => ({ explain: { form: [{ fields: { [name]: secret } }] } })],
  ['a query', (name) => ({ explain: { url: `/photos/a?Expires=1&${name}=${secret}&x=1` } })],
  ['a header', (name) => ({ explain: { header: `${name}: ${secret}` } })],
  ['a JSON text', (name) => ({ explain: { body: JSON.stringify({ [name]: secret }) } })],
  ['an error', (name) => ({ status: 500, error: new Error(`GET /?${name}=${secret} failed`) })],
  ['a cause', (name) => ({ status: 500, error: new Error('failed', { cause: `${name}=${secret}` }) })],
];

for (const [what, carry] of CARRIERS) {
  test(`no secret gets out of ${what}`, () => {
    for (const name of names) {
      for (const pretty of [false, true]) {
        const text = linesOf(carry(name), pretty);
        assert.ok(!text.includes(secret), `${name} in ${text}`);
      }
    }
  });
}

test('no Authorization header gets out, whatever it is called', () => {
  for (const value of [
    `OSS some-key:${secret}=`,
    `AWS some-key:${secret}=`,
    `authorization: AWS some-key:${secret}=`,
    `OSS4-HMAC-SHA256 Credential=some-key/20250411/cn-hangzhou/oss/aliyun_v4_request,Signature=${secret}`,
  ]) {
    assert.ok(
      !linesOf({ explain: { sent: value, authorization: value, text: `Authorization: ${value}` } }).includes(
        secret,
      ),
    );
  }
});

test('what a refusal tells its client of a signature stays out', () => {
  const error = new OssError('SignatureDoesNotMatch', { SignatureProvided: secret, StringToSign: secret });
  assert.ok(!linesOf({ status: 403, error }).includes(secret));
});

test('any explanation can be written, in a bounded line', () => {
  fc.assert(
    fc.property(
      fc.object({ withBigInt: true, withSparseArray: true, withNullPrototype: true }),
      (explain) => {
        const text = linesOf({ explain: { explain } });
        assert.ok(JSON.parse(text).explain);
      },
    ),
  );
  assert.ok(linesOf({ explain: { text: 'a'.repeat(1_000_000) } }).length < 5_000);
  assert.ok(linesOf({ accessKeyId: 'a'.repeat(1_000_000) }).length < 5_000);
  const circle: Record<string, unknown> = {};
  circle.itself = circle;
  assert.ok(linesOf({ explain: circle }).length < 1_000);
});
