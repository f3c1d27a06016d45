// XML both ways: what is written is well-formed whatever the text, what is read is bounded.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { OssError } from '../src/errors.ts';
import { encodeUtf8 } from '../src/utf8.ts';
import { findText, readXml, xmlBytesMax, xmlDepthMax, xmlElementsMax } from '../src/xml/read-xml.ts';
import { writeXml } from '../src/xml/write-xml.ts';

test('layout', () => {
  const written = writeXml([
    'A',
    [
      ['B', 'text'],
      ['C', []],
      undefined,
      [
        'D',
        [
          ['E', 7],
          ['F', false],
        ],
      ],
      ['G', ''],
    ],
  ]);
  assert.equal(
    written,
    `<?xml version="1.0" encoding="UTF-8"?>
<A>
  <B>text</B>
  <C></C>
  <D>
    <E>7</E>
    <F>false</F>
  </D>
  <G></G>
</A>
`,
  );
});

const written: readonly [text: string, xml: string][] = [
  ['"5B3C1A2E"', '"5B3C1A2E"'],
  ['a&b<c>d', 'a&amp;b&lt;c&gt;d'],
  [']]>', ']]&gt;'],
  ['&#x41;', '&amp;#x41;'],
  ['a\tb\nc\rd', 'a\tb\nc&#13;d'],
  ['\u0000\u0001\u001f\ufffe\uffff', '\ufffd'.repeat(5)],
  ['\ud800a\udc00', '\ufffda\ufffd'],
  ['😀\u0085\u2028\u007f', '😀\u0085\u2028\u007f'],
];
for (const [text, xml] of written) {
  test(`writes ${JSON.stringify(text)}`, () => {
    assert.equal(writeXml(['A', text]), `<?xml version="1.0" encoding="UTF-8"?>\n<A>${xml}</A>\n`);
  });
}

/** Throws unless a parser that we did not teach anything takes the document. */
function checkWellFormed(document: string): void {
  new SaxesParser().write(document).close();
}

const anyText = fc.string({ unit: 'binary' });
const brokenText = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

test('any text gives a well-formed document', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, brokenText), (text) => checkWellFormed(writeXml(['A', [['B', text]]]))),
  );
});

test('what was written reads back, but for what XML cannot carry', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML cannot carry.
  const lost = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
  fc.assert(
    fc.property(anyText, (text) => {
      const root = readXml(encodeUtf8(writeXml(['A', [['B', text]]])), 'A');
      assert.equal(findText(root, 'B'), text.replace(lost, '\ufffd'));
    }),
  );
});

const readable: readonly [document: string, text: string][] = [
  ['<A>x</A>', 'x'],
  ['<?xml version="1.0" encoding="utf-8"?>\n<A>x</A>\n', 'x'],
  ["<?xml version='1.0' encoding='US-ASCII'?><A>x</A>", 'x'],
  ['\ufeff<A>x</A>', 'x'],
  ['<A xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">x</A>', 'x'],
  ['<!-- c --><A>x<!-- c -->y<?pi?></A>', 'xy'],
  ['<A> x </A>', ' x '],
  ['<A>&lt;&gt;&amp;&quot;&apos;</A>', '<>&"\''],
  ['<A>&amp;lt;</A>', '&lt;'],
  ['<A>&#65;&#x42;&#x1F600;</A>', 'AB😀'],
  ['<A>&#x0c;&#1;&#xFFFE;</A>', '\u000c\u0001\ufffe'],
  ['<A><![CDATA[&lt;<b>&amp;&#1;]]></A>', '&lt;<b>&amp;&#1;'],
  ['<A>\ufdd0a\ufdd0h&amp;\ufdd0<![CDATA[&\ufdd0h]]></A>', '\ufdd0a\ufdd0h&\ufdd0&\ufdd0h'],
  ['<A>\u0085\u2028</A>', '\u0085\u2028'],
  ['<?xml version="1.1"?><A>\u0085</A>', '\u0085'],
  ['<A/>', ''],
];
for (const [document, text] of readable) {
  test(`reads ${JSON.stringify(document)}`, () => {
    assert.equal(readXml(document, 'A').text, text);
    assert.equal(readXml(encodeUtf8(document), 'A').text, text);
  });
}

const nested = (depth: number) => '<A>'.repeat(depth) + '</A>'.repeat(depth);
const wide = (elements: number) => `<A>${'<b/>'.repeat(elements - 1)}</A>`;

test('reads up to its bounds', () => {
  readXml(nested(xmlDepthMax), 'A');
  readXml(wide(xmlElementsMax), 'A');
  readXml(`<A>${' '.repeat(xmlBytesMax - '<A></A>'.length)}</A>`, 'A');
});

const refused: readonly [what: string, document: string | Uint8Array][] = [
  ['nothing', ''],
  ['text alone', 'x'],
  ['another root', '<B/>'],
  ['two roots', '<A/><A/>'],
  ['an open element', '<A><B></A>'],
  ['an end too early', '<A>'],
  ['a DOCTYPE', '<!DOCTYPE A><A/>'],
  ['an entity of its own', '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'],
  ['an external entity', '<!DOCTYPE A [<!ENTITY x SYSTEM "file:///etc/passwd">]><A>&x;</A>'],
  ['an unknown entity', '<A>&nbsp;</A>'],
  ['an inherited entity', '<A>&constructor;</A>'],
  ['a bare &', '<A>a & b</A>'],
  ['an open reference', '<A>&#65</A>'],
  ['a reference to NUL', '<A>&#0;</A>'],
  ['a reference to a surrogate', '<A>&#xD83D;&#xDE00;</A>'],
  ['a reference beyond Unicode', '<A>&#x110000;</A>'],
  ['a bare control', '<A>\u000c</A>'],
  ['a NUL', '<A>\0</A>'],
  ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><A/>'],
  ['bytes that are not UTF-8', Uint8Array.of(0x3c, 0x41, 0x3e, 0xff, 0x3c, 0x2f, 0x41, 0x3e)],
  ['too deep', nested(xmlDepthMax + 1)],
  ['too many elements', wide(xmlElementsMax + 1)],
  ['too large', `<A>${' '.repeat(xmlBytesMax)}</A>`],
];
for (const [what, document] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => readXml(document, 'A'),
      (error) => error instanceof OssError && error.row === 'MalformedXML',
    );
  });
}

test('one child by its name', () => {
  const root = readXml('<A><B>1</B><C>2</C><C>3</C></A>', 'A');
  assert.equal(findText(root, 'B'), '1');
  assert.equal(findText(root, 'D'), undefined);
  assert.throws(() => findText(root, 'C'), OssError);
});
