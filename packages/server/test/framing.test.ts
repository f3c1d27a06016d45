// What is read from a request's first lines, and what is refused there although Node's parser lets it pass.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OssError } from '@postern/protocol';
import { bodyBytesMax, checkFraming, type FramedMessage, headersMax } from '../src/http/framing.ts';

/** `POST /a?b` or `POST /a?b HTTP/1.0`, then `Name: value` lines. */
function frame(requestLine: string, ...lines: string[]): FramedMessage {
  const [method = '', url = '', version = 'HTTP/1.1'] = requestLine.split(' ');
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return checkFraming({ method, url, httpVersion: version.slice('HTTP/'.length), rawHeaders });
}

const host = 'Host: a.example.com';

describe('reads', () => {
  const reads = (name: string, lines: [string, ...string[]], expected: Partial<FramedMessage>) =>
    test(name, () => {
      const framed = frame(...lines);
      for (const [property, value] of Object.entries(expected))
        assert.deepEqual(framed[property as keyof FramedMessage], value, property);
    });

  reads('a host in any case, with its port', ['GET /', 'Host: A.Example.COM:80'], {
    host: 'a.example.com:80',
  });
  reads('an IPv6 host', ['GET /', 'Host: [::1]:9780'], { host: '[::1]:9780' });
  reads('no host in HTTP/1.0', ['GET / HTTP/1.0'], { host: '' });
  reads('path and query', ['GET /a%20b?c=%64&e', host], {
    rawPath: '/a%20b',
    queryList: [
      ['c', 'd'],
      ['e', ''],
    ],
  });
  reads('an absolute target for the same host', ['GET http://A.example.com?x', host], { rawPath: '/' });
  reads('a length', ['POST /', host, 'Content-Length: 5'], { contentLength: 5, isChunked: false });
  reads('a chunked body', ['POST /', host, 'Transfer-Encoding: Chunked'], {
    contentLength: undefined,
    isChunked: true,
  });
  reads('a repeated header that is a list', ['GET /', host, 'Accept: a', 'Accept: b'], {
    headers: new Map([
      ['host', 'a.example.com'],
      ['accept', 'a, b'],
    ]),
  });
  reads('as many headers as are allowed', ['GET /', host, ...Array(headersMax - 1).fill('a: b')], {
    host: 'a.example.com',
  });
  reads('UTF-8 in a header', ['GET /', host, `X: ${Buffer.from('简历').toString('latin1')}`], {
    headers: new Map([
      ['host', 'a.example.com'],
      ['x', '简历'],
    ]),
  });
  reads('a header that is not UTF-8 as it came', ['GET /', host, 'X: \xe9'], {
    headers: new Map([
      ['host', 'a.example.com'],
      ['x', '\xe9'],
    ]),
  });
});

describe('refuses', () => {
  const refuses = (name: string, lines: [string, ...string[]], expected = '400 BadRequest') =>
    test(name, () =>
      assert.throws(
        () => frame(...lines),
        (error) => error instanceof OssError && `${error.status} ${error.code}` === expected,
      ),
    );

  refuses('HTTP/0.9', ['GET / HTTP/0.9', host]);
  refuses('HTTP/2.0 in the form of 1.1', ['GET / HTTP/2.0', host]);
  refuses('no host', ['GET /']);
  refuses('two hosts', ['GET /', host, host]);
  refuses('a host with a path', ['GET /', 'Host: a/b']);
  refuses('a host with user information', ['GET /', 'Host: a@b']);
  refuses('an absolute target for another host', ['GET http://evil/', host]);
  refuses('an absolute target with user information', ['GET http://x@a.example.com/', host]);
  refuses('a target without a slash', ['OPTIONS *', host]);
  refuses('a target that is not ASCII', ['GET /\xe9', host]);
  refuses('two signatures', ['GET /', host, 'Authorization: a', 'authorization: b']);
  refuses('an x-oss header twice', ['GET /', host, 'x-oss-meta-a: 1', 'X-OSS-Meta-A: 1']);
  refuses('too many headers', ['GET /', host, ...Array(headersMax).fill('a: b')]);
  refuses('a chunked body in HTTP/1.0', ['POST / HTTP/1.0', 'Transfer-Encoding: chunked']);
  refuses('a compressed body', ['POST /', host, 'Transfer-Encoding: gzip, chunked'], '501 NotImplemented');
  refuses('a body in a coding that has no end', ['POST /', host, 'Transfer-Encoding: xchunked']);
  refuses('a body that is chunked not last', ['POST /', host, 'Transfer-Encoding: chunked, identity']);
  refuses('a length that is none', ['POST /', host, 'Content-Length: 1e3']);
  refuses(
    'a length beyond every upload',
    ['POST /', host, `Content-Length: ${bodyBytesMax + 1}`],
    '400 EntityTooLarge',
  );
  refuses('an expectation that nobody can meet', ['POST /', host, 'Expect: tea'], '417 BadRequest');
});
