// The commands of `postern`, and the one catch of the command line. Without a command it starts the development server. Exits with 0 when
// done, 1 when the operation failed, 2 when the command line, the environment or the configuration was wrong.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { exitCodes, UsageError } from './command-error.ts';
import { didYouMean } from './did-you-mean.ts';
import { packageFolder } from './package-folder.ts';

const defaultCommand = 'dev';

type Loader = () => Promise<Command>;

/**
 * Every command, under the heading it has in `postern --help`. Loaded when it is asked for: a server starts without what copies files
 * or lints policies.
 */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, Loader>>>> = {
  'Server:': {
    [defaultCommand]: async () => (await import('./commands/dev.ts')).devCommand(),
    serve: async () => (await import('./commands/serve.ts')).serveCommand(),
    config: async () => (await import('./commands/config.ts')).configCommand(),
  },
  'Data folder:': {
    fsck: async () => (await import('./commands/fsck.ts')).fsckCommand(),
    export: async () => (await import('./commands/export.ts')).exportCommand(),
    import: async () => (await import('./commands/import.ts')).importCommand(),
  },
  'Users:': {
    user: async () => (await import('./commands/user.ts')).userCommand(),
    key: async () => (await import('./commands/key.ts')).keyCommand(),
    role: async () => (await import('./commands/role.ts')).roleCommand(),
  },
  'Objects:': {
    cp: async () => (await import('./commands/cp.ts')).cpCommand(),
    ls: async () => (await import('./commands/ls.ts')).lsCommand(),
    rm: async () => (await import('./commands/rm.ts')).rmCommand(),
    mb: async () => (await import('./commands/mb.ts')).mbCommand(),
    stat: async () => (await import('./commands/stat.ts')).statCommand(),
    presign: async () => (await import('./commands/presign.ts')).presignCommand(),
  },
  'Forms and signatures:': {
    form: async () => (await import('./commands/form.ts')).formCommand(),
    policy: async () => (await import('./commands/policy.ts')).policyCommand(),
    sign: async () => (await import('./commands/sign.ts')).signCommand(),
  },
};

/** Those that start a server. */
const serverCommands: readonly string[] = [defaultCommand, 'serve'];

const commandNames = Object.values(COMMANDS).flatMap((group) => Object.keys(group));

/** @param word what was typed first: where it names a command, the others are not needed */
async function posternCommand(word: string | undefined): Promise<Command> {
  const program = new Command('postern')
    .description(
      'Object store for form uploads, speaking the Alibaba Cloud OSS protocol.\nWithout a command: starts the development server.',
    )
    // Behind a command its own options count alone: a secret that begins with -V is no question about the version.
    .enablePositionalOptions()
    .version(readVersion(), '-V, --version', 'print the version')
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
  const chosen = commandNames.find((name) => name === (word ?? defaultCommand));
  if (chosen !== undefined && serverCommands.includes(chosen)) await prepareServer();
  for (const [heading, group] of Object.entries(COMMANDS)) {
    for (const [name, load] of Object.entries(group)) {
      if (chosen !== undefined && name !== chosen) continue;
      program.addCommand((await load()).helpGroup(heading), { isDefault: name === defaultCommand });
    }
  }
  tame(program);
  return program;
}

/** Before anything else is loaded, beside which it takes place; whether the settings want it or not is seen later. */
async function prepareServer(): Promise<void> {
  const server = await import('@postern/server/prepare');
  server.prepareServer();
}

/** Errors rise to the catch below instead of ending the process in the middle, and what Commander says of them sounds like the rest. */
function tame(command: Command): void {
  command.exitOverride();
  command.helpOption('-h, --help', 'print this help');
  command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'postern: ')) });
  for (const inner of command.commands) tame(inner);
}

function readVersion(): string {
  return JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')).version;
}

/**
 * @param words what was typed after the name of the command
 * @returns the exit code
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    checkCommandName(words[0]);
    const program = await posternCommand(words[0]);
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    return await report(error);
  }
}

/** Commander would hand a word it does not know to the default command, which would complain of too many arguments. */
function checkCommandName(word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || word === 'help' || commandNames.includes(word)) return;
  throw new UsageError(`unknown command "${word}"${didYouMean(word, commandNames)}; see postern --help`);
}

async function report(error: unknown): Promise<number> {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  const { describeError } = await import('./describe-error.ts');
  const message = describeError(error);
  if (message === undefined) {
    // Nobody foresaw this one: everything that is known of it helps.
    console.error(error);
    return exitCodes.failed;
  }
  for (const line of message.split('\n')) console.error(`postern: ${line}`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
