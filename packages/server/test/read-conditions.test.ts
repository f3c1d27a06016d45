// Conditions on an object with the ETag "A1B2", last modified 1.5 s after 2024-05-01T00:00:00Z.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeConditions, type ReadConditions } from '../src/objects/read-conditions.ts';

const record = { etag: 'A1B2', modifiedAtMs: Date.parse('2024-05-01T00:00:01.500Z') };
const before = 'Wed, 01 May 2024 00:00:00 GMT';
const sameSecond = 'Wed, 01 May 2024 00:00:01 GMT';
const after = 'Wed, 01 May 2024 00:00:02 GMT';

function outcome(conditions: Partial<ReadConditions>): string {
  const none = {
    ifMatch: undefined,
    ifNoneMatch: undefined,
    ifModifiedSince: undefined,
    ifUnmodifiedSince: undefined,
  };
  const judged = judgeConditions({ ...none, ...conditions }, record);
  return judged.kind === 'failed' ? `${judged.condition} failed` : judged.kind;
}

const cases: readonly (readonly [Partial<ReadConditions>, string])[] = [
  [{}, 'met'],
  [{ ifMatch: '"A1B2"' }, 'met'],
  [{ ifMatch: 'A1B2' }, 'met'],
  [{ ifMatch: 'a1b2' }, 'met'],
  [{ ifMatch: '"X", "A1B2"' }, 'met'],
  [{ ifMatch: '*' }, 'met'],
  [{ ifMatch: '"X"' }, 'If-Match failed'],
  [{ ifMatch: '' }, 'If-Match failed'],
  [{ ifNoneMatch: '"X"' }, 'met'],
  [{ ifNoneMatch: '"A1B2"' }, 'not-modified'],
  [{ ifNoneMatch: 'W/"A1B2"' }, 'not-modified'],
  [{ ifNoneMatch: '*' }, 'not-modified'],
  [{ ifModifiedSince: before }, 'met'],
  [{ ifModifiedSince: sameSecond }, 'not-modified'],
  [{ ifModifiedSince: after }, 'not-modified'],
  [{ ifModifiedSince: 'yesterday' }, 'met'],
  [{ ifUnmodifiedSince: before }, 'If-Unmodified-Since failed'],
  [{ ifUnmodifiedSince: sameSecond }, 'met'],
  [{ ifUnmodifiedSince: 'yesterday' }, 'met'],
  // The entity tag is the stronger of two conditions of one kind.
  [{ ifMatch: 'A1B2', ifUnmodifiedSince: before }, 'met'],
  [{ ifNoneMatch: 'X', ifModifiedSince: after }, 'met'],
  // 412 comes before 304.
  [{ ifMatch: 'X', ifNoneMatch: 'A1B2' }, 'If-Match failed'],
  [{ ifMatch: 'A1B2', ifNoneMatch: 'A1B2' }, 'not-modified'],
];

test('conditions on reads', () => {
  for (const [conditions, expected] of cases) {
    assert.equal(outcome(conditions), expected, JSON.stringify(conditions));
  }
});
