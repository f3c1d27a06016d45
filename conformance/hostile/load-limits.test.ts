// Too much at once: each limit is reached by some clients, who are refused and told when to come again, while others are served; and when
// the load is gone everything is as before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Answer, send } from '../http.ts';
import { rawContentType } from '../raw-form.ts';
import { RawConnection } from '../raw-http.ts';
import { openTarget } from '../target.ts';
import { newKey, TrialBucket } from '../trial-bucket.ts';

const MiB = 1024 ** 2;
/** For a test: a server that never comes to what is waited for would be asked for ever. */
const timeout = 60_000;

if (process.env.CONFORMANCE_ENDPOINT === undefined) testLimits();
else test('load limits', { skip: 'needs a server with small limits' }, () => {});

/** A form that has everything but its file, and so is being uploaded. */
async function beginUpload(bucket: TrialBucket) {
  const upload = bucket.open(bucket.fields({}), 10, { expect: '100-continue' });
  await upload.continued;
  await upload.begun;
  return upload;
}

/** Asks again and again: how soon a server notices that somebody has gone is its own business. */
async function until(act: () => Promise<boolean>): Promise<void> {
  while (!(await act())) await nextTurn();
}

/** A client at another address of this machine. */
const elsewhere = '127.0.0.2';

function testLimits(): void {
  test('connections: one beyond is closed, others and other addresses are served', {
    skip: process.platform !== 'linux' && 'only Linux has more than one loopback address from the start',
    timeout,
  }, async () => {
    await using target = await openTarget({ limits: { connectionsPerAddressMax: 3 } });
    const idle = await Promise.all(Array.from({ length: 3 }, () => RawConnection.open(target)));
    const beyond = await RawConnection.open(target);
    assert.deepEqual(await beyond.remaining(), []);

    const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const other = await RawConnection.open(target, elsewhere);
    await other.write(request);
    assert.deepEqual(
      (await other.remaining()).map(({ status }) => status),
      [403],
    );
    await idle[0]?.write(request);
    assert.deepEqual(
      (await idle[0]?.remaining())?.map(({ status }) => status),
      [403],
    );
    for (const connection of idle) connection.cut();
    await until(
      async () => (await send(target, { method: 'GET', path: '/' }).catch(() => undefined))?.status === 403,
    );
  });

  test('fields: beyond the limit a form is refused, and others are served', { timeout }, async () => {
    await using target = await openTarget({
      limits: { fieldBytesMax: 4 * MiB, fieldBytesPerAddressMax: 3 * MiB },
    });
    const bucket = await TrialBucket.create(target);
    const held = [await holdFields(bucket, 1.2 * MiB), await holdFields(bucket, 1.2 * MiB)];
    let refused: Answer | undefined;
    await until(async () => {
      refused = await bucket.post({ changed: { note: 'x'.repeat(MiB) } });
      if (refused.status === 503) return true;
      // The form that asks may have come before one that holds, and had that one refused. Two are held at most.
      held.push(await holdFields(bucket, 1.2 * MiB));
      return false;
    });
    assert.deepEqual(
      [refused?.status, refused?.code, refused?.headers['retry-after']],
      [503, 'ServiceUnavailable', '5'],
    );
    assert.equal((await bucket.post({})).status, 204, 'a small one still fits');
    for (const connection of held) connection.cut();
    await until(async () => (await bucket.post({ changed: { note: 'x'.repeat(MiB) } })).status === 204);
  });

  test('uploads: beyond the limit each kind is refused before its file is read, and reading and deleting go on', {
    timeout,
  }, async () => {
    await using target = await openTarget({ limits: { uploadsMax: 2 } });
    const bucket = await TrialBucket.create(target);
    await bucket.put('there');
    const uploads = [await beginUpload(bucket), await beginUpload(bucket)];
    await until(async () => (await bucket.put('probe')).status === 503);
    await checkUploadsRefused(bucket, 'Please reduce your request rate.', '5');
    for (const upload of uploads) upload.end(Buffer.concat([Buffer.alloc(10), upload.tail]));
    assert.deepEqual(await Promise.all(uploads.map(async ({ answer }) => (await answer).status)), [204, 204]);
    assert.equal((await bucket.post({})).status, 204);
  });

  test('a disk that is nearly full: uploads are refused until there is room again, and the server says so', {
    timeout,
  }, async () => {
    const disk = { freeBytes: 10_000, nowMs: Date.now() };
    await using target = await openTarget({
      adminPort: 0,
      freeBytesMin: 5_000,
      measureFreeBytes: async () => disk.freeBytes,
      clock: () => disk.nowMs,
    });
    const ready = async () => {
      const answer = await send(
        { endpoint: target.adminEndpoint as string },
        { method: 'GET', path: '/-/ready' },
      );
      return `${answer.status} ${answer.text}`;
    };
    const bucket = await TrialBucket.create(target, 'private', () => disk.nowMs);
    await bucket.put('there');
    assert.equal(await ready(), '200 {"ready":true}');
    const tooLarge = await bucket.put('large', 'x'.repeat(6_000));
    assert.deepEqual([tooLarge.status, tooLarge.code], [503, 'ServiceUnavailable']);

    Object.assign(disk, { freeBytes: 4_999, nowMs: disk.nowMs + 2_000 });
    await checkUploadsRefused(
      bucket,
      'The storage is nearly full. Uploads are refused until there is room again.',
      '60',
    );
    assert.match(await ready(), /^503 .*nearly full/);

    Object.assign(disk, { freeBytes: 5_100, nowMs: disk.nowMs + 2_000 });
    assert.equal((await bucket.put('there', 'new')).status, 200);
    assert.equal(await ready(), '200 {"ready":true}');
  });
}

/** A connection with a form on it that has sent this much of a field and is not yet at its file. */
async function holdFields(bucket: TrialBucket, bytes: number): Promise<RawConnection> {
  const connection = await RawConnection.open(bucket.target);
  const parts = ['a', 'b'].map(
    (name) =>
      `--form-boundary\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${'x'.repeat(bytes / 2)}\r\n`,
  );
  await connection.write(
    `POST /${bucket.name}/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${rawContentType}\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n`,
  );
  assert.equal((await connection.answer())?.status, 100);
  await connection.write(parts.join(''));
  return connection;
}

async function checkUploadsRefused(bucket: TrialBucket, message: string, retryAfter: string): Promise<void> {
  const before = await bucket.objects();
  const source = { 'x-oss-copy-source': `/${bucket.name}/there` };
  for (const [what, answer] of [
    ['form', await bucket.post({ file: { content: 'x'.repeat(100_000) } })],
    ['put', await bucket.put(newKey(), 'new')],
    ['copy', await bucket.sendSigned({ method: 'PUT', path: `/${newKey()}`, headers: source })],
  ] as const) {
    const { status, code, headers } = answer;
    assert.deepEqual(
      [status, code, answer.element('Message'), headers['retry-after']],
      [503, 'ServiceUnavailable', message, retryAfter],
      what,
    );
  }
  assert.deepEqual(await bucket.objects(), before);
  assert.equal((await bucket.get('there')).text, 'old');
  assert.equal((await bucket.sendSigned({ method: 'DELETE', path: '/nothing' })).status, 204);
}
