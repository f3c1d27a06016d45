// `postern key`: the access keys of users, at most two each, so that one can replace the other while both hold. A secret is shown once, when
// its key is made.

import {
  addAccessKey,
  getKey,
  getUser,
  makeUserAccessKey,
  removeAccessKey,
  setAccessKeyStatus,
  type UserAccessKey,
} from '@postern/server/identities';
import { Command } from 'commander';
import {
  addIdentityFlags,
  alignRows,
  changeBook,
  deleteCommand,
  readBook,
  show,
  writeTime,
} from '../identity-command.ts';

export function keyCommand(): Command {
  return new Command('key')
    .summary('Access keys of users')
    .description(
      'Access keys of users. A running server takes up changes within a second: what was signed with a key that is disabled or gone is refused from then on.',
    )
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(
      statusCommand('disable', 'disabled', 'Have what a key signs refused, until it is enabled again.'),
    )
    .addCommand(statusCommand('enable', 'enabled', 'Have a disabled key hold again.'))
    .addCommand(
      deleteCommand(
        { thing: 'access key', argument: 'key-id', description: 'Remove an access key for good.' },
        removeAccessKey,
      ),
    )
    .addCommand(rotateCommand())
    .addHelpText(
      'after',
      `
Examples:
  $ postern key create alice             prints the id and, this once, the secret
  $ postern key rotate PK01… --keep      a second key; the first holds until it is disabled
  $ postern key disable PK01…`,
    );
}

function createCommand(): Command {
  const command = new Command('create')
    .description('Make an access key, and show its secret this once.')
    .argument('<user>')
    .action(async (user: string) => {
      const key = newKey();
      await changeBook(command, (book) => addAccessKey(book, user, key));
      showNewKey(command, user, key);
    });
  return addIdentityFlags(command);
}

function listCommand(): Command {
  const command = new Command('list')
    .description('List the access keys of a user, or of all, without their secrets.')
    .argument('[user]')
    .action(async (name?: string) => {
      const book = await readBook(command);
      const users = name === undefined ? book.users : [getUser(book, name)];
      const keys = users.flatMap((user) =>
        user.accessKeys.map(({ accessKeyId, status, createdAtMs }) => ({
          ...{ user: user.name, accessKeyId, status, createdAt: writeTime(createdAtMs) },
        })),
      );
      show(
        command,
        keys,
        alignRows(
          keys.map(({ user, accessKeyId, status, createdAt }) => [accessKeyId, user, status, createdAt]),
        ),
      );
    });
  return addIdentityFlags(command);
}

function statusCommand(name: string, status: UserAccessKey['status'], description: string): Command {
  const command = new Command(name)
    .description(description)
    .argument('<key-id>')
    .action(async (accessKeyId: string) => {
      await changeBook(command, (book) => setAccessKeyStatus(book, accessKeyId, status));
      show(command, { accessKeyId, status }, [`The access key ${accessKeyId} is ${status}.`]);
    });
  return addIdentityFlags(command);
}

function rotateCommand(): Command {
  const command = new Command('rotate')
    .description('Make a new key for the user of a key, show its secret this once, and disable the old one.')
    .argument('<key-id>')
    .option('--keep', 'the old key holds until it is disabled by hand')
    .action(async (oldKeyId: string, { keep }: { keep?: true }) => {
      const key = newKey();
      let user = '';
      await changeBook(command, (book) => {
        user = getKey(book, oldKeyId).user.name;
        const added = addAccessKey(book, user, key);
        return keep ? added : setAccessKeyStatus(added, oldKeyId, 'disabled');
      });
      showNewKey(command, user, key);
      if (!command.opts().json)
        console.log(`The access key ${oldKeyId} ${keep ? 'still holds' : 'is disabled'}.`);
    });
  return addIdentityFlags(command);
}

function newKey() {
  return { ...makeUserAccessKey(), createdAtMs: Date.now() };
}

function showNewKey(
  command: Command,
  user: string,
  { accessKeyId, accessKeySecret }: { readonly accessKeyId: string; readonly accessKeySecret: string },
): void {
  show(command, { user, accessKeyId, accessKeySecret }, [
    `Access key id:     ${accessKeyId}`,
    `Access key secret: ${accessKeySecret}   (shown this once)`,
  ]);
}
