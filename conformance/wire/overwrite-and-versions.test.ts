// What happens to an object that is there already (PostObject reference, "x-oss-forbid-overwrite"; OSS API: versioning): it is replaced, or
// kept, or becomes an older version; and of many forms that may not overwrite one another exactly one wins.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openTarget, type Target } from '../target.ts';
import { checkRefused, newKey, openTrials, TrialBucket, type TrialForm } from '../trial-bucket.ts';

const { accepts, refuses, bucket, target } = await openTrials();
const exists = '409 FileAlreadyExists';
const message = { Message: 'The object you specified already exists and can not be overwritten.' };
const keep: TrialForm = { fields: { 'x-oss-forbid-overwrite': 'true' } };

const forbid = (value: string, key = newKey()): TrialForm => ({
  fields: { key, 'x-oss-forbid-overwrite': value },
});

async function newObject(to: TrialBucket): Promise<string> {
  const key = newKey();
  assert.equal((await to.put(key)).status, 200);
  return key;
}

// --- Without versions ---

test('a form overwrites', async () => {
  const key = await newObject(bucket);
  assert.equal((await bucket.post({ fields: { key } })).status, 204);
  assert.equal((await bucket.get(key)).text, 'hello');
});
test('an overwritten object keeps nothing of the one before', async () => {
  const key = newKey();
  await bucket.put(key, 'old', {
    'x-oss-meta-a': '1',
    'content-type': 'text/html',
    'cache-control': 'no-store',
  });
  await bucket.post({ fields: { key }, file: { contentType: undefined } });
  const { headers } = await bucket.get(key);
  assert.equal(headers['x-oss-meta-a'], undefined);
  assert.equal(headers['cache-control'], undefined);
  assert.equal(headers['content-type'], 'application/octet-stream');
});
test('x-oss-forbid-overwrite false overwrites', async () => {
  const key = await newObject(bucket);
  assert.equal((await bucket.post(forbid('false', key))).status, 204);
  assert.equal((await bucket.get(key)).text, 'hello');
});
accepts('x-oss-forbid-overwrite true on a name that is free', keep);
test('x-oss-forbid-overwrite true on a name that is taken', async () => {
  const key = await newObject(bucket);
  await checkRefused(bucket, forbid('true', key), exists, message);
  assert.equal((await bucket.get(key)).text, 'old');
});
test('x-oss-forbid-overwrite true looks at the expanded key', async () => {
  const key = await newObject(bucket);
  await checkRefused(bucket, { ...forbid('true', '${filename}'), file: { fileName: key } }, exists, message);
});
test('x-oss-forbid-overwrite true on a name that was deleted', async () => {
  const key = await newObject(bucket);
  assert.equal((await bucket.sendSigned({ method: 'DELETE', path: `/${key}` })).status, 204);
  assert.equal((await bucket.post(forbid('true', key))).status, 204);
});
for (const value of ['TRUE', 'yes', '1', ' true', '']) {
  refuses(`x-oss-forbid-overwrite "${value}"`, forbid(value), '400 InvalidArgument 0017-00000279');
}
test('a header of that name has no effect', async () => {
  const key = await newObject(bucket);
  assert.equal(
    (await bucket.post({ fields: { key }, headers: { 'x-oss-forbid-overwrite': 'true' } })).status,
    204,
  );
});

// --- With versions ---

async function newVersionedBucket(status?: 'Enabled' | 'Suspended'): Promise<TrialBucket> {
  const to = await TrialBucket.create(target);
  if (status) await setVersioning(to, status);
  return to;
}

async function setVersioning(to: TrialBucket, status: 'Enabled' | 'Suspended'): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  const answer = await to.sendSigned({ method: 'PUT', path: '/?versioning', body });
  assert.equal(answer.status, 200, answer.text);
}

/** Posts the content, and returns the id of the version that it became. */
async function postVersion(to: TrialBucket, key: string, content: string): Promise<string | undefined> {
  const answer = await to.post({ fields: { key }, file: { content } });
  assert.equal(answer.status, 204, answer.text);
  return answer.headers['x-oss-version-id'] as string | undefined;
}

async function readVersion(to: TrialBucket, key: string, id?: string): Promise<string> {
  const query = id === undefined ? '' : `?versionId=${id}`;
  return (await to.sendSigned({ method: 'GET', path: `/${key}${query}` })).text;
}

test('enabled: each form makes a version with an id of its own', async () => {
  const to = await newVersionedBucket('Enabled');
  const ids = [
    await postVersion(to, 'a', '1'),
    await postVersion(to, 'a', '2'),
    await postVersion(to, 'b', '3'),
  ];
  assert.equal(new Set(ids).size, 3);
  assert.ok(ids.every((id) => id && id !== 'null' && /^[\w.~-]+$/.test(id)));
  assert.deepEqual([await readVersion(to, 'a', ids[0]), await readVersion(to, 'a', ids[1])], ['1', '2']);
  assert.equal(await readVersion(to, 'a'), '2');
});
test('enabled: every answer tells the id', async () => {
  const to = await newVersionedBucket('Enabled');
  for (const fields of [
    { success_action_status: '200' },
    { success_action_status: '201' },
    { success_action_redirect: 'http://example.com' },
  ]) {
    const { headers } = await to.post({ fields: { ...fields } as Record<string, string> });
    assert.match(headers['x-oss-version-id'] as string, /^[\w.~-]+$/);
  }
});
test('enabled later: what was there before is the version null', async () => {
  const to = await newVersionedBucket();
  assert.equal(await postVersion(to, 'a', 'before'), undefined);
  await setVersioning(to, 'Enabled');
  await postVersion(to, 'a', 'after');
  assert.deepEqual([await readVersion(to, 'a', 'null'), await readVersion(to, 'a')], ['before', 'after']);
});
test('suspended: forms make and replace the version null', async () => {
  const to = await newVersionedBucket('Enabled');
  const kept = await postVersion(to, 'a', 'kept');
  await setVersioning(to, 'Suspended');
  assert.equal(await postVersion(to, 'a', '1'), 'null');
  assert.equal(await postVersion(to, 'a', '2'), 'null');
  assert.equal(await readVersion(to, 'a', 'null'), '2');
  assert.equal(await readVersion(to, 'a', kept), 'kept');
});
for (const status of ['Enabled', 'Suspended'] as const) {
  test(`${status}: x-oss-forbid-overwrite has no effect`, async () => {
    const to = await newVersionedBucket(status);
    await postVersion(to, 'a', 'first');
    assert.equal((await to.post({ ...forbid('true', 'a'), file: { content: 'second' } })).status, 204);
    assert.equal(await readVersion(to, 'a'), 'second');
  });
}
test('enabled: x-oss-forbid-overwrite must still be true or false', async () => {
  await checkRefused(
    await newVersionedBucket('Enabled'),
    forbid('maybe'),
    '400 InvalidArgument 0017-00000279',
  );
});
test('enabled: a form over a delete marker brings the name back', async () => {
  const to = await newVersionedBucket('Enabled');
  await postVersion(to, 'a', '1');
  await to.sendSigned({ method: 'DELETE', path: '/a' });
  assert.equal((await to.get('a')).status, 404);
  await postVersion(to, 'a', '2');
  assert.equal(await readVersion(to, 'a'), '2');
});
test('enabled: a form that is refused makes no version', async () => {
  const to = await newVersionedBucket('Enabled');
  await to.post({ fields: { key: 'a' }, policy: { conditions: [['content-length-range', 0, 1]] } });
  const { text } = await to.sendSigned({ method: 'GET', path: '/?versions' });
  assert.doesNotMatch(text, /<Version>/);
});

// --- Races ---

const racers = 24;
/** Small enough to be stored within the index, and too large for that. */
const sizes = [5, 100_000];

async function checkRace(on: Target, bytes: number): Promise<void> {
  const to = await TrialBucket.create(on);
  const key = newKey();
  const contents = Array.from({ length: racers }, (_, i) => String.fromCharCode(97 + i).repeat(bytes));
  const answers = await Promise.all(
    contents.map((content) => to.post({ ...forbid('true', key), file: { content } })),
  );
  const outcomes = answers.map(({ status, code }) => `${status} ${code ?? ''}`.trim());
  assert.equal(outcomes.filter((outcome) => outcome === '204').length, 1, outcomes.join());
  assert.equal(outcomes.filter((outcome) => outcome === exists).length, racers - 1, outcomes.join());
  const winner = contents[outcomes.indexOf('204')];
  assert.equal((await to.get(key)).text, winner);
}

for (const bytes of sizes) {
  test(`${racers} forms of ${bytes} bytes race for one name: one wins`, () => checkRace(target, bytes));
}
for (const bytes of sizes) {
  test(`${racers} forms of ${bytes} bytes race for one name in a store on disk: one wins`, async (t) => {
    if (!target.isOurs) return t.skip('needs a server started with dataDir');
    const dataDir = mkdtempSync(path.join(tmpdir(), 'postern-race-'));
    after(() => rmSync(dataDir, { recursive: true, force: true }));
    await using durable = await openTarget({ memory: false, dataDir });
    await checkRace(durable, bytes);
  });
}
test('forms that may overwrite all succeed, and the object is one of them', async () => {
  const key = newKey();
  const contents = Array.from({ length: racers }, (_, i) => `content ${i}`);
  const answers = await Promise.all(
    contents.map((content) => bucket.post({ fields: { key }, file: { content } })),
  );
  assert.ok(answers.every(({ status }) => status === 204));
  const { text, headers } = await bucket.get(key);
  assert.ok(contents.includes(text));
  assert.equal(headers.etag, answers[contents.indexOf(text)]?.headers.etag);
});
