// The client against small servers that answer as told: what it sends, how it reads refusals and lists, and that it does not take changed
// bytes for good ones. `store(answer)` starts one and gives a client for it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { suite, type TestContext, test } from 'node:test';
import { OssClient, OssClientError, OssConnectionError, OssIntegrityError } from '../src/client/index.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function store(context: TestContext, answer: Answer): Promise<OssClient> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new OssClient({
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: { accessKeyId: 'ak', accessKeySecret: 'sk' },
    clock: () => Date.UTC(2025, 3, 11, 6, 41, 24),
  });
}

const error = (code: string, more = '') =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message><RequestId>R1</RequestId>${more}</Error>`;

suite('sending', () => {
  test('a name with .. goes out as it is, signed by V4', async (context) => {
    let seen: IncomingMessage | undefined;
    const client = await store(context, (request, response) => {
      seen = request;
      response.end();
    });
    await client.deleteObject('demo-b', 'a/../b c');
    assert.equal(seen?.url, '/demo-b/a/../b%20c');
    assert.match(
      seen?.headers.authorization ?? '',
      /^OSS4-HMAC-SHA256 Credential=ak\/20250411\/cn-hangzhou\/oss\/aliyun_v4_request,Signature=[0-9a-f]{64}$/,
    );
    assert.equal(seen?.headers['x-oss-date'], '20250411T064124Z');
  });

  test('a body has its length, and progress is told', async (context) => {
    const client = await store(context, async (request, response) => {
      assert.equal(request.headers['content-length'], '6');
      assert.equal(request.headers['transfer-encoding'], undefined);
      assert.equal((await buffer(request)).toString(), 'abcdef');
      response.setHeader('etag', '"X"').end();
    });
    const progress: number[] = [];
    const chunks = [Buffer.from('abc'), Buffer.from('def')];
    const stored = await client.putObject(
      'demo-b',
      'k',
      { length: 6, chunks },
      { onProgress: (n) => progress.push(n) },
    );
    assert.equal(stored.etag, 'X');
    assert.deepEqual(progress, [3, 6]);
  });

  for (const [length, word] of [
    [7, 'shrank'],
    [5, 'grew'],
  ] as const) {
    test(`a file that ${word} meanwhile`, async (context) => {
      const client = await store(context, (request) => void request.resume());
      const body = { length, chunks: [Buffer.from('abcdef')] };
      await assert.rejects(client.putObject('demo-b', 'k', body), (failure: Error) => {
        return failure instanceof OssIntegrityError && failure.message.includes(word);
      });
    });
  }

  test('a refusal that comes before the whole body was sent is read', async (context) => {
    const client = await store(context, (_request, response) => {
      response.writeHead(403, { connection: 'close' }).end(error('AccessDenied'));
    });
    async function* endless() {
      for (;;) yield Buffer.alloc(64 * 1024);
    }
    await assert.rejects(
      client.putObject('demo-b', 'k', { length: 2 ** 40, chunks: endless() }),
      (failure) => failure instanceof OssClientError && failure.code === 'AccessDenied',
    );
  });

  test('an aborted upload ends with the reason of the signal', async (context) => {
    const client = await store(context, (request) => void request.resume());
    const abort = new AbortController();
    async function* stuck() {
      yield Buffer.from('a');
      abort.abort(new Error('enough'));
      yield Buffer.from('b');
      await new Promise((resolve) => setImmediate(resolve));
      yield Buffer.from('c');
    }
    const body = { length: 3, chunks: stuck() };
    await assert.rejects(client.putObject('demo-b', 'k', body, { signal: abort.signal }), /enough/);
  });

  test('nobody is there', async () => {
    const accessKey = { accessKeyId: 'ak', accessKeySecret: 'sk' };
    const client = new OssClient({ endpoint: 'http://127.0.0.1:1', accessKey });
    await assert.rejects(client.headObject('demo-b', 'k'), OssConnectionError);
  });

  test('wrong names are not sent', async (context) => {
    const client = await store(context, () => assert.fail('sent'));
    await assert.rejects(client.deleteObject('Bad_Name', 'k'), TypeError);
    await assert.rejects(client.deleteObject('demo-b', '/k'), /object is not valid/);
  });
});

suite('refusals', () => {
  for (const [title, status, headers, body, expected] of [
    [
      'a document',
      404,
      {},
      error('NoSuchKey', '<EC>0026-00000001</EC>'),
      ['NoSuchKey', '0026-00000001', 'R1'],
    ],
    ['no document', 502, { 'x-oss-request-id': 'R2' }, '<html>bad gateway', ['HTTP502', undefined, 'R2']],
    ['a failed callback', 203, {}, error('CallbackFailed'), ['CallbackFailed', undefined, 'R1']],
  ] as const) {
    test(title, async (context) => {
      const client = await store(
        context,
        (_, response) => void response.writeHead(status, headers).end(body),
      );
      await assert.rejects(client.putObject('demo-b', 'k', ''), (failure) => {
        assert.ok(failure instanceof OssClientError);
        assert.equal(failure.status, status);
        assert.deepEqual([failure.code, failure.ec, failure.requestId], expected);
        return true;
      });
    });
  }

  test('of a HEAD, in a header', async (context) => {
    const document = Buffer.from(error('NoSuchBucket')).toString('base64');
    const client = await store(
      context,
      (_, response) => void response.writeHead(404, { 'x-oss-err': document }).end(),
    );
    await assert.rejects(client.headObject('demo-b', 'k'), /^OssClientError: No\.$/);
  });
});

suite('integrity', () => {
  const wrong = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' };

  test('of what was sent', async (context) => {
    const client = await store(context, (_, response) => void response.writeHead(200, wrong).end());
    await assert.rejects(client.putObject('demo-b', 'k', 'abc'), OssIntegrityError);
  });

  test('of what came', async (context) => {
    const client = await store(context, (_, response) => void response.writeHead(200, wrong).end('abc'));
    const { body } = await client.getObject('demo-b', 'k');
    await assert.rejects(async () => {
      for await (const _chunk of body);
    }, OssIntegrityError);
  });
});

test('a list goes on until it is whole, and names are decoded', async (context) => {
  const page = (name: string, rest: string) =>
    `<ListBucketResult><EncodingType>url</EncodingType>${rest}<Contents><Key>${name}</Key>` +
    '<LastModified>2025-04-11T06:41:24.000Z</LastModified><ETag>"E"</ETag><Size>3</Size><StorageClass>Standard</StorageClass>' +
    '</Contents><CommonPrefixes><Prefix>d%2F</Prefix></CommonPrefixes></ListBucketResult>';
  const urls: (string | undefined)[] = [];
  const client = await store(context, ({ url }, response) => {
    urls.push(url);
    const isFirst = !url?.includes('continuation-token');
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>t+1</NextContinuationToken>';
    response.end(isFirst ? page('a%0A%2Bb', more) : page('c', '<IsTruncated>false</IsTruncated>'));
  });
  const pages = await Array.fromAsync(client.listObjects('demo-b', { prefix: 'p/' }));
  assert.deepEqual(
    pages.map(({ objects, commonPrefixes }) => [objects[0]?.key, objects[0]?.size, commonPrefixes]),
    [
      ['a\n+b', 3, ['d/']],
      ['c', 3, ['d/']],
    ],
  );
  assert.equal(urls[0], '/demo-b/?list-type=2&encoding-type=url&max-keys=500&prefix=p%2F');
  assert.ok(urls[1]?.endsWith('&continuation-token=t%2B1'));
});

test('names that XML cannot carry are deleted one by one', async (context) => {
  const seen: string[] = [];
  const client = await store(context, async (request, response) => {
    seen.push(
      `${request.method} ${request.url} ${(await buffer(request)).toString().match(/<Key>.*?<\/Key>/g) ?? ''}`,
    );
    response.writeHead(request.method === 'DELETE' ? 204 : 200).end();
  });
  await client.deleteObjects('demo-b', ['a&b', 'c\u0001d']);
  assert.deepEqual(seen, ['POST /demo-b/?delete <Key>a&amp;b</Key>', 'DELETE /demo-b/c%01d ']);
});
