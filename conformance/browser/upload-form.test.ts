// `uploadForm` of the sdk in a real page of a real site, against a real server: what it stores, what it refuses before a byte is sent, and
// how it explains what browsers hide.

import assert from 'node:assert/strict';
import path from 'node:path';
import type { SignedForm, UploadError, Uploaded, UploadOptions } from '@postern/sdk';
import { csp } from '@postern/sdk/sign';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { limitUploadSpeed, testInBrowser } from './browser-test.ts';
import { openSite, type Site } from './site.ts';
import { allow, bucketName, openStorage } from './storage.ts';

// --- The site ---

declare global {
  interface Window {
    readonly sdk: typeof import('@postern/sdk');
  }
}

const bundle = await build({
  entryPoints: [path.join(import.meta.dirname, '../../packages/sdk/src/browser/index.ts')],
  bundle: true,
  format: 'esm',
  write: false,
});

/** A site whose page has loaded the sdk. */
async function openApp({ lang = 'en', policy = '' } = {}): Promise<Site> {
  const site = await openSite();
  site.add('/sdk.js', {
    headers: { 'content-type': 'text/javascript' },
    body: bundle.outputFiles[0]?.text ?? '',
  });
  site.add('/start.js', {
    headers: { 'content-type': 'text/javascript' },
    body: "import * as sdk from './sdk.js'; window.sdk = sdk;",
  });
  site.add('/', {
    headers: policy === '' ? {} : { 'content-security-policy': policy },
    body: `<!doctype html><html lang="${lang}"><title>App</title><script type="module" src="/start.js"></script>`,
  });
  return site;
}

// --- Uploading in it ---

interface Wish {
  /** Asked for in turn, when there are several. */
  readonly forms: readonly SignedForm[];
  readonly name?: string;
  readonly bytes?: number;
  readonly type?: string;
  readonly options?: Omit<UploadOptions, 'onProgress' | 'signal'>;
  /** Give up at the first sign of progress. */
  readonly cancel?: boolean;
}

type ErrorFacts = Pick<
  UploadError,
  'name' | 'message' | 'kind' | 'status' | 'code' | 'ec' | 'requestId' | 'explain'
>;

interface Outcome {
  readonly done?: Uploaded;
  readonly error?: ErrorFacts;
  /** How much had left, each time that the page was told. */
  readonly sent: readonly number[];
  /** What the page was told there is to send, the last time. */
  readonly total: number;
  /** How many forms were asked for. */
  readonly asked: number;
}

async function upload(page: Page, site: Site, wish: Wish): Promise<Outcome> {
  await page.goto(site.origin);
  return uploadHere(page, wish);
}

function uploadHere(page: Page, wish: Wish): Promise<Outcome> {
  return page.evaluate(async ({ forms, name = 'a.txt', bytes = 5, type = 'text/plain', ...wish }: Wish) => {
    const { uploadForm } = window.sdk;
    const controller = new AbortController();
    const sent: number[] = [];
    let total = 0;
    let asked = 0;
    const seen = () => ({ sent, total, asked });
    try {
      const done = await uploadForm(
        () => forms[asked++] as SignedForm,
        new File([new Uint8Array(bytes).fill(97)], name, { type }),
        {
          ...wish.options,
          signal: controller.signal,
          onProgress: ({ sentBytes, totalBytes }) => {
            sent.push(sentBytes);
            total = totalBytes;
            if (wish.cancel) controller.abort();
          },
        },
      );
      return { done, ...seen() };
    } catch (thrown) {
      const { name, message, kind, status, code, ec, requestId, explain } = thrown as UploadError;
      return { error: { name, message, kind, status, code, ec, requestId, explain }, ...seen() };
    }
  }, wish);
}

/** @throws when the upload succeeded */
function getError({ done, error }: Outcome): ErrorFacts {
  assert.equal(done, undefined);
  assert.ok(error);
  return error;
}

function getDone({ done, error }: Outcome): Uploaded {
  assert.deepEqual(error, undefined);
  assert.ok(done);
  return done;
}

// --- Success ---

testInBrowser('a file is stored, and the page learns where', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  const done = getDone(await upload(page, site, { forms: [storage.sign()] }));
  const { requestId, body, ...facts } = done;
  assert.match(requestId ?? '', /^[0-9A-F]{24}$/);
  assert.match(body, /<PostResponse/);
  assert.deepEqual(facts, {
    status: 201,
    key: 'up/a.txt',
    location: `${storage.endpoint}/${bucketName}/up/a.txt`,
    etag: '594F803B380A41396ED63DCA39503542',
    versionId: undefined,
    warning: undefined,
  });
  assert.deepEqual(storage.answered, ['OPTIONS 200', 'POST 201']);
  const { contentType, content } = await storage.read('up/a.txt');
  assert.deepEqual([contentType, content.toString()], ['text/plain', 'aaaaa']);
});

testInBrowser('12 MB, with progress that only grows and ends at the end', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  const bytes = 12_000_000;
  const outcome = await upload(page, site, { forms: [storage.sign()], bytes });
  assert.equal(getDone(outcome).status, 201);
  assert.equal((await storage.read('up/a.txt')).content.length, bytes);
  const { sent, total } = outcome;
  assert.deepEqual(
    sent,
    sent.toSorted((a, b) => a - b),
  );
  assert.equal(sent.at(-1), total);
  assert.ok(total > bytes);
});

testInBrowser('without progress nothing is asked beforehand', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  const outcome = await upload(page, site, { forms: [storage.sign()], options: { progress: false } });
  assert.equal(getDone(outcome).status, 201);
  assert.deepEqual(storage.answered, ['POST 201']);
});

testInBrowser('the address of an object with a difficult name leads to it', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)], acl: 'public-read' });
  for (const successActionStatus of [201, 204] as const) {
    const form = storage.sign({ successActionStatus, overwrite: true });
    const { key, location } = getDone(
      await upload(page, site, { forms: [form], name: '简历 "v1"+a&b #%.txt' }),
    );
    assert.equal(key, 'up/简历 "v1"+a&b #%.txt');
    await page.goto(location);
    assert.equal(await page.locator('body').textContent(), 'aaaaa');
  }
});

testInBrowser('a type that the browser does not know is found by the ending', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  getDone(await upload(page, site, { forms: [storage.sign()], name: 'notes.md', type: '' }));
  assert.equal((await storage.read('up/notes.md')).contentType, 'text/markdown');
});

testInBrowser('a redirect is for plain forms and is dropped', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  const form = storage.sign({ successActionRedirect: `${site.origin}/thanks` });
  assert.equal(getDone(await upload(page, site, { forms: [form] })).status, 201);
  assert.deepEqual(
    site.requests.map(({ url }) => url),
    ['/', '/start.js', '/sdk.js'],
  );
});

testInBrowser('a form that has expired is asked for again', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  const expired = storage.sign({ nowMs: Date.now() - 2 * 3600_000 });
  const outcome = await upload(page, site, { forms: [expired, storage.sign()] });
  assert.equal(getDone(outcome).status, 201);
  assert.equal(outcome.asked, 2);
  assert.deepEqual(
    storage.answered.filter((line) => line.startsWith('POST')),
    ['POST 403 AccessDenied', 'POST 201'],
  );
});

// --- Giving up ---

testInBrowser('what is canceled on the way leaves no object', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  // Slow enough that the first sign of progress comes long before the end.
  await limitUploadSpeed(page, 500_000);
  const outcome = await upload(page, site, { forms: [storage.sign()], bytes: 12_000_000, cancel: true });
  assert.equal(getError(outcome).name, 'AbortError');
  assert.ok((outcome.sent.at(-1) ?? 0) < outcome.total);
  assert.deepEqual(await storage.answers(2), ['OPTIONS 200', 'POST 400 IncompleteBody']);
  assert.deepEqual(await storage.keys(), []);
});

// --- Refused before a byte is sent ---

const MB = 1024 ** 2;

/** What the form allows, what is wrong with the file, and what the page is told. */
const REFUSED_HERE: readonly (readonly [
  title: string,
  allowed: Parameters<Awaited<ReturnType<typeof openStorage>>['sign']>[0],
  wish: Omit<Wish, 'forms'>,
  kind: string,
  sentences: Readonly<Record<'en' | 'zh', string>>,
])[] = [
  [
    'a file that is too large',
    { maxBytes: 10 * MB },
    { bytes: 12 * MB },
    'too-large',
    { en: 'The file is too large: 12 MB, limit 10 MB.', zh: '文件太大：12 MB，上限 10 MB。' },
  ],
  [
    'an empty file',
    { minBytes: 1, maxBytes: 10 * MB },
    { bytes: 0 },
    'too-small',
    { en: 'The file is too small: 0 B, minimum 1 B.', zh: '文件太小：0 B，下限 1 B。' },
  ],
  [
    'a type that is not wanted',
    { contentTypes: ['application/pdf'] },
    {},
    'wrong-type',
    { en: 'Files of type text/plain are not accepted here.', zh: '不接受类型为 text/plain 的文件。' },
  ],
  [
    'a name outside of the folder',
    {},
    { options: { key: 'elsewhere/a.txt' } },
    'wrong-name',
    { en: 'The name elsewhere/a.txt is not allowed here.', zh: '不允许使用名称 elsewhere/a.txt。' },
  ],
];
for (const [title, allowed, wish, kind, sentences] of REFUSED_HERE) {
  testInBrowser(`${title} is refused without a request, in the language of the page`, async (page) => {
    await using storage = await openStorage();
    for (const lang of ['en', 'zh'] as const) {
      await using site = await openApp({ lang: lang === 'zh' ? 'zh-CN' : lang });
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      const error = getError(await upload(page, site, { forms: [storage.sign(allowed)], ...wish }));
      assert.deepEqual([error.name, error.kind, error.message], ['UploadError', kind, sentences[lang]]);
      assert.deepEqual(
        requests.filter((url) => !url.startsWith(site.origin)),
        [],
      );
    }
    assert.deepEqual(storage.answered, []);
  });
}

// --- Refused by storage ---

for (const development of [false, true]) {
  const mode = development ? 'in development with the explanation' : 'without telling strangers why';
  testInBrowser(`a refusal arrives as an error with all its facts, ${mode}`, async (page) => {
    await using site = await openApp();
    await using storage = await openStorage(development ? { development } : { rules: [allow(site.origin)] });
    const form = storage.sign();
    const fields = { ...form.fields, Signature: Buffer.alloc(20).toString('base64') };
    const { requestId, explain, ...error } = getError(
      await upload(page, site, { forms: [{ ...form, fields }] }),
    );
    assert.deepEqual(error, {
      name: 'UploadError',
      kind: 'refused',
      message:
        'Storage refused the file: The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      status: 403,
      code: 'SignatureDoesNotMatch',
      ec: '0002-00000705',
    });
    assert.match(requestId ?? '', /^[0-9A-F]{24}$/);
    if (development) assert.equal(typeof JSON.parse(explain ?? '').summary.zh, 'string');
    else assert.equal(explain, undefined);
    assert.deepEqual(await storage.keys(), []);
  });
}

testInBrowser('a name that is taken is an error of its own kind', async (page) => {
  await using site = await openApp();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  getDone(await upload(page, site, { forms: [storage.sign()] }));
  const error = getError(await upload(page, site, { forms: [storage.sign()] }));
  assert.deepEqual([error.kind, error.status, error.code], ['exists', 409, 'FileAlreadyExists']);
  assert.equal(error.message, 'A file of this name exists.');
});

// --- What browsers hide ---

testInBrowser(
  'without a CORS rule the error says whose rules to look at, and for which page',
  async (page) => {
    await using site = await openApp();
    await using storage = await openStorage();
    const error = getError(await upload(page, site, { forms: [storage.sign()] }));
    assert.deepEqual([error.kind, error.status], ['network', 0]);
    for (const fact of ['CORS', 'POST', storage.endpoint, site.origin]) {
      assert.ok(error.explain?.includes(fact), `${fact} is not in: ${error.explain}`);
    }
  },
);

testInBrowser('a policy of the page that blocks storage is named, with what to add to it', async (page) => {
  await using storage = await openStorage({ development: true });
  const form = storage.sign();
  await using site = await openApp({ policy: "default-src 'self'" });
  const error = getError(await upload(page, site, { forms: [form] }));
  assert.equal(error.kind, 'csp');
  assert.match(error.explain ?? '', /Content-Security-Policy/);
  assert.ok(error.explain?.includes(`add ${storage.endpoint} to connect-src`), error.explain);
  assert.deepEqual(storage.answered, []);

  await using mended = await openApp({ policy: ["default-src 'self'", ...csp(form)].join('; ') });
  assert.equal(getDone(await upload(page, mended, { forms: [form] })).status, 201);
});

testInBrowser('storage that is not running', async (page) => {
  const storage = await openStorage();
  const form = storage.sign();
  await storage[Symbol.asyncDispose]();
  await using site = await openApp();
  const error = getError(await upload(page, site, { forms: [form] }));
  assert.equal(error.kind, 'network');
  assert.ok(error.explain?.includes(`Is ${storage.endpoint} running?`), error.explain);
});

testInBrowser('a device without a network', async (page) => {
  await using storage = await openStorage({ development: true });
  await using site = await openApp();
  await page.goto(site.origin);
  await page.waitForFunction(() => 'sdk' in window);
  await page.context().setOffline(true);
  const error = getError(await uploadHere(page, { forms: [storage.sign()] }));
  assert.deepEqual([error.kind, error.message], ['offline', 'There is no network connection.']);
});
