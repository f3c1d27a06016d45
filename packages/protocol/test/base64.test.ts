// Base64, hexadecimal and UTF-8: the published vectors, round trips, and everything a strict decoder refuses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from '../src/base64.ts';
import { encodeHex } from '../src/hex.ts';
import { decodeUtf8, encodeUtf8 } from '../src/utf8.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('base64: the vectors of RFC 4648', () => {
  const VECTORS = [
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ] as const;
  for (const [plain, encoded] of VECTORS) {
    assert.equal(encodeBase64(bytes(plain)), encoded);
    assert.deepEqual(decodeBase64(encoded), bytes(plain));
  }
});

test('base64: agrees with Node, and decodes what it encodes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (array) => {
      const text = encodeBase64(array);
      assert.equal(text, Buffer.from(array).toString('base64'));
      assert.deepEqual(decodeBase64(text), Uint8Array.from(array));
    }),
  );
});

test('base64: any text that decodes is the one text for its bytes', () => {
  const letters = fc.constantFrom(...'ABwxyz0189+/=-_ \n');
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 12 }), (text) => {
      const decoded = decodeBase64(text);
      if (decoded) assert.equal(encodeBase64(decoded), text);
    }),
    { numRuns: 2000 },
  );
});

test('base64: what is refused', () => {
  const REFUSED = {
    'no padding': 'Zg',
    'half the padding': 'Zg=',
    'too much padding': 'Zm9v=',
    'padding only': '====',
    'three pads': 'Z===',
    'padding in the middle': 'Zg==Zg==',
    'a trailing newline': 'Zm9v\n',
    'a line break inside': 'Zm9\nvYg=',
    'a blank': 'Zm9 ',
    'the url alphabet': 'Zm-_',
    'trailing bits, one pad': 'Zm9=',
    'trailing bits, two pads': 'Zh==',
    'a letter over 255': 'Zm9\u0176',
    'a letter over 65535': 'Zm\u{1f600}',
    NUL: 'Zm9\0',
    'a letter that folds to ASCII': '\uff21AAA',
  };
  for (const [why, text] of Object.entries(REFUSED)) assert.equal(decodeBase64(text), undefined, why);
});

test('base64: a value of the largest field', () => {
  const large = new Uint8Array(1_500_000).map((_, at) => (at * 7919) >> 3);
  assert.deepEqual(decodeBase64(encodeBase64(large)), large);
});

test('hex: lower case, two digits a byte', () => {
  assert.equal(encodeHex(Uint8Array.of(0, 1, 0xab, 0xff)), '0001abff');
  assert.equal(encodeHex(new Uint8Array()), '');
});

test('utf8: both ways, the byte order mark kept, junk refused', () => {
  for (const text of ['', 'plain', '简历', '\ufeffmarked', 'a\0b', '\u{1f600}']) {
    assert.equal(decodeUtf8(encodeUtf8(text)), text);
  }
  for (const junk of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe7, 0xae], [0xf4, 0x90, 0x80, 0x80]]) {
    assert.equal(decodeUtf8(Uint8Array.from(junk)), undefined, String(junk));
  }
  assert.equal(decodeUtf8(bytes('still works')), 'still works');
});
