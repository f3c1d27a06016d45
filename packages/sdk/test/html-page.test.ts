// The page of a form: what is in it, in which order, and what cannot get out of its attributes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createPostForm, htmlPage, type SignedForm } from '../src/sign/index.ts';

const nowMs = Date.UTC(2030, 0, 1, 11);
const accessKeySecret = 'ExampleAccessKeySecret0123456789';
const form = createPostForm({
  endpoint: '127.0.0.1:9780',
  bucket: 'examplebucket',
  credentials: { accessKeyId: 'LTAIEXAMPLEKEYID', accessKeySecret },
  keyPrefix: 'upload/',
  expiresIn: '1h',
  maxBytes: 10 * 1024 ** 2,
  contentTypes: ['image/png', 'application/pdf'],
  successActionRedirect: 'https://site.example/done?a=1&b=2',
  nowMs,
});
const page = htmlPage(form, { nowMs });

function namesOf(html: string): string[] {
  return Array.from(html.matchAll(/<input[^>]* name="([^"]*)"/g), ([, name = '']) => name);
}

test('the fields come in order, then the file, then the button', () => {
  assert.deepEqual(namesOf(page), [...Object.keys(form.fields), 'file', 'submit']);
  assert.match(
    page,
    /<form action="http:\/\/127\.0\.0\.1:9780\/examplebucket\/" method="post" enctype="multipart\/form-data"/,
  );
  assert.match(page, /<label for="file">File<\/label>\n<input type="file" id="file" name="file" required/);
});

test('the page works alone: no script, nothing fetched, no secret', () => {
  assert.doesNotMatch(page, /<script|<link|<img|src=|\son\w+=|@import|url\(/);
  assert.ok(!page.includes(accessKeySecret));
});

test('its Content Security Policy allows its own style and its own targets, and nothing else', () => {
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(page) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  assert.equal(
    policy.replaceAll('&#39;', "'"),
    `default-src 'none'; style-src 'sha256-${hash}'; form-action http://127.0.0.1:9780 https://site.example; base-uri 'none'`,
  );
});

test('it says what is allowed, in the language asked for', () => {
  for (const line of [
    'Up to 10 MB',
    'Types: image/png, application/pdf',
    'Stored as upload/‹name of the file›',
    'Until 2030-01-01 12:00 UTC',
  ]) {
    assert.ok(page.includes(`<li>${line}</li>`), line);
  }
  assert.match(page, / accept="image\/png,application\/pdf"/);
  const chinese = htmlPage(form, { language: 'zh', nowMs });
  for (const text of [
    '<html lang="zh">',
    '<title>上传文件</title>',
    '大小不超过 10 MB',
    '有效期至 2030-01-01 12:00 UTC',
  ]) {
    assert.ok(chinese.includes(text), text);
  }
});

test('it warns when it lives longer than a day', () => {
  const warning = /lives long: whoever has a copy of it can upload until 2030-01-01 12:00 UTC/;
  assert.doesNotMatch(htmlPage(form, { nowMs: Date.UTC(2029, 11, 31, 12) }), warning);
  assert.match(htmlPage(form, { nowMs: Date.UTC(2029, 11, 31, 11, 59) }), warning);
});

test('no value can leave its attribute', () => {
  const nasty = `"><script>alert('1')</script>&amp;`;
  const fields = { key: nasty, [nasty]: 'x' };
  const html = htmlPage(
    { url: 'https://b.example/', fields, limits: { contentTypes: [nasty] } },
    { title: nasty },
  );
  assert.ok(!html.includes('<script>') && !html.includes("'1'"));
  assert.ok(html.includes('value="&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;amp;"'));
});

test('a form without limits and expiry makes a page too', () => {
  const plain: SignedForm = { url: 'https://b.example/', fields: { key: 'a.txt' } };
  assert.ok(htmlPage(plain).includes('<li>Stored as a.txt</li>'));
});

test('a line break is refused: a plain form would not send it as it is', () => {
  const fields = { key: 'a', 'x-oss-meta-a': 'one\ntwo' };
  assert.throws(() => htmlPage({ url: 'https://b.example/', fields }), {
    name: 'TypeError',
    message: /x-oss-meta-a/,
  });
});
