// The official SDKs of other languages, unchanged, each in a script that says of every check how it went. A script runs where its toolchain
// is: what it needs besides is installed into node_modules/.cache, once; where that cannot be, the test is skipped and says why.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openTarget, type Target } from '../target.ts';

interface Client {
  readonly title: string;
  /** In the record of what was seen. */
  readonly asker: string;
  readonly folder: string;
  /** Commands that must be there, and how each is asked for its version. */
  readonly toolchain: readonly (readonly [command: string, ...args: string[]])[];
  /** What names the versions of what is installed. */
  readonly lockFile: string;
  /** Installs into a folder. */
  readonly install: (folder: string) => readonly Command[];
  readonly run: (folder: string) => Command;
}

type Command = readonly [command: string, ...args: string[]];

const python = {
  folder: 'python',
  toolchain: [['python3', '-c', 'import venv, ensurepip']],
  lockFile: 'requirements.txt',
  install: (folder: string): Command[] => [
    ['python3', '-m', 'venv', folder],
    [path.join(folder, 'bin/python'), '-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'],
  ],
} satisfies Partial<Client>;

const clients: readonly Client[] = [
  {
    ...python,
    title: 'Python: oss2',
    asker: 'oss2',
    run: (folder) => [path.join(folder, 'bin/python'), 'oss2_client.py'],
  },
  {
    ...python,
    title: 'Python: boto3',
    asker: 'boto3',
    run: (folder) => [path.join(folder, 'bin/python'), 'boto3_client.py'],
  },
  {
    title: 'Go: the OSS SDK v2',
    asker: 'go',
    folder: 'go',
    toolchain: [['go', 'version']],
    lockFile: 'go.sum',
    install: (folder) => [['go', 'build', '-o', path.join(folder, 'client'), '.']],
    run: (folder) => [path.join(folder, 'client')],
  },
  {
    title: 'Java: the OSS SDK',
    asker: 'java',
    folder: 'java',
    toolchain: [
      ['java', '-version'],
      ['mvn', '-version'],
    ],
    lockFile: 'pom.xml',
    install: (folder) => [['mvn', '-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]],
    run: (folder) => ['java', '-cp', path.join(folder, '*'), 'OssClient.java'],
  },
];

const cache = path.resolve(import.meta.dirname, '../../node_modules/.cache/postern-clients');
for (const client of clients) {
  test(client.title, async (t) => {
    const folder = await prepare(client);
    if ('reason' in folder) return t.skip(folder.reason);
    await using target = await openTarget({}, client.asker);
    const { output, status } = await run(client.run(folder.path), client, target);
    const checks = [...output.matchAll(/^(?<verdict>ok|not ok) (?<name>.*)$/gm)].map(({ groups }) => groups);
    for (const check of checks) {
      await t.test(String(check?.name), () => assert.equal(check?.verdict, 'ok', check?.name));
    }
    t.diagnostic(/^\d+ passed, \d+ failed$/m.exec(output)?.[0] ?? 'it came to no end');
    assert.ok(checks.length > 0 && status === 0, `ended with ${status}:\n${output.slice(-2000)}`);
  });
}

/** The folder with what the client needs, or why there is none. */
async function prepare(client: Client): Promise<{ path: string } | { reason: string }> {
  for (const command of client.toolchain) {
    const { status } = await run(command, client);
    if (status !== 0) return { reason: `${command[0]} is not installed, or too old: install it to run this` };
  }
  const source = path.join(import.meta.dirname, client.folder);
  const made = createHash('sha256').update(readFileSync(path.join(source, client.lockFile)));
  if (client.folder === 'go') made.update(readFileSync(path.join(source, 'main.go')));
  const folder = path.join(cache, `${client.folder}-${made.digest('hex').slice(0, 16)}`);
  if (existsSync(`${folder}.complete`)) return { path: folder };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const command of client.install(folder)) {
    const { status, output } = await run(command, client);
    if (status !== 0)
      return { reason: `what ${client.title} needs could not be installed: ${output.slice(-400)}` };
  }
  await writeFile(`${folder}.complete`, '');
  return { path: folder };
}

interface Ended {
  readonly status: number | string;
  readonly output: string;
}

async function run([command, ...args]: Command, { folder }: Client, target?: Target): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: path.join(import.meta.dirname, folder),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(target && {
        CONFORMANCE_ENDPOINT: target.endpoint,
        CONFORMANCE_KEY_ID: target.accessKeyId,
        CONFORMANCE_KEY_SECRET: target.accessKeySecret,
      }),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const [output, complaints, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    statusOf(child),
  ]);
  return { status, output: status === 0 ? output : `${complaints}\n${output}` };
}

function statusOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}
