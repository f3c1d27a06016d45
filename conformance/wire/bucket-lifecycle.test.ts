// Lifecycle rules over HTTP (OSS API: PutBucketLifecycle, GetBucketLifecycle, DeleteBucketLifecycle; error pages 0014-…): documents, their
// refusals, what is announced of an object, and what has become of it when its days are over.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openConfigurationTrials } from '../configuration-trials.ts';
import { ask, succeed, texts } from '../object-requests.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, TrialBucket } from '../trial-bucket.ts';

const dayMs = 86_400_000;
let nowMs = Date.now();
const clock = () => nowMs;
const target = await openTarget({ clock });
after(() => target[Symbol.asyncDispose]());
const skip = target.isOurs ? false : 'needs a server whose clock can be moved';

const rule = (content: string, { id = 'r', prefix = 'tmp/', status = 'Enabled' } = {}) =>
  `<Rule><ID>${id}</ID><Prefix>${prefix}</Prefix><Status>${status}</Status>${content}</Rule>`;
const rules = (...all: string[]) => `<LifecycleConfiguration>${all.join('')}</LifecycleConfiguration>`;
const expires = (days: number) => `<Expiration><Days>${days}</Days></Expiration>`;
const moves = (days: number, storageClass: string) =>
  `<Transition><Days>${days}</Days><StorageClass>${storageClass}</StorageClass></Transition>`;

// --- Documents ---

const { bucket, put, get, keeps, refuses, begins, isForOwnersOnly } = await openConfigurationTrials(
  target,
  'lifecycle',
);

begins({ refusal: '404 NoSuchLifecycle' });
isForOwnersOnly(['PUT', 'GET', 'DELETE']);
keeps('a rule', rules(rule(expires(1))));
keeps(
  'every kind of rule',
  rules(
    rule(
      `<Tag><Key>k</Key><Value>v</Value></Tag><Filter><Not><Prefix>tmp/keep/</Prefix></Not></Filter>${expires(99)}${moves(30, 'IA')}${moves(60, 'Archive')}`,
    ),
    rule(
      '<Expiration><CreatedBeforeDate>2017-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration><AbortMultipartUpload><CreatedBeforeDate>2017-01-01T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>',
      { id: 'dates', prefix: 'backup/' },
    ),
    rule(
      '<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays></NoncurrentVersionExpiration>',
      { id: 'versions', prefix: 'logs/', status: 'Disabled' },
    ),
  ),
);
test('lifecycle: a rule without an ID gets one', async () => {
  const answer = await put(rules(rule(expires(1), { id: '' })));
  assert.equal(answer.status, 200, answer.text);
  assert.match((await get()).element('ID') ?? '', /^.{8,255}$/);
});
test('lifecycle: DELETE removes all rules, and again', async () => {
  await put(rules(rule(expires(1))));
  for (const _ of [1, 2]) {
    assert.equal((await bucket.sendSigned({ method: 'DELETE', path: '/?lifecycle' })).status, 204);
  }
  checkRefusal(await get(), '404 NoSuchLifecycle', { Message: 'No Row found in Lifecycle Table.' });
});

refuses('no document', '', '400 MalformedXML');
refuses('another root', '<Lifecycle/>', '400 MalformedXML');
refuses('no rule', rules(), '400 MalformedXML 0014-00000013');
refuses('no rule but something else', rules('<Rules/>'), '400 MalformedXML 0014-00000015');
refuses('an element nobody knows', rules(rule(`${expires(1)}<X/>`)), '400 MalformedXML 0014-00000017');
refuses('a rule that does nothing', rules(rule('')), '400 MalformedXML 0014-00000026');
refuses('an expiration without a time', rules(rule('<Expiration/>')), '400 MalformedXML 0014-00000060');
refuses('no status', rules(rule(expires(1), { status: '' })), '400 MalformedXML');
refuses('no days', rules(rule(expires(0))), '400 InvalidArgument');
refuses(
  'an ID that is too long',
  rules(rule(expires(1), { id: 'i'.repeat(256) })),
  '400 InvalidArgument 0014-00000019',
);
refuses(
  'an ID twice',
  rules(rule(expires(1)), rule(expires(1), { prefix: 'b/' })),
  '400 InvalidArgument 0014-00000020',
);
refuses(
  '1001 rules',
  rules(...Array.from({ length: 1001 }, (_, i) => rule(expires(1), { id: `${i}`, prefix: `${i}/` }))),
  '400 InvalidArgument 0014-00000014',
);
refuses(
  'one prefix within another, and the same action',
  rules(rule(expires(1)), rule(expires(2), { id: 's', prefix: 'tmp/a/' })),
  '400 InvalidArgument 0014-00000084',
);
refuses(
  'one prefix within another, and the same transition',
  rules(rule(moves(1, 'IA')), rule(moves(2, 'IA'), { id: 's', prefix: 'tmp/a/' })),
  '400 InvalidArgument 0014-00000079',
);
refuses(
  'one prefix twice',
  rules(rule(expires(9)), rule(moves(2, 'IA'), { id: 's' })),
  '400 InvalidArgument 0014-00000085',
);
refuses(
  'the end before a transition',
  rules(rule(expires(1)), rule(moves(2, 'IA'), { id: 's', prefix: 'tmp/a/' })),
  '400 InvalidArgument 0014-00000082',
);
refuses(
  'days and dates for the same objects',
  rules(
    rule(expires(9)),
    rule(
      '<Transition><CreatedBeforeDate>2017-01-01T00:00:00.000Z</CreatedBeforeDate><StorageClass>IA</StorageClass></Transition>',
      { id: 's', prefix: 'tmp/a/' },
    ),
  ),
  '400 InvalidRequest 0014-00000080',
);
refuses(
  'the time of the last access',
  rules(rule(moves(9, 'IA').replace('<Days>', '<IsAccessTime>true</IsAccessTime><Days>'))),
  '400 NotImplemented',
  { Header: 'IsAccessTime' },
);
test('lifecycle: overlapping rules, when the request says so', async () => {
  const body = rules(rule(expires(1)), rule(expires(2), { id: 's', prefix: 'tmp/a/' }));
  const headers = { 'x-oss-allow-same-action-overlap': 'true' };
  const answer = await bucket.sendSigned({ method: 'PUT', path: '/?lifecycle', body, headers });
  assert.equal(answer.status, 200, answer.text);
});

// --- What they do ---

async function newBucket(document: string): Promise<TrialBucket> {
  const made = await TrialBucket.create(target, 'private', clock);
  const answer = await made.sendSigned({ method: 'PUT', path: '/?lifecycle', body: document });
  assert.equal(answer.status, 200, answer.text);
  return made;
}

/** Days go by, and the rules are carried out. */
async function pass(days: number): Promise<void> {
  nowMs += days * dayMs;
  await target.runLifecycle?.();
}

test('an object tells when it will expire, and by which rule', async () => {
  const own = await newBucket(rules(rule(expires(3), { id: 'after 3 days' })));
  assert.equal((await own.put('keep')).headers['x-oss-expiration'], undefined);
  await own.put('tmp/a');
  const modifiedAtMs = Date.parse((await own.get('tmp/a')).headers['last-modified'] ?? '');
  const day = new Date((Math.ceil(modifiedAtMs / dayMs) + 3) * dayMs).toUTCString();
  const announced = `expiry-date="${day}", rule-id="after%203%20days"`;
  assert.equal((await own.get('tmp/a')).headers['x-oss-expiration'], announced);
  const head = await own.sendSigned({ method: 'HEAD', path: '/tmp/a' });
  assert.equal(head.headers['x-oss-expiration'], announced);
  assert.equal((await own.get('keep')).headers['x-oss-expiration'], undefined);
});
test('a form’s file expires, the others stay', { skip }, async () => {
  const own = await newBucket(rules(rule(expires(2))));
  await own.post({ fields: { key: 'tmp/a.txt' } });
  await own.post({ fields: { key: 'keep.txt' } });
  await pass(1);
  assert.equal((await own.get('tmp/a.txt')).status, 200);
  await pass(2);
  checkRefusal(await own.get('tmp/a.txt'), '404 NoSuchKey');
  assert.equal((await own.get('keep.txt')).status, 200);
});
test('an object that is overwritten begins anew', { skip }, async () => {
  const own = await newBucket(rules(rule(expires(2))));
  await own.put('tmp/a', 'old');
  nowMs += 2 * dayMs;
  await own.put('tmp/a', 'new');
  await pass(1);
  assert.equal((await own.get('tmp/a')).text, 'new');
});
test('an object moves to a colder class, and is otherwise what it was', { skip }, async () => {
  const own = await newBucket(rules(rule(moves(1, 'IA'))));
  const stored = await own.put('tmp/a', 'content', { 'x-oss-meta-author': 'a' });
  await pass(2);
  const { headers, text } = await own.get('tmp/a');
  assert.equal(headers['x-oss-storage-class'], 'IA');
  assert.equal(headers.etag, stored.headers.etag);
  assert.equal(headers['x-oss-meta-author'], 'a');
  assert.equal(text, 'content');
});
test('an upload in parts that nobody completes is aborted, and counts its days from its beginning', {
  skip,
}, async () => {
  const ends = '<AbortMultipartUpload><Days>2</Days></AbortMultipartUpload>';
  const own = await newBucket(rules(rule(ends)));
  const begin = async (key: string) => (await succeed(own, `POST ${key}?uploads`)).element('UploadId');
  const [old, kept] = [await begin('tmp/a'), await begin('keep')];
  nowMs += 2 * dayMs;
  await succeed(own, `PUT tmp/a?partNumber=1&uploadId=${old}`, { body: 'part' });
  const young = await begin('tmp/a');
  await pass(1);
  const listed = await succeed(own, 'GET ?uploads');
  assert.deepEqual(texts(listed, 'UploadId'), [kept, young]);
  checkRefusal(await ask(own, `GET tmp/a?uploadId=${old}`), '404 NoSuchUpload');
});
test('a disabled rule does nothing', { skip }, async () => {
  const own = await newBucket(rules(rule(expires(1), { status: 'Disabled' })));
  await own.put('tmp/a');
  await pass(9);
  assert.equal((await own.get('tmp/a')).status, 200);
});
