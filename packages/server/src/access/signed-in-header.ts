// Whether a request carries its signature in a header: a program of somebody who has a key. A signed URL can be in any page.

import type { OssRequest } from '../call.ts';

export function isSignedInHeader({ headers }: Pick<OssRequest, 'headers'>): boolean {
  return headers.has('authorization');
}
