// `postern role`: what users can become for a while (AssumeRole), to hand out keys that end by themselves and may do less than their own.

import {
  addRole,
  getRole,
  type IdentityBook,
  makeIdentityId,
  type Role,
  removeRole,
  roleSessionSeconds,
  setRoleTerms,
} from '@postern/server/identities';
import { Command } from 'commander';
import { UsageError } from '../command-error.ts';
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

export function roleCommand(): Command {
  return new Command('role')
    .summary('Roles that users assume for temporary keys')
    .description(
      'Roles: users whom a role trusts ask the token service (AssumeRole at /-/sts) for keys with its rights that end by themselves.',
    )
    .addCommand(createCommand())
    .addCommand(changeCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(
      deleteCommand(
        { thing: 'role', argument: 'name', description: 'Remove a role. Its sessions end at once.' },
        removeRole,
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ postern role create uploader --trust app
  $ postern policy attach uploads-only --role uploader
  $ postern role change uploader --trust app --trust batch --max-session 7200`,
    );
}

interface TermFlags {
  readonly trust?: readonly string[];
  readonly maxSession?: number;
}

const collect = (user: string, before: readonly string[] = []) => [...before, user];

function parseSeconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`--max-session: expected a number of seconds, not "${text}"`);
}

function addTermFlags(command: Command): Command {
  const { min, max } = roleSessionSeconds;
  return addIdentityFlags(
    command
      .option(
        '--trust <user>',
        'a user who may assume it, or "*" for all; can be given several times',
        collect,
      )
      .option(
        '--max-session <seconds>',
        `how long a session may last, ${min} to ${max} (default: ${min})`,
        parseSeconds,
      ),
  );
}

function createCommand(): Command {
  const command = new Command('create')
    .description('Make a role, without rights. Without --trust nobody can assume it.')
    .argument('<name>')
    .action(async (name: string, { trust = [], maxSession = roleSessionSeconds.min }: TermFlags) => {
      const made = { id: makeIdentityId('role'), nowMs: Date.now() };
      const terms = { trustedUsers: trust, maxSessionSeconds: maxSession };
      const book = await changeBook(command, (before) => addRole(before, name, terms, made));
      show(command, describeRole(book, getRole(book, name)), [`Made the role ${name}: ${arnOf(name)}`]);
    });
  return addTermFlags(command);
}

function changeCommand(): Command {
  const command = new Command('change')
    .description(
      'Change whom a role trusts (all of them are to be given), or how long its sessions may last.',
    )
    .argument('<name>')
    .action(async (name: string, { trust, maxSession }: TermFlags) => {
      const terms = {
        ...(trust && { trustedUsers: trust }),
        ...(maxSession !== undefined && { maxSessionSeconds: maxSession }),
      };
      const book = await changeBook(command, (before) => setRoleTerms(before, name, terms));
      show(command, describeRole(book, getRole(book, name)), [`Changed the role ${name}.`]);
    });
  return addTermFlags(command);
}

function listCommand(): Command {
  const command = new Command('list').description('List the roles.').action(async () => {
    const book = await readBook(command);
    const described = book.roles.map((role) => describeRole(book, role));
    show(
      command,
      described,
      alignRows(described.map((role) => [role.name, writeList(role.trustedUsers), writeList(role.policies)])),
    );
  });
  return addIdentityFlags(command);
}

function showCommand(): Command {
  const command = new Command('show')
    .description('Show a role: whom it trusts, for how long, and its policies.')
    .argument('<name>')
    .action(async (name: string) => {
      const book = await readBook(command);
      const role = describeRole(book, getRole(book, name));
      show(
        command,
        role,
        alignRows([
          ['Name:', role.name],
          ['ARN:', role.arn],
          ['Made at:', role.createdAt],
          ['Trusts:', writeList(role.trustedUsers)],
          ['Sessions:', `up to ${role.maxSessionSeconds} seconds`],
          ['Policies:', writeList(role.policies)],
        ]),
      );
    });
  return addIdentityFlags(command);
}

const arnOf = (name: string) => `acs:ram::postern:role/${name}`;

/** As JSON, with the names of the users. */
function describeRole(book: IdentityBook, role: Role) {
  const { id, name, createdAtMs, policies, trustedUsers, maxSessionSeconds } = role;
  const nameOf = (userId: string) => book.users.find((user) => user.id === userId)?.name ?? userId;
  return {
    ...{ id, name, arn: arnOf(name), createdAt: writeTime(createdAtMs), policies, maxSessionSeconds },
    trustedUsers: trustedUsers.map((userId) => (userId === '*' ? '*' : nameOf(userId))),
  };
}
