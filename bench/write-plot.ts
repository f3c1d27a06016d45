// The comparison as a picture: requests a second of every peer, one group of bars for each case, ours in a colour of its own. Plain SVG
// that needs no script and no font.

import { type CaseResult, type ContenderResult, FIGURES, medianFigure } from './figures.ts';

const width = 760;
const labelWidth = 120;
const valueWidth = 90;
const barHeight = 16;
const barStep = 22;
const titleHeight = 30;
const groupGap = 18;
const margin = 16;
const barWidthMax = width - labelWidth - valueWidth - 2 * margin;

const colours = { ours: '#0969da', others: '#8c959f', text: '#1f2328', background: '#ffffff' };

/** @param results the cases to show, each with a scale of its own */
export function writePlot(results: readonly CaseResult[]): string {
  let y = margin;
  const groups = results.map((result) => {
    const group = writeGroup(result, y);
    y += groupHeight(result) + groupGap;
    return group;
  });
  const height = y - groupGap + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<title>Requests a second of every server that was measured</title>',
    `<rect width="${width}" height="${height}" fill="${colours.background}"/>`,
    ...groups,
    '</svg>\n',
  ].join('\n');
}

function writeGroup({ title, contenders }: CaseResult, y: number): string {
  const bars = measured(contenders);
  const most = Math.max(...bars.map(({ rate }) => rate));
  const heading = text(margin, y + barHeight, `${title}: requests a second`, 'font-weight="bold"');
  const rows = bars.map(({ name, rate }, at) => {
    const top = y + titleHeight + at * barStep;
    const left = margin + labelWidth;
    const length = Math.max((rate / most) * barWidthMax, 1);
    const baseline = top + barHeight - 4;
    return [
      text(left - 8, baseline, name, 'text-anchor="end"'),
      `<rect x="${left}" y="${top}" width="${length.toFixed(1)}" height="${barHeight}" fill="${name === 'postern' ? colours.ours : colours.others}"/>`,
      text(Math.ceil(left + length + 6), baseline, FIGURES.requestsPerSecond.format(rate)),
    ].join('\n');
  });
  return [heading, ...rows].join('\n');
}

function groupHeight({ contenders }: CaseResult): number {
  return titleHeight + measured(contenders).length * barStep;
}

function measured(
  contenders: readonly ContenderResult[],
): { readonly name: string; readonly rate: number }[] {
  return contenders.flatMap((contender) => {
    const rate = medianFigure(contender, 'requestsPerSecond');
    return rate === undefined ? [] : [{ name: contender.name, rate }];
  });
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" fill="${colours.text}" ${attributes}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
