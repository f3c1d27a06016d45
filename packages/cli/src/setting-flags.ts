// The settings as options of a command, and the settings in force once that command line has been read.

import { type Command, Option } from 'commander';
import { readConfigFile, readSettings, type SettingSources, type SettingsInForce } from './read-settings.ts';
import { flagName, type SettingName, type Settings, settingNames, settingRow } from './settings.ts';

/**
 * Adds `--config` and a flag for each setting (of those `names`) that has one; their help shows `defaults` where these differ from the
 * table's.
 */
export function addSettingFlags(
  command: Command,
  defaults: Partial<Settings> = {},
  names: readonly SettingName[] = settingNames,
): Command {
  command.option('--config <file>', 'read settings from this file (env: POSTERN_CONFIG)');
  for (const name of names) {
    const { flag, kind, default: tableDefault, help, env } = settingRow(name);
    if (flag === undefined) continue;
    const value = defaults[name] ?? tableDefault;
    const shown = value === undefined ? '' : kind.print(value);
    const option = new Option(flag, `${help} (${shown === '' ? '' : `default: ${shown}; `}env: ${env})`);
    if (kind.repeats) option.argParser(collect);
    command.addOption(option);
    // So that a flag can take back what the environment or the file says.
    if (!flag.includes(' ')) {
      command.addOption(new Option(`--no-${(flagName(name) as string).slice(2)}`).hideHelp());
    }
  }
  return command;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/**
 * Flags of `command` over `process.env` over the configuration file over `defaults` over the table's defaults.
 *
 * @throws UsageError
 */
export async function loadSettings(
  command: Command,
  defaults: Partial<Settings> = {},
): Promise<SettingsInForce> {
  const file = await readConfigFile(command.opts().config ?? process.env.POSTERN_CONFIG);
  return readSettings({ flags: typedFlags(command), env: process.env, file, defaults });
}

function typedFlags(command: Command): SettingSources['flags'] {
  const flags: Partial<Record<SettingName, string | boolean | readonly string[]>> = {};
  for (const name of settingNames) {
    const flag = flagName(name);
    if (flag === undefined) continue;
    const option = new Option(flag).attributeName();
    if (command.getOptionValueSource(option) === 'cli') flags[name] = command.getOptionValue(option);
  }
  return flags;
}
