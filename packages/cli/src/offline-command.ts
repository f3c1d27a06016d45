// What commands share that work on a data directory themselves, while no server runs on it.

import type { Command } from 'commander';
import { CommandError } from './command-error.ts';
import { findLockOwner } from './find-lock-owner.ts';
import { addSettingFlags, loadSettings } from './setting-flags.ts';

export function addDataDirFlag(command: Command): Command {
  return addSettingFlags(command, {}, ['dataDir']);
}

/** Runs `work` on the data directory that the settings name. @throws CommandError when it cannot be used, and why */
export async function withDataDir<Result>(
  command: Command,
  work: (dataDir: string) => Promise<Result>,
): Promise<Result> {
  const { dataDir } = (await loadSettings(command)).values;
  const { StorageError } = await import('@postern/server');
  try {
    return await work(dataDir);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const owner = error.fault === 'in-use' ? await findLockOwner(dataDir) : undefined;
    throw new CommandError(owner ? `${error.message} It is ${owner}.` : error.message, { cause: error });
  }
}
