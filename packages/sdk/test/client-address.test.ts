// Where the client sends a request: by path or by host, with names exactly as they are.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { chooseAddressing, parseEndpoint, writeRequestAddress } from '../src/client/request-address.ts';

const address = (endpoint: string, bucket?: string, key?: string) => {
  const url = parseEndpoint(endpoint);
  const target = { ...(bucket === undefined ? {} : { bucket }), ...(key === undefined ? {} : { key }) };
  const { origin, path } = writeRequestAddress(url, chooseAddressing(url), target, [['a b', '']]);
  return origin + path;
};

suite('addresses', () => {
  for (const [endpoint, bucket, key, expected] of [
    ['http://127.0.0.1:9780', 'demo', 'a.txt', 'http://127.0.0.1:9780/demo/a.txt?a%20b'],
    ['127.0.0.1:9780', 'demo', undefined, 'http://127.0.0.1:9780/demo/?a%20b'],
    ['localhost', undefined, undefined, 'http://localhost/?a%20b'],
    ['http://[::1]:9780', 'demo', 'a', 'http://[::1]:9780/demo/a?a%20b'],
    ['http://oss.localhost:9780', 'demo', 'a', 'http://demo.oss.localhost:9780/a?a%20b'],
    ['oss-cn-hangzhou.aliyuncs.com', 'demo', 'a', 'https://demo.oss-cn-hangzhou.aliyuncs.com/a?a%20b'],
    ['https://files.example.com/store/', 'demo', 'a', 'https://demo.files.example.com/store/a?a%20b'],
    ['http://127.0.0.1', 'demo', 'a/../../b', 'http://127.0.0.1/demo/a/../../b?a%20b'],
    ['http://127.0.0.1', 'demo', 'a//b/', 'http://127.0.0.1/demo/a//b/?a%20b'],
    ['http://127.0.0.1', 'demo', '简 +%', 'http://127.0.0.1/demo/%E7%AE%80%20%2B%25?a%20b'],
  ] as const) {
    test(expected, () => assert.equal(address(endpoint, bucket, key), expected));
  }
});

for (const text of ['', 'ftp://a', 'http://', 'http://a?b', 'oss://bucket']) {
  test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseEndpoint(text), TypeError));
}
