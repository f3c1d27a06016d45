// Objects in an archive class (RestoreObject; GetObject and HeadObject references, "x-oss-restore"): refused until they are restored, under
// way for a while by the clock, readable for some days. The states are simulated; the bytes have been there all the time.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ask, checkHeaders, objectTrials, succeed, texts } from '../object-requests.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, newKey, TrialBucket } from '../trial-bucket.ts';

let nowMs = Date.parse('2024-05-01T00:00:00Z');
const clock = () => nowMs;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const target = await openTarget({ clock });
after(() => target[Symbol.asyncDispose]());
const skip = target.isOurs ? false : 'needs a clock that can be turned';
const bucket = skip ? TrialBucket.of(target) : await TrialBucket.create(target, 'private', clock);

async function newObject(storageClass: string): Promise<string> {
  const key = newKey();
  await succeed(bucket, `PUT ${key}`, { body: 'hello', headers: { 'x-oss-storage-class': storageClass } });
  return key;
}

const request = (content: string) => ({ body: `<RestoreRequest>${content}</RestoreRequest>` });
const job = (tier: string) => `<JobParameters><Tier>${tier}</Tier></JobParameters>`;
const archived = { Message: "The operation is not valid for the object's state" };

describe('restoring', { skip }, () => {
  test('from the archive and back into it', async () => {
    const key = await newObject('Archive');
    checkRefusal(await ask(bucket, `GET ${key}`), '403 InvalidObjectState', archived);
    checkHeaders(await succeed(bucket, `HEAD ${key}`), {
      'x-oss-restore': undefined,
      'x-oss-storage-class': 'Archive',
    });

    const begun = await succeed(bucket, `POST ${key}?restore`, {}, 202);
    checkHeaders(begun, { 'x-oss-object-restore-priority': undefined });
    checkHeaders(await succeed(bucket, `HEAD ${key}`), { 'x-oss-restore': 'ongoing-request="true"' });
    checkRefusal(await ask(bucket, `GET ${key}`), '403 InvalidObjectState', archived);
    const again = await ask(bucket, `POST ${key}?restore`);
    checkRefusal(again, '409 RestoreAlreadyInProgress', { Message: 'The restore operation is in progress.' });

    nowMs += minuteMs;
    const restored = /^ongoing-request="false", expiry-date="\w{3}, \d\d May 2024 \d\d:\d\d:\d\d GMT"$/;
    const read = await succeed(bucket, `GET ${key}`);
    assert.equal(read.text, 'hello');
    checkHeaders(read, { 'x-oss-restore': restored });
    checkHeaders(await succeed(bucket, `HEAD ${key}`), { 'x-oss-restore': restored });

    nowMs += dayMs;
    checkRefusal(await ask(bucket, `GET ${key}`), '403 InvalidObjectState');
    checkHeaders(await succeed(bucket, `HEAD ${key}`), { 'x-oss-restore': undefined });
    await succeed(bucket, `POST ${key}?restore`, {}, 202);
  });

  test('a restored object can be given more days, never fewer', async () => {
    const key = await newObject('Archive');
    await succeed(bucket, `POST ${key}?restore`, request('<Days>3</Days>'), 202);
    nowMs += minuteMs;
    const expiry = async () =>
      /expiry-date="(.*)"/.exec(String((await succeed(bucket, `HEAD ${key}`)).headers['x-oss-restore']))?.[1];
    const first = await expiry();
    await succeed(bucket, `POST ${key}?restore`, request('<Days>1</Days>'));
    assert.equal(await expiry(), first);
    nowMs += dayMs;
    await succeed(bucket, `POST ${key}?restore`, request('<Days>7</Days>'));
    assert.equal(Date.parse(String(await expiry())), nowMs + 7 * dayMs);
  });

  for (const storageClass of ['ColdArchive', 'DeepColdArchive']) {
    test(`${storageClass}: the answer says how soon`, async () => {
      const tiers = [
        ['', 'Standard'],
        [job('Expedited'), 'Expedited'],
        [job('Standard'), 'Standard'],
        [job('Bulk'), 'Bulk'],
      ] as const;
      for (const [content, priority] of tiers) {
        const answer = await succeed(
          bucket,
          `POST ${await newObject(storageClass)}?restore`,
          request(content),
          202,
        );
        checkHeaders(answer, { 'x-oss-object-restore-priority': priority });
      }
    });
  }

  test('what is not archived cannot be restored', async () => {
    for (const storageClass of ['Standard', 'IA']) {
      const answer = await ask(bucket, `POST ${await newObject(storageClass)}?restore`);
      const Message = 'The operation is not supported for this resource';
      checkRefusal(answer, '400 OperationNotSupported 0016-00000702', { Message });
    }
  });

  test('lists tell of it', async () => {
    const key = await newObject('Archive');
    const list = async () => {
      const answers = await Promise.all(
        [`GET ?prefix=${key}`, `GET ?list-type=2&prefix=${key}`, `GET ?versions&prefix=${key}`].map((line) =>
          succeed(bucket, line as `GET ${string}`),
        ),
      );
      return answers.map((answer) => texts(answer, 'RestoreInfo').join());
    };
    assert.deepEqual(await list(), ['', '', '']);
    await succeed(bucket, `POST ${key}?restore`, {}, 202);
    assert.deepEqual(await list(), Array(3).fill('ongoing-request="true"'));
    nowMs += minuteMs;
    for (const text of await list()) assert.match(text, /^ongoing-request="false", expiry-date="/);
  });

  test('an archived object is no source of a copy, and a copy of a restored one is archived by its own class', async () => {
    const key = await newObject('Archive');
    const copy = { headers: { 'x-oss-copy-source': `/${bucket.name}/${key}` } };
    checkRefusal(await ask(bucket, 'PUT copy.txt', copy), '403 InvalidObjectState');
    await succeed(bucket, `POST ${key}?restore`, {}, 202);
    nowMs += minuteMs;
    await succeed(bucket, 'PUT copy.txt', copy);
    assert.equal((await succeed(bucket, 'GET copy.txt')).text, 'hello');
    const archive = { headers: { ...copy.headers, 'x-oss-storage-class': 'Archive' } };
    await succeed(bucket, 'PUT copy.txt', archive);
    checkRefusal(await ask(bucket, 'GET copy.txt'), '403 InvalidObjectState');
    checkHeaders(await succeed(bucket, 'HEAD copy.txt'), { 'x-oss-restore': undefined });
  });

  test('an overwritten object forgets it', async () => {
    const key = await newObject('Archive');
    await succeed(bucket, `POST ${key}?restore`, {}, 202);
    await succeed(bucket, `PUT ${key}`, { body: 'new', headers: { 'x-oss-storage-class': 'Archive' } });
    nowMs += minuteMs;
    checkRefusal(await ask(bucket, `GET ${key}`), '403 InvalidObjectState');
  });

  test('a link to an archived object', async () => {
    const key = await newObject('Archive');
    await succeed(bucket, 'PUT link?symlink', { headers: { 'x-oss-symlink-target': key } });
    checkRefusal(await ask(bucket, 'GET link'), '403 InvalidObjectState');
  });

  test('one version of several', async () => {
    const versioned = await TrialBucket.create(target, 'private', clock);
    await succeed(versioned, 'PUT ?versioning', {
      body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    });
    const headers = { 'x-oss-storage-class': 'Archive' };
    const old = await succeed(versioned, 'PUT a', { body: '1', headers });
    await succeed(versioned, 'PUT a', { body: '2', headers });
    const id = old.headers['x-oss-version-id'] as string;
    checkHeaders(await succeed(versioned, `POST a?restore&versionId=${id}`, {}, 202), {
      'x-oss-version-id': id,
    });
    nowMs += minuteMs;
    assert.equal((await succeed(versioned, `GET a?versionId=${id}`)).text, '1');
    checkRefusal(await ask(versioned, 'GET a'), '403 InvalidObjectState');
  });
});

const { refuses } = objectTrials(bucket);
if (!skip) {
  const key = await newObject('Archive');
  const restore = `POST ${key}?restore` as const;
  refuses('a tier in the class that has none', restore, request(job('Standard')), '400 MalformedXML');
  refuses('an unknown tier', restore, request(job('Fast')), '400 MalformedXML');
  refuses('no days', restore, request('<Days>0</Days>'), '400 MalformedXML');
  refuses('no XML', restore, { body: 'now' }, '400 MalformedXML');
  refuses('an object that is not there', 'POST nothing?restore', {}, '404 NoSuchKey 0026-00000001');
  refuses('restoring by a stranger', restore, { signed: false }, '403 AccessDenied');
}
