// What happens while a body is on its way, which may take hours: a retention policy begins, another upload is done first, the bucket is
// removed and made again. The rest of retention is in conformance/wire/bucket-worm.test.ts.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startTestServer, type TestServer } from './call-notation.ts';

const dayMs = 86_400_000;

async function initiateWorm({ ask }: TestServer): Promise<void> {
  const body =
    '<InitiateWormConfiguration><RetentionPeriodInDays>1</RetentionPeriodInDays></InitiateWormConfiguration>';
  const { headers } = await ask('POST docs?worm', { body });
  await ask(`POST docs?wormId=${headers['x-oss-worm-id']}`);
}

async function setVersioning({ ask }: TestServer, status: string): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  await ask('PUT docs?versioning', { body });
}

/** A body in the midst of which something else happens. */
async function* around(happens: () => Promise<unknown>): AsyncGenerator<string> {
  yield 'slow';
  await happens();
  yield 'er';
}

async function started(...keys: readonly string[]): Promise<TestServer> {
  const server = startTestServer();
  await server.ask('PUT docs');
  for (const key of keys) await server.ask(`PUT docs/${key}`, { body: 'old' });
  return server;
}

const append = (position: number) => `POST docs/a?append&position=${position}`;

suite('an object is not overwritten that is retained when the body has come', () => {
  test('because a policy began meanwhile', async () => {
    const server = await started('a');
    const body = around(() => initiateWorm(server));
    assert.equal(await server.refusal('PUT docs/a', { body }), 'FileImmutable');
    assert.equal((await server.ask('GET docs/a')).text, 'old');
  });

  test('nor appended to', async () => {
    const server = await started();
    await server.ask(append(0), { body: 'old' });
    const body = around(() => initiateWorm(server));
    assert.equal(await server.refusal(append(3), { body }), 'FileImmutable');
    assert.equal((await server.ask('GET docs/a')).text, 'old');
  });

  for (const versioning of ['never', 'Suspended']) {
    test(`because it was put meanwhile in the place of one whose days were over (versioning ${versioning})`, async () => {
      const server = await started('a');
      await initiateWorm(server);
      if (versioning === 'Suspended') {
        await setVersioning(server, 'Enabled');
        await setVersioning(server, 'Suspended');
      }
      server.clock.nowMs += dayMs;
      const body = around(() => server.ask('PUT docs/a', { body: 'new' }));
      assert.equal(await server.refusal('PUT docs/a', { body }), 'FileImmutable');
      assert.equal((await server.ask('GET docs/a')).text, 'new');
    });
  }

  test('but one whose days are over is', async () => {
    const server = await started('a');
    await initiateWorm(server);
    server.clock.nowMs += dayMs;
    assert.equal((await server.ask('PUT docs/a', { body: around(async () => {}) })).status, 200);
    assert.equal((await server.ask('GET docs/a')).text, 'slower');
  });
});

suite('a body that was sent to one bucket does not come into another of the same name', () => {
  for (const line of ['PUT docs/a', append(0)]) {
    test(line, async () => {
      const server = await started();
      const body = around(async () => {
        await server.ask('DELETE docs');
        await server.ask('PUT docs', { as: 'bob' });
      });
      assert.equal(await server.refusal(line, { body }), 'NoSuchBucket BucketName=docs');
      assert.equal(await server.refusal('GET docs/a', { as: 'bob' }), 'NoSuchKey Key=a');
    });
  }
});
