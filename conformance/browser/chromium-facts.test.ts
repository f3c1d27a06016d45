// What Chromium does with a form upload, and what our answers make of it. Each fact is one that pages stumble over; the server is to
// make it harmless, or the answer such that the page can tell its reader.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { csp, type SignedForm } from '@postern/sdk/sign';
import type { Page } from 'playwright-core';
import { listComplaints, testInBrowser } from './browser-test.ts';
import { postByScript } from './scripted-post.ts';
import { openSite } from './site.ts';
import { allow, bucketName, type CorsRule, openStorage } from './storage.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'postern-chromium-facts-'));
after(() => rmSync(folder, { recursive: true }));

const text = { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') };

/** As somebody writes it by hand: no script, and the button behind the file. */
function writeFormPage({ url, fields }: SignedForm, target = ''): string {
  const attribute = (value: string) => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${attribute(name)}" value="${attribute(value)}">`,
  );
  return `<!doctype html>
<meta charset="utf-8">
<title>Form</title>
<form action="${attribute(url)}" method="post" enctype="multipart/form-data" target="${target}">
${inputs.join('\n')}
<input type="file" name="file">
<input type="submit" name="submit" value="Send">
</form>
`;
}

/** Does not wait for what comes of it, which may be nothing. */
async function sendForm(page: Page, file: Parameters<Page['setInputFiles']>[1] = text): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(file);
  await page.locator('input[type=submit]').click({ noWaitAfter: true });
}

// --- Plain forms ---

testInBrowser('a plain form answered with 201 shows the document', async (page) => {
  await using storage = await openStorage();
  await using site = await openSite();
  site.add('/form', writeFormPage(storage.sign()));
  await page.goto(`${site.origin}/form`);
  await sendForm(page);
  await page.waitForURL(`${storage.endpoint}/**`);
  assert.match(await page.content(), /up\/a\.txt/);
});

testInBrowser('a plain form answered with 204 leaves the page as it is', async (page) => {
  await using storage = await openStorage();
  await using site = await openSite();
  site.add('/form', writeFormPage(storage.sign({ successActionStatus: 204, overwrite: true })));
  await page.goto(`${site.origin}/form`);
  await sendForm(page);
  await storage.answers(1);
  // The page is still there and can send again.
  await sendForm(page);
  assert.deepEqual(await storage.answers(2), ['POST 204', 'POST 204']);
  assert.equal(page.url(), `${site.origin}/form`);
});

testInBrowser('a plain form answered with 303 goes on to the page named, with GET', async (page) => {
  await using storage = await openStorage();
  await using site = await openSite();
  site.add('/thanks', '<h1>Thanks</h1>');
  site.add('/form', writeFormPage(storage.sign({ successActionRedirect: `${site.origin}/thanks` })));
  await page.goto(`${site.origin}/form`);
  await sendForm(page);
  await page.waitForURL(`${site.origin}/thanks?**`);
  assert.deepEqual(
    site.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`),
    ['GET /form', 'GET /thanks'],
  );
  const { bucket, key } = Object.fromEntries(new URL(page.url()).searchParams);
  assert.deepEqual([bucket, key], [bucketName, 'up/a.txt']);
});

testInBrowser('a form into an iframe: 200 and 201 load once, 204 never', async (page) => {
  await using storage = await openStorage();
  await using site = await openSite();
  const form = storage.sign({ successActionStatus: 'any', overwrite: true });
  const withStatus = (status: string) => {
    const fields = { ...form.fields, success_action_status: status };
    return writeFormPage({ ...form, fields }, 'answer');
  };
  site.add(
    '/form',
    `${withStatus('204')}${withStatus('200')}${withStatus('201')}<iframe name="answer"></iframe>`,
  );
  await page.goto(`${site.origin}/form`);
  await page.evaluate(() => {
    const loads: number[] = [];
    Object.assign(globalThis, { loads });
    document.querySelector('iframe')?.addEventListener('load', () => loads.push(loads.length + 1));
  });
  const countLoads = () => page.evaluate(() => (globalThis as unknown as { loads: number[] }).loads.length);
  const send = async (index: number) => {
    await page.locator('input[type=file]').nth(index).setInputFiles(text);
    await page.locator('input[type=submit]').nth(index).click();
  };

  await send(0);
  assert.deepEqual(await storage.answers(1), ['POST 204']);
  // Whatever the 204 set off is over when the next form has loaded: it would be counted.
  await send(1);
  await page.waitForFunction(() => (globalThis as unknown as { loads: number[] }).loads.length > 0);
  assert.equal(await countLoads(), 1);
  await send(2);
  await page.waitForFunction(() => (globalThis as unknown as { loads: number[] }).loads.length > 1);
  assert.equal(await countLoads(), 2);
  assert.deepEqual(storage.answered, ['POST 204', 'POST 200', 'POST 201']);
});

testInBrowser('a page from a file has the origin null', async (page) => {
  await using storage = await openStorage({ rules: [allow('*')] });
  const file = path.join(folder, 'post.html');
  writeFileSync(file, writeFormPage(storage.sign({ overwrite: true })));
  await page.goto(pathToFileURL(file).href);
  const answer = await postByScript(page, { form: storage.sign(), by: 'xhr with progress' });
  assert.equal(answer.status, 201);

  const [sent] = await Promise.all([page.waitForRequest(`${storage.endpoint}/**`), sendForm(page)]);
  await page.waitForURL(`${storage.endpoint}/**`);
  const { origin, referer } = await sent.allHeaders();
  assert.deepEqual([origin, referer], ['null', undefined]);
  assert.deepEqual(storage.answered, ['OPTIONS 200', 'POST 201', 'POST 201']);
});

testInBrowser('in development a page from a file needs no rule', async (page) => {
  await using storage = await openStorage({ development: true });
  const file = path.join(folder, 'post.html');
  writeFileSync(file, '<!doctype html>');
  await page.goto(pathToFileURL(file).href);
  const answer = await postByScript(page, { form: storage.sign(), by: 'xhr with progress' });
  assert.equal(answer.status, 201);
  assert.deepEqual(storage.answered, ['OPTIONS 200', 'POST 201']);
});

testInBrowser('the name of the file arrives whole', async (page) => {
  await using storage = await openStorage();
  await using site = await openSite();
  site.add('/form', writeFormPage(storage.sign()));
  await page.goto(`${site.origin}/form`);
  const name = '简历 "v1"+a&b.pdf';
  const [sent] = await Promise.all([
    page.waitForResponse(`${storage.endpoint}/**`),
    sendForm(page, { ...text, name, mimeType: 'application/pdf' }),
  ]);
  assert.equal(sent.status(), 201);
  assert.deepEqual(await storage.keys(), [`up/${name}`]);
  assert.equal((await storage.read(`up/${name}`)).contentType, 'application/pdf');
  // The way back as well: what the answer calls the object's address leads to it.
  const [, location] = /<Location>(.*?)<\/Location>/.exec(await sent.text()) ?? [];
  assert.equal(location, `${storage.endpoint}/${bucketName}/up/${encodeURIComponent(name)}`);
});

testInBrowser('the button behind the file is read past', async (page) => {
  await using storage = await openStorage();
  await using site = await openSite();
  site.add('/form', writeFormPage(storage.sign()));
  await page.goto(`${site.origin}/form`);
  const parts = await page.evaluate(() => {
    const button = document.querySelector<HTMLInputElement>('input[type=submit]');
    return Array.from(new FormData(button?.form ?? undefined, button), ([name]) => name);
  });
  assert.deepEqual(parts.slice(-2), ['file', 'submit']);
  await sendForm(page);
  await page.waitForURL(`${storage.endpoint}/**`);
  assert.deepEqual((await storage.read('up/a.txt')).content, text.buffer);
});

testInBrowser('a bucket has a host of its own below localhost', async (page) => {
  await using storage = await openStorage({ baseDomains: ['oss.localhost'], acl: 'public-read' });
  await using site = await openSite();
  const url = `http://${bucketName}.oss.localhost:${new URL(storage.endpoint).port}/`;
  site.add('/form', writeFormPage({ ...storage.sign(), url }));
  await page.goto(`${site.origin}/form`);
  await sendForm(page);
  await page.waitForURL(url);
  assert.deepEqual(await storage.keys(), ['up/a.txt']);
  const [, location] =
    /<Location>(.*?)<\/Location>/.exec(await page.evaluate(() => document.documentElement.outerHTML)) ?? [];
  assert.equal(location, `${url}up/a.txt`);
  await page.goto(`${url}up/a.txt`);
  assert.equal(await page.locator('body').textContent(), 'hello');
});

// --- Scripts: what needs a rule, and what a page may read ---

for (const by of ['fetch', 'xhr'] as const) {
  testInBrowser(`${by} without a progress listener is sent without a preflight`, async (page) => {
    await using site = await openSite();
    await using storage = await openStorage({ rules: [allow(site.origin)] });
    await page.goto(site.origin);
    const { status, body, requestId } = await postByScript(page, { form: storage.sign(), by });
    assert.deepEqual(storage.answered, ['POST 201']);
    assert.equal(status, 201);
    assert.match(body, /<Key>up\/a\.txt<\/Key>/);
    assert.match(requestId ?? '', /^[0-9A-F]{24}$/);
  });
}

testInBrowser('a progress listener asks first, and the rules of the bucket answer', async (page) => {
  await using site = await openSite();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  await page.goto(site.origin);
  const answer = await postByScript(page, { form: storage.sign(), by: 'xhr with progress' });
  assert.equal(answer.status, 201);
  assert.deepEqual(storage.answered, ['OPTIONS 200', 'POST 201']);
});

const refusingRules: readonly (readonly [title: string, rules: readonly CorsRule[] | undefined])[] = [
  ['without any rule', undefined],
  ['by rules for another site', [allow('http://elsewhere.example')]],
];
for (const [title, rules] of refusingRules) {
  testInBrowser(`${title} the preflight is refused and nothing is stored`, async (page) => {
    await using site = await openSite();
    await using storage = await openStorage({ rules });
    await page.goto(site.origin);
    const answer = await postByScript(page, { form: storage.sign(), by: 'xhr with progress' });
    assert.equal(answer.status, 0);
    assert.deepEqual(storage.answered, ['OPTIONS 403 AccessForbidden']);
    assert.deepEqual(await storage.keys(), []);
  });

  testInBrowser(
    `${title} what needs no preflight is stored, though the page cannot read so`,
    async (page) => {
      await using site = await openSite();
      await using storage = await openStorage({ rules });
      await page.goto(site.origin);
      const answer = await postByScript(page, { form: storage.sign(), by: 'fetch' });
      assert.equal(answer.error, 'TypeError: Failed to fetch');
      assert.deepEqual(storage.answered, ['POST 201']);
      assert.deepEqual(await storage.keys(), ['up/a.txt']);
    },
  );
}

/** What is wrong with a form, and how it is answered. */
const refusals: readonly (readonly [
  title: string,
  wrong: Record<string, string>,
  status: number,
  code: string,
])[] = [
  ['400', { policy: 'bm90IGpzb24=', Signature: '' }, 400, 'InvalidArgument'],
  ['403 of the signature', { Signature: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }, 403, 'SignatureDoesNotMatch'],
  ['403 of the policy', { key: 'elsewhere/a.txt' }, 403, 'AccessDenied'],
];
for (const [title, wrong, status, code] of refusals) {
  testInBrowser(`a ${title} can be read by a page that a rule names, and by no other`, async (page) => {
    await using site = await openSite();
    await using other = await openSite();
    await using storage = await openStorage({ rules: [allow(site.origin)] });
    const signed = storage.sign();
    const form = { ...signed, fields: { ...signed.fields, ...wrong } };
    for (const by of ['fetch', 'xhr', 'xhr with progress'] as const) {
      await page.goto(site.origin);
      const answer = await postByScript(page, { form, by });
      assert.equal(answer.status, status);
      assert.match(answer.body, new RegExp(`<Code>${code}</Code>`));
      assert.match(answer.body, new RegExp(`<RequestId>${answer.requestId}</RequestId>`));
    }
    await page.goto(other.origin);
    const answer = await postByScript(page, { form, by: 'fetch' });
    assert.equal(answer.error, 'TypeError: Failed to fetch');
    assert.deepEqual(storage.answered, [
      `POST ${status} ${code}`,
      `POST ${status} ${code}`,
      'OPTIONS 200',
      `POST ${status} ${code}`,
      `POST ${status} ${code}`,
    ]);
  });
}

for (const by of ['fetch', 'xhr', 'xhr with progress'] as const) {
  testInBrowser(`a refusal in the middle of 30 MB can be read (${by})`, async (page) => {
    await using site = await openSite();
    await using storage = await openStorage({ rules: [allow(site.origin)] });
    await page.goto(site.origin);
    const form = storage.sign({ maxBytes: 1_000_000 });
    const answer = await postByScript(page, { form, by, fileBytes: 30_000_000 });
    assert.equal(answer.status, 400);
    assert.match(answer.body, /<Code>EntityTooLarge<\/Code>.*<MaxSizeAllowed>1000000<\/MaxSizeAllowed>/s);
    assert.deepEqual(await storage.keys(), []);
  });
}

testInBrowser('a refusal in the middle of 30 MB is shown to who sent a plain form', async (page) => {
  await using site = await openSite();
  await using storage = await openStorage();
  site.add('/form', writeFormPage(storage.sign({ maxBytes: 1_000_000 })));
  await page.goto(`${site.origin}/form`);
  const file = path.join(folder, 'large.bin');
  writeFileSync(file, Buffer.alloc(30_000_000));
  await sendForm(page, file);
  await page.waitForURL(`${storage.endpoint}/**`);
  assert.match(await page.content(), /EntityTooLarge/);
});

testInBrowser('a script cannot follow a 303 to its own site, which sees the origin null', async (page) => {
  await using site = await openSite();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  site.add('/thanks', '<h1>Thanks</h1>');
  await page.goto(site.origin);
  const form = storage.sign({ successActionRedirect: `${site.origin}/thanks` });
  const hidden = await postByScript(page, { form, by: 'fetch' });
  assert.equal(hidden.error, 'TypeError: Failed to fetch');
  const last = site.requests.at(-1);
  assert.deepEqual([last?.method, last?.url.split('?')[0], last?.headers.origin], ['GET', '/thanks', 'null']);
  assert.deepEqual(await storage.keys(), ['up/a.txt']);

  site.add('/thanks', { headers: { 'access-control-allow-origin': '*' }, body: 'Thanks' });
  const again = storage.sign({ successActionRedirect: `${site.origin}/thanks`, overwrite: true });
  const shown = await postByScript(page, { form: again, by: 'fetch' });
  assert.deepEqual([shown.status, shown.body], [200, 'Thanks']);
});

// --- Content Security Policy ---

testInBrowser("form-action 'self' stops a plain form before it is sent", async (page) => {
  await using site = await openSite();
  await using storage = await openStorage();
  const headers = { 'content-security-policy': "form-action 'self'" };
  site.add('/form', { headers, body: writeFormPage(storage.sign()) });
  await page.goto(`${site.origin}/form`);
  const violated = whenViolated(page);
  await sendForm(page);
  assert.deepEqual(await violated, { directive: 'form-action', blocked: storage.sign().url });
  assert.deepEqual(storage.answered, []);
});

testInBrowser('form-action without the redirect: the file is stored and the visitor stuck', async (page) => {
  await using site = await openSite();
  await using third = await openSite();
  await using storage = await openStorage();
  third.add('/thanks', '<h1>Thanks</h1>');
  const form = storage.sign({ successActionRedirect: `${third.origin}/thanks`, overwrite: true });
  const headers = { 'content-security-policy': `form-action 'self' ${storage.endpoint}` };
  site.add('/form', { headers, body: writeFormPage(form) });
  await page.goto(`${site.origin}/form`);
  const violated = whenViolated(page);
  await sendForm(page);
  assert.equal((await violated).directive, 'form-action');
  assert.equal(page.url(), `${site.origin}/form`);
  assert.deepEqual(await storage.keys(), ['up/a.txt']);
  assert.deepEqual(third.requests, []);

  // What the sdk says is needed is enough.
  const [formAction] = csp(form);
  site.add('/form', { headers: { 'content-security-policy': formAction }, body: writeFormPage(form) });
  await page.goto(`${site.origin}/form`);
  await sendForm(page);
  await page.waitForURL(`${third.origin}/thanks?**`);
});

testInBrowser("connect-src 'self' stops scripts and not forms", async (page) => {
  await using site = await openSite();
  await using storage = await openStorage({ rules: [allow(site.origin)] });
  const form = storage.sign({ overwrite: true });
  site.add('/form', {
    headers: { 'content-security-policy': "connect-src 'self'" },
    body: writeFormPage(form),
  });
  await page.goto(`${site.origin}/form`);
  const violated = whenViolated(page);
  const answer = await postByScript(page, { form, by: 'fetch' });
  assert.equal(answer.error, 'TypeError: Failed to fetch');
  assert.deepEqual(await violated, { directive: 'connect-src', blocked: form.url });
  assert.deepEqual(storage.answered, []);
  await sendForm(page);
  await page.waitForURL(`${storage.endpoint}/**`);

  const [, connectSrc] = csp(form);
  site.add('/', { headers: { 'content-security-policy': connectSrc }, body: '<!doctype html>' });
  await page.goto(site.origin);
  assert.equal((await postByScript(page, { form, by: 'xhr with progress' })).status, 201);
});

/** What the page's policy forbids next. */
function whenViolated(page: Page): Promise<{ directive: string; blocked: string }> {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener(
          'securitypolicyviolation',
          ({ effectiveDirective, blockedURI }) =>
            resolve({ directive: effectiveDirective, blocked: blockedURI }),
          { once: true },
        );
      }),
  );
}

// --- Uploaded pages ---

const hostile = [
  { name: 'x.html', type: 'text/html', content: '<script>document.title = "ran"</script><h1>Shown</h1>' },
  {
    name: 'x.svg',
    type: 'image/svg+xml',
    content: '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "ran"</script></svg>',
  },
];
for (const { name, type, content } of hostile) {
  testInBrowser(`an uploaded ${type} is downloaded, not opened`, async (page) => {
    await using storage = await openStorage({ acl: 'public-read' });
    await using site = await openSite();
    site.add('/form', writeFormPage(storage.sign()));
    await page.goto(`${site.origin}/form`);
    await sendForm(page, { name, mimeType: type, buffer: Buffer.from(content) });
    await page.waitForURL(`${storage.endpoint}/**`);
    assert.equal((await storage.read(`up/${name}`)).contentType, type);

    await page.goto(`${site.origin}/form`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.evaluate((url) => void location.assign(url), `${storage.endpoint}/${bucketName}/up/${name}`),
    ]);
    assert.equal(download.suggestedFilename(), name);
    assert.equal(page.url(), `${site.origin}/form`);
  });

  testInBrowser(`an uploaded ${type} that is opened all the same runs nothing`, async (page) => {
    await using storage = await openStorage({ acl: 'public-read', activeContent: 'inline' });
    await using site = await openSite();
    site.add('/form', writeFormPage(storage.sign()));
    await page.goto(`${site.origin}/form`);
    await sendForm(page, { name, mimeType: type, buffer: Buffer.from(content) });
    await page.waitForURL(`${storage.endpoint}/**`);

    const complaints = listComplaints(page);
    await page.goto(`${storage.endpoint}/${bucketName}/up/${name}`);
    assert.equal(await page.evaluate(() => origin), 'null');
    assert.notEqual(await page.title(), 'ran');
    assert.match(complaints.join('\n'), /Blocked script execution/);
  });
}
