// The browser build of ali-oss in a page of another origin: what web applications do without a form. Uploads in parts, taken up again
// after a break, and everything that CORS has to let through for them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type OSS from 'ali-oss';
import type { Page } from 'playwright-core';
import { testInBrowser } from './browser-test.ts';
import { openSite, type Site } from './site.ts';
import { bucketName, type CorsRule, openStorage, type Storage } from './storage.ts';

declare global {
  interface Window {
    readonly OSS: typeof OSS;
  }
}

const packageJson = createRequire(import.meta.url).resolve('ali-oss/package.json');
const script = await readFile(path.join(path.dirname(packageJson), 'dist/aliyun-oss-sdk.min.js'), 'utf8');

/** A site whose page has loaded ali-oss. */
async function openApp(): Promise<Site> {
  const site = await openSite();
  site.add('/ali-oss.js', { headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: script });
  site.add('/', '<!doctype html><title>App</title><script src="/ali-oss.js"></script>');
  return site;
}

/** What the manual of the service tells web applications to configure. */
function everything(
  origin: string,
  exposeHeaders = ['ETag', 'x-oss-request-id', 'x-oss-version-id'],
): CorsRule {
  return {
    allowedOrigins: [origin],
    allowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
    allowedHeaders: ['*'],
    exposeHeaders,
    maxAgeSeconds: undefined,
  };
}

/** Those that can be handed to a page. */
type PlainOptions = Omit<OSS.Options, 'agent' | 'urllib'>;

interface Wish {
  readonly options: PlainOptions;
  readonly bytes: number;
  /** Give up after that many parts, and take it up again. */
  readonly breakAfter?: number;
}

interface Outcome {
  readonly etag?: string;
  readonly shares: readonly number[];
  readonly parts: number;
  readonly error?: string;
}

/** Uploads a file of that size, every byte of which is the low byte of its place. */
async function upload(page: Page, site: Site, wish: Wish): Promise<Outcome> {
  await page.goto(site.origin);
  return page.evaluate(async ({ options, bytes, breakAfter }: Wish) => {
    const file = new File([Uint8Array.from({ length: bytes }, (_, at) => at)], '简历.bin');
    const client = new window.OSS(options);
    const shares: number[] = [];
    let checkpoint: OSS.Checkpoint | undefined;
    const progress = (share: number, reached: OSS.Checkpoint | null) => {
      shares.push(share);
      checkpoint = reached ?? checkpoint;
      if (breakAfter !== undefined && reached?.doneParts.length === breakAfter) client.cancel();
    };
    const settings = { partSize: 100 * 1024, parallel: 2, progress };
    const send = (from?: OSS.Checkpoint) =>
      client.multipartUpload('up/简历 a+b.bin', file as never, {
        ...settings,
        ...(from && { checkpoint: from }),
      });
    try {
      const uploaded = await send().catch((error: Error) => {
        if (error.name !== 'cancel') throw error;
        breakAfter = undefined;
        return send(checkpoint);
      });
      return { etag: uploaded.etag, shares, parts: checkpoint?.doneParts.length ?? 0 };
    } catch (error) {
      return { error: String(error), shares, parts: checkpoint?.doneParts.length ?? 0 };
    }
  }, wish);
}

function optionsFor(storage: Storage, more: Partial<PlainOptions> = {}): PlainOptions {
  // By path: no name server of the test's machine need know `bucket.localhost`.
  return { ...storage.accessKey, endpoint: storage.endpoint, sldEnable: true, bucket: bucketName, ...more };
}

async function checkStored(storage: Storage, bytes: number): Promise<void> {
  const { content } = await storage.read('up/简历 a+b.bin');
  const expected = Buffer.from(Uint8Array.from({ length: bytes }, (_, at) => at));
  const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
  assert.equal(digest(content), digest(expected));
}

const bytes = 450_000;

for (const [version, signing] of Object.entries({ V1: {}, V4: { authorizationV4: true } })) {
  testInBrowser(`an upload in parts, signed with ${version}`, async (page) => {
    await using site = await openApp();
    await using storage = await openStorage({ rules: [everything(site.origin)] });
    const outcome = await upload(page, site, { options: optionsFor(storage, signing), bytes });
    assert.equal(outcome.error, undefined);
    assert.match(String(outcome.etag), /^"[0-9A-F]{32}-5"$/);
    assert.deepEqual([outcome.shares[0], outcome.shares.at(-1)], [0, 1]);
    await checkStored(storage, bytes);
  });
}

testInBrowser('an upload that is broken off is taken up again', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [everything(site.origin)] });
  const outcome = await upload(page, site, { options: optionsFor(storage), bytes, breakAfter: 2 });
  assert.equal(outcome.error, undefined);
  assert.match(String(outcome.etag), /-5"$/);
  await checkStored(storage, bytes);
});

testInBrowser('with a temporary key and its token', async (page) => {
  await using site = await openApp();
  const expiresAtMs = Date.now() + 3600_000;
  const temporary = { accessKeyId: 'STS.page', accessKeySecret: 'secret of a session' };
  const session = { securityToken: 'token of a session', expiresAtMs };
  const owner = { accessKeyId: 'owner', accessKeySecret: 'secret of the owner' };
  const accessKeys = [owner, { ...temporary, session }];
  await using storage = await openStorage({ rules: [everything(site.origin)], accessKeys });
  const options = optionsFor(storage, { ...temporary, authorizationV4: true });
  const withToken = { ...options, stsToken: session.securityToken };
  const outcome = await upload(page, site, { options: withToken, bytes });
  assert.equal(outcome.error, undefined);
  await checkStored(storage, bytes);
  const withoutToken = await upload(page, site, { options, bytes });
  assert.match(String(withoutToken.error), /InvalidAccessKeyId/);
});

testInBrowser('with the bucket in the host name', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [everything(site.origin)] });
  const { port } = new URL(storage.endpoint);
  const options = optionsFor(storage, { endpoint: `http://localhost:${port}`, sldEnable: false });
  const outcome = await upload(page, site, { options, bytes });
  assert.equal(outcome.error, undefined);
  await checkStored(storage, bytes);
});

testInBrowser('a rule that does not expose the ETag: ali-oss says what is missing', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [everything(site.origin, [])] });
  const outcome = await upload(page, site, { options: optionsFor(storage), bytes });
  assert.match(String(outcome.error), /set the etag of expose-headers/);
});

testInBrowser('no rule: the page hears of nothing but a failed request', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage();
  const outcome = await upload(page, site, { options: optionsFor(storage), bytes });
  assert.match(String(outcome.error), /RequestError|XHR|request error/i);
  assert.deepEqual(await storage.keys(), []);
});
