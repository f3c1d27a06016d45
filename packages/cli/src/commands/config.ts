// `postern config print`: the settings that `postern serve` would run with here, and where each one comes from.

import { Command } from 'commander';
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
  return new Command('config').description('Show the settings in force').addCommand(addSettingFlags(print));
}
