// A page that holds a session and signs its forms itself, as the guide's example of direct upload with STS does: the application's server
// assumes a role and hands out the temporary key; the page makes a policy with `in` and `not-in`, signs it with V4 in the browser's own
// cryptography, and posts. What the session's policy and the form's forbid is refused, and the page can read why.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { assumeRole, readSessionKey, type SessionKey } from '../sts-request.ts';
import { testInBrowser } from './browser-test.ts';
import { openSite } from './site.ts';
import { allow, bucketName, openStorage, type Storage } from './storage.ts';

const app = { accessKeyId: 'PKAPP', accessKeySecret: 'secret-of-app' };
const identities = {
  users: [{ name: 'app', accessKeys: [app] }],
  roles: [{ name: 'uploader', policies: ['AliyunOSSFullAccess'], trustedUsers: ['app'] }],
};
const below42 = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'oss:PutObject', Resource: `acs:oss:*:*:${bucketName}/user/42/*` }],
};

async function openSession({ endpoint, accessKey }: Storage): Promise<SessionKey> {
  const target = { endpoint, ...accessKey, isOurs: true, [Symbol.asyncDispose]: async () => {} };
  const parameters = { Policy: JSON.stringify(below42), DurationSeconds: '900' };
  return readSessionKey(await assumeRole(target, app, 'uploader', { parameters }));
}

interface Wish {
  readonly url: string;
  readonly session: SessionKey;
  readonly key: string;
  readonly contentType: string;
  /** Leave the token out. */
  readonly withoutToken?: boolean;
}

interface Outcome {
  readonly status: number;
  readonly text: string;
  readonly etag: string | null;
}

/** Runs in the page, with nothing but what browsers have. */
async function postInPage({ url, session, key, contentType, withoutToken = false }: Wish): Promise<Outcome> {
  const encoder = new TextEncoder();
  const hmac = async (secret: Uint8Array<ArrayBuffer>, text: string) => {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const imported = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)));
  };
  const date = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const day = date.slice(0, 8);
  const control = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${session.accessKeyId}/${day}/cn-hangzhou/oss/aliyun_v4_request`,
    'x-oss-date': date,
    ...(!withoutToken && { 'x-oss-security-token': session.securityToken }),
  };
  const policy = btoa(
    JSON.stringify({
      expiration: new Date(Date.now() + 60_000).toISOString(),
      conditions: [
        { bucket: url.split('/').at(-1) },
        ...Object.entries(control).map(([name, value]) => ({ [name]: value })),
        ['in', '$x-oss-content-type', ['image/png', 'image/jpeg']],
        ['not-in', '$key', ['user/42/reserved.png']],
        ['content-length-range', 1, 1024],
      ],
    }),
  );
  let signingKey = await hmac(encoder.encode(`aliyun_v4${session.accessKeySecret}`), day);
  for (const part of ['cn-hangzhou', 'oss', 'aliyun_v4_request']) signingKey = await hmac(signingKey, part);
  const signature = Array.from(await hmac(signingKey, policy), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  const form = new FormData();
  const fields = { ...control, policy, 'x-oss-signature': signature, key, 'x-oss-content-type': contentType };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new File(['picture'], 'picture.png', { type: contentType }));
  const response = await fetch(url, { method: 'POST', body: form });
  return { status: response.status, text: await response.text(), etag: response.headers.get('etag') };
}

async function withPage(
  page: Page,
  run: (post: (wish: Partial<Wish>) => Promise<Outcome>, storage: Storage) => Promise<void>,
) {
  await using site = await openSite();
  site.add('/', { body: '<!doctype html><title>App</title>' });
  await using storage = await openStorage({ rules: [allow(site.origin)], identities });
  const session = await openSession(storage);
  await page.goto(site.origin);
  const url = `${storage.endpoint}/${bucketName}`;
  await run(
    (wish) =>
      page.evaluate(postInPage, { url, session, key: 'user/42/a.png', contentType: 'image/png', ...wish }),
    storage,
  );
}

testInBrowser('a page with a session uploads by a V4 form that it signs itself', (page) =>
  withPage(page, async (post, storage) => {
    const { status, text, etag } = await post({});
    assert.equal(status, 204, text);
    assert.match(etag ?? '', /^"[0-9A-F]{32}"$/);
    const { contentType, content } = await storage.read('user/42/a.png');
    assert.deepEqual([contentType, content.toString()], ['image/png', 'picture']);
  }),
);

testInBrowser('and reads why it is refused what its policies forbid', (page) =>
  withPage(page, async (post, storage) => {
    const refusals: readonly (readonly [wish: Partial<Wish>, status: number, says: RegExp])[] = [
      [{ contentType: 'text/html' }, 403, /Policy Condition failed: .*x-oss-content-type/],
      [{ key: 'user/42/reserved.png' }, 403, /Policy Condition failed: \[.*not-in/],
      [{ key: 'user/43/a.png' }, 403, /Access denied by authorizer.*s policy/],
      [{ withoutToken: true }, 403, /<Code>InvalidAccessKeyId<\/Code>/],
    ];
    for (const [wish, status, says] of refusals) {
      const answer = await post(wish);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, says);
    }
    assert.deepEqual(await storage.keys(), []);
  }),
);
