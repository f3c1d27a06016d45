// What `npm run bench` was asked for.

import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Case } from './bench-run.ts';
import { CASES } from './cases.ts';

export interface Asked {
  readonly cases: readonly Case[];
  readonly isQuick: boolean;
  readonly isListing: boolean;
  readonly isForDocs: boolean;
  readonly peers: ReadonlySet<string> | undefined;
  readonly rounds: number;
  readonly burstMs: number;
  readonly warmUpMs: number;
  readonly warmUpTurnsMax: number;
  readonly dataFolder: string;
  readonly cacheFolder: string;
  readonly jsonFile: string | undefined;
  readonly svgFile: string | undefined;
  /** An earlier run's JSON, to report on instead of measuring. */
  readonly fromFile: string | undefined;
}

/** Rounds, seconds of a turn, milliseconds of a turn before the first round and the number of these. */
const TIMES = {
  full: { rounds: 3, seconds: 2, warmUpMs: 2000, warmUpTurnsMax: 15 },
  quick: { rounds: 3, seconds: 1, warmUpMs: 1000, warmUpTurnsMax: 4 },
} as const;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const optionShapes = {
  quick: flag,
  list: flag,
  docs: flag,
  peer: { ...text, multiple: true },
  rounds: text,
  seconds: text,
  data: text,
  cache: text,
  json: text,
  svg: text,
  from: text,
} as const;

/** @returns a sentence when it makes no sense */
export function readCommandLine(args: readonly string[]): Asked | string {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof optionShapes; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options: optionShapes, allowPositionals: true });
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  const { quick: isQuick = false, list: isListing = false, docs: isForDocs = false } = values;
  const unknown = positionals.find((asked) => !CASES.some(({ name }) => isNamed(name, asked)));
  if (unknown !== undefined) return `there is no case ${unknown}; --list says which there are`;
  const times = TIMES[isQuick ? 'quick' : 'full'];
  const rounds = Number(values.rounds ?? times.rounds);
  const seconds = Number(values.seconds ?? times.seconds);
  if (!(Number.isSafeInteger(rounds) && rounds > 0)) return '--rounds takes a whole number above 0';
  if (!(seconds > 0)) return '--seconds takes a number above 0';
  return {
    cases: chooseCases(positionals, isQuick),
    ...{ isQuick, isListing, isForDocs, rounds },
    peers: values.peer && new Set(values.peer),
    burstMs: seconds * 1000,
    warmUpMs: Math.min(times.warmUpMs, seconds * 1000),
    warmUpTurnsMax: times.warmUpTurnsMax,
    dataFolder: values.data ?? tmpdir(),
    cacheFolder: values.cache ?? defaultCacheFolder(),
    ...{ jsonFile: values.json, svgFile: values.svg, fromFile: values.from },
  };
}

/** Those named, otherwise the main ones or all. */
function chooseCases(names: readonly string[], isQuick: boolean): readonly Case[] {
  if (names.length > 0) return CASES.filter(({ name }) => names.some((asked) => isNamed(name, asked)));
  return isQuick ? CASES.filter((each) => each.isQuick) : CASES;
}

function isNamed(name: string, asked: string): boolean {
  return name === asked || name.startsWith(`${asked}-`);
}

function defaultCacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'postern-bench');
}
