// What may be chosen of an object: `keeps` a set of headers or fields as the properties given, `refuses` it with the row given.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorName, OssError } from '@postern/protocol';
import { checkForbidOverwrite, checkObjectProperties } from '../src/objects/object-properties.ts';

type Given = Readonly<Record<string, string>>;

function check(given: Given) {
  const bucket = { storageClass: 'IA', documents: {} };
  return checkObjectProperties({ find: (name) => given[name], entries: Object.entries(given) }, bucket);
}

function keeps(given: Given, headers: Given): void {
  assert.deepEqual(check(given).headers, { 'content-type': 'application/octet-stream', ...headers });
}

function refuses(given: Given, row: ErrorName): void {
  assert.throws(
    () => check(given),
    (error) => error instanceof OssError && error.row === row,
    `${JSON.stringify(given).slice(0, 80)} → ${row}`,
  );
}

test('without a choice an object takes the class of its bucket, its access and a plain type', () => {
  assert.deepEqual(check({}), {
    acl: 'default',
    storageClass: 'IA',
    headers: { 'content-type': 'application/octet-stream' },
    tags: [],
  });
});

test('access and storage class are words of a list', () => {
  assert.equal(check({ 'x-oss-object-acl': 'public-read' }).acl, 'public-read');
  assert.equal(check({ 'x-oss-storage-class': 'Standard' }).storageClass, 'Standard');
  refuses({ 'x-oss-object-acl': 'Private' }, 'InvalidArgument.objectAcl');
  refuses({ 'x-oss-object-acl': '' }, 'InvalidArgument.objectAcl');
  refuses({ 'x-oss-storage-class': 'standard' }, 'InvalidArgument.storageClass');
});

test('content headers are kept as they are, empty ones are none', () => {
  keeps({ 'content-type': 'text/plain; charset=utf-8' }, { 'content-type': 'text/plain; charset=utf-8' });
  keeps({ 'cache-control': 'no-cache', expires: '' }, { 'cache-control': 'no-cache' });
  const disposition = 'attachment; filename="简历.pdf"';
  keeps({ 'content-disposition': disposition }, { 'content-disposition': disposition });
  keeps({ 'content-encoding': 'a\tb' }, { 'content-encoding': 'a\tb' });
  keeps({ 'x-unknown': '1' }, {});
});

test('what a response could not carry is refused', () => {
  for (const value of ['a\r\nSet-Cookie: a=b', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb', 'a\ud800b']) {
    refuses({ 'content-disposition': value }, 'InvalidArgument.headerValue');
    refuses({ 'content-type': value }, 'InvalidArgument.headerValue');
    refuses({ 'x-oss-meta-a': value }, 'InvalidArgument.headerValue');
  }
  refuses({ 'content-type': `text/${'x'.repeat(8192)}` }, 'InvalidArgument.headerTooLong');
});

test('user metadata: names of letters, digits and hyphens, 8 KB in sum', () => {
  keeps({ 'X-Oss-Meta-Candidate': '张三' }, { 'x-oss-meta-candidate': '张三' });
  keeps({ 'x-oss-meta-a': '' }, { 'x-oss-meta-a': '' });
  for (const name of ['x-oss-meta-', 'x-oss-meta-a_b', 'x-oss-meta-a@b', 'x-oss-meta-a b', 'x-oss-meta-é']) {
    refuses({ [name]: '1' }, 'InvalidArgument.userMeta');
  }
  keeps({ 'x-oss-meta-ab': 'x'.repeat(8190) }, { 'x-oss-meta-ab': 'x'.repeat(8190) });
  refuses({ 'x-oss-meta-ab': 'x'.repeat(8191) }, 'InvalidArgument.userMetaTooLarge');
  refuses(
    { 'x-oss-meta-a': 'x'.repeat(4096), 'x-oss-meta-b': '简'.repeat(1366) },
    'InvalidArgument.userMetaTooLarge',
  );
});

test('encryption: a known algorithm, and a key only with KMS', () => {
  const algorithm = 'x-oss-server-side-encryption';
  const keyId = 'x-oss-server-side-encryption-key-id';
  const data = 'x-oss-server-side-data-encryption';
  for (const name of ['AES256', 'KMS', 'SM4']) keeps({ [algorithm]: name }, { [algorithm]: name });
  keeps(
    { [algorithm]: 'KMS', [keyId]: 'k-1', [data]: 'SM4' },
    { [algorithm]: 'KMS', [keyId]: 'k-1', [data]: 'SM4' },
  );
  refuses({ [algorithm]: 'aes256' }, 'InvalidEncryptionAlgorithmError');
  refuses({ [algorithm]: 'AES256', [keyId]: 'k-1' }, 'InvalidEncryptionAlgorithmError');
  refuses({ [keyId]: 'k-1' }, 'InvalidEncryptionAlgorithmError');
  refuses({ [algorithm]: 'KMS', [data]: 'AES256' }, 'InvalidDataEncryptionAlgorithmError');
  refuses({ [algorithm]: 'AES256', [data]: 'SM4' }, 'InvalidEncryptionAlgorithmError');
});

test('forbid-overwrite is true or false, nothing like it', () => {
  assert.equal(checkForbidOverwrite('true'), 'absent');
  assert.equal(checkForbidOverwrite('false'), 'any');
  assert.equal(checkForbidOverwrite(undefined), 'any');
  for (const value of ['TRUE', '1', 'yes', '', 'true,true']) {
    assert.throws(() => checkForbidOverwrite(value), { row: 'InvalidArgument.forbidOverwrite' });
  }
});
