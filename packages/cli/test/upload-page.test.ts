// The routes of the development upload page: both languages, a strict content policy that the page itself keeps, scripts that a browser can
// run and whose imports lead somewhere, and forms that are signed.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parsePolicy } from '@postern/protocol';
import type { AdminReply, AdminRequest } from '@postern/server';
import { chooseLanguage } from '../src/development/page/texts.ts';
import { uploadPageRoutes } from '../src/development/upload-page-routes.ts';

const nowMs = Date.UTC(2025, 3, 11, 6, 41, 24);
const routes = uploadPageRoutes({
  findEndpoint: () => 'http://127.0.0.1:9780',
  accessKey: { accessKeyId: 'id', accessKeySecret: 'very-secret' },
  bucket: 'demo',
  clock: () => nowMs,
});

async function ask(
  method: AdminRequest['method'],
  target: string,
  request: Partial<AdminRequest> = {},
): Promise<AdminReply> {
  const [path = '', query = ''] = target.split('?');
  const route = routes.find((candidate) => candidate.method === method && candidate.path === path);
  assert.ok(route, `no route for ${method} ${path}`);
  return route.handle({
    method,
    path,
    query: new URLSearchParams(query),
    headers: {},
    body: new Uint8Array(),
    ...request,
  });
}

const bodyOf = (reply: AdminReply) => String(reply.body);

suite('the page', () => {
  for (const [target, acceptLanguage, lang, title] of [
    ['/-/upload', '', 'en', 'Upload a file'],
    ['/-/upload', 'zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN', '上传文件'],
    ['/-/upload?lang=en', 'zh-CN', 'en', 'Upload a file'],
    ['/-/upload?lang=zh', 'en', 'zh-CN', '上传文件'],
  ] as const) {
    test(`${target} for "${acceptLanguage}" is ${lang}`, async () => {
      const reply = await ask('GET', target, { headers: { 'accept-language': acceptLanguage } });
      assert.ok(bodyOf(reply).includes(`<html lang="${lang}">`));
      assert.ok(bodyOf(reply).includes(`<h1 id="title">${title}</h1>`));
    });
  }

  test('keeps its own content policy: nothing inline, and only storage beside itself', async () => {
    const reply = await ask('GET', '/-/upload');
    assert.doesNotMatch(bodyOf(reply), /<script(?! type="module" src=)|<style|\son\w+=|\sstyle=/i);
    const policy = reply.headers?.['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:9780(;|$)/);
    assert.doesNotMatch(policy, /unsafe|\*/);
  });

  test('has no secret, nor has anything it loads', async () => {
    for (const { method, path } of routes.filter((route) => route.method === 'GET')) {
      assert.doesNotMatch(bodyOf(await ask(method, path)), /very-secret/, path);
    }
  });

  test('what it refers to is there', async () => {
    for (const [, path = ''] of bodyOf(await ask('GET', '/-/upload')).matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      assert.equal((await ask('GET', path)).status, 200, path);
    }
  });
});

suite('the scripts', () => {
  test('every import leads to a script, and none to signing', async () => {
    const entry = routes.find(({ path }) => /\/page\/upload-page\.[tj]s$/.test(path))?.path;
    assert.ok(entry);
    const seen = new Set<string>();
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const reply = await ask('GET', path);
      assert.match(reply.headers?.['content-type'] ?? '', /^text\/javascript/);
      for (const [, target = ''] of bodyOf(reply).matchAll(/\b(?:from|import)\s*'([^']+)'/g)) {
        await visit(new URL(target, `http://x${path}`).pathname);
      }
    };
    await visit(entry);
    assert.ok(seen.size > 10);
    assert.ok(![...seen].some((path) => path.includes('/sign/') || path.includes('/client/')));
  });
});

suite('forms', () => {
  const json = { headers: { 'content-type': 'application/json' } };
  const form = async (text: string, request: Partial<AdminRequest> = json) =>
    ask('POST', '/-/upload/form', { body: Buffer.from(text), ...request });

  test('a good one: ten minutes, uploads/ in the demo bucket', async () => {
    const reply = await form('{}');
    const { url, fields } = JSON.parse(bodyOf(reply));
    assert.equal(url, 'http://127.0.0.1:9780/demo/');
    assert.equal(fields.key, 'uploads/${filename}');
    assert.equal(parsePolicy(fields.policy).expiresAtMs, nowMs + 10 * 60_000);
    assert.doesNotMatch(bodyOf(reply), /very-secret/);
  });

  test('an expired one', async () => {
    const { fields } = JSON.parse(bodyOf(await form('{"mistake":"expired"}')));
    assert.ok(parsePolicy(fields.policy).expiresAtMs < nowMs);
  });

  for (const [title, text, request] of [
    ['no JSON', 'x', json],
    ['no object', 'null', json],
    ['an unknown mistake', '{"mistake":"toString"}', json],
    ['a simple cross-site request', '{}', { headers: { 'content-type': 'text/plain' } }],
  ] as const) {
    test(`refuses ${title}`, async () => assert.equal((await form(text, request)).status, 400));
  }
});

suite('the language', () => {
  for (const [asked, accept, expected] of [
    [null, '', 'en'],
    [null, 'zh', 'zh'],
    [null, 'zh-Hant-TW', 'zh'],
    [null, 'fr, zh;q=0.5', 'zh'],
    [null, 'en;q=0.3, zh;q=0.5', 'zh'],
    [null, 'zh;q=0, en', 'en'],
    [null, '*', 'en'],
    ['zh', 'en', 'zh'],
    ['fr', 'zh', 'zh'],
  ] as const) {
    test(`${asked} ${accept}`, () => assert.equal(chooseLanguage(asked, accept), expected));
  }
});
