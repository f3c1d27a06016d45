// The browser entry stays small and holds nothing that signs: bundled as an application would bundle it, weighed and searched.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What the uploader may weigh, minified and gzipped. */
const bundleBytesMax = 4 * 1024;

async function bundleBrowserEntry(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, '../src/browser/index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    platform: 'browser',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

const bundle = await bundleBrowserEntry();

test('the uploader weighs no more than 4 KiB', (t) => {
  const bytes = gzipSync(bundle, { level: 9 }).length;
  t.diagnostic(`${bytes} bytes gzipped`);
  assert.ok(bytes > 1000, 'the bundle is there');
  assert.ok(bytes <= bundleBytesMax, `${bytes} bytes gzipped, ${bundleBytesMax} allowed`);
});

for (const word of ['hmac', 'sha1', 'sha256', 'aliyun_v4', 'Secret', 'node:', 'Buffer', 'process.env']) {
  test(`the uploader does not contain "${word}"`, () => {
    assert.ok(!bundle.toLowerCase().includes(word.toLowerCase()));
  });
}
