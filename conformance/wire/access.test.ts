// Who may post into which bucket (PostObject reference, "OSSAccessKeyId", "policy"; PutObjectACL): unsigned forms, forms with a part of a
// signature, and the access lists of buckets and objects, of which the object's is the stronger.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { send } from '../http.ts';
import { fieldPart, filePart, rawContentType, writeParts } from '../raw-form.ts';
import { openTarget } from '../target.ts';
import { checkRefused, newKey, openTrials, type TrialBucket, type TrialForm } from '../trial-bucket.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());
const closed = await openTrials({ on: target, acl: 'private' });
const readable = await openTrials({ on: target, acl: 'public-read' });
const open = await openTrials({ on: target, acl: 'public-read-write' });

const unsigned: TrialForm = { signed: 'not' };
const byBucketAcl = { Message: 'You have no right to access this object because of bucket acl.' };

// --- Unsigned forms ---

open.accepts('public-read-write: an unsigned form', unsigned);
closed.refuses('private: an unsigned form', unsigned, '403 AccessDenied 0003-00000001', byBucketAcl);
readable.refuses('public-read: an unsigned form', unsigned, '403 AccessDenied 0003-00000001', byBucketAcl);
closed.refuses(
  'a bucket that does not exist',
  ({ name }) =>
    send(target, {
      method: 'POST',
      path: `/${name}-2/`,
      headers: { 'content-type': rawContentType },
      body: writeParts([fieldPart('key', 'a'), filePart()]),
    }),
  '404 NoSuchBucket',
  { Message: 'The specified bucket does not exist.' },
);

// --- A part of a signature asks for all of it ---

for (const only of ['OSSAccessKeyId', 'policy', 'Signature']) {
  const others = ['OSSAccessKeyId', 'policy', 'Signature'].filter((name) => name !== only);
  open.refuses(`public-read-write: ${only} alone`, { without: others }, '400 InvalidArgument');
  open.refuses(`public-read-write: everything but ${only}`, { without: [only] }, '400 InvalidArgument');
  closed.refuses(`private: ${only} alone`, { without: others }, '400 InvalidArgument');
  const refusal = only === 'policy' ? '400 InvalidPolicyDocument 0006-00000205' : '400 InvalidArgument';
  open.refuses(`public-read-write: an empty ${only}`, { changed: { [only]: '' } }, refusal);
}
for (const only of ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date', 'x-oss-signature']) {
  const fields = { [only]: only === 'x-oss-signature-version' ? 'OSS4-HMAC-SHA256' : 'x' };
  open.refuses(`public-read-write: ${only} alone`, { ...unsigned, fields }, '400 InvalidArgument');
}
open.accepts('public-read-write: a right signature', {});
open.refuses(
  'public-read-write: a wrong signature is no unsigned form',
  { changed: { Signature: 'AAAA' } },
  '403 SignatureDoesNotMatch',
);
open.refuses(
  'public-read-write: an unknown key is no unsigned form',
  { changed: { OSSAccessKeyId: 'nobody' } },
  '403 InvalidAccessKeyId',
);
open.refuses(
  'public-read-write: the policy of a signed form holds',
  { policy: { conditions: [{ key: 'b' }] } },
  '403 AccessDenied 0006-00000227',
);

// --- The access list that a form gives ---

/** What anyone may do with an object posted into a private bucket under this access list. */
const lists: [acl: string, anonymousRead: number][] = [
  ['default', 403],
  ['private', 403],
  ['public-read', 200],
  ['public-read-write', 200],
];
for (const [acl, status] of lists) {
  test(`x-oss-object-acl ${acl} in a private bucket: reading it unsigned gives ${status}`, async () => {
    const key = newKey();
    const posted = await closed.bucket.post({ fields: { key, 'x-oss-object-acl': acl } });
    assert.equal(posted.status, 204, posted.text);
    assert.equal((await closed.bucket.send({ method: 'GET', path: `/${key}` })).status, status);
    const told = await closed.bucket.sendSigned({ method: 'GET', path: `/${key}?acl` });
    assert.equal(told.element('Grant'), acl);
  });
}
closed.refuses(
  'an unknown access list',
  { fields: { 'x-oss-object-acl': 'public' } },
  '400 InvalidArgument',
  {
    ArgumentName: 'x-oss-object-acl',
    ArgumentValue: 'public',
  },
);

/** The access list in the form's field, in the request's header, and the one that counts. */
const places: [field: string | undefined, header: string | undefined, counts: string][] = [
  [undefined, undefined, 'default'],
  ['public-read', undefined, 'public-read'],
  [undefined, 'public-read', 'public-read'],
  ['private', 'public-read', 'private'],
  ['public-read', 'private', 'public-read'],
];
for (const [field, header, counts] of places) {
  test(`an access list ${field ?? 'not'} in the field and ${header ?? 'not'} in the header: ${counts}`, async () => {
    const key = newKey();
    const posted = await closed.bucket.post({
      fields: { key, ...(field && { 'x-oss-object-acl': field }) },
      headers: { ...(header && { 'x-oss-object-acl': header }) },
    });
    assert.equal(posted.status, 204, posted.text);
    const told = await closed.bucket.sendSigned({ method: 'GET', path: `/${key}?acl` });
    assert.equal(told.element('Grant'), counts);
  });
}
open.refuses(
  'an unsigned form cannot choose an access list',
  { ...unsigned, fields: { 'x-oss-object-acl': 'public-read' } },
  '403 AccessDenied',
);

// --- An object's access list is stronger than its bucket's ---

async function putWithAcl(to: TrialBucket, acl: string): Promise<string> {
  const key = newKey();
  assert.equal((await to.put(key, 'old', { 'x-oss-object-acl': acl })).status, 200);
  return key;
}

test('an unsigned form may overwrite a public-read-write object in a private bucket', async () => {
  const key = await putWithAcl(closed.bucket, 'public-read-write');
  assert.equal((await closed.bucket.post({ ...unsigned, fields: { key } })).status, 204);
  assert.equal((await closed.bucket.get(key)).text, 'hello');
});
for (const acl of ['private', 'public-read']) {
  test(`an unsigned form may not overwrite a ${acl} object in a public-read-write bucket`, async () => {
    const key = await putWithAcl(open.bucket, acl);
    await checkRefused(open.bucket, { ...unsigned, fields: { key } }, '403 AccessDenied', {
      Message: 'You have no right to access this object.',
    });
    assert.equal((await open.bucket.get(key)).text, 'old');
  });
}
test('an unsigned form may overwrite an object that follows its public-read-write bucket', async () => {
  const key = await putWithAcl(open.bucket, 'default');
  assert.equal((await open.bucket.post({ ...unsigned, fields: { key } })).status, 204);
});
test('overwriting without an access list puts the object back to its bucket', async () => {
  const key = await putWithAcl(closed.bucket, 'public-read');
  assert.equal((await closed.bucket.post({ fields: { key } })).status, 204);
  assert.equal((await closed.bucket.send({ method: 'GET', path: `/${key}` })).status, 403);
});
test('a signed form for the wrong bucket', async () => {
  const fields = readable.bucket.fields({});
  const answer = await closed.bucket.postFields(fields);
  assert.equal(answer.ec, '0006-00000227');
});
