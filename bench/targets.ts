// What the server is to reach, as rows: a figure of one contender, alone or divided by another's, perhaps of another case.

import { type CaseResult, type FigureName, medianFigure, ratioOf } from './figures.ts';

/** A contender of a case. */
export interface Place {
  readonly case: string;
  readonly contender: string;
}

export interface Target extends Place {
  readonly title: string;
  readonly figure: FigureName;
  /** Divided by this one's figure. */
  readonly against?: Place;
  readonly atLeast?: number;
  readonly below?: number;
}

const spokenNames: Readonly<Record<string, string>> = {
  null: 'the null engine',
  'relay-disk': 'the relay on disk',
  'relay-memory': 'the relay in memory',
};

export const TARGETS: readonly Target[] = [
  ...rates('form-4k-64', 'Forms of 4 KiB', {
    null: 0.6,
    s3rver: 12,
    nginx: 2.5,
    'relay-disk': 12,
    'relay-memory': 5,
  }),
  rate('form-4k-64', 'null', 'node-http', 0.3, 'Forms of 4 KiB: the null engine to bare node:http'),
  ...rates('form-64k-64', 'Forms of 64 KiB', { null: 0.7, s3rver: 7 }),
  ...rates('form-1m-64', 'Forms of 1 MiB', { null: 0.75, s3rver: 2.5 }),
  rate('form-256m-1', 'postern', 'md5', 0.75, 'One form of 256 MiB, to the rate of MD5 alone'),
  memory('form-256m-1', 'One form of 256 MiB: memory', 200),
  memory('form-5g-1', 'One form of 5 GiB: memory', 200),
  rate('slow-flush-4k-256', 'slow-flush', 'postern', 0.5, 'Flushes 5 ms slower, to as they are'),
  rate('get-4k-64', 'postern', 'node-http', 0.5, 'Gets of 4 KiB, to bare node:http'),
  rate('head-4k-64', 'postern', 'node-http', 0.6, 'Heads, to bare node:http'),
  latency('list-flat', '1m', 3, 'A page of 1,000 keys out of a million'),
  growth('list-flat', 'A page of 1,000 keys: ten million keys to a million'),
  latency('list-prefixes', '1m', 20, '1,000 common prefixes of a million keys'),
  growth('list-prefixes', '1,000 common prefixes: ten million keys to a million'),
  // No slower, but for what two measurements of the same thing differ by.
  rate('prefix-upload', 'ascending', 'scattered', 0.95, 'Uploads with ascending names, to scattered ones'),
  rate('prefix-list', 'ascending', 'scattered', 0.95, 'Pages of ascending names, to scattered ones'),
  {
    ...{ case: 'half-load-4k-64', contender: 'postern', figure: 'tailRatio', below: 5 },
    title: 'Forms of 4 KiB at half load: p99 to p50',
  },
  start('serve', 300, '`postern serve` with a new store'),
  start('memory', 50, 'startServer({ memory: true })'),
];

function rates(name: string, title: string, atLeast: Readonly<Record<string, number>>): Target[] {
  return Object.entries(atLeast).map(([against, least]) =>
    rate(name, 'postern', against, least, `${title}, to ${spokenNames[against] ?? against}`),
  );
}

function rate(name: string, contender: string, against: string, atLeast: number, title: string): Target {
  const figure = 'requestsPerSecond';
  return { title, case: name, contender, figure, against: { case: name, contender: against }, atLeast };
}

/** @param below megabytes */
function memory(name: string, title: string, below: number): Target {
  return { title, case: name, contender: 'postern', figure: 'peakMegabytes', below };
}

/** @param below milliseconds */
function latency(name: string, contender: string, below: number, title: string): Target {
  return { title, case: name, contender, figure: 'p50Ms', below };
}

function growth(name: string, title: string): Target {
  const against = { case: name, contender: '1m' };
  return { title, case: name, contender: '10m', figure: 'p50Ms', against, below: 2 };
}

/** @param below milliseconds */
function start(contender: string, below: number, title: string): Target {
  return { title, case: 'start-empty', contender, figure: 'startMs', below };
}

export interface Verdict {
  readonly target: Target;
  /** Undefined when one of the two sides was not measured. */
  readonly measured: number | undefined;
  readonly isMet: boolean | undefined;
}

/** Those whose case has run. */
export function judgeTargets(results: readonly CaseResult[]): Verdict[] {
  return TARGETS.filter((target) => results.some(({ name }) => name === target.case)).map((target) => {
    const measured = measure(target, results);
    const { atLeast = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = target;
    const isMet = measured === undefined ? undefined : measured >= atLeast && measured < below;
    return { target, measured, isMet };
  });
}

function measure(target: Target, results: readonly CaseResult[]): number | undefined {
  const contender = findContender(target, results);
  if (contender === undefined) return undefined;
  if (target.against === undefined) return medianFigure(contender, target.figure);
  const other = findContender(target.against, results);
  return other && ratioOf(target.figure, contender, other);
}

function findContender(place: Place, results: readonly CaseResult[]) {
  const result = results.find(({ name }) => name === place.case);
  return result?.contenders.find(({ name, rounds }) => name === place.contender && rounds.length > 0);
}
