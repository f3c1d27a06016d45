// Spans of time as people write them: `90s`, `10m`, `24h`, `7d`.

/** A whole number and a unit: seconds, minutes, hours or days. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws TypeError for anything that is not a whole number of at least 1 and a unit */
export function parseDuration(text: string): number {
  const [, count = '', unit = 's'] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (count === '') throw new TypeError(`not a duration: "${text}"; write e.g. "90s", "10m", "24h" or "7d"`);
  return Number(count) * unitMs[unit as keyof typeof unitMs];
}
