// `postern fsck`: whether a store holds what it says. Exits with 0 when it does, with 1 when something was wrong, mended or not, with 2
// when the command line was. What a crash leaves and the next start removes is told, and is nothing wrong.

import { writeSize } from '@postern/sdk/sign';
import type { CheckResult, Finding } from '@postern/server';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { addDataDirFlag, withDataDir } from '../offline-command.ts';
import { writeOssUrl } from '../oss-url.ts';
import { ProgressBar } from '../progress-bar.ts';

interface FsckOptions {
  readonly repair?: true;
  readonly quick?: true;
  readonly json?: true;
}

export function fsckCommand(): Command {
  const command = new Command('fsck')
    .summary('Check a store, and mend it')
    .description(
      'Check the index of a data folder, and every body in it against its digests, while no server runs on it. Exits with 1 when something was wrong, mended or not.',
    )
    .option(
      '--repair',
      'mend what can be; an object whose body is lost or damaged is moved to DIR/quarantine',
    )
    .option('--quick', 'look whether every body is there, and do not read the large ones')
    .option('--json', 'print a JSON object a line: each finding, then a summary')
    .addHelpText(
      'after',
      `
Examples:
  $ postern fsck --data-dir /srv/postern
  $ postern fsck --data-dir /srv/postern --repair
  $ postern fsck --quick --json | jq .kind`,
    )
    .action((options: FsckOptions) => withDataDir(command, (dataDir) => check(dataDir, options)));
  return addDataDirFlag(command);
}

async function check(dataDir: string, { repair, quick, json }: FsckOptions): Promise<void> {
  const { checkStore } = await import('@postern/server');
  let bar: ProgressBar | undefined;
  const result = await checkStore({
    dataDir,
    repair: repair === true,
    quick: quick === true,
    report(finding) {
      bar?.finish();
      console.log(json ? JSON.stringify(finding) : describeFinding(finding));
    },
    onProgress(doneBytes, totalBytes) {
      bar ??= new ProgressBar(dataDir, totalBytes);
      bar.update(doneBytes);
    },
  });
  bar?.finish();
  console.log(json ? JSON.stringify({ kind: 'summary', ...result }) : describeResult(result));
  if (result.problems > 0) throw new CommandError(adviceFor(result, repair === true));
}

function describeFinding({ kind, bucket, key, versionId, blobId, detail, repaired }: Finding): string {
  const version = versionId === undefined ? '' : ` (version ${versionId})`;
  const object = key === undefined ? undefined : `${writeOssUrl(bucket ?? '', key)}${version}`;
  const subject = object ?? (blobId === undefined ? '' : `blob ${blobId}`);
  return [kind, subject, detail, repaired].filter((part) => part).join('  ');
}

function describeResult({ versions, bytes, problems, leftovers, quarantined }: CheckResult): string {
  const counts = [
    `${count(versions, 'object version')}, ${writeSize(bytes)}`,
    problems === 0 ? 'no problems' : count(problems, 'problem'),
    ...(leftovers > 0 ? [`${count(leftovers, 'leftover')} of a crash`] : []),
    ...(quarantined > 0 ? [`${quarantined} in quarantine`] : []),
  ];
  return `${counts.join('; ')}.`;
}

function count(number: number, thing: string): string {
  return number === 1 ? `1 ${thing}` : `${number} ${thing}s`;
}

function adviceFor({ problems }: CheckResult, repair: boolean): string {
  const found = `${count(problems, 'problem')} found`;
  return repair ? `${found}; check again to see whether any is left` : `${found}; --repair mends what can be`;
}
