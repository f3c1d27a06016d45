// Which pages may show the objects of a bucket (guide, "Hotlink protection"). Asked of reads that a page can cause, unsigned or by signed
// URL; who signs in a header is a program, and sends no Referer. Pure.
//
// A Referer is what its sender says it is: this keeps other sites from showing our pictures, and nobody from fetching them.

import { matchesWildcard, OssError } from '@postern/protocol';
import type { RefererConfiguration } from '@postern/protocol/xml';
import type { BucketRecord } from '@postern/storage';
import { bucketReferer } from '../buckets/bucket-documents.ts';
import type { Caller, OssRequest } from '../call.ts';
import { isSignedInHeader } from './signed-in-header.ts';

/** No browser sends a longer one; comparing costs at most this times the bytes of the lists. */
export const refererCharactersMax = 4096;

/** @throws OssError AccessDenied.refererEmpty, AccessDenied.refererBlacklist, AccessDenied.referer */
export function checkReferer(
  { request, caller }: { readonly request: OssRequest; readonly caller: Caller },
  bucket: BucketRecord,
): void {
  const configuration = bucketReferer.find(bucket);
  if (configuration === undefined) return;
  if (caller.kind === 'signed' && isSignedInHeader(request)) return;
  const verdict = judgeReferer(configuration, request.headers.get('referer'));
  if (verdict !== 'allowed') {
    throw new OssError(refusals[verdict], { BucketName: bucket.name });
  }
}

const refusals = {
  empty: 'AccessDenied.refererEmpty',
  blacklisted: 'AccessDenied.refererBlacklist',
  'not-whitelisted': 'AccessDenied.referer',
} as const;

/** Without a whitelist only the blacklist counts; empty Referers are then let through whatever the configuration says. */
export function judgeReferer(
  configuration: RefererConfiguration,
  referer: string | undefined,
): 'allowed' | keyof typeof refusals {
  const { whitelist, blacklist, allowEmptyReferer } = configuration;
  const text = referer?.trim() ?? '';
  if (text === '') return allowEmptyReferer || whitelist.length === 0 ? 'allowed' : 'empty';
  const compared = parseReferer(cutReferer(configuration, text));
  if (blacklist.some((pattern) => matchesReferer(pattern, compared))) return 'blacklisted';
  if (whitelist.length === 0 || whitelist.some((pattern) => matchesReferer(pattern, compared))) {
    return 'allowed';
  }
  return 'not-whitelisted';
}

function cutReferer(
  { allowTruncateQueryString, truncatePath }: RefererConfiguration,
  referer: string,
): string {
  const text = referer.slice(0, refererCharactersMax).toLowerCase();
  if (truncatePath) return text.replace(/^((?:[^/?#]*:\/\/)?[^/?#]*).*$/s, '$1');
  return allowTruncateQueryString ? text.replace(/[?#].*$/s, '') : text;
}

interface RefererParts {
  /** With `://`; empty when there is none. */
  readonly scheme: string;
  /** With its port. */
  readonly authority: string;
  /** Path and query. */
  readonly rest: string;
}

function parseReferer(text: string): RefererParts {
  const [, scheme = '', authority = '', rest = ''] = /^([^/?#]*:\/\/)?([^/#]*)(.*)$/s.exec(text) ?? [];
  // In a pattern `?` is a wildcard and may be in the middle of a host; in a Referer it begins the query.
  return { scheme, authority, rest };
}

/**
 * The host of a pattern stands for whole hosts, so that `https://good.com` is not the beginning of `https://good.com.evil.net`; what it
 * says of the path is a beginning. A wildcard never reaches from one into the other. Without a scheme a pattern fits every scheme if it
 * begins with a wildcard, and none otherwise, as in OSS.
 */
function matchesReferer(pattern: string, referer: RefererParts): boolean {
  const wanted = parseReferer(pattern.toLowerCase());
  const [authority = '', query] = referer.authority.split('?', 2);
  const rest = query === undefined ? referer.rest : `?${query}${referer.rest}`;
  const scheme = wanted.scheme === '' && /^[*?]/.test(wanted.authority) ? '*' : wanted.scheme;
  return (
    matchesWildcard(scheme, referer.scheme) &&
    [authority, authority.replace(/:\d*$/, '')].some((host) => matchesWildcard(wanted.authority, host)) &&
    matchesWildcard(`${wanted.rest}*`, rest)
  );
}
