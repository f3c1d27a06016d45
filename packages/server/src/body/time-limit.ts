// The whole of a form must be here before its policy expires (error page 0006-00000213, which names slow uploads), so that expiry is
// watched while the file streams in.

import { OssError } from '@postern/protocol';
import type { BodyCheck } from './body-check.ts';

/**
 * Throws OssError AccessDenied.policyExpired at the first chunk, or the end, for which the time is over. The moment of expiration
 * itself is still in time.
 *
 * @param clock milliseconds since the epoch, as `expiresAtMs`
 */
export function timeCheck(expiresAtMs: number, clock: () => number): BodyCheck {
  const check = () => {
    if (clock() > expiresAtMs) throw new OssError('AccessDenied.policyExpired');
  };
  return { take: check, end: check };
}
