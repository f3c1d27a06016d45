// The part of `postern policy` about access policies: documents with a name, attached to users and roles. (Policies of buckets belong to
// their bucket, and are put there with any client.)

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import {
  attachPolicy,
  detachPolicy,
  getPolicy,
  holdersOf,
  type PolicyHolder,
  putPolicy,
  removePolicy,
  SYSTEM_POLICIES,
} from '@postern/server/identities';
import { Command } from 'commander';
import { cannotRead, UsageError } from '../command-error.ts';
import {
  addIdentityFlags,
  alignRows,
  changeBook,
  deleteCommand,
  readBook,
  show,
  writeList,
} from '../identity-command.ts';

/** In the order of `postern policy --help`. */
export function accessPolicyCommands(): readonly Command[] {
  return [
    putCommand('create', 'Keep an access policy under a name.', false),
    putCommand('update', 'Replace the document of an access policy.', true),
    listCommand(),
    showCommand(),
    deleteCommand(
      {
        thing: 'policy',
        argument: 'name',
        description: 'Remove an access policy that is attached to nobody.',
      },
      removePolicy,
    ),
    attachCommand('attach', 'Give a user or a role what an access policy says.', attachPolicy),
    attachCommand('detach', 'Take it away again.', detachPolicy),
  ];
}

function putCommand(name: string, description: string, replace: boolean): Command {
  const command = new Command(name)
    .description(description)
    .argument('<name>')
    .argument('<file>', 'the document, JSON; "-" is standard input')
    .action(async (policyName: string, file: string) => {
      const document = await readDocument(file);
      await changeBook(command, (book) =>
        putPolicy(book, policyName, document, { nowMs: Date.now(), replace }),
      );
      show(command, { name: policyName }, [`${replace ? 'Replaced' : 'Made'} the policy ${policyName}.`]);
    });
  return addIdentityFlags(command);
}

async function readDocument(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw cannotRead(file, cause);
  });
}

function listCommand(): Command {
  const command = new Command('list')
    .description('List the access policies, and whom they are attached to.')
    .action(async () => {
      const book = await readBook(command);
      const policies = [...SYSTEM_POLICIES, ...book.policies].map(({ name }) => ({
        name,
        attachedTo: holdersOf(book, name),
      }));
      show(
        command,
        policies,
        alignRows(policies.map(({ name, attachedTo }) => [name, writeList(attachedTo)])),
      );
    });
  return addIdentityFlags(command);
}

function showCommand(): Command {
  const command = new Command('show')
    .description('Print the document of an access policy.')
    .argument('<name>')
    .action(async (name: string) => {
      const book = await readBook(command);
      const { document } = getPolicy(book, name);
      show(command, { name, document: JSON.parse(document), attachedTo: holdersOf(book, name) }, [
        document.trimEnd(),
      ]);
    });
  return addIdentityFlags(command);
}

function attachCommand(name: string, description: string, change: typeof attachPolicy): Command {
  const command = new Command(name)
    .description(description)
    .argument('<name>')
    .option('--user <name>', 'a user')
    .option('--role <name>', 'a role')
    .action(async (policyName: string, flags: { user?: string; role?: string }) => {
      const holder = checkHolder(flags);
      await changeBook(command, (book) => change(book, policyName, holder));
      const whom = 'user' in holder ? `user ${holder.user}` : `role ${holder.role}`;
      const done = name === 'attach' ? 'attached to' : 'no longer attached to';
      show(command, { name: policyName, ...holder }, [`The policy ${policyName} is ${done} ${whom}.`]);
    });
  return addIdentityFlags(command);
}

/** @throws UsageError */
function checkHolder({ user, role }: { readonly user?: string; readonly role?: string }): PolicyHolder {
  if (user !== undefined && role === undefined) return { user };
  if (role !== undefined && user === undefined) return { role };
  throw new UsageError('give either --user or --role');
}
