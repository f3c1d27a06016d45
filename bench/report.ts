// What a run says on a terminal: a table for each case, and what became of the targets.

import { stolenShareMax } from './alternate.ts';
import {
  type CaseResult,
  type ContenderResult,
  FIGURES,
  type FigureName,
  median,
  medianFigure,
  ratioOf,
} from './figures.ts';
import type { Target, Verdict } from './targets.ts';

const figureNames = Object.keys(FIGURES) as FigureName[];
/** Above this share of a core the generator may have been what was measured. */
const generatorShareMax = 0.9;

export function writeCase({ name, title, contenders }: CaseResult): string {
  const present = contenders.filter(({ rounds }) => rounds.length > 0);
  const shown = shownFigures(contenders);
  const [first] = present;
  const rows = present.map((contender) => [
    contender.name,
    ...shown.map((figure) => writeCell(figure, contender, first as ContenderResult)),
  ]);
  const table = alignColumns([['', ...shown.map((figure) => FIGURES[figure].title)], ...rows]);
  return [`${title} (${name})`, ...table, ...contenders.flatMap(writeNotes)].join('\n');
}

/** Those that any contender has. */
export function shownFigures(contenders: readonly ContenderResult[]): FigureName[] {
  return figureNames.filter((figure) =>
    contenders.some((contender) => medianFigure(contender, figure) !== undefined),
  );
}

/** The figure, and behind it the first contender's divided by it. */
export function writeCell(figure: FigureName, contender: ContenderResult, first: ContenderResult): string {
  const value = medianFigure(contender, figure);
  if (value === undefined) return '–';
  const ratio = contender === first ? undefined : ratioOf(figure, first, contender);
  return `${FIGURES[figure].format(value)}${ratio === undefined ? '' : ` (${formatRatio(ratio)})`}`;
}

/** What a reader must know before believing a line. */
export function writeNotes({
  name,
  obstacle,
  failed,
  firstFailure,
  generatorShare = 0,
  stolenShares,
}: ContenderResult): string[] {
  if (obstacle !== undefined) return [`  ${name}: not measured: ${obstacle}`];
  const notes: string[] = [];
  if (failed > 0) notes.push(`  ${name}: ${failed} requests FAILED, first: ${firstFailure ?? 'no answer'}`);
  if (generatorShare > generatorShareMax)
    notes.push(
      `  ${name}: the load generator was busy for ${(generatorShare * 100).toFixed(0)} % of the time and may have been the limit`,
    );
  const stolenShare = median(stolenShares) ?? 0;
  if (stolenShare > stolenShareMax)
    notes.push(
      `  ${name}: other machines of the host had ${(stolenShare * 100).toFixed(0)} % of the processor time that was wanted`,
    );
  return notes;
}

export function writeTargets(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ target, measured, isMet }) => [
    isMet === undefined ? 'not measured' : isMet ? 'met' : 'NOT MET',
    target.title,
    writeBound(target),
    measured === undefined ? '–' : writeMeasured(target, measured),
  ]);
  return ['Targets', ...alignColumns([['', '', 'target', 'measured'], ...rows])].join('\n');
}

export function writeBound(target: Target): string {
  const { atLeast, below } = target;
  return atLeast === undefined
    ? `< ${writeMeasured(target, below as number)}`
    : `≥ ${writeMeasured(target, atLeast)}`;
}

export function writeMeasured({ against, figure }: Target, value: number): string {
  return against === undefined
    ? `${FIGURES[figure].format(value)} ${FIGURES[figure].unit}`
    : `${formatRatio(value)} ×`;
}

function formatRatio(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

/** Two blanks between columns; the first to the left, the others to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')}`.trimEnd(),
  );
}
