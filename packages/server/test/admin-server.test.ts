// The admin port over a real socket: health, routes, and what a web page in the operator's browser must not reach.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import {
  type AdminReply,
  type AdminRoute,
  type AdminServerOptions,
  createAdminServer,
} from '../src/admin/admin-server.ts';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

type Ask = (
  target: string,
  options?: { method?: string; headers?: Record<string, string>; body?: string },
) => Promise<Answer>;

async function withServer(
  options: Partial<AdminServerOptions>,
  use: (ask: Ask, errors: unknown[]) => Promise<void>,
  host = '127.0.0.1',
): Promise<void> {
  const errors: unknown[] = [];
  const log = { error: (fact: unknown) => errors.push(fact) } as unknown as AdminServerOptions['log'];
  const server = createAdminServer({ checkReady: async () => {}, log, ...options });
  const { port } = await server.listen(host, 0);
  const ask: Ask = (path, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port, path, method, headers }, async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode as number, headers: response.headers, body: text });
      });
      request.on('error', reject).end(body);
    });
  try {
    await use(ask, errors);
  } finally {
    await server.close();
  }
}

test('live', () =>
  withServer({ checkReady: () => Promise.reject(new Error('disk full')) }, async (ask) => {
    assert.equal((await ask('/-/live')).status, 200);
    const head = await ask('/-/live', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '13']);
  }));

test('ready, and not ready with the reason', async () => {
  let problem: string | undefined;
  const checkReady = async () => {
    if (problem) throw new Error(problem);
  };
  await withServer({ checkReady }, async (ask) => {
    assert.deepEqual(JSON.parse((await ask('/-/ready')).body), { ready: true });
    problem = 'draining';
    const answer = await ask('/-/ready');
    assert.equal(answer.status, 503);
    assert.deepEqual(JSON.parse(answer.body), { ready: false, reason: 'draining' });
    assert.equal((await ask('/-/ready', { method: 'HEAD' })).status, 503);
  });
});

test('a check that hangs is not ready, and is not started again meanwhile', async () => {
  let checks = 0;
  const checkReady = () => {
    checks++;
    return new Promise<void>(() => {});
  };
  await withServer({ checkReady, readyTimeoutMs: 10 }, async (ask) => {
    assert.equal((await ask('/-/ready')).status, 503);
    assert.equal((await ask('/-/ready?again')).status, 503);
    assert.equal(checks, 1);
  });
});

const NOT_FOUND: readonly [method: string, target: string][] = [
  ['GET', '/'],
  ['GET', '/-/'],
  ['GET', '/-/live/'],
  ['GET', '/-/../-/live'],
  ['GET', '/-/%6Cive'],
  ['POST', '/-/live'],
  ['OPTIONS', '/-/live'],
  ['DELETE', '/-/ready'],
];

for (const [method, target] of NOT_FOUND) {
  test(`404: ${method} ${target}`, () =>
    withServer({}, async (ask) => assert.equal((await ask(target, { method })).status, 404)));
}

test('every answer carries the security headers', () =>
  withServer({ checkReady: () => Promise.reject(new Error('no')) }, async (ask) => {
    for (const target of ['/-/live', '/-/ready', '/nothing']) {
      const { headers } = await ask(target);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  }));

const page = (reply: AdminReply): readonly AdminRoute[] => [
  { method: 'GET', path: '/page', handle: async () => reply },
];

test('a route may name its own type and policy, and keeps the other headers', () =>
  withServer(
    {
      routes: page({
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "script-src 'self'",
        },
        body: '<p>é',
      }),
    },
    async (ask) => {
      const { headers, body } = await ask('/page?x=1');
      assert.equal(body, '<p>é');
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(headers['content-security-policy'], "script-src 'self'");
      assert.equal(headers['x-content-type-options'], 'nosniff');
    },
  ));

const echo: readonly AdminRoute[] = [
  {
    method: 'POST',
    path: '/echo',
    handle: async ({ query, body }) => ({ status: 200, body: `${query.get('a')} ${Buffer.from(body)}` }),
  },
];

test('a route sees query and body', () =>
  withServer({ routes: echo }, async (ask) => {
    assert.equal((await ask('/echo?a=1', { method: 'POST', body: 'é' })).body, '1 é');
  }));

test('a body over 64 KiB is refused', () =>
  withServer({ routes: echo }, async (ask) => {
    const most = await ask('/echo', { method: 'POST', body: 'a'.repeat(64 * 1024) });
    assert.equal(most.status, 200);
    const more = await ask('/echo', { method: 'POST', body: 'a'.repeat(64 * 1024 + 1) });
    assert.equal(more.status, 413);
  }));

test('a route that throws is a 500 that tells the log and not the client', () =>
  withServer(
    {
      routes: [{ method: 'GET', path: '/page', handle: () => Promise.reject(new Error('a secret reason')) }],
    },
    async (ask, errors) => {
      const { status, body } = await ask('/page');
      assert.equal(status, 500);
      assert.ok(!body.includes('secret'));
      assert.equal(errors.length, 1);
    },
  ));

const HOSTS: readonly [allowed: boolean, ...hosts: string[]][] = [
  [
    true,
    'localhost',
    'localhost:9001',
    'LOCALHOST',
    'app.localhost:1',
    '127.0.0.1:9001',
    '[::1]:9001',
    '[::1]',
  ],
  [true, '192.168.1.5', 'console.example:9001'],
  [false, 'evil.example', 'evil.example:9001', 'localhost.evil.example', '127.0.0.1.evil.example'],
];

for (const [allowed, ...hosts] of HOSTS) {
  test(`on loopback, ${allowed ? 'answers' : 'refuses'} as ${hosts.join(', ')}`, () =>
    withServer({ hostNames: ['console.example'] }, async (ask) => {
      for (const host of hosts) {
        assert.equal((await ask('/-/live', { headers: { host } })).status, allowed ? 200 : 421, host);
      }
    }));
}

test('bound to all addresses, it answers under any name', () =>
  withServer(
    {},
    async (ask) => {
      assert.equal((await ask('/-/live', { headers: { host: 'postern.internal' } })).status, 200);
    },
    '0.0.0.0',
  ));

const SITES: readonly [status: number, headers: Record<string, string>][] = [
  [200, {}],
  [200, { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:9001' }],
  [200, { 'sec-fetch-site': 'none' }],
  [200, { origin: 'http://localhost:9001' }],
  [403, { 'sec-fetch-site': 'cross-site' }],
  [403, { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }],
  [403, { origin: 'http://localhost:3000' }],
  [403, { origin: 'https://evil.example' }],
  [403, { origin: 'null' }],
];

for (const [status, headers] of SITES) {
  test(`${status} for a POST with ${JSON.stringify(headers)}`, () =>
    withServer({ routes: echo }, async (ask) => {
      const sent = { host: 'localhost:9001', ...headers };
      assert.equal((await ask('/echo', { method: 'POST', headers: sent })).status, status);
    }));
}

test('a port that is taken is an error of the system', async () => {
  await withServer({}, async () => {});
  const holder = http.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as { port: number };
  const server = createAdminServer({ checkReady: async () => {}, log: { error: () => {} } });
  await assert.rejects(server.listen('127.0.0.1', port), { code: 'EADDRINUSE' });
  await new Promise((resolve) => holder.close(resolve));
});
