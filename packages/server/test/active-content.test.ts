// Which types are disarmed, and how.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disarmingHeaders } from '../src/objects/active-content.ts';

const active = [
  'text/html',
  'TEXT/HTML; charset=utf-8',
  'text/plain, text/html',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xml',
  'application/atom+xml',
  'text/javascript',
  'application/ecmascript; x="script"',
  'text/xsl',
  'multipart/x-mixed-replace',
  'message/rfc822',
];

const passive = [
  'text/plain',
  'image/png',
  'application/pdf',
  'application/octet-stream',
  'video/mp4',
  'text/css',
];

test('active content is downloaded, or shown in an origin of its own', () => {
  for (const type of active) {
    assert.deepEqual(
      disarmingHeaders(type, undefined, 'attachment'),
      {
        'x-content-type-options': 'nosniff',
        'content-security-policy': 'sandbox',
        'content-disposition': 'attachment',
        'x-oss-force-download': 'true',
      },
      type,
    );
    assert.deepEqual(
      disarmingHeaders(type, undefined, 'inline'),
      { 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' },
      type,
    );
  }
});

test('other content is left alone, but never guessed', () => {
  for (const type of passive) {
    assert.deepEqual(
      disarmingHeaders(type, 'inline', 'attachment'),
      { 'x-content-type-options': 'nosniff' },
      type,
    );
  }
});

test('a file name outlives the change to attachment', () => {
  const disposition = (given: string) =>
    disarmingHeaders('text/html', given, 'attachment')['content-disposition'];
  assert.equal(disposition('inline; filename="简历.html"'), 'attachment; filename="简历.html"');
  assert.equal(disposition('attachment;filename=a.html'), 'attachment;filename=a.html');
  assert.equal(disposition('inline'), 'attachment');
});
