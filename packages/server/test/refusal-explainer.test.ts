// The explanation of a refusal as a header: the answer must stay readable whatever a form holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainPost, PostFields } from '@postern/protocol';
import { explanationBytesMax, writeExplanation } from '../src/form/refusal-explainer.ts';

/** Of a form whose fields `m0`, `m1`, … have these values, and whose policy wants `wanted` of each. */
function explain(values: readonly string[], wanted: string) {
  const conditions = values.map((_, at) => ['eq', `$m${at}`, wanted]);
  const json = JSON.stringify({ expiration: '2030-01-01T12:00:00Z', conditions });
  const fields = [
    { name: 'policy', value: Buffer.from(json).toString('base64') },
    ...values.map((value, at) => ({ name: `m${at}`, value })),
  ];
  const file = { fileName: undefined, contentType: undefined };
  return explainPost({ form: { fields: new PostFields(fields), file }, bucket: 'b', nowMs: 0 });
}

const long = '\u7b80'.repeat(190);

test('a short one is whole, and ASCII', () => {
  const explanation = explain(['\u5386'], '\u7b80');
  const text = writeExplanation(explanation);
  assert.match(text, /^[\x20-\x7e]+$/);
  assert.deepEqual(JSON.parse(text), explanation);
});

test('of a long one, what is wrong stays', () => {
  const explanation = explain([...Array(60).fill(long), 'other'], long);
  const text = writeExplanation(explanation);
  assert.ok(text.length <= explanationBytesMax, String(text.length));
  const told = JSON.parse(text);
  assert.deepEqual(
    told.conditions.map(({ field, got }: { field: string; got: string }) => [field, got]),
    [['m60', 'other']],
  );
  assert.deepEqual(told.summary, explanation.summary);
});

test('of one with too much wrong, the sentence stays', () => {
  const explanation = explain(Array(60).fill(long), 'x');
  const text = writeExplanation(explanation);
  assert.ok(text.length <= explanationBytesMax, String(text.length));
  assert.deepEqual(JSON.parse(text).summary, explanation.summary);
  assert.deepEqual(JSON.parse(text).conditions, []);
});
