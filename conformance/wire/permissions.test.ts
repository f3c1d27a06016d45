// Every operation, asked for by somebody who may not: nobody at all, without a signature, and a user to whom nothing was given, in a private
// bucket. The rows come from the table of operations, so that a new one is asked for too.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { OPERATIONS, type Operation } from '../../packages/server/src/operations.ts';
import { type Answer, send, sendSigned } from '../http.ts';
import { newBucketName, openTarget } from '../target.ts';

const nobody = { accessKeyId: 'PKNOBODY', accessKeySecret: 'secret-of-nobody' };
const target = await openTarget({ identities: { users: [{ name: 'nobody', accessKeys: [nobody] }] } });
after(() => target[Symbol.asyncDispose]());
const bucket = newBucketName();
await sendSigned(target, { method: 'PUT', path: `/${bucket}/` });
await sendSigned(target, { method: 'PUT', path: `/${bucket}/key`, body: 'content' });

/** What some operations need beside their row, to be told from others. */
const queries: Readonly<Record<string, string>> = {
  UploadPart: 'partNumber=1&uploadId=0123456789ABCDEF0123456789ABCDEF',
  UploadPartCopy: 'partNumber=1&uploadId=0123456789ABCDEF0123456789ABCDEF',
  AppendObject: 'append&position=0',
};

/** A form says in its fields who signed it; access.test.ts is about those. */
const asked = OPERATIONS.filter(({ name }) => name !== 'PostObject');

for (const operation of asked) {
  test(`${operation.name}: without a signature`, async () => {
    const answer = await send(target, requestFor(operation));
    assert.equal(answer.status, 403, answer.text);
    assert.equal(codeOf(answer), 'AccessDenied');
  });
}

const skip = target.isOurs ? false : 'needs a server with users of ours';
for (const operation of asked) {
  test(`${operation.name}: by a user without a policy`, { skip }, async () => {
    const answer = await sendSigned({ ...target, ...nobody }, requestFor(operation));
    assert.equal(answer.status, 403, answer.text);
    assert.equal(codeOf(answer), 'AccessDenied');
  });
}

test('nothing of it was done', async () => {
  const answer = await sendSigned(target, { method: 'GET', path: `/${bucket}/key` });
  assert.equal(answer.text, 'content');
});

function requestFor({ name, on, method, query, header }: Operation) {
  const path = on === 'service' ? '/' : on === 'object' ? `/${bucket}/key` : `/${bucket}/`;
  const asks = queries[name] ?? query;
  return {
    method,
    path: asks === undefined ? path : `${path}?${asks}`,
    headers: header === undefined ? {} : { [header]: `/${bucket}/key` },
  };
}

function codeOf({ code, headers }: Answer): string | undefined {
  const error = headers['x-oss-err'];
  if (typeof error !== 'string') return code;
  return /<Code>(.*?)<\/Code>/.exec(Buffer.from(error, 'base64').toString())?.[1];
}
