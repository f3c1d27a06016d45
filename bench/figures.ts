// What is measured, in which unit, and what several rounds of it amount to. A ratio is taken within each round, where both sides met the
// same machine, and the median of those ratios counts: it says the same on a day when the machine is half as fast.

export interface FigureRow {
  /** Over a column. */
  readonly title: string;
  readonly unit: string;
  readonly format: (value: number) => string;
}

const whole = (value: number) => Math.round(value).toLocaleString('en');
const digits = (value: number) => (value >= 100 ? whole(value) : value.toPrecision(3));

export const FIGURES = {
  requestsPerSecond: { title: 'requests/s', unit: 'requests/s', format: digits },
  megabytesPerSecond: { title: 'MB/s', unit: 'MB/s', format: digits },
  p50Ms: { title: 'p50 ms', unit: 'ms', format: digits },
  p99Ms: { title: 'p99 ms', unit: 'ms', format: digits },
  cpuMicros: { title: 'CPU µs/request', unit: 'µs', format: digits },
  tailRatio: { title: 'p99 ÷ p50', unit: '×', format: digits },
  grownKilobytes: { title: 'KB/upload', unit: 'KB', format: digits },
  startMs: { title: 'start ms', unit: 'ms', format: digits },
  peakMegabytes: { title: 'memory MB', unit: 'MB', format: whole },
} as const satisfies Readonly<Record<string, FigureRow>>;

export type FigureName = keyof typeof FIGURES;
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

/** One server, or one way to use it, in one case. */
export interface ContenderResult {
  readonly name: string;
  readonly title: string;
  /** Why it did not run. */
  readonly obstacle?: string | undefined;
  readonly rounds: readonly Figures[];
  /** Of each round, how much of the processor time that was wanted the host gave to other machines; between 0 and 1. */
  readonly stolenShares: readonly number[];
  readonly succeeded: number;
  readonly failed: number;
  readonly firstFailure?: string | undefined;
  /** How much of one core the load generator used: near 1 it may have been the limit. */
  readonly generatorShare?: number | undefined;
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly contenders: readonly ContenderResult[];
}

/** Undefined when it was not measured. */
export function medianFigure({ rounds }: ContenderResult, figure: FigureName): number | undefined {
  return median(rounds.flatMap((round) => round[figure] ?? []));
}

/** One contender's figure divided by another's of the same case, or of another one. */
export function ratioOf(
  figure: FigureName,
  over: ContenderResult,
  under: ContenderResult,
): number | undefined {
  const areSides = over.rounds.length === under.rounds.length;
  if (!areSides) return quotient(medianFigure(over, figure), medianFigure(under, figure));
  return median(over.rounds.flatMap((round, i) => quotient(round[figure], under.rounds[i]?.[figure]) ?? []));
}

function quotient(over: number | undefined, under: number | undefined): number | undefined {
  return over === undefined || under === undefined ? undefined : over / under;
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle];
  return sorted.length === 0 ? undefined : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
