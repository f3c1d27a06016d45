// Percent-encoding of paths and queries (RFC 3986). Encoders write what V4 canonical requests, Location headers and
// `encoding-type=url` lists want: everything but the unreserved characters escaped, hex digits in upper case. Decoders are strict:
// a half-read escape or ill-formed UTF-8 is refused, never replaced by U+FFFD, since two objects must not meet under one name.

import { OssError } from './errors.ts';

/** Escapes all but `A-Z a-z 0-9 - _ . ~`. An unpaired surrogate, which UTF-8 cannot carry, becomes U+FFFD. */
export function encodeComponent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, escapeAscii);
}

/** {@link encodeComponent}, but `/` stays: the form of object keys in URLs and in the canonical URI of V4. */
export function encodePath(path: string): string {
  return encodeComponent(path).replaceAll('%2F', '/');
}

function escapeAscii(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/**
 * The text behind the escapes; `+` stands for itself. Undefined when an escape is not two hex digits, when the bytes are not UTF-8,
 * or when there is a character that a URI cannot have unescaped (blanks, controls, anything beyond ASCII): whether such bytes
 * were meant as UTF-8 is a guess.
 */
export function decodePercent(text: string): string | undefined {
  if (!/^[!-~]*$/.test(text)) return undefined;
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A URIError is how ECMAScript answers "no"; the function throws nothing else.
    return undefined;
  }
}

/** A query parameter, decoded. One without `=` has an empty value: OSS makes no difference between `?acl` and `?acl=`. */
export type QueryParameter = readonly [name: string, value: string];

/**
 * The parameters of a query (without its `?`) in the order sent. `+` is read as a blank: every SDK writes `%20` and `%2B`, so the only
 * clients that send a bare `+` are those that build queries as HTML forms do (URLSearchParams, `curl --data-urlencode`), where
 * it is a blank.
 *
 * @throws OssError InvalidArgument.query when {@link decodePercent} has no answer
 */
export function parseQuery(rawQuery: string): QueryParameter[] {
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map(parseParameter);
}

function parseParameter(pair: string): QueryParameter {
  const equals = pair.indexOf('=');
  if (equals === -1) return [decodeFormValue(pair), ''];
  return [decodeFormValue(pair.slice(0, equals)), decodeFormValue(pair.slice(equals + 1))];
}

function decodeFormValue(text: string): string {
  const decoded = decodePercent(text.replaceAll('+', '%20'));
  if (decoded === undefined) throw new OssError('InvalidArgument.query');
  return decoded;
}

/** The query string of `parameters` without a `?`; an empty value is written without `=`. {@link parseQuery} reads it back. */
export function formatQuery(parameters: readonly QueryParameter[]): string {
  return parameters
    .map(([name, value]) =>
      value === '' ? encodeComponent(name) : `${encodeComponent(name)}=${encodeComponent(value)}`,
    )
    .join('&');
}
