// The linter: each rule on the least policy that breaks it, and a good policy that breaks none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintPolicy } from '../src/policy/lint-policy.ts';
import { parsePolicyJson } from '../src/policy/policy.ts';
import { nowMs, policyJson } from './signed-form-notation.ts';

const bucket = '{"bucket":"b"}';
const key = '["starts-with","$key","user/eric/"]';
const size = '["content-length-range",1,1048576]';

const lint = (conditions: readonly string[], atMs = nowMs) =>
  lintPolicy(parsePolicyJson(policyJson(...conditions)), atMs).map(({ level, rule }) => `${level} ${rule}`);

test('a good policy has no findings', () => {
  assert.deepEqual(lint([bucket, key, size]), []);
  assert.deepEqual(
    lint([bucket, '{"key":"a.txt"}', '["starts-with","$key","a"]'.replace('"a"', '""'), size]),
    [],
  );
});

test('each rule', () => {
  const hourMs = 3_600_000;
  const ROWS: [finding: string, conditions: string[], atMs?: number][] = [
    ['error expired', [bucket, key, size], nowMs + hourMs + 1],
    ['warning long-validity', [bucket, key, size], nowMs - 24 * hourMs],
    ['warning no-bucket', [key, size]],
    ['warning no-key', [bucket, size]],
    ['warning any-key', [bucket, '["starts-with","$key",""]', size]],
    ['warning open-prefix', [bucket, '["starts-with","$Key","user/eric"]', size]],
    ['warning no-size-limit', [bucket, key]],
    ['warning size-over-limit', [bucket, key, '["content-length-range",0,5368709121]']],
    ['error no-size-fits', [bucket, key, '["content-length-range",0,10]', '["content-length-range",20,30]']],
    ['error contradiction', [bucket, key, size, '{"x:a":"1"}', '{"X:A":"2"}']],
    ['error contradiction', [bucket, key, size, '["in","$x:a",[]]']],
    ['error contradiction', [bucket, key, size, '{"key":"other/a"}']],
    ['warning content-type-of-field-only', [bucket, key, size, '["in","$content-type",["image/png"]]']],
  ];
  for (const [finding, conditions, atMs] of ROWS)
    assert.deepEqual(lint(conditions, atMs), [finding], finding);
});

test('errors come before warnings, and every finding is told in both languages', () => {
  const policy = parsePolicyJson(policyJson('["content-length-range",6000000000,7000000000]'));
  const findings = lintPolicy(policy, nowMs + 10 ** 10);
  assert.deepEqual(
    findings.map(({ level, rule }) => `${level} ${rule}`),
    ['error expired', 'error no-size-fits', 'warning no-bucket', 'warning no-key', 'warning size-over-limit'],
  );
  for (const { message } of findings)
    assert.match(`${message.en}${message.zh}`, /^[A-Z].*[\u4e00-\u9fff].*。$/);
});
