// Lengths of time as people write them: `90s`, `10m`, `2h`, `7d`; a bare number is seconds.

import { UsageError } from './command-error.ts';

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** @throws UsageError */
export function parseDurationSeconds(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  const seconds = Number(digits) * (secondsIn[unit] as number);
  if (digits === '' || seconds === 0)
    throw new UsageError(`"${text}" is not a length of time such as 10m, 2h or 7d`);
  return seconds;
}
