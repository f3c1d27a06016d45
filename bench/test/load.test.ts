// What the generator's parts promise: names that differ, signatures that hold, answers cut anywhere, percentiles.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { AnswerReader } from '../load/answer-reader.ts';
import { LatencyHistogram } from '../load/latency-histogram.ts';
import type { NumberedRequests } from '../load/load-job.ts';
import { ossRequests } from '../load/oss-requests.ts';
import { createRequestSource } from '../load/request-source.ts';

const secret = 'secret';
const target = { host: '127.0.0.1', port: 9780, bucket: 'bench', accessKeyId: 'id', accessKeySecret: secret };

/** The texts of the next requests. */
function take(plan: NumberedRequests, count: number): string[] {
  const slot = createRequestSource(plan, 0, count).makeSlot();
  return Array.from({ length: count }, () => Buffer.concat([...slot.next().pieces()]).toString('latin1'));
}

for (const order of ['ascending', 'scattered'] as const)
  test(`every form has a name of its own, ${order}, and the length that it says`, () => {
    const texts = take(ossRequests(target).upload({ bytes: 100, order }) as NumberedRequests, 1000);
    assert.equal(new Set(texts.map((text) => /resumes\/2026\/[0-9a-f]{8}\.pdf/.exec(text)?.[0])).size, 1000);
    for (const text of texts.slice(0, 3)) {
      const [head = '', ...body] = text.split('\r\n\r\n');
      assert.equal(Number(/Content-Length: (\d+)/.exec(head)?.[1]), body.join('\r\n\r\n').length);
    }
  });

test('every put is signed for its own name', () => {
  const plan = ossRequests(target).put?.({ bytes: 10 }) as NumberedRequests;
  for (const text of take(plan, 3)) {
    const [, resource, date, signature] =
      /^PUT (\S+) .*\r\nDate: ([^\r]+)\r\n.*OSS id:(\S+)\r\n/s.exec(text) ?? [];
    const signed = `PUT\n\napplication/pdf\n${date}\n${resource}`;
    assert.equal(signature, createHmac('sha1', secret).update(signed).digest('base64'));
  }
});

const ANSWERS: readonly (readonly [what: string, answer: string, isSuccess: boolean])[] = [
  ['with a length', 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello', true],
  ['without a body', 'HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n', true],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', true],
  ['refused', 'HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno', false],
];
for (const [what, answer, isSuccess] of ANSWERS)
  test(`an answer ${what} ends where it ends, however it is cut`, () => {
    for (let cut = 1; cut < answer.length; cut++) {
      const reader = new AnswerReader(false);
      assert.equal(reader.push(Buffer.from(answer.slice(0, cut))), false, `cut at ${cut}`);
      assert.equal(reader.push(Buffer.from(answer.slice(cut))), true, `cut at ${cut}`);
      assert.equal(reader.isSuccess, isSuccess);
    }
  });

test('percentiles are exact to two percent', () => {
  const histogram = new LatencyHistogram();
  for (let ms = 1; ms <= 1000; ms++) histogram.record(ms);
  for (const [share, expected] of [
    [0.5, 500],
    [0.99, 990],
  ] as const) {
    const found = histogram.percentile(share);
    assert.ok(Math.abs(found / expected - 1) < 0.02, `${found} for ${expected}`);
  }
});
