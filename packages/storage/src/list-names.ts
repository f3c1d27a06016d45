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
import type { ObjectSummary, UploadRecord } from './records.ts';
import { compareUtf8, firstAfter, firstAfterPrefix } from './utf8-order.ts';

/** What an engine lists, in whatever form it has its rows. */
export interface Rows<Row> {
  /** Those whose key is `key` or behind it, in order. Read lazily: it may go on to the end of the bucket. */
  from(key: string): Iterable<Row>;
  /** The first key that `from` gives: an engine has it without a whole row when it has this. */
  firstKey?(key: string): string | undefined;
  keyOf(row: Row): string;
}

/** What is listed, in order: a row, or as a string the common prefix that stands for many. */
export function* listNames<Row>(
  query: Pick<ListQuery, 'prefix' | 'delimiter' | 'after'>,
  rows: Rows<Row>,
): Generator<Row | string, void, void> {
  let from = firstCandidate(query);
  while (from !== undefined) {
    // Groups mostly follow one another, and a thousand of them on a page need no row at all.
    const group: string | undefined =
      findFirstGroup(query, rows, from) ?? (yield* listUntilGroup(query, rows, from));
    if (group === undefined) return;
    yield group;
    from = firstAfterPrefix(group);
  }
}

/**
 * The same of versions.
 * @param rowsAfterVersion the versions of a key that are older than the one named; all of the key when that one is gone
 */
export function* listVersionNames<Row>(
  query: ListVersionsQuery,
  rows: Rows<Row>,
  rowsAfterVersion: (key: string, versionId: string) => Iterable<Row>,
): Generator<Row | string, void, void> {
  const { after, afterVersionId } = query;
  if (afterVersionId !== undefined && goesOnInKey(query)) yield* rowsAfterVersion(after, afterVersionId);
  yield* listNames(query, rows);
}

/**
 * The same of uploads.
 * @param rowsAfterUpload those of a key whose ids are behind the one named
 */
export function* listUploadNames<Row>(
  query: ListUploadsQuery,
  rows: Rows<Row>,
  rowsAfterUpload: (key: string, uploadId: string) => Iterable<Row>,
): Generator<Row | string, void, void> {
  const { after, afterUploadId } = query;
  if (afterUploadId !== undefined && goesOnInKey(query)) yield* rowsAfterUpload(after, afterUploadId);
  yield* listNames(query, rows);
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

/** Gives the rows up to the first that belongs to a group, and returns that group's common prefix. */
function* listUntilGroup<Row>(
  query: Pick<ListQuery, 'prefix' | 'delimiter'>,
  rows: Rows<Row>,
  from: string,
): Generator<Row, string | undefined, void> {
  for (const row of rows.from(from)) {
    const key = rows.keyOf(row);
    if (!key.startsWith(query.prefix)) return undefined;
    const group = findCommonPrefix(key, query);
    if (group !== undefined) return group;
    yield row;
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
export function findCommonPrefix(
  key: string,
  { prefix, delimiter }: Pick<ListQuery, 'prefix' | 'delimiter'>,
): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** @param summaryOf what a row stands for; asked only of the rows that are on the page */
export function takeObjects<Row extends object>(
  names: Iterable<Row | string>,
  limit: number,
  summaryOf: (row: Row) => ObjectSummary,
): ListPage {
  const { rows, commonPrefixes, last } = takePage(names, limit);
  const objects = rows.map(summaryOf);
  return { objects, commonPrefixes, next: typeof last === 'object' ? objects.at(-1)?.key : last };
}

/** The same of versions. */
export function takeVersions<Row extends object>(
  names: Iterable<Row | string>,
  limit: number,
  summaryOf: (row: Row) => ObjectSummary,
): ListVersionsPage {
  const { rows, commonPrefixes, last } = takePage(names, limit);
  const versions = rows.map(summaryOf);
  return {
    versions,
    commonPrefixes,
    next: markOf(typeof last === 'object' ? versions.at(-1) : last),
  };
}

/** The same of uploads. */
export function takeUploads<Row extends object>(
  names: Iterable<Row | string>,
  limit: number,
  uploadOf: (row: Row) => UploadRecord,
): ListUploadsPage {
  const { rows, commonPrefixes, last } = takePage(names, limit);
  const uploads = rows.map(uploadOf);
  if (typeof last === 'string') return { uploads, commonPrefixes, next: { key: last, uploadId: undefined } };
  const mark = last && (uploads.at(-1) as UploadRecord);
  return { uploads, commonPrefixes, next: mark && { key: mark.key, uploadId: mark.uploadId } };
}

function markOf(last: ObjectSummary | string | undefined): ListVersionsPage['next'] {
  if (typeof last === 'string') return { key: last, versionId: undefined };
  return last && { key: last.key, versionId: last.versionId };
}

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly commonPrefixes: readonly string[];
  /** The last row or prefix of this page when there is more behind it. */
  readonly last: Row | string | undefined;
}

/** The first `limit` names; nothing is read for a limit of 0. */
function takePage<Row extends object>(names: Iterable<Row | string>, limit: number): Page<Row> {
  const rows: Row[] = [];
  const commonPrefixes: string[] = [];
  if (limit === 0) return { rows, commonPrefixes, last: undefined };
  let last: Row | string | undefined;
  for (const name of names) {
    if (rows.length + commonPrefixes.length === limit) return { rows, commonPrefixes, last };
    if (typeof name === 'string') commonPrefixes.push(name);
    else rows.push(name);
    last = name;
  }
  return { rows, commonPrefixes, last: undefined };
}
