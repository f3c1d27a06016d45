// One page of a listing (OSS API: ListObjects, "prefix", "delimiter", "marker"), over any engine that can seek: names that share the
// part up to the delimiter are told once, as a common prefix, and the listing then jumps behind all of them by one seek.

import type {
  ListPage,
  ListQuery,
  ListUploadsPage,
  ListUploadsQuery,
  ListVersionsPage,
  ListVersionsQuery,
} from './metadata-store.ts';
import type { ListEntry, UploadRecord } from './records.ts';
import { compareUtf8, firstAfter, firstAfterPrefix } from './utf8-order.ts';

/** What an engine lists, in whatever form it has its rows. */
export interface Rows<Row> {
  /**
   * Those whose key is `key` or behind it, in order; up to `rowsMax` of them, and none is needed that does not begin with the query's
   * prefix. A reader that meets a common prefix needs no more of them.
   */
  from(key: string, rowsMax: number): Iterable<Row>;
  /** The first key that `from` gives: an engine has it without a whole row when it has this. */
  firstKey?(key: string): string | undefined;
  keyOf(row: Row): string;
  /** Of the first key, `after`, where the page before ended in the midst of it: what is behind that place. */
  restOfKey?(rowsMax: number): Iterable<Row>;
}

/** What names are asked for. */
type NamesQuery = Pick<ListQuery, 'prefix' | 'delimiter' | 'after' | 'limit'>;

/** What is listed, in order: a row, or as a string the common prefix that stands for many. */
class Page<Row extends object> {
  readonly rows: Row[] = [];
  readonly commonPrefixes: string[] = [];
  readonly #limit: number;
  /** The last row or prefix of this page when there is more behind it. */
  next: Row | string | undefined;
  #last: Row | string | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Rows that tell all there is to know: what the page holds, and whether there is more. */
  get rowsMax(): number {
    return this.#limit - this.rows.length - this.commonPrefixes.length + 1;
  }

  /** @returns false when the page is full, and now known not to be the last */
  take(name: Row | string): boolean {
    if (this.rowsMax === 1) {
      this.next = this.#last;
      return false;
    }
    if (typeof name === 'string') this.commonPrefixes.push(name);
    else this.rows.push(name);
    this.#last = name;
    return true;
  }
}

/** Nothing is read for a limit of 0. */
function takePage<Row extends object>(query: NamesQuery, rows: Rows<Row>): Page<Row> {
  const page = new Page<Row>(query.limit);
  if (query.limit === 0) return page;
  for (const row of rows.restOfKey?.(page.rowsMax) ?? []) if (!page.take(row)) return page;
  let from = firstCandidate(query);
  while (from !== undefined) {
    // Groups mostly follow one another, and a thousand of them on a page need no row at all.
    const group: string | undefined =
      findFirstGroup(query, rows, from) ?? takeUntilGroup(query, rows, from, page);
    if (group === undefined || !page.take(group)) return page;
    from = firstAfterPrefix(group);
  }
  return page;
}

/** Whether the rest of the key `after` is listed at all, and not as part of a group. */
function goesOnInKey(query: Pick<ListQuery, 'prefix' | 'delimiter' | 'after'>): boolean {
  return query.after.startsWith(query.prefix) && findCommonPrefix(query.after, query) === undefined;
}

/** The group that the first key belongs to, where an engine tells keys alone. */
function findFirstGroup<Row>(
  query: Pick<ListQuery, 'prefix' | 'delimiter'>,
  rows: Rows<Row>,
  from: string,
): string | undefined {
  if (query.delimiter === '') return undefined;
  const key = rows.firstKey?.(from);
  return key?.startsWith(query.prefix) ? findCommonPrefix(key, query) : undefined;
}

/** Takes the rows up to the first that belongs to a group, and returns that group's common prefix, unless the page ends before. */
function takeUntilGroup<Row extends object>(
  query: NamesQuery,
  rows: Rows<Row>,
  from: string,
  page: Page<Row>,
): string | undefined {
  for (const row of rows.from(from, page.rowsMax)) {
    const key = rows.keyOf(row);
    if (!key.startsWith(query.prefix)) return undefined;
    const group = findCommonPrefix(key, query);
    if (group !== undefined) return group;
    if (!page.take(row)) return undefined;
  }
  return undefined;
}

/** The key to seek first; undefined when nothing of this prefix comes after `after`. */
function firstCandidate(query: Pick<ListQuery, 'prefix' | 'delimiter' | 'after'>): string | undefined {
  const { prefix, after } = query;
  if (after === '') return prefix;
  if (!after.startsWith(prefix)) return compareUtf8(after, prefix) < 0 ? prefix : undefined;
  const group = findCommonPrefix(after, query);
  return group === undefined ? firstAfter(after) : firstAfterPrefix(group);
}

/** For a key that begins with the prefix: the common prefix that it is listed under, if any. */
function findCommonPrefix(
  key: string,
  { prefix, delimiter }: Pick<ListQuery, 'prefix' | 'delimiter'>,
): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** @param entryOf what a row stands for; asked only of the rows that are on the page */
export function listObjects<Row extends object>(
  query: ListQuery,
  rows: Rows<Row>,
  entryOf: (row: Row) => ListEntry,
): ListPage {
  const { commonPrefixes, next, rows: taken } = takePage(query, rows);
  const objects = taken.map(entryOf);
  return { objects, commonPrefixes, next: typeof next === 'object' ? objects.at(-1)?.key : next };
}

/**
 * The same of versions.
 * @param rowsAfterVersion the versions of a key that are older than the one named; all of the key when that one is gone
 */
export function listVersions<Row extends object>(
  query: ListVersionsQuery,
  rows: Rows<Row>,
  rowsAfterVersion: (key: string, versionId: string, rowsMax: number) => Iterable<Row>,
  entryOf: (row: Row) => ListEntry,
): ListVersionsPage {
  const { after, afterVersionId } = query;
  const goesOn = afterVersionId !== undefined && goesOnInKey(query);
  const restOfKey = (rowsMax: number) => (goesOn ? rowsAfterVersion(after, afterVersionId, rowsMax) : []);
  const { commonPrefixes, next, rows: taken } = takePage(query, { ...rows, restOfKey });
  const versions = taken.map(entryOf);
  return { versions, commonPrefixes, next: markOf(typeof next === 'object' ? versions.at(-1) : next) };
}

/**
 * The same of uploads.
 * @param rowsAfterUpload those of a key whose ids are behind the one named
 */
export function listUploads<Row extends object>(
  query: ListUploadsQuery,
  rows: Rows<Row>,
  rowsAfterUpload: (key: string, uploadId: string, rowsMax: number) => Iterable<Row>,
  uploadOf: (row: Row) => UploadRecord,
): ListUploadsPage {
  const { after, afterUploadId } = query;
  const goesOn = afterUploadId !== undefined && goesOnInKey(query);
  const restOfKey = (rowsMax: number) => (goesOn ? rowsAfterUpload(after, afterUploadId, rowsMax) : []);
  const { commonPrefixes, next, rows: taken } = takePage(query, { ...rows, restOfKey });
  const uploads = taken.map(uploadOf);
  if (typeof next === 'string') return { uploads, commonPrefixes, next: { key: next, uploadId: undefined } };
  const mark = next && (uploads.at(-1) as UploadRecord);
  return { uploads, commonPrefixes, next: mark && { key: mark.key, uploadId: mark.uploadId } };
}

function markOf(last: ListEntry | string | undefined): ListVersionsPage['next'] {
  if (typeof last === 'string') return { key: last, versionId: undefined };
  return last && { key: last.key, versionId: last.versionId };
}
