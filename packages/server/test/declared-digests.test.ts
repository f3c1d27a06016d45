// Digests that a client declares of its body. The values of "Hello OSS" are those of the OSS documentation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkContentCrc64, parseContentCrc64 } from '../src/body/content-crc64.ts';
import { checkContentMd5, parseContentMd5 } from '../src/body/content-md5.ts';

const md5 = 'F0F18C2C66AE1DD512BDCD4366F76DA3';
const crc64 = '5213097489099810948';

test('Content-MD5 of the body', () => {
  checkContentMd5(parseContentMd5('8PGMLGauHdUSvc1DZvdtow=='), md5);
  checkContentMd5(parseContentMd5(undefined), md5);
  assert.throws(() => checkContentMd5(parseContentMd5('1B2M2Y8AsgTpgAmY7PhCfg=='), md5), {
    row: 'InvalidDigest',
  });
});

test('Content-MD5 that cannot be one', () => {
  const hex = 'f0f18c2c66ae1dd512bdcd4366f76da3';
  for (const header of ['', '8PGMLGauHdUSvc1DZvdtow', '8PGMLGauHdUSvc1DZvdtox==', 'MTIz', hex]) {
    assert.throws(() => parseContentMd5(header), { row: 'InvalidDigest.malformed' }, header);
  }
});

test('x-oss-hash-crc64ecma of the body', () => {
  checkContentCrc64(parseContentCrc64(crc64), crc64);
  checkContentCrc64(parseContentCrc64(`0${crc64}`), crc64);
  checkContentCrc64(parseContentCrc64(undefined), crc64);
  for (const header of ['0', '', '-1', '0x1', '1e3', '18446744073709551616']) {
    assert.throws(() => checkContentCrc64(parseContentCrc64(header), crc64), { row: 'InvalidCRC64' }, header);
  }
});
