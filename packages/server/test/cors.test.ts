// CORS rules against requests. A rule is written `origins | methods | headers`, with blanks between words; `allows` and `refuses` are
// preflights `METHOD origin [headers]`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OssError } from '@postern/protocol';
import { type CorsConfiguration, type CorsRule, parseCorsConfiguration } from '@postern/protocol/xml';
import { answerPreflight, corsHeaders, isLoopbackOrigin } from '../src/buckets/cors.ts';

function rulesOf(...rules: readonly string[]): CorsConfiguration {
  return { rules: rules.map(ruleOf), responseVary: false };
}

function ruleOf(text: string): CorsRule {
  const [allowedOrigins = [], allowedMethods = [], allowedHeaders = []] = text
    .split('|')
    .map((part) => part.split(' ').filter((word) => word !== ''));
  return {
    allowedOrigins,
    allowedMethods: allowedMethods as CorsRule['allowedMethods'],
    allowedHeaders,
    exposeHeaders: ['ETag', 'x-oss-request-id'],
    maxAgeSeconds: 60,
  };
}

function preflight(configuration: CorsConfiguration | undefined, request: string, development = false) {
  const [method = '', origin = '', asked] = request.split(' ');
  const headers = new Map([
    ['origin', origin],
    ['access-control-request-method', method],
  ]);
  if (asked !== undefined) headers.set('access-control-request-headers', asked);
  return answerPreflight(configuration, headers, development).headers ?? {};
}

function allows(rule: string, ...requests: readonly string[]): void {
  for (const request of requests) {
    assert.ok(preflight(rulesOf(rule), request)['access-control-allow-origin'], `${rule}: ${request}`);
  }
}

function refuses(rule: string, ...requests: readonly string[]): void {
  for (const request of requests) {
    assert.throws(() => preflight(rulesOf(rule), request), { row: 'AccessForbidden' }, `${rule}: ${request}`);
  }
}

test('a preflight is answered with the rule that matches', () => {
  assert.deepEqual(preflight(rulesOf('https://a.com | PUT GET | *'), 'PUT https://a.com X-A,content-type'), {
    vary: 'Origin',
    'access-control-allow-origin': 'https://a.com',
    'access-control-allow-methods': 'PUT, GET',
    'access-control-allow-headers': 'X-A, content-type',
    'access-control-expose-headers': 'ETag, x-oss-request-id',
    'access-control-max-age': '60',
  });
});

test('a rule for every origin names none', () => {
  const headers = preflight(rulesOf('https://b.com * | POST |'), 'POST https://a.com');
  assert.equal(headers['access-control-allow-origin'], '*');
});

test('origins', () => {
  allows('https://a.com | GET |', 'GET https://a.com', 'GET HTTPS://A.com');
  refuses(
    'https://a.com | GET |',
    'GET http://a.com',
    'GET https://a.com:8443',
    'GET https://a.com.evil.org',
    'GET null',
  );
  allows('https://*.a.com | GET |', 'GET https://x.a.com', 'GET https://x.y.a.com', 'GET https://.a.com');
  refuses('https://*.a.com | GET |', 'GET https://a.com', 'GET https://x.a.com.evil.org');
  allows('http://localhost:* | GET |', 'GET http://localhost:1', 'GET http://localhost:');
  refuses('ab*ba | GET |', 'GET aba');
  allows('* | GET |', 'GET null', `GET https://${'a'.repeat(5000)}.com`);
  allows('null | GET |', 'GET null');
});

test('methods and headers', () => {
  refuses('* | GET |', 'PUT https://a.com', 'get https://a.com', 'PATCH https://a.com');
  refuses('* | GET |', 'GET https://a.com x-a');
  allows('* | GET | X-A', 'GET https://a.com x-a', 'GET https://a.com x-a,x-a', 'GET https://a.com ,');
  refuses('* | GET | x-a', 'GET https://a.com x-a,x-b');
  allows('* | GET | x-oss-*', 'GET https://a.com x-oss-meta-a,X-OSS-DATE');
  refuses('* | GET | x-oss-*', 'GET https://a.com x-os');
});

test('the first rule that matches counts', () => {
  const rules = rulesOf('https://a.com | GET |', 'https://a.com | PUT |', '* | PUT |');
  assert.equal(preflight(rules, 'PUT https://a.com')['access-control-allow-origin'], 'https://a.com');
  assert.equal(preflight(rules, 'PUT https://b.com')['access-control-allow-origin'], '*');
});

test('what is no preflight, and a bucket without rules', () => {
  assert.throws(() => preflight(rulesOf('* | GET |'), 'GET'), { row: 'BadRequest.noOrigin' });
  assert.throws(() => preflight(rulesOf('* | GET |'), ' https://a.com'), {
    row: 'BadRequest.noRequestMethod',
  });
  assert.throws(() => preflight(undefined, 'GET https://a.com'), { row: 'AccessForbidden.noCors' });
});

test('no answer ever allows credentials', () => {
  for (const configuration of [rulesOf('* | GET | *'), rulesOf('https://a.com | GET | *')]) {
    const names = Object.keys(preflight(configuration, 'GET https://a.com x-a', true));
    assert.ok(!names.includes('access-control-allow-credentials'));
  }
});

function actual(configuration: CorsConfiguration | undefined, request: string, development = false) {
  const [method = '', origin] = request.split(' ');
  const headers = new Map(origin === undefined ? [] : [['origin', origin]]);
  return corsHeaders(configuration, { method, headers }, development);
}

test('an actual request gets the headers of its rule, or none', () => {
  const rules = rulesOf('https://a.com | POST | *');
  assert.deepEqual(actual(rules, 'POST https://a.com'), {
    vary: 'Origin',
    'access-control-allow-origin': 'https://a.com',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': '*',
    'access-control-expose-headers': 'ETag, x-oss-request-id',
    'access-control-max-age': '60',
  });
  assert.deepEqual(actual(rules, 'POST https://b.com'), { vary: 'Origin' });
  assert.deepEqual(actual(rules, 'GET https://a.com'), { vary: 'Origin' });
  assert.deepEqual(actual(rules, 'POST'), { vary: 'Origin' });
  assert.deepEqual(actual(undefined, 'POST https://a.com'), {});
});

test('in development a page on this machine needs no rule, others still do', () => {
  const headers = actual(undefined, 'POST http://localhost:3000', true);
  assert.equal(headers['access-control-allow-origin'], 'http://localhost:3000');
  assert.match(
    headers['access-control-expose-headers'] ?? '',
    /\bETag\b.*\bx-oss-hash-crc64ecma\b.*\bx-postern-explain\b/,
  );
  assert.equal(preflight(undefined, 'PUT null x-a', true)['access-control-allow-headers'], 'x-a');
  assert.deepEqual(actual(undefined, 'POST https://a.com', true), { vary: 'Origin' });
  assert.throws(() => preflight(undefined, 'PUT https://a.com', true), { row: 'AccessForbidden.noCors' });
  assert.throws(() => preflight(undefined, 'PATCH null', true), OssError);
  const ruled = actual(rulesOf('http://localhost:3000 | POST |'), 'POST http://localhost:3000', true);
  assert.equal(ruled['access-control-expose-headers'], 'ETag, x-oss-request-id, x-postern-explain');
});

test('origins of this machine', () => {
  const loopback = [
    'http://localhost',
    'http://localhost:3000',
    'https://app.localhost:1',
    'http://127.0.0.1:80',
    'http://[::1]:5',
    'null',
  ];
  const elsewhere = [
    'http://localhost.evil.org',
    'http://127.0.0.1.evil.org',
    'http://10.0.0.1',
    'http://evil-localhost.org',
    'http://127.0.0.1:80/',
    'file://',
  ];
  for (const origin of loopback) assert.ok(isLoopbackOrigin(origin), origin);
  for (const origin of elsewhere) assert.ok(!isLoopbackOrigin(origin), origin);
});

test('the rule that the guide recommends for form uploads', () => {
  const rules = parseCorsConfiguration(`<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>POST</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>`);
  assert.deepEqual(actual(rules, 'POST null'), {
    vary: 'Origin',
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': '*',
    'access-control-expose-headers': 'ETag',
  });
});
