// `postern config`: the settings that `postern serve` would run with here and where each one comes from, and the access key it keeps.

import { Command } from 'commander';
import { findKeptAccessKey } from '../access-key-file.ts';
import { CommandError } from '../command-error.ts';
import { describeOrigin } from '../read-settings.ts';
import { addSettingFlags, loadSettings } from '../setting-flags.ts';
import { settingNames, settingRow } from '../settings.ts';

export function configCommand(): Command {
  const print = new Command('print')
    .description('Print the settings that `postern serve` would use here; secrets are not shown.')
    .option('--origin', 'show where each value comes from')
    .addHelpText(
      'after',
      '\nExamples:\n  $ postern config print --origin\n  $ POSTERN_PORT=80 postern config print',
    )
    .action(async (_options, command: Command) => {
      const withOrigin = command.opts().origin === true;
      const { values, origins } = await loadSettings(command);
      const rows = settingNames.map((name) => {
        const { kind, secret } = settingRow(name);
        const value = values[name];
        const shown = value === undefined ? '' : secret ? '(not shown)' : kind.print(value);
        return { left: `${name} = ${shown}`, origin: describeOrigin(origins[name]) };
      });
      const width = Math.max(...rows.map(({ left }) => left.length));
      for (const { left, origin } of rows) {
        console.log(withOrigin ? `${left.padEnd(width)}  # ${origin}` : left.trimEnd());
      }
    });
  const accessKey = new Command('access-key')
    .description('Show the access key that is kept in the data folder, with its secret.')
    .action(async (_options, command: Command) => {
      const { values } = await loadSettings(command);
      const key = await findKeptAccessKey(values);
      if (!key) throw new CommandError(`${values.dataDir}: no access key is kept there`);
      console.log(`Access key id:     ${key.accessKeyId}\nAccess key secret: ${key.accessKeySecret}`);
    });
  return new Command('config')
    .description('Show the settings in force, and the access key')
    .addCommand(addSettingFlags(print))
    .addCommand(addSettingFlags(accessKey));
}
