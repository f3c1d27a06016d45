// A peer that is a Debian package: there, or installed where we may.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @returns a sentence when the command is not there and cannot be installed */
export function findOrInstall(command: string, debianPackage: string): string | undefined {
  if (isThere(command)) return undefined;
  const canInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (!canInstall) return `there is no ${command}; install the package ${debianPackage}`;
  console.error(`Installing ${debianPackage} (once) …`);
  const apt = (...args: string[]) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  const isInstalled =
    apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', debianPackage);
  return isInstalled && isThere(command) ? undefined : `${debianPackage} could not be installed`;
}

function isThere(command: string): boolean {
  return spawnSync(command, ['-v'], { stdio: 'ignore' }).error === undefined;
}
