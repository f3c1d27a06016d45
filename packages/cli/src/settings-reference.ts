// docs/settings.md, written from the settings table. `node packages/cli/src/settings-reference.ts` writes the file; a test says when the
// committed one is out of date.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type SettingName, settingNames, settingRow } from './settings.ts';

export const settingsReferenceFile = path.join(import.meta.dirname, '../../../docs/settings.md');

export function writeSettingsReference(): string {
  return `# Settings

<!-- Written from packages/cli/src/settings.ts by \`node packages/cli/src/settings-reference.ts\`. -->

A flag wins over the environment, the environment over the configuration file, the file over the default.
\`postern config print --origin\` shows each value and where it came from. The file is \`postern.config.json\` in the
working folder, or the one that \`--config FILE\` or \`POSTERN_CONFIG\` names; its keys are the names in the first column.
A name that does not exist is an error, in the file and among the variables that begin with \`POSTERN_\`.
Lists are separated by commas in a flag or a variable, and are arrays in the file.

| Setting | Flag | Environment | Default | What it does |
|---|---|---|---|---|
${settingNames.map(writeRow).join('\n')}

## Where the server is laxer than the cloud

The server prints a line at start for each of these that is in force.

${settingNames.flatMap(writeLeniency).join('\n')}

\`postern dev\` changes four defaults: it makes a bucket \`demo\` that anybody can read, uses a published access key, lets callbacks
reach this machine, and lets pages on this machine read every answer. It therefore listens on loopback addresses only.
`;
}

function writeRow(name: SettingName): string {
  const { flag, env, kind, default: value, help } = settingRow(name);
  const shown = value === undefined ? '' : kind.print(value);
  const cells = [code(name), flag ? code(flag) : '–', code(env), shown === '' ? '–' : code(shown)];
  return `| ${cells.join(' | ')} | ${sentence(help)} Expects ${kind.expects}. |`;
}

function writeLeniency(name: SettingName): string[] {
  const { leniency, kind } = settingRow(name);
  return leniency ? [`* ${code(name)} is ${code(kind.print(leniency.when))}: ${leniency.says}`] : [];
}

function code(text: string): string {
  return `\`${text}\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

if (import.meta.main) writeFileSync(settingsReferenceFile, writeSettingsReference());
