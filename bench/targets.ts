// What the server is to reach, as rows: a figure of one contender, alone or divided by another's.

import { type CaseResult, type ContenderResult, type FigureName, medianFigure, ratioOf } from './figures.ts';

export interface Target {
  readonly title: string;
  readonly case: string;
  readonly figure: FigureName;
  readonly contender: string;
  /** Divided by this contender's. */
  readonly against?: string;
  readonly atLeast?: number;
  readonly below?: number;
}

export const TARGETS: readonly Target[] = [
  ...rate('form-4k-64', 'Forms of 4 KiB', {
    null: 0.6,
    s3rver: 12,
    nginx: 2.5,
    'relay-disk': 12,
    'relay-memory': 5,
  }),
  {
    title: 'Forms of 4 KiB: the null engine to bare node:http',
    ...{
      case: 'form-4k-64',
      figure: 'requestsPerSecond',
      contender: 'null',
      against: 'node-http',
      atLeast: 0.3,
    },
  },
  ...rate('form-64k-64', 'Forms of 64 KiB', { null: 0.7, s3rver: 7 }),
  ...rate('form-1m-64', 'Forms of 1 MiB', { null: 0.75, s3rver: 2.5 }),
];

function rate(name: string, title: string, atLeast: Readonly<Record<string, number>>): Target[] {
  return Object.entries(atLeast).map(([against, least]) => ({
    title: `${title}: to ${against}`,
    ...{ case: name, figure: 'requestsPerSecond', contender: 'postern', against, atLeast: least },
  }));
}

export interface Verdict {
  readonly target: Target;
  /** Undefined when one of the two sides was not measured. */
  readonly measured: number | undefined;
  readonly isMet: boolean | undefined;
}

/** Those whose case has run. */
export function judgeTargets(results: readonly CaseResult[]): Verdict[] {
  return TARGETS.flatMap((target) => {
    const result = results.find(({ name }) => name === target.case);
    return result ? [judge(target, result)] : [];
  });
}

function judge(target: Target, { contenders }: CaseResult): Verdict {
  const find = (wanted: string) => contenders.find(({ name }) => name === wanted);
  const measured = measure(target, find(target.contender), target.against, find);
  const { atLeast = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = target;
  const isMet = measured === undefined ? undefined : measured >= atLeast && measured < below;
  return { target, measured, isMet };
}

function measure(
  { figure }: Target,
  contender: ContenderResult | undefined,
  against: string | undefined,
  find: (name: string) => ContenderResult | undefined,
): number | undefined {
  if (!contender) return undefined;
  if (against === undefined) return medianFigure(contender, figure);
  const other = find(against);
  return other && ratioOf(figure, contender, other);
}
