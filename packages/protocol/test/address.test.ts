// Host and path → what the request is about. One line per case: host, path, and the reading in a small notation:
// `-` the service, `v photos` a bucket addressed by host, `p photos a/b` an object addressed by path, `| …` another reading.

import assert from 'node:assert/strict';
import test from 'node:test';
import { type AddressTarget, formatObjectUrl, parseAddress, parseHostName } from '../src/address.ts';
import { parseBucketName } from '../src/bucket-name.ts';
import { OssError } from '../src/errors.ts';
import { parseObjectName } from '../src/object-name.ts';

const baseDomains = ['oss.example.com', 'example.com'];

function show(address: AddressTarget): string {
  if (address.target === 'service') return '-';
  const style = address.style === 'path' ? 'p' : 'v';
  return address.target === 'bucket'
    ? `${style} ${address.bucket}`
    : `${style} ${address.bucket} ${address.key}`;
}

function read(host: string, rawPath: string): string {
  try {
    const { otherReading, ...address } = parseAddress({ host, rawPath, baseDomains });
    return otherReading ? `${show(address)} | ${show(otherReading)}` : show(address);
  } catch (error) {
    if (error instanceof OssError) return error.row;
    throw error;
  }
}

const forged = 'photos.oss-cn-hangzhou.aliyuncs.com';

const cases: readonly [host: string, rawPath: string, reading: string][] = [
  // Path style: IP addresses, the service's own hosts, hosts nobody told us of.
  ['127.0.0.1:9000', '/', '-'],
  ['127.0.0.1:9000', '/photos', 'p photos'],
  ['127.0.0.1:9000', '/photos/', 'p photos'],
  ['127.0.0.1', '/photos/a/b', 'p photos a/b'],
  ['[::1]:9000', '/photos/a', 'p photos a'],
  ['[fe80::1]', '/photos/a', 'p photos a'],
  ['localhost:9000', '/photos/a', 'p photos a'],
  ['oss.localhost', '/photos/a', 'p photos a'],
  ['oss.example.com', '/photos/a', 'p photos a'],
  ['example.com', '/photos/a', 'p photos a'],
  ['storage', '/photos/a', 'p photos a'],
  ['oss-cn-hangzhou.aliyuncs.com', '/photos/a', 'p photos a'],
  ['notexample.com', '/photos/a', 'p photos a'],
  ['', '/photos', 'p photos'],
  // The bucket in front of the host.
  ['photos.oss.example.com', '/', 'v photos'],
  ['photos.oss.example.com', '/a/b', 'v photos a/b'],
  ['PHOTOS.OSS.Example.COM.:443', '/A', 'v photos A'],
  ['photos.example.com', '/a', 'v photos a'],
  ['photos.localhost:9000', '/a', 'v photos a'],
  ['photos.oss.localhost:9000', '/a', 'v photos a'],
  ['photos.oss.example.com', '/photos/a', 'v photos photos/a'],
  ['a.photos.oss.example.com', '/', 'InvalidBucketName'],
  ['photos..oss.example.com', '/', 'InvalidBucketName'],
  ['-x.oss.example.com', '/', 'InvalidBucketName'],
  ['.oss.example.com', '/', '-'],
  // ali-oss with an IP address as its endpoint.
  [forged, '/a', 'v photos a'],
  ['photos.cn-hangzhou.oss.aliyuncs.com', '/a', 'v photos a'],
  ['photos.oss-accelerate.aliyuncs.com', '/a', 'v photos a'],
  ['.oss-cn-hangzhou.aliyuncs.com', '/', '-'],
  ['photos.evil.com', '/photos/a', 'p photos a'],
  // … and with sldEnable.
  [forged, '/photos/a', 'v photos photos/a | p photos a'],
  [forged, '/photos/', 'v photos photos/ | p photos'],
  [forged, '/photos', 'v photos photos | p photos'],
  [forged, '/photos//a', 'v photos photos//a'],
  [forged, '/photosa/b', 'v photos photosa/b'],
  // Escapes.
  ['127.0.0.1', '/photos/a%2Fb%2fc', 'p photos a/b/c'],
  ['127.0.0.1', '/photos%2Fa', 'p photos a'],
  ['127.0.0.1', '/photos/a%20b+c', 'p photos a b+c'],
  ['127.0.0.1', '/photos/%E7%AE%80', 'p photos 简'],
  ['127.0.0.1', '/photos/%3Facl', 'p photos ?acl'],
  ['127.0.0.1', '/photos/%252F', 'p photos %2F'],
  ['127.0.0.1', '/photos/%', 'InvalidObjectName'],
  ['127.0.0.1', '/photos/%C0%AF', 'InvalidObjectName'],
  ['127.0.0.1', '/photos/%ED%A0%80', 'InvalidObjectName'],
  ['127.0.0.1', '/photos/%00', 'InvalidObjectName'],
  ['127.0.0.1', '/photos/é', 'InvalidObjectName'],
  // Nothing is normalised.
  ['127.0.0.1', '/photos/a//b', 'p photos a//b'],
  ['127.0.0.1', '/photos/../x/./', 'p photos ../x/./'],
  ['127.0.0.1', '/photos//a', 'InvalidObjectName'],
  ['127.0.0.1', '/photos/%5Ca', 'InvalidObjectName'],
  ['127.0.0.1', '//photos/a', 'InvalidBucketName'],
  ['127.0.0.1', '/../photos/a', 'InvalidBucketName'],
  ['127.0.0.1', '/Photos/a', 'InvalidBucketName'],
  ['127.0.0.1', `/photos/${'a'.repeat(1023)}`, `p photos ${'a'.repeat(1023)}`],
  ['127.0.0.1', `/photos/${'a'.repeat(1024)}`, 'InvalidObjectName.tooLong'],
  // No path at all.
  ['127.0.0.1', '', 'InvalidURI'],
  ['127.0.0.1', '*', 'InvalidURI'],
];
for (const [host, rawPath, reading] of cases) {
  test(`${host} ${rawPath.slice(0, 60)}`, () => assert.equal(read(host, rawPath), reading));
}

test('without base domains, localhost still works', () => {
  assert.equal(
    show(parseAddress({ host: 'photos.localhost', rawPath: '/a', baseDomains: [] })),
    'v photos a',
  );
  assert.equal(show(parseAddress({ host: 'photos.example.com', rawPath: '/', baseDomains: [] })), '-');
});

const hosts: readonly [host: string, name: string][] = [
  ['Example.COM', 'example.com'],
  ['example.com.', 'example.com'],
  ['example.com.:80', 'example.com'],
  ['example.com:', 'example.com'],
  ['[::1]', '[::1]'],
  ['[::1]:80', '[::1]'],
];
for (const [host, name] of hosts) test(`host ${host}`, () => assert.equal(parseHostName(host), name));

const urls: readonly [origin: string, style: 'path' | 'virtual-hosted', url: string][] = [
  ['http://127.0.0.1:9000', 'path', 'http://127.0.0.1:9000/photos/a/b%20%2B%23.txt'],
  ['http://127.0.0.1:9000', 'virtual-hosted', 'http://127.0.0.1:9000/photos/a/b%20%2B%23.txt'],
  ['http://[::1]:9000/', 'virtual-hosted', 'http://[::1]:9000/photos/a/b%20%2B%23.txt'],
  ['https://oss.example.com', 'path', 'https://oss.example.com/photos/a/b%20%2B%23.txt'],
  ['https://oss.example.com:8443/', 'virtual-hosted', 'https://photos.oss.example.com:8443/a/b%20%2B%23.txt'],
];
const bucket = parseBucketName('photos');
const key = parseObjectName('a/b +#.txt');

for (const [publicUrl, style, url] of urls) {
  test(`URL at ${publicUrl}, ${style}`, () => {
    assert.equal(formatObjectUrl({ origin: { publicUrl }, bucket, key, style }), url);
  });
}

test('URL at the host that was addressed', () => {
  const url = (addressedHost: string, style: 'path' | 'virtual-hosted') =>
    formatObjectUrl({ origin: { scheme: 'http', addressedHost }, bucket, key, style });
  assert.equal(url('127.0.0.1:9000', 'path'), 'http://127.0.0.1:9000/photos/a/b%20%2B%23.txt');
  assert.equal(url('photos.oss.localhost', 'virtual-hosted'), 'http://photos.oss.localhost/a/b%20%2B%23.txt');
});
