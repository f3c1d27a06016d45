// Where a request carries the token of a temporary key (OSS: "Use temporary access credentials"): with a signature in the header, in a
// header; with one in the URL, in the URL. Every form signs it in its place.

import { OssError } from '../errors.ts';
import { findParameter, type SignableRequest } from './signable-request.ts';

export const tokenHeader = 'x-oss-security-token';

/** The parameter of signed URLs, by version. */
export const tokenParameters = {
  v1: 'security-token',
  v2: 'security-token',
  v4: 'x-oss-security-token',
} as const;

/** The token of a request signed by its header; an empty one counts as none. @throws OssError InvalidArgument.tokenTwice */
export function findTokenInHeader(request: SignableRequest): { securityToken?: string } {
  const securityToken = request.headers.get(tokenHeader);
  const alsoInQuery = Object.values(tokenParameters).some((name) => findParameter(request, name));
  if (securityToken && alsoInQuery) throw new OssError('InvalidArgument.tokenTwice');
  return securityToken ? { securityToken } : {};
}

/**
 * The token of a signed URL; an empty one counts as none.
 *
 * @throws OssError InvalidArgument.tokenTwice, InvalidRequest.tokenNotInQuery (it is in a header alone)
 */
export function findTokenInQuery(
  request: SignableRequest,
  version: keyof typeof tokenParameters,
): { securityToken?: string } {
  const securityToken = findParameter(request, tokenParameters[version]);
  const alsoInHeader = Boolean(request.headers.get(tokenHeader));
  if (securityToken && alsoInHeader) throw new OssError('InvalidArgument.tokenTwice');
  if (alsoInHeader) throw new OssError('InvalidRequest.tokenNotInQuery');
  return securityToken ? { securityToken } : {};
}
