// What a site's Content Security Policy has to allow for a form: `form-action` for a plain form, `connect-src` for a script. The redirect
// counts as well: a browser that may post to storage but not go on to the redirect leaves a dead page after an upload that worked.

import type { SignedForm } from '../signed-form.ts';

/**
 * Two directives, e.g. `["form-action 'self' https://b.example", "connect-src 'self' https://b.example"]`; join them with `; ` or merge
 * them into a policy there is.
 */
export function csp(form: SignedForm): readonly [formAction: string, connectSrc: string] {
  return [
    ["form-action 'self'", ...listFormTargets(form)].join(' '),
    ["connect-src 'self'", writeSource(form.url)].join(' '),
  ];
}

/** The origins that a plain form leads to, storage first. */
export function listFormTargets(form: SignedForm): readonly string[] {
  const redirect = form.fields.success_action_redirect;
  const urls = redirect ? [form.url, redirect] : [form.url];
  return [...new Set(urls.map(writeSource))];
}

/** CSP has no way to write an IPv6 address: there the scheme has to do. */
function writeSource(url: string): string {
  const { origin, protocol, hostname } = new URL(url);
  return hostname.startsWith('[') ? protocol : origin;
}
