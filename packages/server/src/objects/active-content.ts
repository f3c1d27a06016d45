// What a browser may run when it opens an object: HTML, SVG, XML with style sheets, scripts. Anyone who may upload could attack the host
// that others' objects and forms come from, so such objects get headers that disarm them. OSS does the same on its own domains: it
// forces a download there (FAQ, "objects are downloaded instead of previewed").

import type { ActiveContent } from '../server-settings.ts';

/**
 * Judged by a part of the name and not by a list of types: parameters, case, a second type behind a comma (browsers take the last)
 * and tomorrow's `application/…+xml` must not slip through.
 */
const activeType = /html|xml|svg|script|xsl|mht|multipart|message/i;

/** The headers to lay over those of an object of this type. Content types are never guessed from the body, active or not. */
export function disarmingHeaders(
  contentType: string,
  disposition: string | undefined,
  activeContent: ActiveContent,
): Record<string, string> {
  const noSniffing = { 'x-content-type-options': 'nosniff' };
  if (!activeType.test(contentType)) return noSniffing;
  // Opened in a page of its own origin, without scripts, forms or plug-ins: harmless even where it is shown.
  const sandbox = { ...noSniffing, 'content-security-policy': 'sandbox' };
  if (activeContent === 'inline') return sandbox;
  return { ...sandbox, 'content-disposition': asAttachment(disposition), 'x-oss-force-download': 'true' };
}

/** `attachment` with the parameters of `disposition`, so that the file name stays. */
function asAttachment(disposition: string | undefined): string {
  const parameters = disposition?.indexOf(';') ?? -1;
  return parameters === -1 ? 'attachment' : `attachment${disposition?.slice(parameters)}`;
}
