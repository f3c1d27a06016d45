// The spellings of time on the wire: RFC 9110 dates in headers, ISO 8601 in XML (OSS always writes `.000Z`), the ISO basic form in V4
// signatures. Times are milliseconds since the epoch; nothing here asks what time it is.

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const basicDate = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** `Fri, 11 Apr 2025 06:41:24 GMT`; parts of a second are cut off. */
export function formatHttpDate(timeMs: number): string {
  const day = dayOf(timeMs);
  return `${day.httpDate} ${timeOfDay(timeMs, day)} GMT`;
}

/**
 * Reads what {@link formatHttpDate} writes; a wrong day of the week is let through. Undefined for anything else, the two obsolete forms
 * of RFC 9110 included: no client of OSS sends them, and one of them cannot be read without knowing the current year.
 */
export function parseHttpDate(text: string): number | undefined {
  if (!httpDate.test(text)) return undefined;
  const numberAt = (from: number, to: number) => Number(text.slice(from, to));
  const month = months.indexOf(text.slice(8, 11));
  const timeMs = Date.UTC(
    ...([numberAt(12, 16), month, numberAt(5, 7)] as const),
    ...([numberAt(17, 19), numberAt(20, 22), numberAt(23, 25)] as const),
  );
  // Date.UTC carries 31 February over into March: a date that is not written back the same was none.
  return formatHttpDate(timeMs).slice('Fri, '.length) === text.slice('Fri, '.length) ? timeMs : undefined;
}

/** `2012-02-24T08:43:07.000Z`: OSS gives seconds and writes the milliseconds as zeros. */
export function formatIsoSeconds(timeMs: number): string {
  const day = dayOf(timeMs);
  return `${day.isoDate}T${timeOfDay(timeMs, day)}.000Z`;
}

const dayMs = 24 * 60 * 60 * 1000;

interface Day {
  readonly number: number;
  /** `2012-02-24` */
  readonly isoDate: string;
  /** `Fri, 24 Feb 2012` */
  readonly httpDate: string;
}

/** Days that were asked for, by number: eleven years of them. */
const keptDays = new Map<number, Day>();
const keptDaysMax = 4096;

/** The calendar is what costs, and the thousand times of a listing's page are mostly of days that came before. */
function dayOf(timeMs: number): Day {
  const number = Math.floor(timeMs / dayMs);
  const kept = keptDays.get(number);
  if (kept) return kept;
  const date = new Date(number * dayMs);
  const [isoDate, httpDate] = [date.toISOString().slice(0, -14), date.toUTCString().slice(0, -13)];
  const day = { number, isoDate, httpDate };
  if (keptDays.size === keptDaysMax) keptDays.clear();
  keptDays.set(number, day);
  return day;
}

/** `08:43:07` */
function timeOfDay(timeMs: number, { number }: Day): string {
  const seconds = Math.floor(timeMs / 1000) - number * (dayMs / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${twoDigits[Math.floor(minutes / 60)]}:${twoDigits[minutes % 60]}:${twoDigits[seconds % 60]}`;
}

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** `20231216T162057Z`, the `x-oss-date` of V4 signatures; its first eight characters are the day of the credential. */
export function formatBasicDate(timeMs: number): string {
  return formatIsoSeconds(timeMs).replace('.000Z', 'Z').replaceAll(/[-:]/g, '');
}

/** Reads what {@link formatBasicDate} writes; undefined for anything else and for days that no calendar has. */
export function parseBasicDate(text: string): number | undefined {
  const match = basicDate.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as SixNumbers;
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return formatBasicDate(timeMs) === text ? timeMs : undefined;
}

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * ISO 8601 with a zone: `2019-06-19T00:00:00Z`, `2019-06-19T08:00:00.5+08:00`. A fraction finer than milliseconds is cut off. Undefined for
 * anything else and for days that no calendar has.
 */
export function parseIsoTime(text: string): number | undefined {
  const match = isoTime.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as SixNumbers;
  const [, , , , , , , fraction = '', sign = '+', zoneHours = '0', zoneMinutes = '0'] = match;
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (new Date(localMs).toISOString().slice(0, 19) !== text.slice(0, 19)) return undefined;
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return undefined;
  const zoneMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return localMs - (sign === '-' ? -zoneMs : zoneMs) + Number(fraction.padEnd(3, '0').slice(0, 3));
}

type SixNumbers = [number, number, number, number, number, number];
