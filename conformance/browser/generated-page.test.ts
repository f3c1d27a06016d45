// The page that `postern form` writes, as somebody gets it: opened as a local file, a file chosen, the form sent. The page needs no script
// and no server of its own, and tells nobody the secret.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { nextFilePicker, tabTo, testInBrowser } from './browser-test.ts';
import { openSite } from './site.ts';
import { bucketName, openStorage, type Storage } from './storage.ts';

const postern = path.join(import.meta.dirname, '../../packages/cli/src/main.ts');

const folder = mkdtempSync(path.join(tmpdir(), 'postern-generated-page-'));
after(() => rmSync(folder, { recursive: true }));

const resumeName = '简历 v1.pdf';
const resumeFile = path.join(folder, resumeName);
const resume = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n', 'latin1');
const resumeMd5 = createHash('md5').update(resume).digest('hex').toUpperCase();
writeFileSync(resumeFile, resume);

/** Runs `postern form` for the storage's bucket. @returns the file it wrote */
async function makePage({ endpoint, accessKey }: Storage, ...flags: readonly string[]): Promise<string> {
  const file = path.join(folder, 'post.html');
  const line = ['form', '--bucket', bucketName, '--endpoint', new URL(endpoint).host, '--out', file];
  const key = ['--id', accessKey.accessKeyId, '--key', accessKey.accessKeySecret];
  const { stdout } = await promisify(execFile)(process.execPath, [postern, ...line, ...key, ...flags]);
  assert.match(stdout, /^form is saved into /m);
  const page = readFileSync(file, 'utf8');
  assert.equal(page.includes(accessKey.accessKeySecret), false, 'the secret is in the page');
  assert.doesNotMatch(page, /<script|javascript:/i);
  return pathToFileURL(file).href;
}

/** Chooses the résumé, sends the form, and waits for what the browser shows next. */
async function send(page: Page): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(resumeFile);
  await page.locator('input[type=submit]').click();
}

async function checkStored(storage: Storage): Promise<void> {
  assert.deepEqual(await storage.keys(), [`upload/${resumeName}`]);
  const stored = await storage.read(`upload/${resumeName}`);
  assert.equal(stored.contentType, 'application/pdf');
  assert.deepEqual(stored.content, resume);
}

/** The answer that came in place of the page: the document of a 201. */
async function checkAnswerShown(page: Page, { endpoint }: Storage): Promise<void> {
  await page.waitForURL(`${endpoint}/**`);
  const shown = await page.content();
  for (const text of ['PostResponse', bucketName, `upload/${resumeName}`]) {
    assert.ok(shown.includes(text), `${text} is not in ${shown}`);
  }
}

const variants: readonly (readonly [title: string, flags: readonly string[], scripts: boolean])[] = [
  ['signed with V1', [], true],
  ['signed with V4', ['--v4', '--region', 'cn-hangzhou'], true],
  ['with scripts switched off', [], false],
];

for (const [title, flags, javaScriptEnabled] of variants) {
  testInBrowser(
    `from a file: a page ${title}`,
    async (page) => {
      await using storage = await openStorage();
      await page.goto(await makePage(storage, ...flags));
      await send(page);
      await checkAnswerShown(page, storage);
      await checkStored(storage);
      assert.deepEqual(storage.answered, ['POST 201']);
    },
    { javaScriptEnabled },
  );
}

testInBrowser('by keyboard alone', async (page) => {
  await using storage = await openStorage();
  const picker = nextFilePicker(page);
  await page.goto(await makePage(storage));
  await tabTo(page, 'input[type=file]');
  await page.keyboard.press('Enter');
  await (await picker).setFiles(resumeFile);
  await tabTo(page, 'input[type=submit]');
  await page.keyboard.press('Enter');
  await checkAnswerShown(page, storage);
  await checkStored(storage);
});

testInBrowser(
  'with a redirect the visitor ends on the page named, which learns what was stored',
  async (page) => {
    await using storage = await openStorage();
    await using site = await openSite();
    site.add('/thanks', '<!doctype html><title>Thanks</title><h1>Thank you</h1>');
    await page.goto(await makePage(storage, '--redirect', `${site.origin}/thanks?lang=zh`));
    await send(page);
    await page.waitForURL(`${site.origin}/thanks?**`);
    assert.equal(await page.getByRole('heading').textContent(), 'Thank you');
    await checkStored(storage);
    const { key, ...query } = Object.fromEntries(new URL(page.url()).searchParams);
    assert.equal(key, `upload/${resumeName}`);
    assert.deepEqual(query, { lang: 'zh', bucket: bucketName, etag: `"${resumeMd5}"` });
    assert.deepEqual(
      site.requests.map(({ method }) => method),
      ['GET'],
    );
  },
);

testInBrowser('a page in Chinese', async (page) => {
  await using storage = await openStorage();
  await page.goto(await makePage(storage, '--lang', 'zh', '--max-size', '10MB'));
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh');
  assert.equal(await page.getByRole('heading').textContent(), '上传文件');
  await page.getByLabel('文件', { exact: true }).setInputFiles(resumeFile);
  assert.match((await page.locator('#limits').textContent()) ?? '', /大小不超过 10 MB/);
  await page.getByRole('button', { name: '上传' }).click();
  await checkAnswerShown(page, storage);
  await checkStored(storage);
});

testInBrowser('nothing is sent before a file is chosen', async (page) => {
  await using storage = await openStorage();
  await page.goto(await makePage(storage));
  await page.locator('input[type=submit]').click();
  assert.equal(await page.locator('input[type=file]:invalid').count(), 1);
  await send(page);
  await checkAnswerShown(page, storage);
  assert.deepEqual(storage.answered, ['POST 201']);
});

testInBrowser('a second file of the same name is refused in place, and says so', async (page) => {
  await using storage = await openStorage();
  const address = await makePage(storage);
  for (const answer of ['PostResponse', 'FileAlreadyExists']) {
    await page.goto(address);
    await send(page);
    await page.waitForURL(`${storage.endpoint}/**`);
    assert.ok((await page.content()).includes(answer));
  }
  assert.deepEqual(storage.answered, ['POST 201', 'POST 409 FileAlreadyExists']);
});
