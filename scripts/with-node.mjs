#!/usr/bin/env node
// Runs a script of this repository on the Node that the repository brings along, after installing what is missing. This file alone
// has to run on whatever Node the machine has (20 or newer): plain JavaScript, no dependencies.
//
//   node scripts/with-node.mjs FILE [ARGUMENT…]

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const oldestNode = [22, 18];

installOnce();
run(findNode(), process.argv.slice(2));

/** `npm ci`, unless the last one was for this very lock file. */
function installOnce() {
  const stamp = path.join(root, 'node_modules', '.installed-lock');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing the packages this repository needs (once) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`npm ci failed${error ? `: ${error.message}` : ''}`);
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, lock);
}

function findNode() {
  const bundled = path.join(
    root,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (existsSync(bundled)) return bundled;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return process.execPath;
  console.error(
    `This needs Node ${oldestNode.join('.')} or newer; here is ${process.version}, and the package "node" was installed without its binary (were install scripts switched off?).`,
  );
  process.exit(1);
}

function run(node, args) {
  // What the script starts in turn (npx, workers, the command under test) finds the same Node first.
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` };
  // Types are taken off a file once, not at every start, and what takes them off need not be loaded. As trusted as what lies beside it.
  env.NODE_COMPILE_CACHE ||= path.join(root, 'node_modules', '.cache', 'compiled');
  const child = spawn(node, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 1)));
}
