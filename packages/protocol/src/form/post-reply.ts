// What a stored form is answered with, as far as the form decides it (PostObject reference: success_action_redirect,
// success_action_status).

import { OssError } from '../errors.ts';
import type { PostFields } from './post-fields.ts';

export const redirectUrlBytesMax = 8 * 1024;

export type PostReply =
  | { readonly kind: 'empty'; readonly status: 200 | 204 }
  /** 201 with the PostResponse document. */
  | { readonly kind: 'created' }
  /** 303 to this URL, with bucket, key and etag appended. */
  | { readonly kind: 'redirect'; readonly url: URLText };

/** An absolute http or https URL. */
export type URLText = string;

/**
 * A redirect wins over a status; an empty redirect is none; a status other than 200, 201 and 204 is 204.
 * @param isRedirectAllowed whether the operator lets forms redirect to this host (host name, lower case, with the port if any)
 * @throws OssError InvalidArgument.redirect
 */
export function choosePostReply(fields: PostFields, isRedirectAllowed: (host: string) => boolean): PostReply {
  const redirect = fields.get('success_action_redirect');
  if (redirect) return { kind: 'redirect', url: checkRedirect(redirect, isRedirectAllowed) };
  switch (fields.get('success_action_status')) {
    case '200':
      return { kind: 'empty', status: 200 };
    case '201':
      return { kind: 'created' };
    default:
      return { kind: 'empty', status: 204 };
  }
}

// Checked by its text, not by a URL parser that repairs what it reads: no blanks, no control characters, no backslash, no user
// information in front of the host, which is how `http://good@evil/` deceives.
const absoluteUrl = /^https?:\/\/([^\s\p{Cc}/?#@\\<>"^`{|}]+)([/?#][^\s\p{Cc}\\<>"^`{|}]*)?$/iu;

function checkRedirect(text: string, isRedirectAllowed: (host: string) => boolean): URLText {
  const host = text.length <= redirectUrlBytesMax ? absoluteUrl.exec(text)?.[1] : undefined;
  if (host === undefined || !isRedirectAllowed(host.toLowerCase())) {
    throw new OssError('InvalidArgument.redirect', { ArgumentName: 'success_action_redirect' });
  }
  return text;
}

/**
 * The Location of a redirect: `bucket`, `key` and `etag` behind what the URL has already, all percent-encoded, the ETag with its
 * quotes (`%22`).
 * @param etag without quotes
 */
export function formatRedirect(url: URLText, stored: { bucket: string; key: string; etag: string }): string {
  const hashAt = url.indexOf('#');
  const base = hashAt === -1 ? url : url.slice(0, hashAt);
  const hash = hashAt === -1 ? '' : url.slice(hashAt);
  const query = [
    ['bucket', stored.bucket],
    ['key', stored.key],
    ['etag', `"${stored.etag}"`],
  ]
    .map(([name, value]) => `${name}=${encodeURIComponent(value as string)}`)
    .join('&');
  const separator = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&';
  return `${encodeNonAscii(base)}${separator}${query}${encodeNonAscii(hash)}`;
}

/** A header carries ASCII: what the author wrote beyond it goes out as a browser would send it. */
function encodeNonAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, (run) => encodeURIComponent(run));
}
