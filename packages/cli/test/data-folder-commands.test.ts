// `fsck`, `export` and `import` as processes, on a data folder that a server has filled.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { OssClient } from '@postern/sdk/client';
import { startServer } from '@postern/server';
import { makeFolder, runPostern } from './run-postern.ts';

/** A folder with `data`, a store that holds oss://demo/large and oss://demo/small. */
async function fillFolder(context: TestContext): Promise<string> {
  const folder = await makeFolder(context);
  await using server = await startServer({ port: 0, dataDir: path.join(folder, 'data'), buckets: ['demo'] });
  const client = new OssClient({ endpoint: server.endpoint, accessKey: server.credentials });
  await client.putObject('demo', 'large', randomBytes(1_200_000));
  await client.putObject('demo', 'small', 'hello');
  return folder;
}

function damageBlob(folder: string): void {
  const [file = ''] = globSync(path.join(folder, 'data/blobs/*/*'));
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(200_000) ^ 1, 200_000);
  writeFileSync(file, bytes);
}

suite('fsck', () => {
  test('of a whole store ends with 0', async (context) => {
    const cwd = await fillFolder(context);
    const { code, out, err } = await runPostern('fsck --data-dir data', { cwd });
    assert.deepEqual([code, out, err], [0, '2 object versions, 1.1 MB; no problems.\n', '']);
  });

  test('tells of damage, moves it aside when asked, and is content afterwards', async (context) => {
    const cwd = await fillFolder(context);
    damageBlob(cwd);
    const found = await runPostern('fsck', { cwd, env: { POSTERN_DATA_DIR: 'data' } });
    assert.equal(found.code, 1);
    assert.match(
      found.out,
      /^body-damaged {2}oss:\/\/demo\/large \(version null\) {2}Block 3 of blob [0-9a-f]{40} is damaged\.\n2 object/,
    );
    assert.equal(found.err, 'postern: 1 problem found; --repair mends what can be\n');

    const quick = await runPostern('fsck --data-dir data --quick', { cwd });
    assert.equal(quick.code, 0);

    const repaired = await runPostern('fsck --data-dir data --repair --json', { cwd });
    assert.equal(repaired.code, 1);
    const [finding, summary] = repaired.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.match(finding.repaired, /data\/quarantine\/\d+\.json/);
    assert.deepEqual(summary, {
      ...{ kind: 'summary', versions: 2, bytes: 1_200_005 },
      ...{ problems: 1, leftovers: 0, quarantined: 1 },
    });

    const after = await runPostern('fsck --data-dir data', { cwd });
    assert.deepEqual([after.code, after.out], [0, '1 object version, 5 B; no problems; 1 in quarantine.\n']);
  });

  test('is refused while a server runs, which it names', async (context) => {
    const cwd = await makeFolder(context);
    await using _ = await startServer({ port: 0, dataDir: path.join(cwd, 'data') });
    const { code, err } = await runPostern('fsck --data-dir data --repair', { cwd });
    assert.equal(code, 1);
    const owner = process.platform === 'linux' ? ` It is process ${process.pid} \\(node.*\\)\\.` : '';
    assert.match(
      err,
      new RegExp(`^postern: The data directory data is in use by another process.*${owner}\n$`),
    );
  });

  test('where there is no store, nothing is made', async (context) => {
    const cwd = await makeFolder(context);
    const { code, err } = await runPostern('fsck --data-dir data', { cwd });
    assert.equal(code, 1);
    assert.match(err, /^postern: There is no store in data: /);
    assert.deepEqual(
      globSync('**', { cwd }).filter((name) => name !== '.'),
      [],
    );
  });

  test('a flag that there is not ends with 2', async () => {
    assert.equal((await runPostern('fsck --fast')).code, 2);
  });
});

suite('export and import', () => {
  test('a whole store through a file', async (context) => {
    const cwd = await fillFolder(context);
    const exported = await runPostern('export --data-dir data backup.postern', { cwd });
    assert.deepEqual([exported.code, exported.out, exported.err], [0, '', '']);
    assert.deepEqual(globSync('backup*', { cwd }), ['backup.postern']);
    const imported = await runPostern('import backup.postern --data-dir copy', { cwd });
    assert.equal(imported.code, 0, imported.err);
    assert.equal(imported.err, 'Imported: buckets 1, object versions 2, 1.1 MB.\n');
    const checked = await runPostern('fsck --data-dir copy', { cwd });
    assert.equal(checked.out, '2 object versions, 1.1 MB; no problems.\n');
  });

  test('what is cut off on the way is refused', async (context) => {
    const cwd = await fillFolder(context);
    await runPostern('export --data-dir data backup.postern', { cwd });
    const bytes = readFileSync(path.join(cwd, 'backup.postern'));
    writeFileSync(path.join(cwd, 'half'), bytes.subarray(0, 200_000));
    const { code, err } = await runPostern('import half --data-dir copy', { cwd });
    assert.equal(code, 1);
    assert.match(err, /cut off\. Nothing was imported\.\n$/);
  });

  test('a store with a damaged body leaves no file', async (context) => {
    const cwd = await fillFolder(context);
    damageBlob(cwd);
    const { code, err } = await runPostern('export --data-dir data backup.postern', { cwd });
    assert.equal(code, 1);
    assert.match(
      err,
      /^postern: The body of demo\/large, version null cannot be read: Block 3 .*\npostern: postern fsck/,
    );
    assert.deepEqual(globSync('backup*', { cwd }), []);
  });

  test('through a pipe', async (context) => {
    const cwd = await makeFolder(context);
    await using server = await startServer({ port: 0, dataDir: path.join(cwd, 'data'), buckets: ['demo'] });
    await server.close();
    const { code, out } = await runPostern('export - --data-dir data', { cwd });
    assert.equal(code, 0);
    assert.match(out, /^PSTNDUMP/);
    const imported = await runPostern('import - --data-dir copy', { cwd, input: 'PSTNDUMP' });
    assert.equal(imported.code, 1);
  });
});
