// The commands of `postern`, and the one catch of the command line. Without a command it starts the development server. Exits with 0 when
// done, 1 when the operation failed, 2 when the command line, the environment or the configuration was wrong.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitCodes, UsageError } from './command-error.ts';
import { configCommand } from './commands/config.ts';
import { cpCommand } from './commands/cp.ts';
import { devCommand } from './commands/dev.ts';
import { exportCommand } from './commands/export.ts';
import { formCommand } from './commands/form.ts';
import { fsckCommand } from './commands/fsck.ts';
import { importCommand } from './commands/import.ts';
import { keyCommand } from './commands/key.ts';
import { lsCommand } from './commands/ls.ts';
import { mbCommand } from './commands/mb.ts';
import { policyCommand } from './commands/policy.ts';
import { presignCommand } from './commands/presign.ts';
import { rmCommand } from './commands/rm.ts';
import { roleCommand } from './commands/role.ts';
import { serveCommand } from './commands/serve.ts';
import { signCommand } from './commands/sign.ts';
import { statCommand } from './commands/stat.ts';
import { userCommand } from './commands/user.ts';
import { describeError } from './describe-error.ts';
import { didYouMean } from './did-you-mean.ts';

/** Every command, under the heading it has in `postern --help`. */
const commands: Readonly<Record<string, readonly Command[]>> = {
  'Server:': [devCommand(), serveCommand(), configCommand()],
  'Data folder:': [fsckCommand(), exportCommand(), importCommand()],
  'Users:': [userCommand(), keyCommand(), roleCommand()],
  'Objects:': [cpCommand(), lsCommand(), rmCommand(), mbCommand(), statCommand(), presignCommand()],
  'Forms and signatures:': [formCommand(), policyCommand(), signCommand()],
};

function posternCommand(): Command {
  const program = new Command('postern')
    .description(
      'Object store for form uploads, speaking the Alibaba Cloud OSS protocol.\nWithout a command: starts the development server.',
    )
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpCommand(
      new Command('help').argument('[command]').description('Print the help of a command').helpGroup('More:'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ postern                                  start, and print the address of an upload page
  $ postern serve --data-dir /srv/postern    run for others
  $ postern cp photo.jpg oss://demo/photos/  copy a file up
  $ postern COMMAND --help                   more about one command`,
    );
  for (const [heading, group] of Object.entries(commands)) {
    for (const command of group) {
      program.addCommand(command.helpGroup(heading), { isDefault: command.name() === 'dev' });
    }
  }
  neverExit(program);
  return program;
}

/** Errors rise to the catch below instead of ending the process in the middle. */
function neverExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) neverExit(inner);
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

/**
 * @param words what was typed after the name of the command
 * @returns the exit code
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    const program = posternCommand();
    checkCommandName(program, words[0]);
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    return report(error);
  }
}

/** Commander would hand a word it does not know to the default command, which would complain of too many arguments. */
function checkCommandName(program: Command, word: string | undefined): void {
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  if (word === undefined || word.startsWith('-') || word === 'help' || names.includes(word)) return;
  throw new UsageError(`unknown command "${word}"${didYouMean(word, names)}; see postern --help`);
}

function report(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  const message = describeError(error);
  if (message === undefined) {
    // Nobody foresaw this one: everything that is known of it helps.
    console.error(error);
    return exitCodes.failed;
  }
  for (const line of message.split('\n')) console.error(`postern: ${line}`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
