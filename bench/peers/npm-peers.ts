// The peers that are npm packages, installed on first use into this folder and not with the project: nobody who builds or tests Postern
// needs them.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const installMsMax = 5 * 60_000;

/** `npm ci`, unless the last one was for this very lock file. @returns a sentence when that was not possible */
export function installNpmPeers(): string | undefined {
  const stamp = path.join(root, 'node_modules', '.installed-lock');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return undefined;
  console.error('Installing the npm packages that are measured beside ours (once) …');
  const { status, error } = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: installMsMax,
  });
  if (status !== 0) return `npm ci failed in ${root}${error ? `: ${error.message}` : ''}`;
  writeFileSync(stamp, lock);
  return undefined;
}
