// What the commands about users, keys, roles and policies share: where they are kept, and how they are shown. They work while a server runs
// on the data folder, which takes up a change within a second, and while none does.

import type { IdentityBook, SecretKeyPlace } from '@postern/server/identities';
import { Command } from 'commander';
import { addSettingFlags, loadSettings } from './setting-flags.ts';

/** The folder, the key of its secrets, and `--json`. */
export function addIdentityFlags(command: Command): Command {
  return addSettingFlags(command.option('--json', 'print as JSON'), {}, ['dataDir', 'secretKeyFile']);
}

async function findPlace(command: Command): Promise<SecretKeyPlace> {
  const { dataDir, secretKeyFile } = (await loadSettings(command)).values;
  return { dataDir, secretKeyFile };
}

/** @throws SecretFileError */
export async function readBook(command: Command): Promise<IdentityBook> {
  const { emptyBook, readIdentities } = await import('@postern/server/identities');
  return (await readIdentities(await findPlace(command)))?.book ?? emptyBook;
}

/** @throws SecretFileError, and what `change` throws */
export async function changeBook(
  command: Command,
  change: (book: IdentityBook) => IdentityBook,
): Promise<IdentityBook> {
  const { changeIdentities } = await import('@postern/server/identities');
  return changeIdentities(await findPlace(command), change);
}

/**
 * `delete <…>`, of whatever has a name.
 *
 * @param thing as people call it, e.g. `user`
 * @param argument what is typed to name it
 */
export function deleteCommand(
  { thing, argument, description }: Readonly<Record<'thing' | 'argument' | 'description', string>>,
  remove: (book: IdentityBook, name: string) => IdentityBook,
): Command {
  const command = new Command('delete')
    .description(description)
    .argument(`<${argument}>`)
    .action(async (name: string) => {
      await changeBook(command, (book) => remove(book, name));
      show(command, { removed: name }, [`Removed the ${thing} ${name}.`]);
    });
  return addIdentityFlags(command);
}

/** A value as JSON, or as lines for people. */
export function show(command: Command, value: unknown, lines: readonly string[]): void {
  if (command.opts().json) console.log(JSON.stringify(value, undefined, 2));
  else if (lines.length > 0) console.log(lines.join('\n'));
}

/** Rows of texts below each other, with two blanks between. */
export function alignRows(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
}

export function writeTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

export function writeList(texts: readonly string[]): string {
  return texts.length === 0 ? '-' : texts.join(', ');
}
