// The upload page of `postern dev`, as somebody meets it in the first minute: run the command, open the address it prints, upload a file.
// By mouse, by dropping, by keyboard; in English and Chinese; and with something broken.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import type { Page } from 'playwright-core';
import { startPostern, waitForOutput } from '../../packages/cli/test/run-postern.ts';
import { limitUploadSpeed, listComplaints, nextFilePicker, tabTo, testInBrowser } from './browser-test.ts';
import { withoutChromium } from './chromium.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'postern-development-page-'));
const resume = path.join(folder, '简历 v1.pdf');
writeFileSync(resume, '%PDF-1.7\n');
const note = path.join(folder, 'note.txt');
writeFileSync(note, 'hello');

const postern = withoutChromium
  ? undefined
  : startPostern('dev --port 0 --admin-port 0 --memory', { cwd: folder });
let uploadPage = '';
let endpoint = '';

before(async () => {
  if (!postern) return;
  const said = await waitForOutput(postern, /Upload page +(\S+)\s+Objects and forms +(\S+)/);
  [, uploadPage = '', endpoint = ''] = said;
});
after(async () => {
  postern?.kill();
  rmSync(folder, { recursive: true });
});

/** With the page open, in English unless the context says otherwise. @returns what it complains of */
async function open(page: Page, query = ''): Promise<readonly string[]> {
  const complaints = listComplaints(page);
  await page.goto(uploadPage + query);
  // Its script has run when the experiments are there.
  await page.locator('#experiments button').first().waitFor();
  return complaints;
}

async function upload(page: Page, file: string): Promise<void> {
  await page.getByLabel('Choose a file').setInputFiles(file);
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
}

testInBrowser('a file is chosen, uploaded, and found behind the link', async (page) => {
  const complaints = await open(page);
  await upload(page, resume);
  await page.getByRole('status').filter({ hasText: 'Uploaded. uploads/简历 v1.pdf, 9 B' }).waitFor();
  const link = page.getByRole('region', { name: 'Result' }).getByRole('link', { name: 'Open the object' });
  const address = (await link.getAttribute('href')) ?? '';
  assert.equal(address, `${endpoint}/demo/uploads/${encodeURIComponent('简历 v1.pdf')}`);
  const answer = await fetch(address);
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/pdf']);
  assert.equal(await answer.text(), '%PDF-1.7\n');
  assert.deepEqual(complaints, []);
});

testInBrowser('the link opens the object', async (page) => {
  const complaints = await open(page);
  await upload(page, note);
  const [opened] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('link', { name: 'Open the object' }).click(),
  ]);
  await opened.waitForURL(`${endpoint}/demo/uploads/note.txt`);
  assert.equal(await opened.locator('body').textContent(), 'hello');
  assert.deepEqual(complaints, []);
});

testInBrowser('an image is shown', async (page) => {
  const complaints = await open(page);
  const image = path.join(folder, 'dot.svg');
  writeFileSync(image, '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"/>');
  await upload(page, image);
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.preview')?.naturalWidth === 7);
  assert.deepEqual(complaints, []);
});

testInBrowser('a file can be dropped', async (page) => {
  const complaints = await open(page);
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
    return transfer;
  });
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.locator('#drop').dispatchEvent(type, { dataTransfer: data });
  }
  assert.equal(await page.locator('#chosen').textContent(), 'dropped.txt (7 B)');
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
  await page.getByRole('status').filter({ hasText: 'Uploaded. uploads/dropped.txt, 7 B' }).waitFor();
  assert.equal(await (await fetch(`${endpoint}/demo/uploads/dropped.txt`)).text(), 'dropped');
  assert.deepEqual(complaints, []);
});

testInBrowser('the keyboard is enough', async (page) => {
  const picker = nextFilePicker(page);
  await open(page);
  await tabTo(page, '#file');
  await page.keyboard.press('Enter');
  await (await picker).setFiles(note);
  await tabTo(page, '#send');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'Uploaded.' }).waitFor();
  await tabTo(page, '#result a');
});

testInBrowser('a large file shows its progress, and can be canceled', async (page) => {
  const complaints = await open(page);
  await limitUploadSpeed(page, 1_000_000);
  const large = path.join(folder, 'large.bin');
  writeFileSync(large, Buffer.alloc(20_000_000));
  await page.getByLabel('Choose a file').setInputFiles(large);
  await page.locator('#send').focus();
  await page.keyboard.press('Enter');
  const bar = page.getByRole('progressbar', { name: 'Upload progress' });
  const percentAfter = (than: number) =>
    page.waitForFunction((before) => (document.querySelector('progress')?.value ?? 0) > before, than);
  await percentAfter(0);
  const first = Number(await bar.getAttribute('value'));
  await percentAfter(first);
  assert.match((await page.getByRole('status').textContent()) ?? '', /^Uploading large\.bin: \d+ %$/);
  // Where the focus was there is a button that does nothing now.
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'cancel');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'Canceled.' }).waitFor();
  assert.equal(await bar.isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'send');
  assert.equal((await fetch(`${endpoint}/demo/uploads/large.bin`)).status, 404);
  assert.deepEqual(complaints, []);
});

testInBrowser('without a file nothing is sent, and the focus goes where one is chosen', async (page) => {
  await open(page);
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
  assert.equal(await page.getByRole('alert').textContent(), 'Choose a file first.');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'file');
});

testInBrowser('a file that the form does not allow is refused in words', async (page) => {
  const complaints = await open(page);
  const empty = path.join(folder, 'empty.txt');
  writeFileSync(empty, '');
  await upload(page, empty);
  await page.getByRole('alert').filter({ hasText: 'The file is too small: 0 B, minimum 1 B.' }).waitFor();
  assert.doesNotMatch(await page.locator('#result').innerText(), /HTTP/);
  assert.deepEqual(complaints, []);
});

/** Each button, what storage answers, and what the explanation must say in either language. */
const experiments: readonly (readonly [
  label: Readonly<Record<'en' | 'zh', string>>,
  answer: string,
  explained: Readonly<Record<'en' | 'zh', RegExp>>,
])[] = [
  [{ en: 'Expired policy', zh: 'Policy 已过期' }, '403 AccessDenied', { en: /expired/, zh: /过期/ }],
  [{ en: 'Wrong signature', zh: '签名错误' }, '403 SignatureDoesNotMatch', { en: /signature/, zh: /签名/ }],
  [
    { en: 'Unknown access key', zh: 'AccessKey 不存在' },
    '403 InvalidAccessKeyId',
    { en: /key/, zh: /访问密钥/ },
  ],
  [
    { en: 'Policy changed after signing', zh: '签名后修改 Policy' },
    '403 SignatureDoesNotMatch',
    { en: /policy/, zh: /Policy|策略/i },
  ],
  [
    { en: 'Wrong key prefix', zh: 'key 前缀不符' },
    '403 AccessDenied',
    { en: /begin with "uploads\/"/, zh: /"uploads\/"/ },
  ],
  [{ en: 'Too large', zh: '文件过大' }, '400 EntityTooLarge', { en: /1–4 bytes/, zh: /4/ }],
  [
    { en: 'Wrong content type', zh: 'Content-Type 不符' },
    '403 AccessDenied',
    { en: /application\/pdf/, zh: /application\/pdf/ },
  ],
  [
    { en: 'File before the fields', zh: 'file 不在最后' },
    '400 InvalidArgument',
    { en: /file/, zh: /file|文件/ },
  ],
];
for (const [label, answer, explained] of experiments) {
  testInBrowser(`broken on purpose: ${label.en}`, async (page) => {
    for (const language of ['en', 'zh'] as const) {
      const complaints = await open(page, `?lang=${language}`);
      await page.getByRole('button', { name: label[language] }).click();
      await page
        .getByRole('alert')
        .filter({ hasText: `${label[language]}: ${answer}` })
        .waitFor();
      const explanation = await page.locator('.explanation').innerText();
      assert.match(explanation, explained[language]);
      const status = answer.slice(0, 3);
      assert.match(await page.locator('#result').innerText(), new RegExp(`HTTP ${status}`));
      // The browser itself notes every answer of this kind, and that is all.
      assert.equal(complaints.length, 1);
      assert.match(complaints[0] ?? '', new RegExp(`the server responded with a status of ${status}`));
    }
  });
}

/** What a screen reader finds on the page, in its order. */
const outline = `
- banner:
  - text: Postern development
  - link "中文":
    - /url: "?lang=zh"
- main:
  - region "Upload a file":
    - heading "Upload a file" [level=1]
    - paragraph: The file goes straight to storage, by a form that was signed for you. This page has no secret.
    - text: Choose a file or drop it here
    - button "Choose a file or drop it here"
    - paragraph: "Up to 5 GB, stored as uploads/\${filename} in the bucket demo."
    - button "Upload"
    - status
    - alert
  - region "Break it on purpose":
    - heading "Break it on purpose" [level=2]
    - paragraph: Each button changes one thing of a good form and sends it, so that you know the refusal when you meet it.
${experiments.map(([{ en }]) => `    - button "${en}"`).join('\n')}
`;

testInBrowser('whoever does not see the page finds everything by its role and name', async (page) => {
  await open(page);
  assert.equal(await page.locator('body').ariaSnapshot(), outline.trim());
  const describedBy = await page.getByLabel('Choose a file').getAttribute('aria-describedby');
  assert.match((await page.locator(`#${describedBy}`).textContent()) ?? '', /^Up to 5 GB/);
  assert.equal(await page.locator('#status').getAttribute('aria-live'), 'polite');
});

testInBrowser(
  'in Chinese for who prefers it, with a way to English and back',
  async (page) => {
    const complaints = await open(page);
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), '上传文件');
    await page.getByLabel('选择文件').setInputFiles(note);
    await page.getByRole('button', { name: '上传', exact: true }).click();
    await page.getByRole('status').filter({ hasText: '上传成功。 uploads/note.txt，5 B' }).waitFor();
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { level: 1, name: 'Upload a file' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.getByRole('link', { name: '中文' }).click();
    await page.getByRole('heading', { level: 1, name: '上传文件' }).waitFor();
    assert.deepEqual(complaints, []);
  },
  { locale: 'zh-CN' },
);

testInBrowser(
  'nothing sticks out on a phone',
  async (page) => {
    await open(page);
    await page.getByRole('button', { name: 'Wrong key prefix' }).click();
    await page.locator('#result').waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
    // What came of it is below, and brought into view.
    await page.waitForFunction(() => {
      const top = document.querySelector('#result')?.getBoundingClientRect().top ?? Number.NaN;
      return Math.abs(top) < 1;
    });
  },
  { viewport: { width: 375, height: 800 } },
);
