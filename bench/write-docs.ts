// docs/performance.md, from what a run measured: the machine, the targets, every figure, and how to get them again.

import { type CaseResult, FIGURES } from './figures.ts';
import { shownFigures, writeBound, writeCell, writeMeasured, writeNotes } from './report.ts';
import type { Verdict } from './targets.ts';

/** Everything that one run found out; what `--json` writes. */
export interface Run {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly isQuick: boolean;
  readonly machine: readonly string[];
  readonly results: readonly CaseResult[];
  readonly verdicts: readonly Verdict[];
}

/** Those that the picture shows: where everybody does the same work. */
export const PLOTTED: readonly string[] = ['form-4k-64', 'form-64k-64', 'form-1m-64', 'get-4k-64'];

export function writePerformancePage({ startedAt, isQuick, machine, results, verdicts }: Run): string {
  return [
    '# Performance',
    '<!-- Written by `npm run bench -- --docs`. -->',
    introduction,
    `Measured on ${startedAt.slice(0, 10)}${isQuick ? ', with the short rounds of `--quick`,' : ''} on:`,
    machine.map((line) => `* ${line}`).join('\n'),
    '![Requests a second of every peer](performance.svg)',
    '## Targets',
    writeTargetTable(verdicts),
    '## Again, on your machine',
    repeat,
    '## Who is compared',
    writePeers(results),
    '## Every figure',
    reading,
    ...results.flatMap(writeCaseSection),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

const introduction = `One command starts the server, as \`postern serve\` over a folder on disk with policies, access checks and a log, and servers that do the
same work otherwise. All of them get the same requests from the same load generator, in turns. Every form is really signed and has a name of its
own, so that every request makes an object. Postern and nginx run as they do by default, with a thread or a process for each processor; the
others are Node programs of one thread. \`one-thread\` is Postern as such a one.

Figures of one machine say little about another: look at the ratios, and at processor time per request. [What a small request
costs](decisions/0014-what-a-small-request-costs.md) says where the time goes and what was done about it, [several threads
listen](decisions/0020-several-threads-listen.md) how it is spread.`;

const repeat = `\`\`\`
npm run bench -- --quick               # the main cases, about 10 minutes
npm run bench                          # everything, one to two hours and 60 GB of disk
npm run bench -- form-4k-64            # one case
npm run bench -- --docs                # everything, and this page
npm run bench -- --list                # which cases there are
\`\`\`

Linux only: what a server costs is read from \`/proc\`. nginx is installed from Debian where that is possible, s3rver, express and multer from npm
into \`bench/\`; who cannot be installed is left out, and the output says so. Ceph RGW takes part only when asked:
\`bench/peers/ceph-rgw.sh\` says how. Stores of millions of keys are kept in \`~/.cache/postern-bench\`.`;

const reading = `Medians of the rounds. Behind a figure, in brackets, the first line's divided by it, also as a median of the rounds. Processor time is all
that the server's processes spent in a round, divided by its requests; memory is the most that they have had since they started. MB are 10⁶ bytes. On a virtual machine, a turn in which the host gave more than a
twentieth of the processor time to others is taken again, three times at most; where that did not help, a line below the table says so.`;

function writeTargetTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ target, measured, isMet }) => [
    target.title,
    writeBound(target),
    measured === undefined ? '–' : writeMeasured(target, measured),
    isMet === undefined ? 'not measured' : isMet ? 'met' : '**not met**',
  ]);
  return writeTable([['', 'Target', 'Measured', ''], ...rows]);
}

function writePeers(results: readonly CaseResult[]): string {
  const titles = new Map(
    results.flatMap(({ contenders }) => contenders.map(({ name, title }) => [name, title])),
  );
  return writeTable([
    ['Name', 'What it is'],
    ...Array.from(titles, ([name, title]) => [`\`${name}\``, title]),
  ]);
}

function writeCaseSection({ name, title, contenders }: CaseResult): string[] {
  const figures = shownFigures(contenders);
  const present = contenders.filter(({ rounds }) => rounds.length > 0);
  const [first] = present;
  if (!first) return [];
  const rows = present.map((contender) => [
    `\`${contender.name}\``,
    ...figures.map((figure) => writeCell(figure, contender, first)),
  ]);
  const table = writeTable([['', ...figures.map((figure) => FIGURES[figure].title)], ...rows]);
  const notes = contenders.flatMap(writeNotes).map((note) => `* ${note.trim()}`);
  return [`### ${title} (\`${name}\`)`, table, ...(notes.length > 0 ? [notes.join('\n')] : [])];
}

/** The first row is the head; columns after the first are to the right, as figures are. */
function writeTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const isText = head[1] === 'What it is';
  const rule = `|${head.map((_, at) => (at === 0 || isText ? '---' : '---:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
