// `postern user`: who may use the store besides its owner. Users have keys (`postern key`) and what policies allow (`postern policy attach`).

import {
  addUser,
  getUser,
  type IdentityBook,
  makeIdentityId,
  removeUser,
  type User,
} from '@postern/server/identities';
import { Command } from 'commander';
import {
  addIdentityFlags,
  alignRows,
  changeBook,
  deleteCommand,
  readBook,
  show,
  writeList,
  writeTime,
} from '../identity-command.ts';

export function userCommand(): Command {
  return new Command('user')
    .summary('Users of the store')
    .description(
      'Users of the store. A user may do nothing until a policy is attached or the policy of a bucket names it. A running server takes up changes within a second.',
    )
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(
      deleteCommand(
        {
          thing: 'user',
          argument: 'name',
          description:
            'Remove a user with its keys. Roles trust it no more; sessions that it began go on until they end.',
        },
        removeUser,
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ postern user create alice
  $ postern policy attach AliyunOSSReadOnlyAccess --user alice
  $ postern key create alice`,
    );
}

function createCommand(): Command {
  const command = new Command('create')
    .description('Make a user, without keys and without rights.')
    .argument('<name>')
    .action(async (name: string) => {
      const made = { id: makeIdentityId('user'), nowMs: Date.now() };
      const user = getUser(await changeBook(command, (book) => addUser(book, name, made)), name);
      show(command, describeUser(user), [
        `Made the user ${name}. Its id, for policies of buckets: ${user.id}`,
      ]);
    });
  return addIdentityFlags(command);
}

function listCommand(): Command {
  const command = new Command('list').description('List the users.').action(async () => {
    const { users } = await readBook(command);
    const rows = users.map((user) => [
      user.name,
      user.id,
      `${user.accessKeys.length} key${user.accessKeys.length === 1 ? '' : 's'}`,
      writeList(user.policies),
    ]);
    show(command, users.map(describeUser), alignRows(rows));
  });
  return addIdentityFlags(command);
}

function showCommand(): Command {
  const command = new Command('show')
    .description('Show a user: its id, its policies and its keys, without their secrets.')
    .argument('<name>')
    .action(async (name: string) => {
      const book = await readBook(command);
      const user = getUser(book, name);
      show(command, describeUser(user), writeUser(book, user));
    });
  return addIdentityFlags(command);
}

function writeUser(book: IdentityBook, user: User): string[] {
  const trusting = book.roles.filter(({ trustedUsers }) =>
    trustedUsers.some((id) => id === '*' || id === user.id),
  );
  return [
    ...alignRows([
      ['Name:', user.name],
      ['Id:', user.id],
      ['Made at:', writeTime(user.createdAtMs)],
      ['Policies:', writeList(user.policies)],
      ['Roles:', writeList(trusting.map(({ name }) => name))],
      ...user.accessKeys.map((key) => [
        'Key:',
        `${key.accessKeyId} ${key.status}, ${writeTime(key.createdAtMs)}`,
      ]),
    ]),
  ];
}

/** As JSON; never with a secret. */
function describeUser({ id, name, createdAtMs, policies, accessKeys }: User) {
  return {
    ...{ id, name, createdAt: writeTime(createdAtMs), policies },
    accessKeys: accessKeys.map((key) => ({
      accessKeyId: key.accessKeyId,
      status: key.status,
      createdAt: writeTime(key.createdAtMs),
    })),
  };
}
