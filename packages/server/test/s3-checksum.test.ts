// The checksums of S3: check values that are published, and cut anywhere.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { checksumHeaders, findChecksum } from '../src/s3/checksum.ts';

const digits = Buffer.from('123456789');

/** Of the digits; the CRCs from the catalogue of parametrised CRC algorithms. */
const published: Readonly<Record<string, string>> = {
  'x-amz-checksum-crc32': Buffer.from('cbf43926', 'hex').toString('base64'),
  'x-amz-checksum-crc32c': Buffer.from('e3069283', 'hex').toString('base64'),
  'x-amz-checksum-crc64nvme': Buffer.from('ae8b14860a799888', 'hex').toString('base64'),
  'x-amz-checksum-sha1': '98O8HYCOBHMq32eZZczDTKeuNEE=',
  'x-amz-checksum-sha256': 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
};

function checksumOf(header: string, pieces: readonly Uint8Array[]): string | undefined {
  const running = findChecksum(header);
  for (const piece of pieces) running?.update(piece);
  return running?.digest();
}

for (const header of checksumHeaders) {
  test(`${header} of the digits`, () => assert.equal(checksumOf(header, [digits]), published[header]));

  test(`${header} wherever the bytes are cut`, () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
        assert.equal(checksumOf(header, pieces), checksumOf(header, [Buffer.concat(pieces)]));
      }),
    );
  });
}

test('other names are no checksums', () => {
  for (const header of ['x-amz-checksum-md5', 'x-amz-checksum-', 'x-amz-checksum-constructor', 'crc32']) {
    assert.equal(findChecksum(header), undefined);
  }
});
