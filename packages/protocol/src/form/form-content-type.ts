// The request's Content-Type: must be multipart/form-data with one usable boundary (PostObject reference, RFC 2046 section 5.1.1).

import { OssError } from '../errors.ts';

/** RFC 2046. */
export const boundaryCharactersMax = 70;

/**
 * @returns the boundary, without the leading dashes
 * @throws OssError MethodNotAllowed for a header that is absent or not a media type (the request is then no form upload at all, as
 *   the service sees it), RequestIsNotMultiPartContent for another type or no boundary, MalformedPOSTRequest for an unusable one
 */
export function parseFormContentType(header: string | undefined): string {
  const type = /^\s*([^\s;,/]+\/[^\s;,/]+)\s*(?:;(.*))?$/s.exec(header ?? '');
  if (!type) throw new OssError('MethodNotAllowed', { Method: 'POST', ResourceType: 'Bucket' });
  if ((type[1] as string).toLowerCase() !== 'multipart/form-data')
    throw new OssError('RequestIsNotMultiPartContent');
  const boundaries = parseParameters(type[2] ?? '').filter(([name]) => name === 'boundary');
  const [boundary] = boundaries;
  if (!boundary) throw new OssError('RequestIsNotMultiPartContent');
  // Two programs that read a different one of two boundaries see two different forms.
  if (boundaries.length > 1 || !isBoundary(boundary[1])) throw new OssError('MalformedPOSTRequest');
  return boundary[1];
}

function isBoundary(text: string): boolean {
  return (
    text.length <= boundaryCharactersMax && /^[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?]$/.test(text)
  );
}

/** `name=value` pairs, names in lower case; blanks around `=` occur in the service's own samples. */
function parseParameters(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const pair = /\s*([^\s;="]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))\s*(?:;|$)|\s*(?:;|$)/sy;
  while (pair.lastIndex < text.length) {
    const found = pair.exec(text);
    if (!found) throw new OssError('MalformedPOSTRequest');
    const [, name, quoted, plain] = found;
    if (name !== undefined) pairs.push([name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? plain ?? '']);
  }
  return pairs;
}
