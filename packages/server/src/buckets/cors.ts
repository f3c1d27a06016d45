// Who may read answers from another origin (OSS API: PutBucketCors, OptionObject; Fetch standard). Pure: rules and a request in, headers
// out. Credentials are never allowed, because nothing here is authenticated by cookies.
//
// CORS protects readers of answers, not the store: a request that no rule matches is carried out all the same, its answer just stays
// hidden. Errors need these headers as much as successes, or the page learns only "Failed to fetch".

import { OssError } from '@postern/protocol';
import { type CorsConfiguration, type CorsRule, corsMethods } from '@postern/protocol/xml';
import type { Reply } from '../call.ts';

/** The headers of an HTTP request, by name in lower case. */
type Headers = ReadonlyMap<string, string>;

/** What a page on this machine may read in development without any rule: all that the clients look at. */
const developmentExposed: readonly string[] = [
  'ETag',
  'Content-MD5',
  'Content-Disposition',
  'Content-Range',
  'Date',
  'Location',
  'x-oss-request-id',
  'x-oss-version-id',
  'x-oss-delete-marker',
  'x-oss-hash-crc64ecma',
  'x-oss-object-type',
  'x-oss-storage-class',
  'x-oss-next-append-position',
  'x-oss-symlink-target',
  'x-oss-tagging-count',
  'x-oss-restore',
  'x-oss-object-restore-priority',
  'x-oss-server-side-encryption',
  'x-oss-server-time',
  'x-oss-err',
  'x-oss-ec',
  'x-postern-explain',
];

const developmentRule: CorsRule = {
  allowedOrigins: [],
  allowedMethods: corsMethods,
  allowedHeaders: ['*'],
  exposeHeaders: developmentExposed,
  maxAgeSeconds: 600,
};

/**
 * The answer to `OPTIONS`, for which nobody has to be authenticated.
 *
 * @param configuration the bucket's; undefined when it has none, or there is no such bucket
 * @param development whether pages on this machine need no rule
 * @throws OssError BadRequest.noOrigin, BadRequest.noRequestMethod, AccessForbidden.noCors, AccessForbidden
 */
export function answerPreflight(
  configuration: CorsConfiguration | undefined,
  headers: Headers,
  development: boolean,
): Reply {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (!origin) throw new OssError('BadRequest.noOrigin');
  if (!method) throw new OssError('BadRequest.noRequestMethod');
  const asked = splitNames(headers.get('access-control-request-headers'));
  const rule = findRule(configuration, { origin, method, asked }, development);
  if (rule) {
    return {
      status: 200,
      headers: { ...varyHeader(configuration, development), ...grant(rule, origin, asked) },
    };
  }
  throw new OssError(configuration ? 'AccessForbidden' : 'AccessForbidden.noCors');
}

/**
 * What a success or an error carries so that a page may read it; nothing but `vary` when no rule matches or no page asks.
 *
 * @param configuration, development as for {@link answerPreflight}
 */
export function corsHeaders(
  configuration: CorsConfiguration | undefined,
  request: { readonly method: string; readonly headers: Headers },
  development: boolean,
): Record<string, string> {
  const vary = varyHeader(configuration, development);
  const origin = request.headers.get('origin');
  if (!origin) return vary;
  const rule = findRule(configuration, { origin, method: request.method, asked: [] }, development);
  if (rule === undefined) return vary;
  return { ...vary, ...grant(withExplanation(rule, origin, development), origin, rule.allowedHeaders) };
}

/** A page of this machine may read why its form was refused even where the bucket has rules of its own. */
function withExplanation(rule: CorsRule, origin: string, development: boolean): CorsRule {
  if (!development || !isLoopbackOrigin(origin) || rule === developmentRule) return rule;
  return { ...rule, exposeHeaders: [...rule.exposeHeaders, 'x-postern-explain'] };
}

/** Wherever a rule could match, a cache must not hand the answer for one origin, or for none, to another. */
function varyHeader(
  configuration: CorsConfiguration | undefined,
  development: boolean,
): Record<string, string> {
  return configuration || development ? { vary: 'Origin' } : {};
}

function grant(rule: CorsRule, origin: string, headers: readonly string[]): Record<string, string> {
  return {
    'access-control-allow-origin': rule.allowedOrigins.includes('*') ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
    ...(rule.exposeHeaders.length > 0 && {
      'access-control-expose-headers': rule.exposeHeaders.join(', '),
    }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': `${rule.maxAgeSeconds}` }),
  };
}

interface CrossOriginRequest {
  readonly origin: string;
  readonly method: string;
  /** Names of request headers that the page wants to send. */
  readonly asked: readonly string[];
}

/** The first rule that lets the whole request through; the rules of the bucket come before the leave of development. */
function findRule(
  configuration: CorsConfiguration | undefined,
  request: CrossOriginRequest,
  development: boolean,
): CorsRule | undefined {
  const rule = configuration?.rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders }) =>
      allowedOrigins.some((pattern) => matchesPattern(pattern, request.origin)) &&
      isAmong(allowedMethods, request.method) &&
      request.asked.every((name) => allowedHeaders.some((pattern) => matchesPattern(pattern, name))),
  );
  if (rule) return rule;
  const allowed = development && isLoopbackOrigin(request.origin) && isAmong(corsMethods, request.method);
  return allowed ? developmentRule : undefined;
}

function isAmong(words: readonly string[], word: string): boolean {
  return words.includes(word);
}

/** Equal in any case, or around the one `*` that a pattern may have, which stands for any text, the empty one included. */
function matchesPattern(pattern: string, text: string): boolean {
  const [before = '', after] = pattern.toLowerCase().split('*');
  const lower = text.toLowerCase();
  if (after === undefined) return lower === before;
  return lower.length >= before.length + after.length && lower.startsWith(before) && lower.endsWith(after);
}

/** A page served from this machine, or opened from a file, whose origin is `null`. */
export function isLoopbackOrigin(origin: string): boolean {
  return (
    origin === 'null' ||
    /^https?:\/\/(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/.test(origin)
  );
}

function splitNames(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
