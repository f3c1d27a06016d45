// What a command can end with besides success. `command-line.ts` has the one catch that turns these into a line on stderr and an exit code.

/** Exit codes of every command; scripts rely on them. */
export const exitCodes = { success: 0, failed: 1, usage: 2 } as const;

/** The command line, the environment or the configuration file is wrong: nothing was tried. Exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was understood and could not be done. The message is the whole explanation. Exits with 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** For a file that the command line names. */
export function cannotRead(file: string, cause: NodeJS.ErrnoException): CommandError {
  return new CommandError(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
}
